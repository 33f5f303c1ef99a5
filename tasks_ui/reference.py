"""The reference: what diagrams may hold, which functions expressions have, what the checks say. Made from the code."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask_babel import lazy_gettext

from engine.core import reference
from engine.core.lint.elements import REFUSED
from engine.core.lint.events import TOP_STARTS
from engine.core.reference import feel as reference_feel
from tasks_ui import i18n, reference_rules

blueprint = Blueprint("reference", __name__, url_prefix="/reference")
RUN, CHECKED = (
    "test_elements_run.py::test_an_element_runs_to_the_end",
    "test_reference.py::test_what_is_said_to_run_is_not_refused",
)
MARKERS = (
    ("standardLoop", "Standard loop", "标准循环"),
    ("parallelMultiInstance", "Parallel multi-instance", "并行多实例"),
    ("sequentialMultiInstance", "Sequential multi-instance", "顺序多实例"),
    ("conditionalFlow", "Conditional and default flow", "条件连线和默认连线"),
)
MARKER = "test_elements_run.py::test_a_marker_runs_to_the_end"
SEVERITIES = {
    "error": (lazy_gettext("error"), "chip-danger"),
    "warning": (lazy_gettext("warning"), "chip-warn"),
    "info": (lazy_gettext("remark"), ""),
}


@dataclass(frozen=True, slots=True)
class Row:
    """An element of BPMN as the page lists it: `note` says where it runs, or what to draw instead."""

    id: str
    name: str
    type: str
    runs: bool
    rule: str
    note: str
    test: str


def rows(*, chinese: bool) -> list[Row]:
    """List every element of BPMN in a language."""
    marked = [Row(name, zh if chinese else en, name, True, "", "", f"{MARKER}[{name}]") for name, en, zh in MARKERS]
    return [*(_row(one, chinese=chinese) for one in reference.elements()), *marked]


def _row(one: reference.ElementText, *, chinese: bool) -> Row:
    name = f"{one.type}-{one.event or 'none'}"
    english = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in one.type).capitalize()
    english = english if not one.event else f"{english}: {one.event}"
    note = ("", "")
    if one.type in REFUSED:
        note = (REFUSED[one.type][2], REFUSED[one.type][3])
    elif one.runs and one.type == "startEvent" and one.event and one.event not in TOP_STARTS:
        note = ("Only in an event sub-process.", "只用于事件子流程。")
    elif one.runs and one.event == "cancel":
        note = ("Only in or on a transaction.", "只用于事务。")
    test = f"{RUN if one.runs else CHECKED}[{name}]"
    return Row(name, one.name_zh if chinese else english, one.type, one.runs, one.rule, note[chinese], test)


@blueprint.get("")
def index() -> str:
    """Show what there is to look up."""
    elements = reference.elements()
    return render_template(
        "reference.html",
        running=sum(one.runs for one in elements),
        refused=sum(not one.runs for one in elements),
        functions=len(reference_feel.functions()),
        rules=len(reference_rules.rules()),
    )


@blueprint.get("/bpmn")
def bpmn() -> str:
    """List the elements of BPMN: which run, which are refused, by which rule, shown by which test."""
    return render_template("reference_bpmn.html", rows=rows(chinese=i18n.locale() != "en"))


@blueprint.get("/feel")
def feel() -> str:
    """List the functions of expressions, each with an example."""
    functions = reference_feel.functions()
    values = {one.name: json.dumps(one.value, ensure_ascii=False) for one in functions}
    return render_template("reference_feel.html", functions=functions, values=values)


@blueprint.get("/lint")
def lint() -> str:
    """List the rules of the checks: how grave each is, what it says and advises, whether it can be mended."""
    return render_template(
        "reference_lint.html",
        rules=reference_rules.rules(),
        severities=SEVERITIES,
        chinese=i18n.locale() != "en",
    )
