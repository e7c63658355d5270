"""A newsroom's mornings on the command line: weekends, embargoes, approvals, failures, extra slots, kills."""

from __future__ import annotations

import email
import re
from datetime import datetime
from email.message import Message
from pathlib import Path

import pytest

from digest.cli.opening import workspace
from digest.web.app import make_app
from tests.acceptance.workspace import SETTINGS, Workspace
from tests.browser import Browser

FRIDAY, SATURDAY, SUNDAY = "2026-01-02", "2026-01-03", "2026-01-04"
DUE = "T11:30:05+00:00"
ALERTS = """
[alerts]
to = ["desk@example.org"]
from = "Digest <alarms@example.org>"
folder = "alarms"
"""
REVIEW = """
[newsletters.review]
build_at = "60m"
editors = ["Ada <ada@desk.example.org>", "Ben <ben@desk.example.org>"]
unless_approved = "hold"
"""
NAME = "morning/2026-01-05"


def at(courier: Workspace, day: str, time: str = DUE) -> Workspace:
    courier.now = day + time
    return courier


def texts(folder: Path) -> list[Message]:
    found = [email.message_from_bytes(path.read_bytes()) for path in sorted((folder / "new").glob("*"))]
    return sorted(found, key=lambda mail: str(mail["To"]))


def body(mail: Message) -> str:
    parts = [part for part in mail.walk() if part.get_content_type() == "text/plain"]
    return parts[0].get_payload(decode=True).decode()  # type: ignore[union-attr]


def alarms(courier: Workspace) -> str:
    return "\n".join(str(mail["Subject"]) + body(mail) for mail in texts(courier.folder / "alarms"))


def printed(courier: Workspace, *words: str) -> list[str]:
    made = courier.run("build", "morning", "--json", *words).json
    lead = [made["lead"]["headline"]] if made["lead"] else []
    return lead + [item["headline"] for section in made["sections"] for item in section["items"]]


@pytest.fixture
def begun(staffed: Workspace) -> Workspace:
    """Return a workspace whose schedule began on Thursday."""
    at(staffed, "2026-01-01", "T20:00:00+00:00").run("tick")
    return staffed


def test_mondays_edition_holds_the_weekend_and_nothing_that_friday_sent(begun: Workspace) -> None:
    assert at(begun, FRIDAY).run("tick").code == 0
    begun.story("lighthouse", "Lighthouse opens again")
    at(begun, SATURDAY).run("gather")
    begun.story("merger", "Merger of two banks")
    at(begun, SUNDAY).run("gather")

    assert at(begun, "2026-01-05").run("tick").code == 0

    monday = [body(mail) for mail in texts(begun.folder / "outbox") if "January 5" in body(mail)]
    assert len(monday) == 2
    assert all("Lighthouse opens again" in text and "Merger of two banks" in text for text in monday)
    assert not any("Harbour bridge" in text for text in monday)


def test_edits_remain_when_newer_stories_come(staffed: Workspace) -> None:
    staffed.run("gather")
    before = printed(staffed)
    made = staffed.run("build", "morning", "--json").json
    last = made["sections"][-1]["items"][-1]["story_id"]
    staffed.run("edit", NAME, "--lead", last, "--subject", "Three things to know")

    staffed.story("choir", "Good news")
    staffed.run("gather")
    ran = staffed.run("build", "morning")

    after = staffed.run("build", "morning", "--json").json
    assert (after["subject"], after["lead"]["story_id"]) == ("Three things to know", last)
    assert "+ “Good news”" in ran.out
    assert len(before) == 3


def test_an_embargoed_story_waits_for_the_next_edition(begun: Workspace) -> None:
    begun.story("talks", "Secret talks", embargo_until="2026-01-02T07:00:00-05:00")
    at(begun, FRIDAY).run("tick")
    first = "".join(body(mail) for mail in texts(begun.folder / "outbox"))

    at(begun, "2026-01-05").run("tick")

    assert "Secret talks" not in first
    assert "Secret talks" in "".join(body(mail) for mail in texts(begun.folder / "outbox"))


def test_an_editors_embargo_stands_above_the_source_and_can_be_lifted(begun: Workspace) -> None:
    begun.story("talks", "Secret talks")
    at(begun, FRIDAY, "T10:00:00+00:00").run("gather")
    story = next(s["id"] for s in begun.run("stories", "list", "--json").json if s["headline"] == "Secret talks")
    ordered = begun.run("stories", "embargo", story, "--until", "2026-01-09T07:00:00-05:00")
    at(begun, FRIDAY).run("tick")
    first = "".join(body(mail) for mail in texts(begun.folder / "outbox"))
    begun.run("gather")
    begun.run("stories", "embargo", story, "--lift")

    at(begun, "2026-01-05").run("tick")

    assert "runs not before 2026-01-09 12:00 UTC" in ordered.out
    assert "Secret talks" not in first
    assert "Secret talks" in "".join(body(mail) for mail in texts(begun.folder / "outbox"))


@pytest.mark.parametrize(
    "words", [(), ("--until", "Friday"), ("--until", "2026-01-09T07:00:00"), ("--lift", "--until", "x")]
)
def test_an_embargo_without_a_moment_is_explained(begun: Workspace, words: tuple[str, ...]) -> None:
    begun.run("gather")
    story = begun.run("stories", "list", "--json").json[0]["id"]

    ran = begun.run("stories", "embargo", story, *words)

    assert (ran.code, "2026-01-05T07:00:00-05:00" in ran.err) == (2, True)


def test_without_approval_nothing_is_sent_and_the_editors_are_told(begun: Workspace) -> None:
    begun.settings(SETTINGS + REVIEW + ALERTS)
    at(begun, "2026-01-05", "T10:31:00+00:00").run("tick")
    proofs = begun.mails()

    ran = at(begun, "2026-01-05").run("tick")

    told = texts(begun.folder / "outbox")
    assert (ran.code, len(proofs), len(told)) == (3, 2, 4)
    assert {str(mail["To"]) for mail in told} == {"ada@desk.example.org", "ben@desk.example.org"}
    assert "was not approved" in alarms(begun)
    assert re.search(r"https://courier\.example/e/\S+", body(told[0]))


def test_an_approved_draft_leaves_as_it_was_approved(begun: Workspace) -> None:
    begun.settings(SETTINGS + REVIEW + ALERTS)
    at(begun, "2026-01-05", "T10:31:00+00:00").run("tick")
    approved = begun.run("approve", NAME, "--author", "Ada")
    begun.story("harbour", "Harbour bridge", "The bridge will be closed for ten years, the engineers now say.")

    assert at(begun, "2026-01-05").run("tick").code == 0

    sent = [body(mail) for mail in texts(begun.folder / "outbox") if str(mail["To"]).endswith("@example.org")]
    assert approved.code == 0
    assert len([text for text in sent if "two of its cables" in text]) == 2
    assert not [text for text in sent if "ten years" in text]


def test_two_approvals_must_be_two_peoples(begun: Workspace) -> None:
    begun.settings(SETTINGS + REVIEW + "approvals = 2\n" + ALERTS)
    at(begun, "2026-01-05", "T10:31:00+00:00").run("tick")
    begun.run("approve", NAME, "--author", "Ada")
    again = begun.run("approve", NAME, "--author", "Ada")

    assert "1 more" in again.out
    assert at(begun, "2026-01-05").run("tick").code == 3
    begun.run("approve", NAME, "--author", "Ben")
    assert begun.run("tick").code == 0


def test_a_dead_mail_server_is_told_by_the_other_way_and_the_edition_leaves_in_time(begun: Workspace) -> None:
    smtp = 'kind = "smtp"\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"\ntimeout_s = 1'
    begun.settings(SETTINGS.replace('kind = "outbox"\npath = "outbox"', smtp) + ALERTS)
    failed = at(begun, "2026-01-05").run("tick")
    told = alarms(begun)

    begun.settings(SETTINGS + ALERTS)
    later = at(begun, "2026-01-05", "T12:10:00+00:00").run("tick")

    assert (failed.code, later.code) == (1, 0)
    assert NAME in told
    assert len(begun.mails()) == 2


def test_an_edition_that_missed_its_time_is_held_and_told(begun: Workspace) -> None:
    begun.settings(SETTINGS + ALERTS)

    ran = at(begun, "2026-01-05", "T15:31:00+00:00").run("tick")

    assert (ran.code, begun.mails()) == (3, [])
    assert "too late" in alarms(begun)


def test_an_alarm_is_given_once_an_hour_and_ends_with_the_edition(begun: Workspace) -> None:
    timed = SETTINGS.replace('time = "06:30"', 'time = "06:30"\nalarm_at = "07:00"')
    begun.settings(timed.replace("alarm_at", "minimum_stories = 9\nalarm_at") + ALERTS)
    at(begun, "2026-01-05").run("tick")
    at(begun, "2026-01-05", "T12:00:30+00:00").run("tick")
    begun.run("tick")
    given = len(texts(begun.folder / "alarms"))

    begun.settings(timed + ALERTS)
    begun.run("tick")

    assert given == 3, "Friday was too late, Monday was withheld, Monday is not out at seven"
    assert "is out" in alarms(begun)
    assert "alarm-over" in begun.run("log").out


def test_an_extra_edition_leaves_at_its_time_and_leaves_the_next_day_alone(begun: Workspace) -> None:
    at(begun, FRIDAY).run("tick")
    begun.story("comet", "Late arrival")
    planned = begun.run("extra", "morning", "--slot", "breaking", "--at", "14:00", "--day", FRIDAY)
    listed = begun.run("schedule").out
    at(begun, FRIDAY, "T19:00:05+00:00").run("tick")
    again = begun.run("tick", "--json")

    assert (planned.code, again.json) == (0, [])
    assert "morning/2026-01-02/breaking" in listed
    assert begun.run("report", "morning/2026-01-02/breaking", "--json").json["accepted"] == 2


BREAKING = """
[[newsletters.slots]]
id = "breaking"
title = "Breaking news"
list = "breaking"
"""


def choose_on_the_page(courier: Workspace, mail: Message, **ticked: str) -> str:
    """Save the preferences page that a mail's own link opens; return the page that answers."""
    path = re.search(r"https://courier.example(/p/\S+)", body(mail))[1]  # type: ignore[index]
    clock = datetime.fromisoformat(courier.now)
    with workspace(lambda: clock, courier.folder / "digest.toml") as newsroom:
        web = Browser(make_app(newsroom))
        assert "Breaking news" in web.get(path).text
        return web.post(path, data=ticked).text


def test_breaking_news_reaches_only_those_who_ticked_it(begun: Workspace) -> None:
    begun.settings(SETTINGS + BREAKING)
    at(begun, FRIDAY).run("tick")
    asked, other = texts(begun.folder / "outbox")
    page = choose_on_the_page(begun, asked, companion="breaking")
    begun.story("comet", "Late arrival")
    begun.run("extra", "morning", "--slot", "breaking", "--at", "14:00", "--day", FRIDAY)
    at(begun, FRIDAY, "T19:00:05+00:00").run("tick")
    at(begun, "2026-01-05").run("tick")

    mails = texts(begun.folder / "outbox")
    breaking = [mail for mail in mails if "breaking" in str(mail["List-Id"])]
    assert "checked" in page
    assert [mail["To"] for mail in breaking] == [asked["To"]] != [other["To"]]
    assert begun.run("report", "morning/2026-01-05", "--json").json["accepted"] == 2


def test_who_leaves_breaking_news_by_its_own_link_keeps_the_morning_mail(begun: Workspace) -> None:
    begun.settings(SETTINGS + BREAKING)
    begun.run("subscribers", "add", "ada@example.org", "--list", "breaking")
    begun.run("extra", "morning", "--slot", "breaking", "--at", "14:00", "--day", FRIDAY)
    at(begun, FRIDAY, "T19:00:05+00:00").run("tick")
    (mail,) = texts(begun.folder / "outbox")
    address = str(mail["List-Unsubscribe"]).strip("<>").removeprefix("https://courier.example")
    with workspace(config=begun.folder / "digest.toml") as newsroom:
        web = Browser(make_app(newsroom))
        left = web.post(address, data={"List-Unsubscribe": "One-Click"})
    at(begun, SUNDAY, "T20:00:00+00:00")
    begun.story("merger", "Merger of two banks")
    at(begun, "2026-01-05").run("tick")

    assert left.status_code == 200
    assert "ada@example.org" in [
        mail["To"] for mail in texts(begun.folder / "outbox") if "breaking" not in mail["List-Id"]
    ]


def test_a_correction_of_breaking_news_goes_to_who_had_it(begun: Workspace) -> None:
    begun.settings(SETTINGS + BREAKING)
    begun.run("subscribers", "add", "only-breaking@example.org", "--list", "breaking")
    begun.run("extra", "morning", "--slot", "breaking", "--at", "14:00", "--day", FRIDAY)
    at(begun, FRIDAY, "T19:00:05+00:00").run("tick")
    story = begun.run("stories", "list", "--json").json[0]["id"]
    corrected = begun.run(
        "correct",
        f"morning/{FRIDAY}/breaking",
        "--story",
        story,
        "--text",
        "It is the other bridge.",
        "--send",
        "--yes",
    )

    assert corrected.code == 0, corrected.err
    to = [mail["To"] for mail in texts(begun.folder / "outbox")]
    assert to == ["only-breaking@example.org"] * 2


def test_a_day_taken_out_has_no_edition_until_it_is_put_back(begun: Workspace) -> None:
    begun.run("skip", "morning", "--day", "2026-01-05", "--author", "Ada")

    at(begun, "2026-01-05").run("tick")

    assert begun.mails() == []
    assert "taken out by Ada" in begun.run("log", "morning").out
    assert begun.run("skip", "morning", "--day", "2026-01-06", "--undo").code == 2


def test_a_holiday_of_a_calendar_file_has_no_edition(begun: Workspace) -> None:
    lines = ("BEGIN:VCALENDAR", "BEGIN:VEVENT", "DTSTART;VALUE=DATE:20260105", "SUMMARY:Town day", "END:VEVENT")
    (begun.folder / "town.ics").write_text("\n".join((*lines, "END:VCALENDAR")), encoding="utf-8")
    begun.settings(SETTINGS + 'holidays = ["town.ics"]\n')

    at(begun, "2026-01-05").run("tick")

    assert begun.mails() == []
    assert "Town day" in begun.run("log", "morning").out


def test_a_calendar_that_cannot_be_read_is_told_and_sends_nothing(begun: Workspace) -> None:
    begun.settings(SETTINGS + 'holidays = ["missing.ics"]\n' + ALERTS)

    ran = at(begun, "2026-01-05").run("tick")

    assert (ran.code, begun.mails()) == (1, [])
    assert "missing.ics" in alarms(begun)


def test_two_newsletters_run_a_story_once_each_with_their_own_links(begun: Workspace) -> None:
    evening = SETTINGS[SETTINGS.index("[[newsletters]]") :].replace('"morning"', '"evening"').replace("06:30", "06:00")
    links = '\n[newsletters.links]\nutm = {{ source = "{0}" }}\n'
    begun.settings(SETTINGS + links.format("dawn") + evening + links.format("dusk"))
    begun.story("merger", "Merger of two banks", url="https://courier.example/banks")
    begun.run("subscribers", "add", "eve@example.org", "--list", "evening")
    at(begun, "2026-01-01", "T21:00:00+00:00").run("tick")

    at(begun, FRIDAY).run("tick")
    at(begun, "2026-01-05").run("tick")

    sources = [
        re.findall(r"courier\.example/banks\?(?:utm_)?source=(\w+)", body(m)) for m in texts(begun.folder / "outbox")
    ]
    assert sorted({found[0] for found in sources if found}) == ["dawn", "dusk"]
    assert len([found for found in sources if "dusk" in found]) == 1


def test_a_correction_goes_to_exactly_those_who_have_the_edition(begun: Workspace) -> None:
    at(begun, FRIDAY).run("tick")
    story = begun.run("stories", "list", "--json").json[0]["id"]
    begun.run("subscribers", "add", "new@example.org", "--list", "morning")

    wrong = ("correct", f"morning/{FRIDAY}", "--story", story, "--text", "It was three cables.")
    ran = begun.run(*wrong, "--send", "--yes")
    again = begun.run("send", "morning", "--day", FRIDAY, "--slot", "correction-1", "--yes")

    corrected = [mail for mail in texts(begun.folder / "outbox") if str(mail["Subject"]).startswith("Correction")]
    assert (ran.code, again.code) == (0, 0)
    assert [str(mail["To"]) for mail in corrected] == ["ada@example.org", "ben@example.org"]
    assert "three cables" in body(corrected[0])


def test_the_next_edition_says_what_the_last_one_got_wrong(begun: Workspace) -> None:
    at(begun, FRIDAY).run("tick")
    story = begun.run("stories", "list", "--json").json[0]["id"]
    begun.run("correct", f"morning/{FRIDAY}", "--story", story, "--text", "It was three cables.")
    begun.story("choir", "Good news")

    at(begun, "2026-01-05").run("tick")

    monday = [body(mail) for mail in texts(begun.folder / "outbox") if "Good news" in body(mail)]
    assert len(monday) == 2
    assert all("three cables" in text for text in monday)


def test_a_machine_asleep_for_three_days_sends_no_old_edition_and_tells_each(begun: Workspace) -> None:
    begun.settings(SETTINGS + ALERTS)
    at(begun, FRIDAY).run("tick")
    before = len(begun.mails())
    begun.story("merger", "Merger of two banks")

    woken = at(begun, "2026-01-07", "T20:00:00+00:00").run("tick")

    told = alarms(begun)
    assert (woken.code, len(begun.mails())) == (3, before)
    assert all(f"morning/2026-01-0{day}" in told for day in (5, 6, 7))
    assert all(word not in told for word in ("2026-01-03", "2026-01-04"))


def test_a_clock_that_jumps_back_sends_nothing_twice(begun: Workspace) -> None:
    at(begun, "2026-01-05", "T12:30:05+00:00").run("tick")
    sent = len(begun.mails())

    jumped = at(begun, "2026-01-05", "T11:30:05+00:00").run("tick")
    again = at(begun, "2026-01-05", "T12:30:05+00:00").run("tick")

    assert (sent, jumped.code, again.code) == (2, 0, 0)
    assert len(begun.mails()) == sent


def test_a_clock_that_jumps_forward_sends_each_day_once_when_it_is_set_right(begun: Workspace) -> None:
    at(begun, FRIDAY).run("tick")
    sent = len(begun.mails())
    begun.story("merger", "Merger of two banks")
    early = at(begun, "2026-01-05", "T11:30:05+00:00").run("tick")
    right = at(begun, "2026-01-05", "T10:30:05+00:00").run("tick")
    due = at(begun, "2026-01-05", "T11:30:10+00:00").run("tick")

    assert (early.code, right.code, due.code) == (0, 0, 0)
    assert len(begun.mails()) == sent + 2
