"""What can go wrong with lists and the people on them.

SubscribersError            anything of this package
├── BadAddress              not a mail address; ``reason`` says why in words
├── UnknownList             no such list
├── UnknownSubscriber       nobody of that address or id
├── Suppressed              the address must never be mailed; ``reason`` says why
├── BadToken                a link was altered, is for something else, or is over
├── BadRule                 a segment's rule cannot be read
├── BadFile                 a subscriber file cannot be read at all
└── DatabaseError           unknown revision, older revision, or a key that is not this database's
"""

from __future__ import annotations


class SubscribersError(Exception):
    """Anything this package can explain."""

    reason: str = ""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or message


class BadAddress(SubscribersError):
    """The text is not a mail address this program will send to."""


class UnknownList(SubscribersError):
    """No list has that id."""


class UnknownSubscriber(SubscribersError):
    """Nobody is known under that address or id."""


class Suppressed(SubscribersError):
    """The address is suppressed and stays so."""


class BadToken(SubscribersError):
    """The token does not verify for this purpose at this time."""


class BadRule(SubscribersError):
    """The text is no rule of a segment."""


class BadFile(SubscribersError):
    """The file cannot be read as subscribers."""


class DatabaseError(SubscribersError):
    """The database is not one this version can use."""
