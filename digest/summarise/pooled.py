"""One blurb from several accounts of an event: each sentence keeps its story, and stands in its own story's order.

A sentence is worth more when other accounts tell the same. Copies of one text should not come here: they have one
voice already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from digest.model import Blurb, Origin
from digest.summarise import guard
from digest.summarise.document import Document
from digest.summarise.select import Limits
from digest.text import similarity

SUPPORT_POINTS = 6.0
REDUNDANCY_COST = 3.0
MOST_ALIKE = 0.4
"""Two accounts say the same in other words: what repeats costs more than in one story."""
READ_OF_EACH = 40
LEAST_WORDS = 5
LEAST_STORY_WORDS = 60
"""A shorter text (an archive's notice, a paywall's line) is no account while a longer one is there."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    account: int
    place: int
    score: float
    words: int
    vector: similarity.Vector


def pool(
    accounts: Sequence[Document], score: Callable[[Document], Sequence[float]], limits: Limits, *, method: str
) -> Blurb:
    """Return the blurb of several accounts, ordered by account and then by place."""
    accounts = _real_accounts(accounts)
    candidates = _candidates(accounts, score)
    gates = [guard.Gate(account.texts) for account in accounts]
    chosen: list[_Candidate] = []
    while len(chosen) < limits.sentences:
        best = _best(candidates, chosen, gates, limits)
        if best is None:
            break
        chosen.append(best)
    chosen.sort(key=lambda each: (each.account, each.place))
    sentences = tuple(accounts[each.account].sentence(each.place) for each in chosen)
    text = " ".join(sentence.text for sentence in sentences)
    return Blurb(text, Origin.EXTRACT if sentences else Origin.NONE, sentences, method)


def _real_accounts(accounts: Sequence[Document]) -> Sequence[Document]:
    long = [account for account in accounts if sum(account.sizes) >= LEAST_STORY_WORDS]
    return long or accounts


def _candidates(accounts: Sequence[Document], score: Callable[[Document], Sequence[float]]) -> list[_Candidate]:
    idf = similarity.inverse_frequencies([stems for account in accounts for stems in account.stems])
    vectors = [[similarity.weigh(stems, idf) for stems in account.stems] for account in accounts]
    found = []
    for number, account in enumerate(accounts):
        others = [each for place, each in enumerate(vectors) if place != number]
        for place, own in enumerate(score(account)):
            vector = vectors[number][place]
            if account.sizes[place] >= LEAST_WORDS and vector:
                value = own + SUPPORT_POINTS * _support(vector, others)
                found.append(_Candidate(number, place, value, account.sizes[place], vector))
    return found


def _support(vector: similarity.Vector, others: Sequence[Sequence[similarity.Vector]]) -> float:
    """Return how well the other accounts tell the same: the mean of each one's nearest sentence."""
    if not others:
        return 0.0
    best = (max((similarity.cosine(vector, each) for each in other), default=0.0) for other in others)
    return sum(best) / len(others)


def _best(
    candidates: Sequence[_Candidate], chosen: Sequence[_Candidate], gates: Sequence[guard.Gate], limits: Limits
) -> _Candidate | None:
    room = limits.words - sum(each.words for each in chosen)
    taken: dict[int, set[int]] = {}
    for each in chosen:
        taken.setdefault(each.account, set()).add(each.place)
    best: tuple[float, _Candidate] | None = None
    for each in candidates:
        ours = taken.get(each.account, set())
        if each.place in ours or (chosen and each.words > room):
            continue
        if best is not None and each.score <= best[0]:
            continue
        alike = max((similarity.cosine(each.vector, other.vector) for other in chosen), default=0.0)
        value = each.score - REDUNDANCY_COST * alike
        if alike > MOST_ALIKE or (best is not None and value <= best[0]):
            continue
        if gates[each.account].may_enter(each.place, ours):
            best = (value, each)
    return best[1] if best else None
