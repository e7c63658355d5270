"""What only the world outside can say of a mail: whether its links answer, and what SpamAssassin makes of it.

Nothing here stops a send but a mail that SpamAssassin takes for spam; a server that is down for a minute is no
reason to keep a newspaper's readers waiting. Links are asked after only where somebody asked for it.
"""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence

from digest import mailing
from digest.checks import Finding
from digest.errors import FetchError
from digest.http import GuardedClient
from digest.newsroom import Newsroom
from digest.store import StoredEdition

MOST_LINKS = 100
LINK_S = 5
"""Seconds for one address with its redirects."""

LINKS_S = 40
"""Seconds for all of them: a check before a send must end."""

SPAM_WARNS = 2.0
SPAM_STOPS = 5.0
"""SpamAssassin's own threshold; the receivers that run it mostly keep it."""

_SPAM_S = 20
_LINK = re.compile(r'<a\b[^>]*?\bhref="(https?://[^"]+)"', re.IGNORECASE)
_SCORE = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*/\s*(-?\d+(?:\.\d+)?)\s*$", re.MULTILINE)
_TEST = re.compile(r"^\s*\*?\s*(\d+\.\d)\s+([A-Z][A-Z0-9_]{2,})\b", re.MULTILINE)
_NO_HEAD = frozenset({403, 404, 405, 429, 500, 501, 503})
"""Answers to HEAD by servers that do not know it; a GET decides."""


def findings(newsroom: Newsroom, stored: StoredEdition, *, links: bool | None = None) -> tuple[Finding, ...]:
    """Return what the world outside says against the mail. ``links`` None: as ``lint.links`` of digest.toml says."""
    if links is None:
        kind = newsroom.settings.transport_of(newsroom.newsletter_of(stored.key)).kind
        links = newsroom.settings.lint.links and kind != "outbox"
    has_judge = shutil.which("spamc") is not None
    if not (links or has_judge):
        return ()
    proof = mailing.proof(newsroom, stored)
    found = [*spam(proof.message, waived="spam" in newsroom.settings.lint.waive)] if has_judge else []
    if links:
        with GuardedClient(timeout_s=LINK_S) as client:
            found += reach(addresses(proof.html or proof.text, newsroom.settings.site.url), client)
    return tuple(found)


def addresses(page: str, site: str) -> list[str]:
    """Return the web addresses a mail links to, each once: first the reader's own pages, by their health page."""
    found = dict.fromkeys(html.unescape(url) for url in _LINK.findall(page))
    own = tuple(f"{site}/{kind}/" for kind in "upv")
    return [f"{site}/healthz", *(url for url in found if not url.startswith(own))]


def reach(urls: Sequence[str], client: GuardedClient, clock: Callable[[], float] = time.monotonic) -> Iterator[Finding]:
    """Yield a warning for every address that does not answer as a page does, asked one after the other.

    HEAD first, GET where that is not understood. At most ``MOST_LINKS`` addresses and ``LINKS_S`` seconds; what was
    not asked after is told.
    """
    until = clock() + LINKS_S
    asked = 0
    for url in urls[:MOST_LINKS]:
        if clock() >= until:
            break
        trouble = _trouble(url, client)
        asked += 1
        if trouble:
            yield Finding("unreachable", f"{url} {trouble}", False)
    if asked < len(urls):
        yield Finding("unreachable", f"{len(urls) - asked} of {len(urls)} links were not asked after.", False)


def _trouble(url: str, client: GuardedClient) -> str:
    try:
        answer = client.fetch(url, method="HEAD")
        if answer.status in _NO_HEAD:
            answer = client.fetch(url)
    except FetchError as error:
        return f"does not answer: {error}"
    return f"answers with status {answer.status}." if answer.status >= 400 else ""


def spam(message: bytes, *, waived: bool = False) -> Iterator[Finding]:
    """Yield what SpamAssassin's running server says of a whole message; nothing when none can be asked.

    ``spamc`` finds the server by its own configuration, on this machine unless that says otherwise.
    """
    command = ["spamc", "-R", "-s", "5000000", "-t", str(_SPAM_S), "--connect-retries", "1"]
    try:
        said = subprocess.run(command, input=message, capture_output=True, timeout=_SPAM_S + 5, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return
    report = said.decode("utf-8", "replace")
    judged = _SCORE.match(report.partition("\n")[0])
    # A server that cannot be asked gives 0/0.
    if judged is None or not float(judged[2]):
        return
    score = float(judged[1])
    if score >= SPAM_WARNS:
        tests = ", ".join(f"{name} {points}" for points, name in _TEST.findall(report) if float(points) >= 0.5)
        why = f": {tests}" if tests else ""
        yield Finding(
            "spam", f"SpamAssassin gives {score:g} of {SPAM_STOPS:g} points{why}.", score >= SPAM_STOPS and not waived
        )
