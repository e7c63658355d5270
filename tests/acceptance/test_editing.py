"""An editor at the command line: what they change stands, what they hold waits, what is wrong is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.workspace import SETTINGS, Workspace

SECTIONS = """
[[newsletters.sections]]
id = "city"
title = "City"

[[newsletters.sections]]
id = "world"
title = "World"
"""

NAME = "morning/2026-01-05"


@pytest.fixture
def drafted(staffed: Workspace) -> Workspace:
    """Return a workspace whose edition of Monday is drafted, with two sections."""
    staffed.settings(SETTINGS + SECTIONS)
    staffed.run("gather")
    assert staffed.run("build", "morning").code == 0
    return staffed


def built(workspace: Workspace) -> Any:
    return workspace.run("build", "morning", "--json").json


def ids(document: Any) -> list[str]:
    lead = [document["lead"]["story_id"]] if document["lead"] else []
    return lead + [item["story_id"] for section in document["sections"] for item in section["items"]]


def test_an_edit_without_a_change_is_refused(drafted: Workspace) -> None:
    ran = drafted.run("edit", NAME)

    assert (ran.code, "--headline" in ran.err) == (2, True)


def test_a_dropped_story_is_told_and_comes_back_when_restored(drafted: Workspace) -> None:
    story = ids(built(drafted))[1]

    drafted.run("edit", NAME, "--drop", story, "--author", "Ada")
    dropped = built(drafted)
    drafted.run("edit", NAME, "--restore", story)

    assert story not in ids(dropped)
    assert "dropped by Ada" in next(out["reason"] for out in dropped["left_out"] if out["story_id"] == story)
    assert story in ids(built(drafted))


def test_stories_stand_in_the_editors_order(drafted: Workspace) -> None:
    wanted = sorted(ids(built(drafted)), reverse=True)

    ran = drafted.run("edit", NAME, "--order", ", ".join(wanted))

    assert ran.code == 0
    assert ids(built(drafted)) == wanted


def test_a_pinned_story_stands_first_of_its_section_until_it_is_restored(drafted: Workspace) -> None:
    before = ids(built(drafted))

    drafted.run("edit", NAME, "--pin", before[2])
    pinned = ids(built(drafted))
    drafted.run("edit", NAME, "--restore", before[2])

    assert pinned.index(before[2]) < before.index(before[2])
    assert ids(built(drafted)) == before


def test_a_story_moves_to_the_section_the_editor_names(drafted: Workspace) -> None:
    story = ids(built(drafted))[2]

    drafted.run("edit", NAME, "--section", f"{story}=world")

    placed = {item["story_id"]: section["id"] for section in built(drafted)["sections"] for item in section["items"]}
    assert placed[story] == "world"


def test_a_section_that_does_not_exist_names_those_that_do(drafted: Workspace) -> None:
    ran = drafted.run("edit", NAME, "--section", f"{ids(built(drafted))[1]}=sports")

    assert (ran.code, "city, world" in ran.err) == (2, True)


def test_the_editors_words_stand_in_the_mail(drafted: Workspace) -> None:
    lead = ids(built(drafted))[0]
    words = ("--headline", f"{lead}=Bridge shut", "--kicker", f"{lead}=Harbour", "--preheader", "Read this first")

    drafted.run("edit", NAME, *words, "--blurb", f"{lead}=In our own words = said plainly.")
    document = built(drafted)
    drafted.run("send", "morning", "--yes")

    assert (document["lead"]["headline"], document["lead"]["kicker"]) == ("Bridge shut", "Harbour")
    assert document["lead"]["blurb"]["text"] == "In our own words = said plainly."
    assert document["preheader"] == "Read this first"
    assert "Bridge shut" in drafted.mails()[0].read_text(encoding="ascii")


def test_empty_words_take_the_editors_back(drafted: Workspace) -> None:
    before = built(drafted)
    lead = ids(before)[0]
    drafted.run("edit", NAME, "--headline", f"{lead}=Bridge shut", "--subject", "Mine")

    ran = drafted.run("edit", NAME, "--headline", f"{lead}=", "--subject", "")
    after = built(drafted)

    assert ran.code == 0
    assert after["lead"]["headline"] == before["lead"]["headline"]
    assert after["subject"] == before["subject"]


def test_a_move_and_a_lead_can_be_taken_back(drafted: Workspace) -> None:
    before = ids(built(drafted))
    drafted.run("edit", NAME, "--lead", before[2], "--section", f"{before[1]}=world")

    ran = drafted.run("edit", NAME, "--lead", "", "--section", f"{before[1]}=")

    assert (ran.code, ids(built(drafted))) == (0, before)


def test_words_without_a_story_are_explained(drafted: Workspace) -> None:
    ran = drafted.run("edit", NAME, "--headline", "Bridge shut")

    assert (ran.code, "STORY=TEXT" in ran.err) == (2, True)


def test_an_unknown_story_is_told_and_nothing_is_changed(drafted: Workspace) -> None:
    before = built(drafted)

    ran = drafted.run("edit", NAME, "--subject", "Mine", "--lead", "ffffffff")

    assert ran.code == 2
    assert built(drafted)["subject"] == before["subject"]


def test_an_edition_nobody_built_cannot_be_edited(staffed: Workspace) -> None:
    ran = staffed.run("edit", NAME, "--subject", "Mine")

    assert (ran.code, NAME in ran.err) == (2, True)


def test_what_was_sent_is_not_changed_any_more(drafted: Workspace) -> None:
    drafted.run("send", "morning", "--yes")

    edited = drafted.run("edit", NAME, "--subject", "Too late")
    approved = drafted.run("approve", NAME)
    held = drafted.run("hold", NAME)

    assert (edited.code, approved.code, held.code) == (2, 2, 2)
    assert all("sent" in ran.err for ran in (edited, approved, held))


def test_a_held_edition_is_not_sent_until_it_is_approved(drafted: Workspace) -> None:
    drafted.run("hold", NAME)
    held = drafted.run("send", "morning", "--yes")
    drafted.run("approve", NAME)
    sent = drafted.run("send", "morning", "--yes")

    assert (held.code, sent.code) == (3, 0)
    assert f"digest approve {NAME}" in held.err
    assert len(drafted.mails()) == 2


def test_an_approved_draft_goes_as_it_was_read(drafted: Workspace) -> None:
    drafted.run("approve", NAME)
    drafted.story("late", "Late arrival", priority="99")

    drafted.run("run", "morning")

    assert "Late arrival" not in drafted.mails()[0].read_text(encoding="ascii")


def test_a_story_killed_after_the_approval_is_told(drafted: Workspace) -> None:
    lead = ids(built(drafted))[0]
    drafted.run("approve", NAME)

    drafted.run("stories", "kill", lead)
    ran = drafted.run("send", "morning", "--yes")

    assert (ran.code, drafted.mails()) == (3, [])
    assert "killed" in ran.err


def test_a_story_killed_after_the_build_is_taken_out_before_the_send(drafted: Workspace) -> None:
    lead = built(drafted)["lead"]

    drafted.run("stories", "kill", lead["story_id"])
    ran = drafted.run("send", "morning", "--yes")

    assert ran.code == 0
    assert f"“{lead['headline']}” was taken out: killed" in ran.out
    assert lead["headline"] not in drafted.mails()[0].read_text(encoding="ascii")


def test_a_stopped_edition_reaches_nobody_and_the_report_says_so(drafted: Workspace) -> None:
    drafted.run("stop", NAME)

    ran = drafted.run("send", "morning", "--yes")
    report = drafted.run("report", NAME, "--json").json

    assert (ran.code, drafted.mails()) == (1, [])
    assert (report["state"], report["accepted"]) == ("stopped", 0)


def test_a_stopped_edition_cannot_be_paused(drafted: Workspace) -> None:
    drafted.run("stop", NAME)
    drafted.run("send", "morning", "--yes")

    ran = drafted.run("pause", NAME)

    assert (ran.code, "stopped" in ran.err) == (2, True)


def test_a_resumed_edition_is_sent(drafted: Workspace) -> None:
    paused, resumed = drafted.run("pause", NAME), drafted.run("resume", NAME)
    ran = drafted.run("send", "morning", "--yes")

    assert ("on" in paused.out, "off" in resumed.out) == (True, True)
    assert (ran.code, len(drafted.mails())) == (0, 2)


def test_without_ambiguous_deliveries_there_is_nothing_to_decide(drafted: Workspace) -> None:
    drafted.run("send", "morning", "--yes")

    said = drafted.run("ambiguous", NAME)
    both = drafted.run("ambiguous", NAME, "--resend", "--drop")

    assert "no ambiguous" in said.out
    assert drafted.run("ambiguous", NAME, "--json").json == []
    assert both.code == 2


def blocks(document: Any) -> dict[str, str]:
    return {block["id"]: block["text"] for block in document["blocks"]}


def test_an_editors_introduction_takes_the_place_of_the_one_on_file(drafted: Workspace) -> None:
    (drafted.folder / "blocks").mkdir()
    (drafted.folder / "blocks" / "hello.md").write_text("---\nkind: intro\n---\nGood day.\n", encoding="utf-8")

    ran = drafted.run("edit", NAME, "--intro", "A *short* word first.")
    own = blocks(built(drafted))
    drafted.run("edit", NAME, "--intro", "")

    assert (ran.code, own) == (0, {"editors-intro": "A short word first."})
    assert blocks(built(drafted)) == {"hello": "Good day."}


def test_a_block_is_put_in_and_left_out_for_one_edition(drafted: Workspace) -> None:
    (drafted.folder / "blocks").mkdir()
    (drafted.folder / "blocks" / "hello.md").write_text("---\nkind: note\n---\nGood day.\n", encoding="utf-8")
    note = drafted.folder / "storm.md"
    note.write_text("---\nkind: note\ntitle: Storm\n---\nStay at home.\n", encoding="utf-8")

    ran = drafted.run("edit", NAME, "--block", str(note), "--no-block", "hello")

    assert "+ block storm" in ran.out
    assert blocks(built(drafted)) == {"storm": "Stay at home."}
    assert "hello" in blocks(drafted.run("build", "morning", "--day", "2026-01-06", "--json").json)


def test_a_block_to_leave_out_that_is_not_there_is_told(drafted: Workspace) -> None:
    ran = drafted.run("edit", NAME, "--no-block", "sponsor")

    assert "The block sponsor was to be left out and is not there." in ran.out + ran.err


def test_a_block_that_cannot_be_read_changes_nothing(drafted: Workspace) -> None:
    broken = drafted.folder / "storm.md"
    broken.write_text("---\nkind: shout\n---\nStay at home.\n", encoding="utf-8")

    refused = drafted.run("edit", NAME, "--block", str(broken))
    missing = drafted.run("edit", NAME, "--block", "nowhere.md")

    assert (refused.code, missing.code) == (2, 2)
    assert "kind" in refused.err
    assert "nowhere.md" in missing.err
