"""The invented staff of the demo (DOMAIN 8): who they are, what they may do and where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher

from engine import people
from engine.access import SYSTEM, Grant
from storage.tables.parties import BackupContact, DutyRota, Staff
from storage.tables.people import RoleGrant, User

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

PASSWORD = "keyturn"  # noqa: S105  printed for everybody: invented people on invented cases
EVERYWHERE = ""
CHUNHE, QIUSHI, ZHIXIA, WANGDONG = "春和里", "秋实园", "知夏苑", "望冬台"
ZHENXI = "枕溪里"
"""Delivered in three phases within the two years of the past; only in the size `demo`."""


@dataclass(frozen=True, slots=True)
class Persona:
    """A demo account: `about` says in one line what to see with it."""

    login: str
    name: str
    title: str
    department: str
    roles: tuple[tuple[str, str], ...]
    about: str
    manager: str = ""
    english: str = ""
    org: str = ""


def _one(role: str, scope: str = EVERYWHERE) -> tuple[tuple[str, str], ...]:
    return ((role, scope),)


PERSONAS = (
    Persona("lin.xiaoan", "林小安", "座席", "客服部", _one("agent"), "登记来电、派单、回访", "sun.mingli"),
    Persona("zhou.xiaoning", "周小宁", "座席", "客服部", _one("agent"), "提醒与催办电话", "sun.mingli"),
    Persona("chen.liyan", "陈立言", "项目客服主管", "客服部", _one("cs_sup", CHUNHE), "受理、方案、答复", "sun.mingli"),
    Persona(
        "zhao.zhiqiu",
        "赵知秋",
        "项目客服主管",
        "客服部",
        (("cs_sup", QIUSHI), ("cs_sup", ZHIXIA), ("cs_sup", WANGDONG)),
        "另外三个项目的受理与方案",
        "sun.mingli",
    ),
    Persona("sun.mingli", "孙明礼", "客服经理", "客服部", _one("cs_mgr"), "审批、复查归档、升级", "yan.lingdao"),
    Persona("wu.gongjia", "吴工甲", "工程负责人", "工程部", _one("eng_lead"), "工程签收、现场负责", "yan.lingdao"),
    Persona("zheng.jianli", "郑监理", "专业工程师", "工程部", _one("engineer"), "现场查勘", "wu.gongjia"),
    Persona("kang.gongcheng", "康工程", "工程对接人", "工程部", _one("handler"), "部门处理、进展汇报", "wu.gongjia"),
    Persona(
        "qian.xiaoman", "钱小满", "置业顾问", "销售部", _one("sales_con"), "销售现场接待、情况说明", "feng.zhuguan"
    ),
    Persona("feng.zhuguan", "冯主管乙", "销售主管", "销售部", _one("sales_sup"), "初步意见", "he.jingli"),
    Persona("he.jingli", "何经理丙", "销售经理", "销售部", _one("sales_mgr"), "现场处理、责任认定", "yan.lingdao"),
    Persona("luo.sheji", "罗设计", "设计对接人", "设计部", _one("handler"), "部门处理", "yan.lingdao"),
    Persona(
        "yang.guanjia", "杨管家", "物业客服", "物业维修", _one("prop_cs"), "物业前台登记、预约上门", "mei.huanjing"
    ),
    Persona("mei.huanjing", "梅环境", "环境主管", "物业环境", _one("handler"), "保洁绿化的处理", "sun.mingli"),
    Persona("du.zhixu", "杜秩序", "秩序主管", "物业秩序", _one("handler"), "车辆、安防的处理", "sun.mingli"),
    Persona(
        "han.shifu",
        "韩师傅",
        "维修技工",
        "物业维修",
        (("repair_tech", EVERYWHERE), ("handler", EVERYWHERE)),
        "物业维修",
        "yang.guanjia",
    ),
    Persona("shen.fuhe", "沈复核", "物业复核员", "物业维修", _one("prop_check"), "整改复核、客户复验", "yang.guanjia"),
    Persona(
        "cao.jiaofu",
        "曹交付",
        "交付负责人",
        "客服部",
        (("ho_lead", QIUSHI), ("ho_desk", QIUSHI)),
        "集中交付：批次、战报、拒收约谈",
        "sun.mingli",
    ),
    Persona(
        "miao.qiantai",
        "苗前台",
        "交付专员",
        "客服部",
        _one("ho_desk", QIUSHI),
        "交付现场：签到、签署、抄表与钥匙",
        "cao.jiaofu",
    ),
    Persona("wei.yanfang1", "魏验房一", "验房员", "工程部", _one("inspector"), "验房（后续版本）", "wu.gongjia"),
    Persona("wei.yanfang2", "魏验房二", "验房员", "工程部", _one("inspector"), "验房（后续版本）", "wu.gongjia"),
    Persona("yan.lingdao", "严领导", "主管领导", "总经办", _one("leader"), "审核方案、三级升级", "hua.zong"),
    Persona("hua.zong", "华总", "总经理", "总经办", _one("gm"), "四级升级、阅批"),
    Persona("jin.gongguan", "金公关", "品牌公关", "总经办", _one("pr"), "媒体应对", "hua.zong"),
    Persona("qi.fawu", "戚法务", "法务", "法务部", (("legal", ""), ("handler", "")), "法务意见、部门处理", "hua.zong"),
    Persona("tao.chengben", "陶成本", "成本合约", "成本部", _one("cost"), "责任裁定、代维、扣款", "hua.zong"),
    Persona("jiang.caiwu", "姜财务", "财务", "财务部", (("finance", ""), ("handler", "")), "费用类处理", "hua.zong"),
    Persona(
        "qing.shifu", "青师傅", "防水分包", "责任单位", _one("contractor"), "青檐防水分包的整改单", org="青檐防水分包"
    ),
    Persona(
        "fang.shifu",
        "方师傅",
        "门窗分包",
        "责任单位",
        _one("contractor"),
        "方正样板门窗分包的整改单",
        org="方正样板门窗分包",
    ),
    Persona(
        "ming.shifu", "明师傅", "机电分包", "责任单位", _one("contractor"), "明灯机电分包的整改单", org="明灯机电分包"
    ),
    Persona(
        "xi.shifu", "细师傅", "精装分包", "责任单位", _one("contractor"), "细木精装分包的整改单", org="细木精装分包"
    ),
    Persona(
        "bao.zonggong", "包总工", "总包", "责任单位", _one("contractor"), "总包一公司的整改单", org="示例总包一公司"
    ),
    Persona("kuai.shifu", "快师傅", "代维单位", "责任单位", _one("contractor"), "代维的整改单", org="代维-快手维修队"),
    Persona("bai.liucheng", "柏流程", "流程负责人", "总经办", _one("process_owner"), "流程、决策表、表单"),
    Persona("admin", "系统管理员", "系统管理员", "总经办", _one("admin"), "人员、登记簿、事件、作业"),
)
ROLES: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    ("agent", "座席 / 客服专员 / 登记人", "Agent", ()),
    ("cs_sup", "项目客服主管 / 客户服务主管", "Customer service supervisor", ("agent", "prop_cs", "engineer")),
    (
        "cs_mgr",
        "客服经理 / 部门经理",
        "Customer service manager",
        ("agent", "cs_sup", "handler", "prop_cs", "engineer"),
    ),
    ("sales_con", "置业顾问", "Sales consultant", ()),
    ("sales_sup", "销售主管", "Sales supervisor", ("sales_con",)),
    ("sales_mgr", "销售经理", "Sales manager", ("sales_con", "sales_sup")),
    ("eng_lead", "工程负责人", "Head of engineering", ("engineer", "handler", "contractor")),
    ("engineer", "专业工程师 / 监理", "Engineer", ()),
    ("contractor", "责任单位", "Contractor", ()),
    ("handler", "部门对接人", "Department handler", ()),
    ("prop_cs", "物业客服", "Property front desk", ()),
    ("repair_tech", "维修技工", "Repair technician", ()),
    ("prop_check", "物业复核员", "Property checker", ()),
    ("inspector", "验房员", "Inspector", ()),
    ("ho_lead", "交付负责人", "Head of handover", ("ho_desk",)),
    ("ho_desk", "交付专员", "Handover desk", ()),
    ("leader", "主管领导", "Executive in charge", ("cs_mgr", "sales_mgr", "eng_lead")),
    ("gm", "总经理", "General manager", ("leader",)),
    ("pr", "品牌公关", "Public relations", ()),
    ("legal", "法务", "Legal", ()),
    ("cost", "成本合约", "Cost control", ()),
    ("finance", "财务", "Finance", ()),
    ("owner", "业主", "Owner", ()),
    ("process_owner", "流程负责人", "Process owner", ()),
    ("admin", "系统管理员", "Administrator", ()),
)


def personas() -> tuple[Persona, ...]:
    """List the demo accounts; their password is `PASSWORD`."""
    return PERSONAS


@lru_cache(maxsize=1)
def _hashed() -> str:
    return PasswordHasher().hash(PASSWORD)


def seed_roles(session: Session) -> None:
    """Write the role table: every installation needs it."""
    for position, (code, chinese, english, supervises) in enumerate(ROLES):
        people.save_role(session, code=code, name_zh=chinese, name_en=english, supervises=supervises, position=position)


def add_people(session: Session, departments: Mapping[str, int], *, now: datetime) -> None:
    """Write the demo accounts with their roles and superiors, the rota of the week and the backup contacts."""
    for at, person in enumerate(PERSONAS):
        session.add(
            User(
                login=person.login,
                name=person.name,
                email=f"{person.login}@keyturn.example",
                phone=f"1990002{at:04d}",
                department=person.department,
                title=person.title,
                password_hash=_hashed(),
                created_at=now,
                preferences={},
            )
        )
        grants = [Grant(role, scope, person.org) for role, scope in person.roles]
        session.add_all(
            RoleGrant(
                login=person.login,
                role=one.role,
                scope=one.scope,
                org=one.org,
                granted_at=now,
                granted_by=SYSTEM.login,
            )
            for one in grants
        )
        session.add(
            Staff(
                login=person.login,
                department_id=departments.get(person.department),
                title=person.title,
                manager=person.manager,
            )
        )
    session.flush()


def add_rota(session: Session, *, starts: datetime, ends: datetime) -> None:
    """Write who is on duty and who is called when an acceptor cannot be reached (B47, D04)."""
    supervisors = {CHUNHE: "chen.liyan", QIUSHI: "zhao.zhiqiu", ZHIXIA: "zhao.zhiqiu", WANGDONG: "zhao.zhiqiu"}
    for project, login in supervisors.items():
        session.add(DutyRota(project=project, role="cs_sup", login=login, starts_at=starts, ends_at=ends))
        other = "zhao.zhiqiu" if login == "chen.liyan" else "chen.liyan"
        session.add(BackupContact(project=project, role="cs_sup", login=other, rank=2))
        session.add(BackupContact(project=project, role="cs_sup", login="sun.mingli", rank=1))
    session.add(DutyRota(project="", role="agent", login="lin.xiaoan", starts_at=starts, ends_at=ends))
    session.flush()
