"""Does a text say what its source does not? Numbers, names, quotations, attribution, negation, sentence by sentence.

The checks are made for text that did not come from us (an endpoint's); an extract passes them by construction. They
find what was changed, not what was left out; English only.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from digest.text.sentences import split
from digest.text.words import NUMBER_WORDS, STOP_WORDS, content_words, plain_words

LEAST_QUOTATION = 8
"""Characters from which words in quotation marks must be the source's; shorter ones are titles and irony."""
SAME_STATEMENT = 0.6
"""Share of a sentence's words found in one or two source sentences, from which its negation is compared."""
ATTRIBUTED_NEARNESS = 0.5
REPEATED = 0.5
"""Share of a source sentence's words from which a sentence is the same one, shortened."""

CHECKS = ("numbers", "names", "quotations", "attribution", "negation")

_DIGITS = re.compile(r"\d+(?:[.,:]\d+)*")
_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»]*)[\"“”»]")
_CAPITALISED = re.compile(r"[^\W\d_]*[A-Z][\w’'&.-]*\w|[A-Z]")
_REPORTING = re.compile(
    r"\b(?:said|says|say|saying|told|tells|tell|according to|claim(?:s|ed|ing)?|alleg(?:e|es|ed|edly|ing)|accus(?:e|es"
    r"|ed|ing)|report(?:s|ed|edly)|announc(?:e|es|ed|ing)|warn(?:s|ed|ing)?|added|adds|insist(?:s|ed)?|argu(?:e|es|ed)"
    r"|den(?:y|ies|ied)|confirm(?:s|ed)?|believ(?:e|es|ed)|suggest(?:s|ed)?|stat(?:es|ed)|explain(?:s|ed)|wrote|writes"
    r"|tweeted|testified|acknowledg(?:e|es|ed)|admit(?:s|ted)?|estimat(?:e|es|ed)|expect(?:s|ed)?|predict(?:s|ed)"
    r"|purported(?:ly)?|think|thinks|thought|suspect(?:s|ed)?|describ(?:es|ed)|call(?:s|ed)|quoted|reveal(?:s|ed)"
    r"|show(?:s|ed)|found|finds|note[sd]|recalled|asked|asks|in a statement|complain(?:s|ed)|conced(?:es|ed)"
    r"|disput(?:es|ed)|reject(?:s|ed)|contend(?:s|ed)|maintain(?:s|ed)|declar(?:es|ed)|joked|replied|urg(?:es|ed)"
    r"|promis(?:es|ed)|vow(?:s|ed)|pledg(?:es|ed)|hope[sd]?|fear(?:s|ed)?|apparently|blam(?:es|ed|ing))\b",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"\b(?:found|finds|show(?:s|ed)|calls?|called|asks?|asked|hope[sd]?|fear(?:s|ed)?|expect(?:s|ed)?|urg(?:es|ed)"
    r"|promis(?:es|ed)|vow(?:s|ed)|pledg(?:es|ed)|reject(?:s|ed)|thinks?|thought|note[sd]|reveal(?:s|ed))\b",
    re.IGNORECASE,
)
"""Words that may attribute a statement and as often do not ("rust was found"): they count where they are offered, and
are not asked for."""
# Forms are listed: "den\w+" would also find Denmark, dense and dentist.
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|nobody|nothing|neither|nor|without|cannot|den(?:y|ies|ied|ying|ial)|refus(?:e|es|ed|ing)"
    r"|fail(?:s|ed|ing)?|reject(?:s|ed|ing)?|unable|unlikely|lack(?:s|ed|ing)?|ruled out|rather than|hardly|barely)\b"
    r"|n['’]t\b|\bunclear\b",
    re.IGNORECASE,
)
_NUMBER_VALUES = {
    **NUMBER_WORDS, "one": "1", "thirteen": "13", "fourteen": "14", "fifteen": "15", "sixteen": "16",
    "seventeen": "17", "eighteen": "18", "nineteen": "19", "sixty": "60", "seventy": "70", "eighty": "80",
    "ninety": "90", "half": "half", "third": "third", "quarter": "quarter", "double": "double", "twice": "twice",
    "trillion": "1000000000000", "hundreds": "hundreds", "thousands": "thousands", "millions": "millions",
    "dozens": "dozens", "tenth": "tenth", "fifth": "fifth",
}  # fmt: skip
_SMALL_NUMBERS = {word: value for word, value in _NUMBER_VALUES.items() if value.isdigit() and int(value) <= 12}
_NO_NUMBERS = frozenset({"one", "second", "third", "half", "quarter"})
"""Words that more often are none: "one of them", "the second half"."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing a text says that its source does not: which check, in which sentence, and what."""

    check: str
    sentence: str
    what: str


@dataclass(frozen=True)
class Source:
    """The sources of a text, read once: story bodies with their headlines."""

    texts: tuple[str, ...]

    @cached_property
    def plain(self) -> str:
        """Return all text with quotation marks and spaces made alike, in lower case."""
        return _plain("\n".join(self.texts))

    @cached_property
    def sentences(self) -> tuple[str, ...]:
        """Return every sentence of every text, in order."""
        return tuple(text[start:end] for text in self.texts for start, end in split(text))

    @cached_property
    def known(self) -> frozenset[str]:
        """Return the sentences as a set: what equals one of them, whole, says nothing new."""
        return frozenset(self.sentences)

    @cached_property
    def stems(self) -> tuple[frozenset[str], ...]:
        """Return the words that carry meaning, by sentence."""
        return tuple(frozenset(content_words(sentence)) for sentence in self.sentences)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Return every number, in digits or words."""
        return frozenset(number for text in self.texts for number in _numbers(text))

    @cached_property
    def words(self) -> frozenset[str]:
        """Return every word in lower case, and each part of a hyphenated one."""
        return frozenset(_name_words("\n".join(self.texts)))


def check(text: str, source: Source) -> tuple[Finding, ...]:
    """Return what a text says that its source does not, sentence by sentence; an empty tuple if all is well."""
    found: list[Finding] = []
    for start, end in split(text):
        sentence = text[start:end]
        if sentence in source.known:
            continue
        found += [Finding("numbers", sentence, number) for number in _new_numbers(sentence, source)]
        found += [Finding("names", sentence, name) for name in _new_names(sentence, source)]
        found += [Finding("quotations", sentence, quoted) for quoted in _new_quotations(sentence, source)]
        found += _against_nearest(sentence, source)
    return tuple(found)


def _new_numbers(sentence: str, source: Source) -> list[str]:
    return sorted(number for number in _numbers(sentence) if number not in source.numbers)


def _numbers(text: str) -> set[str]:
    found = {_value(written) for written in _DIGITS.findall(text)}
    lowered = plain_words(text)
    found |= {_NUMBER_VALUES[word] for word in lowered if word in _NUMBER_VALUES and word not in _NO_NUMBERS}
    return found


def _value(written: str) -> str:
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", written)
    if plain.count(".") == 1:
        plain = plain.rstrip("0").rstrip(".")
    return plain.lstrip("0") or "0"


def _new_names(sentence: str, source: Source) -> list[str]:
    """Return capitalised words that the source has nowhere; the first word of a sentence only if it is no word."""
    found = []
    for match in _CAPITALISED.finditer(sentence):
        starts = not any(sign.isalnum() for sign in sentence[: match.start()])
        for part in _name_words(match.group()):
            if part in source.words or part in STOP_WORDS:
                continue
            if not (starts and len(match.group().split("-")) == 1 and _is_common(part, sentence, match.end())):
                found.append(part)
    return found


def _is_common(word: str, sentence: str, end: int) -> bool:
    """Tell whether a sentence's first word is likely a plain word and not the first of a name."""
    return not re.match(r"['’]s?\s|\s+[A-Z]", sentence[end:]) and not word.isdigit()


def _name_words(text: str) -> list[str]:
    words = re.findall(r"[^\W_]+", text.lower().replace("’s", "").replace("'s", ""))
    return [word for word in words if word]


def _new_quotations(sentence: str, source: Source) -> list[str]:
    # Short ones are paired too and only then passed over: else one's closing mark would open the next.
    found = [match[1] for match in _QUOTED.finditer(sentence) if len(match[1]) >= LEAST_QUOTATION]
    quoted = [_plain(words).strip(" .,!?;:…") for words in found]
    return [words for words in quoted if words and words not in source.plain]


def _plain(text: str) -> str:
    marks = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'"})
    return " ".join(text.translate(marks).lower().split())


def _against_nearest(sentence: str, source: Source) -> list[Finding]:
    """Compare attribution and negation with the source sentences that say the same."""
    stems = frozenset(content_words(sentence))
    if not stems or not source.sentences:
        return []
    shares = [len(stems & other) / len(stems) for other in source.stems]
    nearness = [len(stems & other) / max(1, len(other)) ** 0.3 if other else 0.0 for other in source.stems]
    best = max(range(len(nearness)), key=lambda i: (nearness[i], -i))
    near = source.sentences[best]
    found = []
    if shares[best] >= ATTRIBUTED_NEARNESS and _lost_attribution(sentence, near, stems, source.stems[best]):
        found.append(Finding("attribution", sentence, near))
    if shares[best] >= SAME_STATEMENT and _negations(sentence) != _negations_of_part(near, stems):
        found.append(Finding("negation", sentence, near))
    return found


def _lost_attribution(sentence: str, near: str, stems: frozenset[str], near_stems: frozenset[str]) -> bool:
    """Tell whether a statement lost its speaker: none is left, or fewer are where nearly all of it is repeated."""
    asked, offered = _strong(near), len(_REPORTING.findall(sentence))
    if not asked:
        return False
    if not offered:
        return True
    repeats_it = len(stems & near_stems) >= REPEATED * len(near_stems)
    return repeats_it and _strong(sentence) < asked and offered < len(_REPORTING.findall(near))


def _strong(text: str) -> int:
    """Count the words that say who said it, those that often say something else left out."""
    return sum(not _WEAK.fullmatch(word) for word in _REPORTING.findall(text))


def _negations(sentence: str) -> int:
    return len(_NEGATION.findall(sentence)) % 2


def _negations_of_part(near: str, stems: frozenset[str]) -> int:
    """Count negations of those clauses of a source sentence that the checked one repeats."""
    clauses = re.split(r"(?<=[,;:–—])\s+|\s+(?:and|but|while|although|because)\s+", near)
    kept = [clause for clause in clauses if set(content_words(clause)) & stems or not content_words(clause)]
    repeated = [
        clause
        for clause in kept
        if not content_words(clause) or len(set(content_words(clause)) & stems) >= 0.5 * len(set(content_words(clause)))
    ]
    return len(_NEGATION.findall(" ".join(repeated))) % 2


def verdicts(texts: Sequence[str], source: Source) -> dict[str, int]:
    """Count findings by check over several texts."""
    counts = dict.fromkeys(CHECKS, 0)
    for text in texts:
        for finding in check(text, source):
            counts[finding.check] += 1
    return counts
