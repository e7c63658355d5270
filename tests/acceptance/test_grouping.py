"""Grouping and memory as an editor meets them: merges that hold for good, updates that return, copies that do not."""

from __future__ import annotations

from typing import Any

from tests.acceptance.workspace import SETTINGS, TEXTS, Workspace

TUESDAY = "2026-01-06T11:30:00+00:00"
FIRST = (
    "The harbour bridge was closed on Sunday after rust was found in two cables. Drivers must go round by Mill Creek."
)
UPDATE = (
    "A third cable of the harbour bridge snapped overnight and fell on an empty bus. The mayor ordered every house "
    "below the span to be cleared by noon. Eleven families slept in the school hall. " + FIRST
)


def items(document: Any) -> list[Any]:
    lead = [document["lead"]] if document["lead"] else []
    return [*lead, *(item for section in document["sections"] for item in section["items"]), *document["briefs"]]


def build(workspace: Workspace, day: str) -> Any:
    workspace.now = day
    assert workspace.run("gather").code == 0
    return workspace.run("build", "morning", "--json").json


def sent(workspace: Workspace) -> Workspace:
    """Send Monday's edition with one story."""
    workspace.settings(SETTINGS.replace("minimum_stories = 3", "minimum_stories = 1"))
    workspace.story("bridge", "Bridge closed", FIRST)
    workspace.run("subscribers", "add", "ada@example.org", "--list", "morning")
    workspace.run("gather")
    ran = workspace.run("send", "morning", "--yes")
    assert ran.code == 0, ran.err
    return workspace


def test_a_story_that_changed_in_substance_returns_as_an_update_with_what_is_new(courier):
    workspace = sent(courier)
    workspace.story("bridge", "Third cable snaps", UPDATE)

    (item,) = items(build(workspace, TUESDAY))

    assert (item["label"], item["version"]) == ("Update", 2)
    assert item["blurb"]["text"].startswith("A third cable")
    assert FIRST.split(".")[0] not in item["blurb"]["text"]


def test_a_corrected_story_does_not_return(courier):
    workspace = sent(courier)
    correction = "\n\nCorrection: An earlier version of this story said rust was found in three cables."
    workspace.story("bridge", "Bridge closed", FIRST + correction)

    document = build(workspace, TUESDAY)

    assert items(document) == []
    assert "already sent in morning/2026-01-05" in document["left_out"][0]["reason"]


def test_a_merge_holds_in_every_later_edition(staffed):
    staffed.run("gather")
    before = staffed.run("build", "morning", "--json").json
    named = [item["story_id"] for item in items(before)][:2]

    staffed.run("edit", "morning/2026-01-05", "--merge", ",".join(named))
    later = build(staffed, "2026-01-06T09:00:00+00:00")

    assert len(items(later)) == len(items(before)) - 1


def test_copies_that_an_editor_split_stay_apart(courier):
    courier.story("one", "Bridge closed", TEXTS["Harbour bridge"])
    courier.story("two", "Bridge shut", TEXTS["Harbour bridge"] + " Ferries run.")
    courier.run("gather")
    named = [story["id"] for story in courier.run("stories", "list", "--json").json]
    assert len(items(courier.run("build", "morning", "--json").json)) == 1

    courier.run("edit", "morning/2026-01-05", "--split", ",".join(named))

    assert len(items(courier.run("build", "morning", "--json").json)) == 2


def test_one_story_cannot_be_merged_with_itself(staffed):
    staffed.run("gather")
    (story, *_) = items(staffed.run("build", "morning", "--json").json)

    ran = staffed.run("edit", "morning/2026-01-05", "--merge", story["story_id"])

    assert ran.code == 2
    assert "name two stories or more" in ran.err


OURS = (
    "The harbour bridge was closed on Sunday after rust was found in two of its cables. Engineers of the port had "
    "measured the cables for a week with lamps and ladders. Drivers must go round by Mill Creek until spring, and the "
    "bus to the islands takes forty minutes longer. The port will pay for a second ferry in the mornings. Shops on "
    "the quay asked for help with their rents."
)
THEIRS = (
    "The harbour bridge was closed on Sunday because of rusted cables. A firm from the mainland that painted the "
    "cables ten years ago has gone bankrupt, its former owner told this station. Nobody answered for its guarantee of "
    "thirty years. The state prosecutor opened an inquiry into the contract on Sunday evening. Two members of the "
    "council had sat on the firm's board."
)


def accounts(courier: Workspace, keys: str) -> Workspace:
    """Gather two accounts of one event by two publishers, merged by an editor."""
    courier.settings(SETTINGS + keys)
    courier.story("ours", "Harbour bridge closed", OURS, priority="1")
    courier.story("theirs", "Rusted cables close the bridge", THEIRS, source="Coast Radio")
    courier.run("subscribers", "add", "ada@example.org", "--list", "morning")
    courier.run("gather")
    courier.run("build", "morning")
    named = [story["id"] for story in courier.run("stories", "list", "--json").json]
    courier.run("edit", "morning/2026-01-05", "--merge", ",".join(named))
    return courier


def test_pooled_accounts_speak_each_with_its_source(courier):
    workspace = accounts(courier, "blurb_pooled = true\nblurb_sentences = 4\nblurb_words = 150\n")

    (item,) = items(workspace.run("build", "morning", "--json").json)
    assert workspace.run("send", "morning", "--yes").code == 0

    spoken = {sentence["story_id"]: sentence["source"] for sentence in item["blurb"]["sentences"]}
    assert sorted(spoken.values()) in (["", "Coast Radio"], ["", "newsroom"])
    mail = workspace.mails()[0].read_text("ascii")
    assert "(Coast Radio)" in mail or "(newsroom)" in mail


def test_without_the_setting_one_account_speaks(courier):
    (item,) = items(accounts(courier, "").run("build", "morning", "--json").json)

    assert {sentence["source"] for sentence in item["blurb"]["sentences"]} == {""}
    assert len({sentence["story_id"] for sentence in item["blurb"]["sentences"]}) == 1
