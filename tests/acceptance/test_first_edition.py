"""The whole job on the command line: from files to mails, once."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime

import pytest

from digest.newsroom import open_newsroom
from digest.settings import load
from subscribers import Purpose, verify
from subscribers.errors import BadToken
from tests.acceptance.workspace import MONDAY, SETTINGS, Workspace


def test_an_edition_goes_from_files_to_the_outbox(staffed: Workspace) -> None:
    ran = staffed.run("run", "morning", "--json")

    assert (ran.code, ran.json["accepted"], ran.json["expected"]) == (0, 2, 2)
    assert len(staffed.mails()) == 2


def test_a_second_run_sends_nothing_and_says_so(staffed: Workspace) -> None:
    staffed.run("run", "morning")

    ran = staffed.run("send", "morning", "--yes")

    assert ran.code == 0
    assert "already sent" in ran.out
    assert len(staffed.mails()) == 2


def test_a_mail_carries_both_parts_and_one_click_headers(staffed: Workspace) -> None:
    staffed.run("run", "morning")

    mail = email.message_from_bytes(staffed.mails()[0].read_bytes(), policy=email.policy.default)

    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}
    assert mail["List-Unsubscribe"].startswith("<https://courier.example/u/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_every_sentence_of_a_blurb_equals_its_span(staffed: Workspace) -> None:
    staffed.run("gather")

    built = staffed.run("build", "morning", "--json").json

    items = [built["lead"], *(i for s in built["sections"] for i in s["items"])]
    for item in items:
        text = staffed.run("stories", "show", item["story_id"], "--json").json["text"]
        for sentence in item["blurb"]["sentences"]:
            assert text[sentence["start"] : sentence["end"]] == sentence["text"]


def test_every_story_offered_is_printed_or_left_out_with_a_reason(staffed: Workspace) -> None:
    staffed.story("secret", "Secret talks", status="hold")
    staffed.run("gather")

    built = staffed.run("build", "morning", "--json").json

    assert built["offered"] == built["printed"] + len(built["left_out"]) == 4
    assert [left["reason"] for left in built["left_out"]] == ["on hold"]


def test_an_embargoed_story_waits_for_the_next_edition(staffed: Workspace) -> None:
    staffed.story("merger", "Merger of two banks", embargo_until="2026-01-05T12:00:00+00:00")

    staffed.run("run", "morning")
    staffed.now = "2026-01-06T11:30:00+00:00"
    next_day = staffed.run("build", "morning", "--json").json

    assert next_day["lead"]["headline"] == "Merger of two banks"
    assert next_day["printed"] == 1


@pytest.mark.parametrize("order", ["kill", "hold"])
def test_a_story_withdrawn_after_the_build_is_in_no_mail(staffed: Workspace, order: str) -> None:
    staffed.run("gather")
    built = staffed.run("build", "morning", "--json").json
    staffed.run("stories", order, built["lead"]["story_id"])

    ran = staffed.run("send", "morning", "--yes")

    assert ran.code == 0
    assert built["lead"]["headline"] not in staffed.mails()[0].read_text()


def test_a_proof_goes_to_the_desk_and_not_to_the_list(staffed: Workspace) -> None:
    staffed.run("gather")

    ran = staffed.run("send", "morning", "--test", "desk@courier.example")

    assert ran.code == 0
    assert len(staffed.mails()) == 1
    assert "To: desk@courier.example" in staffed.mails()[0].read_text()
    assert staffed.run("report", "morning", "--json").json["accepted"] == 0


def test_a_dry_run_hands_nothing_over(staffed: Workspace) -> None:
    staffed.run("gather")

    ran = staffed.run("send", "morning", "--dry-run")

    assert (ran.code, staffed.mails()) == (0, [])
    assert "2 readers" in ran.out


def test_sending_without_a_terminal_needs_yes(staffed: Workspace) -> None:
    staffed.run("gather")

    ran = staffed.run("send", "morning")

    assert ran.code == 2
    assert "--yes" in ran.err


def test_a_thin_day_holds_the_send_and_not_the_build(staffed: Workspace) -> None:
    staffed.settings(SETTINGS + "minimum_stories = 5\n")
    staffed.run("gather")

    assert staffed.run("build", "morning").code == 0
    ran = staffed.run("send", "morning", "--yes")

    assert ran.code == 3
    assert "needs 5" in ran.err


def test_monday_holds_the_weekend_and_nothing_friday_sent(staffed: Workspace) -> None:
    staffed.now = "2026-01-02T11:30:00+00:00"
    staffed.run("run", "morning")
    staffed.now = "2026-01-03T15:00:00+00:00"
    staffed.story("saturday", "Lighthouse opens again")
    staffed.run("gather")

    staffed.now = "2026-01-05T11:30:00+00:00"
    monday = staffed.run("build", "morning", "--json").json

    assert [monday["lead"]["headline"], monday["printed"]] == ["Lighthouse opens again", 1]


def test_edits_survive_a_rebuild_with_newer_stories(staffed: Workspace) -> None:
    staffed.run("gather")
    built = staffed.run("build", "morning", "--json").json
    other = built["sections"][0]["items"][0]["story_id"]
    name = built["edition"]
    staffed.run("edit", name, "--lead", other, "--subject", "A word before the weekend")
    staffed.run("edit", name, "--blurb", f"{other}=What the editor wrote.")

    staffed.story("late", "Late arrival", priority="99")
    staffed.run("gather")
    again = staffed.run("build", "morning", "--json").json

    assert again["subject"] == "A word before the weekend"
    assert again["lead"]["story_id"] == other
    assert again["lead"]["blurb"]["text"] == "What the editor wrote."


def test_the_report_adds_up(staffed: Workspace) -> None:
    staffed.run("run", "morning")

    report = staffed.run("report", "morning", "--json").json

    names = ("accepted", "pending", "deferred", "rejected", "skipped", "failed", "ambiguous")
    assert report["expected"] == sum(report[name] for name in names) == 2


def test_a_reader_who_left_gets_nothing_and_no_import_brings_them_back(staffed: Workspace) -> None:
    staffed.run("subscribers", "unsubscribe", "ada@example.org")
    people = staffed.folder / "people.csv"
    people.write_text("email,name\nada@example.org,Ada\ncaro@example.org,Caro\n", encoding="utf-8")
    staffed.run("subscribers", "import", str(people), "--list", "morning")

    staffed.run("run", "morning")

    receivers = {email.message_from_bytes(m.read_bytes())["To"] for m in staffed.mails()}
    assert receivers == {"ben@example.org", "Caro <caro@example.org>"}


def test_the_mails_link_to_leave_never_ends_and_the_one_to_the_choices_does(staffed: Workspace) -> None:
    staffed.run("run", "morning")
    mail = email.message_from_bytes(staffed.mails()[0].read_bytes(), policy=email.policy.default)
    keys = open_newsroom(load(staffed.folder / "digest.toml"), lambda: datetime.fromisoformat(MONDAY)).keys
    text = mail.get_body(("plain",)).get_content()

    leave, choose = (re.search(rf"/{page}/([\w-]+)", text)[1] for page in "up")

    assert verify(keys, Purpose.UNSUBSCRIBE, leave, now=datetime(2046, 1, 1, tzinfo=UTC)).expires is None
    assert verify(keys, Purpose.MANAGE, choose, now=datetime(2026, 4, 1, tzinfo=UTC))
    with pytest.raises(BadToken, match="over"):
        verify(keys, Purpose.MANAGE, choose, now=datetime(2026, 5, 1, tzinfo=UTC))
