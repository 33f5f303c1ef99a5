"""Our verdict is form-js' verdict.

`formjs_cases.json` holds what @bpmn-io/form-js-viewer 1.23.0's own validator says about random fields and values, and what its
FEEL engine says about random conditions (seeded; texts without blanks at their ends, empty texts as null in conditions; no `in` over null,
which that engine calls false and the standard null).
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.core import feel, forms
from engine.errors import InvalidFormError

CASES = json.loads((Path(__file__).parent / "formjs_cases.json").read_text())
ENV = feel.Env(now=datetime(2026, 11, 21, 10, tzinfo=UTC), zone=ZoneInfo("Asia/Shanghai"), functions={})


def verdict(field, value):
    try:
        forms.validate(forms.parse({"components": [field]}), {"f": value}, {}, ENV)
    except InvalidFormError:
        return False
    return True


def test_required_lengths_patterns_limits_decimals_and_increments():
    wrong = [case for case in CASES["fields"] if verdict(case["field"], case["value"]) is not case["valid"]]
    assert wrong == []
    assert len(CASES["fields"]) > 300


def test_conditions():
    types = {"kind": "textfield", "count": "number", "ok": "checkbox", "note": "textfield"}
    fields = [{"type": kind, "id": key, "key": key, "label": key} for key, kind in types.items()]
    wrong = []
    for case in CASES["conditions"]:
        dependent = {"type": "textfield", "id": "T", "key": "t", "label": "T", "conditional": {"hide": case["hide"]}}
        form = forms.parse({"components": [*fields, dependent]})
        typed = forms.type_values(form, case["data"], {}, ENV)
        if ("T" in forms.find_hidden(form, typed, {}, ENV)) is not case["hidden"]:
            wrong.append(case)
    assert wrong == []
    assert len(CASES["conditions"]) > 300
