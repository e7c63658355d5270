"""The size of files and functions, and the docstrings on what is public."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.tree import functions, lines_of, name_of, package_modules, parsed, project_files, public_definitions

LONGEST_FILE = 450
LONGEST_FUNCTION = 60


def test_no_python_file_is_longer_than_450_lines():
    python = [path for path in project_files() if path.suffix == ".py"]

    long = {name_of(path): count for path in python if (count := len(path.read_text().splitlines())) > LONGEST_FILE}

    assert not long


def test_no_function_is_longer_than_60_lines():
    long = {
        f"{name_of(path)}:{function.lineno} {function.name}": lines_of(function)
        for path in package_modules()
        for function in functions(parsed(path))
        if lines_of(function) > LONGEST_FUNCTION
    }

    assert not long


def test_every_module_class_and_function_that_is_public_says_what_it_is_for():
    silent = [place for path in package_modules() for place in _undocumented(path)]

    assert not silent


def test_docstrings_begin_with_a_whole_sentence():
    clipped = [
        f"{name_of(path)}:{node.lineno} {node.name}"
        for path in package_modules()
        for node in public_definitions(parsed(path))
        if (text := ast.get_docstring(node)) and text.split("\n\n")[0].rstrip()[-1] not in ".:?"
    ]

    assert not clipped


def test_only_the_command_line_prints():
    printing = [
        f"{name_of(path)}:{node.lineno}"
        for path in package_modules()
        if "cli" not in path.parts
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert not printing


def test_a_broad_except_carries_its_reason_beside_it():
    unexplained = [
        f"{name_of(path)}:{handler.lineno}"
        for path in package_modules()
        for handler in _broad_handlers(parsed(path))
        if "#" not in path.read_text().splitlines()[handler.lineno - 1]
        and "#" not in path.read_text().splitlines()[handler.lineno]
    ]

    assert not unexplained


def _undocumented(path: Path) -> Iterator[str]:
    tree = parsed(path)
    if not ast.get_docstring(tree):
        yield name_of(path)
    for node in public_definitions(tree):
        if not ast.get_docstring(node):
            yield f"{name_of(path)}:{node.lineno} {node.name}"


def _broad_handlers(tree: ast.Module) -> Iterator[ast.ExceptHandler]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        names = (
            {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else {"BaseException"}
        )
        if names & {"Exception", "BaseException"}:
            yield node
