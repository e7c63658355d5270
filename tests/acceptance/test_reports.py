"""What can be looked up afterwards: counts, the run log, the calendar; and the edition's other slots and proofs."""

from __future__ import annotations

import email
import email.policy

from tests.acceptance.workspace import SETTINGS, Workspace


def test_a_report_lists_who_has_it(staffed: Workspace) -> None:
    staffed.run("run", "morning")

    said = staffed.run("report", "morning/2026-01-05", "--who").out

    assert "2 readers: 2 accepted" in said
    assert "ada@example.org" in said


def test_a_report_before_any_edition_says_how_to_make_one(courier: Workspace) -> None:
    never, unknown, bad = (courier.run("report", name) for name in ("morning", "morning/2026-01-05", "morning/today"))

    assert [ran.code for ran in (never, unknown, bad)] == [2, 2, 2]
    assert "digest build morning" in never.err
    assert "NEWSLETTER/YYYY-MM-DD" in bad.err


def test_a_draft_is_reported_as_not_sent(staffed: Workspace) -> None:
    staffed.run("build", "morning")

    report = staffed.run("report", "morning", "--json").json

    assert (report["state"], report["expected"]) == ("draft", 0)


def test_the_log_tells_what_was_done_without_addresses(staffed: Workspace) -> None:
    staffed.run("run", "morning")

    said = staffed.run("log", "morning").out
    told = staffed.run("log", "--json").json

    assert [line["what"] for line in told if line["edition"]] == ["build", "frozen", "send"]
    assert "accepted 2" in said
    assert "@" not in said


def test_the_schedule_shows_what_was_and_what_comes(staffed: Workspace) -> None:
    staffed.run("run", "morning")

    said = staffed.run("schedule", "--count", "2").out

    assert "morning/2026-01-05  send: expected 2, accepted 2" in said
    assert "Tue 2026-01-06 06:30 EST  morning/2026-01-06  send" in said


def test_a_second_slot_is_an_edition_of_its_own(staffed: Workspace) -> None:
    staffed.run("run", "morning")

    staffed.run("run", "morning", "--slot", "breaking")

    report = staffed.run("report", "morning/2026-01-05/breaking", "--json")
    assert (report.code, report.json["edition"]) == (0, "morning/2026-01-05/breaking")


def test_an_advised_command_is_about_the_same_slot(staffed: Workspace) -> None:
    staffed.run("gather")

    built = staffed.run("build", "morning", "--slot", "breaking")
    approved = staffed.run("approve", "morning/2026-01-05/breaking")

    assert "digest preview morning --day 2026-01-05 --slot breaking\n" in built.out
    assert "`digest send morning --day 2026-01-05 --slot breaking`" in approved.out


def test_a_proof_goes_to_the_named_and_the_newsrooms_own_readers_alone(staffed: Workspace) -> None:
    staffed.settings(SETTINGS + 'proofs = ["Night desk <desk@example.org>"]\n')
    staffed.run("gather")

    ran = staffed.run("send", "morning", "--test", "editor@example.org", "--json")

    mails = [email.message_from_bytes(m.read_bytes(), policy=email.policy.default) for m in staffed.mails()]
    assert ran.code == 0
    assert {mail["To"] for mail in mails} == {"editor@example.org", "desk@example.org"}
    assert all(mail["Subject"].startswith("[Proof] ") for mail in mails)
    assert staffed.run("report", "morning", "--json").json["expected"] == 0


def test_a_proof_can_be_sent_twice_and_the_second_holds_the_change(staffed: Workspace) -> None:
    staffed.run("gather")
    staffed.run("send", "morning", "--test", "editor@example.org")
    staffed.run("edit", "morning/2026-01-05", "--subject", "A better subject")

    staffed.run("send", "morning", "--test", "editor@example.org")

    assert any("A better subject" in mail.read_text(encoding="ascii") for mail in staffed.mails())


def test_a_proof_to_a_bad_address_is_refused(staffed: Workspace) -> None:
    staffed.run("gather")

    ran = staffed.run("send", "morning", "--test", "nonsense")

    assert (ran.code, staffed.mails()) == (2, [])


def test_a_killed_story_is_in_no_proof(staffed: Workspace) -> None:
    staffed.run("gather")
    lead = staffed.run("build", "morning", "--json").json["lead"]
    staffed.run("stories", "kill", lead["story_id"])

    staffed.run("send", "morning", "--test", "editor@example.org")

    assert lead["headline"] not in staffed.mails()[0].read_text(encoding="ascii")


def test_a_dry_run_sends_nothing_and_counts_the_readers(staffed: Workspace) -> None:
    staffed.run("gather")

    ran = staffed.run("send", "morning", "--dry-run")

    assert (ran.code, staffed.mails()) == (0, [])
    assert "2 readers" in ran.out


def test_an_expired_edition_leaves_with_an_editors_word_alone(staffed: Workspace) -> None:
    staffed.now = "2026-01-04T11:30:00+00:00"
    staffed.run("tick")
    staffed.now = "2026-01-05T11:00:00+00:00"
    staffed.run("gather")
    staffed.run("build", "morning")
    staffed.now = "2026-01-05T16:00:00+00:00"
    staffed.run("tick")

    refused = staffed.run("send", "morning", "--yes")
    staffed.run("approve", "morning/2026-01-05")
    sent = staffed.run("send", "morning", "--yes")

    assert (refused.code, "too late" in refused.err) == (3, True)
    assert (sent.code, len(staffed.mails())) == (0, 2)


def test_an_edition_no_tick_will_touch_again_cannot_slip_out_by_a_run(staffed: Workspace) -> None:
    staffed.now = "2026-01-04T11:30:00+00:00"
    staffed.run("tick")
    staffed.now = "2026-01-05T11:00:00+00:00"
    staffed.run("gather")
    staffed.run("build", "morning")
    staffed.now = "2026-01-05T16:00:00+00:00"
    staffed.run("tick")

    assert [t["result"] for t in staffed.run("tick", "--json").json] == []
    assert staffed.mails() == []


def test_a_rate_of_nothing_due_is_told_by_a_tick(staffed: Workspace) -> None:
    staffed.now = "2026-01-04T11:30:00+00:00"

    assert "Nothing is due" in staffed.run("tick").out


def test_a_thin_edition_is_withheld_by_the_schedule_and_told_once(staffed: Workspace) -> None:
    staffed.settings(SETTINGS + "minimum_stories = 9\n")
    staffed.now = "2026-01-04T11:30:00+00:00"
    staffed.run("tick")
    staffed.now = "2026-01-05T11:30:30+00:00"

    first, second = staffed.run("tick"), staffed.run("tick")

    withheld = [line for line in staffed.run("log", "--json").json if line["what"] == "withheld"]
    assert (first.code, second.code, len(withheld)) == (3, 3, 1)


def test_a_source_can_be_gathered_alone(staffed: Workspace) -> None:
    known = staffed.run("gather", "--source", "newsroom")
    unknown = staffed.run("gather", "--source", "wire")

    assert "newsroom: 3 new" in known.out
    assert (unknown.code, "newsroom" in unknown.err) == (2, True)


def test_a_workspace_without_sources_says_how_to_name_one(courier: Workspace) -> None:
    courier.settings(SETTINGS.replace('[[sources]]\nname = "newsroom"\nkind = "folder"\npath = "stories"\n', ""))

    assert "[[sources]]" in courier.run("gather").out


def test_blocks_stand_in_the_edition_and_a_broken_one_is_told(staffed: Workspace) -> None:
    blocks = staffed.folder / "blocks"
    blocks.mkdir()
    (blocks / "intro.md").write_text("---\nkind: intro\n---\nGood *morning*.\n", encoding="utf-8")
    (blocks / "ad.md").write_text("---\nkind: sponsor\nby: Rope & Sons\n---\nRope.\n", encoding="utf-8")
    (blocks / "other.md").write_text("---\nkind: note\nnewsletter: evening\n---\nNot here.\n", encoding="utf-8")
    (blocks / "bad.md").write_text("---\nkind: poem\n---\nRoses.\n", encoding="utf-8")

    built = staffed.run("build", "morning", "--json").json
    staffed.run("run", "morning")
    mail = email.message_from_bytes(staffed.mails()[0].read_bytes(), policy=email.policy.default)

    assert sorted(block["id"] for block in built["blocks"]) == ["ad", "intro"]
    assert "bad.md" in built["warnings"][0]
    text = mail.get_body(("plain",)).get_content()
    assert "Good morning." in text
    assert "Rope & Sons" in text


def test_a_blocks_picture_is_mailed(staffed: Workspace) -> None:
    from PIL import Image

    blocks = staffed.folder / "blocks"
    blocks.mkdir()
    Image.new("RGB", (1200, 600), "navy").save(blocks / "rope.png")
    head = "kind: sponsor\nby: Rope & Sons\nimage: {path: rope.png, alt: A rope, mail_rights: true}"
    (blocks / "ad.md").write_text(f"---\n{head}\n---\nRope.\n", encoding="utf-8")

    staffed.run("run", "morning")
    mail = email.message_from_bytes(staffed.mails()[0].read_bytes(), policy=email.policy.default)

    assert "image" in {part.get_content_maintype() for part in mail.walk()}
