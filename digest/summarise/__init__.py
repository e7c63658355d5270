"""Summarising: a cluster becomes a blurb whose every sentence points at its source."""

from digest.protocols import Summarizer
from digest.summarise.blurbs import blurb, points
from digest.summarise.lead import LeadSummarizer
from digest.summarise.linear import LinearSummarizer
from digest.summarise.lines import one_line, preheader_of, subject_of

__all__ = [
    "LeadSummarizer",
    "LinearSummarizer",
    "blurb",
    "make",
    "one_line",
    "points",
    "preheader_of",
    "subject_of",
]

NAMES = ("linear", "lead")


def make(name: str = "linear") -> Summarizer:
    """Make the summariser of that name; raises ValueError with the names there are."""
    if name == "linear":
        return LinearSummarizer()
    if name == "lead":
        return LeadSummarizer()
    raise ValueError(f"summariser {name!r} is unknown: use one of {', '.join(NAMES)}")
