"""The transport that the settings describe."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from digest.errors import SettingsError
from digest.send import Outbox, make_transport
from digest.send.providers.resend import Resend
from digest.send.smtp.pool import SmtpTransport


@dataclass(frozen=True)
class Wanted:
    kind: str = "smtp"
    path: Path = Path("outbox")
    host: str = "mail.example.com"
    port: int | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    username: str = ""
    connections: int = 4
    rate: float = 0.0
    timeout_s: float = 30.0
    max_messages: int = 100
    dkim: tuple[Any, ...] = ()
    domain_rates: Any = None
    warm_up: Any = None
    base_url: str = ""


def no_secret(what: str) -> str:
    raise AssertionError(f"asked for {what}")


def test_the_outbox_stands_in_the_workspace(tmp_path: Path) -> None:
    transport = make_transport(Wanted("outbox"), secret=no_secret, base=tmp_path)

    assert isinstance(transport, Outbox)
    assert transport.path == tmp_path / "outbox"


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_smtp_takes_the_usual_port(security: Literal["starttls", "tls", "none"], port: int) -> None:
    transport = make_transport(Wanted(security=security), secret=no_secret, base=Path())

    assert isinstance(transport, SmtpTransport)
    assert str(transport.account) == f"mail.example.com:{port}"


def test_a_password_never_shows() -> None:
    transport = make_transport(Wanted(username="morning"), secret=lambda what: f"s3cret {what}", base=Path())

    assert isinstance(transport, SmtpTransport)
    assert transport.account.password == "s3cret password"
    assert "s3cret" not in repr(transport.account) + str(transport.account) + repr(vars(transport))


def test_a_password_does_not_travel_in_the_clear() -> None:
    with pytest.raises(SettingsError, match="in the clear"):
        make_transport(Wanted(username="morning", security="none"), secret=lambda _: "x", base=Path())


def test_a_password_may_go_to_this_machine_without_tls() -> None:
    wanted = Wanted(username="morning", security="none", host="127.0.0.1")

    assert make_transport(wanted, secret=lambda _: "x", base=Path()).kind == "smtp"


def test_resend_is_given_its_key() -> None:
    transport = make_transport(Wanted("resend"), secret=lambda what: f"re_{what}", base=Path())

    assert isinstance(transport, Resend)
    transport.close()


def test_an_unknown_kind_is_an_error_of_the_settings() -> None:
    with pytest.raises(SettingsError, match="outbox, smtp, resend"):
        make_transport(Wanted("pigeon"), secret=no_secret, base=Path())
