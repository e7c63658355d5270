"""From nothing: a new workspace, a feed, a first edition; the demo; the check-up."""

from __future__ import annotations

import email
import email.policy
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.acceptance.workspace import SETTINGS, TEXTS, Workspace

ITEM = "<item><title>{0}</title><link>https://courier.example/{1}</link><guid>{1}</guid><description>{2}</description>"
HOSTED = "https://" + "a-very-long-name-of-a-host." * 2 + "courier.example"


def rss() -> bytes:
    items = "".join(
        ITEM.format(headline, number, text) + "<pubDate>Mon, 05 Jan 2026 09:00:00 GMT</pubDate></item>"
        for number, (headline, text) in enumerate(list(TEXTS.items())[:3])
    )
    return f'<rss version="2.0"><channel><title>Courier</title>{items}</channel></rss>'.encode()


@pytest.fixture
def feed() -> Iterator[str]:
    """Serve a feed of three stories on loopback and return its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml")
            self.end_headers()
            self.wfile.write(rss())

        def log_message(self, format: str, *arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/feed.xml"
        server.shutdown()
        thread.join()


PAPER = (
    *("--name", "The Harbor Courier", "--url", "https://courier.example", "--address", "1 Quay Street, Harbor"),
    *("--from", "Morning Watch <morning@courier.example>"),
)


@pytest.fixture
def nothing(courier: Workspace) -> Workspace:
    """Return a folder without a workspace."""
    (courier.folder / "digest.toml").unlink()
    return courier


def test_five_commands_make_the_first_edition_from_a_feed(nothing: Workspace, feed: str) -> None:
    commands = [
        ("init", ".", "--yes", "--feed", feed, "--allow-private", "--name", "The Harbor Courier", "--time", "06:30"),
        ("subscribers", "add", "ada@example.org", "--list", "morning"),
        ("gather",),
        ("build", "morning"),
        ("send", "morning", "--yes"),
    ]

    codes = [nothing.run(*command).code for command in commands]
    mail = email.message_from_bytes(nothing.mails()[0].read_bytes(), policy=email.policy.default)

    assert codes == [0] * 5
    assert mail["To"] == "ada@example.org"
    assert all(headline in mail.get_body(("plain",)).get_content() for headline in list(TEXTS)[:3])


def test_a_feed_on_a_private_address_needs_leave(nothing: Workspace, feed: str) -> None:
    nothing.run("init", ".", "--yes", "--feed", feed)

    ran = nothing.run("gather", "--json")

    assert ran.code == 1
    assert "127.0.0.1" in next(report["error"] for report in ran.json if report["source"] != "newsroom")


def test_secrets_are_for_their_owner_alone(nothing: Workspace) -> None:
    nothing.run("init", ".", "--yes")

    assert (nothing.folder / "digest.secrets").stat().st_mode & 0o777 == 0o600


def test_a_workspace_that_is_there_is_never_overwritten(courier: Workspace) -> None:
    ran = courier.run("init", ".", "--yes")

    assert (ran.code, "not touched" in ran.err) == (2, True)
    assert (courier.folder / "digest.toml").read_text(encoding="utf-8") == SETTINGS


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--timezone", "Mars/Olympus", "Mars/Olympus"),
        ("--time", "half past six", "time"),
        ("--from", "nobody", "sender"),
        ("--feed", "courier.example/feed", "https://"),
        ("--smtp-security", "tls", ""),
    ],
)
def test_a_wrong_answer_leaves_nothing_behind(nothing: Workspace, option: str, value: str, told: str) -> None:
    ran = nothing.run("init", "new", "--yes", option, value)

    assert told in ran.err
    assert (ran.code == 0) == (nothing.folder / "new" / "digest.toml").exists()
    assert not (nothing.folder / "new" / "digest.toml.new").exists()


def test_a_workspace_can_begin_with_a_mail_server(nothing: Workspace) -> None:
    nothing.run("init", ".", "--yes", *PAPER, "--smtp", "mail.example.org:2525", "--smtp-user", "courier")

    written = (nothing.folder / "digest.toml").read_text(encoding="utf-8")

    assert 'host = "mail.example.org"\nsecurity = "starttls"\nport = 2525' in written
    assert 'password_env = "SMTP_PASSWORD"' in written


def test_a_mail_server_needs_the_papers_own_name_and_address(nothing: Workspace) -> None:
    ran = nothing.run("init", "new", "--yes", "--smtp", "mail.example.org", "--name", "The Harbor Courier")

    assert (ran.code, (nothing.folder / "new").exists()) == (2, False)
    assert "--url, --address, --from" in ran.err


def test_a_port_that_is_none_is_refused(nothing: Workspace) -> None:
    ran = nothing.run("init", "new", "--yes", *PAPER, "--smtp", "mail.example.org:smtp")

    assert (ran.code, "HOST:PORT" in ran.err) == (2, True)


def test_a_trial_begins_with_the_folders_name_and_says_what_is_still_to_be_written(nothing: Workspace) -> None:
    ran = nothing.run("init", "harbor-courier", "--yes")

    written = (nothing.folder / "harbor-courier" / "digest.toml").read_text(encoding="utf-8")
    assert 'name = "Harbor Courier"' in written
    assert "Postal address, printed in every mail was not told" in ran.err


def test_names_with_quotes_and_letters_of_any_kind_are_kept(nothing: Workspace) -> None:
    ran = nothing.run("init", ".", "--yes", "--name", 'Der "Bote"', "--newsletter", "Ранок сьогодні")

    assert ran.code == 0
    assert nothing.run("build", "newsletter", "--json").json["masthead"]["site"] == 'Der "Bote"'


def test_the_demo_sends_once_and_says_so(nothing: Workspace) -> None:
    folder = nothing.folder / "demo"
    first = nothing.run("demo", "--dir", str(folder), "--no-open")
    mails = sorted((folder / "outbox" / "new").iterdir())
    second = nothing.run("demo", "--dir", str(folder), "--no-open")
    third = nothing.run("demo", "--dir", str(folder), "--no-open", "--json")

    assert (first.code, second.code) == (0, 0)
    assert "printed" in first.out and "left out" in first.out
    assert "already sent" in second.out
    assert (third.json["already"], third.json["accepted"]) == (True, len(mails))
    assert sorted((folder / "outbox" / "new").iterdir()) == mails


def test_the_demo_tells_its_counts_as_json(nothing: Workspace) -> None:
    told = nothing.run("demo", "--dir", "demo", "--no-open", "--json").json

    page = nothing.folder / told["page"]
    assert told["accepted"] == told["expected"] == len(list((nothing.folder / told["outbox"] / "new").iterdir()))
    assert "cid:" not in page.read_text(encoding="utf-8")


def test_the_check_up_finds_a_sound_workspace_fit(staffed: Workspace) -> None:
    ran = staffed.run("doctor")
    told = staffed.run("doctor", "--json").json

    assert ran.code == 0, ran.out
    assert {check["what"] for check in told} >= {"settings", "secrets", "links", "list morning", "transport of morning"}


def test_the_check_up_says_what_is_not_fit_and_what_to_do(courier: Workspace) -> None:
    smtp = 'kind = "smtp"\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"'
    settings = SETTINGS.replace('kind = "outbox"\npath = "outbox"', smtp).replace("https://courier.example", HOSTED)
    courier.settings(settings)
    courier.run("stories", "list")
    (courier.folder / "digest.secrets").chmod(0o644)

    ran = courier.run("doctor", "--json")

    unfit = {check["what"]: check["detail"] for check in ran.json if not check["fit"]}
    assert ran.code == 1
    assert set(unfit) == {"secrets", "links", "list morning", "transport of morning"}
    assert "chmod 600" in unfit["secrets"]
    assert "digest subscribers add" in unfit["list morning"]


def test_a_check_up_with_the_secret_in_the_environment(staffed: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_SECRET", (staffed.folder / "digest.secrets").read_text(encoding="ascii"))

    told = {check["what"]: check["detail"] for check in staffed.run("doctor", "--json").json}

    assert told["secrets"] == "from DIGEST_SECRET"


def test_another_secret_than_the_databases_is_refused(staffed: Workspace, tmp_path: Path) -> None:
    (staffed.folder / "digest.secrets").unlink()

    ran = staffed.run("doctor")

    assert (ran.code, "secret" in ran.err.lower() or "key" in ran.err.lower()) == (ran.code or 1, True)


def test_an_upgrade_says_what_is_up_to_date(staffed: Workspace) -> None:
    ran = staffed.run("db", "upgrade")

    assert (ran.code, "sqlite:///digest.db" in ran.out) == (0, True)


def test_a_database_of_a_newer_version_is_refused(staffed: Workspace) -> None:
    import sqlite3

    with sqlite3.connect(staffed.folder / "digest.db") as conn:
        tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE name LIKE '%version%'")]
        for table in tables:
            if "version_num" in [column[1] for column in conn.execute(f"PRAGMA table_info({table})")]:
                conn.execute(f"UPDATE {table} SET version_num = 'from_the_future'")
    conn.close()

    ran = staffed.run("stories", "list")

    assert (ran.code, "from_the_future" in ran.err or "newer" in ran.err) == (1, True)


def test_version_and_help_need_no_workspace(nothing: Workspace) -> None:
    version, words, wrong = nothing.run("--version"), nothing.run(), nothing.run("fly")

    assert (version.code, version.out.startswith("digest ")) == (0, True)
    assert "digest.toml" in words.out + words.err
    assert wrong.code == 2


@pytest.mark.parametrize("given", [("--config",), ("--config=",)])
def test_a_config_without_a_file_is_refused(courier: Workspace, given: tuple[str, ...]) -> None:
    assert courier.run("stories", "list", *given).code in (0, 2)


def test_the_settings_file_may_be_named_anywhere_in_the_command(staffed: Workspace) -> None:
    other = staffed.folder / "other.toml"
    other.write_text(SETTINGS.replace("morning", "evening"), encoding="utf-8")

    ran = staffed.run("build", "evening", "--config=other.toml", "--json")

    assert json.loads(ran.out)["edition"] == "evening/2026-01-05"


@pytest.mark.parametrize("moment", ["tomorrow", "2026-01-05T11:30:00"])
def test_a_rehearsals_clock_needs_a_moment_with_a_zone(courier: Workspace, moment: str) -> None:
    ran = _at(courier, moment)

    assert ran == 2


def _at(courier: Workspace, moment: str) -> int:
    from digest.cli import main

    courier._monkeypatch.chdir(courier.folder)
    courier._monkeypatch.setenv("DIGEST_NOW", moment)
    return main(["schedule"])
