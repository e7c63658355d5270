"""What ``digest serve``, ``digest tick`` and ``digest preview`` do."""

from __future__ import annotations

import logging
import os
import socket
import webbrowser
from datetime import datetime

import uvicorn

from digest import store
from digest.cli.opening import config_path, edition_key, emit, say, warn, workspace
from digest.drafting import draft
from digest.engine import Ticked, ticking
from digest.engine import tick as tick_once
from digest.errors import UsageError
from subscribers import WithoutAddresses

_FAILED = ("failed", "unfinished")
_WITHHELD = ("withheld", "expired")


def serve(host: str, port: int) -> int:
    """Run the schedule and the web pages until Ctrl-C or SIGTERM."""
    from digest.web.app import make_app

    with workspace() as newsroom:
        web = newsroom.settings.web
        host, port = host or web.host, port or web.port
        listening = _listen(host, port)
        say(f"Pages at http://{host}:{listening.getsockname()[1]}/, schedule running. Ctrl-C ends both.")
        _log_without_addresses()
        server = uvicorn.Server(uvicorn.Config(make_app(newsroom), log_config=None, lifespan="off"))
        with ticking(newsroom, on_done=_tell, on_error=warn):
            server.run(sockets=[listening])
    return 0


def _log_without_addresses() -> None:
    """Log warnings and errors of all libraries on standard error, whatever they quote."""
    handler = logging.StreamHandler()
    handler.addFilter(WithoutAddresses())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], format="%(levelname)s: %(message)s")


def tick(*, as_json: bool) -> int:
    """Do what is due, once. 1 when something failed or is unfinished, 3 when something was withheld, else 0."""
    with workspace() as newsroom:
        done = tick_once(newsroom, on_done=None if as_json else _tell)
    if as_json:
        emit([{"edition": str(t.key), "result": t.result, "detail": t.detail} for t in done])
    elif not done:
        say("Nothing is due.")
    if any(t.result in _FAILED for t in done):
        return 1
    return 3 if any(t.result in _WITHHELD for t in done) else 0


def preview(newsletter: str, day: str, slot: str, *, port: int, open_page: bool) -> int:
    """Serve the preview of one edition on loopback until Ctrl-C; builds the draft if there is none."""
    from digest.web.preview import new_token, preview_app

    with workspace() as newsroom:
        key = edition_key(newsroom, newsletter or newsroom.settings.newsletters[0].id, day, slot)
        with newsroom.reading() as conn:
            known = store.load(conn, key)
        if known is None:
            draft(newsroom, key)
        token = new_token()
        listening = _listen("127.0.0.1", port)
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/{token}/"
        say(f"{key}: {address}  (Ctrl-C ends it)")
        if open_page and has_browser():
            webbrowser.open(address)
        app = preview_app(newsroom, key, token, config=config_path())
        # A page that waits for news keeps its connection open; Ctrl-C must not wait for it.
        config = uvicorn.Config(app, log_level="warning", lifespan="off", timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def has_browser() -> bool:
    """Say whether opening a page would show it to somebody."""
    if (
        os.name == "posix"
        and os.uname().sysname == "Linux"
        and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    ):
        return False
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UsageError(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with --port.") from error
    listening.listen(128)
    return listening


def _tell(ticked: Ticked) -> None:
    say(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}  {ticked.key}  {ticked.result}: {ticked.detail}")
