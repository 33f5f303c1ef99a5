"""Registers of inspection, rectification and handover: who repairs, what is looked at, what is wrong, what is due."""

from __future__ import annotations

from processes.services.register_columns import Column, Register
from storage.tables.contractors import Contractor, ContractScope
from storage.tables.defects import Defect
from storage.tables.handovers import FeeItem
from storage.tables.inspections import ChecklistItem, Layout

UNIT_KINDS = ("总包", "分包", "供应商", "设计", "物业", "代维")
FEES = ("面积补差", "尾款", "维修资金", "物业费", "装修保证金", "水电预存")
FINISHES = ("毛坯", "精装")
ACTIVE = Column("active", "启用", "In use", "yes")
UNIT = Column("unit_id", "房号", "House", "ref", required=True, ref="unit")

HOUSES: tuple[Register, ...] = (
    Register(
        "contractors",
        "责任单位名册",
        "Contractors",
        Contractor,
        (
            Column("code", "编码", "Code", required=True),
            Column("name", "名称", "Name", required=True),
            Column("kind", "类别", "Kind", "choice", required=True, choices=UNIT_KINDS),
            Column("contact", "联系人", "Contact"),
            Column("phone", "联系电话", "Phone of the unit"),
            ACTIVE,
        ),
        ("code",),
        ("code", "name"),
    ),
    Register(
        "contracts",
        "合同范围",
        "Contract scopes",
        ContractScope,
        (
            Column("contractor_id", "责任单位", "Contractor", "ref", required=True, ref="contractor"),
            Column("phase_id", "分期", "Phase", "ref", required=True, ref="phase"),
            Column("building_id", "楼栋", "Building", "ref", ref="building"),
            Column("trade", "工种", "Trade", required=True),
            Column("number", "合同号", "Contract number"),
            Column("starts_on", "起", "Since", "date"),
            Column("warranty_until", "保修至", "Warranty until", "date"),
            Column("retention", "质保金", "Retention money", "number"),
            ACTIVE,
        ),
        ("contractor_id", "phase_id", "building_id", "trade"),
        ("trade", "number"),
    ),
    Register(
        "checklists",
        "验房检查表",
        "Checklists",
        ChecklistItem,
        (
            Column("checklist", "检查表", "Checklist", required=True),
            Column("version", "版本", "Version", "whole", required=True),
            Column("name", "检查表名称", "Name of the checklist", required=True),
            Column("kind", "交付标准", "Finish", "choice", required=True, choices=FINISHES),
            Column("code", "检查项编码", "Code of the item", required=True),
            Column("room", "房间", "Room"),
            Column("part", "部位", "Part"),
            Column("text", "检查内容", "What to look at", required=True),
            Column("measure", "实测单位", "Unit of measurement"),
            Column("sort", "排序", "Order", "whole"),
        ),
        ("checklist", "version", "code"),
        ("code", "text"),
        of_processes=True,
    ),
    Register(
        "layouts",
        "户型",
        "Layouts",
        Layout,
        (
            Column("project_id", "项目", "Project", "ref", required=True, ref="project"),
            Column("code", "户型编码", "Code of the layout", required=True),
            Column("name", "名称", "Name"),
            Column("rooms", "房间与部位", "Rooms and parts", "rooms", required=True),
        ),
        ("project_id", "code"),
        ("code", "name"),
    ),
    Register(
        "defects",
        "缺陷",
        "Defects",
        Defect,
        (
            Column("id", "编号", "Id", required=True),
            UNIT,
            Column("room", "房间", "Room"),
            Column("part", "部位", "Part"),
            Column("problem", "问题类型", "Problem type"),
            Column("trade", "工种", "Trade"),
            Column("severity", "严重度", "Severity", "choice", required=True, choices=("A", "B", "C")),
            Column("text", "描述", "Description", required=True),
            Column("responsible_id", "责任单位", "Responsible unit", "ref", ref="contractor"),
            Column("repair_id", "整改单位", "Repairing unit", "ref", ref="contractor"),
            Column("found_at", "发现时间", "Found at", "moment", required=True),
            Column("found_by", "发现人", "Found by", "ref", required=True, ref="user"),
        ),
        ("id",),
        ("house", "text", "order_number"),
    ),
    Register(
        "fees",
        "交付费用",
        "Handover fees",
        FeeItem,
        (
            UNIT,
            Column("kind", "费用项", "Kind of fee", "choice", required=True, choices=FEES),
            Column("amount", "应缴", "Amount due", "number", required=True),
            Column("paid", "实缴", "Amount paid", "number"),
            Column("paid_at", "缴费时间", "Paid at", "moment"),
            Column("receipt", "票据号", "Receipt no."),
            Column("refunded_at", "退还时间", "Refunded at", "moment"),
        ),
        ("unit_id", "kind"),
        ("kind", "receipt"),
    ),
)
