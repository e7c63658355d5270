"""A folder of files as a source of stories."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, tzinfo
from pathlib import Path

from digest.errors import SourceError, StoryError
from digest.gather.documents import ENDINGS, LARGEST_BYTES, read_document
from digest.model import Rights, Story, Window
from digest.protocols import SourceState

READER = 1
"""Raised when files are read differently, so that all are read again once."""


class FolderSource:
    """Yields the stories of a folder and its subfolders, by path; only files that are new or changed since last time.

    A changed file is the same story in a new version; a removed file is no error and takes no story back. Hidden
    files and files that are no stories by their ending are passed over, as is whatever a link finds outside of the
    folder. A file's picture is beside it.
    """

    def __init__(
        self,
        name: str,
        path: Path,
        *,
        rights: Rights = Rights.OWN,
        language: str = "",
        zone: tzinfo = UTC,
        max_items: int = 500,
    ) -> None:
        self.name = name
        self._path = path
        self._rights = rights
        self._language = language
        self._zone = zone
        self._max_items = max_items

    def stories(self, window: Window, state: SourceState, warn: Callable[[str], None]) -> Iterator[Story]:
        """Yield new and changed stories; an unreadable one is told through ``warn`` every time until it is mended."""
        read = 0
        for path in self._files():
            if read >= self._max_items:
                warn(f"Source {self.name}: {self._path} holds more than {self._max_items} new stories; the rest waits.")
                return
            story = self._story(path, window, state, warn)
            if story is not None:
                read += 1
                yield story

    def _files(self) -> list[Path]:
        """Return the files that can be stories, by their path."""
        try:
            root = self._path.resolve(strict=True)
            if not root.is_dir():
                raise NotADirectoryError(20, "Not a directory")
            with os.scandir(root) as entries:
                next(entries, None)
        except (OSError, RuntimeError) as error:
            reason = (error.strerror if isinstance(error, OSError) else str(error)) or type(error).__name__
            raise SourceError(
                f"Source {self.name}: cannot read the folder {self._path} ({reason.lower()}). "
                "Check path in digest.toml."
            ) from error
        found: list[Path] = []
        for folder, subfolders, names in os.walk(self._path):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            paths = (Path(folder) / name for name in names if not name.startswith((".", "~")))
            found.extend(path for path in paths if path.suffix.lower() in ENDINGS and _is_inside(path, root))
        return sorted(found)

    def _story(self, path: Path, window: Window, state: SourceState, warn: Callable[[str], None]) -> Story | None:
        """Return the story of a file, or None if it is known or cannot be read."""
        name = path.relative_to(self._path).as_posix()
        try:
            status = path.stat()
            stamp = f"{self._settings()}:{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"
            before = (state.get(f"file:{name}") or "").rpartition("#")
            if before[0] == stamp:
                return None
            with path.open("rb") as file:
                data = file.read(LARGEST_BYTES + 1)
            digest = hashlib.sha256(f"{self._settings()}\0".encode() + data).hexdigest()[:32]
            if before[2] == digest:
                state.put(f"file:{name}", f"{stamp}#{digest}")
                return None
            story = read_document(
                name,
                data,
                source=self.name,
                now=window.until,
                rights=self._rights,
                language=self._language,
                zone=self._zone,
            )
        except FileNotFoundError:
            # Removed between the listing and the reading: as if it had been removed before.
            return None
        except OSError as error:
            warn(f"Source {self.name}: cannot read {path}: {error.strerror}.")
            return None
        except StoryError as error:
            warn(f"Source {self.name}: {error}")
            return None
        state.put(f"file:{name}", f"{stamp}#{digest}")
        return story

    def _settings(self) -> str:
        """Name what else the reading depends on: a change of it reads every file again."""
        return f"{READER}:{self._rights}:{self._language}:{self._zone}"


def _is_inside(path: Path, root: Path) -> bool:
    """Tell whether a file is one and, links followed, lies in the folder."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return real.is_file() and real.is_relative_to(root)
