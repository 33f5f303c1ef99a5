"""Fields drawn inside a diagram (`camunda:formData`): the page and the API ask and check as they say."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import InvalidFormError
from engine.testing import Workbench
from tests.acceptance.api_client import Program, bpmn, program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.sites import Person, Site


def field(name: str, kind: str, *checks: str, default: str = "", inner: str = "") -> str:
    said = "".join(f'<camunda:constraint name="{c.split("=")[0]}" {config(c)}/>' for c in checks)
    validation = f"<camunda:validation>{said}</camunda:validation>" if checks else ""
    given = f' defaultValue="{default}"' if default else ""
    return f'<camunda:formField id="{name}" label="L_{name}" type="{kind}"{given}>{inner}{validation}</camunda:formField>'


def config(check: str) -> str:
    return f'config="{check.split("=")[1]}"' if "=" in check else ""


def form_data(*fields: str) -> str:
    return f"<extensionElements><camunda:formData>{''.join(fields)}</camunda:formData></extensionElements>"


COLOURS = '<camunda:value id="red" name="红"/><camunda:value id="blue" name="蓝"/>'
START = form_data(field("amount", "long", "required", "min=1", "max=100"), field("why", "string", "minlength=2"))
ASKED = form_data(
    field("title", "string", "required", "minlength=3", "maxlength=5"),
    field("count", "long", "min=2", "max=9", default="4"),
    field("agreed", "boolean", default="true"),
    field("day", "date", default="24/12/2026"),
    field("colour", "enum", "required=true", default="blue", inner=COLOURS),
    field("amount", "long", "readonly", default="7"),
    field("note", "string", "required=false", inner='<camunda:properties><camunda:property id="check" '
          'value="note != title"/><camunda:property id="checkMessage" value="不要重复标题"/></camunda:properties>'),
)  # fmt: skip
PROCESS = bpmn(
    f"""<startEvent id="begin">{START}</startEvent><sequenceFlow id="f1" sourceRef="begin" targetRef="sub"/>
<subProcess id="sub"><startEvent id="in"/><sequenceFlow id="g1" sourceRef="in" targetRef="ask"/>
<userTask id="ask" name="填写" camunda:candidateGroups="agent">{ASKED}</userTask></subProcess>
<sequenceFlow id="f2" sourceRef="sub" targetRef="look"/><userTask id="look" name="查看" camunda:candidateGroups="agent"/>"""
)
GOOD: dict[str, Any] = {
    "title": "四个字呀", "count": 3, "agreed": False, "day": "2026-11-22", "colour": "red", "note": "备注", "amount": 999,
    "stranger": 1,
}  # fmt: skip
WRONG = [
    ({"title": None}, "title"), ({"title": "ab"}, "title"), ({"title": "abcdef"}, "title"), ({"count": 1}, "count"),
    ({"count": 10}, "count"), ({"count": 2.5}, "count"), ({"day": "tomorrow"}, "day"), ({"colour": "green"}, "colour"),
    ({"colour": None}, "colour"), ({"note": "四个字呀"}, "note"),
]  # fmt: skip


def deployed(site: Site, source: bytes = PROCESS, status: int = 201) -> tuple[Program, Any]:
    admin = program(site, "admin")
    data = {"files": [(io.BytesIO(source), "probe.bpmn")]}
    return admin, admin.post("/deployments", status=status, data=data, content_type="multipart/form-data")


def begun(site: Site, admin: Program) -> tuple[Program, str]:
    admin.post("/definitions/probe/start", {"variables": {"amount": 5, "why": "因为"}}, 201)
    agent = program(site, "lin.xiaoan")
    return agent, next(t["id"] for t in agent.get("/tasks?process=probe")["items"])


def test_a_start_form_is_asked_for_over_the_api(site: Site) -> None:
    admin, _ = deployed(site)
    shown = admin.get("/definitions/probe/start-form")["form"]["components"]
    assert [(c["key"], c["validate"]) for c in shown] == [
        ("amount", {"required": True, "min": 1, "max": 100}), ("why", {"required": False, "minLength": 2}),
    ]  # fmt: skip
    problem = admin.post("/definitions/probe/start", {"variables": {"amount": 101, "why": "x"}}, 422)
    assert [error["path"] for error in problem["errors"]] == ["/amount", "/why"]
    assert all(error["message"] for error in problem["errors"])
    admin.post("/definitions/probe/start", {}, 422)
    one = admin.post("/definitions/probe/start", {"variables": {"amount": 5, "more": 1}}, 201)
    assert admin.get(f"/instances/{one['id']}/variables")["variables"] == {"amount": 5, "why": None}


def test_each_check_holds_over_the_api(site: Site) -> None:
    admin, _ = deployed(site)
    agent, task = begun(site, admin)
    shown = {c["key"]: c for c in agent.get(f"/tasks/{task}")["form"]["components"]}
    assert [shown["colour"]["values"][0], shown["amount"]["readonly"]] == [{"value": "red", "label": "红"}, True]
    for change, path in WRONG:
        problem = agent.post(f"/tasks/{task}/complete", {"data": GOOD | change}, 422)
        assert [error["path"] for error in problem["errors"]] == [f"/{path}"], change
    done = agent.post(f"/tasks/{task}/complete", {"data": GOOD})
    found = admin.get(f"/instances/{done['instance_id']}/variables")["variables"]
    assert found == {name: value for name, value in GOOD.items() if name != "stranger"} | {"amount": 5, "why": "因为"}


def posted(person: Person, task: str, change: dict[str, Any]) -> Any:
    values = {k: v for k, v in (GOOD | change).items() if v not in (None, False)}
    return person.post(f"/tasks/{task}/complete", {"_key": "k", **values})


def test_each_check_holds_in_the_page(site: Site) -> None:
    admin, _ = deployed(site)
    _, task = begun(site, admin)
    person = site.person("lin.xiaoan")
    page = person.get(f"/tasks/{task}").text
    for text in ("L_title", "L_colour", "红", 'value="2026-12-24"', 'value="4"'):
        assert text in page
    assert re.search(r'<input[^>]*name="agreed"[^>]*checked', page)
    assert re.search(r'<option value="blue"[^>]*selected', page)
    for change, _ in WRONG:
        assert posted(person, task, change).status_code == 422, change
    assert "不要重复标题" in posted(person, task, {"note": "四个字呀"}).text
    done = posted(person, task, {})
    assert done.status_code == 303
    assert "四个字呀" in person.get(done.location).text  # the next step's page shows what was handed in, with labels
    assert "L_title" in person.get(done.location).text


def test_the_workbench_checks_the_start_form(tmp_path: Path) -> None:
    (tmp_path / "probe.bpmn").write_bytes(PROCESS)
    with Workbench() as bench:
        bench.deploy(tmp_path)
        with pytest.raises(InvalidFormError):
            bench.start("probe", {"amount": "many"})
        case = bench.start("probe", {"amount": 3, "more": True})
        assert bench.variables(case) == {"amount": 3, "why": None}


@pytest.mark.parametrize(
    ("drawn", "rule", "severity"),
    [
        (field("a", "string", "min=x"), "form-limit", "error"),
        (field("a", "string", "min"), "form-field-check", "error"),
        (field("a", "string", "validator=org.example.Check"), "form-field-check", "warning"),
        (field("a", "money"), "form-field-type", "warning"),
        (field("a", "enum"), "form-options", "error"),
        (field("a", "long", "min=5", "max=4"), "form-limit", "error"),
        (field("a", "string") + field("a", "string"), "form-key-duplicate", "error"),
    ],
)
def test_what_is_wrong_with_a_field_is_said_at_deployment(site: Site, drawn: str, rule: str, severity: str) -> None:
    task = f'<userTask id="t" name="T" camunda:candidateGroups="agent">{form_data(drawn)}</userTask>'
    body = f'<startEvent id="b"/><sequenceFlow id="f" sourceRef="b" targetRef="t"/>{task}'
    _, answer = deployed(site, bpmn(body), 422 if severity == "error" else 201)
    assert "no-form" not in [f["rule"] for f in answer["findings"]]
    assert (rule, severity, "t") in [(f["rule"], f["severity"], f["element_id"]) for f in answer["findings"]]
