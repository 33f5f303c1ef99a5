"""From what a browser posts to typed values."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from werkzeug.datastructures import MultiDict

from engine.core import feel, forms
from engine.errors import InvalidFormError

ENV = feel.Env(now=datetime(2026, 11, 21, 10, tzinfo=UTC), zone=ZoneInfo("Asia/Shanghai"), functions={})
YES_NO = [{"label": "是", "value": True}, {"label": "否", "value": False}]


def form(*components):
    return forms.parse({"components": list(components)})


def field(kind, key, **more):
    return {"type": kind, "id": f"id_{key}", "key": key, "label": key, **more}


def rows(key, *components, **more):
    return {"type": "dynamiclist", "id": f"id_{key}", "path": key, "label": key, "components": list(components), **more}


def check(sample, data, context=None, **more):
    return forms.validate(sample, data, context or {}, ENV, **more)


def errors(sample, data, context=None, **more):
    with pytest.raises(InvalidFormError) as problem:
        check(sample, data, context, **more)
    return {error.path: error.template for error in problem.value.errors}


def test_a_post_is_read_row_by_row_and_typed():
    sample = form(
        field("textfield", "name"),
        field("number", "amount", decimalDigits=2),
        field("checkbox", "ok"),
        field("radio", "reached", values=YES_NO),
        field("checklist", "means", values=[{"value": "a"}, {"value": "b"}]),
        field("datetime", "at", subtype="datetime"),
        rows("tasks", field("textfield", "person"), field("datetime", "due", subtype="date")),
    )
    posted = MultiDict(
        [
            ("name", " 陈晓梅 "),
            ("amount", "1,200.50"),
            ("reached", "false"),
            ("means", "b"),
            ("at", "2026-11-21T18:30"),
            ("tasks-3-person", "甲"),
            ("tasks-3-due", "2026-11-30"),
            ("tasks-7-person", "乙"),
            ("tasks-7-due", ""),
            ("assignee", "somebody"),
        ]
    )
    assert check(sample, forms.read(sample, posted)) == {
        "name": "陈晓梅",
        "amount": 1200.5,
        "ok": False,
        "reached": False,
        "means": ["b"],
        "at": "2026-11-21T18:30:00+08:00",
        "tasks": [{"person": "甲", "due": "2026-11-30"}, {"person": "乙", "due": None}],
    }


def test_unknown_names_never_get_in():
    sample = form(field("textfield", "a"))
    assert check(sample, {"a": "x", "assignee": "me", "role": "admin"}) == {"a": "x"}


def test_hidden_fields_are_neither_checked_nor_stored():
    why = field("textarea", "why", validate={"required": True}, conditional={"hide": '=kind != "投诉"'})
    sample = form(field("textfield", "kind"), why)
    assert check(sample, {"kind": "报修", "why": "typed before"}) == {"kind": "报修"}
    assert errors(sample, {"kind": "投诉", "why": ""}) == {"why": "This field is required."}


def test_what_lies_in_a_hidden_group_is_hidden_too():
    group = {"type": "group", "id": "g", "label": "G", "conditional": {"hide": "=ok != true"}}
    group["components"] = [field("textfield", "why", validate={"required": True})]
    sample = form(field("checkbox", "ok"), group)
    assert check(sample, {"ok": False}) == {"ok": False}
    assert errors(sample, {"ok": True}) == {"why": "This field is required."}


def test_a_hidden_field_counts_as_empty_for_other_conditions():
    sample = form(
        field("checkbox", "a"),
        field("textfield", "b", conditional={"hide": "=a != true"}),
        field("textfield", "c", conditional={"hide": "=b = null"}, validate={"required": True}),
    )
    assert check(sample, {"a": False, "b": "left over", "c": ""}) == {"a": False}


def test_conditions_see_the_row_the_form_and_the_case():
    inner = field("textfield", "why", conditional={"hide": '=result = "ok" or kind = "quick" or level < 2'})
    inner["validate"] = {"required": True}
    sample = form(field("textfield", "kind"), rows("tries", field("textfield", "result"), inner))
    data = {"kind": "slow", "tries": [{"result": "ok"}, {"result": "no"}]}
    assert errors(sample, data, {"level": 3}) == {"tries-1-why": "This field is required."}
    assert check(sample, data, {"level": 1})["tries"] == [{"result": "ok"}, {"result": "no"}]


def test_required_if():
    sample = form(field("textfield", "kind"), field("textfield", "place", properties={"requiredIf": '=kind = "报修"'}))
    assert check(sample, {"kind": "投诉"}) == {"kind": "投诉", "place": None}
    assert errors(sample, {"kind": "报修", "place": "  "}) == {"place": "This field is required."}


def test_a_rule_over_two_fields():
    sample = form(
        field("datetime", "begin", subtype="datetime"),
        field(
            "datetime",
            "end",
            subtype="datetime",
            properties={"check": "=date and time(end) > date and time(begin)", "checkMessage": "结束须晚于开始"},
        ),
    )
    assert check(sample, {"begin": "2026-11-21T09:00", "end": "2026-11-21T10:00"})["end"].startswith("2026-11-21T10")
    assert errors(sample, {"begin": "2026-11-21T09:00", "end": "2026-11-21T08:00"}) == {"end": "结束须晚于开始"}


@pytest.mark.parametrize(
    ("component", "value", "sentence"),
    [
        (field("radio", "f", values=[{"value": "a"}]), "z", "Choose one of the options."),
        (field("radio", "f", values=YES_NO), 1, "Choose one of the options."),
        (field("checklist", "f", values=[{"value": "a"}]), ["a", "z"], "Choose one of the options."),
        (field("select", "f", values=[{"value": "a"}]), {"a": 1}, "Choose one of the options."),
        (field("number", "f"), "a lot", "Enter a number."),
        (field("number", "f"), "NaN", "Enter a number."),
        (field("number", "f"), "1e999999", "Enter a number."),
        (field("number", "f", decimalDigits=0), "1.5", "Enter a whole number."),
        (field("number", "f", validate={"max": 10}), 11, "Enter {n} or less."),
        (field("datetime", "f", subtype="date"), "2026-02-30", "Enter a date that exists."),
        (field("datetime", "f", subtype="date"), "0226-02-03", "Check the year."),
        (field("datetime", "f", subtype="datetime"), "tomorrow", "Enter a date that exists."),
        (field("datetime", "f", subtype="time"), "25:00", "Enter a time."),
        (
            field("datetime", "f", subtype="date", disallowPassedDates=True),
            "2026-11-20",
            "This must not be in the past.",
        ),
        (field("textfield", "f", properties={"widget": "phone"}), "12ab", "Enter a phone number, with its area code."),
        (
            field("textfield", "f", validate={"validationType": "email"}),
            "me",
            "Enter an e-mail address, for example name@example.com.",
        ),
        (field("textarea", "f"), "x" * 20_001, "At most {n} characters; there are {length}."),
        (field("textfield", "f"), ["a"], "Enter text."),
        (field("checkbox", "f", validate={"required": True}), False, "This field is required."),
        (field("checklist", "f", values=[{"value": "a"}], validate={"required": True}), [], "This field is required."),
    ],
)
def test_refused_values(component, value, sentence):
    assert errors(form(component), {"f": value}) == {"f": sentence}


@pytest.mark.parametrize(
    ("component", "value", "kept"),
    [
        (field("textfield", "f", properties={"widget": "phone"}), "199-0000-0001", "19900000001"),
        (field("textfield", "f", properties={"widget": "phone"}), "（０２１）5555 6666", "02155556666"),
        (field("textfield", "f", properties={"widget": "phone"}), "12345", "12345"),
        (field("number", "f"), "１２", 12),
        (field("number", "f"), 2.50, 2.5),
        (field("datetime", "f", subtype="datetime"), "2026-11-21T10:00:00Z", "2026-11-21T18:00:00+08:00"),
        (field("datetime", "f", subtype="time"), "18:05:59", "18:05"),
        (field("textarea", "f"), "a\r\nb\r\n", "a\nb"),
        (field("radio", "f", values=YES_NO, validate={"required": True}), "false", False),
        (field("radio", "f", values=[{"value": 1}, {"value": 2}]), "2", 2),
        (field("textfield", "f"), "", None),
    ],
)
def test_kept_values(component, value, kept):
    found = check(form(component), {"f": value})["f"]
    assert found == kept
    assert type(found) is type(kept)


def test_today_is_the_day_of_the_zone():
    sample = form(field("datetime", "f", subtype="date", disallowPassedDates=True))
    late = feel.Env(now=datetime(2026, 11, 21, 17, tzinfo=UTC), zone=ZoneInfo("Asia/Shanghai"), functions={})
    assert forms.validate(sample, {"f": "2026-11-22"}, {}, late)
    with pytest.raises(InvalidFormError):
        forms.validate(sample, {"f": "2026-11-21"}, {}, late)


def test_spare_rows_are_left_out_and_limits_hold():
    sample = form(
        rows("t", field("textfield", "a", validate={"required": True}), properties={"minRows": "1", "maxRows": "2"})
    )
    assert check(sample, {"t": [{"a": ""}, {"a": "x"}]}) == {"t": [{"a": "x"}]}
    assert errors(sample, {"t": [{"a": ""}]}) == {"t": "Add at least one row."}
    assert errors(sample, {"t": [{"a": "1"}, {"a": "2"}, {"a": "3"}]}) == {"t": "At most {n} rows."}


def test_read_only_fields_take_the_value_of_the_case():
    sample = form(
        field("number", "attempt", readonly=True, defaultValue="=tries + 1"),
        field("textfield", "house", readonly=True),
    )
    assert check(sample, {"attempt": 99, "house": "forged"}, {"tries": 2, "house": "3-1502"}) == {
        "attempt": 3,
        "house": "3-1502",
    }


def test_errors_know_their_label_and_row():
    sample = form(
        rows("t", field("textfield", "a"), field("textfield", "b", label="处理人", validate={"required": True}))
    )
    with pytest.raises(InvalidFormError) as problem:
        check(sample, {"t": [{"a": "x", "b": "y"}, {"a": "x"}]})
    (error,) = problem.value.errors
    assert (error.path, error.label) == ("t-1-b", "t 2 · 处理人")
    assert str(error) == "t-1-b: This field is required."


def test_the_forms_own_words_are_used_for_patterns():
    sample = form(field("textfield", "f", validate={"pattern": "^\\d+$", "patternErrorMessage": "只填数字"}))
    assert errors(sample, {"f": "x"}) == {"f": "只填数字"}


def test_what_the_host_does_not_know_is_refused():
    sample = form(field("textfield", "unit", properties={"widget": "unit", "lookup": "units"}))
    known = {"units": lambda _q, context: [{"value": "3-1502"}] if context.get("value") == "3-1502" else []}
    assert check(sample, {"unit": "3-1502"}, lookups=known) == {"unit": "3-1502"}
    assert errors(sample, {"unit": "9-9999"}, lookups=known) == {"unit": "Choose one from the list."}


def test_variables_leave_out_files_and_what_says_no():
    sample = form(
        field("textfield", "kind"),
        field("textfield", "phone", properties={"variable": "no"}),
        field("filepicker", "photos", accept="image/*", multiple=True),
        field("textfield", "why", conditional={"hide": "=kind = null"}),
        rows("t", field("textfield", "a"), field("textfield", "b", properties={"variable": "no"})),
    )
    values = {"phone": "1", "photos": ["id"], "t": [{"a": "x", "b": "secret"}]}
    assert forms.variables(sample, values) == {"kind": None, "why": None, "t": [{"a": "x"}]}


def test_prefill():
    sample = form(
        field("textfield", "a", defaultValue="fixed"),
        field("textfield", "b", defaultValue='=if urgent then "today" else "tomorrow"'),
        field("textfield", "decision"),
        field("textfield", "house", properties={"prefill": "variable"}),
        field("textarea", "plan", properties={"prefill": "last"}),
        rows("t", field("radio", "done", values=YES_NO, defaultValue=False), defaultRepetitions=2),
    )
    context = {"urgent": True, "decision": "同意", "house": "3-1502"}
    assert forms.initial(sample, context, ENV, last={"plan": "old plan", "decision": "同意"}) == {
        "a": "fixed",
        "b": "today",
        "decision": None,
        "house": "3-1502",
        "plan": "old plan",
        "t": [{"done": False}, {"done": False}],
    }


def test_a_default_that_cannot_be_worked_out_is_empty():
    sample = form(field("textfield", "a", defaultValue="=missing.name + 1"))
    assert forms.initial(sample, {}, ENV) == {"a": None}


def test_reading_a_filled_form():
    sample = form(
        field("radio", "level", label="级别", values=[{"value": 1, "label": "一级"}, {"value": True, "label": "真"}]),
        field("number", "price", label="报价", properties={"widget": "money"}, appearance={"suffixAdorner": "元"}),
        field("filepicker", "photos", accept="image/*"),
        field("textfield", "empty"),
        field("textfield", "who", properties={"lookup": "users"}),
        rows("t", field("textfield", "a")),
    )
    values = {"level": 1, "price": 12.5, "photos": ["p1", "p2"], "empty": None, "who": "u1", "t": [{"a": "x"}]}
    found = forms.print_rows(sample, values, lambda component, _value: "王工" if component.lookup else "")
    assert [(row.label, row.texts, row.ids) for row in found[:4]] == [
        ("级别", ("一级",), ()),
        ("报价", ("12.5 元",), ()),
        ("photos", (), ("p1", "p2")),
        ("who", ("王工",), ()),
    ]
    assert found[4].rows[0][0].texts == ("x",)


def test_conditions_for_the_browser():
    sample = form(
        field("textfield", "kind"),
        field("radio", "ok", values=YES_NO),
        field("checklist", "danger", values=[{"value": "a"}]),
        field("datetime", "at"),
        field("textfield", "a", conditional={"hide": '=kind != "x" and level = 3'}),
        field(
            "textfield",
            "b",
            conditional={"hide": "=ok = true"},
            properties={"requiredIf": '=list contains(danger, "a")'},
        ),
        field("textfield", "c", conditional={"hide": "=at = null"}),
        field("textfield", "d", conditional={"hide": "=string length(kind) > 3"}),
        rows(
            "t", field("textfield", "e", conditional={"hide": '=kind in ("x", "y") or e = null'}), field("number", "n")
        ),
        field("textfield", "g", conditional={"hide": "=count(t) < 3"}),
    )
    kind = ["v", "kind", "s", 0]
    found = forms.conditions_js(sample, {"level": 3})
    assert found["id_a"] == {"hide": ["and", ["!=", kind, ["l", "x"]], ["=", ["l", 3], ["l", 3]]]}
    assert found["id_b"] == {
        "hide": ["=", ["v", "ok", "b", 0], ["l", True]],
        "required": ["has", ["v", "danger", "m", 0], ["l", "a"]],
    }
    assert found["id_c"] == {"hide": ["=", ["v", "at", "s", 0], ["l", None]]}
    assert found["id_d"] == {"hide": "server"}
    assert found["id_e"]["hide"][0] == "or"
    assert found["id_e"]["hide"][2] == ["=", ["v", "e", "s", 1], ["l", None]]
    assert found["id_g"] == {"hide": ["<", ["count", ["v", "t", "r", 0]], ["l", 3]]}


@pytest.mark.parametrize(
    ("when", "typed", "template"),
    [
        ("past", "2026-11-21T18:05", ""),
        ("past", "2026-11-21T18:06", "This must not be in the future."),
        ("future", "2026-11-21T18:00", ""),
        ("future", "2026-11-21T17:59", "This must not be in the past."),
    ],
)
def test_a_moment_has_happened_or_is_to_come(when, typed, template):
    sample = form(field("datetime", "at", subtype="datetime", properties={"when": when}))
    if template:
        assert errors(sample, {"at": typed}) == {"at": template}
    else:
        assert check(sample, {"at": typed})["at"] == f"{typed}:00+08:00"


def test_a_day_counts_as_a_whole():
    past, future = (form(field("datetime", "on", properties={"when": when})) for when in ("past", "future"))
    assert check(past, {"on": "2026-11-21"}) == check(future, {"on": "2026-11-21"})
    assert errors(past, {"on": "2026-11-22"}) == {"on": "This must not be in the future."}
    assert errors(future, {"on": "2026-11-20"}) == {"on": "This must not be in the past."}


def test_when_is_past_or_future_and_of_a_date():
    found = forms.lint(
        form(field("datetime", "at", properties={"when": "soon"}), field("textfield", "a", properties={"when": "past"}))
    )
    assert [finding.rule for finding in found] == ["form-when", "form-when"]


def test_a_step_is_checked_in_numbers_of_any_length():
    sample = form(field("number", "n", increment="0.01"))
    assert check(sample, {"n": "9" * 38})["n"] == int("9" * 38)
    assert errors(sample, {"n": "0.005"}) == {"n": "Enter a multiple of {n}."}
