"""Claim and denial: a blurb that prints what one side claims prints the other side's answer too.

If a chosen sentence claims and none answers, the lead is kept and the best sentence that denies, doubts or answers
it is taken in, with a bridge that names who is speaking if there is room.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.summarise.document import Document
from digest.summarise.guard import Guarding
from digest.summarise.select import LEAST_WORDS, MOST_ALIKE, Limits
from digest.text.words import names

_CLAIM = re.compile(
    r"\b(?:claim(?:s|ed|ing)?|alleg(?:e|es|ed|edly|ing|ations?)|accus(?:e|es|ed|ing|ations?)|blam(?:e|es|ed|ing)"
    r"|reportedly|purportedly|said they|says they)\b",
    re.IGNORECASE,
)
# Forms are listed: "den\w+" would also find Denmark, dense and dentist.
_DENIAL = re.compile(
    r"\b(?:den(?:y|ies|ied|ying|ials?)|reject(?:s|ed|ing)?|disput(?:e|es|ed|ing)|repel(?:s|led)|repuls(?:e|ed)"
    r"|dismiss(?:es|ed|ing)?|refut(?:e|es|ed)|rebut(?:s|ted)?|contradict(?:s|ed)?|baseless|unfounded|untrue|false"
    r"|could not be (?:independently )?verified|could not independently verify|(?:was|were) not immediately clear"
    r"|remains? unclear|no evidence|but said|but says|insist(?:s|ed) (?:that )?(?:it|he|she|they|there) "
    r"(?:had|has|did|was|were|have) n[o']t|pleaded not guilty|no comment|declined to comment|denounc(?:e|ed))\b",
    re.IGNORECASE,
)


def has_claim(text: str) -> bool:
    """Tell whether a sentence says what somebody claims."""
    return _CLAIM.search(text) is not None


def has_denial(text: str) -> bool:
    """Tell whether a sentence denies, doubts or answers a claim."""
    return _DENIAL.search(text) is not None


def balance(
    read: Document, scores: Sequence[float], chosen: list[int], limits: Limits, gate: Guarding
) -> list[int]:
    """Return the places of a fair blurb: unchanged if nothing is claimed, or the answer is there already."""
    claiming = [i for i in chosen if has_claim(read.texts[i])]
    if not claiming or any(has_denial(read.texts[i]) for i in chosen):
        return chosen
    first = chosen[0]
    denial = _best_denial(read, scores, first, limits, gate)
    if denial is None:
        return chosen
    kept = sorted({first, denial})
    if limits.sentences > 2:
        bridge = _best_bridge(read, scores, kept, denial, limits, gate)
        kept = sorted({*kept, bridge}) if bridge is not None else kept
    return kept


def _best_denial(
    read: Document, scores: Sequence[float], first: int, limits: Limits, gate: Guarding
) -> int | None:
    room = limits.words - read.sizes[first]
    fitting = [
        i
        for i, text in enumerate(read.texts)
        if i != first and limits.sentences > 1 and read.sizes[i] <= room and has_denial(text)
        and gate.may_enter(i, {first})
    ]
    return max(fitting, key=lambda i: (scores[i] + 2 * read.likeness[first][i], -i), default=None)


def _best_bridge(
    read: Document, scores: Sequence[float], kept: list[int], denial: int, limits: Limits, gate: Guarding
) -> int | None:
    """Prefer a sentence before the denial that names what the denial names and the lead does not."""
    room = limits.words - sum(read.sizes[i] for i in kept)
    missing = set(names(read.texts[denial])) - set(names(read.texts[kept[0]]))
    fitting = [
        i
        for i in range(len(read.texts))
        if i not in kept and LEAST_WORDS <= read.sizes[i] <= room and gate.may_enter(i, set(kept))
        and max(read.likeness[i][j] for j in kept) <= MOST_ALIKE
    ]
    before = [i for i in fitting if i < denial] or fitting

    def value(i: int) -> tuple[float, int]:
        return scores[i] + 0.4 * len(missing & set(names(read.texts[i]))), -i

    return max(before, key=value, default=None)
