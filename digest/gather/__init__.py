"""Gathers stories: one file a kind of source, one place for identity, dates and the window of an edition."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from digest.gather.blocks import BlockError, read_block, read_blocks
from digest.gather.documents import read_document
from digest.gather.feed import FeedSource
from digest.gather.fields import STORY_FIELDS, parse_fields
from digest.gather.folder import FolderSource
from digest.gather.identity import canonical_url, content_hash, story_id
from digest.gather.window import first_window, next_window
from digest.protocols import Fetcher, Source
from digest.settings import SourceSettings

__all__ = [
    "STORY_FIELDS",
    "BlockError",
    "FeedSource",
    "FolderSource",
    "build_source",
    "canonical_url",
    "content_hash",
    "first_window",
    "next_window",
    "parse_fields",
    "read_block",
    "read_blocks",
    "read_document",
    "story_id",
]


def build_source(settings: SourceSettings, *, base: Path, client: Fetcher) -> Source:
    """Return the source that a ``[[sources]]`` table describes; a relative path is relative to ``base``."""
    zone = ZoneInfo(settings.timezone)
    if settings.kind == "feed":
        return FeedSource(
            settings.name,
            settings.url,
            client,
            zone=zone,
            rights=settings.rights,
            language=settings.language,
            max_items=settings.max_items,
        )
    return FolderSource(
        settings.name,
        base / (settings.path or Path()),
        zone=zone,
        rights=settings.rights,
        language=settings.language,
        max_items=settings.max_items,
    )
