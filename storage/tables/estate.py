"""The estate: companies, projects, phases, buildings, houses, and the parts a house is made of (DOMAIN 4.2)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, big_key
from storage.tables.base import code as text_of


class Company(Base):
    """A group, city company, property company or responsible unit; `kind` says which."""

    __tablename__ = "company"
    id: Mapped[int] = big_key()
    code: Mapped[str] = mapped_column(text_of(60), unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(text_of(40))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    active: Mapped[bool] = mapped_column(default=True)


class Project(Base):
    """A housing estate. Its code is the scope of roles and process instances.

    `property_affiliated`: the property company belongs to the developer's group (A22, input of DMN-02).
    """

    __tablename__ = "project"
    id: Mapped[int] = big_key()
    code: Mapped[str] = mapped_column(text_of(60), unique=True)
    name: Mapped[str]
    city: Mapped[str] = mapped_column(default="")
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    property_company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"))
    property_affiliated: Mapped[bool] = mapped_column(default=True)
    households: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class Phase(Base):
    """A phase of a project. `completed_on` is the day the completed works passed acceptance (竣工验收合格)."""

    __tablename__ = "phase"
    __table_args__ = (UniqueConstraint("project_id", "name"),)
    id: Mapped[int] = big_key()
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str]
    completed_on: Mapped[date | None]
    handover_on: Mapped[date | None]
    filing_no: Mapped[str] = mapped_column(default="")


class Building(Base):
    """A building of a phase."""

    __tablename__ = "building"
    __table_args__ = (UniqueConstraint("phase_id", "code"),)
    id: Mapped[int] = big_key()
    phase_id: Mapped[int] = mapped_column(ForeignKey("phase.id"))
    code: Mapped[str] = mapped_column(text_of(60))
    floors: Mapped[int] = mapped_column(default=0)


class Unit(Base):
    """A house (房号), for instance 春和里1期-03-2-1502. `search` holds the code without its separators.

    `state`: 未具备 待验 整改中 可交付 已通知 已交付 带问题交付 空置 装修 入住.
    `delivered_on` starts the owner's warranty.
    """

    __tablename__ = "unit"
    __table_args__ = (Index(None, "project_id", "room"), Index(None, "building_id"))
    id: Mapped[int] = big_key()
    code: Mapped[str] = mapped_column(text_of(120), unique=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    phase_id: Mapped[int] = mapped_column(ForeignKey("phase.id"))
    building_id: Mapped[int] = mapped_column(ForeignKey("building.id"))
    entrance: Mapped[str] = mapped_column(text_of(20), default="")
    room: Mapped[str] = mapped_column(text_of(20))
    kind: Mapped[str] = mapped_column(text_of(20), default="毛坯")
    layout: Mapped[str] = mapped_column(default="")
    area_plan: Mapped[float | None] = mapped_column(Numeric(9, 2, asdecimal=False))
    area_measured: Mapped[float | None] = mapped_column(Numeric(9, 2, asdecimal=False))
    state: Mapped[str] = mapped_column(text_of(20), default="未具备")
    delivered_on: Mapped[date | None]
    search: Mapped[str] = mapped_column(text_of(120), default="", index=True)


class Part(Base):
    """A part of a house (部位), a tree from room to element; `code` is its path (卫生间/地面防水).

    `warranty_class` is the row of DMN-03 it falls under, `warranty_months` the company's promise from delivery.
    """

    __tablename__ = "part"
    id: Mapped[int] = big_key()
    code: Mapped[str] = mapped_column(text_of(60), unique=True)
    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("part.id"))
    warranty_class: Mapped[str] = mapped_column(default="")
    warranty_months: Mapped[int | None]
    sort: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)
