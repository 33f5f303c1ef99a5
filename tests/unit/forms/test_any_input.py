"""Whatever is posted or sent as JSON, a form answers with values or with named errors, never with a crash."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from engine.core import feel, forms
from engine.errors import InvalidFormError

ENV = feel.Env(now=datetime(2026, 11, 21, 10, tzinfo=UTC), zone=ZoneInfo("Asia/Shanghai"), functions={})
OPTIONS = [{"label": "一", "value": 1}, {"label": "真", "value": True}, {"label": "a", "value": "a"}]
FIELDS = [
    {"type": "textfield", "key": "text", "validate": {"minLength": 1, "maxLength": 5, "pattern": "^a"}},
    {"type": "textfield", "key": "phone", "properties": {"widget": "phone"}},
    {"type": "textarea", "key": "long"},
    {"type": "number", "key": "number", "validate": {"min": 0, "max": 10}, "increment": "0.5", "decimalDigits": 2},
    {"type": "checkbox", "key": "tick"},
    {"type": "radio", "key": "one", "values": OPTIONS},
    {"type": "checklist", "key": "several", "values": OPTIONS},
    {"type": "datetime", "key": "day", "subtype": "date", "disallowPassedDates": True},
    {"type": "datetime", "key": "hour", "subtype": "time"},
    {"type": "datetime", "key": "moment", "subtype": "datetime"},
    {"type": "filepicker", "key": "photos", "accept": "image/*"},
    {"type": "filepicker", "key": "sign", "properties": {"widget": "signature"}},
    {
        "type": "textfield",
        "key": "who",
        "properties": {"lookup": "users"},
        "conditional": {"hide": "=number > 3 and tick"},
    },
]
FORM = forms.parse(
    {
        "components": [{"label": "x", **one} for one in FIELDS]
        + [{"type": "dynamiclist", "path": "rows", "label": "r", "components": FIELDS}]
    }
)
KEYS = [one["key"] for one in FIELDS]
LOOKUPS = {"users": lambda _text, _context: [{"value": "u1", "label": "U"}]}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(
        [
            "2026-02-30",
            "2026-11-22T10:00",
            "0001-01-01",
            "9999-12-31T23:59+14:00",
            "1e400",
            "-0",
            "１２",
            "24:00",
            "u1",
            "a",
        ]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(KEYS), VALUES), max_size=3) | VALUES
DATA = st.builds(
    lambda plain, rows: {**plain, "rows": rows}, st.dictionaries(st.sampled_from([*KEYS, "assignee"]), VALUES), ROWS
)


def outcome(data, context):
    """Give the values, or None after looking at the errors."""
    try:
        return forms.validate(FORM, data, context, ENV, lookups=LOOKUPS)
    except InvalidFormError as problem:
        sound = bool(problem.errors) and all(error.path and str(error) for error in problem.errors)
    assert sound
    return None


@given(DATA)
@example({"text": float("inf"), "number": float("nan"), "one": float("nan")})
@example({"text": float("nan"), "several": [float("nan")]})
@example({"rows": [[], 1, {"number": 10**400}]})
@settings(max_examples=300, deadline=None)
def test_json(data):
    values = outcome(data, {"case": 1})
    if values is None:
        return
    json.dumps(values, allow_nan=False)
    assert "assignee" not in values
    again = forms.validate(FORM, values, {"case": 1}, ENV, lookups=LOOKUPS)
    assert again == values
    forms.print_rows(FORM, values)


NAMES = st.sampled_from(
    [*KEYS, *(f"rows-{i}-{key}" for i in ("0", "7", "x", "-1") for key in KEYS), "rows-3-_row", "rows--", "_"]
)


@given(
    st.lists(st.tuples(NAMES, st.text(max_size=20) | st.sampled_from(["a", "true", "1", "2026-11-22"])), max_size=12)
)
@settings(max_examples=200, deadline=None)
def test_posts(items):
    data = forms.read(FORM, MultiDict(items))
    json.dumps(data)
    outcome(data, {})
