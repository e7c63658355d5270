"""The readers' pages: leave, choose, sign up, confirm. Nothing here changes on GET or HEAD, and nothing sets a cookie.

Links in mails are opened by scanners; forwarded mails are opened by others. So a link only ever shows a page with a
button, the address is masked, and what is done needs a POST. A sign-up answers everybody alike.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from fastapi import APIRouter

from subscribers.consent import Mailer, Site
from subscribers.tokens import KeyRing
from subscribers.web.joining import add_confirming, add_sign_up
from subscribers.web.leaving import add_leaving
from subscribers.web.preferences import add_preferences
from subscribers.web.site import Context, Sections, SmallRequests

__all__ = ["router"]


def router(
    *,
    engine: sa.Engine,
    keys: KeyRing,
    clock: Callable[[], datetime],
    site_name: str,
    site_url: str,
    mailer: Mailer | None,
    sections_of: Sections = lambda _list_id: (),
    keep_ip: bool = True,
) -> APIRouter:
    """Make the routes ``/u/TOKEN``, ``/p/TOKEN``, ``/s/LIST`` and ``/c/TOKEN``, to be mounted at the site's root.

    ``sections_of`` names the sections (id, title) a list's readers may choose from. Without a mailer nobody can sign
    up. ``keep_ip`` says whether evidence of consent holds the reader's IP address.
    """
    context = Context(engine, keys, clock, Site(site_name, site_url.rstrip("/")), mailer, sections_of, keep_ip)
    made = APIRouter(route_class=SmallRequests, include_in_schema=False)
    add_leaving(made, context)
    add_preferences(made, context)
    add_sign_up(made, context)
    add_confirming(made, context)
    return made
