"""Tells people when something did not happen: by a mail server of its own, a signed webhook, a ping that stays away.

A trouble has a name; it is told when it begins and, while it lasts, once in ``alerts.every``. Every way is tried
whatever became of the others, and what no way could carry stands in the run log and fails ``/healthz``.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr

from digest import store
from digest.errors import DigestError, TransportError
from digest.http import GuardedClient
from digest.model import Outcome, Outgoing, Recipient, Rendered
from digest.newsroom import Newsroom
from digest.render import MailHeaders, compile_message
from digest.render.messages import render_message
from digest.send import make_transport
from digest.settings import TransportSettings, secret

MOST_MAILS_AN_HOUR = 12
"""However many things break at once: nobody reads more, and a mail loop stays small."""

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One trouble: ``name`` is the same as long as it lasts, ``what`` a few words, ``steps`` what to do."""

    name: str
    what: str
    problem: str
    steps: tuple[str, ...] = ()


def ring(newsroom: Newsroom, alarm: Alarm) -> bool:
    """Tell a trouble unless it was told lately; return whether it was told now, by whatever way."""
    alerts = newsroom.settings.alerts
    now = newsroom.clock()
    with newsroom.writing() as conn:
        if not store.raise_alarm(conn, alarm.name, alarm.problem, now=now, every=alerts.every):
            return False
        told = len(list(store.iter_log(conn, what="alarm", since=now - _HOUR, limit=MOST_MAILS_AN_HOUR)))
        store.log(conn, now, "alarm", f"{alarm.what}: {alarm.problem}", *_about(alarm))
    if told >= MOST_MAILS_AN_HOUR:
        return False
    _carry(newsroom, alarm)
    return True


def quieten(newsroom: Newsroom, name: str) -> None:
    """Note that a trouble is over; ``/healthz`` forgets it."""
    with newsroom.writing() as conn:
        if store.quieten(conn, name, now=newsroom.clock()):
            store.log(conn, newsroom.clock(), "alarm-over", name)


def summary(newsroom: Newsroom, what: str, facts: str) -> None:
    """Mail that an edition went out, and ask the address that expects to be asked after every edition."""
    if newsroom.settings.alerts.summary:
        _attempt_all(newsroom, Alarm("summary", what, facts), (_mail,))
    _attempt_all(newsroom, Alarm("ping", what, facts), (_ping,))


def signature(key: str, moment: int, body: bytes) -> str:
    """Return the header that proves a webhook is ours: the moment, and an HMAC-SHA256 of moment, dot and body."""
    mac = hmac.new(key.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={mac}"


def _carry(newsroom: Newsroom, alarm: Alarm) -> None:
    _attempt_all(newsroom, alarm, (_mail, _webhook))


def _attempt_all(newsroom: Newsroom, alarm: Alarm, ways: Sequence[object]) -> None:
    for way in ways:
        try:
            way(newsroom, alarm)  # type: ignore[operator]
        except DigestError as error:
            with newsroom.writing() as conn:
                store.log(conn, newsroom.clock(), "alarm-failed", f"{alarm.what}: {error}", *_about(alarm))


def _about(alarm: Alarm) -> tuple[str, str]:
    """Return the newsletter and edition that an alarm's name tells, as far as it does."""
    edition = alarm.name.partition(":")[2]
    return (edition.partition("/")[0], edition) if "/" in edition else ("", "")


def _mail(newsroom: Newsroom, alarm: Alarm) -> None:
    alerts = newsroom.settings.alerts
    if not alerts.to:
        return
    site = newsroom.settings.site
    values = {"what": alarm.what, "problem": alarm.problem, "steps": list(alarm.steps)}
    message = render_message("alarm", {**values, "site": site.name, "address": site.address})
    name, address = parseaddr(alerts.sender)
    host = address.rpartition("@")[2]
    headers = MailHeaders(
        from_name=name,
        from_address=address,
        subject=message.subject,
        list_id="",
        list_name="",
        date=newsroom.clock(),
        host=host,
        # RFC 3834 §5: nobody's auto-responder answers, so no alarm can start a loop.
        extra=(("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")),
    )
    encoded = compile_message(Rendered(message.subject, "", message.html, message.text, {}), headers)
    outgoing = []
    for number, person in enumerate(alerts.to, start=1):
        identity = f"<{secrets.token_hex(12)}@{host}>"
        reader = Recipient(-number, parseaddr(person)[1], message_id=identity)
        outgoing.append(Outgoing(-number, reader.address, address, identity, encoded.message(reader, {})))
    transport = make_transport(_way(newsroom), secret=lambda what: _password(newsroom), base=newsroom.base)
    try:
        outcomes = list(transport.deliver(outgoing, _OpenGate()))
    finally:
        transport.close()
    refused = [outcome for outcome in outcomes if outcome.fate != "accepted"]
    if refused or not outcomes:
        raise TransportError(f"alarm mail not accepted: {refused[0].reply if refused else 'no answer'}")


def _way(newsroom: Newsroom) -> TransportSettings:
    alerts = newsroom.settings.alerts
    if alerts.folder is not None:
        return TransportSettings(kind="outbox", path=alerts.folder)
    return TransportSettings(
        kind="smtp",
        host=alerts.host,
        port=alerts.port,
        security=alerts.security,
        username=alerts.username,
        password_env=alerts.password_env,
        password_file=alerts.password_file,
        connections=1,
    )


def _password(newsroom: Newsroom) -> str:
    alerts = newsroom.settings.alerts
    return secret(newsroom.base, "password of alarms", env=alerts.password_env, file=alerts.password_file)


def _webhook(newsroom: Newsroom, alarm: Alarm) -> None:
    alerts = newsroom.settings.alerts
    if not alerts.webhook:
        return
    key = secret(newsroom.base, "webhook key", env=alerts.webhook_secret_env, file=alerts.webhook_secret_file)
    moment = int(newsroom.clock().timestamp())
    said = {"site": newsroom.settings.site.name, "name": alarm.name, "what": alarm.what, "problem": alarm.problem}
    body = json.dumps({**said, "steps": alarm.steps, "at": moment}, ensure_ascii=False).encode()
    headers = {"content-type": "application/json", "digest-signature": signature(key, moment, body)}
    _ask(newsroom, alerts.webhook, headers=headers, method="POST", content=body)


def _ping(newsroom: Newsroom, alarm: Alarm) -> None:
    del alarm
    if newsroom.settings.alerts.ping:
        _ask(newsroom, newsroom.settings.alerts.ping)


def _ask(
    newsroom: Newsroom, url: str, *, headers: dict[str, str] | None = None, method: str = "GET", content: bytes = b""
) -> None:
    allowed = [url] if newsroom.settings.alerts.allow_private else []
    with GuardedClient(allow_private=allowed, timeout_s=10) as client:
        answer = client.fetch(url, headers=headers, method=method, content=content or None)
    if not 200 <= answer.status < 300:
        raise TransportError(f"{method} of the alarm's address was answered with {answer.status}")


class _OpenGate:
    """Lets every message pass: alarms stand in no ledger."""

    is_open = True

    def admit(self, messages: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Return all of them."""
        return messages

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        """Take note of nothing."""
