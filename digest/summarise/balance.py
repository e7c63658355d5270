"""Claim and denial: a blurb that prints what one side claims prints the other side's answer too.

If a chosen sentence claims and none answers, the lead is kept and the best sentence that denies, doubts or answers
it is taken in, with a bridge that names who is speaking if there is room. A plain denial in the story ("denied",
"pleaded not guilty") makes it contested even where the claim uses no such word.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.summarise.document import Document
from digest.summarise.guard import Guarding
from digest.summarise.select import LEAST_WORDS, MOST_ALIKE, Limits
from digest.text.words import content_words, names

UNANSWERED = "somebody's claim without an answer"
LONGEST_CHAIN = 2
"""How many sentences a denial may need before it ("He denied it") and still be taken in."""
EARLY, NEAR = 5, 12
DEPTH = 30
"""A denial further down than these answers a side issue; the first two are for stories without a word of claiming."""


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")", re.IGNORECASE)


_CLAIM = _any(
    r"claim(?:s|ed|ing)?\b(?! (?:(?:the|\w+) (?:lives|life)|(?:a|the|his|her|their) (?:title|win|victory|gold|medal)))",
    r"alleg(?:e|es|ed|edly|ing|ations?)\b",
    r"accus(?:e|es|ed|ing|ations?)\b",
    r"blam(?:e|es|ed|ing)\b",
    r"reportedly\b",
    r"purportedly\b",
    r"(?:said|says|say) they\b",
    r"lawsuit (?:says|said)\b",
)
# Forms are listed: "den\w+" would also find Denmark, dense and dentist.
_PLAIN = _any(
    r"den(?:y|ies|ied|ying|ials?)\b",
    r"refut(?:e|es|ed|ing)\b",
    r"rebut(?:s|ted)?\b",
    r"repudiat(?:e|es|ed)\b",
    r"disput(?:es|ed) (?:the|that|this|these|those|any|his|her|its|their|it|claims?|reports?|whether|how)\b",
    r"(?:repel(?:s|led)|repuls(?:e|ed)|beaten back|thwarted)\b",
    r"contest(?:s|ed) (?:the|that|this|his|her|its|their|any)\b",
    r"(?:pleaded|pleads|pled|plead) not guilty\b",
    r"(?:maintain|maintains|maintained|protest|protests|protested) (?:his|her|their|its) innocence\b",
    r"reject(?:s|ed|ing)? (?:\w+ ){0,3}(?:claims?|allegations?|accusations?|accounts?|charges?|suggestions?|reports?"
    r"|criticism|blame|responsibility|findings?|version)\b",
    r"dismiss(?:es|ed|ing)? (?:\w+ ){0,3}(?:claims?|allegations?|accusations?|accounts?|suggestions?|reports?|criticism"
    r"|findings?|rumou?rs?)\b",
)
_PLAIN_HINTS = (
    "den", "refut", "rebut", "repudiat", "disput", "repel", "repuls", "beaten", "thwart", "contest", "guilty",
    "innocence", "reject", "dismiss",
)  # fmt: skip
_DOUBT = _any(
    r"(?:call|calls|called|describ\w+|brand\w+|label\w+) (?:\w+ ){0,5}(?:false|untrue|baseless|unfounded|absurd"
    r"|nonsense|fabricat\w+|fake|forger(?:y|ies)|lies?|ridiculous|wrong|misleading|propaganda|inaccurate"
    r"|a smear|a hoax)\b",
    r"(?:baseless|unfounded|untrue|not true|no truth|incorrect|no basis)\b",
    r"no (?:\w+ )?(?:evidence|sign|signs|proof|link|connection|indication|irregularities|wrongdoing)\b",
    r"(?:could|can) not (?:\w+ )?(?:be )?(?:independently )?(?:verif\w+|confirm\w*)",
    r"(?:could|has|had)n['’]t been (?:verified|confirmed)\b",
    r"(?:was|were|is|are) not immediately clear\b",
    r"remain(?:s|ed)? unclear\b",
    r"(?:neither|no) (?:account|claim|side|figure)\b",
    r"different (?:account|version|story)\b",
    r"contradict(?:s|ed|ing)?\b",
    r"reject(?:s|ed|ing)?\b",
    r"dismiss(?:es|ed) (?:it|them|that|the)\b",
    r"turned down the (?:complaint|claim|appeal)",
    r"(?:put|puts) the (?:number|figure|toll|total) at\b",
    r"(?:hit|hits|push|pushed|pushes) back (?:at|against)\b",
    r"(?:stands|stood) by\b",
)
_ANSWER = _any(
    r"(?:said|says|insist\w*|told|stress\w*|maintain\w*|argu\w+)\b[^.“\"]{0,60}\b(?:no|not|never|nothing|none"
    r"|within|lawful\w*|legal\w*|approved)\b",
    r"but (?:said|says)\b",
    r"insist(?:s|ed)\b",
    r"(?:declined|refused) to comment\b",
    r"(?:did|does) not (?:\w+ )?(?:comment|respond|answer)\b",
    r"defend(?:s|ed)\b",
    r"play(?:s|ed) down\b",
    r"disagree(?:s|d)?\b",
)


def has_claim(text: str) -> bool:
    """Tell whether a sentence says what somebody claims."""
    return _CLAIM.search(text) is not None


def denial(text: str) -> int:
    """Return how plainly a sentence answers a claim: 3 denies it, 2 doubts it, 1 comments, 0 does none of these."""
    if _is_plain(text):
        return 3
    if _DOUBT.search(text):
        return 2
    return 1 if _ANSWER.search(text) else 0


def balance(read: Document, scores: Sequence[float], chosen: list[int], limits: Limits, gate: Guarding) -> list[int]:
    """Return the places of a fair blurb: unchanged if nothing is contested, or the answer is there already."""
    if not any(has_claim(read.texts[i]) for i in chosen) and not _has_near_denial(read):
        return chosen
    strengths = [denial(text) for text in read.texts[:DEPTH]]
    if not _is_one_sided(read, chosen, strengths):
        return chosen
    first = _claim_to_keep(read, chosen)
    answer = _best_answer(read, scores, strengths, first, limits, gate)
    if answer is None:
        return chosen
    kept = {first, *answer}
    while len(kept) < limits.sentences:
        bridge = _best_bridge(read, scores, kept, answer[-1], limits, gate)
        if bridge is None:
            break
        kept.add(bridge)
    return sorted(kept)


def is_unanswered(texts: Sequence[str]) -> bool:
    """Tell whether sentences hold a claim and none that denies, doubts or answers it."""
    return any(map(has_claim, texts)) and not any(map(denial, texts))


def _is_one_sided(read: Document, chosen: Sequence[int], strengths: Sequence[int]) -> bool:
    said = max((strengths[i] for i in chosen if i < len(strengths)), default=0)
    best = max(strengths, default=0)
    if any(has_claim(read.texts[i]) for i in chosen):
        return said < min(best, 2)
    return said < 2 and any(strength == 3 and _is_near(read, place) for place, strength in enumerate(strengths))


def _has_near_denial(read: Document) -> bool:
    """Tell whether a plain denial stands near the top: the quick look that spares most stories the long one."""
    return any(_is_plain(text) and _is_near(read, place) for place, text in enumerate(read.texts[: NEAR + 1]))


def _is_plain(text: str) -> bool:
    """Tell whether a sentence denies; looking for a few letters first is many times faster than the pattern."""
    lowered = text.lower()
    return any(hint in lowered for hint in _PLAIN_HINTS) and _PLAIN.search(text) is not None


def _is_near(read: Document, place: int) -> bool:
    """Tell whether a denial answers the story's own news: it comes early, or has a word of the lead or headline."""
    if place <= EARLY:
        return True
    subject = {*read.stems[0], *content_words(read.story.headline)}
    return place <= NEAR and len(subject & set(read.stems[place])) >= 1


def _claim_to_keep(read: Document, chosen: Sequence[int]) -> int:
    """Keep the first chosen sentence: in newswriting it carries the claim; its denial alone would be no news."""
    return chosen[0]


def _best_answer(
    read: Document, scores: Sequence[float], strengths: Sequence[int], first: int, limits: Limits, gate: Guarding
) -> list[int] | None:
    """Return the best denial, with the sentences before it that it cannot stand without."""
    best: tuple[float, list[int]] | None = None
    for place, strength in enumerate(strengths):
        if not strength or place == first:
            continue
        chain = _chain(read, place, first, limits, gate)
        if chain is None:
            continue
        value = scores[place] + 2 * read.likeness[first][place] + 0.4 * strength
        value -= 0.75 * (len(chain) - 1) + 0.5 * place / len(read.texts)
        if best is None or value > best[0]:
            best = (value, chain)
    return best[1] if best else None


def _chain(read: Document, place: int, first: int, limits: Limits, gate: Guarding) -> list[int] | None:
    chain = [place]
    while not gate.may_enter(chain[0], {first, chain[0] - 1} if chain[0] - 1 == first else {first}):
        before = chain[0] - 1
        if before < 0 or before == first or len(chain) > LONGEST_CHAIN:
            return None
        if not gate.may_enter(chain[0], {first, before}):
            return None
        chain.insert(0, before)
    words = sum(read.sizes[i] for i in {first, *chain})
    return chain if len(chain) < limits.sentences and words <= limits.words else None


def _best_bridge(
    read: Document, scores: Sequence[float], kept: set[int], answer: int, limits: Limits, gate: Guarding
) -> int | None:
    """Prefer the best sentence; before the denial, one that names what it names and the lead does not."""
    room = limits.words - sum(read.sizes[i] for i in kept)
    missing = set(names(read.texts[answer])) - set(names(read.texts[min(kept)]))
    fitting = [
        i
        for i in range(len(read.texts))
        if i not in kept
        and LEAST_WORDS <= read.sizes[i] <= room
        and gate.may_enter(i, kept)
        and max(read.likeness[i][j] for j in kept) <= MOST_ALIKE
    ]

    def value(i: int) -> tuple[float, int]:
        introduces = len(missing & set(names(read.texts[i]))) if i < answer else 0
        return scores[i] + 0.4 * introduces, -i

    return max(fitting, key=value, default=None)
