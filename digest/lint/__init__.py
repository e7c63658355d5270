"""Looks a rendered mail over for what readers would stumble on and receivers punish. Pure: no network, no browser."""

from digest.lint.contrast import contrasts
from digest.lint.finding import RULES, Finding, Mail, Severity
from digest.lint.markup import markup
from digest.lint.message import message
from digest.lint.structure import structure
from digest.lint.support import SHARES, Support, support, supports
from digest.lint.words import CLIP_BYTES, words

__all__ = ["CLIP_BYTES", "RULES", "SHARES", "Finding", "Mail", "Severity", "Support", "lint", "support"]


def lint(mail: Mail) -> tuple[Finding, ...]:
    """Return every finding, errors first, each rule's in reading order."""
    found = [*words(mail), *structure(mail), *contrasts(mail), *markup(mail), *message(mail), *supports(mail)]
    return tuple(sorted(found, key=lambda finding: finding.severity is not Severity.ERROR))
