"""Wrong input on the command line: a message that names the thing, the right exit code, nothing lost."""

from __future__ import annotations

import sqlite3

from tests.acceptance.workspace import SETTINGS, Workspace


def test_an_unknown_key_is_named_with_what_is_allowed(courier: Workspace) -> None:
    courier.settings(SETTINGS.replace("[site]", "[site]\ncolour = 3"))

    ran = courier.run("build", "morning")

    assert ran.code == 2
    assert "digest.toml" in ran.err
    assert "'site.colour'" in ran.err
    assert "address, name, url" in ran.err


def test_a_missing_workspace_says_how_to_make_one(courier: Workspace) -> None:
    ran = courier.run("--config", "nowhere.toml", "build", "morning")

    assert ran.code == 2
    assert "digest init" in ran.err


def test_an_unknown_newsletter_names_those_there_are(courier: Workspace) -> None:
    ran = courier.run("build", "evening")

    assert (ran.code, "morning" in ran.err) == (2, True)


def test_an_unreadable_story_does_not_lose_the_others(courier: Workspace) -> None:
    good = courier.story("good", "Good news")
    bad = courier.folder / "bad.md"
    bad.write_bytes(b"---\nheadline: [unclosed\n---\nText.\n")

    ran = courier.run("stories", "add", str(bad), str(good))

    assert ran.code == 1
    assert "bad.md" in ran.err
    assert "Good news" in courier.run("stories", "list").out


def test_a_dead_feed_does_not_stop_the_other_sources(staffed: Workspace) -> None:
    feed = '\n[[sources]]\nname = "wire"\nkind = "feed"\nurl = "http://127.0.0.1:9/feed"\nallow_private = true\n'
    staffed.settings(SETTINGS + feed)

    gathered = staffed.run("gather")
    ran = staffed.run("run", "morning")

    assert gathered.code == 1
    assert "wire" in gathered.err
    assert ran.code == 0
    assert len(staffed.mails()) == 2


def test_an_unreachable_server_loses_nobody(staffed: Workspace) -> None:
    smtp = 'kind = "smtp"\nhost = "127.0.0.1"\nport = 9\nsecurity = "none"'
    staffed.settings(SETTINGS.replace('kind = "outbox"\npath = "outbox"', smtp))

    ran = staffed.run("run", "morning")

    assert ran.code == 1
    assert "127.0.0.1" in ran.err
    report = staffed.run("report", "morning", "--json").json
    assert (report["expected"], report["pending"] + report["deferred"]) == (2, 2)


def test_a_bad_address_is_refused_with_the_reason(courier: Workspace) -> None:
    ran = courier.run("subscribers", "add", "not an address", "--list", "morning")

    assert (ran.code, "not an address" in ran.err) == (1, True)


def test_a_list_nobody_reads_is_said(courier: Workspace) -> None:
    courier.story("good", "Good news")

    ran = courier.run("run", "morning")

    assert ran.code == 3
    assert "no active subscribers" in ran.err


def test_a_bad_day_is_explained(courier: Workspace) -> None:
    ran = courier.run("build", "morning", "--day", "05.01.2026")

    assert ran.code == 2
    assert "YYYY-MM-DD" in ran.err


def test_lost_secrets_are_asked_for_and_never_made_anew(courier: Workspace) -> None:
    courier.run("stories", "list")
    (courier.folder / "digest.secrets").unlink()

    ran = courier.run("report", "morning")

    assert (ran.code, "digest.secrets is missing" in ran.err) == (2, True)
    assert not (courier.folder / "digest.secrets").exists()


def test_foreign_secrets_are_a_matter_of_settings(courier: Workspace) -> None:
    courier.run("stories", "list")
    (courier.folder / "digest.secrets").write_text("ab" * 32 + ";1:" + "cd" * 32 + "\n", encoding="ascii")

    ran = courier.run("report", "morning")

    assert (ran.code, "Put the first secret back" in ran.err, "disk" in ran.err) == (2, True, False)


def test_a_file_that_is_no_database_is_told_once(courier: Workspace) -> None:
    (courier.folder / "digest.db").write_text("a letter to the editor\n" * 300, encoding="utf-8")

    ran = courier.run("report", "morning")

    assert ran.code == 1
    assert ran.err.count("digest.db") == 1 and "not a SQLite database" in ran.err


def test_a_database_that_lost_its_tables_is_told_once(courier: Workspace) -> None:
    courier.run("stories", "list")
    database = sqlite3.connect(courier.folder / "digest.db")
    database.execute("DROP TABLE run_log")
    database.close()

    ran = courier.run("log")

    assert ran.code == 1
    assert ran.err.count("The database") == 1 and ".." not in ran.err


def test_a_theme_that_is_not_there_is_told_before_anything_is_done(courier: Workspace) -> None:
    courier.settings(SETTINGS + 'theme = "nope"\n')

    ran = courier.run("build", "morning")

    assert ran.code == 2
    assert "'morning'" in ran.err
    assert "broadsheet" in ran.err


def test_one_sources_leave_for_private_addresses_is_not_anothers(courier: Workspace) -> None:
    feed = '\n[[sources]]\nname = "{}"\nkind = "feed"\nurl = "http://127.0.0.1:9/{}"\n'
    courier.settings(SETTINGS + feed.format("ours", "a") + "allow_private = true\n" + feed.format("theirs", "b"))

    errors = {report["source"]: report["error"] for report in courier.run("gather", "--json").json}

    assert "refused" in errors["ours"]
    assert "private" in errors["theirs"]


def test_an_address_of_a_feed_is_asked_for_as_it_is_written(courier: Workspace) -> None:
    feed = '\n[[sources]]\nname = "wire"\nkind = "feed"\nurl = "http://127.0.0.1:9/feed/"\nallow_private = true\n'
    courier.settings(SETTINGS + feed)

    assert "http://127.0.0.1:9/feed/" in courier.run("gather").err


def test_stories_too_old_for_the_newsletter_are_told_with_their_age(staffed: Workspace) -> None:
    for path in (staffed.folder / "stories").glob("*.md"):
        path.write_text(path.read_text(encoding="utf-8").replace("---\n", "---\npublished: 2025-11-01\n", 1), "utf-8")

    ran = staffed.run("run", "morning")

    assert (ran.code, "older than 4 days" in ran.err) == (3, True)


def test_the_log_of_a_newsletter_that_is_not_there_is_wrong_usage(courier: Workspace) -> None:
    ran = courier.run("log", "evening")

    assert (ran.code, "morning" in ran.err) == (2, True)
