"""What the forms ask for in each situation, as the engine checks it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from content_texts import PROCESSES, ROOT

from engine.core import feel, forms
from engine.errors import InvalidFormError

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ENV = feel.Env(now=NOW, zone=ZoneInfo("Asia/Shanghai"))
FILES = sorted(path for process in PROCESSES for path in (ROOT / process / "forms").glob("*.form"))

CALL = {
    "phone": "19900000001",
    "name": "王安然",
    "is_owner": "业主",
    "channel": "电话",
    "received_by": "地产",
    "unit": "春和里1期-03-2-1502",
    "kind": "报修",
    "subject": "自己房产",
    "cat1": "工程维修类",
    "cat2": "户内维修",
    "brief": "卫生间渗漏",
    "facts": "3月1日晚主卧卫生间门口地面渗水",
    "location": "主卧卫生间门口地面",
    "demand": "尽快修好",
    "urgency": "一般",
    "scope": "单人",
    "wording_confirmed": True,
    "readback": True,
}


def load(form_id):
    return forms.parse(next(path for path in FILES if path.stem == form_id).read_bytes())


def check(form_id, data, variables=None):
    return forms.validate(load(form_id), data, variables or {}, ENV)


def refused(form_id, data, variables=None):
    with pytest.raises(InvalidFormError) as caught:
        check(form_id, data, variables)
    return {error.path for error in caught.value.errors}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_form_can_be_deployed(path):
    findings = forms.lint(forms.parse(path.read_bytes()))
    assert [str(finding) for finding in findings if finding.severity != "info"] == []


def test_a_call_is_registered_and_personal_data_stay_out_of_the_process():
    values = check("T01", CALL)
    variables = forms.variables(load("T01"), values)
    assert variables["kind"] == "报修"
    assert variables["unit"] == "春和里1期-03-2-1502"
    assert variables["duplicate_of"] is None
    assert {"phone", "name", "facts", "demand", "brief", "location"}.isdisjoint(variables)


@pytest.mark.parametrize(
    "missing",
    ["phone", "name", "kind", "subject", "brief", "facts", "demand", "location", "readback", "wording_confirmed"],
)
def test_what_a_repair_needs(missing):
    assert missing in refused("T01", {key: value for key, value in CALL.items() if key != missing})


def test_a_house_or_a_shared_area():
    without = {key: value for key, value in CALL.items() if key != "unit"}
    assert refused("T01", without) == {"unit"}
    assert refused("T01", {**without, "area": "3栋大堂"}) == {"project"}
    assert check("T01", {**without, "area": "3栋大堂", "project": "春和里"})["area"] == "3栋大堂"


def test_a_customer_on_site_is_received_and_never_left_alone():
    assert refused("T01", {**CALL, "channel": "销售现场"}) == {"comforted", "companion"}
    check("T01", {**CALL, "channel": "销售现场", "comforted": True, "companion": "qian"})


def test_an_answer_given_at_once_is_written_down():
    asked = {**CALL, "kind": "咨询", "answered": True}
    assert refused("T01", asked) == {"answer"}
    assert check("T01", {**asked, "answer": "周一至周日均可办理"})["answer"]


def test_an_option_that_nobody_offers_is_refused():
    assert refused("T01", {**CALL, "urgency": "马上"}) == {"urgency"}


def test_returning_a_case_needs_a_reason_and_accepting_a_word_on_the_visit():
    assert refused("T09", {"decision": "退回改派"}) == {"return_reason"}
    assert refused("T09", {"decision": "受理"}) == {"needs_visit"}
    assert check("T09", {"decision": "受理", "needs_visit": False})["needs_visit"] is False


def test_the_backup_contact_is_offered_after_three_failed_calls():
    tried = [{"at": "2026-03-02T09:00", "result": "无人"}]
    assert "backup_contact" not in check("T08", {"attempts": tried, "backup_contact": "zhao"})
    assert check("T08", {"attempts": tried * 3, "backup_contact": "zhao"})["backup_contact"] == "zhao"
    assert refused("T08", {"attempts": []}) == {"attempts"}


PLAN = {
    "cause_analysis": "防水层破损",
    "company_liable": "全部",
    "plan_types": ["维修"],
    "plan": "重做防水",
    "plan_tasks": [
        {
            "type": "物业维修",
            "department": "物业维修",
            "person": "han",
            "content": "重做防水",
            "due": "2026-03-09T18:00",
        }
    ],
    "promised_at": "2026-03-10T18:00",
}


def test_a_plan_has_tasks_with_limits_before_the_promise():
    assert check("T12", PLAN)["plan_tasks"][0]["person"] == "han"
    assert refused("T12", {**PLAN, "plan_tasks": []}) == {"plan_tasks"}
    late = [{**PLAN["plan_tasks"][0], "due": "2026-03-11T18:00"}]
    assert refused("T12", {**PLAN, "plan_tasks": late}) == {"plan_tasks-0-due"}


def test_charges_need_a_quote_and_promises_their_words():
    assert refused("T12", {**PLAN, "charged": True, "external_promise": True}) == {"quote", "promise_text"}


def test_a_visit_ends_after_it_begins():
    visit = {
        "visit_from": "2026-03-03T10:00",
        "visit_to": "2026-03-03T09:00",
        "visitors": ["zheng"],
        "customer_confirmed": True,
    }
    assert refused("T10", visit) == {"visit_to"}
    check("T10", {**visit, "visit_to": "2026-03-03T11:00"})


def test_what_is_promised_lies_ahead():
    past = [{**PLAN["plan_tasks"][0], "due": "2026-03-01T18:00"}]
    assert refused("T12", {**PLAN, "plan_tasks": past}) == {"plan_tasks-0-due"}
    assert refused("T12", {**PLAN, "plan_tasks": past, "promised_at": "2026-03-01T18:00"}) == {
        "plan_tasks-0-due",
        "promised_at",
    }


PAST = {"event_at", "present_at", "controlled_at", "at", "visit_arrived_at", "replied_at", "result_told_at"}
PAST |= {"arrived_at", "visited_at", "structural_reported_at", "told_at"}
EITHER = {"accept_due", "reply_expected", "visit_from"}
PAST |= {"noticed_at", "takeover_on", "letter_sent_at", "deemed_on"}
EITHER |= {"contract_on", "starts_on", "ends_on"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_moment_says_whether_it_has_been_or_is_to_come(path):
    for component in forms.parse(path.read_bytes()).walk():
        if component.type == "datetime" and component.key not in EITHER:
            assert component.when == ("past" if component.key in PAST else "future"), component.key


@pytest.mark.parametrize(
    ("form_id", "name"), [("T01", "event_at"), ("T14", "replied_at"), ("T18", "result_told_at"), ("T30", "arrived_at")]
)
def test_what_has_happened_does_not_lie_ahead(form_id, name):
    assert name in refused(form_id, {name: "2026-03-02T09:06"})
    assert name not in refused(form_id, {name: "2026-03-02T09:05"})


def test_nobody_at_home_needs_no_findings():
    seen = {"visit_arrived_at": "2026-03-02T08:50", "survey_result": "无人在家", "survey_photos": ["photo"]}
    assert "defects" not in check("T11", seen)
    assert refused("T11", {**seen, "survey_result": "属实"}) == {"root_cause"}


def test_a_dissatisfied_customer_hears_a_new_date_unless_closed_by_norm():
    told = {"result_method": "电话", "result_told_at": "2026-03-02T08:50", "satisfaction": "不满意"}
    assert refused("T18", told) == {"new_promised_at"}
    values = check("T18", {**told, "new_promised_at": "2026-03-12T18:00"})
    assert values["new_promised_at"] == "2026-03-12T18:00:00+08:00"
    check("T18", {**told, "close_internally": True})


def test_hidden_answers_of_an_earlier_choice_do_not_count():
    told = {
        "result_method": "电话",
        "result_told_at": "2026-03-02T08:50",
        "satisfaction": "满意",
        "close_internally": True,
    }
    assert forms.variables(load("T18"), check("T18", told))["close_internally"] is None


@pytest.mark.parametrize(
    ("method", "field"), [("电子签名", "signature"), ("纸质照片", "sign_photo"), ("录音", "sign_recording")]
)
def test_consent_needs_its_evidence(method, field):
    assert refused("T19", {"sign_method": method}) == {field}


def test_no_fine_is_offered_while_the_penalty_table_is_inactive():
    for form, prefix in (("T22", "sup"), ("T23", "mgr"), ("T24", "gm")):
        given = {
            f"{prefix}_opinion": "属实",
            f"{prefix}_fault": "一般",
            "penalties": [{"person": "qian", "clause": "未上报", "amount": 50}],
        }
        assert "penalties" not in check(form, given)
        assert check(form, given, {"penalty_active": True})["penalties"][0]["amount"] == 50


def test_proposed_penalties_are_shown_to_be_changed():
    rows = [
        {
            "violation": "未上报负责人",
            "clause": "不能处理时未上报负责人",
            "amount": 50,
            "notice": False,
            "source": "C25",
        }
    ]
    shown = forms.initial(load("T23"), {"penalty_active": True, "penalties": rows, "sup_fault": "一般"}, ENV)
    assert shown["penalties"][0]["clause"] == "不能处理时未上报负责人"
    assert shown["mgr_fault"] == "一般"


def test_the_questionnaire_decides_what_is_asked():
    answered = {
        "callback_result": "接通",
        "attitude_score": 5,
        "result_score": 4,
        "callback_satisfaction": "满意",
        "q_quality": 5,
        "q_promise": 3,
    }
    repair = check("CB1", answered, {"questionnaire": "维修问卷", "attempt": 1})
    assert repair["q_quality"] == 5
    assert "q_promise" not in repair
    sales = check("CB1", answered, {"questionnaire": "销售问卷", "attempt": 1})
    assert sales["q_promise"] == 3
    assert "q_quality" not in sales


def test_a_call_that_was_not_answered_needs_no_rating():
    assert (
        forms.variables(load("CB1"), check("CB1", {"callback_result": "未接"}, {"attempt": 2}))["callback_satisfaction"]
        is None
    )
    assert refused("CB1", {"callback_result": "改约"}) == {"recall_at"}


def test_a_level_is_a_number():
    assert check("ES1", {"level": 3, "escalation_reason": "群诉"}, {"suggested_level": 3})["level"] == 3
    assert forms.initial(load("ES1"), {"suggested_level": 4}, ENV)["level"] == 4
    assert refused("ES1", {"level": 6, "escalation_reason": "群诉"}) == {"level"}


def test_dispatch_shows_what_the_tables_found():
    shown = forms.initial(
        load("T07"),
        {"acceptor": "chen", "department": "工程部", "accept_due": "2026-03-03T09:00:00+08:00", "urgency": "紧急"},
        ENV,
    )
    assert shown["acceptor"] == "chen"
    assert shown["department"] == "工程部"
    assert shown["accept_due"] == "2026-03-03T09:00:00+08:00"
    assert shown["urgent"] is True


def test_calls_are_dated_now_with_the_offset():
    assert forms.initial(load("T08"), {}, ENV)["attempts"][0]["at"] == "2026-03-02T09:00:00+08:00"
    assert forms.initial(load("T18"), {}, ENV)["result_told_at"] == "2026-03-02T09:00:00+08:00"
