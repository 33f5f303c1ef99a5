"""Diagrams name only forms, tables, roles, listeners and topics that exist."""

from __future__ import annotations

from collections import defaultdict
from xml.etree import ElementTree as ET

from content_texts import PROCESSES, ROOT

from engine.core import forms
from processes.services import lookups, registry
from processes.services.rights import STARTERS

CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
DIAGRAMS = sorted(path for process in PROCESSES for path in (ROOT / process).glob("*.bpmn"))
ROLES = {
    "agent",
    "cs_sup",
    "cs_mgr",
    "sales_con",
    "sales_sup",
    "sales_mgr",
    "eng_lead",
    "engineer",
    "contractor",
    "handler",
    "prop_cs",
    "repair_tech",
    "prop_check",
    "inspector",
    "ho_lead",
    "ho_desk",
    "leader",
    "gm",
    "pr",
    "legal",
    "cost",
    "finance",
    "owner",
    "process_owner",
    "admin",
}


def attributes(name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for path in DIAGRAMS:
        for element in ET.parse(path).iter():
            value = element.get(CAMUNDA + name)
            if value:
                found[path.name].add(value)
    return found


def test_every_form_named_in_a_diagram_exists():
    forms = {path.stem for process in PROCESSES for path in (ROOT / process / "forms").glob("*.form")}
    missing = {file: sorted(names - forms) for file, names in attributes("formRef").items() if names - forms}
    assert missing == {}


def test_every_form_is_used_by_a_diagram():
    used = set().union(*attributes("formRef").values())
    forms = {path.stem for process in PROCESSES for path in (ROOT / process / "forms").glob("*.form")}
    assert sorted(forms - used) == []


def test_every_decision_named_in_a_diagram_exists():
    decisions = {
        element.get("id")
        for process in PROCESSES
        for path in (ROOT / process).glob("*.dmn")
        for element in ET.parse(path).iter()
        if element.tag.endswith("}decision")
    }
    missing = {
        file: sorted(names - decisions) for file, names in attributes("decisionRef").items() if names - decisions
    }
    assert missing == {}


def test_every_candidate_group_is_a_role():
    unknown = {}
    for file, values in attributes("candidateGroups").items():
        plain = {
            role.strip()
            for value in values
            if "${" not in value and not value.startswith("=")
            for role in value.split(",")
        }
        if plain - ROLES:
            unknown[file] = sorted(plain - ROLES)
    assert unknown == {}


def test_every_service_and_listener_named_in_a_diagram_exists():
    known = registry()
    topics = set().union(*attributes("topic").values())
    assert sorted(topics - set(known.services)) == []
    named = {
        element.get("delegateExpression", "").removeprefix("${").removesuffix("}")
        for path in DIAGRAMS
        for element in ET.parse(path).iter(f"{CAMUNDA}taskListener")
    }
    assert sorted(named - set(known.listeners)) == []


def test_every_lookup_named_in_a_form_exists():
    wanted = {
        component.lookup
        for process in PROCESSES
        for path in (ROOT / process / "forms").glob("*.form")
        for component in forms.parse(path.read_bytes()).walk()
        if component.lookup
    }
    assert sorted(wanted - set(lookups.sources())) == []


def test_those_who_register_may_start_a_case():
    """The page has no tasks of its own, so its roles say nothing about who may start it."""
    process = next(ET.parse(ROOT / "complaint" / "complaint.bpmn").iter(f"{BPMN}process"))
    starters = set(process.get(f"{CAMUNDA}candidateStarterGroups", "").split(","))
    assert set(STARTERS) <= starters


def test_called_processes_exist():
    keys = {
        element.get("id") for path in DIAGRAMS for element in ET.parse(path).iter() if element.tag == f"{BPMN}process"
    }
    called = {
        element.get("calledElement")
        for path in DIAGRAMS
        for element in ET.parse(path).iter()
        if element.tag == f"{BPMN}callActivity"
    }
    assert {key for key in called if key and "$" not in key} <= keys
