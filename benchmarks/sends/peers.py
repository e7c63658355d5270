"""CPU a message of other clients beside ours: the same mail, the same sink, each used as its own guide says.

Django's ``send_messages`` and aiosmtplib run here when they are installed, nodemailer's pool when ``NODE_PATH`` names
a folder that holds it. Every message is built for its reader, by the client's own means. Each client tells the CPU of
its own loop, so that starting and importing are outside of it; the sink counts what arrived.
"""

from __future__ import annotations

import asyncio
import email
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from benchmarks.data import median
from benchmarks.job import CONNECTIONS
from benchmarks.sends.workspace import one_message, prepare, send
from benchmarks.sink import discarding

COUNT = 2_000
"""Messages a peer sends in one run: a few seconds of its work."""

SENDER, HELLO = "morning@courier.example", "Good morning, reader number"

NODE = """
const [port, count, sender, hello, htmlFile, textFile] = process.argv.slice(1);
const fs = require('fs'), nodemailer = require('nodemailer');
const html = fs.readFileSync(htmlFile, 'utf8'), text = fs.readFileSync(textFile, 'utf8');
const pool = nodemailer.createTransport({host: '127.0.0.1', port: +port, pool: true, maxConnections: %d,
  maxMessages: Infinity, ignoreTLS: true});
(async () => {
  const all = [], began = process.cpuUsage();
  for (let n = 0; n < +count; n++) all.push(pool.sendMail({from: sender, to: `reader${n}@example.org`,
    subject: 'The morning', html: `${hello} ${n} ` + html, text: `${hello} ${n} ` + text}));
  await Promise.all(all);
  const used = process.cpuUsage(began);
  console.log(JSON.stringify({cpu_s: (used.user + used.system) / 1e6}));
  pool.close();
})().catch((error) => { console.error(error); process.exit(1); });
"""


def measure(readers: int, runs: int, say: Any) -> dict[str, Any]:
    """Return the CPU a message of each client that is here, and ours as a share of it: medians of interleaved runs."""
    found: dict[str, Any] = {"messages_of_a_peer": COUNT, "readers": readers, "runs": runs}
    with tempfile.TemporaryDirectory(prefix="digest-send-") as name:
        folder = Path(name)
        prepared = prepare(folder, readers)
        costs: dict[str, list[float]] = {}
        for _ in range(runs):
            with discarding() as sink:
                ours, _spent = send(prepared, folder, sink.port)
            costs.setdefault("ours", []).append(ours["steady_cpu_us"])
            _write_parts(folder)
            for peer, command in _commands(folder).items():
                costs.setdefault(peer, []).append(_one(command))
                say(f"{peer}: {costs[peer][-1]:.0f} us a message")
    middle = {peer: round(median(values), 1) for peer, values in costs.items()}
    found["cpu_us"] = middle
    found["ours_is_one_of"] = {peer: round(cost / middle["ours"], 1) for peer, cost in middle.items() if peer != "ours"}
    found["missing"] = sorted({"django", "aiosmtplib", "nodemailer"} - set(middle))
    say(str(found))
    return found


def _one(command: Callable[[int], list[str]]) -> float:
    with discarding() as sink:
        told = subprocess.run(command(sink.port), capture_output=True, text=True, check=False)
    if told.returncode or sink.messages != COUNT:
        raise SystemExit(
            f"a peer ended with {told.returncode}, {sink.messages} of {COUNT} arrived: {told.stderr[-500:]}"
        )
    return 1e6 * float(json.loads(told.stdout)["cpu_s"]) / COUNT


def _commands(folder: Path) -> dict[str, Callable[[int], list[str]]]:
    """Return how to run each peer that is installed, given the sink's port."""
    parts = [str(folder / "part.html"), str(folder / "part.txt")]

    def ours(name: str) -> Callable[[int], list[str]]:
        return lambda port: [sys.executable, "-m", "benchmarks.sends.peers", name, str(port), *parts]

    found = {name: ours(name) for name in ("django", "aiosmtplib") if importlib.util.find_spec(name)}
    node = shutil.which("node")
    if node is not None and _has_nodemailer():
        script = NODE % CONNECTIONS
        found["nodemailer"] = lambda port: [node, "-e", script, "--", str(port), str(COUNT), SENDER, HELLO, *parts]
    return found


def _has_nodemailer() -> bool:
    return any((Path(place) / "nodemailer").is_dir() for place in os.environ.get("NODE_PATH", "").split(":") if place)


def _write_parts(folder: Path) -> None:
    """Take our own mail apart, so that all send the same page and text."""
    message = email.message_from_bytes(one_message(folder), policy=policy.default)
    assert isinstance(message, EmailMessage)
    for kind, ending in (("html", "html"), ("plain", "txt")):
        part = message.get_body((kind,))
        assert part is not None
        (folder / f"part.{ending}").write_text(part.get_content(), encoding="utf-8")


def _django(port: int, html: str, text: str) -> None:
    import django
    from django.conf import settings
    from django.core.mail import EmailMultiAlternatives, get_connection

    settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=port)
    django.setup()
    messages = []
    for number in range(COUNT):
        one = EmailMultiAlternatives("The morning", f"{HELLO} {number} {text}", SENDER, [f"reader{number}@example.org"])
        one.attach_alternative(f"{HELLO} {number} {html}", "text/html")
        messages.append(one)
    get_connection("django.core.mail.backends.smtp.EmailBackend").send_messages(messages)


def _aiosmtplib(port: int, html: str, text: str) -> None:
    import aiosmtplib

    async def some(numbers: range) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for number in numbers:
                message = EmailMessage()
                message["From"], message["To"] = SENDER, f"reader{number}@example.org"
                message["Subject"] = "The morning"
                message.set_content(f"{HELLO} {number} {text}")
                message.add_alternative(f"{HELLO} {number} {html}", subtype="html")
                await client.send_message(message)

    async def everybody() -> None:
        await asyncio.gather(*(some(range(start, COUNT, CONNECTIONS)) for start in range(CONNECTIONS)))

    asyncio.run(everybody())


def main(name: str, port: int, html: str, text: str) -> None:
    """Send by one of the clients written in Python and print its CPU seconds; modules are loaded before the clock."""
    importlib.import_module("django.core.mail" if name == "django" else name)
    began = time.process_time()
    (_django if name == "django" else _aiosmtplib)(port, html, text)
    print(json.dumps({"cpu_s": time.process_time() - began}))


if __name__ == "__main__":
    pages = [Path(file).read_text(encoding="utf-8") for file in sys.argv[3:5]]
    main(sys.argv[1], int(sys.argv[2]), *pages)
