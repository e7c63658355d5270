"""Copying the sample newsroom into a workspace."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import DigestError, UsageError
from digest.samples import copy_newsroom, newsroom_dir


def test_the_whole_newsroom_is_copied_into_a_new_folder(tmp_path: Path):
    kept = copy_newsroom(tmp_path / "new" / "demo")

    copied = {path.relative_to(tmp_path / "new" / "demo") for path in (tmp_path / "new" / "demo").rglob("*")}
    assert copied == {path.relative_to(newsroom_dir()) for path in newsroom_dir().rglob("*")}
    assert kept == ()


def test_copying_twice_changes_nothing(tmp_path: Path):
    copy_newsroom(tmp_path)

    assert copy_newsroom(tmp_path) == ()


def test_a_file_somebody_edited_is_left_alone_and_named(tmp_path: Path):
    copy_newsroom(tmp_path)
    (tmp_path / "digest.toml").write_text("# mine\n", encoding="utf-8")

    kept = copy_newsroom(tmp_path)

    assert kept == (Path("digest.toml"),)
    assert (tmp_path / "digest.toml").read_text(encoding="utf-8") == "# mine\n"


def test_a_file_that_went_missing_comes_back(tmp_path: Path):
    copy_newsroom(tmp_path)
    (tmp_path / "readers.csv").unlink()

    copy_newsroom(tmp_path)

    assert (tmp_path / "readers.csv").exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path):
    (tmp_path / "demo").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="it is a file"):
        copy_newsroom(tmp_path / "demo")


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path):
    (tmp_path / "stories").write_text("in the way", encoding="utf-8")

    with pytest.raises(DigestError, match="Cannot copy the sample newsroom"):
        copy_newsroom(tmp_path)
