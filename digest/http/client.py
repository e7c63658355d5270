"""Fetches everything foreign under one set of rules.

What it refuses: other schemes than http and https, other ports than 80 and 443, names that lead to an address that
is not public (checked on the very address it then connects to, so that a name cannot change its mind in between),
bodies over a size counted after decompression, answers that take longer in all than the time given. It takes no
proxy and no password from the environment and follows redirects by hand, each under the same rules.
"""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpcore
import httpx

from digest.errors import FetchError
from digest.http.addresses import Allowed, Resolver, system_resolver
from digest.http.network import Network, shorten_reason

MAX_REDIRECTS = 5
PORTS = (80, 443)
"""The only ports of foreign servers; an allow-listed host may listen anywhere."""

AGENT = "newsroom-digest (reads feeds for a newsletter)"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
_HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")
_CHUNK_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Fetched:
    """One answer. ``url`` is where it came from in the end; header names are lower-case; ``body`` is decompressed."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes


class GuardedClient:
    """Fetches foreign URLs under the rules of this module; use it as a context manager or close it.

    ``allow_private`` lists servers of one's own, as ``host``, ``host:port`` or a URL, whose address may be private
    and whose port is free. ``timeout_s`` bounds a whole fetch with its redirects, not counting the name lookup,
    which the system bounds. ``resolver`` and ``transport`` replace the name lookup and the network. May be
    shared by threads: nothing of a fetch is kept.
    """

    def __init__(
        self,
        *,
        allow_private: Sequence[str] = (),
        max_bytes: int = 5_000_000,
        timeout_s: float = 20,
        resolver: Resolver | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed = Allowed.parse(allow_private)
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._clock = clock
        self._transport = transport or Network(self._allowed, resolver or system_resolver, clock)

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close every connection; may be called twice."""
        self._transport.close()

    def fetch(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        method: str = "GET",
        content: bytes | None = None,
    ) -> Fetched:
        """Send one request and return the answer whatever its status; raises FetchError.

        Redirects of GET and HEAD are followed, at most five; credentials among the headers stay with the server
        they were meant for.
        """
        deadline = self._clock() + self._timeout_s
        sending = {"user-agent": AGENT, "accept-encoding": "gzip, deflate", "accept": "*/*"}
        sending |= {name.lower(): value for name, value in (headers or {}).items()}
        target = self._checked(url)
        for _ in range(MAX_REDIRECTS + 1):
            request = httpx.Request(method, target, headers=sending, content=content)
            answer, following = self._exchange(request, deadline)
            if following is None:
                return answer
            if (following.scheme, following.host, following.port) != (target.scheme, target.host, target.port):
                sending = {name: value for name, value in sending.items() if name not in _PRIVATE_HEADERS}
            target = following
        raise FetchError(
            f"Fetching {shown(url)}: more than {MAX_REDIRECTS} redirects; the last led to {shown(target)}."
        )

    def _exchange(self, request: httpx.Request, deadline: float) -> tuple[Fetched, httpx.URL | None]:
        """Send one request; return the answer, and where it redirects to."""
        left = deadline - self._clock()
        if left <= 0:
            raise FetchError(f"Fetching {shown(request.url)} took longer than {self._timeout_s:g} s in all.")
        request.extensions["timeout"] = dict.fromkeys(("connect", "read", "write", "pool"), left)
        request.extensions["deadline"] = deadline
        try:
            response = self._transport.handle_request(request)
            try:
                headers = {name.lower(): value for name, value in response.headers.items()}
                following = self._redirect(request, response)
                body = b"" if following or request.method == "HEAD" else self._body(request, response, deadline)
            finally:
                response.close()
        except (httpx.TimeoutException, httpcore.TimeoutException) as error:
            raise FetchError(
                f"Fetching {shown(request.url)} took longer than {self._timeout_s:g} s; the server may be down or slow."
            ) from error
        except (httpx.HTTPError, httpx.StreamError, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise FetchError(f"Fetching {shown(request.url)} failed: {shorten_reason(error)}.") from error
        return Fetched(str(request.url), response.status_code, headers, body), following

    def _redirect(self, request: httpx.Request, response: httpx.Response) -> httpx.URL | None:
        location = response.headers.get("location", "")
        if response.status_code not in _REDIRECTS or not location or request.method not in ("GET", "HEAD"):
            return None
        try:
            following = request.url.join(location)
        except (httpx.InvalidURL, ValueError) as error:
            raise FetchError(f"Fetching {shown(request.url)}: it redirects to something that is no URL.") from error
        return self._checked(str(following), request.url)

    def _checked(self, url: str, coming_from: httpx.URL | None = None) -> httpx.URL:
        """Return the URL if its scheme, port and form are allowed; the address is checked when connecting."""
        where = (
            f"Fetching {shown(coming_from)}: it redirects to {shown(url)}" if coming_from else f"Fetching {shown(url)}"
        )
        try:
            parsed = httpx.URL(url.strip())
        except (httpx.InvalidURL, ValueError, TypeError) as error:
            raise FetchError(f"{where}: this is no URL ({error}).") from error
        if parsed.scheme in ("http", "https") and parsed.host and not _is_server(parsed):
            raise FetchError(f"{where}: this is no URL (its server's name or port cannot exist).")
        if parsed.scheme not in ("http", "https") or not parsed.host:
            raise FetchError(f"{where}: only http:// and https:// addresses are fetched.")
        if parsed.userinfo:
            raise FetchError(f"{where}: a password in a URL is refused, because URLs are logged.")
        port = parsed.port or (443 if parsed.scheme == "https" else 80)
        if port not in PORTS and not self._allowed.holds(parsed.host, port):
            raise FetchError(f"{where}: port {port} is refused; allow_private lets a server of your own use it.")
        return parsed

    def _body(self, request: httpx.Request, response: httpx.Response, deadline: float) -> bytes:
        """Read the body while counting decompressed bytes and time."""
        body = bytearray()
        # The chunks come from the transport's stream: httpx would hand a whole decompressed bomb over at once.
        stream = response.stream
        if not isinstance(stream, httpx.SyncByteStream):
            raise FetchError(f"Fetching {shown(request.url)}: the answer has no body that can be read.")
        encoding = response.headers.get("content-encoding", "").strip().lower()
        for piece in _decoded(stream, encoding, self._max_bytes + 1, shown(request.url)):
            body += piece
            if len(body) > self._max_bytes:
                raise FetchError(f"Fetching {shown(request.url)}: the answer is larger than {self._max_bytes:,} bytes.")
            if self._clock() > deadline:
                raise httpx.ReadTimeout("the whole fetch took too long")
        return bytes(body)


def _is_server(url: httpx.URL) -> bool:
    """Tell whether host and port can exist; httpx escapes what cannot stand in a name instead of refusing it."""
    host = url.raw_host.decode("ascii")
    return (_HOST.fullmatch(host) is not None or ":" in host) and (url.port or 80) <= 65535


def shown(url: str | httpx.URL) -> str:
    """Return a URL fit for a message: without password and query, which may hold secrets, and not too long."""
    text = str(url)
    try:
        parts = urlsplit(text)
        host = parts.netloc.rpartition("@")[2]
        text = f"{parts.scheme}://{host}{parts.path}" if host else text
    except ValueError:
        pass
    text = "".join(c for c in text if c.isprintable())
    return text if len(text) <= 200 else text[:199] + "…"


def _decoded(chunks: httpx.SyncByteStream, encoding: str, room: int, where: str) -> Iterator[bytes]:
    """Yield decompressed pieces of at most ``room`` bytes each (RFC 9110, section 8.4.1)."""
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise FetchError(f"Fetching {where}: the answer is encoded as {encoding[:40]!r}, which was not asked for.")
    # 32 + 15: gzip and zlib are told apart by their own headers.
    inflate = zlib.decompressobj(47)
    try:
        for chunk in chunks:
            while chunk and not inflate.eof:
                yield inflate.decompress(chunk, min(room, _CHUNK_BYTES * 16))
                chunk = inflate.unconsumed_tail
        yield inflate.flush()
    except zlib.error as error:
        raise FetchError(f"Fetching {where}: the compressed answer is broken ({error}).") from error
