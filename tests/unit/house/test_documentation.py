"""The manual keeps up with the program: every command, option and setting stands in docs/running.md."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import typer
from pydantic import BaseModel

from digest.cli.app import app
from digest.settings import Settings
from tests.tree import ROOT, name_of, project_files

RUNNING = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
TABLE = re.compile(r"^(#{2,}) `\[+([a-z._]+)\]+`$(.*?)(?=^#{2,} |\Z)", re.MULTILINE | re.DOTALL)
NOT_KEYS = {"base"}


def test_every_command_is_in_the_manual():
    missing = [" ".join(words) for words, _ in _commands() if _row(words) is None]

    assert not missing


def test_every_option_stands_beside_its_command():
    missing = [
        f"{' '.join(words)} {option}"
        for words, command in _commands()
        for option in _options(command)
        if option not in (_row(words) or "")
    ]

    assert not missing


def test_the_manual_names_no_option_that_does_not_exist():
    known = {option for _, command in _commands() for option in _options(command)} | {"--config", "--help", "--version"}

    strange = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", RUNNING)) - known

    assert not strange


def test_every_key_of_the_settings_is_in_the_manual_and_no_other():
    documented = {path: set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE)) for _, path, text in _tables()}

    assert documented == dict(_models())


def test_every_link_between_documents_leads_to_a_file():
    pages = [path for path in project_files() if path.suffix == ".md" and path.parent in (ROOT, *_folders())]

    broken = [
        f"{name_of(page)}: {link}" for page in pages for link in _links(page) if not (page.parent / link).exists()
    ]

    assert not broken


def test_the_readme_is_at_most_130_lines():
    readme = ROOT / "README.md"

    assert len(readme.read_text(encoding="utf-8").splitlines()) <= 130


def _commands() -> Iterator[tuple[list[str], click.Command]]:
    def walk(command: click.Command, words: list[str]) -> Iterator[tuple[list[str], click.Command]]:
        children = getattr(command, "commands", None)
        if children is None:
            yield words, command
            return
        for name, child in sorted(children.items()):
            yield from walk(child, [*words, name])

    return walk(typer.main.get_command(app), ["digest"])


def _options(command: click.Command) -> list[str]:
    return [p.opts[0] for p in command.params if p.param_type_name == "option" and "--help" not in p.opts]


def _row(words: list[str]) -> str | None:
    start = f"| `{' '.join(words)}`"
    return next((line for line in RUNNING.splitlines() if line.startswith(start)), None)


def _tables() -> list[tuple[str, str, str]]:
    return TABLE.findall(RUNNING)


def _models() -> Iterator[tuple[str, set[str]]]:
    """Yield each table of the settings with its own keys; a table that repeats another is documented once."""
    seen: set[type[BaseModel]] = set()

    def walk(model: type[BaseModel], path: str) -> Iterator[tuple[str, set[str]]]:
        seen.add(model)
        inner = {}
        for name, field in model.model_fields.items():
            found = _model_in(field.annotation)
            if found is not None:
                inner[field.alias or name] = found
        own = {field.alias or name for name, field in model.model_fields.items()} - set(inner) - NOT_KEYS
        if path:
            yield path, own
        for name, child in inner.items():
            if child not in seen:
                yield from walk(child, f"{path}.{name}".strip("."))

    return walk(Settings, "")


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((m for m in map(_model_in, getattr(annotation, "__args__", ())) if m is not None), None)


def _folders() -> list:
    return [path for path in (ROOT / "docs", *(ROOT / "docs").rglob("*")) if path.is_dir()]


def _links(page) -> list[str]:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return [link.split("#")[0] for link in found if "://" not in link and link.split("#")[0]]
