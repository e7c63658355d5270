"""Move people in and out: foreign files, tables for spreadsheets, and our own lossless lines."""

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
