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
from subscribers.resources import ENGLISH
from subscribers.signups import Limits, Policy
from subscribers.tokens import KeyRing
from subscribers.web.data import add_data
from subscribers.web.interface import add_interface
from subscribers.web.joining import add_confirming, add_sign_up
from subscribers.web.leaving import add_leaving
from subscribers.web.preferences import add_preferences
from subscribers.web.site import AlsoKnown, Companions, Context, Courtesy, OnForget, Pages, Sections, SmallRequests

__all__ = ["Courtesy", "Pages", "router"]


def router(
    *,
    engine: sa.Engine,
    keys: KeyRing,
    clock: Callable[[], datetime],
    site_name: str,
    site_url: str,
    site_address: str = "",
    mailer_of: Callable[[str], Mailer | None],
    sections_of: Sections = lambda _list_id: (),
    companions_of: Companions = lambda _list_id: (),
    policy: Policy | None = None,
    courtesy: Courtesy | None = None,
    keep_ip: bool = True,
    language: str = ENGLISH,
    on_forget: OnForget | None = None,
    api_key: str = "",
    also_known: AlsoKnown = lambda _conn, _subscriber_id: {},
) -> APIRouter:
    """Make the routes ``/u /p /s /c /d`` and ``/api/sign-up``, to be mounted at the site's root.

    ``site_address`` is the postal address that every mail carries. ``mailer_of`` gives the mailer of a list; without
    one nobody can sign up to it. ``sections_of`` names the sections (id, title) a list's readers may choose from,
    ``companions_of`` the lists they may join on the same page. ``policy`` limits sign-ups. ``keep_ip`` says whether
    evidence of consent holds the reader's IP address. ``language`` is for browsers that ask for none of ours. Without
    an ``api_key`` there is no interface for programs. ``also_known`` adds to a reader's own data what other packages
    keep, and ``on_forget`` erases it.
    """
    context = Context(
        Site(site_name, site_url.rstrip("/"), site_address),
        language,
        engine,
        keys,
        clock,
        mailer_of,
        sections_of,
        companions_of,
        Limits(policy or Policy()),
        courtesy or Courtesy(),
        keep_ip,
        on_forget,
        api_key,
        also_known,
    )
    made = APIRouter(route_class=SmallRequests, include_in_schema=False)
    for add in (add_leaving, add_preferences, add_data, add_sign_up, add_confirming, add_interface):
        add(made, context)
    return made
