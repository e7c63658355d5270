"""A feed on the web as a source of stories: RSS, RDF, Atom or JSON Feed, whatever it calls itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo

from digest.errors import FetchError, SourceError, StoryError
from digest.gather.entries import Entry, Reading, keys_of, story_of
from digest.gather.jsonfeed import read_json_feed
from digest.gather.xmlfeed import read_xml_feed
from digest.model import Rights, Story, Window
from digest.protocols import Fetched, Fetcher, SourceState

FULL_FETCH = timedelta(days=7)
"""How long a server is believed that nothing has changed; some say so for ever (a stale ETag)."""

ACCEPT = "application/feed+json, application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"

_REMEMBERED = {"etag": "if-none-match", "last-modified": "if-modified-since"}


class FeedSource:
    """Yields the stories of a feed in the feed's order.

    An entry that cannot be read is told through ``warn`` and passed over. Times without a zone are local to
    ``zone``. An unchanged feed, by its server's word, yields nothing.
    """

    def __init__(
        self,
        name: str,
        url: str,
        client: Fetcher,
        *,
        zone: tzinfo = UTC,
        rights: Rights = Rights.LICENSED,
        language: str = "",
        max_items: int = 500,
    ) -> None:
        self.name = name
        self._url = url
        self._client = client
        self._zone = zone
        self._rights = rights
        self._language = language
        self._max_items = max_items

    def stories(self, window: Window, state: SourceState, warn: Callable[[str], None]) -> Iterator[Story]:
        """Fetch the feed and yield its stories; raises SourceError if it cannot be had or is none."""
        fetched = self._fetch(window.until, state)
        if fetched is None:
            return
        entries = read_feed(fetched.body, base=fetched.url, content_type=fetched.headers.get("content-type", ""))
        if len(entries) > self._max_items:
            warn(f"Source {self.name}: the feed holds {len(entries)} stories; the first {self._max_items} are read.")
        reading = Reading(self.name, window.until, self._zone, self._rights, self._language)
        yield from read_entries(entries[: self._max_items], reading, warn)
        self._remember(fetched, window.until, state)

    def _fetch(self, now: datetime, state: SourceState) -> Fetched | None:
        """Return the feed, or None if its server says that nothing changed."""
        headers = {"accept": ACCEPT} | self._conditions(now, state)
        try:
            fetched = self._client.fetch(self._url, headers=headers)
        except FetchError as error:
            raise SourceError(f"Source {self.name}: {error}") from error
        if fetched.status == 304 and len(headers) > 1:
            return None
        if not 200 <= fetched.status < 300:
            raise SourceError(f"Source {self.name}: {self._url} answered {_status_words(fetched.status)}.")
        return fetched

    def _conditions(self, now: datetime, state: SourceState) -> dict[str, str]:
        """Return the headers that ask for news only (RFC 9110, section 13.1), unless a full fetch is due."""
        if state.get("url") != self._url:
            return {}
        try:
            full = datetime.fromisoformat(state.get("full-fetch") or "")
            if not timedelta(0) <= now - full < FULL_FETCH:
                return {}
        except (ValueError, TypeError):
            return {}
        return {header: value for name, header in _REMEMBERED.items() if (value := state.get(name))}

    def _remember(self, fetched: Fetched, now: datetime, state: SourceState) -> None:
        state.put("url", self._url)
        state.put("full-fetch", now.isoformat())
        for name in _REMEMBERED:
            state.put(name, fetched.headers.get(name, "")[:500])


def read_feed(body: bytes, *, base: str, content_type: str = "") -> list[Entry]:
    """Return the entries of a feed by what its bytes are, not by what it calls itself; raises SourceError."""
    start = body[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        raise SourceError(f"{base}: the answer is empty.")
    if start.startswith((b"{", b"[")):
        return read_json_feed(body, base=base)
    return read_xml_feed(body, base=base, content_type=content_type)


def read_entries(entries: list[Entry], reading: Reading, warn: Callable[[str], None]) -> Iterator[Story]:
    """Yield the stories of a feed's entries; what is odd about one goes to ``warn`` with its headline."""
    seen: set[str] = set()
    for number, (entry, key) in enumerate(zip(entries, keys_of(entries, reading.zone), strict=True), 1):
        if key in seen:
            # The very same entry once more.
            continue
        seen.add(key)
        try:
            story, odd = story_of(entry, key, reading)
        except StoryError as error:
            warn(f"Source {reading.source}: entry {number} of the feed was passed over: {error}.")
            continue
        for remark in odd:
            warn(f"Source {reading.source}: “{story.headline[:80]}”: {remark}.")
        yield story


def _status_words(status: int) -> str:
    meanings = {
        401: "that it wants a password",
        403: "that we may not read it",
        404: "that there is nothing at this address; check url in digest.toml",
        410: "that the feed is gone for good; remove the source from digest.toml",
        429: "that we ask too often; try again later",
    }
    if 300 <= status < 400:
        return f"{status}: it redirects without saying where"
    meaning = meanings.get(status, "that it is out of order" if status >= 500 else "that it will not")
    return f"{status}: {meaning}"
