"""How well the shipped themes are supported by mail programs, weighed by their shares, beside any other mail.

``--vendor FILE`` writes the reduced tables of the lint anew from caniemail's own JSON.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from digest import job, mailing
from digest.cli.opening import workspace
from digest.lint import SHARES, support
from digest.model import EditionKey
from digest.newsroom import Newsroom
from digest.samples import SAMPLES_DAY, SAMPLES_NOW, copy_newsroom
from digest.settings import SECRETS_FILE, make_secrets
from digest.store import StoredEdition

THEMES = ("broadsheet", "letter", "briefing")
TABLES = Path("digest/lint/data/caniemail.json")
CLIENTS = (
    *("apple-mail.ios", "apple-mail.macos", "gmail.desktop-webmail", "gmail.ios", "gmail.android"),
    *("gmail.mobile-webmail", "outlook.windows", "outlook.windows-mail", "outlook.outlook-com", "outlook.macos"),
    *("outlook.ios", "outlook.android", "yahoo.desktop-webmail", "yahoo.ios", "yahoo.android", "aol.desktop-webmail"),
    *("samsung-email.android", "thunderbird.macos", "protonmail.desktop-webmail", "protonmail.ios"),
    *("protonmail.android", "hey.desktop-webmail", "fastmail.desktop-webmail", "gmx.desktop-webmail"),
    *("web-de.desktop-webmail", "orange.desktop-webmail", "mail-ru.desktop-webmail"),
)


def vendor(source: Path) -> None:
    """Reduce caniemail's JSON to one letter a feature and client: y, a(lmost), n, u(nknown), of the newest version."""
    read = json.loads(source.read_text("utf-8"))
    features = {
        entry["slug"]: "".join(_letter(entry["stats"], *client.split(".")) for client in CLIENTS)
        for entry in read["data"]
        if entry["category"] in ("css", "html", "image")
    }
    document = {"source": "caniemail", "as_of": read["last_update_date"][:10], "clients": CLIENTS, "features": features}
    TABLES.write_text(json.dumps(document, indent=1) + "\n", "utf-8")


def run(argv: list[str]) -> int:
    """Print the scores as a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks support")
    parser.add_argument("--mail", action="append", default=[], type=Path, help="an HTML file to judge beside them")
    parser.add_argument("--vendor", type=Path, help="caniemail's JSON, to reduce")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(argv)
    if asked.vendor:
        vendor(asked.vendor)
    pages = {theme: _page(theme) for theme in THEMES} | {str(p): p.read_text("utf-8") for p in asked.mail}
    found = {name: support(html) for name, html in pages.items()}
    strict = {name: support(html, by_value=False) for name, html in pages.items()}
    if asked.json:
        print(
            json.dumps(
                {
                    name: {"score": f.score, "half": strict[name].score, "clients": f.clients}
                    for name, f in found.items()
                },
                indent=2,
            )
        )
        return 0
    print(f"{'program':<28}{'share':>6}" + "".join(f"{name[-12:]:>13}" for name in found))
    for client, share in SHARES.items():
        print(f"{client:<28}{share:>6.1f}" + "".join(f"{f.clients[client]:>13.1f}" for f in found.values()))
    print(f"{'weighed':<34}" + "".join(f"{f.score:>13.1f}" for f in found.values()))
    print(f"{'every partial support a half':<34}" + "".join(f"{f.score:>13.1f}" for f in strict.values()))
    for name, each in found.items():
        print(f"{name}: outlook.windows lacks {', '.join(each.lacking['outlook.windows'])}")
    return 0


def _letter(stats: dict[str, Any], family: str, platform: str) -> str:
    versions = stats.get(family, {}).get(platform, {})
    return list(versions.values())[-1][0] if versions else "u"


@contextmanager
def sample(theme: str, more: str = "") -> Iterator[tuple[Newsroom, StoredEdition]]:
    """Open the sample newsroom with its edition in a theme; ``more`` are further keys of the newsletter."""
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        copy_newsroom(room)
        make_secrets(room / SECRETS_FILE)
        settings = room / "digest.toml"
        dressed = re.sub(r'theme = ".*?"', f'theme = "{theme}"\n{more}', settings.read_text("utf-8"))
        settings.write_text(dressed, "utf-8")
        with workspace(lambda: SAMPLES_NOW, settings) as newsroom:
            job.gather(dataclasses.replace(newsroom, clock=lambda: SAMPLES_NOW - timedelta(minutes=10)))
            yield newsroom, job.draft(newsroom, EditionKey("morning", SAMPLES_DAY)).stored


def _page(theme: str) -> str:
    with sample(theme) as (newsroom, stored):
        return mailing.proof(newsroom, stored).html
