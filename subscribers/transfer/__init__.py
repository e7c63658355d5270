"""Move people in and out: foreign files, tables for spreadsheets, and our own lossless lines.

In: ``importing`` looks at a file (``decoding``, ``archive``) and has its people read. ``objects`` reads JSON; for a
table ``recognising`` tells the product (``shapes``, ``spelling``) and ``tables`` cuts its rows (``cutting``), which are
read many at once (``columns``) or one by one (``shape``, ``standing``, ``statuses``, ``moments``). A ``batch`` judges
them against the database and writes them: ``fresh`` who is new and plainly active, ``staging`` everybody else.
``restoring`` brings our own export back; ``undoing`` takes an import back, also what it filled in (``filling``).

Out: ``exporting`` for us and for people, ``foreign`` for other products.
"""

from subscribers.transfer.cells import safe_cell
from subscribers.transfer.exporting import export_list
from subscribers.transfer.foreign import FOREIGN, export_foreign
from subscribers.transfer.importing import import_file, import_files
from subscribers.transfer.refusals import RefusedFile
from subscribers.transfer.report import ImportReport, Outcome, Refused
from subscribers.transfer.undoing import ImportRun, Undone, get_import, iter_imports, undo_import

__all__ = [
    "FOREIGN",
    "ImportReport",
    "ImportRun",
    "Outcome",
    "Refused",
    "RefusedFile",
    "Undone",
    "export_foreign",
    "export_list",
    "get_import",
    "import_file",
    "import_files",
    "iter_imports",
    "safe_cell",
    "undo_import",
]
