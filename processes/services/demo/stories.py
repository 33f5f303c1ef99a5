"""The stories of the demo (DOMAIN 8: 3 to 8, 10, 12, 18, 20), and open cases so that every inbox has work."""

from __future__ import annotations

import tempfile
from datetime import date
from typing import TYPE_CHECKING

from engine import tasks
from engine.core.calendar import CHINA
from processes.services import cases, sweep
from processes.services.demo import change_story, handover, inspection, quality
from processes.services.demo.answers import AUDIO, intake, later, when
from processes.services.demo.diary import CHEN, FENG, HE, KANG, LIN, QIAN, REPAIR, SUN, ZHOU, Diary
from processes.services.demo.group_story import group_story
from processes.services.demo.order_stories import order_stories
from processes.services.demo.player import Play, Step, open_task
from processes.services.demo.waiting import waiting
from storage.files import Files

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from storage.session import Database


def play(database: Database, size: str, *, now: datetime, registry: Registry, files: Files | None = None) -> Play:
    """Play all stories up to `now`; gives the numbers by story."""
    stage = Play(database, registry, files or Files(tempfile.mkdtemp(prefix="keyturn-demo-")))
    if size == "demo":
        inspection.play(stage, size, now=now)
    steps: list[Step] = []
    for story in (promise, lift, cleaning, elsewhere, unreachable, again, by_norm, press, holiday):
        steps += story(now)
    steps += order_stories(now)
    steps += group_story(stage, now) if size == "demo" else []
    steps += waiting(database, size, now)
    stage.run(steps, now)
    if size == "demo":
        handover.play(stage, size, now)
        change_story.play(stage, now)
        quality.play(stage, now)
    with database.transaction() as session:
        sweep.sweep(session, now, registry)
    return stage


def promise(now: datetime) -> list[Step]:
    """4: a promised metro stop, at the sales office; the head is away and authorises another; a fine is proposed."""
    d = Diary("promise", now)
    what = ("投诉", "销售承诺", "客户服务类", "服务态度")
    values = intake(
        "春和里1期-02-1-1502",
        ("周若谷", "19900009004"),
        what,
        "销售承诺的地铁口没有兑现",
        "购房时顾问称小区门口将有地铁口，现规划图没有。",
        "书面说明并给出补偿方案。",
        channel="销售现场",
        comforted=True,
        companion=QIAN,
        purpose="赔偿",
    )
    d.add(9, "14:50", QIAN, "T01", **values)

    def authorise(session: Session, viewer: Viewer, number: str, at: datetime, _registry: Registry) -> None:
        task = open_task(session, number, "T30")
        tasks.claim(session, viewer, task.id, now=at)
        tasks.delegate(session, viewer, task.id, to_login=FENG, reason="在外地开会，授权销售主管到场", now=at)

    d.add(9, "14:55", HE, act=authorise).add(9, "15:05", FENG, "T30", delegate_to=FENG)
    d.dispatched(8, CHEN)
    task = {
        "type": "部门处理",
        "department": "销售部",
        "person": FENG,
        "content": "核对宣传资料与合同附件，拟书面说明。",
    }
    plan = {"plan_tasks": [{**task, "due": when(d.at(4, "18:00"))}], "promised_at": when(d.at(3, "18:00"))}
    d.add(8, "15:00", CHEN, "T12", **plan, external_promise=True, promise_text="三日内出具书面说明")
    d.add(7, "09:30", "yan.lingdao", "T13").add(7, "11:00", CHEN, "T14", plan_reply="保留").add(6, "10:00", LIN, "T15")
    d.add(5, "16:00", FENG, "T16").add(5, "17:00", CHEN, "T17", final_cause="其他", responsible="销售部")
    d.add(4, "10:00", LIN, "T18", satisfaction="基本满意").add(
        4, "11:00", LIN, "T19", sign_method="录音", sign_recording=[AUDIO]
    )
    d.add(4, "15:00", QIAN, "T21")
    fine = [{"person": QIAN, "clause": "C23 未请客户入座、倒水", "amount": 50, "notice": False}]
    d.add(4, "17:00", FENG, "T22", penalties=fine)
    return d.add(3, "10:00", HE, "T23", penalties=fine).steps


def lift(now: datetime) -> list[Step]:
    """5: trapped in a lift: top urgency, under control within twenty minutes, lessons written down."""
    d = Diary("lift", now)
    what = ("报修", "公共部位", "工程维修类", "公共区域设施损坏")
    values = intake(
        "春和里1期-03-2-1502",
        ("陈清和", "19900009005"),
        what,
        "3栋2单元电梯困人",
        "两人被困在 9 层附近，有老人。",
        "马上放人。",
        part="公共部位/电梯",
        location="3栋2单元2号梯",
        urgency="特急",
        danger=["电梯困人"],
        is_owner="家属",
    )
    d.add(2, "20:11", ZHOU, "T01", **values).add(2, "20:31", CHEN, "T04")
    d.add(2, "20:13", ZHOU, "T07", acceptor=CHEN).add(2, "20:14", ZHOU, "T08").add(2, "20:15", CHEN, "T09")
    task = {"type": "部门处理", "department": "物业维修", "person": "han.shifu", "content": "会同维保单位检修 2 号梯。"}
    plan = {"plan_tasks": [{**task, "due": when(d.at(1, "15:00"))}], "promised_at": when(d.at(1, "18:00"))}
    d.add(2, "20:40", CHEN, "T12", **plan).add(2, "20:45", CHEN, "T14").add(1, "09:30", ZHOU, "T15")
    return d.add(1, "14:00", "han.shifu", "T16").steps


def cleaning(now: datetime) -> list[Step]:
    """6: cleaning, received by the developer: property handles it, the developer follows to the result."""
    d = Diary("cleaning", now)
    what = ("投诉", "公共部位", "清洁绿化类", "环境卫生")
    values = intake(
        "春和里2期-01-1-1502",
        ("林听澜", "19900009006"),
        what,
        "楼道一周没有打扫",
        "2期1栋1单元楼道有积尘和烟头。",
        "恢复每日清扫。",
    )
    d.add(4, "10:05", LIN, "T01", **values).dispatched(4, CHEN)
    task = {
        "type": "部门处理",
        "department": "物业环境",
        "person": "mei.huanjing",
        "content": "补扫并恢复每日清扫、公示。",
    }
    plan = {"plan_tasks": [{**task, "due": when(d.at(1, "18:00"))}], "promised_at": when(d.at(0, "23:00"))}
    d.add(4, "14:00", CHEN, "T12", **plan).add(4, "15:00", "yan.lingdao", "T13").add(4, "16:00", CHEN, "T14")
    d.add(3, "10:00", LIN, "T15").add(2, "11:00", "mei.huanjing", "T16")
    return d.add(2, "15:00", CHEN, "T17", final_cause="其他", responsible="物业环境").steps


def elsewhere(now: datetime) -> list[Step]:
    """7: the same where the property company is not ours: recorded, explained, guided."""
    d = Diary("elsewhere", now)
    what = ("投诉", "公共部位", "清洁绿化类", "垃圾清运")
    values = intake(
        "望冬台1期-01-2-1502",
        ("郭怀瑾", "19900009007"),
        what,
        "垃圾三天没有清运",
        "楼下垃圾桶满溢有异味。",
        "当天清运。",
    )
    return d.add(3, "10:05", LIN, "T01", **values).add(3, "10:12", LIN, "T05").steps


def unreachable(now: datetime) -> list[Step]:
    """8: nobody answers three times, so the backup contact takes over (D04)."""
    d = Diary("unreachable", now)
    values = intake(
        "秋实园1期-06-2-1502",
        ("高知远", "19900009008"),
        REPAIR,
        "厨房橱柜门脱落",
        "昨晚做饭时吊柜门掉下。",
        "今天来修。",
        part="厨房/橱柜",
        location="厨房吊柜左起第二扇",
    )
    calls = [{"at": when(d.at(1, clock)), "number": "", "result": "无人"} for clock in ("10:15", "10:30", "10:50")]
    d.add(1, "10:05", LIN, "T01", **values).add(1, "10:10", LIN, "T07", acceptor="zhao.zhiqiu")
    return d.add(1, "10:55", LIN, "T08", attempts=calls, backup_contact=SUN).steps


def again(now: datetime) -> list[Step]:
    """10: not satisfied at the call-back: a second round runs, level 2 is suggested."""
    d = Diary("again", now)
    what = ("投诉", "自己房产", "工程维修类", "户内维修")
    values = intake(
        "春和里1期-02-2-1502",
        ("徐南乔", "19900009010"),
        what,
        "窗户漏风修了两次没修好",
        "客厅大窗关不严，冬天漏风。",
        "换窗扇五金。",
        part="客厅/窗",
        location="客厅南向大窗",
    )
    task = {"type": "部门处理", "department": "工程部", "person": KANG, "content": "更换窗扇五金并调整。"}
    d.add(20, "10:05", LIN, "T01", **values).dispatched(20, CHEN)
    plan = {"plan_tasks": [{**task, "due": when(d.at(13, "18:00"))}], "promised_at": when(d.at(12, "18:00"))}
    d.add(19, "10:00", CHEN, "T12", **plan).add(19, "14:00", "yan.lingdao", "T13").add(19, "15:00", CHEN, "T14")
    d.add(18, "10:00", LIN, "T15").add(16, "16:00", KANG, "T27").add(
        14, "16:00", KANG, "T16", task_result="部分", remaining="密封条未换"
    )
    d.add(15, "10:30", LIN, "T26").add(14, "17:00", CHEN, "T17").add(13, "10:00", LIN, "T18", satisfaction="基本满意")
    d.add(13, "15:00", LIN, "T19")
    poor = {
        "callback_satisfaction": "不满意",
        "attitude_score": 4,
        "result_score": 2,
        "callback_promised_at": later(now, 4),
    }
    d.add(6, "10:00", ZHOU, "CB1", **poor, callback_opinion="还是漏风，密封条没换。")
    second = {
        "plan_tasks": [{**task, "content": "更换全部密封条。", "due": later(now, 2)}],
        "promised_at": later(now, 4),
    }
    d.add(5, "10:00", CHEN, "T12", **second).add(5, "11:00", "yan.lingdao", "T13").add(5, "14:00", CHEN, "T14")
    return d.add(4, "10:00", LIN, "T15").steps


def by_norm(now: datetime) -> list[Step]:
    """12: closed by the company's norm without the customer's consent; the record waits to be checked."""
    d = Diary("by_norm", now)
    values = intake(
        "春和里1期-01-2-1502",
        ("罗望舒", "19900009012"),
        REPAIR,
        "墙面细微裂纹",
        "客厅墙面有发丝裂纹。",
        "整面墙重新粉刷。",
        part="客厅/墙面抹灰",
        location="客厅电视墙",
    )
    task = {"type": "部门处理", "department": "工程部", "person": KANG, "content": "裂纹处修补、补色。"}
    d.add(14, "10:05", LIN, "T01", **values).dispatched(14, CHEN)
    plan = {"plan_tasks": [{**task, "due": when(d.at(9, "18:00"))}], "promised_at": when(d.at(8, "18:00"))}
    d.add(14, "15:00", CHEN, "T12", **plan).add(14, "16:00", CHEN, "T14").add(13, "10:00", LIN, "T15")
    d.add(11, "16:00", KANG, "T16").add(11, "17:00", CHEN, "T17")
    d.add(10, "10:00", LIN, "T18", satisfaction="不满意", close_internally=True).add(10, "14:00", SUN, "T20")
    lost = {"callback_result": "未接", "attitude_score": None, "result_score": None, "q_timely": None}
    for days in (7, 6, 5):
        d.add(days, "15:00", ZHOU, "CB1", **lost, callback_satisfaction="基本满意", callback_opinion=None)
    return d.steps


def press(now: datetime) -> list[Step]:
    """18: a journalist calls: level 5, crisis team."""
    d = Diary("press", now)
    what = ("投诉", "公共部位", "工程维修类", "公共区域设施损坏")
    values = intake(
        "",
        ("记者 何嘉树", "19900009018"),
        what,
        "媒体询问外墙脱落",
        "记者称接到多名业主反映外墙砖脱落，今晚见报。",
        "官方回应。",
        channel="媒体",
        area="春和里1期外墙",
        part="外墙/防渗漏",
        location="1期1、2栋东侧外墙",
        scope="媒体",
        urgency="紧急",
        external=["媒体"],
        is_owner="其他",
        prefer="电话",
        project="春和里",
    )

    def crisis(session: Session, viewer: Viewer, number: str, at: datetime, registry: Registry) -> None:
        reason = "媒体介入，今晚见报"
        cases.escalate(session, viewer, number, level=5, reason=reason, now=at, registry=registry)

    d.add(0.2, "09:02", LIN, "T01", **values).add(0.2, "09:04", LIN, act=crisis)
    return d.add(0.2, "09:20", "jin.gongguan", "ES1", suggested_level=5, level=5).steps


def holiday(now: datetime) -> list[Step]:
    """20: three working days across the National Day holiday and its make-up days."""
    year = now.astimezone(CHINA).year
    eve = date(year, 9, 30) if now.astimezone(CHINA).date() > date(year, 11, 1) else date(year - 1, 9, 30)
    days = (now.astimezone(CHINA).date() - eve).days
    d = Diary("holiday", now)
    values = intake(
        "春和里2期-02-1-1502",
        ("马思齐", "19900009020"),
        REPAIR,
        "木地板起鼓",
        "次卧木地板起鼓约一平方米。",
        "更换起鼓地板。",
        part="卧室/木地板",
        location="次卧靠窗",
    )
    task = {"type": "部门处理", "department": "物业维修", "person": "han.shifu", "content": "更换起鼓地板。"}
    d.add(days, "17:00", LIN, "T01", **values)
    d.add(days, "17:05", LIN, "T07", acceptor=CHEN).add(days, "17:08", LIN, "T08").add(days, "17:30", CHEN, "T09")
    plan = {
        "plan_tasks": [{**task, "due": when(d.at(days - 13, "18:00"))}],
        "promised_at": when(d.at(days - 15, "18:00")),
    }
    d.add(days - 6, "10:30", LIN, "T26", unfinished_reason="其他", explained="国庆假期，节后首日制定方案。")
    d.add(days - 8, "10:00", CHEN, "T12", **plan).add(days - 9, "15:00", CHEN, "T14").add(
        days - 10, "10:00", LIN, "T15"
    )
    d.add(days - 12, "16:00", "han.shifu", "T16").add(days - 12, "17:00", CHEN, "T17").add(
        days - 13, "10:00", LIN, "T18"
    )
    return (
        d.add(days - 13, "15:00", LIN, "T19")
        .add(days - 17, "16:00", ZHOU, "CB1")
        .add(days - 18, "09:00", SUN, "T25")
        .steps
    )
