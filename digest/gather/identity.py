"""Decides what makes a story the same story, and what makes it a new version. The only place that does."""

from __future__ import annotations

import hashlib
import json
import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from digest.model import Story

# Parameters that say how a reader came, never what is read.
_TRACKING = re.compile(r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|igshid|mc_cid|mc_eid|_hs(?:enc|mi))\Z", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def story_id(source: str, key: str) -> str:
    """Return the id of the story that a source knows by this key: 16 hexadecimal digits, the same for ever."""
    return hashlib.sha256(f"{source}\0{key}".encode()).hexdigest()[:16]


def canonical_url(url: str) -> str:
    """Return a URL without fragment and tracking parameters, scheme and host in lower case; other text as it is."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return url.strip()
    if parts.scheme.lower() not in _DEFAULT_PORTS or not parts.hostname:
        return url.strip()
    query = "&".join(pair for pair in parts.query.split("&") if not _TRACKING.match(pair.partition("=")[0]))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    scheme = parts.scheme.lower()
    place = host if port in (None, _DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    return urlunsplit(SplitResult(scheme, place, parts.path or "/", query, ""))


def content_hash(story: Story) -> str:
    """Return a hash of all that a reader or the arranging could see of a story; another hash is another version.

    Left out: what the store adds, what only we noted, and ``updated``, which servers change for nothing.
    """
    image = story.image
    seen = [
        story.headline,
        story.short_headline,
        story.standfirst,
        story.summary,
        story.text,
        story.url,
        story.published.isoformat() if story.published else "",
        story.byline,
        story.credit,
        story.department,
        story.section,
        list(story.tags),
        story.kind,
        story.priority,
        story.access,
        story.language,
        [image.path, image.url, image.alt, image.caption, image.credit, image.mail_rights] if image else None,
        list(story.corrections),
        story.rights,
        story.source,
        story.outlet,
    ]
    return hashlib.sha256(json.dumps(seen, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
