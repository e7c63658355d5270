"""Read the small language that picks subscribers into values; knows no database.

    rule  = test, joined by "and", "or", "not" and brackets
    test  = tag NAME | tag in (NAME, …)            a tag the subscriber has
          | joined before|since DATE               when they joined this list
          | joined within N days
          | reads SECTION                          they chose the section, or all sections
          | plain text                             they chose text only
          | domain = NAME | domain in (NAME, …)    where their address is
          | has ATTRIBUTE                          the attribute is there
          | ATTRIBUTE = VALUE                      also != < <= > >=, in (VALUE, …)

A value is a word, a number, a date, yes or no, or a text in quotes. An attribute whose name is no plain word, or is
called like a test, stands in quotes. A number like 01234 is a text, because a postcode is one. What is compared with
what is ``segments``' affair; ``!=`` also picks those without the attribute.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from subscribers.errors import BadRule

MAX_LENGTH = 2000
MAX_DIGITS = 18
"""How many digits a number may have: one of more is beyond the 64 bits of SQLite's numbers."""
MAX_DEPTH = 30
"""How deep brackets and ``not`` may nest: SQLite refuses deep expressions, and nobody writes them."""

Value = str | int | float | bool
Comparison = Literal["=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Not:
    """True where its rule is not."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class All:
    """True where all of its rules are."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """True where at least one of its rules is."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class HasTag:
    """True for who has one of the tags."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """True for who joined the list at or after ``since`` and before ``before``; None leaves a side open."""

    since: datetime | None = None
    before: datetime | None = None
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Reads:
    """True for who chose the section, or chose none and so gets all."""

    section: str


@dataclass(frozen=True, slots=True)
class PlainText:
    """True for who chose text only."""


@dataclass(frozen=True, slots=True)
class Domain:
    """True for who has an address at one of these lower-case domains."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HasAttribute:
    """True for who has the attribute with any value but null."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """True for whose attribute reads as the value's type and compares so with it."""

    name: str
    comparison: Comparison
    value: Value


Rule = Not | All | Some | HasTag | Joined | Reads | PlainText | Domain | HasAttribute | Compare

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<date>\d{4}-\d\d-\d\d)(?![\w-])
    |(?P<number>-?[0-9]+(?:\.[0-9]+)?)(?![\w.-])
    |(?P<sign><=|>=|!=|[=<>(),])
    |(?P<word>[^\W\d][\w./:+-]*))""",
    re.VERBOSE,
)
_UNKEPT = re.compile("[\x00\ud800-\udfff]")
"""Characters that no database keeps in a text: NUL on PostgreSQL, halves of a pair on both."""

_LEADING_ZERO = re.compile("-?0[0-9]")
_TESTS = "tag, joined, reads, plain text, domain, has, or an attribute"


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    place: int


def parse_rule(text: str) -> Rule:
    """Read a rule; raises BadRule with the place, what stands there and what may."""
    if len(text) > MAX_LENGTH:
        raise BadRule(f"The rule is longer than {MAX_LENGTH} characters.")
    odd = _UNKEPT.search(text)
    if odd:
        raise BadRule(f"The rule has {odd[0]!r} at character {odd.start() + 1}, which stands in no text: leave it out.")
    if not text.strip():
        raise BadRule("The rule is empty: leave it out to mean everybody.")
    parser = _Parser(_tokens(text))
    rule = parser.either(0)
    parser.end()
    return rule


def iter_tests(rule: Rule) -> Iterator[Rule]:
    """Yield the tests that a rule joins, in their order."""
    match rule:
        case Not():
            yield from iter_tests(rule.rule)
        case All() | Some():
            for each in rule.rules:
                yield from iter_tests(each)
        case _:
            yield rule


def sections_named(rule: Rule) -> list[str]:
    """Return the sections a rule speaks of, by name."""
    return sorted({test.section for test in iter_tests(rule) if isinstance(test, Reads)})


def _tokens(text: str) -> list[_Token]:
    found, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            rest = text[place:].strip()
            raise BadRule(f"The rule cannot be read at {rest[:20]!r}: put texts with signs in quotes.")
        kind = match.lastgroup or ""
        found.append(_Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return found


class _Parser:
    """Reads tokens by descent: ``or`` binds weakest, then ``and``, then ``not``."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def either(self, depth: int) -> Rule:
        """Read rules joined by ``or``."""
        rules = self._joined("or", self._both, depth)
        return rules[0] if len(rules) == 1 else Some(tuple(rules))

    def end(self) -> None:
        """Raise BadRule unless everything was read."""
        if self._at < len(self._tokens):
            raise self.bad("and, or, or the end")

    def _both(self, depth: int) -> Rule:
        rules = self._joined("and", self._one, depth)
        return rules[0] if len(rules) == 1 else All(tuple(rules))

    def _joined(self, word: str, read: Callable[[int], Rule], depth: int) -> list[Rule]:
        rules = [read(depth)]
        while self.takes(word):
            rules.append(read(depth))
        return rules

    def _one(self, depth: int) -> Rule:
        if depth > MAX_DEPTH:
            raise BadRule(f"The rule nests more than {MAX_DEPTH} deep.")
        if self.takes("not"):
            return Not(self._one(depth + 1))
        if self.takes("("):
            rule = self.either(depth + 1)
            self.must(")")
            return rule
        return self._test()

    def _test(self) -> Rule:
        token = self._next(_TESTS)
        read = _READERS.get(token.text.lower()) if token.kind == "word" else None
        if read is not None:
            return read(self)
        if token.kind not in ("word", "text"):
            raise self.bad(_TESTS, token)
        return self._compare(_plain(token))

    def _compare(self, name: str) -> Rule:
        if self.takes("in"):
            return Some(tuple(Compare(name, "=", value) for value in self.several(self.value)))
        sign = self._next("=, !=, <, <=, >, >= or in")
        if sign.text == "!=":
            return Not(Compare(name, "=", self.value()))
        if sign.text not in ("=", "<", "<=", ">", ">="):
            raise self.bad("=, !=, <, <=, >, >= or in", sign)
        return Compare(name, sign.text, self.value())  # type: ignore[arg-type]

    def several(self, read: Callable[[], Value]) -> tuple[Value, ...]:
        """Read values in brackets, separated by commas."""
        self.must("(")
        values = [read()]
        while self.takes(","):
            values.append(read())
        self.must(")")
        return tuple(values)

    def value(self) -> Value:
        """Read one value of any type."""
        token = self._next("a value")
        if token.kind == "number" and not _LEADING_ZERO.match(token.text):
            return _number(token.text)
        if token.kind == "word" and token.text.lower() in ("yes", "true", "no", "false"):
            return token.text.lower() in ("yes", "true")
        if token.kind == "sign":
            raise self.bad("a value", token)
        return _plain(token)

    def name(self) -> str:
        """Read a name: of a tag, a section, an attribute or a domain."""
        token = self._next("a name")
        if token.kind == "sign":
            raise self.bad("a name", token)
        return _plain(token)

    def names(self) -> tuple[str, ...]:
        """Read one name, or several in brackets after ``in``."""
        return tuple(map(str, self.several(self.name))) if self.takes("in") else (self.name(),)

    def moment(self) -> datetime:
        """Read a day; it begins at midnight, UTC."""
        token = self._next("a date like 2026-01-31")
        try:
            return datetime.fromisoformat(token.text).replace(tzinfo=UTC)
        except ValueError as error:
            raise self.bad("a date like 2026-01-31", token) from error

    def _next(self, expected: str) -> _Token:
        if self._at == len(self._tokens):
            raise BadRule(f"The rule ends where {expected} should stand.")
        self._at += 1
        return self._tokens[self._at - 1]

    def stands(self, *words: str) -> bool:
        """Tell whether one of these words or signs comes next."""
        here = self._tokens[self._at] if self._at < len(self._tokens) else None
        return here is not None and here.kind in ("word", "sign") and here.text.lower() in words

    def takes(self, word: str) -> bool:
        """Pass over a word or sign if it comes next; tells whether it did."""
        if not self.stands(word):
            return False
        self._at += 1
        return True

    def must(self, word: str) -> None:
        """Pass over a word or sign; raises BadRule when something else comes."""
        if not self.takes(word):
            raise self.bad(word)

    def bad(self, expected: str, token: _Token | None = None) -> BadRule:
        """Return the error that says what stands there and what should."""
        here = token or (self._tokens[self._at] if self._at < len(self._tokens) else None)
        if here is None:
            return BadRule(f"The rule ends where {expected} should stand.")
        return BadRule(f"The rule has {here.text!r} at character {here.place + 1} where {expected} should stand.")


def _number(text: str) -> int | float:
    if sum(map(str.isdigit, text)) > MAX_DIGITS:
        raise BadRule(
            f"{text[:MAX_DIGITS]}… has more than {MAX_DIGITS} digits: put it in quotes to compare it as text."
        )
    return float(text) if "." in text else int(text)


def _plain(token: _Token) -> str:
    return re.sub(r"\\(.)", r"\1", token.text[1:-1]) if token.kind == "text" else token.text


def _tag(parser: _Parser) -> Rule:
    parser.takes("=")
    return HasTag(parser.names())


def _when(parser: _Parser) -> Rule:
    if parser.takes("before"):
        return Joined(before=parser.moment())
    if parser.takes("since"):
        return Joined(since=parser.moment())
    if not parser.takes("within"):
        raise parser.bad("before, since or within")
    days = parser.value()
    parser.must("days")
    if isinstance(days, bool) or not isinstance(days, int) or not 0 < days < 100_000:
        raise BadRule("Write the days of `joined within` as a whole number above 0.")
    return Joined(within=timedelta(days=days))


def _plain_text(parser: _Parser) -> Rule:
    parser.must("text")
    return PlainText()


def _domain(parser: _Parser) -> Rule:
    if not parser.stands("in"):
        parser.must("=")
    return Domain(tuple(name.lower() for name in parser.names()))


_READERS: dict[str, Callable[[_Parser], Rule]] = {
    "tag": _tag,
    "joined": _when,
    "reads": lambda parser: Reads(parser.name()),
    "plain": _plain_text,
    "domain": _domain,
    "has": lambda parser: HasAttribute(parser.name()),
}
