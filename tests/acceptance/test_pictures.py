"""Pictures from a newsroom's folder and from a server to the mail: fitted, credited, or left out with a word."""

from __future__ import annotations

import email
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from PIL import Image

from tests.acceptance.workspace import SETTINGS, Workspace

QUAY = "{path: quay.jpg, alt: A ferry at the quay, credit: 'Photo: Ada', mail_rights: yes}"


def photograph(width: int = 2400, height: int = 1600) -> bytes:
    written = BytesIO()
    noise = Image.effect_noise((width, height), 90)
    Image.merge("RGB", (noise, noise, noise)).save(written, "JPEG", quality=95)
    return written.getvalue()


def newsroom(courier: Workspace, image: str, more: str = "") -> Workspace:
    courier.settings(SETTINGS + more)
    (courier.folder / "stories" / "quay.jpg").write_bytes(photograph())
    courier.story("bridge", "Harbour bridge", image=image)
    courier.run("subscribers", "add", "ada@example.org", "--list", "morning")
    return courier


def mailed(courier: Workspace) -> tuple[Message, str]:
    ran = courier.run("run", "morning")
    assert ran.code == 0, ran.err
    mail = email.message_from_bytes(courier.mails()[-1].read_bytes())
    page = next(p for p in mail.walk() if p.get_content_type() == "text/html")
    return mail, page.get_payload(decode=True).decode()  # type: ignore[union-attr]


def embedded(mail: Message) -> list[bytes]:
    return [p.get_payload(decode=True) for p in mail.walk() if p.get_content_maintype() == "image"]  # type: ignore[misc]


def test_a_picture_with_rights_is_fitted_embedded_and_credited(courier: Workspace) -> None:
    mail, page = mailed(newsroom(courier, QUAY))

    (picture,) = embedded(mail)
    opened = Image.open(BytesIO(picture))
    assert opened.size == (1152, 576)
    assert len(picture) <= 200_000
    assert 'alt="A ferry at the quay" width="576" height="288"' in page
    assert "Photo: Ada" in page
    name = next(p for p in mail.walk() if p.get_content_maintype() == "image")["Content-ID"].strip("<>")
    assert f'src="cid:{name}"' in page


def test_a_hosted_picture_is_linked_and_not_carried(courier: Workspace) -> None:
    mail, page = mailed(newsroom(courier, QUAY, '\n[mail]\npictures = "hosted"\n'))

    assert embedded(mail) == []
    assert 'src="https://courier.example/i/' in page


@pytest.mark.parametrize(
    ("image", "more"),
    [
        (QUAY.replace("mail_rights: yes", "mail_rights: no"), ""),
        (QUAY.replace(", mail_rights: yes", ""), ""),
        (QUAY, '\n[mail]\npictures = "none"\n'),
    ],
    ids=["rights denied", "rights unknown", "no pictures wanted"],
)
def test_a_picture_without_leave_is_not_in_the_mail(courier: Workspace, image: str, more: str) -> None:
    mail, page = mailed(newsroom(courier, image, more))

    assert embedded(mail) == []
    assert "<img" not in page


@pytest.mark.parametrize(
    ("path", "content", "told"),
    [
        ("gone.jpg", None, "gone.jpg"),
        ("broken.jpg", photograph(64, 64)[:400], "cannot be read"),
        ("page.jpg", b"<html>not found</html>", "cannot be read"),
        ("../../elsewhere.jpg", None, "lies outside of the workspace"),
    ],
)
def test_a_broken_picture_is_told_and_stops_nothing(
    courier: Workspace, path: str, content: bytes | None, told: str
) -> None:
    newsroom(courier, f"{{path: {path}, alt: A quay, mail_rights: yes}}")
    if content is not None:
        (courier.folder / "stories" / path).write_bytes(content)

    ran = courier.run("run", "morning")

    assert ran.code == 0
    assert len(courier.mails()) == 1
    assert "The picture of “Harbour bridge” is left out" in ran.out
    assert told in ran.out


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_of_a_hundred_million_pixels_is_not_opened(courier: Workspace) -> None:
    newsroom(courier, "{path: huge.png, alt: A quay, mail_rights: yes}")
    written = BytesIO()
    Image.new("1", (12_000, 9_000)).save(written, "PNG")
    (courier.folder / "stories" / "huge.png").write_bytes(written.getvalue())

    ran = courier.run("run", "morning")

    assert (ran.code, "12000 x 9000 pixels" in ran.out) == (0, True)


FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Wire</title>
<item><title>Ferry strike</title><link>https://wire.example/ferry</link><guid>ferry</guid>
<pubDate>Mon, 05 Jan 2026 10:00:00 +0000</pubDate>
<description>Deck crews of the island ferries walked out at dawn over night pay. The company will talk.</description>
<media:content url="{base}/quay.jpg" medium="image"/></item></channel></rss>"""


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """Serve a feed and its picture on loopback; return the address and what was asked for."""
    asked: list[str] = []

    class Wire(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            is_feed = self.path == "/feed"
            body = FEED.format(base=base).encode() if is_feed else photograph(800, 800)
            self.send_response(200)
            self.send_header("Content-Type", "application/rss+xml" if is_feed else "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Wire)
    base = f"http://127.0.0.1:{listening.server_address[1]}"
    thread = threading.Thread(target=listening.serve_forever)
    thread.start()
    yield base, asked
    listening.shutdown()
    thread.join(10)
    listening.server_close()


def test_a_feeds_picture_is_never_fetched_because_a_feed_gives_no_leave_to_mail_it(
    courier: Workspace, server: tuple[str, list[str]]
) -> None:
    base, asked = server
    wire = f'\n[[sources]]\nname = "wire"\nkind = "feed"\nurl = "{base}/feed"\nallow_private = true\n'
    courier.settings(SETTINGS + wire)
    courier.run("subscribers", "add", "ada@example.org", "--list", "morning")

    mail, page = mailed(courier)

    assert "Ferry strike" in page
    assert (asked, embedded(mail)) == (["/feed"], [])


def test_a_picture_at_an_address_inside_the_network_is_refused(
    courier: Workspace, server: tuple[str, list[str]]
) -> None:
    base, asked = server
    newsroom(courier, f"{{url: '{base}/quay.jpg', alt: A quay, mail_rights: yes}}")

    ran = courier.run("run", "morning")

    assert (ran.code, asked) == (0, [])
    assert "is left out" in ran.out
