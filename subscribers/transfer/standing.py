"""Where any file may say that somebody left: columns that answer yes or no, leaving dates, and the file's own name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from subscribers.transfer.moments import read_moment
from subscribers.transfer.row import RowError, RowStatus
from subscribers.transfer.spelling import plain
from subscribers.transfer.statuses import NO, YES, find_status, read_status

_WHOSE = r"(?:is|has|was|been|email|user|contact|member|subscriber|date|currently)*"
_WHEN = r"(?P<when>at|on|date|time|timestamp)?"

_LEAVING = {
    RowStatus.UNSUBSCRIBED: "unsub|unsubscribed?(?:fromallemails?)?|unsubscription|disabled|optout|"
    "optedout(?:ofemail)?|deleted|removed|inactive|donot(?:e?mail|contact|send)",
    RowStatus.BOUNCED: "(?:hard)?bounced?(?:hard)?|hardbounces|cleaned|clean(?=time|date|campaign)|undeliverable",
    RowStatus.COMPLAINED: "complained|complaints?|spam(?:complaint|report)?s?|(?:marked|reported)(?:as)?spam|abuse",
    RowStatus.BLOCKED: "(?:block|black)(?:ed|list|listed)|suppressed|suppression|banned",
    RowStatus.PENDING: "unconfirmed|pending",
}
_STAYING = {
    RowStatus.UNSUBSCRIBED: "subscribed?|subscribedtoemails?|(?:marketing|newsletter)?(?:optin|optedin)|active|enabled|"
    "(?:accepts|receives?|wants)(?:email|newsletter|marketing|emailmarketing|emails|newsletters)|marketing(?:consent)?",
    RowStatus.PENDING: "confirmed|verified|doubleoptin",
}
_LEAVING_COLUMNS = {status: re.compile(f"{_WHOSE}(?:{names}){_WHEN}") for status, names in _LEAVING.items()}
_STAYING_COLUMNS = {status: re.compile(f"{_WHOSE}(?:{names})") for status, names in _STAYING.items()}
_STATUS = re.compile(
    "(?:email|member|subscriber|subscription|contact|list|marketing|newsletter|mailing|optin|user|current|global)*status|"
    "(?:subscription|subscriber)state"
)
HINTS = ("state", "type", "subscription type", "subscriber type")
"""What may hold a status and as well something else, a region or a tariff."""
_LIKE_A_STATUS = re.compile(
    "unsub|bounc|complain|spam|opt(?:ed)?(?:in|out)|blacklist|blocklist|blocked|suppress|status|subscribed|consent|donot|"
    "newsletter|receiving"
)
_CAME = re.compile("(?:subscribed?|(?:email|marketing)?opt(?:ed)?in)(?:at|on|date|time|timestamp|ip|ipaddress)")
"""What looks like one and tells when somebody came."""
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b")
"""A day, whichever number it is: that they came is all it has to tell here."""
_NOTHING = frozenset(("null", "none", "nil", "nan", "nat", "never", "n/a", "na", "-", "\\n", "0.0", "[]", "{}"))
"""What programs write where there is nothing: no date of leaving, say."""

_IN_NAMES = {
    # Mailchimp's contacts with a telephone alone, too, never asked for mail.
    RowStatus.UNSUBSCRIBED: "unsub|nonsub|sms[-_ ]?only|opt(?:ed)?[-_ ]?outs?(?![a-z])|archived|"
    "abgemeldet|abbestellt|d[eé]sabonn|d[eé]sinscri|disiscritt|uitgeschreven",
    RowStatus.BOUNCED: "cleaned|(?<!soft[-_ ])(?:hard[-_ ]?)?bounce",
    RowStatus.COMPLAINED: "complain|spam|junk|abuse",
    RowStatus.BLOCKED: "suppress|block(?:ed|list)|black[-_ ]?list|banned|do[-_ ]?not[-_ ]?(?:e?mail|contact)",
    RowStatus.PENDING: "unconfirmed|unactivated|pending",
}
_NAMED = {status: re.compile(f"(?<![a-z])(?:{names})") for status, names in _IN_NAMES.items()}
# "cleaned" at the end is what people call a list they have tidied up; Mailchimp writes "cleaned_members_export".
_LEFT_OPEN = re.compile(
    r"(?<![a-z])(?:not|non|no|without|minus|except|excl(?:uding)?|and|with|incl(?:uding)?|plus|active|subscribed|removed|"
    r"filtered|free|checked)(?![a-z])|[+&]|.[^a-z]cleaned(?![-_ ]members[-_ ]export)"
)


@dataclass(frozen=True, slots=True)
class Flag:
    """A column that answers a question. ``status`` is how somebody stands for whom it says that they do not want mail.

    One that ``is_leaving`` asks whether they left, and any answer but no means that they did; another asks whether
    they are there. ``is_date``: it says when they left.
    """

    column: str
    status: RowStatus
    is_leaving: bool
    is_date: bool = False

    def read_of(self, cells: Mapping[str, str]) -> RowStatus | None:
        """Return what a row says of somebody here, None when nothing; raises RowError for what nobody understands."""
        cell = cells.get(self.column, "")
        word = cell.strip().lower()
        if not word or word in _NOTHING or word.startswith("0000-00-00"):
            return None
        if self.is_leaving:
            # A soft bounce is mail that may arrive tomorrow.
            return None if word in NO or word.startswith("soft") else self.status
        if word in NO:
            return self.status
        # When they came says nothing of whether they left since.
        return None if _is_date(cell) else RowStatus.ACTIVE if word in YES else read_status(cell)


def _is_date(cell: str) -> bool:
    return _DATE.match(cell) is not None or read_moment(cell) is not None


class Question(NamedTuple):
    """A column that has to be filled where nothing else says how somebody stands, and why it has to be."""

    column: str
    reason: str


def flags_of(columns: Iterable[str]) -> tuple[Flag, ...]:
    """Return the columns of a header, in small letters, that answer whether somebody gets mail."""
    return tuple(flag for flag in map(_flag_of, columns) if flag is not None)


@lru_cache(maxsize=1000)
def _flag_of(column: str) -> Flag | None:
    named = plain(column)
    for status, names in _LEAVING_COLUMNS.items():
        if match := names.fullmatch(named):
            return Flag(column, status, is_leaving=True, is_date=bool(match["when"]) or named.startswith("date"))
    for status, names in _STAYING_COLUMNS.items():
        if names.fullmatch(named):
            return Flag(column, status, is_leaving=False)
    return None


def statuses_of(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of a header that hold a status in words."""
    return tuple(column for column in columns if _STATUS.fullmatch(plain(column)))


def read_hint(cell: str) -> RowStatus | None:
    """Return what a cell of a column of ``HINTS`` says if it is a word for one who gets no mail."""
    word = cell.strip().lower()
    status = None if word in YES or word in NO or word == "left" else find_status(word)
    return None if status is RowStatus.ACTIVE else status


def like_a_status(columns: Iterable[str]) -> list[str]:
    """Return the columns whose names speak of leaving or staying: where they are not read, somebody should look."""
    named = {column: plain(column) for column in columns}
    return [each for each in named if _LIKE_A_STATUS.search(named[each]) and not _CAME.fullmatch(named[each])]


def judge(
    readers: Iterable[Callable[[Mapping[str, str]], RowStatus | None]],
    cells: Mapping[str, str],
    left: Iterable[str],
    file_name: str,
    question: Question | None = None,
) -> RowStatus:
    """Say how somebody stands: the strictest of all that their row says, or what the file's name does.

    ``readers`` read one thing each, ``left`` are columns of leaving dates; ``question`` is what a row must answer that
    says nothing else. Raises RowError for what nobody understands, unless they left anyway.
    """
    said, trouble = list[RowStatus | None](), None
    for read in readers:
        try:
            said.append(read(cells))
        except RowError as error:
            trouble = trouble or error
    if any(is_filled(cells.get(column, "")) for column in left):
        said.append(RowStatus.UNSUBSCRIBED)
    found = strictest(said)
    if trouble is not None and (found is None or not found.is_leaving):
        raise trouble
    standing = found or status_of_name(file_name)
    if standing is None and question and not _is_date(cells.get(question.column, "")):
        raise RowError(question.reason)
    return standing or RowStatus.ACTIVE


def strictest(said: Iterable[RowStatus | None]) -> RowStatus | None:
    """Return the strictest of what was said, None when nothing was."""
    return max((each for each in said if each is not None), key=lambda each: each.strictness, default=None)


def question_of(flags: Iterable[Flag]) -> Question | None:
    """Return what the rows of a table are asked by a column, if by any: whether they are there."""
    asked = next((flag.column for flag in flags if not flag.is_leaving), "")
    return Question(asked, f"its column {asked} says neither yes nor no") if asked else None


def is_filled(cell: str) -> bool:
    """Tell whether a cell for a date holds anything that programs do not write for none."""
    word = cell.lower()
    return bool(word) and word not in _NOTHING and word not in NO and not word.startswith("0000-00-00")


@lru_cache
def status_of_name(file_name: str) -> RowStatus | None:
    """Return how the people of a file stand by its name, None when it says nothing; raises RowError if left open.

    Products and people put those who left in a file of their own and name it so: ``unsubscribed.csv``.
    """
    name = file_name.lower().partition(".")[0]
    found = [status for status, names in _NAMED.items() if names.search(name)]
    if found and _LEFT_OPEN.search(name):
        raise RowError(
            f"the file's name, {file_name}, leaves open whether its people left, and the row does not say: "
            "rename the file, or give it a column status"
        )
    return max(found, key=lambda status: status.strictness, default=None)


def says_subscribed(file_name: str) -> bool:
    """Tell whether a file's name says that its people are there."""
    return re.search("(?<![a-z])(?:subscribed|active)(?![a-z])", file_name.lower()) is not None


def find_status_of_name(file_name: str) -> RowStatus | None:
    """Return what ``status_of_name`` does, None for a name that leaves it open."""
    try:
        return status_of_name(file_name)
    except RowError:
        return None


def is_named_for_leavers(file_name: str) -> bool:
    """Tell whether a file's name speaks of people who must not be mailed, for sure or perhaps."""
    try:
        status = status_of_name(file_name)
    except RowError:
        return True
    return status is not None and status.is_leaving
