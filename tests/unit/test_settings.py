"""digest.toml: what is read, what is refused and how it is told, and where secrets come from."""

from __future__ import annotations

import stat
from datetime import time, timedelta
from pathlib import Path

import pytest

from digest import settings
from digest.errors import SettingsError
from digest.settings import Settings, load, load_keys, secret

GOOD = """
[site]
name = "The Harbor Courier"
url = "https://courier.example/"
address = "1 Quay Street, Harbor"

[[sources]]
name = "newsroom"
kind = "folder"
path = "stories"

[[newsletters]]
id = "morning"
name = "Morning Watch"
from = "Morning Watch <morning@courier.example>"
list = "morning"
"""


def read(folder: Path, text: str) -> Settings:
    path = folder / "digest.toml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def refused(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        read(folder, text)
    return str(caught.value)


def test_the_least_file_has_sensible_defaults(tmp_path: Path) -> None:
    newsletter = read(tmp_path, GOOD).newsletter("morning")

    assert newsletter.time == time(6, 30)
    assert newsletter.days == ("mon", "tue", "wed", "thu", "fri")
    assert newsletter.max_age == timedelta(days=4)


def test_a_relative_database_is_relative_to_the_file(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD).database_url() == f"sqlite:///{tmp_path.resolve()}/digest.db"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("[site]", "[site]\ncolour = 3"), "unknown key 'site.colour'; allowed here: address, name, url"),
        (('list = "morning"', 'list = "morning"\nlist_ = "x"'), "'newsletters[0].list_'"),
        (('list = "morning"', 'list = "morning"\ntime = "6:30"'), 'write a time of day as "06:30"'),
        (('list = "morning"', 'list = "morning"\ntimezone = "Mars/One"'), "no IANA time zone"),
        (('list = "morning"', 'list = "morning"\nmax_age = "soon"'), "36h, 4d"),
        (('list = "morning"', 'list = "morning"\nsources = ["wire"]'), "there is newsroom"),
        (('kind = "folder"', 'kind = "fax"'), "'folder' or 'feed'"),
        (('path = "stories"', ""), "a folder source needs path"),
        (('list = "morning"', ""), "'newsletters[0].list' is missing"),
        (("https://courier.example/", "courier.example"), "starts with https://"),
        (('"Morning Watch <morning@courier.example>"', '"nobody"'), "write a sender as"),
        (("[site]", "[site"), "not valid TOML"),
    ],
)
def test_a_mistake_names_the_key_and_what_is_allowed(tmp_path: Path, change: tuple[str, str], told: str) -> None:
    message = refused(tmp_path, GOOD.replace(*change))

    assert str(tmp_path / "digest.toml") in message
    assert told in message


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('host = "a..b"', "'transport.host': write a name like mail.courier.example"),
        ('host = ""', "'transport.host'"),
        ('host = "http://127.0.0.1"', "without a scheme"),
        ('host = "127.0.0.1 "', "(it is '127.0.0.1 ')"),
        ('domain_rates = { "ex ample" = 5 }', "'transport.domain_rates.ex ample': write a domain like courier.example"),
        ("rate = 1e400", "'transport.rate': should be a finite number"),
        ("timeout_s = inf", "'transport.timeout_s': should be a finite number"),
    ],
)
def test_a_server_no_mail_can_reach_is_a_mistake_of_the_file(tmp_path: Path, line: str, told: str) -> None:
    message = refused(tmp_path, f'{GOOD}\n[transport]\nkind = "smtp"\n{line}\n')

    assert str(tmp_path / "digest.toml") in message
    assert told in message


@pytest.mark.parametrize("host", ["localhost", "::1", "mail_1.example.org", "bücher.example"])
def test_a_server_has_a_name_or_an_address(tmp_path: Path, host: str) -> None:
    assert read(tmp_path, f'{GOOD}\n[transport]\nhost = "{host}"\n').transport.host == host


def test_two_newsletters_of_one_name_are_refused(tmp_path: Path) -> None:
    again = GOOD[GOOD.index("[[newsletters]]") :]

    assert "two newsletters are named 'morning'" in refused(tmp_path, GOOD + again)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="digest init"):
        load(tmp_path / "digest.toml")


def test_an_unknown_newsletter_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="has morning"):
        read(tmp_path, GOOD).newsletter("evening")


def test_a_secret_comes_from_the_variable_or_the_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n", encoding="utf-8")

    assert secret(tmp_path, "key", env="KEY", file=None, environ={"KEY": "from the variable"}) == "from the variable"
    assert secret(tmp_path, "key", env="", file=Path("key")) == "from the file"


@pytest.mark.parametrize(("env", "file"), [("KEY", None), ("", Path("nowhere")), ("", None)])
def test_a_missing_secret_says_where_it_was_looked_for(tmp_path: Path, env: str, file: Path | None) -> None:
    with pytest.raises(SettingsError, match="No API key") as caught:
        secret(tmp_path, "API key", env=env, file=file, environ={})

    assert (env or (file.name if file else "digest.toml")) in str(caught.value)


def test_a_workspace_without_secrets_gets_some_only_its_owner_can_read(tmp_path: Path) -> None:
    first = load_keys(tmp_path, environ={})

    path = tmp_path / settings.SECRETS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_keys(tmp_path, environ={}).format() == first.format()
    assert [p.name for p in tmp_path.iterdir()] == [settings.SECRETS_FILE]


def test_the_variable_stands_above_the_secrets_file(tmp_path: Path) -> None:
    shared = load_keys(tmp_path, environ={}).rotated().format()

    assert load_keys(tmp_path, environ={"DIGEST_SECRET": shared}).format() == shared


def test_damaged_secrets_are_told_and_never_replaced(tmp_path: Path) -> None:
    (tmp_path / settings.SECRETS_FILE).write_text("nonsense", encoding="ascii")

    with pytest.raises(SettingsError, match="damaged"):
        load_keys(tmp_path, environ={})
    assert (tmp_path / settings.SECRETS_FILE).read_text(encoding="ascii") == "nonsense"
