"""Stories by hand: every kind of file, what its words become, and what is told about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.workspace import TEXTS, Workspace

NAME = "morning/2026-01-05"


def write(workspace: Workspace, name: str, text: str) -> str:
    path = workspace.folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def added(workspace: Workspace, *words: str) -> Any:
    return workspace.run("stories", "add", *words, "--json").json["added"]


def test_plain_text_takes_its_headline_from_the_command_line(courier: Workspace) -> None:
    path = write(courier, "bridge.txt", TEXTS["Harbour bridge"])
    given = ("--headline", "Bridge shut", "--section", "city", "--byline", "Ada Quay", "--tags", "bridges, traffic")

    story = added(courier, path, *given, "--published", "2026-01-05T06:00:00-05:00", "--priority", "80")[0]
    shown = courier.run("stories", "show", story["id"], "--json").json

    assert (shown["headline"], shown["section"], shown["byline"]) == ("Bridge shut", "city", "Ada Quay")
    assert (shown["tags"], shown["priority"]) == (["bridges", "traffic"], 80)
    assert shown["published"].startswith("2026-01-05 11:00")


def test_plain_text_without_a_headline_takes_one_and_says_so(courier: Workspace) -> None:
    path = write(courier, "bridge.txt", TEXTS["Harbour bridge"])

    ran = courier.run("stories", "add", path)

    assert ran.code == 0
    assert "Engineers closed the harbour bridge" in ran.out
    assert "note:" in ran.out


def test_html_becomes_plain_paragraphs(courier: Workspace) -> None:
    body = f"<html><head><title>Ferries</title></head><body><h1>Ferries stop</h1><p>{TEXTS['Ferry strike']}</p></body>"

    story = added(courier, write(courier, "ferry.html", body))[0]
    shown = courier.run("stories", "show", story["id"]).out

    assert "Deck crews of the island ferries walked out" in shown
    assert "<p>" not in shown


def test_a_changed_file_is_a_new_version_and_the_same_one_nothing_new(courier: Workspace) -> None:
    path = courier.story("good", "Good news")

    first = courier.run("stories", "add", str(path))
    same = courier.run("stories", "add", str(path))
    courier.story("good", "Good news", "The choir came home. Nobody slept on the train.")
    changed = courier.run("stories", "add", str(path))

    assert ("stored as" in first.out, "unchanged" in same.out, "version 2" in changed.out) == (True, True, True)


def test_one_headline_is_not_given_to_several_stories(courier: Workspace) -> None:
    one, two = courier.story("one", "Good news"), courier.story("two", "Late arrival")

    ran = courier.run("stories", "add", str(one), str(two), "--headline", "Both")

    assert (ran.code, "--headline" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [("--published", "yesterday", "published"), ("--priority", "high", "priority"), ("--kind", "gossip", "kind")],
)
def test_a_bad_field_is_named(courier: Workspace, option: str, value: str, told: str) -> None:
    ran = courier.run("stories", "add", str(courier.story("good", "Good news")), option, value)

    assert (ran.code, told in ran.err) == (1, True)


def test_a_missing_file_is_named(courier: Workspace) -> None:
    ran = courier.run("stories", "add", "nowhere.md")

    assert (ran.code, "nowhere.md" in ran.err) == (1, True)


def test_an_embargo_given_by_hand_holds_in_the_build(courier: Workspace) -> None:
    path = write(courier, "talks.txt", TEXTS["Secret talks"])
    courier.run("stories", "add", path, "--headline", "Talks", "--embargo-until", "2026-01-05T12:00:00Z")

    document = courier.run("build", "morning", "--json").json

    assert [out["reason"] for out in document["left_out"]] == ["embargoed until 2026-01-05 12:00 UTC"]


def test_held_stories_wait_until_they_are_released(courier: Workspace) -> None:
    story = added(courier, str(courier.story("good", "Good news")))[0]["id"]

    courier.run("stories", "hold", story[:6])
    held = courier.run("build", "morning", "--json").json
    listed = courier.run("stories", "list").out
    courier.run("stories", "release", story[:6])

    assert (held["printed"], "[hold]" in listed) == (0, True)
    assert courier.run("build", "morning", "--json").json["printed"] == 1


def test_the_list_of_stories_can_begin_at_a_day(courier: Workspace) -> None:
    empty = courier.run("stories", "list")
    courier.run("stories", "add", str(courier.story("good", "Good news")))

    assert "No stories yet" in empty.out
    assert len(courier.run("stories", "list", "--since", "2026-01-05", "--json").json) == 1
    assert courier.run("stories", "list", "--since", "2026-01-06", "--json").json == []
    assert courier.run("stories", "list", "--since", "soon").code == 2


def test_what_the_cleaner_left_out_is_shown(courier: Workspace) -> None:
    text = f"{TEXTS['Ferry strike']}\n\nSign up for our newsletter to get stories like this in your inbox.\n"

    ran = courier.run("stories", "add", write(courier, "ferry.txt", text), "--headline", "Ferries stop")
    shown = courier.run("stories", "show", ran.out.split(" as ")[1][:8]).out

    assert "left out (" in ran.out
    assert "[left out: " in shown


def test_an_unknown_story_is_told(courier: Workspace) -> None:
    assert courier.run("stories", "show", "ffff").code == 2


def test_a_picture_beside_a_story_added_by_hand_is_mailed(courier: Workspace) -> None:
    from PIL import Image

    desk = courier.folder / "desk"
    desk.mkdir()
    Image.new("RGB", (1200, 600), "navy").save(desk / "quay.png")
    head = "headline: The quay\nimage:\n  path: quay.png\n  alt: A quay\n  credit: Ada\n  mail_rights: true"
    (desk / "quay.md").write_text(f"---\n{head}\n---\n{TEXTS['Good news']}\n", encoding="utf-8")

    courier.run("stories", "add", "desk/quay.md")
    document = courier.run("build", "morning", "--json").json

    assert document["warnings"] == []
    assert document["lead"]["picture"]["alt"] == "A quay"


def test_a_picture_that_is_no_picture_is_told_and_left_out(courier: Workspace) -> None:
    (courier.folder / "stories" / "quay.png").write_bytes(b"not a picture")
    courier.story("quay", "Good news", image="{path: quay.png, alt: A quay, mail_rights: true}")
    courier.run("gather")

    ran = courier.run("build", "morning", "--json")

    assert ran.json["lead"]["picture"] is None
    assert "Good news" in ran.json["warnings"][0]


def test_no_picture_from_outside_of_the_workspace_is_read(courier: Workspace, tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(b"secret")
    courier.story("quay", "Good news", image="{path: ../../secret.png, alt: A quay, mail_rights: true}")
    courier.run("gather")

    warnings = courier.run("build", "morning", "--json").json["warnings"]

    assert "outside of the workspace" in warnings[0]
