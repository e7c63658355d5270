"""Opens connections to checked addresses only, each with one deadline for all that is read and written on it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence

import httpcore
import httpx

from digest.errors import FetchError
from digest.http.addresses import Allowed, Resolver, is_public

MAX_ADDRESSES = 4
"""How many of a name's addresses are tried."""


def shorten_reason(error: Exception) -> str:
    """Return the words of a foreign error, without its full stop."""
    return (str(error) or type(error).__name__).rstrip(".")[:300]


class GuardedBackend(httpcore.NetworkBackend):
    """Opens TCP connections to checked addresses only."""

    def __init__(self, allowed: Allowed, resolver: Resolver, clock: Callable[[], float]) -> None:
        self._allowed = allowed
        self._resolver = resolver
        self._clock = clock
        self._opener = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: object = None,
    ) -> httpcore.NetworkStream:
        """Resolve once, check every address, connect to the first that answers."""
        deadline = self._clock() + (timeout or 0)
        addresses = self._addresses(host, port)
        last: Exception | None = None
        for address in addresses[:4]:
            left = deadline - self._clock()
            if left <= 0:
                break
            try:
                stream = self._opener.connect_tcp(address, port, timeout=left)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                last = error
            else:
                return _TimedStream(stream, deadline, self._clock)
        raise last or httpcore.ConnectTimeout("no time was left to connect")

    def _addresses(self, host: str, port: int) -> Sequence[str]:
        try:
            addresses = self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            raise FetchError(f"No server is known by the name {host} ({shorten_reason(error)}).") from error
        if not addresses:
            raise FetchError(f"No server is known by the name {host}.")
        if self._allowed.holds(host, port):
            return addresses
        for address in addresses:
            if not is_public(address):
                raise FetchError(
                    f"Refused to connect to {host}: {address} is not a public address. "
                    "For a server of your own, set allow_private = true on its source."
                )
        return addresses


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every read and write ends at one deadline: a server that drips bytes gains nothing."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._deadline = deadline
        self._clock = clock

    def _left(self) -> float:
        return max(self._deadline - self._clock(), 0.001)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, timeout=self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout=self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: object, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, timeout=self._left())  # type: ignore[arg-type]
        return _TimedStream(secured, self._deadline, self._clock)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class Network(httpx.BaseTransport):
    """Speaks HTTP/1.1 over guarded connections, a fresh one for each request.

    A kept connection would outlive its address check and its deadline.
    """

    def __init__(self, allowed: Allowed, resolver: Resolver, clock: Callable[[], float]) -> None:
        self._backend = GuardedBackend(allowed, resolver, clock)

    @functools.cached_property
    def _pool(self) -> httpcore.ConnectionPool:
        context = httpx.create_ssl_context(trust_env=False)
        return httpcore.ConnectionPool(
            ssl_context=context, max_connections=100, max_keepalive_connections=0, network_backend=self._backend
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and return its answer, the body not yet read; the caller closes the answer."""
        raw = request.url
        answer = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(scheme=raw.raw_scheme, host=raw.raw_host, port=raw.port, target=raw.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Chunks(answer))

    def close(self) -> None:
        """Close what is open; may be called twice."""
        if "_pool" in self.__dict__:
            self._pool.close()


class _Chunks(httpx.SyncByteStream):
    """The raw body of an answer."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
