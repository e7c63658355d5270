"""Who is told when an edition does not go, by ways of their own: a signed webhook, a ping that stops, /healthz."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from digest.cli.opening import workspace
from digest.web.app import make_app
from tests.acceptance.workspace import SETTINGS, Workspace
from tests.browser import Browser

BEGAN, DUE = "2026-01-04T20:00:00+00:00", "2026-01-05T11:30:05+00:00"
KEY = "a key of the desk"


@dataclass
class Desk:
    """A server of the newsroom's own that takes webhooks and pings and answers with ``status``."""

    port: int = 0
    status: int = 200
    asked: list[tuple[str, str, str, bytes]] = field(default_factory=list)

    def bodies(self) -> list[dict[str, object]]:
        return [json.loads(body) for method, _, _, body in self.asked if method == "POST"]

    def pings(self) -> int:
        return sum(path == "/ping" for _, path, _, _ in self.asked)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Return a listening desk."""
    made = Desk()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            made.asked.append((self.command, self.path, self.headers.get("digest-signature", ""), body))
            self.send_response(made.status)
            self.send_header("content-length", "0")
            self.end_headers()

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


@pytest.fixture
def begun(staffed: Workspace, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Return a workspace whose alarms go to the desk, and whose schedule began yesterday."""
    monkeypatch.setenv("DESK_KEY", KEY)
    alerts = f"""
[alerts]
to = ["desk@example.org"]
folder = "alarms"
webhook = "http://127.0.0.1:{desk.port}/alarm"
webhook_secret_env = "DESK_KEY"
ping = "http://127.0.0.1:{desk.port}/ping"
allow_private = true
"""
    staffed.settings(SETTINGS.replace('not_after = "10:30"', 'not_after = "10:30"\nalarm_at = "07:00"') + alerts)
    staffed.now = BEGAN
    staffed.run("tick")
    return staffed


def starve(courier: Workspace) -> None:
    """Ask for more stories than there are, so that the edition is withheld."""
    path = courier.folder / "digest.toml"
    path.write_text(path.read_text().replace('time = "06:30"', 'time = "06:30"\nminimum_stories = 9'))


def health(courier: Workspace, now: str) -> int:
    clock = datetime.fromisoformat(now)
    with workspace(lambda: clock, courier.folder / "digest.toml") as newsroom:
        return Browser(make_app(newsroom)).get("/healthz").status_code


def test_a_withheld_edition_is_told_by_a_webhook_that_proves_whose_it_is(begun: Workspace, desk: Desk) -> None:
    starve(begun)
    begun.now = DUE
    begun.run("tick")

    method, path, signed, body = desk.asked[0]
    moment, mac = (part.partition("=")[2] for part in signed.split(","))
    assert (method, path) == ("POST", "/alarm")
    assert mac == hmac.new(KEY.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    assert "3 stories and needs 9" in str(desk.bodies()[0]["problem"])


def test_a_finished_edition_is_told_by_a_ping_and_by_no_alarm(begun: Workspace, desk: Desk) -> None:
    begun.now = DUE
    begun.run("tick")

    assert (desk.pings(), desk.bodies()) == (1, [])


def test_an_edition_that_did_not_go_is_not_pinged(begun: Workspace, desk: Desk) -> None:
    starve(begun)
    begun.now = DUE
    begun.run("tick")

    assert desk.pings() == 0


def test_a_webhook_that_fails_leaves_the_mail_and_an_entry_in_the_log(begun: Workspace, desk: Desk) -> None:
    desk.status = 500
    starve(begun)
    begun.now = DUE
    begun.run("tick")

    assert len(list((begun.folder / "alarms" / "new").iterdir())) == 1
    assert "answered with 500" in begun.run("log", "morning").out


def test_health_fails_from_the_moment_of_alarm_until_the_edition_went(begun: Workspace) -> None:
    before = health(begun, "2026-01-05T11:59:00+00:00")
    after = health(begun, "2026-01-05T12:00:30+00:00")
    begun.now = "2026-01-05T12:01:00+00:00"
    begun.run("tick")

    assert (before, after, health(begun, "2026-01-05T12:02:00+00:00")) == (200, 503, 200)


def test_the_same_alarm_is_told_once_an_hour(begun: Workspace, desk: Desk) -> None:
    starve(begun)
    for moment in (DUE, "2026-01-05T11:45:00+00:00", "2026-01-05T12:31:00+00:00"):
        begun.now = moment
        begun.run("tick")

    withheld = [body for body in desk.bodies() if str(body["name"]).startswith("withheld:")]
    assert len(withheld) == 2


def test_a_day_of_weak_stories_is_withheld_and_says_so(begun: Workspace) -> None:
    path = begun.folder / "digest.toml"
    path.write_text(path.read_text().replace('time = "06:30"', 'time = "06:30"\nminimum_score = 1000.0'))
    begun.now = DUE
    ran = begun.run("tick")
    left_out = begun.run("build", "morning", "--day", "2026-01-05", "--json").json["left_out"]

    assert (ran.code, begun.mails()) == (3, [])
    assert {"of a score under 1000" in str(each) for each in left_out} == {True}
