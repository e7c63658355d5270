"""What is told of stories that were killed or corrected after readers got them, and of sends that went wrong."""

from __future__ import annotations

import email
import re
import time
from datetime import datetime
from email.message import Message

import pytest

from digest import job, mailing, store
from digest.cli.opening import workspace
from digest.engine.watch import watch
from digest.model import EditionKey, Status
from digest.web.app import make_app
from tests.acceptance.workspace import SETTINGS, TEXTS, Workspace
from tests.browser import Browser
from tests.smtp_sink import Sink

FRIDAY, MONDAY = "2026-01-02T11:30:05+00:00", "2026-01-05T11:30:05+00:00"
ALERTS = '\n[alerts]\nto = ["desk@example.org"]\nfolder = "alarms"\n'
REVIEW = '\n[newsletters.review]\nbuild_at = "60m"\neditors = ["Ada <ada@desk.example.org>"]\n'


@pytest.fixture
def sent(staffed: Workspace) -> Workspace:
    """Return a workspace whose first edition went out on Friday."""
    staffed.settings(SETTINGS + ALERTS)
    at(staffed, "2026-01-01T20:00:00+00:00").run("tick")
    assert at(staffed, FRIDAY).run("tick").code == 0
    return staffed


def at(courier: Workspace, now: str) -> Workspace:
    courier.now = now
    return courier


def mails(courier: Workspace, folder: str = "outbox") -> list[Message]:
    paths = sorted((courier.folder / folder / "new").glob("*"))
    return [email.message_from_bytes(path.read_bytes()) for path in paths]


def body(mail: Message) -> str:
    part = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    return part.get_payload(decode=True).decode()  # type: ignore[union-attr]


def alarms(courier: Workspace) -> str:
    return "\n".join(f"{mail['Subject']}\n{body(mail)}" for mail in mails(courier, "alarms"))


def story_id(courier: Workspace, headline: str) -> str:
    return next(s["id"] for s in courier.run("stories", "list", "--json").json if s["headline"] == headline)


def page(courier: Workspace) -> str:
    """Return the page of Friday's edition as a reader's own link opens it."""
    path = re.search(r"https://courier\.example(/v/\S+)", body(mails(courier)[0]))[1]  # type: ignore[index]
    clock = datetime.fromisoformat(courier.now)
    with workspace(lambda: clock, courier.folder / "digest.toml") as newsroom:
        return Browser(make_app(newsroom)).get(path).text


def monday(courier: Workspace) -> str:
    courier.story("choir", "Good news")
    at(courier, MONDAY).run("tick")
    texts = (" ".join(body(mail).split()) for mail in mails(courier))
    return next(text for text in texts if "Good news" in text)


def test_a_story_killed_after_the_send_is_told_on_the_page_and_in_the_next_edition(sent: Workspace) -> None:
    sent.run("stories", "kill", story_id(sent, "Ferry strike"))
    sent.run("tick")

    assert "was withdrawn after this edition went out" in page(sent)
    assert "2 of 2 readers have “Ferry strike”" in alarms(sent)
    assert "We have withdrawn this story." in monday(sent)


def test_a_story_killed_by_mistake_and_released_is_not_told(sent: Workspace) -> None:
    story = story_id(sent, "Ferry strike")
    sent.run("stories", "kill", story)
    sent.run("stories", "release", story)

    assert "withdrawn" not in page(sent)
    assert "withdrawn" not in monday(sent)


def test_a_kill_by_the_source_is_told_like_an_editors(sent: Workspace) -> None:
    sent.story("ferry", "Ferry strike", status="killed")

    assert "We have withdrawn this story." in monday(sent)


def test_a_correction_that_the_source_makes_is_queued_by_itself(sent: Workspace) -> None:
    sent.story("ferry", "Ferry strike", corrections='["The crews walked out at noon, not at dawn."]')

    assert "at noon, not at dawn" in monday(sent)
    assert "at noon, not at dawn" in page(sent)


def test_an_editors_words_take_the_place_of_the_bare_withdrawal(sent: Workspace) -> None:
    story = story_id(sent, "Ferry strike")
    sent.run("stories", "kill", story)
    wording = ("correct", "morning/2026-01-02", "--story", story, "--text", "There was no strike.")

    ran = sent.run(*wording, "--send", "--yes")

    corrected = [mail for mail in mails(sent) if str(mail["Subject"]).startswith("Correction")]
    assert (ran.code, len(corrected)) == (0, 2)
    assert sent.run("report", "morning/2026-01-02/correction-1", "--json").json["accepted"] == 2
    next_edition = monday(sent)
    assert "There was no strike." in next_edition
    assert "We have withdrawn" not in next_edition


def test_a_story_killed_before_its_edition_is_simply_absent(sent: Workspace) -> None:
    sent.story("comet", "Late arrival")
    at(sent, "2026-01-05T10:00:00+00:00").run("gather")
    sent.run("stories", "kill", story_id(sent, "Late arrival"))

    text = monday(sent)

    assert "Late arrival" not in text
    assert "withdrawn" not in text


def smtp(sink: Sink, **newsletter: str) -> str:
    """Return settings that mail to the sink, with keys of the newsletter."""
    server = f'kind = "smtp"\nhost = "127.0.0.1"\nport = {sink.port}\nsecurity = "none"\nconnections = 1'
    keys = "".join(f'{key} = "{value}"\n' for key, value in newsletter.items())
    return SETTINGS.replace('kind = "outbox"\npath = "outbox"', server) + keys + ALERTS


@pytest.mark.parametrize(("policy", "reached"), [("flag", 60), ("stop", None)])
def test_a_kill_during_a_send_does_as_the_newsletter_says(staffed: Workspace, policy: str, reached: int | None) -> None:
    readers = staffed.folder / "readers.csv"
    readers.write_text("email\n" + "".join(f"reader{n}@example.org\n" for n in range(58)), encoding="utf-8")
    staffed.run("subscribers", "import", str(readers), "--list", "morning")
    staffed.run("gather")
    story = story_id(staffed, "Ferry strike")

    def killing(step: str, argument: str) -> str | None:
        if step == "MAIL" and len(sink.taken) == 5:
            clock = datetime.fromisoformat(staffed.now)
            with workspace(lambda: clock, staffed.folder / "digest.toml") as newsroom, newsroom.writing() as conn:
                store.order_status(conn, story, Status.KILLED, clock)
        if step == "MAIL" and len(sink.taken) >= 5:
            time.sleep(0.02)
        return None

    with Sink(killing) as sink:
        staffed.settings(smtp(sink, on_kill=policy))
        staffed.run("send", "morning", "--yes")
        staffed.run("tick")

    state = staffed.run("report", "morning", "--json").json
    assert state["accepted"] == len(sink.recipients)
    assert "“Ferry strike”, killed, held or embargoed since" in alarms(staffed)
    if reached is None:
        assert 5 <= len(sink.recipients) < 40
    else:
        assert len(sink.recipients) == reached


def test_editors_are_told_of_a_newer_version_and_the_approved_bytes_go(staffed: Workspace) -> None:
    staffed.settings(SETTINGS + REVIEW + ALERTS)
    at(staffed, "2026-01-01T20:00:00+00:00").run("tick")
    at(staffed, "2026-01-02T10:31:00+00:00").run("tick")
    staffed.run("approve", "morning/2026-01-02", "--author", "Ada")
    staffed.story("ferry", "Ferry strike", TEXTS["Ferry strike"] + " Talks will begin at noon, a minister said.")

    at(staffed, "2026-01-02T10:45:00+00:00").run("tick")
    told = [body(mail) for mail in mails(staffed) if "newer version" in body(mail)]
    at(staffed, FRIDAY).run("tick")

    assert len(told) == 1
    assert "“Ferry strike” has a newer version, 2 after 1." in told[0]
    assert "It was approved and stays as it is." in told[0]
    sent = [body(mail) for mail in mails(staffed) if str(mail["To"]).endswith("@example.org")]
    assert len(sent) == 2
    assert not [text for text in sent if "a minister said" in text]


def test_a_send_that_stands_still_is_told(staffed: Workspace) -> None:
    def deferring(step: str, argument: str) -> str | None:
        return "451 4.7.1 later" if step == "RCPT" and "ben@" in argument else None

    with Sink(deferring) as sink:
        staffed.settings(smtp(sink))
        clock = datetime.fromisoformat(staffed.now)
        with workspace(lambda: clock, staffed.folder / "digest.toml") as newsroom:
            stored = job.draft(newsroom, EditionKey.parse("morning/2026-01-05")).stored
            mailing.freeze(newsroom, stored)
        staffed.now = "2026-01-05T11:50:00+00:00"
        with workspace(lambda: datetime.fromisoformat(staffed.now), staffed.folder / "digest.toml") as newsroom:
            watch(newsroom)

    assert "morning/2026-01-05 stands still" in alarms(staffed)
    assert "0 of 2 accepted" in alarms(staffed)


def test_an_edition_that_a_quarter_of_the_list_refused_is_told(staffed: Workspace) -> None:
    readers = staffed.folder / "readers.csv"
    readers.write_text("email\n" + "".join(f"reader{n}@example.org\n" for n in range(98)), encoding="utf-8")
    staffed.run("subscribers", "import", str(readers), "--list", "morning")
    staffed.run("gather")

    def refusing(step: str, argument: str) -> str | None:
        return "550 5.1.1 nobody here" if step == "RCPT" and re.search(r"reader\d*[0246]@", argument) else None

    with Sink(refusing) as sink:
        staffed.settings(smtp(sink))
        staffed.run("send", "morning", "--yes")
        staffed.run("tick")

    refused = 100 - len(sink.recipients)
    assert refused > 20
    assert f"Of 100 messages {refused} were refused" in alarms(staffed)


def test_a_list_that_shrank_by_half_is_told(sent: Workspace) -> None:
    readers = sent.folder / "readers.csv"
    readers.write_text("email\n" + "".join(f"reader{n}@example.org\n" for n in range(60)), encoding="utf-8")
    sent.run("subscribers", "import", str(readers), "--list", "morning")
    sent.story("choir", "Good news")

    at(sent, MONDAY).run("tick")

    assert "morning/2026-01-05 has 62 readers; morning/2026-01-02 had 2." in alarms(sent)


def test_a_source_gone_quiet_is_told_once_and_its_return_ends_it(sent: Workspace) -> None:
    at(sent, "2026-01-06T12:00:00+00:00").run("tick")
    sent.run("tick")
    told = [str(mail["Subject"]) for mail in mails(sent, "alarms")]
    sent.story("choir", "Good news")
    sent.run("gather")
    sent.run("tick")

    assert len([subject for subject in told if "newsroom is quiet" in subject]) == 1
    assert "alarm-over" in sent.run("log").out
