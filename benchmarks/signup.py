"""How long a reader waits for the sign-up page under load: ``python -m benchmarks signup [--rate N] [--seconds N]``.

The page and a route that does nothing are asked for turn about, at a fixed rate, from one server on loopback. A request
is timed from the moment it was due, so that a server that stalls cannot hide it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn
from fastapi import FastAPI

import subscribers
from subscribers import KeyRing


def run(argv: list[str]) -> int:
    """Ask for both at the given rate and print the slowest hundredth of each, in milliseconds, and the errors."""
    options = argparse.ArgumentParser("benchmarks signup")
    options.add_argument("--rate", type=int, default=200)
    options.add_argument("--seconds", type=int, default=30)
    options.add_argument("--json", action="store_true")
    options.add_argument("--serve", nargs=2, default=(), help=argparse.SUPPRESS)
    given = options.parse_args(argv)
    if given.serve:
        return _serve(Path(given.serve[0]), int(given.serve[1]))
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "benchmarks", "signup", "--serve", folder, str(port)]
        server = subprocess.Popen(command)
        try:
            found = asyncio.run(_load(f"http://127.0.0.1:{port}", given.rate, given.seconds))
        finally:
            server.terminate()
            server.wait()
    print(json.dumps(found) if given.json else "\n".join(f"{name}: {value}" for name, value in found.items()))
    return 0


def _serve(folder: Path, port: int) -> int:
    engine = subscribers.open_engine(f"sqlite:///{folder}/digest.db")
    subscribers.upgrade(engine)
    with subscribers.writing(engine) as conn:
        subscribers.ensure_list(conn, "morning", "Morning Watch")
    app = FastAPI()
    made = subscribers.router(
        engine=engine,
        keys=KeyRing.generate(),
        clock=lambda: datetime.now(UTC),
        site_name="Courier",
        site_url=f"http://127.0.0.1:{port}",
        mailer_of=lambda _list: _Nowhere(),
    )
    app.include_router(made)

    @app.get("/nothing")
    def nothing() -> str:
        """Do nothing."""
        return "nothing"

    uvicorn.run(app, port=port, log_level="error")
    return 0


class _Nowhere:
    """A mailer that sends nothing: only its being there opens the page."""

    def send(self, *, to: str, subject: str, text: str, html: str) -> None:
        """Send nothing."""


async def _load(url: str, rate: int, seconds: int) -> dict[str, float]:
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=10, trust_env=False) as client:
        await _up(client)
        for path in ("/s/morning", "/nothing") * 20:
            await client.get(path)
        taken: dict[str, list[float]] = {"/s/morning": [], "/nothing": []}
        errors = 0
        start = time.perf_counter()

        async def ask(path: str, due: float) -> None:
            nonlocal errors
            try:
                errors += (await client.get(path)).status_code != 200
            except httpx.HTTPError:
                errors += 1
            taken[path].append(time.perf_counter() - due)

        async with asyncio.TaskGroup() as group:
            # As many of each: the page at the asked rate, and the measure beside it one second in two.
            for number in range(rate * seconds):
                due = start + number / rate
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                group.create_task(ask("/nothing" if int(number / rate) % 2 else "/s/morning", due))
    page, nothing = (sorted(taken[path]) for path in ("/s/morning", "/nothing"))
    return {
        "page_p99_ms": round(page[int(len(page) * 0.99)] * 1000, 1),
        "nothing_p99_ms": round(nothing[int(len(nothing) * 0.99)] * 1000, 1),
        "page_p50_ms": round(page[len(page) // 2] * 1000, 1),
        "nothing_p50_ms": round(nothing[len(nothing) // 2] * 1000, 1),
        "errors": errors,
    }


async def _up(client: httpx.AsyncClient) -> None:
    for _ in range(200):
        try:
            await client.get("/nothing")
            return
        except httpx.HTTPError:
            await asyncio.sleep(0.1)
    raise SystemExit("The server did not start.")
