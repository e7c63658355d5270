"""What the guarded client fetches, and what it refuses, with a network of our own making."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator

import httpx
import pytest

from digest.errors import FetchError
from digest.http import GuardedClient, shown

Answer = Callable[[httpx.Request], httpx.Response]


def client(answer: Answer, *allowed: str, max_bytes: int = 1000) -> GuardedClient:
    """Return a client whose network is one function."""
    return GuardedClient(transport=httpx.MockTransport(answer), allow_private=allowed, max_bytes=max_bytes)


def test_an_answer_comes_with_its_url_status_headers_and_body() -> None:
    fetched = client(lambda _: httpx.Response(404, headers={"ETag": '"a"'}, content=b"gone")).fetch(
        "https://example.org/a"
    )

    assert (fetched.url, fetched.status, fetched.body) == ("https://example.org/a", 404, b"gone")
    assert fetched.headers["etag"] == '"a"'


def test_headers_method_and_content_are_sent() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["user-agent"].startswith("newsroom-digest")
        return httpx.Response(200, content=f"{request.method} {request.headers['x-key']} ".encode() + request.read())

    fetched = client(answer).fetch("https://example.org/", headers={"X-Key": "k"}, method="POST", content=b"body")

    assert fetched.body == b"POST k body"


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
def test_a_compressed_body_is_decompressed(encoding: str, pack: Callable[[bytes], bytes]) -> None:
    packed = httpx.ByteStream(pack(b"news " * 100))
    answer = httpx.Response(200, headers={"content-encoding": encoding}, stream=packed)

    assert client(lambda _: answer).fetch("https://example.org/").body == b"news " * 100


def test_a_bomb_is_given_up_at_the_cap_of_decompressed_bytes() -> None:
    bomb = httpx.ByteStream(gzip.compress(b"\0" * 20_000_000))
    answer = httpx.Response(200, headers={"content-encoding": "gzip"}, stream=bomb)

    with pytest.raises(FetchError, match="larger than 1,000 bytes"):
        client(lambda _: answer).fetch("https://example.org/")


def test_a_body_of_exactly_the_cap_is_taken() -> None:
    assert len(client(lambda _: httpx.Response(200, content=b"a" * 1000)).fetch("https://example.org/").body) == 1000


@pytest.mark.parametrize(("encoding", "words"), [("br", "was not asked for"), ("gzip", "compressed answer is broken")])
def test_an_unreadable_encoding_is_refused(encoding: str, words: str) -> None:
    answer = httpx.Response(200, headers={"content-encoding": encoding}, stream=httpx.ByteStream(b"news"))

    with pytest.raises(FetchError, match=words):
        client(lambda _: answer).fetch("https://example.org/")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "only http:// and https://"),
        ("ftp://example.org/a", "only http:// and https://"),
        ("feed.xml", "only http:// and https://"),
        ("https://", "only http:// and https://"),
        ("https://example.org:22/", "port 22 is refused"),
        ("https://ann:secret@example.org/", "password in a URL"),
        ("http://[bad/", "no URL"),
        ("http://example.org:99999/", "no URL"),
    ],
)
def test_a_url_that_breaks_the_rules_is_refused_unsent(url: str, words: str) -> None:
    with pytest.raises(FetchError, match=words) as caught:
        client(lambda _: pytest.fail("nothing may be sent")).fetch(url)

    assert "secret" not in str(caught.value)


def test_a_server_of_ones_own_may_use_any_port() -> None:
    assert client(lambda _: httpx.Response(200), "cms.internal").fetch("http://cms.internal:8080/").status == 200


def moved(to: str, status: int = 302) -> httpx.Response:
    """Return a redirect."""
    return httpx.Response(status, headers={"location": to})


def test_redirects_are_followed_and_the_last_url_told() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return moved("../new?b=1") if request.url.path == "/old/a" else httpx.Response(200, content=b"here")

    fetched = client(answer).fetch("https://example.org/old/a")

    assert (fetched.url, fetched.body) == ("https://example.org/new?b=1", b"here")


def test_a_loop_of_redirects_ends() -> None:
    with pytest.raises(FetchError, match="more than 5 redirects"):
        client(lambda _: moved("/again")).fetch("https://example.org/")


@pytest.mark.parametrize("to", ["file:///etc/passwd", "http://example.org:6379/", "javascript:alert(1)", "http://["])
def test_a_redirect_is_under_the_same_rules(to: str) -> None:
    with pytest.raises(FetchError, match="redirects to"):
        client(lambda _: moved(to)).fetch("https://example.org/")


def test_credentials_stay_with_their_server_when_it_redirects() -> None:
    seen: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return moved("https://other.example/") if request.url.host == "example.org" else httpx.Response(200)

    client(answer).fetch("https://example.org/", headers={"Authorization": "Bearer k"})

    assert seen == ["Bearer k", None]


def test_a_redirected_post_is_not_repeated_elsewhere() -> None:
    fetched = client(lambda _: moved("https://other.example/", 307)).fetch("https://example.org/", method="POST")

    assert fetched.status == 307


def test_the_whole_fetch_has_one_deadline() -> None:
    moments = iter(range(0, 1000, 3))

    def drip() -> Iterator[bytes]:
        while True:
            yield b"x"

    class Drip(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            return drip()

    slow = GuardedClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=Drip())), clock=lambda: next(moments)
    )

    with pytest.raises(FetchError, match="took longer than 20 s"):
        slow.fetch("https://example.org/")


def test_a_network_error_names_the_url_without_its_query() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused")

    with pytest.raises(FetchError, match=r"Fetching https://example.org/feed failed: connection refused\.") as caught:
        client(answer).fetch("https://example.org/feed?token=secret")

    assert "secret" not in str(caught.value)


def test_a_shown_url_has_no_secret_and_no_control_characters() -> None:
    assert shown("https://ann:pw@example.org/a\x1b[31m?key=1") == "https://example.org/a[31m"
    assert len(shown("https://example.org/" + "a" * 500)) == 200
