"""What templates say of rectification orders: their words, addresses, and who may send links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, url_for

from processes.services import rights
from tasks_ui import context
from tasks_ui.case_words import word

if TYPE_CHECKING:
    from flask import Flask


def order_word(text: str) -> str:
    """Show a word of the order tables in the reader's language: the same as those of cases."""
    return word(text)


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
