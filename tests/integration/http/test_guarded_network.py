"""The guarded client over real sockets on loopback: what it connects to, and for how long."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from digest.errors import FetchError
from digest.http import GuardedClient


@contextmanager
def serving(*pieces: bytes, gap: threading.Event | None = None, gap_s: float = 0.0) -> Iterator[int]:
    """Answer every connection on loopback with these pieces; ``gap`` ends the waits between them."""
    server = socket.create_server(("127.0.0.1", 0))
    gap = gap or threading.Event()

    def answer() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    for piece in pieces:
                        connection.sendall(piece)
                        gap.wait(gap_s)
                except OSError:
                    continue

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        gap.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnews"


def test_a_server_of_ones_own_is_fetched_when_it_is_allowed() -> None:
    with serving(OK) as port, GuardedClient(allow_private=[f"127.0.0.1:{port}"]) as client:
        assert client.fetch(f"http://127.0.0.1:{port}/").body == b"news"
        assert client.fetch(f"http://127.0.0.1:{port}/").body == b"news"


def test_a_name_that_leads_home_is_refused() -> None:
    with GuardedClient(resolver=lambda host, port: ["127.0.0.1"]) as client, pytest.raises(FetchError) as caught:
        client.fetch("http://news.example/feed")

    assert "127.0.0.1 is not a public address" in str(caught.value)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    client = GuardedClient(resolver=lambda host, port: ["93.184.215.14", "10.0.0.1"])

    with client, pytest.raises(FetchError, match=r"10\.0\.0\.1 is not a public address"):
        client.fetch("http://news.example/")


def test_a_name_is_looked_up_once_and_the_checked_address_connected() -> None:
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])
    with serving(OK) as port:
        client = GuardedClient(allow_private=[f"news.example:{port}"], resolver=lambda host, _: next(answers))
        with client:
            assert client.fetch(f"http://news.example:{port}/").body == b"news"

    assert next(answers) == ["10.0.0.1"]


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with serving(OK) as port:
        client = GuardedClient(
            allow_private=[f"news.example:{port}"], resolver=lambda host, _: ["127.0.0.2", "127.0.0.1"]
        )
        with client:
            assert client.fetch(f"http://news.example:{port}/").status == 200


def test_an_unknown_name_is_told() -> None:
    def resolver(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with GuardedClient(resolver=resolver) as client, pytest.raises(FetchError, match="No server is known by the name"):
        client.fetch("https://nowhere.example/")


def test_a_redirect_home_is_refused() -> None:
    away = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:80/\r\nContent-Length: 0\r\n\r\n"
    with serving(away) as port:
        client = GuardedClient(allow_private=[f"127.0.0.1:{port}"])
        with client, pytest.raises(FetchError, match="not a public address"):
            client.fetch(f"http://127.0.0.1:{port}/")


def test_a_server_that_drips_its_headers_is_given_up_at_the_deadline() -> None:
    drip = [b"HTTP/1.1 200 OK\r\n"] + [b"x-a: b\r\n"] * 200
    with serving(*drip, gap_s=0.05) as port:
        client = GuardedClient(allow_private=[f"127.0.0.1:{port}"], timeout_s=0.3)
        with client, pytest.raises(FetchError, match=r"took longer than 0\.3 s"):
            client.fetch(f"http://127.0.0.1:{port}/")


def test_a_server_that_breaks_off_is_told() -> None:
    with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nnews") as port:
        client = GuardedClient(allow_private=[f"127.0.0.1:{port}"])
        with client, pytest.raises(FetchError, match="failed"):
            client.fetch(f"http://127.0.0.1:{port}/")


def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(OK) as port, GuardedClient(allow_private=[f"127.0.0.1:{port}"]) as client:
        assert client.fetch(f"http://127.0.0.1:{port}/").body == b"news"
