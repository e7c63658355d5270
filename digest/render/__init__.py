"""Turns an edition into mail: the theme's HTML and text once a variant, encoded once, joined once a reader."""

from digest.render.encode import LONGEST_PLAIN, Encoded, compile_message, is_plain, ready_address
from digest.render.headers import URL_LIMIT, MailHeaders, is_plain_url, message_id, message_ids, url_warning
from digest.render.inline import inline
from digest.render.messages import Message, render_message
from digest.render.pictures import prepare as prepare_picture
from digest.render.slots import SLOTS
from digest.render.templates import templates_dir
from digest.render.theme import Theme, find_theme, list_themes
from digest.render.variant import fill, render_variant, source_html
from digest.render.words import language, reason

__all__ = [
    "LONGEST_PLAIN",
    "SLOTS",
    "URL_LIMIT",
    "Encoded",
    "MailHeaders",
    "Message",
    "Theme",
    "compile_message",
    "fill",
    "find_theme",
    "inline",
    "is_plain",
    "is_plain_url",
    "language",
    "list_themes",
    "message_id",
    "message_ids",
    "prepare_picture",
    "ready_address",
    "reason",
    "render_message",
    "render_variant",
    "source_html",
    "templates_dir",
    "url_warning",
]
