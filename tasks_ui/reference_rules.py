"""The rules of the checks with their severities and sentences, read from the code that says them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from typing import TYPE_CHECKING

from engine.core import reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEVERITIES = ("error", "warning", "info")
SOURCES = (
    "parse/__init__.py",
    "forms/lint.py",
    "dmn/lint.py",
    "dmn/lint_cells.py",
    "dmn/lint_examples.py",
    "dmn/lint_results.py",
    "dmn/lint_rows.py",
)
PLACE = "…"
_PREFIXES = {"forms/lint.py": "form-"}
_TITLES = {
    "dmn-feel": ("An expression is not FEEL", "表达式不是有效的 FEEL"),
    "dmn-missing-requirement": ("Something required does not exist", "所依赖的内容不存在"),
    "dmn-unknown-name": ("A result is a name that nobody gives a value to", "结果是一个没有值的名称"),
    "dmn-type-unknown": ("A type does not exist", "类型不存在"),
}
_RULE = re.compile(r"[a-z]+(?:-[a-z]+)*")
_CALLS = frozenset({"about", "Finding", "say", "add", "refuse", "_flow"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it finds in short, how grave it is, what it says and advises, English and Chinese."""

    name: str
    titles: tuple[str, str] = ("", "")
    severities: tuple[str, ...] = ()
    sentences: tuple[tuple[str, str], ...] = ()
    repair: tuple[str, str] = ("", "")


@dataclass
class _Said:
    severities: set[str] = field(default_factory=set)
    sentences: dict[tuple[str, str], None] = field(default_factory=dict)


@cache
def rules() -> tuple[Rule, ...]:
    """List every rule of the checks of diagrams, decision tables and forms, by name."""
    said: dict[str, _Said] = {}
    core = files("engine.core")
    sources = [f"lint/{path.name}" for path in core.joinpath("lint").iterdir() if path.name.endswith(".py")]
    for name in sorted([*sources, *SOURCES]):
        tree = ast.parse(core.joinpath(name).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            if _called(node) in _CALLS:
                _take(node, said, prefix=_PREFIXES.get(name, ""))
            elif _called(node) == "_unknown":
                _take_unknown(node, said)
            elif _called(node) == "replace":
                _take_named(node, said)
    listed = {rule.rule: rule for rule in reference.rules()}
    _spread(said, listed)
    repairs = reference.repairs()
    names = sorted(said.keys() | listed.keys())
    found = []
    for name in names:
        known, told = listed.get(name), said.get(name, _Said())
        found.append(
            Rule(
                name,
                (known.title, known.title_zh) if known else _TITLES.get(name, ("", "")),
                tuple(one for one in SEVERITIES if one in told.severities),
                tuple(told.sentences),
                _joined([repairs[kind] for kind in known.repair.split(",") if kind] if known else []),
            )
        )
    return tuple(found)


def _joined(titles: list[tuple[str, str]]) -> tuple[str, str]:
    return "; ".join(english for english, _ in titles), "；".join(chinese for _, chinese in titles)


def _called(node: ast.Call) -> str:
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def _take(node: ast.Call, said: dict[str, _Said], *, prefix: str) -> None:
    """Note what one call says: rule, then severity unless it is always an error, then both sentences."""
    start = 0 if _called(node) in {"say", "refuse"} else 1
    args = node.args[start:]
    if len(args) < len(("rule", "english", "chinese")):
        return
    rules_, rest = list(_texts(args[0])), args[1:]
    severities = [text for text in _texts(rest[0]) if text in SEVERITIES]
    chosen = isinstance(rest[0], ast.Name) and rest[0].id == "severity"  # by something looked at before
    rest = rest[1:] if severities or chosen else rest
    severities = ["error", "warning"] if chosen else severities
    english, chinese = (list(_texts(part)) for part in (rest[0], rest[1])) if len(rest) > 1 else ([], [])
    for rule in rules_:
        if not _RULE.fullmatch(rule.replace(PLACE, "x")):
            continue
        one = said.setdefault(prefix + rule, _Said())
        one.severities.update(severities or ["error"])
        for pair in zip_longest(english, chinese, fillvalue=""):
            if pair[0].strip(PLACE) and pair[1].strip(PLACE):
                one.sentences[pair] = None


def _take_unknown(node: ast.Call, said: dict[str, _Said]) -> None:
    """Note the severity of one kind of name that does not exist."""
    for kind in _texts(node.args[1]):
        one = said.setdefault(f"unknown-{kind}", _Said())
        one.severities.update(text for text in _texts(node.args[-1]) if text in SEVERITIES)


def _take_named(node: ast.Call, said: dict[str, _Said]) -> None:
    """Note a finding made of another one by naming what is different."""
    named = {word.arg: list(_texts(word.value)) for word in node.keywords if word.arg}
    if {"rule", "message", "message_zh"} <= named.keys():
        for rule in named["rule"]:
            one = said.setdefault(rule, _Said())
            one.severities.update(named.get("severity", ["error"]))
            one.sentences.update(dict.fromkeys(zip(named["message"], named["message_zh"], strict=False)))


def _spread(said: dict[str, _Said], listed: Iterable[str]) -> None:
    """Give what is said of “unknown-…” and “…-missing” to the rules that are meant."""
    for pattern in [name for name in said if PLACE in name]:
        told = said.pop(pattern)
        shape = re.compile(pattern.replace(PLACE, r"[a-z]+"))
        for name in [name for name in listed if shape.fullmatch(name)]:
            one = said.setdefault(name, _Said())
            if not pattern.startswith("unknown-") and not one.sentences:
                one.sentences.update(told.sentences)
                one.severities.update(told.severities)
            one.severities.update(() if one.severities else ["error"])


def _texts(node: ast.expr) -> Iterator[str]:
    """Give the texts an expression may stand for; what is only known at run time becomes “…”."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [str(part.value) if isinstance(part, ast.Constant) else PLACE for part in node.values]
        yield "".join(parts)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.BinOp):
        left, right = next(_texts(node.left), PLACE), next(_texts(node.right), PLACE)
        yield left + right
