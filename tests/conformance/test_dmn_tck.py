"""The DMN Technology Compatibility Kit: every assertion of every model that is present.

The kit is looked for in `KEYTURN_DMN_TCK`, else beside the repository. `dmn_tck_misses.txt` lists what we answer
differently, with the reason; an answer that is wrong and not listed fails, and so does a listed one that is right.
"""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from engine.core import dmn, feel
from engine.core.feel import operators, temporal
from engine.core.feel.runtime import Run

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
KIT = Path(os.environ.get("KEYTURN_DMN_TCK") or HERE.parents[1] / ".." / "shared" / "data" / "dmn-tck").resolve()
SPACE = "{http://www.omg.org/spec/DMN/20160719/testcase}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
ENV = feel.Env(strict=False, steps=1_000_000, now=temporal.parse_datetime("2026-01-05T12:00:00Z"))

pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason=f"the DMN TCK is not at {KIT}: set KEYTURN_DMN_TCK")


def folders(level: int) -> list[Path]:
    base = KIT / f"compliance-level-{level}"
    return sorted(path for path in base.iterdir() if path.is_dir()) if base.is_dir() else []


def misses() -> dict[str, str]:
    lines = (HERE / "dmn_tck_misses.txt").read_text("utf-8").splitlines()
    pairs = (line.split("\t", 1) for line in lines if line.strip() and not line.startswith("#"))
    return {key: reason.strip() for key, reason in pairs}


def value_of(element: Any) -> Any:
    """The value an inputNode, expected, item or component shows."""
    if element.get(NIL) == "true":
        return None
    lists = element.find(SPACE + "list")
    if lists is not None:
        return None if lists.get(NIL) == "true" else [value_of(item) for item in lists.findall(SPACE + "item")]
    components = element.findall(SPACE + "component")
    if components:
        return {component.get("name"): value_of(component) for component in components}
    value = element.find(SPACE + "value")
    if value is None or value.get(NIL) == "true":
        return None
    return scalar(value.text or "", (value.get(TYPE) or "xsd:string").partition(":")[2])


def scalar(text: str, kind: str) -> Any:
    if kind in {"decimal", "double", "integer", "float", "int", "long"}:
        return Decimal(text.strip())
    if kind == "boolean":
        return text.strip() in {"true", "1"}
    if kind == "date":
        return temporal.parse_date(text.strip())
    if kind == "time":
        return temporal.parse_time(text.strip())
    if kind == "dateTime":
        return temporal.parse_datetime(text.strip())
    if kind == "duration":
        return temporal.parse_duration(text.strip())
    return text


def same(found: Any, wanted: Any) -> bool:
    if type(found) is Decimal and type(wanted) is Decimal:
        return abs(found - wanted) <= Decimal("1e-8") * max(1, abs(wanted))
    if type(found) is not type(wanted):
        return False
    if isinstance(found, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(found, dict):
        return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in found)
    return found is None or operators.equal(found, wanted, Run(ENV)) is True


def models(folder: Path) -> dict[str, dmn.Decisions]:
    """All models of a folder, imported ones first."""
    waiting = {path.name: path.read_bytes() for path in sorted(folder.glob("*.dmn"))}
    known: dict[str, dmn.Decisions] = {}
    for _ in range(len(waiting) + 1):
        spaces = {model.namespace: model for model in known.values()}
        for name, xml in waiting.items():
            known[name] = dmn.parse(xml, spaces)
    return known


def assertions(folder: Path) -> Iterator[tuple[str, dmn.Decisions, str, dict[str, Any], Any]]:
    """(id, model, name, inputs, expected) for every resultNode."""
    known = models(folder)
    for path in sorted(folder.glob("*.xml")):
        root = etree.parse(str(path)).getroot()
        model = known[root.findtext(SPACE + "modelName").strip()]
        for case in root.findall(SPACE + "testCase"):
            inputs = {node.get("name"): value_of(node) for node in case.findall(SPACE + "inputNode")}
            for node in case.findall(SPACE + "resultNode"):
                target = (
                    case.get("invocableName") if case.get("type") in {"decisionService", "bkm"} else node.get("name")
                )
                expected = node.find(SPACE + "expected")
                wanted = None if expected is None else value_of(expected)
                key = f"{folder.parent.name[-1]}/{folder.name}/{path.stem[-7:]}/{case.get('id')}/{node.get('name')}"
                yield key, model, target, inputs, wanted


def outcomes(folder: Path) -> Iterator[tuple[str, bool, str]]:
    for key, model, target, inputs, wanted in assertions(folder):
        try:
            found = dmn.evaluate(model, target, inputs, ENV).value
        except (dmn.DmnError, feel.FeelProblem) as problem:
            # The kit counts an error as the answer null.
            yield key, wanted is None, f"expected {wanted!r}, raised {problem}"
            continue
        yield key, same(found, wanted), f"expected {wanted!r}, found {found!r}"


@pytest.mark.parametrize("folder", folders(2) + folders(3) if KIT.is_dir() else [], ids=lambda path: path.name)
def test_models_of_the_kit(folder: Path) -> None:
    listed = misses()
    wrong = []
    for key, right, said in outcomes(folder):
        if right and key in listed:
            wrong.append(f"{key}: is right now; strike it from dmn_tck_misses.txt")
        elif not right and key not in listed:
            wrong.append(f"{key}: {said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("level", "least"), [(2, 1.0), (3, 0.95)])
def test_enough_of_each_level(level: int, least: float) -> None:
    answers = [right for folder in folders(level) for _, right, _ in outcomes(folder)]
    print(f"\nDMN TCK level {level}: {sum(answers)} of {len(answers)} assertions")
    assert sum(answers) >= len(answers) * least
