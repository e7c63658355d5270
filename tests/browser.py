"""A browser for an application in this process: plain synchronous requests, no server and no network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Browser:
    """Sends requests to an ASGI application; an error in the application is an error of the test."""

    app: Callable[..., Any]
    base_url: str = "http://127.0.0.1"

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return asyncio.run(self._request(method, path, options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    async def _request(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url=self.base_url) as client:
            return await client.request(method, path, **options)


async def in_parts(part: bytes, times: int = 1) -> AsyncIterator[bytes]:
    """Yield a body of which nobody says beforehand how long it is."""
    for _ in range(times):
        yield part
