"""Sign-ups are limited and judged by themselves; pages speak the reader's language; their data is theirs alone."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from fastapi import FastAPI

import subscribers
from subscribers import (
    Consent,
    ConsentHow,
    Courtesy,
    Kept,
    KeyRing,
    Policy,
    Purpose,
    Retention,
    SuppressionReason,
    keep_house,
    leave_by_mail,
    parse_address,
    reading,
    sign,
    writing,
)
from subscribers.consent import WORDING
from subscribers.languages import LANGUAGES, choose_language
from subscribers.resources import templates_dir
from subscribers.signups import Limits, near_miss
from subscribers.web import router
from tests.browser import Browser

NOW = datetime(2026, 1, 5, 6, 30, tzinfo=UTC)


@dataclass
class Letters:
    """A mailer that keeps what it is given."""

    sent: list[dict[str, str]] = field(default_factory=list)

    def send(self, *, to: str, subject: str, text: str, html: str) -> None:
        self.sent.append({"to": to, "subject": subject, "text": text, "html": html})


@dataclass
class Desk:
    """One site with Ann on its list."""

    client: Browser
    engine: sa.Engine
    keys: KeyRing
    clock: Callable
    letters: Letters
    forgotten: list[int]

    def sign_up(self, email: str, language: str = "en", **more: str) -> str:
        headers = {"Accept-Language": language}
        page = self.client.get("/s/morning", headers=headers).text
        form = re.search(r'name="form" value="([^"]+)"', page)
        self.clock.advance(seconds=5)
        return self.client.post("/s/morning", data={"email": email, "form": form[1], **more}, headers=headers).text

    def api(self, key: str = "k1", **asked: str) -> int:
        headers = {"Authorization": f"Bearer {key}"}
        return self.client.post("/api/sign-up", json={"list": "morning"} | asked, headers=headers).status_code

    def path(self, purpose: Purpose, letter: str) -> str:
        return f"/{letter}/{sign(self.keys, purpose, subscriber_id=1, list_number=1)}"

    def known(self) -> list[str]:
        with reading(self.engine) as conn:
            return [person.address for person in subscribers.iter_subscribers(conn)]


@pytest.fixture
def desk(engine: sa.Engine, keys: KeyRing, clock: Callable) -> Desk:
    with writing(engine) as conn:
        subscribers.check_keys(conn, keys)
        subscribers.ensure_list(conn, "morning", "Morning Watch")
        consent = Consent(clock(), ConsentHow.OPERATOR)
        subscribers.subscribe(conn, "ann@example.org", "morning", consent=consent, now=clock(), keys=keys)
    letters, app, forgotten = Letters(), FastAPI(), []
    made = router(
        engine=engine,
        keys=keys,
        clock=clock,
        site_name="Courier",
        site_url="https://courier.example",
        mailer_of=lambda _list: letters,
        policy=Policy(per_ip=3, per_address=2, roles=False, refused_domains=frozenset({"bad.example"})),
        courtesy=Courtesy(goodbye=True),
        on_forget=lambda _conn, subscriber_id: forgotten.append(subscriber_id),
        also_known=lambda _conn, subscriber_id: {"deliveries": [f"the edition of {subscriber_id}"]},
        api_key="k1",
    )
    app.include_router(made)
    return Desk(Browser(app), engine, keys, clock, letters, forgotten)


def test_one_network_is_turned_away_after_its_share_and_let_in_again_later(desk: Desk) -> None:
    answers = [desk.sign_up(f"r{number}@example.org") for number in range(4)]
    desk.clock.advance(hours=1)

    assert ["try again later" in answer for answer in answers] == [False, False, False, True]
    assert "look at your mail" in desk.sign_up("late@example.org")


def test_over_the_limit_of_an_address_the_answer_is_the_same_and_no_mail_goes(desk: Desk) -> None:
    desk.clock.advance(days=2)
    first = [desk.sign_up("bob@example.org") for _ in range(3)]

    assert len(set(first)) == 1
    assert len(desk.letters.sent) == 1


@pytest.mark.parametrize(
    "address", ["x@mailinator.com", "x@eu.bad.example", "info@example.org", "No-Reply+x@example.org"]
)
def test_addresses_the_newsroom_does_not_take_are_refused_without_a_look(desk: Desk, address: str) -> None:
    assert "addresses like this one" in desk.sign_up(address)
    assert desk.letters.sent == []


def test_a_slip_in_a_common_domain_is_asked_about_once(desk: Desk) -> None:
    asked = desk.sign_up("bob@gmial.com")
    taken = desk.sign_up("bob@gmial.com", sure="bob@gmial.com")

    assert "Did you mean <bdi>bob@gmail.com</bdi>?" in asked
    assert 'name="sure" value="bob@gmial.com"' in asked
    assert 'aria-describedby="problem" autofocus>' in asked
    assert "look at your mail" in taken


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.com", ""),
        ("example.org", ""),
        ("mail.com", ""),
        ("i.ua", ""),
        ("", ""),
    ],
)
def test_a_single_slip_is_found_and_nothing_else(domain: str, meant: str) -> None:
    assert near_miss(domain) == meant


def test_a_form_on_another_site_leads_to_ours_filled_in(desk: Desk) -> None:
    page = desk.client.post("/s/morning", data={"email": "bob@example.org"})

    assert page.status_code == 200
    assert 'value="bob@example.org"' in page.text
    assert desk.letters.sent == []


def test_a_program_with_the_key_signs_people_up_and_learns_nothing_of_them(desk: Desk) -> None:
    answers = [desk.api(email="bob@example.org", ip="192.0.2.7", language="de"), desk.api(email="ann@example.org")]

    assert answers == [202, 202]
    assert [letter["subject"] for letter in desk.letters.sent] == ["Bitte bestätigen: Morning Watch"]


@pytest.mark.parametrize("wording", ["Yes to news: from us", ""])
def test_the_evidence_of_a_programs_sign_up_has_the_words_its_own_form_showed(desk: Desk, wording: str) -> None:
    desk.api(email="bob@example.org", form="app 2.1", wording=wording.replace(": ", ":\u00a0\n"))

    with reading(desk.engine) as conn:
        [(_list, consent)] = subscribers.iter_consents(conn, 2)
    assert (consent.form, consent.wording, consent.wording_version) == ("app 2.1", wording, "")


def test_a_program_is_told_what_it_did_wrong(desk: Desk) -> None:
    assert desk.api("k2", email="bob@example.org") == 401
    assert desk.api(email="bob") == 422
    assert desk.api(email="x@mailinator.com") == 422
    assert desk.api(email="bob@example.org", list="weekly") == 404
    assert [desk.api(email=f"r{n}@example.org", ip="192.0.2.7") for n in range(4)][-1] == 429


def test_of_an_ipv6_customer_all_addresses_count_together() -> None:
    limits = Limits(Policy(per_ip=1))

    first = limits.admit("2001:db8::1", parse_address("a@example.org"), NOW)
    second = limits.admit("2001:db8::2", parse_address("b@example.org"), NOW)

    assert (first, second) == ("", "ip")


def test_what_stands_behind_a_plus_makes_no_other_mailbox_to_be_flooded() -> None:
    limits = Limits(Policy(per_address=1))

    found = [limits.admit("", parse_address(f"{name}@gmail.com"), NOW) for name in ("ann", "ann+1", "Ann+2", "annb")]

    assert found == ["", "address", "address", ""]


def test_a_clock_set_back_turns_nobody_away() -> None:
    limits = Limits(Policy(per_ip=2))

    limits.admit("192.0.2.1", parse_address("a@example.org"), NOW)

    assert limits.admit("192.0.2.1", parse_address("b@example.org"), NOW - timedelta(days=1)) == ""


def test_a_domain_many_share_has_no_limit_of_its_own() -> None:
    limits = Limits(Policy(per_domain=1))

    found = [
        limits.admit("", parse_address(f"r{n}@{domain}"), NOW)
        for n in (1, 2)
        for domain in ("gmail.com", "a.example.org")
    ]

    assert found == ["", "", "", "domain"]


def test_who_confirms_is_welcomed_with_links_of_their_own(desk: Desk) -> None:
    desk.sign_up("bob@example.org", "uk,en;q=0.5")
    path = re.search(r"(/c/\S+)", desk.letters.sent[-1]["text"])[1]

    desk.client.post(path, headers={"Accept-Language": "uk"})

    welcome = desk.letters.sent[-1]
    assert welcome["subject"] == "Вітаємо в Morning Watch"
    assert desk.client.get(re.search(r"(/u/\S+)", welcome["text"])[1]).status_code == 200


def test_who_leaves_on_a_page_gets_a_goodbye_and_who_clicks_once_does_not(desk: Desk) -> None:
    link = desk.path(Purpose.UNSUBSCRIBE, "u")

    desk.client.post(link, data={"List-Unsubscribe": "One-Click"})
    silent = len(desk.letters.sent)
    with writing(desk.engine) as conn:
        answered = Consent(NOW, ConsentHow.DOUBLE_OPT_IN, confirmed_at=NOW)
        subscribers.subscribe(conn, "ann@example.org", "morning", consent=answered, now=NOW, keys=desk.keys)
    desk.client.post(link)
    desk.client.post(link)

    assert silent == 0
    assert [letter["subject"] for letter in desk.letters.sent] == ["You have left Morning Watch"]


def test_the_link_to_ones_data_comes_by_mail_and_shows_gives_and_erases_it(desk: Desk) -> None:
    manage = desk.client.post(desk.path(Purpose.MANAGE, "p"), data={"act": "data"})
    path = re.search(r"(/d/\S+)", desk.letters.sent[-1]["text"])[1]
    shown = desk.client.get(path).text
    given = desk.client.post(path, data={"act": "download"})
    unsure = desk.client.post(path, data={"act": "erase"}).text
    before = desk.known()
    desk.client.post(path, data={"act": "erase", "sure": "yes"})

    assert "ann@example.org" not in manage.text
    assert "ann@example.org" in shown
    assert (given.json()["address"], given.json()["deliveries"]) == ("ann@example.org", ["the edition of 1"])
    assert "if you are sure" in unsure
    assert (before, desk.known(), desk.forgotten) == (["ann@example.org"], [], [1])
    assert desk.client.get(path).status_code == 410


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.MANAGE])
def test_no_link_of_a_newsletter_opens_ones_data(desk: Desk, purpose: Purpose) -> None:
    assert desk.client.get(desk.path(purpose, "d")).status_code == 404


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9", "de"),
        ("fr,ar;q=0.3", "ar"),
        ("en;q=0.2,uk;q=0.8", "uk"),
        ("fr", "en"),
        ("de;q=0", "en"),
        ("?;;,", "en"),
    ],
)
def test_a_page_speaks_the_language_a_browser_asks_for(accepted: str, language: str) -> None:
    assert choose_language(accepted) == language


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=b"])
def test_a_form_that_is_not_utf8_is_refused(desk: Desk, kind: str) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="email"\r\n\r\n\xff\xfe@example.org\r\n--b--\r\n'
    body = part if "multipart" in kind else b"email=%ff%fe@example.org"

    answer = desk.client.post("/s/morning", content=body, headers={"Content-Type": kind})

    assert (answer.status_code, answer.text) == (400, "The request is not UTF-8.")


@pytest.mark.parametrize(
    ("asked", "status", "field"),
    [
        ({"list": "morning"}, 422, "email"),
        ({"email": "bob@example.org", "list": "morning\0"}, 422, "list"),
        ({"email": "bob@example.org", "list": "morning", "ip": "<script>"}, 422, "ip"),
        ({"email": "bob@example.org", "list": "morning", "form": "a\0b"}, 422, "form"),
        ({"email": "bob@example.org", "list": "morning", "name": ["x"]}, 422, "name"),
        (["list"], 400, None),
        ("{", 400, None),
    ],
)
def test_a_program_is_told_in_json_what_is_wrong(desk: Desk, asked: object, status: int, field: str | None) -> None:
    body = asked if isinstance(asked, str) else json.dumps(asked)
    headers = {"Authorization": "Bearer k1", "Content-Type": "application/json"}

    answer = desk.client.post("/api/sign-up", content=body.encode(), headers=headers)

    assert answer.status_code == status
    assert answer.json()["error"].startswith(field or "the request is no JSON object")
    assert answer.json().get("field") == field


def test_a_name_is_kept_on_one_line_without_control_characters(desk: Desk) -> None:
    asked = {"list": "morning", "email": "bob@example.org", "name": "Bob\r\nBcc: x\0\x1b[2J"}
    headers = {"Authorization": "Bearer k1", "Content-Type": "application/json"}

    assert desk.client.post("/api/sign-up", content=json.dumps(asked), headers=headers).status_code == 202

    with reading(desk.engine) as conn:
        assert subscribers.find_subscriber(conn, "bob@example.org").name == "Bob Bcc: x[2J"


def test_a_sign_up_that_nobody_confirmed_names_nobody_who_is_known(desk: Desk) -> None:
    desk.sign_up("ann@example.org", name="A Stranger")

    with reading(desk.engine) as conn:
        assert subscribers.find_subscriber(conn, "ann@example.org").name == ""


def test_an_arabic_page_runs_from_right_to_left_and_keeps_the_words_as_evidence(desk: Desk) -> None:
    page = desk.client.get("/s/morning", headers={"Accept-Language": "ar"}).text
    desk.sign_up("bob@example.org", "ar")

    assert '<html lang="ar" dir="rtl">' in page
    with reading(desk.engine) as conn:
        _list, consent = next(subscribers.iter_consents(conn, 2))
    assert consent.wording_version == "1-ar"
    assert consent.wording in page.replace("<bdi>", "").replace("</bdi>", "")
    assert "<h1><bdi>Morning Watch</bdi></h1>" in page
    assert "<title>Morning Watch · Courier</title>" in page


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_every_sentence_is_said_in_every_language_with_the_same_slots(language: str) -> None:
    with (templates_dir() / "pages" / "languages" / f"{language}.po").open("rb") as file:
        said = {message.id: message.string for message in read_po(file) if message.id}

    assert {text for text in _sentences() if not said.get(text)} == set()
    assert set(said) - _sentences() == set()
    assert {text for text in said if _slots(text) != _slots(said[text])} == set()


def _sentences() -> set[str]:
    templates = extract_from_dir(
        templates_dir() / "pages", [("**.html", "jinja2"), ("**.txt", "jinja2")], keywords={"_": None}
    )
    web = Path(subscribers.__file__).parent / "web"
    found = {message for _file, _line, message, _comments, _context in templates}
    for path in web.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "say":
                found.add(ast.literal_eval(node.args[0]))
    return found | {WORDING}


def _slots(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)s|\{\w+\}", text))


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ("To: leave+{token}@courier.example", True),
        ("To: Leave <leave+{lower}@courier.example>", True),
        ("To: leave@courier.example\nSubject: unsubscribe {token}", True),
        ("To: leave+{token}@courier.example\nAuto-Submitted: no", True),
        ("To: leave+{token}@courier.example\nAuto-Submitted: auto-replied", None),
        ("To: leave@courier.example\nSubject: please stop", None),
        ("To: leave+{manage}@courier.example", None),
    ],
)
def test_a_mail_to_the_unsubscribe_mailbox_leaves_unless_a_machine_sent_it(
    desk: Desk, headers: str, left: bool | None
) -> None:
    options = {"subscriber_id": 1, "list_number": 1}
    tokens = {
        "token": sign(desk.keys, Purpose.UNSUBSCRIBE, **options),
        "lower": sign(desk.keys, Purpose.UNSUBSCRIBE, fold_safe=True, **options).lower(),
        "manage": sign(desk.keys, Purpose.MANAGE, **options),
    }

    with writing(desk.engine) as conn:
        found = leave_by_mail(conn, f"{headers.format(**tokens)}\n\nHello\n".encode(), now=NOW, keys=desk.keys)

    assert found is left


def test_housekeeping_forgets_what_is_due_once_an_hour(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        old = Consent(NOW - timedelta(days=90), ConsentHow.SINGLE_OPT_IN, ip="192.0.2.1")
        subscribers.subscribe(conn, "old@example.org", "morning", consent=old, now=old.at, keys=desk.keys)
        subscribers.unsubscribe(conn, 2, "morning", now=NOW - timedelta(days=40), keys=desk.keys)
        rules = Retention(ended=timedelta(days=30), ip=timedelta(days=60))
        options = {"now": NOW, "on_forget": lambda _conn, number: desk.forgotten.append(number)}
        first, again = keep_house(conn, rules, **options), keep_house(conn, rules, **options)
        reason = subscribers.is_suppressed(conn, "old@example.org", "morning", desk.keys)

    assert (first.ended, again) == (1, None)
    assert desk.forgotten == [2]
    assert desk.known() == ["ann@example.org"]
    assert reason is SuppressionReason.UNSUBSCRIBED


def test_a_clock_that_was_ahead_once_does_not_keep_housekeeping_from_its_work(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        ahead = keep_house(conn, Retention(), now=NOW + timedelta(days=400))

        assert (ahead, keep_house(conn, Retention(), now=NOW)) == (Kept(), Kept())


def test_housekeeping_blanks_old_ip_addresses_and_keeps_the_evidence(desk: Desk) -> None:
    with writing(desk.engine) as conn:
        old = Consent(NOW - timedelta(days=90), ConsentHow.SINGLE_OPT_IN, ip="192.0.2.1")
        subscribers.subscribe(conn, "old@example.org", "morning", consent=old, now=old.at, keys=desk.keys)
        kept = keep_house(conn, Retention(ip=timedelta(days=60)), now=NOW)
        consents = [consent.ip for _, consent in subscribers.iter_consents(conn, 2)]

    assert (kept.addresses, kept.is_anything, consents) == (1, True, [""])
