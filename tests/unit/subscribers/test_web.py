"""The readers' pages: nothing changes on GET, one POST leaves, and nobody learns who is on a list."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from fastapi import FastAPI

import subscribers
from subscribers import (
    Consent,
    ConsentHow,
    KeyRing,
    Purpose,
    Subscriber,
    SubscriptionStatus,
    SuppressionReason,
    export_list,
    reading,
    sign,
    writing,
)
from subscribers.web import router
from tests.browser import Browser, in_parts

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@dataclass
class Letters:
    """A mailer that keeps what it is given."""

    sent: list[dict[str, str]] = field(default_factory=list)

    def send(self, *, to: str, subject: str, text: str, html: str) -> None:
        self.sent.append({"to": to, "subject": subject, "text": text, "html": html})


@dataclass
class Desk:
    """The pages of one site, a browser, and what stands behind them."""

    client: Browser
    engine: sa.Engine
    keys: KeyRing
    clock: Callable
    letters: Letters
    ann: Subscriber

    def link(self, purpose: Purpose, **more: object) -> str:
        path = {Purpose.UNSUBSCRIBE: "u", Purpose.MANAGE: "p"}[purpose]
        options = {"subscriber_id": self.ann.id, "list_number": 1} | more
        return f"/{path}/{sign(self.keys, purpose, **options)}"

    def recipients(self) -> list[str]:
        with reading(self.engine) as conn:
            return [row.address for row in conn.execute(subscribers.recipients("morning", now=self.clock()))]

    def everything(self) -> str:
        with reading(self.engine) as conn:
            return "".join(export_list(conn, None, "jsonl"))

    def sign_up(self, email: str = "bob@example.org", wait_s: float = 30, **more: str) -> object:
        page = self.client.get("/s/morning").text
        form = re.search(r'name="form" value="([^"]+)"', page)
        self.clock.advance(seconds=wait_s)
        return self.client.post("/s/morning", data={"email": email, "form": form[1], **more})

    def confirm_link(self) -> str:
        return re.search(r"https://courier.example(/c/\S+)", self.letters.sent[-1]["text"])[1]


@pytest.fixture
def desk(engine: sa.Engine, keys: KeyRing, clock: Callable) -> Desk:
    with writing(engine) as conn:
        subscribers.check_keys(conn, keys)
        subscribers.ensure_list(conn, "morning", "Morning & Watch")
        subscribers.ensure_list(conn, "flash", "News Flash", double_opt_in=False)
        consent = Consent(clock(), ConsentHow.OPERATOR)
        ann = subscribers.subscribe(conn, "ann@example.org", "morning", consent=consent, now=clock(), keys=keys)
    letters, app = Letters(), FastAPI()
    options = {
        "engine": engine,
        "keys": keys,
        "clock": clock,
        "site_name": "Courier",
        "mailer_of": lambda _list: letters,
    }
    sections = [("world", "World"), ("sport", "Sport"), ("arts", "Arts")]
    options |= {"sections_of": lambda _: sections, "companions_of": lambda _: ["flash"]}
    app.include_router(router(site_url="https://courier.example/", **options))
    return Desk(Browser(app), engine, keys, clock, letters, ann)


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_no_link_changes_anything_before_its_button_is_pressed(desk: Desk, method: str) -> None:
    desk.sign_up()
    before = desk.everything()
    links = [desk.link(Purpose.UNSUBSCRIBE), desk.link(Purpose.MANAGE), desk.confirm_link(), "/s/morning"]

    for link in links * 20:
        desk.client.request(method, link)

    assert desk.everything() == before


def test_one_click_from_a_mail_program_unsubscribes_with_a_bare_200(desk: Desk) -> None:
    answer = desk.client.post(desk.link(Purpose.UNSUBSCRIBE), data=ONE_CLICK)

    assert (answer.status_code, answer.text) == (200, "Unsubscribed.\n")
    assert "set-cookie" not in answer.headers
    assert desk.recipients() == []


@pytest.mark.parametrize("options", [{}, {"files": {"List-Unsubscribe": (None, "One-Click")}}, {"content": b"x=1"}])
def test_any_post_to_the_link_unsubscribes(desk: Desk, options: dict) -> None:
    answer = desk.client.post(desk.link(Purpose.UNSUBSCRIBE), **options)

    assert answer.status_code == 200
    assert desk.recipients() == []


def test_one_click_that_does_not_say_its_length_unsubscribes(desk: Desk) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = in_parts(b"List-Unsubscribe=One-Click")

    answer = desk.client.post(desk.link(Purpose.UNSUBSCRIBE), content=body, headers=headers)

    assert (answer.text, desk.recipients()) == ("Unsubscribed.\n", [])


def test_the_link_may_be_used_again_and_by_somebody_long_forgotten(desk: Desk) -> None:
    link = desk.link(Purpose.UNSUBSCRIBE)
    for _ in range(2):
        assert "no longer receives" in desk.client.post(link).text
    with writing(desk.engine) as conn:
        subscribers.forget(conn, "ann@example.org", now=desk.clock(), keys=desk.keys)

    assert "This address no longer receives" in re.sub(r"<.*?>", "", desk.client.post(link).text)
    assert desk.client.get(link).status_code == 200


def test_the_button_page_masks_the_address_and_offers_to_choose(desk: Desk) -> None:
    page = desk.client.get(desk.link(Purpose.UNSUBSCRIBE)).text

    assert "ann@example.org" not in page
    assert "a•••@e•••.org" in page
    assert "Morning &amp; Watch" in page
    assert re.search(r'href="https://courier.example(/p/[^"]+)"', page)


def test_a_page_offered_by_another_leads_to_choices(desk: Desk) -> None:
    page = desk.client.get(desk.link(Purpose.UNSUBSCRIBE)).text
    link = re.search(r'href="https://courier.example(/p/[^"]+)"', page)[1]

    assert "What you receive" in desk.client.get(link).text


def test_every_page_forbids_scripts_frames_and_storing(desk: Desk) -> None:
    for link in (desk.link(Purpose.UNSUBSCRIBE), desk.link(Purpose.MANAGE), "/s/morning", "/s/none", "/c/none"):
        headers = desk.client.get(link).headers
        policy = headers["content-security-policy"]

        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


@pytest.mark.parametrize("path", ["/u/broken", "/p/broken", "/c/broken"])
def test_a_broken_link_says_so_and_does_nothing(desk: Desk, path: str) -> None:
    before = desk.everything()

    for answer in (desk.client.get(path), desk.client.post(path)):
        assert answer.status_code == 404
        assert "does not work" in answer.text
    assert desk.everything() == before


def test_a_link_to_a_list_that_is_gone_is_over(desk: Desk) -> None:
    assert desk.client.get(desk.link(Purpose.UNSUBSCRIBE, list_number=99)).status_code == 410


def test_an_old_link_to_the_choices_is_over(desk: Desk) -> None:
    link = desk.link(Purpose.MANAGE, expires=desk.clock())
    desk.clock.advance(days=1)

    assert desk.client.get(link).status_code == 410
    assert desk.client.post(link).status_code == 410


def test_choices_are_saved_and_shown(desk: Desk) -> None:
    link = desk.link(Purpose.MANAGE)

    page = desk.client.post(link, data={"section": ["sport", "world", "nonsense"], "text_only": "yes"}).text

    assert "Your choices are saved" in page
    with reading(desk.engine) as conn:
        row = conn.execute(subscribers.recipients("morning")).one()
    assert (row.text_only, row.sections) == (True, '["world", "sport"]')
    assert re.findall(r'value="(\w+)" checked', desk.client.get(link).text) == ["world", "sport", "yes", "0"]


def test_a_reader_pauses_keeps_the_pause_and_ends_it(desk: Desk) -> None:
    link = desk.link(Purpose.MANAGE)

    page = desk.client.post(link, data={"pause": "7"}).text
    assert "Paused until 12 January 2026" in page
    assert desk.recipients() == []
    desk.client.post(link, data={"pause": "keep", "text_only": "yes"})
    assert desk.recipients() == []
    desk.client.post(link, data={"pause": "0"})
    assert desk.recipients() == ["ann@example.org"]


def test_an_empty_request_takes_no_choice_back(desk: Desk) -> None:
    link = desk.link(Purpose.MANAGE)
    desk.client.post(link, data={"act": "choose", "section": ["sport"], "text_only": "yes", "pause": "7"})
    before = desk.everything()

    page = desk.client.post(link)

    assert (page.status_code, "saved" in page.text) == (200, False)
    assert desk.everything() == before


def test_who_paused_left_and_comes_back_pauses_no_more(desk: Desk) -> None:
    desk.client.post(desk.link(Purpose.MANAGE), data={"act": "choose", "pause": "30"})
    desk.client.post(desk.link(Purpose.UNSUBSCRIBE))
    desk.sign_up("ann@example.org")

    desk.client.post(desk.confirm_link())

    assert desk.recipients() == ["ann@example.org"]


def test_a_reader_can_leave_from_the_choices(desk: Desk) -> None:
    page = desk.client.post(desk.link(Purpose.MANAGE), data={"act": "leave"}).text

    assert "no longer receives" in page
    assert desk.recipients() == []
    assert "no longer receives" in desk.client.get(desk.link(Purpose.MANAGE)).text


def test_signing_up_asks_by_mail_and_the_answer_joins(desk: Desk) -> None:
    assert "Please look at your mail" in desk.sign_up(name="Bob\r\nB").text
    assert desk.recipients() == ["ann@example.org"]

    link = desk.confirm_link()
    assert "b•••@e•••.org" in desk.client.get(link).text
    assert "will receive <bdi>Morning &amp; Watch</bdi>" in desk.client.post(link).text

    assert desk.recipients() == ["ann@example.org", "bob@example.org"]
    assert desk.letters.sent[0]["subject"] == "Please confirm: Morning & Watch"
    with reading(desk.engine) as conn:
        bob = subscribers.find_subscriber(conn, "bob@example.org")
        [(_, consent)] = subscribers.iter_consents(conn, bob.id)
    assert bob.name == "Bob B"
    assert (consent.form, consent.ip, consent.is_confirmed) == ("https://courier.example/s/morning", "127.0.0.1", True)
    assert "Morning & Watch" in consent.wording


def test_a_confirmation_used_again_does_not_bring_back_who_left(desk: Desk) -> None:
    desk.sign_up()
    link = desk.confirm_link()
    desk.client.post(link)
    with writing(desk.engine) as conn:
        bob = subscribers.find_subscriber(conn, "bob@example.org")
        subscribers.unsubscribe(conn, bob.id, "morning", now=desk.clock(), keys=desk.keys)

    assert "used before" in desk.client.post(link).text
    assert desk.recipients() == ["ann@example.org"]


def test_a_confirmation_for_who_must_not_be_mailed_by_now_is_refused(desk: Desk) -> None:
    desk.sign_up()
    with writing(desk.engine) as conn:
        reason = SuppressionReason.MANUAL
        subscribers.suppress(conn, "bob@example.org", reason, now=desk.clock(), keys=desk.keys)

    assert desk.client.post(desk.confirm_link()).status_code == 409
    assert desk.recipients() == ["ann@example.org"]


def test_the_answer_is_the_same_for_everybody(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        reason = SuppressionReason.COMPLAINED
        subscribers.suppress(conn, "cay@example.org", reason, now=desk.clock(), keys=desk.keys)

    answers = {desk.sign_up(email).text for email in ("bob@example.org", "ANN@example.org", "cay@example.org")}

    assert len(answers) == 1
    assert [each["to"] for each in desk.letters.sent] == ["bob@example.org"]


def test_at_most_one_question_goes_to_an_address_in_a_day(desk: Desk) -> None:
    for _ in range(3):
        desk.sign_up()
    assert len(desk.letters.sent) == 1

    desk.clock.advance(hours=24)
    desk.sign_up()
    assert len(desk.letters.sent) == 2


def test_a_program_that_fills_in_the_hidden_field_gets_the_same_answer_and_nothing_happens(desk: Desk) -> None:
    before = desk.everything()

    answer = desk.sign_up(website="https://spam.example")

    assert answer.text == desk.sign_up("dan@example.org").text
    assert len(desk.letters.sent) == 1
    assert "bob@example.org" not in desk.everything()
    assert before != desk.everything()


@pytest.mark.parametrize(("wait_s", "words"), [(0.5, "very quick"), (90_000, "open for too long")])
def test_a_form_sent_too_soon_or_too_late_is_asked_for_again(desk: Desk, wait_s: float, words: str) -> None:
    answer = desk.sign_up(wait_s=wait_s)

    assert (answer.status_code, words in answer.text) == (422, True)
    assert desk.letters.sent == []


def test_a_bad_address_is_shown_again_with_the_problem_and_escaped(desk: Desk) -> None:
    answer = desk.sign_up('"><script>alert(1)</script>')

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "<script>" not in answer.text


def test_a_list_that_does_not_ask_takes_people_at_once_but_asks_who_left(desk: Desk) -> None:
    page = desk.client.get("/s/flash").text
    form = re.search(r'name="form" value="([^"]+)"', page)[1]
    desk.clock.advance(seconds=10)
    with writing(desk.engine) as conn:
        subscribers.unsubscribe(conn, desk.ann.id, "flash", now=desk.clock(), keys=desk.keys)

    for email in ("bob@example.org", "ann@example.org"):
        desk.client.post("/s/flash", data={"email": email, "form": form})

    with reading(desk.engine) as conn:
        active = [each.address for each in subscribers.iter_subscribers(conn, "flash", SubscriptionStatus.ACTIVE)]
    assert active == ["bob@example.org"]
    assert [each["to"] for each in desk.letters.sent] == ["ann@example.org"]


def test_an_unknown_list_has_no_form(desk: Desk) -> None:
    assert desk.client.get("/s/nothing").status_code == 404
    assert desk.client.post("/s/nothing").status_code == 404


def test_a_large_or_broken_request_is_refused(desk: Desk) -> None:
    assert desk.client.post("/s/morning", content=b"x" * 70_000).status_code == 413
    assert desk.client.post("/s/morning", content=in_parts(b"x" * 1000, 70)).status_code == 413
    assert desk.client.post("/s/morning", files={"email": b"a file"}).status_code == 400


def test_without_a_mailer_nobody_can_sign_up(engine: sa.Engine, keys: KeyRing, clock: Callable, desk: Desk) -> None:
    app = FastAPI()
    options = {"engine": engine, "keys": keys, "clock": clock, "site_name": "Courier", "site_url": "https://x.example"}
    app.include_router(router(mailer_of=lambda _list: None, **options))

    assert Browser(app).get("/s/morning").status_code == 503


def test_a_mail_that_could_not_be_sent_is_logged_without_the_address_and_may_be_asked_for_again(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    sent, desk.letters.sent = desk.letters.sent, None  # so that the mailer fails

    assert desk.sign_up().status_code == 200
    desk.letters.sent = sent
    desk.sign_up()

    assert len(sent) == 1
    assert "could not be completed" in caplog.text
    assert "bob@example.org" not in caplog.text


@pytest.mark.parametrize("act", ["sign-up", "welcome", "data"])
def test_an_error_that_quotes_the_address_is_logged_without_it(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    def fails(*, to: str, **_: str) -> None:
        raise RuntimeError(f"550 <{to}>: no such mailbox")

    desk.sign_up()
    desk.clock.advance(days=2)
    monkeypatch.setattr(desk.letters, "send", fails)

    if act == "sign-up":
        desk.sign_up("cay@example.org")
    elif act == "welcome":
        desk.client.post(desk.confirm_link())
    else:
        desk.client.post(desk.link(Purpose.MANAGE), data={"act": "data"})

    assert "RuntimeError: 550 <(address)>: no such mailbox" in caplog.text
    assert "@example.org" not in caplog.text


def test_who_does_not_answer_is_forgotten(desk: Desk) -> None:
    desk.sign_up()
    link = desk.confirm_link()
    desk.clock.advance(days=8)

    with writing(desk.engine) as conn:
        purged = subscribers.purge_unconfirmed(conn, now=desk.clock())

    assert purged == 1
    assert "bob@example.org" not in desk.everything()
    assert "ann@example.org" in desk.everything()
    assert desk.client.post(link).status_code == 410


def test_a_confirmation_of_a_forgotten_sign_up_asks_to_sign_up_again(desk: Desk) -> None:
    desk.sign_up()
    with writing(desk.engine) as conn:
        subscribers.forget(conn, "bob@example.org", now=desk.clock(), keys=desk.keys)

    answer = desk.client.post(desk.confirm_link())

    assert answer.status_code == 410
    assert "sign up again" in answer.text


def test_who_was_forgotten_comes_back_by_their_own_confirmed_sign_up(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        subscribers.forget(conn, "ann@example.org", now=desk.clock(), keys=desk.keys)
    desk.clock.advance(days=1)

    desk.sign_up("ann@example.org")
    desk.client.post(desk.confirm_link())

    assert desk.recipients() == ["ann@example.org"]
