"""Words of rectification orders as the tables hold them, for readers of English. Content, not interface texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, url_for

from processes.services import rights
from tasks_ui import context, i18n
from tasks_ui.case_words import word

if TYPE_CHECKING:
    from flask import Flask

ENGLISH = {
    "待派": "to be issued",
    "待签收": "to be signed for",
    "待接单": "to be accepted",
    "待预约": "visit to be arranged",
    "整改中": "being rectified",
    "待复核": "to be rechecked",
    "待客户复验": "to be checked by the customer",
    "代维中": "with a substitute",
    "异议": "disputed",
    "挂起": "on hold",
    "已销项": "done",
    "转有偿": "paid service",
    "已转有偿": "paid service",
    "作废": "void",
    "已作废": "void",
    "挂账": "agreed for later",
    "特急": "very urgent",
    "紧急": "urgent",
    "一般": "normal",
}


def order_word(text: str) -> str:
    """Show a word of the order tables in the reader's language."""
    if i18n.locale().startswith("zh"):
        return text
    return ENGLISH.get(text) or word(text)


def order_url(number: str) -> str:
    """Return the address of an order's page; "" when this application has none."""
    return url_for("orders.show", number=number) if "orders.show" in current_app.view_functions else ""


def gives_links() -> bool:
    """Tell whether the reader may send contractors the link to their orders."""
    person = context.signed_in()
    return person is not None and rights.gives_links(person)


def install(app: Flask) -> None:
    """Give templates the filter `order_word` and the functions `order_url`, `gives_links`."""
    app.jinja_env.globals.update(order_url=order_url, gives_links=gives_links)
    app.jinja_env.filters["order_word"] = order_word
