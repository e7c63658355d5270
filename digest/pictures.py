"""Finds a story's picture, makes it fit for mail and keeps it in the store under the hash of its bytes.

A picture without mail rights is never read. A broken one never stops an edition: it is told and left out.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path

from digest import store
from digest.errors import FetchError, RenderError
from digest.model import Block, Edition, Image, Picture, Story
from digest.newsroom import Newsroom
from digest.render import prepare_picture

LEAD_SIZE = (576, 288)
"""CSS pixels of the lead item's picture."""

THUMB_SIZE = (104, 104)
"""CSS pixels of a story's picture."""

MAX_BYTES = 12_000_000


def picture_of(newsroom: Newsroom, story: Story, *, lead: bool, warn: Callable[[str], None]) -> Picture | None:
    """Return the story's picture ready for mail, or None; what is wrong with it goes to ``warn``."""
    sources = {s.name: s.path for s in newsroom.settings.sources if s.path is not None}
    folder = newsroom.base / sources.get(story.source, Path())
    return _fit(
        newsroom, story.image, folder, LEAD_SIZE if lead else THUMB_SIZE, f"“{story.headline}”", warn, story.source
    )


def with_picture(newsroom: Newsroom, block: Block, warn: Callable[[str], None]) -> Block:
    """Return an editor's block with its picture ready for mail, if it names one."""
    if block.image is None:
        return block
    picture = _fit(newsroom, block.image, newsroom.base / "blocks", THUMB_SIZE, f"the block {block.id}", warn)
    return dataclasses.replace(block, picture=picture)


def _fit(
    newsroom: Newsroom,
    image: Image | None,
    folder: Path,
    size: tuple[int, int],
    whose: str,
    warn: Callable[[str], None],
    source: str = "",
) -> Picture | None:
    if image is None or not image.mail_rights or newsroom.settings.mail.pictures == "none":
        return None
    width, height = size
    try:
        content = prepare_picture(_read(newsroom, folder, image, source), width=width, height=height)
    except (OSError, FetchError, RenderError) as error:
        warn(f"The picture of {whose} is left out: {error}")
        return None
    ending = "png" if content.startswith(b"\x89PNG") else "jpg"
    name = f"{hashlib.sha256(content).hexdigest()[:24]}.{ending}"
    with newsroom.writing() as conn:
        store.put_picture(conn, name, content)
    return Picture(name, _src(newsroom, name), image.alt, image.credit, image.caption, width, height)


def attachments(newsroom: Newsroom, edition: Edition) -> tuple[tuple[str, bytes], ...]:
    """Return the embedded pictures of an edition by name, each once, in reading order."""
    if newsroom.settings.mail.pictures != "embedded":
        return ()
    wanted = dict.fromkeys(item.picture.name for item in edition.items() if item.picture is not None)
    wanted |= dict.fromkeys(block.picture.name for block in edition.blocks if block.picture is not None)
    with newsroom.reading() as conn:
        found = ((name, store.get_picture(conn, name)) for name in wanted)
        return tuple((name, content) for name, content in found if content is not None)


def _src(newsroom: Newsroom, name: str) -> str:
    if newsroom.settings.mail.pictures == "hosted":
        return f"{newsroom.settings.site.url}/i/{name}"
    return f"cid:{name}"


def _read(newsroom: Newsroom, folder: Path, image: Image, source: str) -> bytes:
    if image.url:
        with newsroom.client(source) as client:
            return client.fetch(image.url).body
    path = (folder / image.path).resolve()
    if not path.is_relative_to(newsroom.base):
        raise RenderError(f"{image.path} lies outside of the workspace")
    if path.stat().st_size > MAX_BYTES:
        raise RenderError(f"{path} is larger than {MAX_BYTES} bytes")
    return path.read_bytes()
