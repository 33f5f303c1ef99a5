"""The invented estate of the demo: companies, projects, houses, owners, code lists. Same seed, same estate."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, text

from engine.core.calendar import CHINA
from processes.services.demo import prices
from processes.services.demo.people import CHUNHE, QIUSHI, WANGDONG, ZHENXI, ZHIXIA
from processes.services.reports import goals
from storage.estate import compact
from storage.privacy import digits, mask, vault
from storage.tables.estate import Building, Company, Part, Phase, Project, Unit
from storage.tables.parties import Contact, Department, Ownership, Party
from storage.tables.registers import Category, CodeItem, Knowledge, ProblemType

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SEED = 20260
SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林高罗"
GIVEN = (
    *("安然", "晓禾", "子衿", "云舟", "若谷", "清和", "知远", "南乔", "望舒", "景行", "思齐", "嘉树"),
    *("逢春", "怀瑾", "听澜", "临川"),
)
MONTH = 30.44
FLOORS = (15, 3, 5, 7, 8, 9, 11, 12, 13, 17, 18, 20)
ROOMS = ("02", "01")

COMPANIES = (
    ("示例置业", "示例置业集团", "集团", ""),
    ("甲城公司", "示例置业甲城公司", "城市公司", "示例置业"),
    ("乙城公司", "示例置业乙城公司", "城市公司", "示例置业"),
    ("示例物业", "示例物业服务公司", "物业公司", "示例置业"),
    ("邻里外聘物业", "邻里外聘物业公司", "物业公司", ""),
    *(
        (name, name, "责任单位", "")
        for name in ("示例总包一公司", "示例总包二公司", "青檐防水分包", "方正样板门窗分包")
    ),
    *((name, name, "责任单位", "") for name in ("明灯机电分包", "细木精装分包", "暖屋暖通分包", "绿荫园林分包")),
    *((name, name, "责任单位", "") for name in ("甲供-样例橱柜", "甲供-样例电梯", "代维-快手维修队")),
)
DEPARTMENTS = (
    ("客服部", "cs_sup", "sun.mingli"),
    ("工程部", "eng_lead", "wu.gongjia"),
    ("销售部", "sales_mgr", "he.jingli"),
    ("设计部", "handler", "luo.sheji"),
    ("法务部", "legal", "qi.fawu"),
    ("财务部", "finance", "jiang.caiwu"),
    ("成本部", "cost", "tao.chengben"),
    ("物业维修", "prop_cs", "yang.guanjia"),
    ("物业环境", "prop_cs", "mei.huanjing"),
    ("物业秩序", "prop_cs", "du.zhixu"),
    ("项目值班", "cs_sup", "sun.mingli"),
    ("总经办", "leader", "yan.lingdao"),
)
CATEGORIES = (
    ("工程维修类", "工程部", ("公共区域设施损坏", "户内维修")),
    ("清洁绿化类", "物业环境", ("环境卫生", "垃圾清运", "绿化养护")),
    ("秩序维护类", "物业秩序", ("车辆管理", "安防问题", "噪音干扰")),
    ("客户服务类", "客服部", ("服务态度", "信息咨询")),
    ("其他", "客服部", ("其他",)),
)
PARTS = (
    ("卫生间", (("地面防水", "防水", 60), ("墙面防水", "防水", 60), ("洁具", "装修", 24), ("地漏", "管道堵塞", 2))),
    ("厨房", (("地面防水", "防水", 60), ("橱柜", "家电其他", 12), ("排水管道", "管线设备", 24))),
    ("客厅", (("木地板", "装修", 24), ("墙面抹灰", "装修", 24), ("开关插座", "灯具开关", 6), ("窗", "门窗", 24))),
    ("卧室", (("木地板", "装修", 24), ("墙面抹灰", "装修", 24), ("窗", "门窗", 24), ("门", "门窗", 24))),
    ("阳台", (("地面防水", "防水", 60), ("推拉门", "门窗", 24))),
    ("外墙", (("防渗漏", "防水", 60), ("保温", "装修", 24))),
    ("屋面", (("防水", "屋面防水", 60),)),
    ("结构", (("主体结构", "主体结构", 600),)),
    ("电气", (("电气管线", "管线设备", 24), ("灯具", "灯具开关", 6))),
    (
        "公共部位",
        (("电梯", "管线设备", 24), ("大堂", "装修", 24), ("地下车库", "防水", 60), ("道路绿化", "家电其他", 12)),
    ),
)
CHANNELS = (
    *(("电话", "电话"), ("电邮", "电邮"), ("论坛", "其他"), ("信件", "其他"), ("传真", "其他"), ("销售现场", "现场")),
    *(("管理处现场", "现场"), ("公司现场", "现场"), ("线上平台", "其他"), ("小程序", "其他"), ("12345转办", "其他")),
    ("媒体", "其他"),
)
PROBLEMS = (
    ("防水", ("渗漏", "返潮")),
    ("土建", ("开裂", "空鼓", "起砂")),
    ("门窗", ("关闭不严", "五金损坏", "玻璃破损")),
    ("精装", ("起鼓", "色差", "脱落")),
    ("机电", ("跳闸", "漏水", "异响", "停运")),
)
ANSWERS = (
    ("产权证办理", "产权证一般在交付并缴齐契税、维修资金后 90 个工作日内可办理，届时短信通知。"),
    ("维修资金查询", "维修资金可凭身份证和购房合同到房管窗口或公众号查询缴纳与余额。"),
    ("装修手续", "装修前到物业服务中心办理申报、缴纳装修保证金，并领取装修须知和出入证。"),
    ("车位租赁", "地下车位按季度租赁，先到物业前台登记车牌，缴费后两小时内开通道闸。"),
    ("水电过户", "凭交接书和身份证到供水、供电营业厅或线上办理过户，约 3 个工作日生效。"),
)


@dataclass(frozen=True, slots=True)
class Block:
    """Houses of one phase: how many, of what kind, in which state, delivered how many months ago (None: not yet)."""

    project: str
    phase: str
    count: int
    buildings: int
    kind: str
    state: str
    months: float | None


def blocks(size: str) -> tuple[Block, ...]:
    """Say what houses a size has: mini 30, demo 600 and 540 of a project of the past, load 60,000."""
    counts = {"mini": (12, 6, 6, 4, 2), "demo": (90, 60, 240, 180, 30), "load": (12_000, 12_000, 16_000, 12_000, 8_000)}
    one, two, three, four, five = counts[size]
    many = 200 if size == "load" else 0
    past = ((180, 13), (180, 8), (180, 3)) if size == "demo" else ()
    return (
        Block(CHUNHE, "1期", one, many or 3, "毛坯", "入住", 18),
        Block(CHUNHE, "2期", two, many or 2, "精装", "入住", 25),
        Block(QIUSHI, "1期", three, many or 6, "精装", "已通知", None),
        Block(ZHIXIA, "1期", four, many or 4, "精装", "待验", None),
        Block(WANGDONG, "1期", five, many or 1, "毛坯", "入住", 120),
        *(Block(ZHENXI, f"{at}期", count, 4, "精装", "入住", months) for at, (count, months) in enumerate(past, 1)),
    )


def add_registers(session: Session) -> dict[str, int]:
    """Write companies, departments, classes, parts, channels, problem types, ready answers; gives the departments."""
    companies: dict[str, Company] = {}
    for code, name, kind, parent in COMPANIES:
        above = companies[parent].id if parent else None
        companies[code] = Company(code=code, name=name, kind=kind, parent_id=above)
        session.add(companies[code])
        session.flush()
    found = [Department(code=name, name=name, role=role, head=head) for name, role, head in DEPARTMENTS]
    session.add_all(found)
    for position, (name, department, children) in enumerate(CATEGORIES):
        parent_row = Category(code=name, name=name, department=department, sort=position)
        session.add(parent_row)
        session.flush()
        session.add_all(
            Category(code=f"{name}/{child}", name=child, parent_id=parent_row.id, department=department, sort=number)
            for number, child in enumerate(children)
        )
    for position, (room, elements) in enumerate(PARTS):
        room_row = Part(code=room, name=room, sort=position)
        session.add(room_row)
        session.flush()
        session.add_all(
            Part(
                code=f"{room}/{name}",
                name=name,
                parent_id=room_row.id,
                warranty_class=group,
                warranty_months=months,
                sort=position,
            )
            for name, group, months in elements
        )
    for trade, problems in PROBLEMS:
        session.add_all(ProblemType(code=f"{trade}/{name}", name=name, trade=trade) for name in problems)
    session.add_all(
        CodeItem(list="channel", code=name, name=name, maps_to=group, sort=number)
        for number, (name, group) in enumerate(CHANNELS)
    )
    session.add_all(Knowledge(code=title, title=title, answer=answer) for title, answer in ANSWERS)
    prices.seed(session)
    goals.seed(session)
    session.flush()
    return {department.code: department.id for department in found}


def add_estate(session: Session, size: str, *, now: datetime) -> int:
    """Write projects with their houses, owners and phone numbers; gives the number of houses."""
    rng = random.Random(SEED)  # noqa: S311  invented data, the same every time
    today = now.date()
    companies = {row.code: row.id for row in session.query(Company)}
    city = {CHUNHE: "甲城公司", QIUSHI: "乙城公司", ZHIXIA: "甲城公司", WANGDONG: "甲城公司", ZHENXI: "乙城公司"}
    projects: dict[str, Project] = {}
    total = 0
    for block in blocks(size):
        if block.project not in projects:
            outside = block.project == WANGDONG
            projects[block.project] = Project(
                code=block.project,
                name=block.project,
                city=city[block.project][:2],
                company_id=companies[city[block.project]],
                property_company_id=companies["邻里外聘物业" if outside else "示例物业"],
                property_affiliated=not outside,
            )
            session.add(projects[block.project])
            session.flush()
        project = projects[block.project]
        project.households += block.count
        total += _add_block(session, block, project, today, rng, total)
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        # the parties brought their own keys
        session.execute(text("SELECT setval(pg_get_serial_sequence('party', 'id'), (SELECT max(id) FROM party))"))
    return total


def _add_block(session: Session, block: Block, project: Project, today: date, rng: random.Random, before: int) -> int:
    delivered = today - timedelta(days=round(block.months * MONTH)) if block.months else None
    handover = delivered or today + timedelta(days=5 if block.project == QIUSHI else 90)
    phase = Phase(
        project_id=project.id,
        name=block.phase,
        completed_on=handover - timedelta(days=60),
        handover_on=handover,
        filing_no=f"备字{handover.year}-{before + 1:05d}",
    )
    session.add(phase)
    session.flush()
    buildings = [
        Building(phase_id=phase.id, code=f"{n:02d}", floors=max(FLOORS)) for n in range(block.buildings, 0, -1)
    ]
    session.add_all(buildings)
    session.flush()
    units: list[dict[str, Any]] = []
    places = ((b, e, f, r) for f in FLOORS for r in ROOMS for e in ("2", "1", "3", "4") for b in buildings)
    for building, entrance, floor, room in places:
        if len(units) == block.count:
            break
        code = f"{project.name}{block.phase}-{building.code}-{entrance}-{floor}{room}"
        units.append(
            {
                "code": code,
                "project_id": project.id,
                "phase_id": phase.id,
                "building_id": building.id,
                "entrance": entrance,
                "room": f"{floor}{room}",
                "kind": block.kind,
                "layout": "三室两厅" if room == "02" else "两室两厅",
                "area_plan": 118.5 if room == "02" else 89.2,
                "state": block.state,
                "delivered_on": delivered + timedelta(days=rng.randrange(0, 6)) if delivered else None,
                "search": compact(code),
            }
        )
    session.execute(insert(Unit), units)
    rows = session.query(Unit.id).filter(Unit.phase_id == phase.id).order_by(Unit.id).all()
    _add_owners(session, [row[0] for row in rows], today, rng, before)
    return len(units)


def _add_owners(session: Session, unit_ids: list[int], today: date, rng: random.Random, before: int) -> None:
    safe = vault(session)
    moment = datetime.combine(today, time(), tzinfo=CHINA)
    first = 1 + before * 2
    parties: list[dict[str, Any]] = []
    owners: list[dict[str, Any]] = []
    contacts: list[dict[str, Any]] = []
    for number, unit_id in enumerate(unit_ids):
        for role in ("业主", "家属") if rng.random() < 0.2 and number else ("业主",):  # noqa: PLR2004
            key = first + len(parties)
            name = "王安然" if key == 1 else rng.choice(SURNAMES) + rng.choice(GIVEN)
            phone = f"1990000{key:04d}" if key < 10_000 else f"199{key:08d}"  # noqa: PLR2004
            weight = "重要" if rng.random() < 0.05 else "一般"  # noqa: PLR2004
            prefer = rng.choice(("电话", "电话", "微信", "短信"))
            parties.append(
                {"id": key, "kind": "个人", "name": name, "importance": weight, "prefer": prefer, "created_at": moment}
            )
            owners.append({"unit_id": unit_id, "party_id": key, "role": role, "since": today})
            contacts.append(
                {
                    "party_id": key,
                    "kind": "phone",
                    "value": safe.seal(phone),
                    "value_hash": safe.digest(phone),
                    "masked": mask(phone),
                    "tail": digits(phone)[-4:],
                }
            )
    session.execute(insert(Party), parties)
    session.execute(insert(Ownership), owners)
    session.execute(insert(Contact), contacts)
