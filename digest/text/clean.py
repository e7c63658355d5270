"""Takes the service lines out of a story's body and says by which rule each left.

What a newsroom must carry is kept: a reporter's line becomes the byline, a wire note the credit, a correction or an
editor's note a note. Knows nothing of files or feeds; works on plain text, paragraph by paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from digest.model import DroppedLine
from digest.text.boilerplate import (
    BYLINE,
    CONTACT,
    CONTRIBUTED,
    CORRECTION,
    DATA,
    NOTE,
    RULES,
    WIRE,
    Rule,
    name_in_byline,
    name_in_contact,
)
from digest.text.paragraphs import Paragraph, paragraphs
from digest.text.sentences import split

FIRST, LAST = 3, 4
"""Paragraphs of prose before and after which a short service line is taken for one; between them only a very short
one is, because prose about newsletters and photographs stands there too."""

SHORT = 120
"""Characters of a service line in the middle of a story; measured on 5,000 published articles."""

LONGEST_SENTENCE = 160
"""Characters of a service sentence inside a paragraph of prose."""

LEAST_PROSE = 8
"""Words of a first sentence that is prose: a promo tacked on behind it takes only itself away."""

_OF_SENTENCES = tuple(rule for rule in RULES if rule.in_sentences)
_OF_LONG_SENTENCES = (NOTE, DATA)
"""Never prose, however long: a page's data, and a note whose paragraph goes on with the story."""
_MARKS = "•·▪▸►*-–— \t[(_"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A story's body without its service lines.

    ``text`` holds the kept paragraphs joined by one blank line. ``dropped`` lists what left, in order; ``byline``
    and ``credit`` are what service lines said of the reporter and the wires. ``corrections`` and ``notes`` left the
    body but belong to the story, and are not among the dropped. ``removed`` says where all of these stood, as
    ``(start, end)`` in the text that was given.
    """

    text: str
    dropped: tuple[DroppedLine, ...] = ()
    byline: str = ""
    credit: str = ""
    notes: tuple[str, ...] = ()
    corrections: tuple[str, ...] = ()
    removed: tuple[tuple[int, int], ...] = ()


def clean(text: str, *, headline: str = "") -> Cleaned:
    """Return the body without service lines.

    A first paragraph that only repeats the ``headline`` goes too. Line ends, odd spaces and hard-wrapped lines are
    made regular; nothing else in a kept paragraph changes.
    """
    found = paragraphs(text)
    rules = [_rule_for(paragraph.text) for paragraph in found]
    prose = list(accumulate((rule is None for rule in rules), initial=0))
    result = _Result()
    for index, paragraph in enumerate(found):
        rule = rules[index]
        if index == 0 and len(found) > 1 and _letters(paragraph.text) == _letters(headline):
            result.drop(paragraph.text, "headline", (paragraph.start, paragraph.end))
        elif rule is not None and _applies(rule, paragraph.text, before=prose[index], after=prose[-1] - prose[index]):
            result.take(paragraph.text, rule, (paragraph.start, paragraph.end))
        else:
            result.keep(_without_service_sentences(text, paragraph, result))
    return result.cleaned()


def mask(text: str, *, headline: str = "") -> str:
    """Return the text, as long as it was given, with service lines blanked and hard-wrapped lines joined.

    Offsets in it are offsets in ``text``: what summarises it can say where each sentence stood.
    """
    signs = list(text)
    for paragraph in paragraphs(text):
        for place in range(paragraph.start, min(paragraph.end, len(signs))):
            if signs[place] in "\r\n":
                signs[place] = " "
    for start, end in clean(text, headline=headline).removed:
        signs[start:end] = "\n" * (end - start)
    return "".join(signs)


def _rule_for(text: str, rules: Sequence[Rule] = RULES) -> Rule | None:
    """Return the first rule that knows this line."""
    line = text.lstrip(_MARKS)
    return next((rule for rule in rules if len(text) <= rule.limit and rule.pattern.search(line)), None)


def _applies(rule: Rule, text: str, *, before: int, after: int) -> bool:
    """Tell whether a matching rule may act here: in the middle of the prose most act on short lines only."""
    if rule.in_sentences and _opens_with_prose(text, rule):
        return False
    inside = before >= FIRST and after >= LAST
    return not (inside and rule.cautious and len(text) > SHORT)


def _opens_with_prose(text: str, rule: Rule) -> bool:
    """Tell whether a sentence of the story stands before the service sentence: it must not go with it."""
    spans = split(text)
    first = text[slice(*spans[0])] if spans else ""
    alone = any(_rule_for(text[start:end], (rule,)) for start, end in spans[1:])
    return alone and len(first.split()) >= LEAST_PROSE and _rule_for(first) is None


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text).casefold()


def _without_service_sentences(text: str, paragraph: Paragraph, result: _Result) -> str:
    """Return a paragraph of prose without the sentences that are plainly service lines of their own."""
    spans = split(paragraph.text)
    longest = LONGEST_SENTENCE if len(spans) > 1 else 0
    kept: list[str] = []
    for start, end in spans:
        sentence = paragraph.text[start:end]
        rule = _rule_for(sentence, _OF_LONG_SENTENCES) if len(spans) > 1 else None
        if rule is None and len(sentence) <= longest:
            rule = _rule_for(sentence, _OF_SENTENCES)
        if rule is None:
            kept.append(sentence)
            continue
        at = text.find(sentence, paragraph.start, paragraph.end)
        result.take(sentence, rule, (at, at + len(sentence)) if at >= 0 else None)
    return paragraph.text if len(kept) == len(spans) else " ".join(kept)


@dataclass(slots=True)
class _Result:
    """What has been decided so far, while the paragraphs are walked."""

    kept: list[str] = field(default_factory=list)
    dropped: list[DroppedLine] = field(default_factory=list)
    bylines: list[str] = field(default_factory=list)
    reached: list[str] = field(default_factory=list)
    credits: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    corrections: list[str] = field(default_factory=list)
    removed: list[tuple[int, int]] = field(default_factory=list)

    def keep(self, text: str) -> None:
        """Keep a paragraph, unless nothing of it is left."""
        if text:
            self.kept.append(text)

    def drop(self, text: str, rule: str, span: tuple[int, int] | None) -> None:
        """Note a line that left for nothing but the preview."""
        self.dropped.append(DroppedLine(text, rule))
        if span is not None:
            self.removed.append(span)

    def take(self, text: str, rule: Rule, span: tuple[int, int] | None) -> None:
        """Take a service line out and keep what it says of the reporter, the wires or an error."""
        line = text.lstrip(_MARKS).strip()
        if rule is CORRECTION or rule is NOTE:
            (self.corrections if rule is CORRECTION else self.notes).append(line)
            if span is not None:
                self.removed.append(span)
            return
        self.drop(text, rule.name, span)
        if rule is BYLINE:
            self.bylines.append(name_in_byline(line))
        elif rule is CONTACT:
            self.reached.append(name_in_contact(line))
        elif rule in (WIRE, CONTRIBUTED):
            self.credits.append(line)

    def cleaned(self) -> Cleaned:
        """Return the finished result; a byline of its own stands before a name in a contact line."""
        named = [name for name in self.bylines if name] or [name for name in self.reached if name]
        return Cleaned(
            text="\n\n".join(self.kept),
            dropped=tuple(self.dropped),
            byline=" and ".join(dict.fromkeys(named)),
            credit=" ".join(dict.fromkeys(self.credits)),
            notes=tuple(self.notes),
            corrections=tuple(self.corrections),
            removed=tuple(self.removed),
        )
