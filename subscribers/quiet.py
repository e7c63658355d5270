"""Keep addresses out of logs: errors of servers, drivers and parsers quote them, and logs are kept and shared."""

from __future__ import annotations

import logging
import re
from traceback import format_exception

_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;:]+")


def without_addresses(text: str) -> str:
    """Return a text with ``(address)`` in the place of each mail address."""
    return _ADDRESS.sub("(address)", text)


class WithoutAddresses(logging.Filter):
    """Takes the addresses out of a record and of its error, for a logger or a handler; lets every record pass."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Write the record out without addresses."""
        record.msg, record.args = without_addresses(record.getMessage()), None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = without_addresses("".join(format_exception(record.exc_info[1]))).rstrip()
            # Written out already: a handler that formats it anew would have the addresses.
            record.exc_info = None
        return True


def quiet_logger(name: str) -> logging.Logger:
    """Return a module's logger, which writes no addresses."""
    logger = logging.getLogger(name)
    logger.addFilter(WithoutAddresses())
    return logger
