"""The forms of the processes: complete, readable by the engine, and documented."""

from __future__ import annotations

import json
import re

import pytest
from content_texts import CHINESE, PROCESSES, ROOT

FILES = sorted(path for process in PROCESSES for path in (ROOT / process / "forms").glob("*.form"))
TASKS = [f"T{number:02}" for number in range(1, 31)]
README = "\n".join(path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("*/forms/README.md")))
DECISIVE = {
    "T01": "kind urgency channel received_by subject cat1 cat2 scope external answered duplicate_of",
    "T05": "customer_agrees",
    "T06": "verdict",
    "T08": "attempts backup_contact",
    "T09": "decision needs_visit",
    "T11": "survey_result",
    "T12": "plan_types company_liable plan_tasks compensation external_promise promised_at",
    "T13": "approval_decision",
    "T14": "plan_reply",
    "T15": "told_plan told_time plan_clear",
    "T16": "task_result",
    "T17": "valid treatment loss_amount",
    "T18": "satisfaction new_demand close_internally",
    "T19": "sign_method",
    "T20": "close_approval",
    "T26": "reached understanding",
    "T30": "arrived_at delegate_to unresolved",
    "CB1": "callback_result callback_satisfaction callback_new_demand",
}
PERSONAL = {"phone", "name", "facts", "demand", "brief", "location"}


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def by_id():
    return {path.stem: load(path) for path in FILES}


def walk(components, in_list=False):
    for component in components:
        yield component, in_list
        yield from walk(component.get("components", []), in_list or component["type"] == "dynamiclist")


def key_of(component):
    return component.get("path") or component.get("key")


def is_variable(component):
    properties = component.get("properties", {})
    return component["type"] != "filepicker" and properties.get("variable") != "no"


def test_all_tasks_of_the_complaint_process_have_a_form():
    assert [task for task in TASKS if task not in by_id()] == []
    assert {"CB1", "CB2", "ES1", "ES2", "ES3"} <= set(by_id())


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_ids_and_keys_are_unique(path):
    form = load(path)
    assert form["id"] == path.stem
    ids = [component["id"] for component, _ in walk(form["components"])]
    assert len(ids) == len(set(ids))
    keys = [key_of(component) for component, in_list in walk(form["components"]) if key_of(component) and not in_list]
    assert len(keys) == len(set(keys))
    assert [key for key in keys if not re.fullmatch(r"[a-z][a-z0-9_]*", key)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_field_is_labelled_in_chinese_and_options_say_what_they_are(path):
    for component, _ in walk(load(path)["components"]):
        if component["type"] != "text":
            assert CHINESE.search(component["label"]), component["id"]
        for option in component.get("values", []):
            if isinstance(option["value"], str):
                assert option["label"] == option["value"]


@pytest.mark.parametrize(("form", "keys"), DECISIVE.items(), ids=DECISIVE.keys())
def test_what_the_flow_decides_on_becomes_a_variable(form, keys):
    found = {key_of(component): component for component, in_list in walk(by_id()[form]["components"]) if not in_list}
    for key in keys.split():
        assert is_variable(found[key]), key


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_personal_data_and_long_texts_stay_out_of_the_variables(path):
    for component, in_list in walk(load(path)["components"]):
        if not in_list and (component["type"] == "textarea" or key_of(component) in PERSONAL):
            assert not is_variable(component), component["id"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_readme_lists_every_key(path):
    section = README.split(f"## {path.stem} ", 1)[1].split("\n## ", 1)[0]
    for component, in_list in walk(load(path)["components"]):
        key = key_of(component)
        if key and not in_list:
            assert f"| `{key}` | {component['label']} |" in section
    listed = set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE))
    assert listed == {key_of(c) for c, in_list in walk(load(path)["components"]) if key_of(c) and not in_list}
