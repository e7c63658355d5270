"""The coherence guard: which sentences cannot stand without the one before them.

A blurb that opens with "He said" or "But the group" points at nothing. The rules follow the faults that readers
marked in extractive summaries (Zhang et al. 2022, arXiv 2209.03549: incomplete coreference and discourse). They
are English; a story in another language is given its leading sentences without them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Protocol

ONLY_QUOTATION = "is nothing but a quotation"
OPEN_QUOTATION = "has a quotation that does not close"

_PRONOUN = r"(?:he|she|they|it|his|her|hers|their|theirs|its|him|them|himself|herself|themselves)"
_SMALL = (
    r"(?:and|but|so|or|yet|when|while|as|in|on|at|for|with|if|because|although|though|after|before|since|until|once"
    r"|then|now|by|from|to|of|like|both|even|according|what|where|how|why|that)"
)
_STARTS_WITH_PRONOUN = re.compile(rf"(?:{_SMALL}\s+){{0,2}}{_PRONOUN}\b(?!-)", re.IGNORECASE)

_DEMONSTRATIVE = re.compile(
    r"(?:(?:and|but|so|in|on|at|for|with|by|to|of|from|after|before|since|despite|under|during|all|like)\s+){0,2}"
    r"(?:this|these|those|such|both|another|others?|neither|either|that(?!\s+said\b)|the\s+(?:other|same|former"
    r"|latter|rest|second|third|next|first)|one\s+of\s+(?:them|those|these)|some\s+of\s+(?:them|those|these)"
    r"|many\s+of\s+(?:them|those|these))\b(?!\s+(?:year|week|month|morning|afternoon|evening|summer|winter|spring"
    r"|autumn|fall|weekend|half|quarter|season|time last))",
    re.IGNORECASE,
)
_ANAPHOR_NOUNS = (
    "two|three|four|pair|duo|trio|couple|group|man|woman|men|women|boy|girl|teenager|child|baby|family|company|firm"
    "|ministry|incident|decision|suspects?|team|attackers?|victims?|officer|official|driver|pilot|judge|player|star"
    "|actor|actress|singer|author|former|accident|attack|crash|move|deal|agreement|report|study|film|movie|book|show"
    "|series|latter|plan|proposal|announcement|statement|move|bill|measure|law|ruling|case|trial|allegations?"
    "|charges?|accusations?|figures?|results?|findings|news|comments?|remarks|claims?|video|clip|footage|photos?"
    r"|pictures?|images?|site|website|app|device|problem|issue|event|ceremony|match|game|win|victory|defeat|loss"
    r"|year-old|\d+-year-old"
)
_THE_ANAPHOR = re.compile(
    rf"(?:(?:but|and|in|on|at|for|after|before|since|during|despite|under)\s+){{0,1}}the\s+(?:{_ANAPHOR_NOUNS})"
    r"(?:['’]s?)?(?=\s+(?:is|was|are|were|has|had|have|will|would|also|said|says|told|came|comes|could|can|may|did"
    r"|does|went|who|which|added|took|later|then|now|remains?|were|began|made|plans|says|hopes|wants|and|[a-z]+ed)\b"
    r"|\s*,|['’])",
    re.IGNORECASE,
)
_CONNECTIVES = (
    "but|however|meanwhile|separately|also|instead|in addition|for example|for instance|as a result|earlier|indeed"
    "|moreover|furthermore|nevertheless|nonetheless|still|yet|then|therefore|thus|hence|otherwise|besides|similarly"
    "|likewise|conversely|on the other hand|in contrast|by contrast|in fact|in turn|in other words|of course"
    "|after all|at the same time|additionally|consequently|accordingly|subsequently|afterwards?|finally|lastly"
    "|later|elsewhere|even so|despite that|despite this|that said|more importantly|not surprisingly|what is more"
    "|and|or|so|nor|because of (?:this|that)|too|again|rather|though|yes|no|well|plus|next|second|secondly|third"
    "|thirdly|first of all|firstly|among them|for one|on top of that|since then|by then|until then|at that (?:time"
    r"|point)|at the time|there(?:,|'s|’s| is| are| was| were)|here(?:,|'s|’s| is| are)|perhaps|anyway|regardless"
    "|either way|if so|if not|to that end|with that|in that case|in response|in return|in reply|in this|in that"
)
_STARTS_WITH_CONNECTIVE = re.compile(rf"(?:{_CONNECTIVES})\b", re.IGNORECASE)
# "First Minister", "Second World War", "Still Life", "So Solid Crew": a name, not a connective.
_NAME_AFTER_CONNECTIVE = re.compile(
    r"(?:First|Second|Third|Next|No|Still|Later|Well|So|And|Or|Yes|Plus|Too|Again)\s+[A-Z]"
)
_NO_NUMBER = re.compile(r"(?:no|yes|so|well)[\w-]+|no\s+(?:one|[a-z]+)\s", re.IGNORECASE)

_REPORTING = (
    "said|says|added|adds|told|tells|explained|explains|continued|insisted|insists|wrote|writes|tweeted|recalled"
    "|argued|argues|noted|notes|admitted|admits|claimed|claims|stated|states|warned|warns|joked|replied|concluded"
)
_PRONOUN_ATTRIBUTION = re.compile(
    rf"\b(?:he|she|they|it)\s+(?:\w+ly\s+|also\s+|later\s+)?(?:{_REPORTING})\b"
    rf"|\b(?:{_REPORTING})\s+(?:he|she|they)\b(?=\s*[.,;]|$)",
    re.IGNORECASE,
)
_PRONOUNS = frozenset({"he", "she", "they", "it"})
_LETTERS = re.compile(r"[a-z]+")
_STRAIGHT = re.compile(r"(?<=\d)\"(?=[\s,.;)])")
_LEADING_QUOTE = re.compile(r"^[\"“”'‘’«»(\[\s]+")
_QUOTATION = re.compile(r"[\"“][^\"“”]*[\"”]|^[‘'].*[’']$", re.DOTALL)


def problem(sentence: str) -> str:
    """Return why a sentence needs the one before it, or an empty string if it stands by itself."""
    text = sentence.strip()
    if _is_nothing_but_quotation(text):
        return ONLY_QUOTATION
    words = _LEADING_QUOTE.sub("", text)
    quoted = words != text
    if not quoted and _STARTS_WITH_PRONOUN.match(words):
        return "starts with a pronoun"
    if not quoted and (_DEMONSTRATIVE.match(words) or _THE_ANAPHOR.match(words)):
        return "points back at something"
    if _starts_with_connective(words) and not quoted:
        return "starts with a connective"
    if _has_pronoun(text) and _is_attributed_to_pronoun(text):
        return "is attributed to a pronoun"
    if is_open_quotation(text):
        return OPEN_QUOTATION
    return ""


def _is_attributed_to_pronoun(text: str) -> bool:
    return _PRONOUN_ATTRIBUTION.search(_QUOTATION.sub(" ", text)) is not None and not _names_before_pronoun(text)


def _has_pronoun(text: str) -> bool:
    """Tell whether a pronoun stands in a text at all: the quick look before the slow pattern."""
    return not _PRONOUNS.isdisjoint(_LETTERS.findall(text.lower()))


class Guarding(Protocol):
    """Says which sentences may enter a blurb."""

    def may_enter(self, place: int, chosen: set[int]) -> bool:
        """Tell whether a sentence stands beside those already chosen."""


class Gate:
    """The hard guard over one story: a sentence that leans on its predecessor enters only after it."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self._why = [problem(sentence) for sentence in sentences]
        self._open = [is_open_quotation(sentence) for sentence in sentences]

    def may_enter(self, place: int, chosen: set[int]) -> bool:
        """Tell whether a sentence stands beside those already chosen; the first of a story leans on nothing."""
        if self._open[place]:
            return False
        if place == 0:
            return self._why[place] != ONLY_QUOTATION
        return not self._why[place] or place - 1 in chosen


class Open:
    """No guard: every sentence may enter (used to measure what the guard is worth)."""

    def may_enter(self, place: int, chosen: set[int]) -> bool:
        """Let every sentence in."""
        return True


def issues(sentences: Sequence[str], chosen: Sequence[int]) -> dict[int, str]:
    """Return, by place, what is wrong with the chosen sentences of one story.

    The first sentence of a story and one whose predecessor is chosen lean on nothing; a quotation that is not
    closed is wrong everywhere.
    """
    taken = set(chosen)
    found: dict[int, str] = {}
    for place in sorted(taken):
        why = OPEN_QUOTATION if is_open_quotation(sentences[place]) else problem(sentences[place])
        leans = place - 1 not in taken and (place > 0 or why == ONLY_QUOTATION)
        if why and (leans or why == OPEN_QUOTATION):
            found[place] = why
    return found


def is_open_quotation(text: str) -> bool:
    """Tell whether quotation marks do not pair; a number's inches are left out."""
    if text.count("“") != text.count("”"):
        return True
    return _STRAIGHT.sub("", text).count('"') % 2 == 1


def _starts_with_connective(words: str) -> bool:
    if not _STARTS_WITH_CONNECTIVE.match(words):
        return False
    return not (_NAME_AFTER_CONNECTIVE.match(words) or _NO_NUMBER.match(words))


def _is_nothing_but_quotation(text: str) -> bool:
    if text[:1] not in "\"“‘'«":
        return False
    rest = _QUOTATION.sub(" ", text)
    return sum(sign.isalpha() for sign in rest) < 4


def _names_before_pronoun(text: str) -> bool:
    """A name earlier in the same sentence may be who "he" is: "Mr Lee was ill, he said" stands by itself."""
    outside = _QUOTATION.sub(" ", text)
    found = _PRONOUN_ATTRIBUTION.search(outside)
    before = outside[: found.start()] if found else ""
    return re.search(r"\S\s+(?:[A-Z][\w’'-]+)", f". {before}"[1:]) is not None and '"' not in text and "“" not in text
