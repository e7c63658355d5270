"""What a DKIM signature costs beside OpenSSL's own speed test, on one core, and how two threads share the work."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from benchmarks.data import median
from digest.model import Outgoing
from digest.send.dkim import DkimKey, load_key, make_key, sign, signed

COUNT = 400


def measure(runs: int, say: Any) -> dict[str, Any]:
    """Return signatures a second of ours and of OpenSSL, and their ratio: median of interleaved runs."""
    message = _message()
    rsa = load_key("example.com", "news", make_key("rsa")[0], named="a new key")
    ed25519 = load_key("example.com", "news", make_key("ed25519")[0], named="a new key")
    rounds = []
    for number in range(runs):
        raw = _openssl()
        ours = _alone(message, rsa)
        found = {"ours_rsa": ours, "ours_ed25519": _alone(message, ed25519), "two_threads_rsa": _threads(message, rsa)}
        if raw:
            found |= {"openssl_rsa": raw, "share_of_openssl": ours / raw}
        found["two_threads_gain"] = found["two_threads_rsa"] / ours
        rounds.append(found)
        say(f"run {number + 1} of {runs}: " + ", ".join(f"{name} {value:.4g}" for name, value in found.items()))
    return {name: round(median([r[name] for r in rounds]), 3) for name in rounds[0]} | {"message_bytes": len(message)}


def _alone(message: bytes, key: DkimKey) -> float:
    began = time.process_time()
    for _ in range(COUNT):
        sign([key], message)
    return COUNT / (time.process_time() - began)


def _threads(message: bytes, key: DkimKey) -> float:
    outgoing = Outgoing(1, "reader@example.org", "news@example.com", "<1@example.com>", message)
    began = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        count = sum(1 for _ in signed((outgoing for _ in range(COUNT)), [key], pool, 2))
    return count / (time.monotonic() - began)


def _openssl() -> float:
    program = shutil.which("openssl")
    if program is None:
        return 0.0
    told = subprocess.run([program, "speed", "-seconds", "1", "rsa2048"], capture_output=True, text=True, check=False)
    found = re.search(r"rsa\s+2048 bits\s+\S+\s+\S+\s+([\d.]+)", told.stdout)
    return float(found[1]) if found else 0.0


def _message() -> bytes:
    head = (
        b"From: Morning Watch <morning@example.com>\r\nSubject: The harbour is open\r\nTo: reader@example.org\r\n"
        b"Date: Mon, 05 Jan 2026 06:30:00 +0000\r\nMessage-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"
        b"List-Unsubscribe: <https://courier.example/u/abc>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return head + (b"Ships come in and go out as the tide and the harbour master will.\r\n" * 870)
