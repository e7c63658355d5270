"""A story written from right to left in an edition written from left to right."""

from __future__ import annotations

import email
import re

import pytest

from tests.acceptance.workspace import SETTINGS, Workspace

HEADLINE = "افتتاح جسر الميناء من جديد"
TEXT = "افتتح المهندسون جسر الميناء صباح اليوم بعد شهور من العمل. وقال السائقون إن الطريق صار أقصر."


@pytest.mark.parametrize("theme", ["broadsheet", "letter", "briefing"])
def test_its_words_turn_round_and_the_editions_own_do_not(courier: Workspace, theme: str) -> None:
    courier.settings(SETTINGS + f'theme = "{theme}"\n')
    courier.story("bridge", "Harbour bridge", section="news")
    courier.story("school", "School budget")
    courier.story("jisr", HEADLINE, TEXT * 30, language="ar")
    courier.run("subscribers", "add", "ada@example.org", "--list", "morning")
    courier.run("gather")
    assert courier.run("edit", "morning/2026-01-05", "--lead", "bridge").code in (0, 2)
    assert courier.run("run", "morning").code == 0

    mail = email.message_from_bytes(courier.mails()[0].read_bytes())
    page = next(p for p in mail.walk() if p.get_content_type() == "text/html").get_payload(decode=True).decode()

    turned = re.findall(r'<(div|li|p)[^>]*dir="rtl"[^>]*>(.*?)</\1>', page, re.DOTALL)
    assert any("الميناء" in inside for _, inside in turned)
    assert not any("min" in inside for _, inside in turned)
