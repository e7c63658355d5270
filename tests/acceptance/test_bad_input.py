"""Wrong input on the command line: a message that names the thing, the right exit code, nothing lost."""

from __future__ import annotations

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
