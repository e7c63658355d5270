"""How likely two stories tell of one event: a small logistic model over what their words share.

Each term is kept, so that an editor can be shown why. The weights come from ``benchmarks/train_events.py``
(``event_weights.json`` beside this file says on what and how well); common words weigh what they weigh in a
general news archive, so that six headlines are enough.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

from digest.model import Story
from digest.text import similarity, words

LEDE_CHARACTERS = 450
"""How much of a story's body speaks for its event: the rest is background that other stories share."""

RARE_IDF = 5.0
CERTAIN_SHARED, CERTAIN_SHARE = 20, 0.4
SAME_DAY_HOURS = 36.0
WHOLE_CHARACTERS = 6000
SMALL_DAY = 20
LOCAL_SHARE = 0.2
"""From this many stories on, a word in a fifth of them is local and weighs what it weighs on this day."""
HEADLINE_WORDS = 14
"""A story with fewer words that carry meaning is a headline alone."""

# Words for kinds of happening: two stories of one event seldom use the same one, so the classes are compared.
_HAPPENINGS = {
    "court": "arrest arraign arraignment court trial judge jury charge indict convict sentence verdict plea plead"
    " guilty defendant lawsuit sue prosecutor bail jail prison custody acquit testify",
    "attack": "attack strike shell bomb bombing raid airstrike missile rocket drone explosion blast shoot gunfire"
    " gunman fire soldier troop militant rebel fighter invade clash ambush war blockade",
    "death": "die dead death kill killed murder slain body funeral victim toll fatal obituary",
    "disaster": "quake earthquake tremor magnitude tsunami flood storm hurricane cyclone typhoon tornado wildfire"
    " landslide drought eruption volcano",
    "crash": "crash collide collision derail wreck sink capsize plane jet train ferry",
    "deal": "acquire acquisition buy buyout takeover merger merge deal bid offer purchase stake shareholder",
    "results": "profit revenue earning quarter loss sale share dividend forecast",
    "vote": "vote election elect poll ballot candidate campaign referendum senator parliament coalition nominee",
    "job": "appoint hire name resign quit fire sack step replace successor chief executive coach director nominate",
    "sport": "win beat defeat match game season score goal coach injury team player league cup final playoff",
    "launch": "launch unveil release announce introduce model version device phone software update patch",
    "health": "hospital rehab clinic disease virus outbreak patient treatment vaccine surgery doctor",
    "theft": "rob robbery theft steal heist smuggle hijack pirate kidnap hostage escape fugitive",
    "award": "award prize win oscar nominee honor honour host ceremony",
    "strike": "strike union walkout protest rally demonstrate riot march",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """What the comparison needs of one story, counted once."""

    words: similarity.Vector
    names: similarity.Vector
    name_words: frozenset[str]
    pairs: frozenset[tuple[str, str]]
    numbers: frozenset[str]
    happenings: similarity.Vector
    calendar: frozenset[str]
    template: tuple[str, ...]
    headline_numbers: frozenset[str]
    length: int
    rare: frozenset[str]
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Model:
    """Weights by feature name, the two thresholds, and how common words are (``default``: never seen)."""

    bias: float
    weights: Mapping[str, float]
    low: float
    strict: float
    hours: float
    idf: Mapping[str, float]
    default_idf: float


@cache
def shipped_model() -> Model:
    """Load the weights shipped with the package."""
    here = Path(__file__)
    stored = json.loads(here.with_name("event_weights.json").read_text("utf-8"))
    common = json.loads(here.with_name("common_words.json").read_text("utf-8"))
    idf = _read_idf(common["idf_times_10"])
    return Model(
        stored["bias"], stored["weights"], stored["low"], stored["strict"], stored["hours"], idf, common["default"]
    )


def _read_idf(stored: Mapping[str, str]) -> dict[str, float]:
    return {word: int(tenths) / 10 for tenths, listed in stored.items() for word in listed.split()}


_CLASS_OF = {words.stem(word): name for name, listed in _HAPPENINGS.items() for word in listed.split()}


def adapt(model: Model, stories: Sequence[Story]) -> Model:
    """Weigh what is everywhere on this day as common: in a local paper the town's name says nothing of the event."""
    if len(stories) < SMALL_DAY:
        return model
    frequency: dict[str, int] = {}
    for story in stories:
        for word in set(words.content_words(f"{story.headline}\n{story.text[:LEDE_CHARACTERS]}")):
            frequency[word] = frequency.get(word, 0) + 1
    total = len(stories) + 1
    common = {
        word: min(model.idf.get(word, model.default_idf), math.log(total / (df + 0.5)))
        for word, df in sorted(frequency.items())
        if df >= LOCAL_SHARE * len(stories)
    }
    return replace(model, idf={**model.idf, **common})


def profile(story: Story, model: Model) -> Profile:
    """Count what two stories are compared by: the headline (twice) and the beginning of the body."""
    lede = story.text[:LEDE_CHARACTERS]
    listed = words.content_words(story.headline)
    body = words.content_words(lede)
    found = words.names(story.headline) + words.names(lede)
    name_words = [stem for name in found for stem in words.content_words(name)]
    joined = listed + body
    return Profile(
        words=similarity.weigh(listed + joined, model.idf, model.default_idf),
        names=similarity.weigh(name_words, model.idf, model.default_idf),
        name_words=frozenset(name_words),
        pairs=frozenset(pairwise(joined)),
        numbers=frozenset(words.numbers(f"{story.headline}\n{lede}")),
        calendar=frozenset().union(*words.calendar_words(f"{story.headline}\n{lede}")),
        template=tuple(word for word in listed if not any(sign.isdigit() for sign in word)),
        headline_numbers=frozenset(words.numbers(story.headline)),
        length=len(joined),
        rare=_rare_words(f"{story.headline}\n{story.text}", model),
        happenings=similarity.weigh((_CLASS_OF[word] for word in joined if word in _CLASS_OF), {}),
        at=story.published or story.known_at,
    )


def features(one: Profile, other: Profile, model: Model) -> dict[str, float]:
    """Return the terms of the comparison by name, all between 0 and about 1."""
    word = similarity.cosine(one.words, other.words)
    name = similarity.cosine(one.names, other.names)
    short = float(min(one.length, other.length) < HEADLINE_WORDS)
    shared_words = one.words.keys() & other.words.keys()
    shared_names = one.name_words & other.name_words
    return {
        "words": word,
        "names": name,
        "rare names": _rarest(shared_names, model, 3) / 20,
        "rare words": _rarest(shared_words, model, 5) / 30,
        "names of the smaller": similarity.overlap(one.name_words, other.name_words),
        "word pairs": similarity.overlap(one.pairs, other.pairs),
        "a number": float(bool(one.numbers & other.numbers)),
        "words and names": word * name,
        "words with a name": word if shared_names else 0.0,
        "kind of happening": similarity.cosine(one.happenings, other.happenings),
        "other numbers": _apart(one.numbers, other.numbers),
        "other days": _apart(one.calendar, other.calendar),
        "a headline alone": short,
        "rare words of a headline": short * _rarest(shared_words, model, 5) / 30,
    }


def is_one_account(one: Profile, other: Profile) -> bool:
    """Tell whether two whole stories of the same day and a half are about the same thing beyond doubt.

    They share twenty words that are rare in the archive and on this day, and four in ten of the shorter one's. Among
    half a million pairs of a news archive of two years some fifty do, and hardly one of them within two days.
    """
    if one.at is None or other.at is None or hours_between(one, other) > SAME_DAY_HOURS:
        return False
    shared = len(one.rare & other.rare)
    return shared >= CERTAIN_SHARED and shared >= CERTAIN_SHARE * min(len(one.rare), len(other.rare))


def _rare_words(text: str, model: Model) -> frozenset[str]:
    found = set(words.content_words(text[:WHOLE_CHARACTERS]))
    return frozenset(word for word in found if model.idf.get(word, model.default_idf) >= RARE_IDF)


def is_series(one: Profile, other: Profile) -> bool:
    """Tell whether two headlines are one template with other figures: two issues of a series, not one event."""
    if len(one.template) < 2 or one.template != other.template:
        return False
    figures = one.headline_numbers, other.headline_numbers
    return bool(figures[0] and figures[1]) and not figures[0] & figures[1]


def _apart(one: frozenset[str], other: frozenset[str]) -> float:
    return float(bool(one and other) and not one & other)


def _rarest(shared: Set[str], model: Model, most: int) -> float:
    return sum(sorted((model.idf.get(word, model.default_idf) for word in shared), reverse=True)[:most])


def probability(terms: Mapping[str, float], model: Model, hours: float) -> float:
    """Return the likeness in 0..1 of a pair ``hours`` apart: the logistic score, fading with time."""
    total = model.bias + sum(model.weights.get(name, 0.0) * value for name, value in terms.items())
    return math.exp(-hours / model.hours) / (1.0 + math.exp(-total))


def hours_between(one: Profile, other: Profile) -> float:
    """Return the hours between two stories; an undated story is as near as can be."""
    if one.at is None or other.at is None:
        return 0.0
    return abs((one.at - other.at).total_seconds()) / 3600
