"""Templates that mean harm: each is stopped with its theme, file and line, and the next mail renders."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.errors import RenderError
from digest.model import Variant
from digest.render import inline, render_variant, worker
from digest.render.worker import Bundle, Limits, Worker
from tests.editions import small_edition

LINKS = "{{ slots.unsubscribe_url }} {{ slots.preferences_url }} {{ slots.view_url }}"
SETTINGS = (
    "[theme]\nname='own'\n[light]\ncard='#ffffff'\n[dark]\ncard='#000000'\n"
    "[type]\nserif='Georgia'\n[space]\nwidth=640\n"
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"

HARM = [
    # ways out of the sandbox
    ("{{ lead.headline.__class__ }}", "unsafe"),
    ("{{ lead.headline.__class__.__mro__[1].__subclasses__() }}", "unsafe"),
    ("{{ lead.headline|attr('__class__') }}", "unsafe|undefined"),
    ("{{ lead.headline|attr('__cl' ~ 'ass__')|attr('__base__') }}", "unsafe|undefined|no attribute"),
    ("{{ '{0.__class__}'.format(lead) }}", "unsafe|undefined"),
    ("{{ '{0.__class__.__init__.__globals__}'.format_map({'0': lead}) }}", "unsafe|undefined|out of range"),
    ("{{ [lead]|map(attribute='__class__')|first }}", "unsafe|undefined"),
    ("{{ self.__init__.__globals__ }}", "unsafe|undefined"),
    ("{{ self._TemplateReference__context }}", "unsafe|undefined"),
    ("{% set c = lead.headline['__class__'] %}{{ c }}", "unsafe|undefined"),
    ("{{ lead.update({'headline': 'x'}) }}", "unsafe|not safely callable"),
    ("{{ briefs.append(1) }}", "unsafe|not safely callable"),
    ("{{ cycler.__init__.__globals__.os.system('id') }}", "unsafe|undefined"),
    ("{{ lipsum.__globals__ }}", "'lipsum' is undefined"),
    # files
    ("{% include '../../../../../../etc/passwd' %}", "no template"),
    ("{% include '/etc/passwd' %}", "no template"),
    ("{% import 'file:///etc/passwd' as p %}", "no template"),
    ("{% extends '../digest.secrets' %}", "no template"),
    # time
    ("{% for a in L %}{% for b in L %}{% for c in L %}{% for d in L %}{% for e in L %}{% endfor %}{% endfor %}"
     "{% endfor %}{% endfor %}{% endfor %}", "processor time"),
    ("{{ range(10**9)|list }}", "'range' is undefined"),
    ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "without end"),
    ("{% include 'html.j2' %}", "without end|deep"),
    ("{{ 9**(9**9) }}", "power"),
    ("{% for a in L * 30000 %}{% for b in L * 30000 %}{% endfor %}{% endfor %}", "processor time"),
    # memory
    ("{{ 'a' * 10**10 }}", "product"),
    ("{{ ['a'] * 10**9 }}", "product"),
    ("{{ 'a'|center(10**10) }}", "memory"),
    ("{{ '%10000000000d' % 1 }}", "memory|too big|too large|too long"),
    ("{{ '{:>9999999999}'.format(1) }}", "memory|Too many|too large"),
    ("{% set a = 'x' * 999999 %}{% set b = [a] * 99999 %}{{ b|join(a)|length }}", "memory"),
    ("{% set a = L * 30000 %}{% set b = [a] * 1000 %}{{ b|map('list')|list|length }}", "memory|processor"),
    # output
    ("{% for a in L %}{% for b in L %}{{ 'x' * 99999 }}{% endfor %}{% endfor %}", "writes more than"),
]  # fmt: skip


@pytest.fixture(scope="module")
def small_worker() -> Iterator[Worker]:
    made = Worker(Limits(cpu_s=0.3, deadline_s=10, memory_bytes=96 * 2**20, output_bytes=300_000))
    yield made
    made.close()


@pytest.fixture
def strict(monkeypatch: pytest.MonkeyPatch, small_worker: Worker) -> Worker:
    """A worker of small limits in the place of this process's own."""
    monkeypatch.setattr(worker, "shared", lambda: small_worker)
    return small_worker


def themes(folder: Path, html: str) -> Path:
    own = folder / "own"
    own.mkdir()
    (own / "theme.toml").write_text(SETTINGS)
    (own / "html.j2").write_text(html)
    (own / "text.j2").write_text(LINKS)
    return folder


@pytest.mark.parametrize(("template", "words"), HARM)
def test_a_harmful_template_is_stopped_and_the_next_mail_renders(
    tmp_path: Path, strict: Worker, template: str, words: str
) -> None:
    folder = themes(tmp_path, f"first line\n{{% set L = '{LETTERS}' %}}\n{template}\n{LINKS}")

    with pytest.raises(RenderError, match=rf"^Theme own: {tmp_path}/own/html\.j2, line 3: .*({words})"):
        render_variant(small_edition(theme="own"), Variant(), theme_dirs=(folder,))
    (folder / "own" / "html.j2").write_text(f"{{{{ lead.headline }}}} {LINKS}")
    assert "Night ferry" in render_variant(small_edition(theme="own"), Variant(), theme_dirs=(folder,)).html


def job(template: str) -> tuple[dict[str, str], Bundle]:
    """A job of one template, as the worker takes it."""
    sources = {"x.j2": ("/somewhere/x.j2", template)}
    return {"do": "template", "name": "x.j2", "context": "{}"}, Bundle(template, sources)


def asked(with_worker: Worker, template: str) -> str:
    task, bundle = job(template)
    return with_worker.ask(task, what="/somewhere/x.j2", bundle=bundle)


def test_a_worker_is_used_again_and_replaced_only_after_misbehaviour(strict: Worker) -> None:
    asked(strict, "one")
    first = strict.pid
    with pytest.raises(RenderError, match="undefined"):
        asked(strict, "{{ nothing }}")
    assert strict.pid == first

    with pytest.raises(RenderError, match="memory"):
        asked(strict, "{{ 'a'|center(10**10) }}")
    assert asked(strict, "two") == "two"
    assert strict.pid != first


def test_a_worker_that_hangs_is_killed_at_its_deadline() -> None:
    hanging = Worker(Limits(cpu_s=60, deadline_s=1))
    letters = f"{{% set L = '{LETTERS}' * 30000 %}}"

    with pytest.raises(RenderError, match=r"x\.j2: it took over 1 seconds"):
        asked(hanging, f"{letters}{{% for a in L %}}{{% for b in L %}}{{% endfor %}}{{% endfor %}}")
    assert hanging.pid is None
    hanging.close()


def test_a_worker_killed_from_outside_is_replaced(strict: Worker) -> None:
    asked(strict, "one")
    pid = strict.pid
    assert pid is not None

    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert asked(strict, "two") == "two"


def test_templates_that_the_worker_forgot_are_sent_again(strict: Worker) -> None:
    for number in range(12):
        asked(strict, f"template {number}")

    assert asked(strict, "template 0") == "template 0"


def test_the_kernel_lets_a_worker_open_nothing(strict: Worker) -> None:
    asked(strict, "one")
    process = Path(f"/proc/{strict.pid}")
    if not process.exists():
        pytest.skip("no /proc to look into")

    limits = (process / "limits").read_text()
    for limit in ("Max open files", "Max file size", "Max core file size"):
        assert re.search(rf"^{limit} +0 +0 ", limits, re.MULTILINE)


def test_a_worker_sees_none_of_our_variables(strict: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMTP_PASSWORD", "secret")
    strict.close()
    asked(strict, "one")
    process = Path(f"/proc/{strict.pid}")
    if not process.exists():
        pytest.skip("no /proc to look into")

    assert b"SMTP_PASSWORD" not in (process / "environ").read_bytes()


def test_a_link_out_of_the_theme_is_no_template(tmp_path: Path, strict: Worker) -> None:
    (tmp_path / "secret.j2").write_text("the secret")
    folder = tmp_path / "themes"
    folder.mkdir()
    own = themes(folder, f"{{% include 'stolen.j2' %}}{LINKS}") / "own"
    (own / "stolen.j2").symlink_to(tmp_path / "secret.j2")

    with pytest.raises(RenderError, match=r"html\.j2, line 1: there is no template stolen\.j2"):
        render_variant(small_edition(theme="own"), Variant(), theme_dirs=(folder,))


@pytest.mark.parametrize("inliner", ["premailer", "css-inline"])
@pytest.mark.parametrize(
    "head",
    [
        "<style>@import url('{url}');</style>",
        "<style>@import '{file}';</style>",
        "<link rel='stylesheet' href='{url}'>",
        "<link rel='stylesheet' href='file://{file}'>",
        "<style>p{{background:url('{url}')}}</style>",
        "<style>@font-face{{font-family:x;src:url('file://{file}')}}p{{font-family:x}}</style>",
    ],
)
def test_no_style_sheet_opens_a_file_or_an_address(tmp_path: Path, strict: Worker, inliner: str, head: str) -> None:
    """Whatever the sheet asks for, nobody comes to the door, and the file's words stand nowhere."""
    (tmp_path / "x.css").write_text("p{color:#abcdef}")
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}/x.css"
        page = head.format(url=url, file=tmp_path / "x.css")
        try:
            page = inline(f"<html><head>{page}</head><body><p>{page.count('x')} {inliner}</p></body></html>", inliner)
        except RenderError:
            page = ""

        assert "abcdef" not in page
        assert not select.select([door], [], [], 0)[0]


def test_a_harmful_style_sheet_is_stopped(strict: Worker) -> None:
    rules = "".join(f"p:not(.a{n}):not(.b{n}){{margin:{n}px}}" for n in range(3000))
    page = f"<html><head><style>{rules}</style></head><body>{'<p>x</p>' * 3000}</body></html>"

    with pytest.raises(RenderError, match="could not be inlined"):
        inline(page)
    assert "<p" in inline("<html><head><style>p{margin:0}</style></head><body><p>next</p></body></html>")
