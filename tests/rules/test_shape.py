"""The rules of DESIGN.md §3 that no ready-made linter checks."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "storage", "tasks_ui", "processes")
MODULES = sorted(
    path
    for package in PACKAGES
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts and "node_modules" not in path.parts
)
TEMPLATES = sorted((ROOT / "tasks_ui" / "templates").rglob("*.html"))
LONGEST_MODULE, LONGEST_FUNCTION, MOST_METHODS = 400, 50, 15
LARGE_BY_NATURE = {"Workbench"}  # one method for each verb of a scenario, agreed with those who write them
CLOCK = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}
CLOCK_READERS = {"tasks_ui/context.py", "tasks_ui/cli.py", "engine/worker.py"}
ERRORS = {
    *("KeyturnError", "NotFoundError", "NotAllowedError", "ConflictError", "InvalidInputError", "ProcessError"),
}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def test_there_are_modules() -> None:
    assert len(MODULES) > 20
    assert len(TEMPLATES) > 5


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_functions_and_classes_stay_small(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_MODULE, f"{lines} lines"
    for node in parsed(path):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name}: {length} lines"
        if isinstance(node, ast.ClassDef):
            methods = [item.name for item in node.body if isinstance(item, ast.FunctionDef)]
            assert len(methods) <= MOST_METHODS or node.name in LARGE_BY_NATURE, f"{node.name}: {len(methods)} methods"


def test_one_place_commits() -> None:
    found = [
        name_of(path)
        for path in MODULES
        for node in parsed(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert found == ["storage/session.py"]


def test_only_the_edges_read_the_clock() -> None:
    found = {
        name_of(path)
        for path in MODULES
        for node in parsed(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in CLOCK
    }
    assert found <= CLOCK_READERS


def test_broad_excepts_only_in_the_worker_loop() -> None:
    found = {
        name_of(path)
        for path in MODULES
        for node in parsed(path)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}))
    }
    assert found <= {"engine/worker.py"}


def test_errors_carry_marked_templates() -> None:
    """A sentence raised to a person goes through N_, so that the extractor finds it."""
    bare = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        for node in parsed(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ERRORS
        and node.args
        and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert bare == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_untranslated_words(path: Path) -> None:
    """Outside of {{ _('…') }} a template has markup and punctuation, the product's name and keys to press."""
    text = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(r"<(svg|kbd|code)\b.*?</\1>", " ", text, flags=re.DOTALL)
    attributes = re.findall(r"\b(?:title|alt|placeholder|aria-label)=\"([^\"]*)\"", text)
    words = re.findall(r"[^\W\d_]{2,}", re.sub(r"<[^>]*>|&\w+;", " ", text) + " ".join(attributes))
    assert [word for word in words if word not in {"Keyturn", "Excel", "CSV", "PDF"}] == []


def test_icons_are_among_those_that_are_built() -> None:
    known = set(json.loads((ROOT / "tasks_ui/editor/icons.json").read_text(encoding="utf-8")))
    sources = [*TEMPLATES, *(ROOT / "tasks_ui").glob("*.py")]
    pattern = re.compile(r"""(?:icon|macros\.empty)\(['"]([a-z0-9-]+)['"]""")
    assert {name for path in sources for name in pattern.findall(path.read_text(encoding="utf-8"))} <= known


def test_pages_hold_no_inline_scripts_and_styles() -> None:
    """The content security policy would stop them."""
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*(\bsrc=|type=\"application/json\"))", text), path.name  # data is not run
        assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=\"", text), path.name
