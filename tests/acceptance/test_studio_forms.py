"""What the form editor asks the server for: the form as staff will see it, where a field is used, new forms."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from engine import people, studio
from engine.core import forms
from tests.sites import demo_file, site  # noqa: F401

if TYPE_CHECKING:
    from uuid import UUID

    from tests.sites import Person, Site

OWNER = "bai.liucheng"
ROWS = {
    "components": [
        {"type": "text", "id": "t", "text": "上次：**{{ review_opinion }}**"},
        {
            "type": "dynamiclist",
            "id": "list",
            "path": "tasks",
            "label": "任务",
            "defaultRepetitions": 0,
            "components": [
                {"type": "textfield", "id": "who", "key": "who", "label": "谁", "validate": {"required": True}}
            ],
        },
        {
            "type": "number",
            "id": "n",
            "key": "amount",
            "label": "金额",
            "conditional": {"hide": "=level < 2"},
            "validate": {"min": 5},
        },
    ]
}


@pytest.fixture
def change(site: Site) -> UUID:  # noqa: F811
    with site.database.transaction() as session:
        owner = people.viewer(session, OWNER, now=site.clock())
        wanted = ["T09.form", "complaint_plan.bpmn"]
        return studio.begin(session, owner, wanted=wanted, reason="x", now=site.clock())


@pytest.fixture
def owner(site: Site) -> Person:  # noqa: F811
    return site.person(OWNER)


def ask(owner: Person, change: UUID, path: str, **body: Any) -> Any:
    answer = owner.send("POST", f"/studio/changes/{change}{path}", body)
    assert answer.is_json, answer.text
    return answer.get_json()


def draw(owner: Person, change: UUID, schema: Any = ROWS, **body: Any) -> Any:
    return ask(owner, change, "/files/T09.form/preview", source=json.dumps(schema), **body)


def test_an_unsaved_form_is_drawn_as_staff_will_see_it(owner: Person, change: UUID) -> None:
    found = draw(owner, change)
    assert 'class="kt-form form-grid"' in found["html"]
    assert "金额" in found["html"]
    assert found["names"] == ["level", "review_opinion"]
    assert "users" in found["lookups"]
    tried = draw(owner, change, context={"level": "1", "review_opinion": "补照片"})
    assert "<strong>补照片</strong>" in tried["html"]
    hidden = re.search(r'<div class="form-field[^>]*data-uid="n"[^>]*>', tried["html"])
    assert hidden
    assert hidden[0].endswith(" hidden>")


def test_what_is_typed_stays_and_can_be_checked_as_if_it_were_sent(owner: Person, change: UUID) -> None:
    typed = [["tasks-0-_row", "1"], ["tasks-0-who", ""], ["amount", "3"], ["_key", ""]]
    found = draw(owner, change, data=typed, check=True)
    assert found["faults"] == 1
    assert "任务" not in re.findall(r'id="faults".*?</div>', found["html"], re.DOTALL)[0]
    assert 'value="3"' in found["html"]
    assert draw(owner, change, data=[["amount", "9"]], check=True)["faults"] == 0
    assert draw(owner, change, data=[["amount", "9"]], action="add:tasks")["html"].count('name="tasks-0-who"') == 1
    assert 'value="示例：谁"' in draw(owner, change, example=True)["html"]


def test_the_preview_speaks_the_language_that_is_asked_for(owner: Person, change: UUID) -> None:
    with_words = {
        "components": [
            {
                "type": "radio",
                "id": "d",
                "key": "decision",
                "label": "决定",
                "values": [{"label": "受理", "value": "受理"}],
            }
        ]
    }
    english = draw(owner, change, with_words, locale="en")["html"]
    assert "Decision" in english
    assert "Complete the task" in english
    assert "决定" in draw(owner, change, with_words, locale="zh_Hans_CN")["html"]


def test_what_cannot_be_drawn_is_said(owner: Person, change: UUID) -> None:
    answer = owner.send("POST", f"/studio/changes/{change}/files/T09.form/preview", {"source": "{"})
    assert answer.status_code == 422
    assert "JSON" in answer.get_json()["error"]


def test_the_frame_may_lie_in_our_own_pages_and_in_no_others(owner: Person, change: UUID) -> None:
    frame = owner.get(f"/studio/changes/{change}/files/T09.form/preview")
    assert "frame-ancestors 'self'" in frame.headers["Content-Security-Policy"]
    assert frame.headers["X-Frame-Options"] == "SAMEORIGIN"
    page = owner.get(f"/studio/changes/{change}/edit/T09.form")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe-eval" not in page.headers["Content-Security-Policy"]


def test_where_a_field_is_used_is_said_by_file(owner: Person, change: UUID) -> None:
    found = ask(owner, change, "/files/T09.form/uses", key="needs_visit")["uses"]
    assert "complaint_plan.bpmn" in {one["file"] for one in found}
    assert ask(owner, change, "/files/T09.form/uses", key="no_such_name")["uses"] == []


def test_a_form_is_made_for_a_task_and_takes_the_fields_of_another(
    site: Site,  # noqa: F811
    owner: Person,
    change: UUID,
) -> None:
    made = ask(owner, change, "/forms", name="复查", key="T09", file="complaint_plan.bpmn")
    assert (made["file"], made["key"]) == ("T09_2.form", "T09_2")
    assert owner.get(made["url"]).status_code == 200
    with site.database.read() as session:
        viewer = people.viewer(session, OWNER, now=site.clock())
        assert forms.parse(studio.draft(session, viewer, change, "T09_2.form").source).name == "复查"
        assert studio.change(session, viewer, change).draft("T09_2.form").folder == "complaint"  # type: ignore[union-attr]
    taken = ask(owner, change, "/files/T09_2.form/fields", file="T09.form")["components"]
    assert [one["key"] for one in taken][:2] == ["decision", "return_reason"]
    assert "error" in ask(owner, change, "/files/T09_2.form/fields", file="none.form")


def test_help_tells_of_each_kind_of_field(owner: Person) -> None:
    assert "单选" in owner.get("/studio/help/form/radio").text
    assert "必须勾选" in owner.get("/studio/help/form/checkbox").text
