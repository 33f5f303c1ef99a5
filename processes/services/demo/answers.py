"""What people fill in, task by task, when a story does not say otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from processes.services.demo.order_answers import order_answers
from processes.services.demo.paper import AUDIO, PAPER, PHOTO, SIGNATURE, later, when

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["AUDIO", "PAPER", "PHOTO", "SIGNATURE", "answers", "intake", "later", "when"]


def intake(
    unit: str,
    caller: tuple[str, str],
    what: tuple[str, str, str, str],
    brief: str,
    facts: str,
    demand: str,
    **more: Any,
) -> dict[str, Any]:
    """Fill in the intake form. `what`: kind, subject, class, sub-class; `caller`: name and phone."""
    kind, subject, cat1, cat2 = what
    return {
        "phone": caller[1],
        "name": caller[0],
        "is_owner": "业主",
        "channel": "电话",
        "received_by": "地产",
        "prefer": "电话",
        "unit": unit,
        "kind": kind,
        "subject": subject,
        "cat1": cat1,
        "cat2": cat2,
        "brief": brief,
        "facts": facts,
        "demand": demand,
        "location": "见事由" if kind == "报修" else None,
        "purpose": "修复" if kind == "报修" else "解释",
        "answered": False,
        "urgency": "一般",
        "scope": "单人",
        "wording_confirmed": True,
        "readback": True,
        **more,
    }


def answers(element: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Give ordinary answers for a task at a moment; `known` are the variables it sees."""
    if element.startswith("R"):
        return order_answers(element, known, now)
    return _early(element, known, now) or _handling(element, known, now) or _late(element, now)


def _early(element: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {
        "T02": {"answer": "已按知识库答复客户，并告知办理时间和所需材料。", "understood": True},
        "T03": {"duplicate_of": known.get("duplicate_of"), "merge_reason": "同一房屋同一问题"},
        "T04": {
            "present": "chen.liyan",
            "present_at": when(now - timedelta(minutes=8)),
            "emergency_measures": ["抢修"],
            "controlled_at": when(now),
            "structural": False,
            "consequence": "无人受伤，二十分钟内恢复。",
            "lessons": "维保单位漏做季度检查；已要求补检并每周抽查。",
        },
        "T05": {
            "not_ours_reason": "其他",
            "guidance": "该事项由小区聘请的物业公司负责，已说明原因。",
            "referred_to": "小区物业服务中心",
            "customer_agrees": True,
        },
        "T06": {"verdict": "协助", "verdict_basis": "虽不属我方责任，协助联系责任方。"},
        "T07": {
            "acceptor": known.get("acceptor") or "chen.liyan",
            "department": known.get("department") or "客服部",
            "accept_due": known.get("accept_due"),
            "urgent": known.get("urgency") != "一般",
            "dispatch_note": "请尽快联系客户。",
        },
        "T08": {"attempts": [{"at": when(now), "number": "", "result": "接通"}]},
        "T09": {"decision": "受理", "needs_visit": False, "reply_expected": known.get("reply_due")},
        "T30": {
            "arrived_at": when(now - timedelta(minutes=5)),
            "onsite_handling": "到场接待，听取客户陈述，承诺三个工作日内答复。",
            "unresolved": False,
        },
    }
    return found.get(element, {})


def _handling(element: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    task = {"type": "部门处理", "department": "工程部", "person": "kang.gongcheng", "content": "按方案处理并拍照。"}
    found: dict[str, dict[str, Any]] = {
        "T10": {
            "visit_from": when(now + timedelta(hours=2)),
            "visit_to": when(now + timedelta(hours=3)),
            "visitors": ["zheng.jianli"],
            "customer_confirmed": True,
        },
        "T11": {
            "visit_arrived_at": when(now - timedelta(minutes=20)),
            "survey_result": "属实",
            "root_cause": "施工",
            "survey_photos": [PHOTO],
            "defects": [
                {"part": "卫生间/地面防水", "problem": "渗漏", "description": "地漏周边返水，楼下顶板有水渍。"}
            ],
        },
        "T12": {
            "cause_analysis": "现场核实，问题属实。",
            "company_liable": "全部" if known.get("kind") == "报修" else "部分",
            "plan_types": ["维修"] if known.get("kind") == "报修" else ["解释", "道歉"],
            "plan": "安排责任部门处理，完成后通知客户复验。",
            "plan_tasks": [{**task, "due": later(now, 5)}],
            "promised_at": later(now, 8),
            "charged": False,
            "external_promise": False,
        },
        "T13": {"approval_decision": "同意", "approval_opinion": "同意方案，按期完成并书面答复客户。"},
        "T14": {
            "reply_method": "电话",
            "replied_at": when(now),
            "plan_told": True,
            "time_told": True,
            "plan_reply": "接受",
        },
    }
    return found.get(element, {}) or _work(element, known, now)


def _work(element: str, known: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {
        "T15": {"told_plan": True, "told_time": True, "plan_clear": True, "checkback_comment": "客户清楚方案和时间。"},
        "T16": {
            "investigation": "已到现场核实。",
            "measures": "已按方案处理完毕并自检。",
            "task_result": "已解决",
        },
        "T17": {
            "final_cat1": known.get("cat1"),
            "final_cat2": known.get("cat2"),
            "final_cause": "施工",
            "responsible": known.get("department") or "工程部",
            "valid": True,
            "treatment": "维修" if known.get("kind") == "报修" else "道歉解释",
            "loss_amount": 0,
            "result_text": "问题已处理完毕。",
        },
        "T18": {
            "result_method": "电话",
            "result_told_at": when(now),
            "satisfaction": "满意",
            "new_demand": False,
            "close_internally": False,
        },
        "T19": {"sign_method": "电子签名", "signature": SIGNATURE, "customer_opinion": "认可处理结果。"},
        "T27": {
            "progress": 40,
            "done_so_far": "材料已进场。",
            "next_step": "施工并闭水。",
            "expected_at": later(now, 3),
        },
    }
    return found.get(element, {})


def _late(element: str, now: datetime) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {
        "T20": {
            "close_norm": "《工程质量缺陷处理标准》第 4.2 条",
            "close_reason": "已按标准修复并经第三方检测合格，客户要求超出标准。",
            "close_evidence": [PAPER],
            "close_approval": "同意关闭",
        },
        "T21": {"account": "当天接待情况属实，表述不够清楚，已向客户致歉。", "resolved": True, "severity": "一般"},
        "T22": {"sup_opinion": "讲解口径不严谨，应加强培训。", "sup_fault": "一般"},
        "T23": {"mgr_opinion": "同意主管意见。", "mgr_fault": "一般"},
        "T24": {"gm_opinion": "同意，全员学习。", "gm_fault": "一般", "document_no": "客服〔2026〕7号"},
        "T25": {"records_complete": True, "norm_score": 92, "returned": False},
    }
    return found.get(element, {}) or _calls(element, now)


def _calls(element: str, now: datetime) -> dict[str, Any]:
    rated = {"attempt": 1, "callback_result": "接通", "attitude_score": 5, "result_score": 5, "q_timely": 4}
    found: dict[str, dict[str, Any]] = {
        "T26": {
            "reached": True,
            "explained": "防水材料后天到场，施工后做 48 小时闭水。",
            "unfinished_reason": "材料",
            "understanding": "理解",
        },
        "T28": {"reached": True, "promise_at": later(now, 1), "reason": "已提醒，明天完成。"},
        "T29": {"reached": True, "promise_at": later(now, 1), "reason": "人手不足，已加派。"},
        "CB1": {
            **rated,
            "callback_satisfaction": "满意",
            "callback_new_demand": False,
            "callback_opinion": "处理及时。",
        },
        "ES1": {"suggested_level": 3, "level": 3, "escalation_reason": "影响面大，按三级处置。", "take_over": False},
        "ES2": {
            "escalation_plan": "专人负责，每日通报，统一口径。",
            "next_report_at": later(now, 1),
            "step_down": False,
        },
        "ES3": {"new_level": 0, "conclusion": "事态平息，恢复正常处理。"},
    }
    found["CB2"] = found["CB1"]
    return found.get(element, {})
