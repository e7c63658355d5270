"""What must not stand in any file of the project, and what the files that belong together must agree on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.tree import ROOT, name_of, package_modules, project_files

# Each pattern is written so that it does not match itself.
REGISTRY_HOST = re.compile(r"p[y]pi\.org|[p]ythonhosted|registry\.[n]pmjs|[d]eb\.debian\.org|index-[u]rl")
MACHINE_PATH = re.compile(r"(?<![\w.:/-])/(?:wor[k]|hom[e]/[a-z]\w+|roo[t]|User[s]/[A-Za-z]\w+)/")
UNFINISHED = re.compile(r"\b(?:T[O]DO|F[I]XME|X{3})\b|Not[I]mplementedError|pragma: no [c]over")
LARGEST_BYTES = 400_000


def test_no_file_names_the_host_of_a_package_registry():
    assert not list(_matches(REGISTRY_HOST, project_files()))


def test_no_file_holds_a_path_of_one_machine():
    assert not list(_matches(MACHINE_PATH, project_files()))


def test_nothing_in_the_packages_is_marked_as_unfinished():
    assert not list(_matches(UNFINISHED, package_modules()))


def test_no_file_is_larger_than_400_kilobytes():
    large = {name_of(path): size for path in project_files() if (size := path.stat().st_size) > LARGEST_BYTES}

    assert not large


def test_every_direct_dependency_has_a_tested_version_that_fits_it():
    pins = dict(_pins())

    unfit = [str(wanted) for wanted in _direct() if not wanted.specifier.contains(pins.get(_key(wanted), "0"))]

    assert not unfit


def test_constraints_hold_versions_and_nothing_else():
    odd = [line for line in _constraints() if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)]

    assert not odd


def test_the_wheel_carries_every_folder_of_templates():
    build = _project()["tool"]["hatch"]["build"]["targets"]["wheel"]
    folders = {
        path.relative_to(ROOT).parts[1] for path in project_files() if path.relative_to(ROOT).parts[0] == "templates"
    }

    assert {f"templates/{folder}" for folder in folders} <= set(build["force-include"])


def _matches(pattern: re.Pattern[str], paths: tuple[Path, ...]) -> Iterator[str]:
    for path in paths:
        text = path.read_bytes().decode("utf-8", errors="ignore")
        if "\0" in text:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if pattern.search(line):
                yield f"{name_of(path)}:{number}: {line.strip()[:100]}"


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def _direct() -> Iterator[Requirement]:
    project = _project()["project"]
    extras = project["optional-dependencies"].values()
    yield from map(Requirement, [*project["dependencies"], *(line for extra in extras for line in extra)])


def _key(wanted: Requirement) -> str:
    return canonicalize_name(wanted.name)


def _constraints() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _pins() -> Iterator[tuple[str, str]]:
    for line in _constraints():
        name, _, version = line.partition("==")
        yield canonicalize_name(name), version
