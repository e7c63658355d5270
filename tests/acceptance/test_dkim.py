"""``digest dkim keygen`` and a send that signs with its key."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from digest.cli.app import run
from digest.send.dkim import dns_record, load_key, sign


def test_keygen_writes_a_private_key_and_prints_what_to_publish(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    code = run(["dkim", "keygen", "--domain", "example.com", "--selector", "news", "--json"])

    told = json.loads(capsys.readouterr().out)
    path = tmp_path / told["file"]
    key = load_key("example.com", "news", path.read_bytes(), named="it")
    assert code == 0 and told["name"] == "news._domainkey.example.com"
    assert told["record"] == dns_record(key.key)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sign([key], b"From: a@example.com\r\n\r\nHello\r\n").startswith(b"DKIM-Signature: ")


def test_keygen_never_overwrites_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["dkim", "keygen", "--domain", "example.com", "--kind", "ed25519"]
    run(words)
    before = (tmp_path / "dkim-digest.pem").read_bytes()

    assert run(words) == 2
    assert (tmp_path / "dkim-digest.pem").read_bytes() == before
    assert "never overwritten" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--kind", "dsa"], ["--domain", "not a domain"]])
def test_keygen_tells_what_is_wrong(wrong: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert run(["dkim", "keygen", "--domain", "example.com", *wrong]) == 2
    assert not list(tmp_path.iterdir())
