"""processes/CHECKLIST.md names every rule once, and what it names exists."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

from tasks_ui.app import create_app
from tests.sites import settings_for

ROOT = Path(__file__).parents[2]
PROCESSES = ROOT / "processes"
SIZES = {"A": 26, "B": 73, "C": 40, "D": 24, "E": 20, "X": 17}
STATES = {"有", "部分", "缺", "不在范围"}
ROW = re.compile(r"^\| ([A-EX]\d\d) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
ROWS = [
    tuple(cell.strip() for cell in row) for row in ROW.findall((PROCESSES / "CHECKLIST.md").read_text(encoding="utf-8"))
]


@cache
def named_tests() -> frozenset[str]:
    files = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py")]
    return frozenset(name for text in files for name in re.findall(r"def (test_\w+)\(", text))


@cache
def ids(name: str, pattern: str) -> frozenset[str]:
    """Ids of a diagram or a table, wherever it lies."""
    found = [path for path in PROCESSES.glob(f"*/{name}.{pattern}")]
    return frozenset(
        element.get("id", "") for path in found for element in etree.parse(path).iter() if element.get("id")
    )


@cache
def keys(form: str) -> frozenset[str]:
    def walk(components: list[dict]) -> set[str]:
        own = {str(one[name]) for one in components for name in ("key", "path") if one.get(name)}
        return own.union(*(walk(one.get("components", [])) for one in components))

    paths = list(PROCESSES.glob(f"*/forms/{form}"))
    return frozenset(*[walk(json.loads(path.read_text(encoding="utf-8"))["components"]) for path in paths[:1]])


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    folder = tmp_path_factory.mktemp("routes")
    settings = settings_for(folder)
    return frozenset(rule.rule for rule in create_app(settings).url_map.iter_rules())


def missing(token: str, routes: frozenset[str]) -> bool:
    name, _, part = token.partition("#")
    if token.startswith("/"):
        return token not in routes
    if token.startswith("test_"):
        return token not in named_tests()
    if name.endswith(".yaml"):
        return not list(PROCESSES.glob(f"*/scenarios/{name}"))
    if name.endswith(".dmn"):
        return f"{name.removesuffix('.dmn')}_{part}" not in ids(name.removesuffix(".dmn"), "dmn")
    if name.endswith(".form"):
        return part not in keys(name)
    return part not in ids(name, "bpmn")


def test_no_two_stories_share_a_name() -> None:
    names = [path.name for path in PROCESSES.glob("*/scenarios/*.yaml")]
    assert sorted(names) == sorted(set(names)), "a rule that names a story names one"


def test_every_rule_is_there_once() -> None:
    wanted = [f"{letter}{number:02d}" for letter, size in SIZES.items() for number in range(1, size + 1)]
    assert [row[0] for row in ROWS] == wanted


def test_every_rule_says_how_it_stands_and_shows_it() -> None:
    assert {row[2] for row in ROWS} <= STATES
    for number, _, state, where in ROWS:
        shown, told = re.findall(r"`([^`]+)`", where), re.sub(r"`[^`]*`", "", where).strip()
        assert shown or state in {"缺", "不在范围"}, number
        assert told or state == "有", f"{number} does not say what is missing or why"


def test_everything_named_exists(routes: frozenset[str]) -> None:
    named = {(row[0], token) for row in ROWS for token in re.findall(r"`([^`]+)`", row[3])}
    assert sorted(pair for pair in named if missing(pair[1], routes)) == []
