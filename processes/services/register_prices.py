"""The price list of paid services (B10) as a register, and what a quotation takes from it (R02)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.core.calendar import CHINA
from engine.core.forms import FieldError
from engine.errors import N_, InvalidFormError
from processes.services.recording import amount, text
from processes.services.register_columns import Column, Register
from storage import registers
from storage.tables.registers import PriceItem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

PRICES = Register(
    "prices",
    "有偿服务价目表",
    "Price list of paid services",
    PriceItem,
    (
        Column("project", "项目", "Project", "ref", ref="project_code"),
        Column("item", "服务项目", "Service", required=True),
        Column("trade", "专业", "Trade"),
        Column("measure", "计量单位", "Per"),
        Column("price", "单价", "Price", "number", required=True, least=0),
        Column("valid_from", "起", "From", "date", required=True),
        Column("valid_until", "止", "Until", "date"),
        Column("active", "启用", "In use", "yes"),
    ),
    ("project", "item", "valid_from"),
    ("item", "trade", "project"),
    of_processes=True,
)
"""Prices without a project hold everywhere; a project's own come first."""
SMALLEST = 0.005


@dataclass(frozen=True, slots=True)
class Quoted:
    """One line of a quotation; `listed` when the price list knows the service."""

    item: str
    measure: str
    price: float
    quantity: float
    listed: bool

    @property
    def total(self) -> float:
        """What the line costs, in yuan."""
        return round(self.price * self.quantity, 2)


def lines(session: Session, items: Sequence[Mapping[str, Any]], project: str, now: datetime) -> tuple[Quoted, ...]:
    """Price the lines of a quotation by the list as it stands today.

    Raises:
        InvalidFormError: a price above the list's, or none for a service the list does not know.
    """
    day, found, wrong = now.astimezone(CHINA).date(), [], []
    for at, row in enumerate(items):
        name = text(row, "service_item")
        known = registers.price(session, name, project, day) if name else None
        price, quantity = amount(row.get("price")), amount(row.get("quantity")) or 0
        if known is not None and price is not None and price > known.price + SMALLEST:
            template = N_("The price list says {price} at most.")
            wrong.append(FieldError(f"quote_items-{at}-price", template, {"price": f"{known.price:.2f}"}, label="单价"))
        elif known is None and price is None:
            wrong.append(FieldError(f"quote_items-{at}-price", N_("The price list does not know this."), label="单价"))
        else:
            measure = known.measure if known else ""
            own = known.price if known is not None and price is None else price or 0
            found.append(Quoted(name or text(row, "other_item"), measure, own, quantity, known is not None))
    if wrong:
        raise InvalidFormError(wrong)
    return tuple(found)


def total(found: Sequence[Quoted], typed: float | None) -> float:
    """Sum up a quotation. Raises InvalidFormError when another sum was typed."""
    right = round(sum(line.total for line in found), 2)
    if typed is not None and abs(typed - right) > SMALLEST:
        template = N_("The lines add up to {total}.")
        raise InvalidFormError([FieldError("quote_total", template, {"total": f"{right:.2f}"}, label="合计")])
    return right
