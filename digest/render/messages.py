"""Renders the short mails that are no edition: confirm a sign-up, welcome, a proof to the staff, an alarm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from digest.render import plaintext
from digest.render.inline import inline
from digest.render.templates import render_template, templates_dir
from digest.render.theme import find_theme
from digest.render.words import direction


@dataclass(frozen=True, slots=True)
class Message:
    """One finished short mail, as a Mailer takes it."""

    subject: str
    html: str
    text: str


def render_message(name: str, values: Mapping[str, Any], *, language: str = "en") -> Message:
    """Render ``templates/messages/NAME``: its subject, HTML and text templates, with the given values.

    Raises RenderError naming the template's file and line, also when a value it needs was not given.
    """
    folders = (templates_dir() / "messages", templates_dir() / "editions")
    settings = dict(find_theme("broadsheet").settings)
    context = {**values, "language": language, "dir": direction(language), "theme": settings}
    subject = " ".join(render_template(folders, f"{name}.subject.text.j2", context).split())
    html = inline(render_template(folders, f"{name}.html.j2", {**context, "subject": subject}).strip() + "\n")
    text = plaintext.tidy(render_template(folders, f"{name}.text.j2", {**context, "subject": subject}))
    return Message(subject, html, text)
