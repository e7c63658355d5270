"""What the mails of sign-up and leaving say, in every language."""

from __future__ import annotations

import pytest

from subscribers.consent import Site, send_message
from subscribers.languages import LANGUAGES
from subscribers.model import List

SITE = Site("Courier", "https://courier.example", "1 Quay Street & Mole, Harbor")
URLS = dict.fromkeys(("url", "preferences_url", "unsubscribe_url"), "https://courier.example/x")


class Letter:
    """A mailer that keeps the one mail it is given."""

    def send(self, *, to: str, subject: str, text: str, html: str) -> None:
        del to
        self.subject, self.text, self.html = subject, text, html


def letter(name: str, language: str, site: Site = SITE) -> Letter:
    sent = Letter()
    send_message(sent, "ann@example.org", name, language, site=site, list=List("morning", "Morning Watch"), **URLS)
    return sent


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["confirm", "welcome", "goodbye", "data"])
def test_every_mail_carries_the_postal_address(name: str, language: str) -> None:
    sent = letter(name, language)

    assert sent.text.endswith("Courier\nhttps://courier.example\n1 Quay Street & Mole, Harbor\n")
    assert "1 Quay Street &amp; Mole, Harbor" in sent.html


def test_a_site_that_gives_no_address_leaves_no_gap() -> None:
    assert letter("confirm", "en", Site("Courier", "https://courier.example")).text.endswith(
        "https://courier.example\n"
    )


@pytest.mark.parametrize(("language", "name"), [("ar", "\u2068Morning Watch\u2069"), ("de", " Morning Watch ")])
def test_a_name_in_a_text_from_right_to_left_is_set_apart_from_it(language: str, name: str) -> None:
    sent = letter("confirm", language)

    assert name in sent.text
    assert ("\u2068" in sent.text) == (language == "ar")
    assert "<bdi>Morning Watch</bdi>" in sent.html
    assert "\u2068" not in sent.html + sent.subject
