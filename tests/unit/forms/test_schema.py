"""Reading a schema, and what a deployment refuses."""

import json

import pytest

from engine.core import forms
from engine.errors import InvalidInputError


def form(*components):
    return forms.parse({"type": "default", "id": "F", "components": list(components)})


def text(key="a", **more):
    return {"type": "textfield", "id": f"id_{key}", "key": key, "label": key.upper(), **more}


def rules(found):
    return [finding.rule for finding in found if finding.severity == "error"]


def test_a_component_is_read_with_everything_the_page_needs():
    parsed = forms.parse(
        json.dumps(
            {
                "id": "T01",
                "schemaVersion": 17,
                "components": [
                    {
                        "type": "group",
                        "label": "G",
                        "components": [
                            {
                                "type": "number",
                                "id": "n",
                                "key": "price",
                                "label": "报价",
                                "properties": {"widget": "money", "requiredIf": "=charged = true"},
                                "conditional": {"hide": "=charged != true"},
                                "layout": {"columns": 8},
                                "appearance": {"suffixAdorner": "元"},
                            }
                        ],
                    }
                ],
            }
        ).encode()
    )
    (price,) = parsed.fields()
    assert (price.key, price.hide, price.required_if) == ("price", "charged != true", "charged = true")
    assert (price.decimals, price.columns, price.suffix) == (2, 8, "元")
    assert parsed.id == "T01"


@pytest.mark.parametrize(
    "bad", [b"", b"[]", b"{", b'{"components": {}}', b'{"components": [1]}', b'{"components": [{}]}']
)
def test_what_is_no_form_is_refused_with_a_sentence(bad):
    with pytest.raises(InvalidInputError) as problem:
        forms.parse(bad)
    assert str(problem.value).endswith(".") or "JSON" in str(problem.value)


def test_endless_nesting_is_refused():
    inner = text()
    for _ in range(20):
        inner = {"type": "group", "components": [inner]}
    with pytest.raises(InvalidInputError):
        form(inner)


def test_a_sound_form_has_no_findings():
    found = forms.lint(
        form(text("kind"), text("why", conditional={"hide": '=kind != "投诉"'}), {"type": "separator", "id": "s"})
    )
    assert found == []


@pytest.mark.parametrize("key", ["assignee", "due_date", "dueDate", "business_key", "candidateGroups", "DUE_AT"])
def test_names_of_the_engine_are_refused(key):
    assert "form-key-reserved" in rules(forms.lint(form(text(key))))


@pytest.mark.parametrize(
    ("component", "rule"),
    [
        ({"type": "html", "id": "h"}, "form-type"),
        ({"type": "textfield", "id": "x", "label": "X"}, "form-key"),
        (text("a-b"), "form-key"),
        (text("_key"), "form-key"),
        (text("then"), "form-key"),
        (text("b", label=""), "form-label"),
        (text("b", conditional={"hide": "=kind ="}), "form-expression"),
        (text("b", properties={"requiredIf": "=1 +"}), "form-expression"),
        (text("b", validate={"pattern": "("}), "form-pattern"),
        (text("b", validate={"pattern": "(a+)+$"}), "form-pattern"),
        (text("b", validate={"minLength": 5, "maxLength": 2}), "form-limit"),
        ({"type": "radio", "id": "r", "key": "r", "label": "R"}, "form-options"),
        (
            {"type": "radio", "id": "r", "key": "r", "label": "R", "values": [{"value": 1}, {"value": 1}]},
            "form-options",
        ),
        (
            {"type": "radio", "id": "r", "key": "r", "label": "R", "values": [{"value": 1}], "defaultValue": 2},
            "form-default",
        ),
        ({"type": "group", "id": "g", "path": "p", "components": []}, "form-path"),
        ({"type": "dynamiclist", "id": "d", "path": "d", "label": "D", "components": []}, "form-rows"),
    ],
)
def test_what_cannot_work_is_named(component, rule):
    found = forms.lint(form(text("kind"), component))
    assert rule in rules(found)
    assert all(finding.message and finding.message_zh for finding in found)
    assert all(finding.element_id == component["id"] for finding in found)


def test_the_position_of_a_mistake_is_told():
    (finding,) = forms.lint(form(text("b", conditional={"hide": "=b = and"})))
    assert "character 5" in finding.message
    assert "第 5 个字符" in finding.message_zh


def test_duplicate_keys_and_ids():
    assert "form-key-duplicate" in rules(forms.lint(form(text("a"), text("a", id="other"))))
    assert "form-id" in rules(forms.lint(form(text("a"), text("b", id="id_a"))))


def test_rows_have_names_of_their_own():
    rows = {"type": "dynamiclist", "id": "d", "path": "tasks", "label": "D", "components": [text("a", id="inner")]}
    assert rules(forms.lint(form(text("a"), rows))) == []


def test_unknown_names_are_errors_once_the_variables_are_known():
    sample = form(text("b", conditional={"hide": "=kidn = 1"}))
    assert rules(forms.lint(sample, known={"kind"})) == ["form-unknown-name"]
    assert rules(forms.lint(sample)) == []
    assert rules(forms.lint(sample, known={"kidn"})) == []
