"""Rectification orders: the list with filters and totals, and the page of one with what may be asked for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext

from engine.core.calendar import CHINA
from engine.errors import InvalidInputError, KeyturnError, NotFoundError
from processes.services import daily, order_actions, orderpage, papers
from processes.services.orderpage import OrderQuery
from tasks_ui import attachments, context, names, reading
from tasks_ui.cases import draw, sentence
from tasks_ui.daily import Answer
from tasks_ui.i18n import translate

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session

blueprint = Blueprint("orders", __name__)
STATUSES = {"open": lazy_gettext("Open"), "closed": lazy_gettext("Closed"), "": lazy_gettext("All")}
STATES = (
    *("待签收", "待接单", "待预约", "整改中", "待复核", "待客户复验", "代维中", "异议", "挂起"),
    *("已销项", "已转有偿", "已作废", "挂账"),
)
LONGEST_SEARCH = 100
LONGEST_REASON = 1000
MOST = 100
"""Orders handed on at a time."""


def read_query() -> OrderQuery:
    """Read the query from the address; what makes no sense falls back to the open orders."""
    given = {name: request.args.get(name, "") for name in ("status", "state", "page", "project", "unit")}
    if "status" not in request.args:
        given["status"] = "" if request.args.get("q") or given["state"] else "open"
    page = given["page"]
    return OrderQuery(
        text=request.args.get("q", "").strip()[:LONGEST_SEARCH],
        status=given["status"] if given["status"] in STATUSES else "open",
        project=given["project"],
        contractor=given["unit"],
        state=given["state"] if given["state"] in STATES else "",
        late=request.args.get("late") == "1",
        page=reading.page(page),
    )


def address(
    query: OrderQuery, *, page: int = 1, status: str | None = None, state: str | None = None, late: bool | None = None
) -> str:
    """Write the address of a list of orders."""
    parts = {
        "q": query.text,
        "project": query.project,
        "unit": query.contractor,
        "state": query.state if state is None else state,
        "late": "1" if (query.late if late is None else late) else "",
        "page": page if page > 1 else "",
    }
    chosen = {name: value for name, value in parts.items() if value}
    return url_for("orders.index") + "?" + urlencode({"status": query.status if status is None else status, **chosen})


@blueprint.get("/orders")
def index() -> str:
    """List the orders a person may see, the most urgent first."""
    query = read_query()
    return _list(query, [])


def _list(query: OrderQuery, answers: list[Answer], problem: str = "") -> str:
    with context.reading() as opened:
        found = orderpage.search(opened, context.viewer(), query, now=context.utcnow())
        pending = [item.number for item in found.items if item.state == daily.TO_RECHECK]
        rechecks = bool(pending) and daily.rechecks(opened, context.viewer(), pending, now=context.utcnow())
        codes = {item.repair_code for item in found.items if item.open}
        people = order_actions.people_for(opened, context.viewer(), codes, now=context.utcnow())
    return render_template(
        "orders.html",
        people=people,
        rechecks=rechecks,
        sheets=[(kind, gettext(title)) for kind, title in papers.kinds("completion")],
        answers=answers,
        problem=problem,
        query=query,
        found=found,
        statuses=STATUSES,
        states=STATES,
        address=address,
        projects=names.facets(context.viewer()).scopes,
    )


@blueprint.post("/orders/hand-on")
def hand_on() -> Response:
    """Give what waits of the chosen orders to one person; each order has an answer of its own."""
    query, numbers = read_query(), _chosen()
    to_login, reason = request.form.get("to", ""), _reason()
    if not numbers or not to_login or not reason:
        said = gettext("Choose orders and a person, and say why.")
        return make_response(_list(query, [], said), InvalidInputError.status)
    answers = []
    for number in numbers:
        try:
            with context.transaction() as opened:
                order_actions.hand_on(
                    opened, context.viewer(), number, to_login=to_login, reason=reason, now=context.utcnow()
                )
        except KeyturnError as refused:
            answers.append(Answer(number, translate(refused.template, refused.fields)))
        else:
            answers.append(Answer(number))
    return make_response(_list(query, answers))


def _chosen() -> list[str]:
    return list(dict.fromkeys(request.form.getlist("number")))[:MOST]


def _none_chosen() -> Response:
    return make_response(_list(read_query(), [], gettext("Please choose orders first.")), InvalidInputError.status)


@blueprint.post("/orders/print")
def print_chosen() -> Response:
    """Lead to the sheets of the chosen orders, one after another."""
    numbers, document = _chosen(), request.form.get("sheet", "")
    known = [kind for kind, _ in papers.kinds("completion")]
    if not numbers or document not in known:
        return _none_chosen()
    return make_response(redirect(url_for("prints.many", document=document, number=numbers), 303))


@blueprint.post("/orders/recheck")
def recheck_chosen() -> Response:
    """Lead to the recheck of the chosen orders, which gives each order an answer of its own."""
    numbers = _chosen()
    if not numbers:
        return _none_chosen()
    return make_response(redirect(url_for("daily.checks", number=numbers), 303))


@blueprint.get("/orders/<number>")
def show(number: str) -> str:
    """Show one order; whoever may not know of it is written down (AC19)."""
    return _page(number)


def _page(number: str, *, problem: str = "", asked: str = "") -> str:
    person, now = context.viewer(), context.utcnow()
    try:
        with context.reading() as opened:
            page = orderpage.page(opened, person, number, now=now)
    except NotFoundError:
        with context.transaction() as opened:
            orderpage.note_refusal(opened, person, number, now=now)
        raise
    return render_template(
        "order.html",
        page=page,
        item=page.item,
        facts=page.facts,
        waits=[(wait, sentence(wait)) for wait in page.waits],
        diagrams=[draw(one, page.waits, f"d{at}") for at, one in enumerate(page.pages)],
        reasons=order_actions.REASONS,
        problem=problem,
        asked=asked,
        typed=request.form,
    )


@blueprint.get("/orders/<number>/photos/<uuid:attachment_id>")
def photo(number: str, attachment_id: UUID) -> Response:
    """Send a picture of one of the order's defects, or with `size=small` a small one."""
    with context.reading() as opened:
        found, path = orderpage.photo(opened, context.viewer(), number, attachment_id, files=attachments.files())
    return attachments.answer(path, found, small=request.args.get("size") == "small")


def _ask(number: str, asked: str, said: str, act: Callable[[Session], None]) -> Response:
    """Carry out what was asked for; what cannot be is shown again with the reason."""
    try:
        with context.transaction() as opened:
            act(opened)
    except InvalidInputError as error:
        problem = translate(error.template, error.fields)
        return make_response(_page(number, problem=problem, asked=asked), error.status)
    flash(said, "success")
    return make_response(redirect(url_for("orders.show", number=number), 303))


def _reason() -> str:
    return request.form.get("reason", "").strip()[:LONGEST_REASON]


@blueprint.post("/orders/<number>/extend")
def extend(number: str) -> Response:
    """Ask for more time."""
    due = _moment(request.form.get("due", ""))

    def act(opened: Session) -> None:
        order_actions.ask_extension(
            opened, context.viewer(), number, due=due, reason=_reason(), consents=request.form.get("consents") == "1",
            now=context.utcnow(), registry=context.registry(),
        )  # fmt: skip

    return _ask(number, "extend", gettext("More time has been asked for."), act)


@blueprint.post("/orders/<number>/substitute")
def substitute(number: str) -> Response:
    """Ask that somebody else repairs."""

    def act(opened: Session) -> None:
        order_actions.ask_substitute(
            opened, context.viewer(), number, reason=_reason(), now=context.utcnow(), registry=context.registry()
        )

    return _ask(number, "substitute", gettext("A substitute has been asked for."), act)


@blueprint.post("/orders/<number>/warn")
def warn(number: str) -> Response:
    """Warn the unit in writing."""

    def act(opened: Session) -> None:
        order_actions.warn(
            opened, context.viewer(), number, text=_reason(), now=context.utcnow(), registry=context.registry()
        )

    return _ask(number, "warn", gettext("The warning is on record and with the unit."), act)


@blueprint.post("/orders/<number>/withdraw")
def withdraw(number: str) -> Response:
    """Take the order back."""

    def act(opened: Session) -> None:
        order_actions.withdraw(
            opened, context.viewer(), number, reason=_reason(), now=context.utcnow(), registry=context.registry()
        )

    return _ask(number, "withdraw", gettext("The order is being withdrawn."), act)


def _moment(typed: str) -> datetime | None:
    """Read a date and time as the browser sends it, in China's zone; None when it is none."""
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=CHINA)
