"""Other people's summarisers, given our sentences: sumy, an optional extra of the benchmarks alone."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

SUMY = ("LexRank", "TextRank", "Lsa", "Luhn", "SumBasic", "KL", "Reduction")
_MODULES = {"LexRank": "lex_rank", "TextRank": "text_rank", "SumBasic": "sum_basic"}


class _Sentence:
    """What sumy asks of a sentence: its text, its words, and to be hashable."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = tuple(text.replace("'", " ").split())
        self.is_heading = False

    def __str__(self) -> str:
        return self.text


def sumy_method(name: str, *, by_rank: bool = False) -> Callable[[Sequence[str], int], list[int]]:
    """Return a function from sentences and a number to the chosen places, in text order, or best first."""
    from sumy.nlp.stemmers import Stemmer
    from sumy.utils import get_stop_words

    module = importlib.import_module(f"sumy.summarizers.{_MODULES.get(name, name.lower())}")
    summarizer: Any = getattr(module, f"{name}Summarizer")(Stemmer("english"))
    summarizer.stop_words = get_stop_words("english")

    def ranked(sentences: Sequence[_Sentence], count: Any, rating: Any, *given: Any, **named: Any) -> list[_Sentence]:
        rate = rating if callable(rating) else rating.__getitem__
        best = sorted(sentences, key=lambda each: -rate(each))
        return best[: int(count)] if isinstance(count, int) else best

    if by_rank:
        summarizer._get_best_sentences = ranked

    def choose(sentences: Sequence[str], count: int) -> list[int]:
        wrapped = [_Sentence(text) for text in sentences]
        place = {id(each): i for i, each in enumerate(wrapped)}
        document = SimpleNamespace(
            sentences=tuple(wrapped), words=tuple(word for each in wrapped for word in each.words), headings=()
        )
        if len(wrapped) <= count and not by_rank:
            return list(range(len(wrapped)))
        chosen = [place[id(each)] for each in summarizer(document, count)]
        return chosen if by_rank else sorted(chosen)

    return choose
