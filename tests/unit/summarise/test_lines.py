"""The one-line forms: a brief, a subject and the line after it."""

from hypothesis import given
from hypothesis import strategies as st

from digest.model import Story
from digest.summarise import one_line
from digest.text.shorten import shorten


def test_a_brief_takes_the_short_headline_in_one_line() -> None:
    made = Story(id="s", source="s", key="s", headline="Long\nheadline", text="", short_headline="Short\n one")
    assert one_line(made) == "Short one"


@given(st.text(st.characters(categories=["L", "N", "P", "Zs"]), max_size=200), st.integers(12, 80))
def test_a_shortened_line_is_never_longer_than_asked(line: str, limit: int) -> None:
    assert len(shorten(line, limit)) <= limit


def test_shortening_keeps_who_claims_it() -> None:
    line = "Minister took money from the builders of the new harbour wall for years, prosecutor claims"
    assert "claims" in shorten(line, 60)
