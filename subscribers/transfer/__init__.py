"""Move people in and out: foreign files, tables for spreadsheets, and our own lossless lines."""

from subscribers.transfer.cells import safe_cell
from subscribers.transfer.exporting import export_list
from subscribers.transfer.importing import import_file
from subscribers.transfer.report import ImportReport, Outcome, Refused

__all__ = ["ImportReport", "Outcome", "Refused", "export_list", "import_file", "safe_cell"]
