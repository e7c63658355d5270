"""Everything that can go wrong, as situations a caller can act on.

DigestError                 anything of ours; the command line prints it and exits 1
├── UsageError              wrong usage or configuration: exit 2
│   ├── SettingsError       digest.toml: names file, key and the values allowed
│   └── UnknownThing        no such newsletter, edition, story or list
├── Withheld                nothing was sent, by policy, and the message says which: exit 3
├── SourceError             one source failed; the others go on
│   └── FetchError          a foreign server: refused address, too large, too slow, bad answer
├── StoryError              one story could not be read; the others go on
├── RenderError             a template failed; names file and line
│   └── BadRecipient        one reader's address cannot stand in a mail; the others go on
├── TransportError          no message can be sent at all: server unreachable, login refused
├── LedgerError             the record of deliveries could not be kept: nothing more may be sent
│   └── OwnershipLost       another process took over this batch
└── StoreError              the database: unknown revision, disk full, locked for too long

Messages say what was being done, to what, what is wrong and what to do next.
"""

from __future__ import annotations


class DigestError(Exception):
    """Anything this program can explain to the person who runs it."""

    exit_code = 1


class UsageError(DigestError):
    """The command or the configuration is wrong; nothing was done."""

    exit_code = 2


class SettingsError(UsageError):
    """``digest.toml`` or a secret is missing or wrong."""


class UnknownThing(UsageError):
    """Something named on the command line does not exist."""


class Withheld(DigestError):
    """Nothing was sent because a rule of the newsletter said so."""

    exit_code = 3


class Rebuilt(UsageError):
    """An edition is not the one that was looked over: another process rebuilt it, froze it or stopped it meanwhile."""


class SourceError(DigestError):
    """A source could not be read; other sources go on."""


class FetchError(SourceError):
    """A foreign server could not be read safely."""


class StoryError(DigestError):
    """One story could not be read; the others go on."""


class RenderError(DigestError):
    """A template failed."""


class BadRecipient(RenderError):
    """A reader's address cannot stand in a mail's header; nobody else is concerned."""


class TransportError(DigestError):
    """No message can be handed over at all."""


class LedgerError(DigestError):
    """The record of deliveries cannot be kept, so nothing more may be sent."""


class OwnershipLost(LedgerError):
    """Another process took this work over; stop at once."""


class StoreError(DigestError):
    """The database refused."""
