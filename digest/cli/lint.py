"""``digest lint`` and ``digest shots``: what is wrong with an edition's mail, and how it looks."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from digest import job, mailing, store
from digest.checks import Finding
from digest.cli.opening import edition_key, emit, say, workspace
from digest.errors import RenderError, UnknownThing, UsageError
from digest.lint import RULES, SHARES, support
from digest.newsroom import Newsroom, parse_key
from digest.store import StoredEdition

FORMATS = ("text", "json", "sarif")
WIDTHS = (320, 375, 640)
SCHEMES = ("light", "dark")
_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_TALL_PX = 6000
_PATIENCE_S = 60


def lint(newsletter: str, day: str, slot: str, *, form: str, links: bool = False) -> int:
    """Look an edition's mail over; builds the draft if there is none. 1 when something would stop its send."""
    if form not in FORMATS:
        raise UsageError(f"--format {form}: write one of {', '.join(FORMATS)}.")
    with workspace() as newsroom:
        key = edition_key(newsroom, newsletter, day, slot)
        with newsroom.reading() as conn:
            stored = store.load(conn, key)
        stored = stored or job.draft(newsroom, key).stored
        found = (*job.check(newsroom, stored), *job.ask_around(newsroom, stored, links=links or None))
        found = tuple(sorted(found, key=lambda finding: not finding.blocks))
        if form == "json":
            emit([_document(finding) for finding in found])
        elif form == "sarif":
            emit(_sarif(found, str(key)))
        else:
            for finding in found:
                place = f"  ({finding.where})" if finding.where else ""
                say(f"{'error  ' if finding.blocks else 'warning'}  {finding.rule}: {finding.message}{place}")
            blocking = sum(finding.blocks for finding in found)
            _tell_support(newsroom, stored)
            say(f"{key}: {blocking} errors, {len(found) - blocking} warnings.")
    return 1 if any(finding.blocks for finding in found) else 0


def _tell_support(newsroom: Newsroom, stored: StoredEdition) -> None:
    found = support(mailing.proof(newsroom, stored).html, newsroom.settings.lint.shares or SHARES)
    worst = min(found.clients, key=lambda name: found.clients[name])
    say(f"Mail programs show {found.score:.1f} of 100 as meant; {worst} {found.clients[worst]:.1f}.")


def shots(written: str, folder: Path) -> int:
    """Write PNGs of an edition's mail, every width in light and dark, with the Chromium of this machine."""
    program = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    if program is None:
        raise RenderError(f"No Chromium was found ({', '.join(_CHROMIUM)}); install one to take pictures of a mail.")
    with workspace() as newsroom:
        stored = _stored(newsroom, written)
        proof = mailing.proof(newsroom, stored, pictures="{name}")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as room:
        page = Path(room) / "mail.html"
        page.write_text(proof.html, encoding="utf-8")
        for name, content in proof.pictures:
            (Path(room) / name).write_bytes(content)
        for width in WIDTHS:
            for scheme in SCHEMES:
                target = folder / f"{stored.key.newsletter}-{stored.key.day}-{width}-{scheme}.png"
                _shoot(program, page, target.resolve(), width, scheme)
                say(str(target))
    return 0


def _shoot(program: str, page: Path, target: Path, width: int, scheme: str) -> None:
    command = [
        *(program, "--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-sandbox"),
        f"--window-size={width},{_TALL_PX}",
        # The mail's own pictures lie beside it; whatever else it names must not be asked for.
        *(
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--blink-settings=preferredColorScheme=" + ("0" if scheme == "dark" else "1"),
        ),
        f"--user-data-dir={page.parent / 'profile'}",
        f"--screenshot={target}",
        page.as_uri(),
    ]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise RenderError(f"{program} took no picture within {_PATIENCE_S} s.") from error
    if done.returncode or not target.exists():
        raise RenderError(f"{program} took no picture: {done.stderr.decode(errors='replace').strip()[-300:]}")


def _stored(newsroom: Newsroom, written: str) -> StoredEdition:
    with newsroom.reading() as conn:
        if "/" in written:
            return store.get_edition(conn, parse_key(newsroom, written))
        newsroom.newsletter(written)
        found = next(iter(store.iter_editions(conn, newsletter=written)), None)
    if found is None:
        raise UnknownThing(f"{written} has no edition yet; make one with `digest build {written}`.")
    return found


def _document(finding: Finding) -> dict[str, Any]:
    severity = "error" if finding.blocks else "warning"
    return {"rule": finding.rule, "severity": severity, "message": finding.message, "where": finding.where}


def _sarif(found: tuple[Finding, ...], edition: str) -> dict[str, Any]:
    """Return the findings as SARIF 2.1.0 (OASIS), which build servers show beside the code."""
    results = [
        {
            "ruleId": finding.rule,
            "level": "error" if finding.blocks else "warning",
            "message": {"text": finding.message},
            "locations": [{"logicalLocations": [{"name": edition, "fullyQualifiedName": finding.where or edition}]}],
        }
        for finding in found
    ]
    rules = [{"id": name, "shortDescription": {"text": why}} for name, (_, why) in RULES.items()]
    driver = {"name": "digest lint", "rules": rules}
    return {"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}
