"""Decides which links may stand in a mail and which of them carry the newsroom's tracking query."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit


def safe(url: str) -> str:
    """Return the URL when a mail may link to it (http, https or mailto), else an empty text."""
    written = url.strip()
    try:
        parts = urlsplit(written)
    except ValueError:
        return ""
    if parts.scheme in {"http", "https"} and parts.hostname:
        return quote(written, safe="!#$%&'()*+,/:;=?@[]~-._")
    return written if parts.scheme == "mailto" and "@" in parts.path and written.isascii() else ""


def with_query(url: str, query: Mapping[str, str]) -> str:
    """Return the URL with the query's names added; a name the URL has already keeps its value.

    The rest of the query and the fragment stay as they are. Anything but http(s) is returned unchanged.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not query:
        return url
    present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    added = urlencode([(name, value) for name, value in query.items() if name not in present and value])
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added)))))


def same_site(url: str, site: str) -> bool:
    """Tell whether the URL is on the site's host or on a host below it (``www.`` does not count)."""
    host, own = (_host(written) for written in (url, site))
    return bool(own) and (host == own or host.endswith(f".{own}"))


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def story_link(url: str, utm: Mapping[str, str]) -> str:
    """Return a story's link as it is printed: safe, and carrying the tracking query if there is one."""
    return with_query(safe(url), utm)


def other_link(url: str, utm: Mapping[str, str], site: str) -> str:
    """Return any other link as it is printed: the tracking query only goes on the newsroom's own pages."""
    checked = safe(url)
    return with_query(checked, utm) if same_site(checked, site) else checked
