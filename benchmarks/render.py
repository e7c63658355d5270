"""What a mail costs to make: rendering and inlining an edition of twelve stories, and addressing it to one more reader.

Ratios of one run, medians, the ways taking turns. *Render* is the template in its worker and inlining in it, results
forgotten before every pass; beside it stand the same template and both libraries as they come. *Reader* is the whole
way from a claimed delivery to the bytes, tokens signed, beside an ``EmailMessage`` of the same parts made anew.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import css_inline
import premailer

from benchmarks.data import median
from benchmarks.support import sample
from digest.model import Claim, Recipient, Rendered, Variant
from digest.newsroom import Newsroom
from digest.post import Post
from digest.render import fill, inline, render_variant, source_html
from digest.render.templates import forget
from digest.store import StoredEdition

PASSES = 25
READERS = 2000
PARAGRAPH = "The harbour board met on Monday and said how the boats will run from now on. "


def run(argv: list[str]) -> int:
    """Print medians in milliseconds and microseconds, and the ratios."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks render")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    logging.disable(logging.CRITICAL)
    with sample("broadsheet", "top = 12\nbriefs = 0") as (newsroom, stored):
        stories = len(stored.edition.items())
        page_ms = _turns(_ways(stored), PASSES)
        readers = {links: _reader(newsroom, stored, links) for links in (8, 50)}
    found = {
        "stories": stories,
        "render_ms": page_ms,
        "of_premailer_defaults": page_ms["ours, premailer"] / page_ms["premailer as it comes"],
        "of_css_inline": page_ms["ours, css-inline"] / page_ms["css-inline as it comes"],
        "reader": {str(links): cost for links, cost in readers.items()},
    }
    if asked.json:
        print(json.dumps(found, indent=2))
        return 0
    print(f"render and inline {stories} stories, median of {PASSES}, ms")
    for name, spent in page_ms.items():
        print(f"  {name:<26}{spent:>8.2f}")
    print(f"  ours with premailer / premailer as it comes: {found['of_premailer_defaults']:.3f}")
    print(f"  ours with css-inline / css-inline as it comes: {found['of_css_inline']:.2f}")
    for links, cost in readers.items():
        times = f"{cost['ours_us']:.1f} us, EmailMessage {cost['stdlib_us']:.0f} us"
        print(f"reader with {links} links: {times}: 1/{cost['stdlib_us'] / cost['ours_us']:.0f}")
    return 0


def _ways(stored: StoredEdition) -> Mapping[str, Callable[[], Any]]:
    edition = stored.edition
    return {
        "ours, premailer": lambda: render_variant(edition, Variant()),
        "ours, css-inline": lambda: render_variant(edition, Variant(), inliner="css-inline"),
        "premailer as it comes": lambda: premailer.transform(source_html(edition, Variant())),
        "css-inline as it comes": lambda: css_inline.inline(source_html(edition, Variant())),
    }


def _turns(ways: Mapping[str, Callable[[], Any]], passes: int) -> dict[str, float]:
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(passes + 2):
        for name, way in ways.items():
            forget()
            inline.cache_clear()
            began = time.perf_counter()
            way()
            if turn >= 2:
                spent[name].append(1000 * (time.perf_counter() - began))
    return {name: median(times) for name, times in spent.items()}


def _reader(newsroom: Newsroom, stored: StoredEdition, links: int) -> dict[str, float]:
    """Return microseconds for one more reader of a mail with so many links besides the reader's own three."""
    rendered = _with_links(render_variant(stored.edition, Variant()), links)
    post = Post(
        newsroom,
        stored.edition,
        edition_id=stored.id,
        date=newsroom.clock(),
        list_number=1,
        render=lambda variant: rendered,
        codec="wire",
    )
    claims = [Claim(Recipient(n, f"reader{n}@example.org", f"Reader {n}"), 1, 1) for n in range(1, READERS + 1)]
    ways = {
        "ours_us": lambda: [b"".join(post.outgoing(claim).content) for claim in claims],  # type: ignore[arg-type]
        "stdlib_us": lambda: [_stdlib(post, rendered, claim) for claim in claims[: READERS // 20]],
    }
    spent = _turns(ways, 5)
    return {"ours_us": 1000 * spent["ours_us"] / READERS, "stdlib_us": 1000 * spent["stdlib_us"] / (READERS // 20)}


def _with_links(rendered: Rendered, links: int) -> Rendered:
    """Return a mail with the reader's slots and so many other links."""
    marks = rendered.slots
    addresses = [f"https://courier.example/story/{n}" for n in range(links)]
    own = [marks[name] for name in ("unsubscribe_url", "preferences_url", "view_url")]
    rows = "".join(f'<p><a href="{address}">Story</a> {PARAGRAPH}</p>\n' for address in [*addresses, *own])
    text = "\n".join(f"{PARAGRAPH}\n{address}" for address in [*addresses, *own])
    html = f"<html><body>{rows}<p>{marks.get('address', '')}</p></body></html>"
    return Rendered(rendered.subject, rendered.preheader, html, text, marks)


def _stdlib(post: Post, rendered: Rendered, claim: Claim) -> bytes:
    reader = claim.recipient
    values = post.values(reader.subscriber_id, reader.address, reader.name)
    html, text = fill(rendered, values)
    message = EmailMessage(policy=SMTP)
    message["From"] = "Morning Watch <morning@courier.example>"
    message["To"] = f"{reader.name} <{reader.address}>"
    message["Subject"] = rendered.subject
    message["Date"] = "Mon, 05 Jan 2026 11:30:00 +0000"
    message["Message-ID"] = post.message_id(reader.subscriber_id)
    message["List-Unsubscribe"] = f"<{values['unsubscribe_url']}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()
