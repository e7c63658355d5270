"""Walks the project's own files for the tests of the house: what is tracked, and what its Python says."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("digest", "subscribers")
UNTRACKED_FOLDERS = {"build", "dist", "htmlcov", "digest-demo", "__pycache__"}


@cache
def project_files() -> tuple[Path, ...]:
    """Return every file of the project: what git tracks, or in an unpacked copy whatever is not a cache."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    top = subprocess.run(["git", "rev-parse", "--show-toplevel"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0 and Path(top.stdout.strip()).resolve() == ROOT:
        named = (ROOT / name for name in listing.stdout.split("\0") if name)
        return tuple(path for path in named if path.is_file())
    return tuple(path for path in sorted(ROOT.rglob("*")) if path.is_file() and not _is_cache(path))


def _is_cache(path: Path) -> bool:
    folders = path.relative_to(ROOT).parts[:-1]
    return any(
        folder in UNTRACKED_FOLDERS or folder.endswith(".egg-info") or (folder.startswith(".") and folder != ".ci")
        for folder in folders
    )


def package_modules() -> tuple[Path, ...]:
    """Return the Python files of the two packages, migrations left out: Alembic gives those their shape."""
    return tuple(
        path
        for path in project_files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES and "migrations" not in path.parts
    )


def name_of(path: Path) -> str:
    """Return a file's path inside the project, as a test's message shows it."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function and method, nested ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines from ``def`` to its end, its docstring left out."""
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


def public_definitions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield what a module offers: its public functions and classes, and the public methods of those classes."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public_methods(node)


def _public_methods(definition: ast.ClassDef) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in definition.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
