"""Which registers there are and which columns each has."""

from __future__ import annotations

from processes.services.register_columns import Column, Register
from processes.services.register_houses import HOUSES
from processes.services.register_prices import PRICES
from processes.services.register_reports import REPORTS
from storage.tables.estate import Building, Company, Part, Phase, Project, Unit
from storage.tables.parties import BackupContact, Department, DutyRota, Ownership, Staff
from storage.tables.registers import Category, CodeItem, Knowledge, ProblemType

ACTIVE = Column("active", "启用", "In use", "yes")
CODE = Column("code", "编码", "Code", required=True)
NAME = Column("name", "名称", "Name", required=True)
PROJECT_CODE = Column("project", "项目", "Project", "ref", ref="project_code")
LOGIN = Column("login", "人员", "Person", "ref", required=True, ref="user")
ROLE = Column("role", "角色", "Role", "ref", required=True, ref="role")
KINDS = ("集团", "城市公司", "物业公司", "责任单位")
STATES = ("未具备", "待验", "整改中", "可交付", "已通知", "已交付", "带问题交付", "空置", "装修", "入住")

__all__ = ["BY_CODE", "REGISTERS", "Register"]
REGISTERS: tuple[Register, ...] = (
    Register(
        "companies",
        "公司与责任单位",
        "Companies and responsible units",
        Company,
        (
            CODE,
            NAME,
            Column("kind", "类别", "Kind", "choice", required=True, choices=KINDS),
            Column("parent_id", "上级", "Parent", "ref", ref="company"),
            ACTIVE,
        ),
        ("code",),
        ("code", "name"),
    ),
    Register(
        "projects",
        "项目",
        "Projects",
        Project,
        (
            CODE,
            NAME,
            Column("city", "城市", "City"),
            Column("company_id", "开发公司", "Developer", "ref", ref="company"),
            Column("property_company_id", "物业公司", "Property company", "ref", ref="company"),
            Column("property_affiliated", "物业为关联公司", "Property company affiliated", "yes"),
            Column("households", "户数", "Households", "whole"),
            ACTIVE,
        ),
        ("code",),
        ("code", "name"),
    ),
    Register(
        "phases",
        "分期",
        "Phases",
        Phase,
        (
            Column("project_id", "项目", "Project", "ref", required=True, ref="project"),
            NAME,
            Column("completed_on", "竣工验收合格日", "Works accepted on", "date"),
            Column("handover_on", "合同交付日", "Contract handover", "date"),
            Column("filing_no", "备案号", "Filing number"),
        ),
        ("project_id", "name"),
        ("name",),
    ),
    Register(
        "buildings",
        "楼栋",
        "Buildings",
        Building,
        (
            Column("phase_id", "分期", "Phase", "ref", required=True, ref="phase"),
            Column("code", "楼栋", "Building", required=True),
            Column("floors", "层数", "Floors", "whole"),
        ),
        ("phase_id", "code"),
        ("code",),
    ),
    Register(
        "units",
        "房号",
        "Houses",
        Unit,
        (
            Column("code", "房号", "House", required=True),
            Column("building_id", "楼栋", "Building", "ref", required=True, ref="building"),
            Column("entrance", "单元", "Entrance"),
            Column("room", "房间", "Room", required=True),
            Column("kind", "交付标准", "Finish", "choice", choices=("毛坯", "精装")),
            Column("layout", "户型", "Layout"),
            Column("area_plan", "预测面积", "Planned area", "number"),
            Column("area_measured", "实测面积", "Measured area", "number"),
            Column("state", "状态", "State", "choice", choices=STATES),
            Column("delivered_on", "交付日", "Delivered on", "date"),
        ),
        ("code",),
        ("code", "search"),
    ),
    Register(
        "owners",
        "业主与联系人",
        "Owners and contacts",
        Ownership,
        (
            Column("unit_id", "房号", "House", "ref", required=True, ref="unit"),
            Column("name", "姓名", "Name", required=True),
            Column("role", "身份", "Relation", "choice", required=True, choices=("业主", "家属", "租户", "受托人")),
            Column("phone", "电话", "Phone", "phone"),
            Column("importance", "客户类别", "Importance", "choice", choices=("一般", "重要")),
            Column("prefer", "偏好联系方式", "Preferred way", "choice", choices=("电话", "当面", "短信", "微信")),
            Column("since", "起", "Since", "date"),
            Column("until", "止", "Until", "date"),
        ),
        ("unit_id", "name", "role"),
        (),
        personal=True,
    ),
    Register(
        "departments",
        "部门",
        "Departments",
        Department,
        (
            CODE,
            NAME,
            Column("company_id", "公司", "Company", "ref", ref="company"),
            Column("role", "处理角色", "Handling role", "ref", ref="role"),
            Column("head", "负责人", "Head", "ref", ref="user"),
            ACTIVE,
        ),
        ("code",),
        ("code", "name"),
    ),
    Register(
        "staff",
        "员工",
        "Staff",
        Staff,
        (
            LOGIN,
            Column("department_id", "部门", "Department", "ref", ref="department"),
            Column("title", "职务", "Title"),
            Column("manager", "上级", "Superior", "ref", ref="user"),
        ),
        ("login",),
        ("login", "title"),
    ),
    Register(
        "rota",
        "轮班",
        "Duty rota",
        DutyRota,
        (
            PROJECT_CODE,
            ROLE,
            LOGIN,
            Column("starts_at", "开始", "From", "moment", required=True),
            Column("ends_at", "结束", "To", "moment", required=True),
            Column("note", "备注", "Note"),
        ),
        ("project", "role", "login", "starts_at"),
        ("login", "project"),
    ),
    Register(
        "backups",
        "备用联系人",
        "Backup contacts",
        BackupContact,
        (
            Column("project", "项目", "Project", "ref", required=True, ref="project_code"),
            ROLE,
            LOGIN,
            Column("rank", "顺序", "Order", "whole"),
        ),
        ("project", "role", "login"),
        ("login", "project"),
    ),
    Register(
        "categories",
        "问题分类",
        "Categories",
        Category,
        (
            CODE,
            NAME,
            Column("parent_id", "上级", "Parent", "ref", ref="category"),
            Column("department", "初步责任部门", "First department"),
            Column("hint", "提示", "Hint"),
            Column("sort", "排序", "Order", "whole"),
            ACTIVE,
        ),
        ("code",),
        ("code", "name"),
        of_processes=True,
    ),
    Register(
        "parts",
        "部位",
        "Parts",
        Part,
        (
            CODE,
            NAME,
            Column("parent_id", "上级", "Parent", "ref", ref="part"),
            Column("warranty_class", "保修类别", "Warranty class"),
            Column("warranty_months", "保修月数", "Warranty months", "whole"),
            Column("sort", "排序", "Order", "whole"),
            ACTIVE,
        ),
        ("code",),
        ("code", "warranty_class"),
        of_processes=True,
    ),
    Register(
        "problems",
        "问题类型",
        "Problem types",
        ProblemType,
        (
            CODE,
            NAME,
            Column("parent_id", "上级", "Parent", "ref", ref="problem"),
            Column("trade", "专业", "Trade"),
            Column("severity", "严重度", "Severity", "choice", choices=("A", "B", "C")),
            ACTIVE,
        ),
        ("code",),
        ("code", "trade"),
        of_processes=True,
    ),
    Register(
        "channels",
        "渠道",
        "Channels",
        CodeItem,
        (
            CODE,
            NAME,
            Column("maps_to", "统计口径", "Counted as", "choice", choices=("电话", "电邮", "现场", "其他")),
            Column("sort", "排序", "Order", "whole"),
            ACTIVE,
        ),
        ("code",),
        ("code", "name"),
        fixed=(("list", "channel"),),
        of_processes=True,
    ),
    Register(
        "knowledge",
        "知识条目",
        "Ready answers",
        Knowledge,
        (
            CODE,
            Column("title", "标题", "Title", required=True),
            Column("answer", "答案", "Answer", required=True),
            ACTIVE,
        ),
        ("code",),
        ("title", "answer"),
        of_processes=True,
    ),
    *HOUSES,
    PRICES,
    *REPORTS,
)
BY_CODE = {register.code: register for register in REGISTERS}
