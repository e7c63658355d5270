"""What foreign words may do to the terminal that shows them: nothing."""

from __future__ import annotations

from tests.acceptance.workspace import SETTINGS, Workspace
from tests.smtp_sink import Sink

OUTBOX = 'kind = "outbox"\npath = "outbox"\n'
SMTP = 'kind = "smtp"\nhost = "127.0.0.1"\nport = {}\nsecurity = "none"\nconnections = 1\n'


def taken_with(courier: Workspace, step: str, words: str, *command: str) -> str:
    """Run a command while the mail server answers a step with such words; return all that a person then sees."""
    with Sink(answer=lambda asked, _: words if asked == step else None) as sink:
        courier.settings(SETTINGS.replace(OUTBOX, SMTP.format(sink.port)))
        ran = courier.run(*command)
        listed = courier.run("report", "morning", "--who")
        logged = courier.run("log")
    return ran.out + ran.err + listed.out + listed.err + logged.out


def test_a_servers_reply_gives_the_terminal_no_orders(staffed: Workspace) -> None:
    shown = taken_with(staffed, "RCPT", "550 5.1.1 \x1b[2Jno\x9b1m such\x07 user", "run", "morning")

    assert "such" in shown
    assert not set(shown) & {"\x1b", "\x9b", "\x07"}


def test_a_refusal_of_all_mail_gives_the_terminal_no_orders(staffed: Workspace) -> None:
    shown = taken_with(staffed, "MAIL", "550 5.7.1 \x1b]0;owned\x07 go away", "run", "morning")

    assert "go away" in shown
    assert not set(shown) & {"\x1b", "\x07"}


def test_a_proofs_reply_gives_the_terminal_no_orders(staffed: Workspace) -> None:
    staffed.run("gather")

    shown = taken_with(staffed, "RCPT", "550 \x1b[31mno", "send", "morning", "--test", "ed@example.org")

    assert "no" in shown and "\x1b" not in shown


def test_one_reader_is_one_reader(staffed: Workspace) -> None:
    staffed.run("subscribers", "unsubscribe", "ben@example.org")

    staffed.run("run", "morning")

    assert "1 reader: 1 accepted." in staffed.run("report", "morning").out
