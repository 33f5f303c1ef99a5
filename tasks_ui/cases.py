"""Cases: the list with its search, and the page that says everything about one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, lazy_gettext, ngettext

from engine.errors import InvalidInputError
from processes.services import casepage, cases, orderpage
from tasks_ui import context, names, reading
from tasks_ui.case_words import head_words, word
from tasks_ui.i18n import due, locale, translate, write_moment

if TYPE_CHECKING:
    from datetime import datetime

    from processes.services.casepage import CasePage, Page, Wait

blueprint = Blueprint("cases", __name__)
STATUSES = {"open": lazy_gettext("Open"), "closed": lazy_gettext("Closed"), "": lazy_gettext("All")}
KINDS = ("报修", "投诉", "咨询", "建议", "诉求", "表扬")
LEVELS = (1, 2, 3, 4, 5)
FEW = 3
LONGEST_SEARCH = 100


@blueprint.app_template_filter("word")
def show_word(text: str) -> str:
    """Show a word of the case tables in the reader's language."""
    return word(text)


def read_query() -> cases.CaseQuery:
    """Read the query from the address; what makes no sense falls back to the open cases."""
    status, kind, level, page = (request.args.get(name, "") for name in ("status", "kind", "level", "page"))
    if "status" not in request.args:
        status = "" if request.args.get("q") else "open"
    return cases.CaseQuery(
        text=request.args.get("q", "").strip()[:LONGEST_SEARCH],
        status=status if status in STATUSES else "open",
        project=request.args.get("project", ""),
        kind=kind if kind in KINDS else "",
        level=int(level) if level in {str(one) for one in LEVELS} else None,
        page=reading.page(page),
    )


def address(query: cases.CaseQuery, *, page: int = 1, status: str | None = None) -> str:
    """Write the address of a list of cases."""
    parts = {
        "q": query.text,
        "project": query.project,
        "kind": query.kind,
        "level": query.level or "",
        "page": page if page > 1 else "",
    }
    chosen = {name: value for name, value in parts.items() if value}
    return url_for("cases.index") + "?" + urlencode({"status": query.status if status is None else status, **chosen})


@blueprint.app_template_filter("head_words")
def show_head_words(text: str) -> str:
    """Show the second line of a case in the reader's language."""
    return head_words(text)


@blueprint.app_template_filter("spoken")
def show_spoken(text: str) -> str:
    """Show a noted result in the reader's language."""
    return spoken(text)


@blueprint.get("/cases")
def index() -> str:
    """List the cases a person may see, newest first."""
    query = read_query()
    with context.reading() as opened:
        found = cases.search(opened, context.viewer(), query, now=context.utcnow())
    return render_template(
        "cases.html",
        query=query,
        found=found,
        statuses=STATUSES,
        kinds=KINDS,
        levels=LEVELS,
        address=address,
        projects=names.facets(context.viewer()).scopes,
    )


@blueprint.get("/cases/<number>")
def show(number: str) -> str:
    """Show one case."""
    return _page(number)


def _page(number: str, *, problem: str = "", asked: str = "", phone: str = "") -> str:
    with context.reading() as opened:
        page = casepage.page(opened, context.viewer(), number, now=context.utcnow())
        issued = orderpage.of_case(opened, context.viewer(), number, now=context.utcnow())
    return render_template(
        "case.html",
        page=page,
        case=page.case,
        head=page.case.head,
        waits=[(wait, sentence(wait)) for wait in page.waits],
        diagrams=[draw(one, page.waits, f"d{at}") for at, one in enumerate(page.pages)],
        timeline=timeline(page),
        files=[
            {"name": one.name, "at": one.at, "url": url_for("work.attachments.show", attachment_id=one.id)}
            | ({"preview": url_for("work.attachments.show", attachment_id=one.id, size="small")} if one.width else {})
            for one in page.files
        ],
        orders=issued,
        levels=LEVELS,
        problem=problem,
        asked=asked,
        typed=request.form,
        phone=phone,
    )


def spoken(text: str) -> str:
    """Show what was noted in the reader's language where it is made of words of the trade: 满意；接受."""
    return "；".join(map(word, text.split("；"))) if locale() != "en" else "; ".join(map(word, text.split("；")))


def who(wait: Wait) -> str:
    """Say who is to act: the person, else the roles."""
    if wait.person:
        return wait.person
    roles = [names.role(code) for code in wait.groups]
    shown = gettext(" or ").join(roles[:FEW])
    return str(gettext("%(people)s and others", people=shown) if len(roles) > FEW else shown)


def sentence(wait: Wait) -> str:
    """Say in one sentence what a token waits for and until when."""
    name = names.text(wait.name, wait.key) or wait.element_id
    if wait.kind == "incident":
        reason = translate(wait.template, dict(wait.fields or {}))
        return str(gettext("“%(name)s” cannot go on: %(reason)s", name=name, reason=reason))
    if wait.kind == "timer":
        if wait.due_at is None:
            return str(gettext("Waiting: %(name)s.", name=name))
        return str(gettext("Waiting until %(moment)s (%(name)s).", moment=write_moment(wait.due_at), name=name))
    if wait.kind == "service":
        return str(gettext("The system is working on “%(name)s”.", name=name))
    if wait.kind == "message":
        return str(gettext("Waiting for news: %(name)s.", name=name))
    what = gettext("Waiting for %(who)s: %(task)s", who=who(wait) or gettext("somebody"), task=name)
    if wait.told:
        people = gettext(", ").join(wait.told)
        return str(gettext("%(what)s, %(due)s; %(people)s was told.", what=what, due=due(wait.due_at), people=people))
    return str(gettext("%(what)s, %(due)s.", what=what, due=due(wait.due_at)))


def draw(page: Page, waits: tuple[Wait, ...], prefix: str) -> dict[str, Any]:
    """Draw one diagram; what waits on it is read aloud with it."""
    told = {wait.element_id: sentence(wait) for wait in waits if wait.definition_id == page.definition_id}
    svg = page.svg(
        note=lambda element: told.get(element, gettext("here")),
        translate=lambda words: names.text(words, page.key),
        prefix=prefix,
    )
    live = any(m.tokens for m in page.marks.values())
    return {"name": names.text(page.name, page.key), "key": page.key, "svg": svg, "live": live}


def timeline(page: CasePage) -> list[dict[str, Any]]:
    """Everything that happened, newest first: what came of one moment stands together, under the task it came from."""
    rows: list[dict[str, Any]] = []

    def add(at: datetime, icon: str, what: str, by: str, *texts: str, task: Any = None, other: str = "") -> None:
        lines = [text for text in texts if text]
        link = task if task in page.openable else None
        row = {"at": at, "icon": icon, "what": what, "by": by, "lines": lines, "task": task, "link": link}
        rows.append(row | {"other": other})

    for contact in page.case.contacts:
        missed = "" if contact.reached else str(gettext("not reached"))
        icon = "envelope" if contact.kind == "短信" else "telephone"
        add(contact.at, icon, word(contact.kind), contact.actor_name, missed, spoken(contact.text))
    for event in page.case.events:
        other = str(event.detail.get("merged") or event.detail.get("master") or "")
        add(event.at, "flag-fill", word(event.kind), event.actor_name, spoken(event.text), other=other)
    for report in page.case.reports:
        add(report.at, "arrow-repeat", f"{word('进展汇报')} {report.percent}%", report.actor_name, report.done)
    people = {contact.actor: contact.actor_name for contact in page.case.contacts}
    people |= {event.actor: event.actor_name for event in page.case.events}
    for task in page.done:
        by = people.get(task.completed_by, task.assignee_name or task.completed_by)
        if task.completed_at is not None:
            name = names.text(task.name, page.instance.head.process_key if page.instance else "")
            add(task.completed_at, "check-circle", name, by, task=task.id)
    return sorted(_together(rows), key=lambda row: row["at"], reverse=True)


def _together(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put what somebody's finished task brought about under the task."""
    done = {(row["at"], row["by"]): row for row in rows if row["task"]}
    kept = []
    for row in rows:
        task = done.get((row["at"], row["by"]))
        if task is None or task is row:
            kept.append(row)
            continue
        said = " · ".join(row["lines"])
        named = "" if row["what"] == task["what"] else row["what"]
        line = gettext(": ").join(part for part in (named, said) if part)
        if line and line not in task["lines"]:
            task["lines"].append(line)
        task["other"] = task["other"] or row["other"]
    return kept


def _done(number: str, text: str) -> Response:
    flash(text, "success")
    return make_response(redirect(url_for("cases.show", number=number), 303))


def _again(number: str, error: InvalidInputError, asked: str) -> Response:
    """Show the page again with what was typed and why it cannot be."""
    return make_response(_page(number, problem=translate(error.template, error.fields), asked=asked), error.status)


@blueprint.post("/cases/<number>/urge")
def urge(number: str) -> Response:
    """Write down that the customer asks or presses (D20)."""
    with context.transaction() as opened:
        text = request.form.get("text", "").strip()[:500]
        cases.urge(opened, context.viewer(), number, text=text, now=context.utcnow())
    return _done(number, gettext("The customer's call has been logged."))


@blueprint.post("/cases/<number>/escalate")
def escalate(number: str) -> Response:
    """Ask for a higher level (A14)."""
    level = request.form.get("level", "")
    try:
        with context.transaction() as opened:
            cases.escalate(
                opened,
                context.viewer(),
                number,
                level=reading.whole(level),
                reason=request.form.get("reason", "")[:1000],
                now=context.utcnow(),
                registry=context.registry(),
            )
    except InvalidInputError as error:
        return _again(number, error, "escalate")
    return _done(number, gettext("The escalation has been asked for."))


@blueprint.post("/cases/<number>/group")
def group(number: str) -> Response:
    """Link other cases to this one: a group complaint (群诉)."""
    typed = re.split(r"[\s,，;；、]+", request.form.get("more", "")[:2000])
    try:
        with context.transaction() as opened:
            linked = cases.link_group(
                opened,
                context.viewer(),
                number,
                [*request.form.getlist("member"), *typed],
                now=context.utcnow(),
                registry=context.registry(),
            )
    except InvalidInputError as error:
        return _again(number, error, "group")
    return _done(number, ngettext("%(num)d case has been linked.", "%(num)d cases have been linked.", linked))


@blueprint.post("/cases/<number>/group/leave")
def leave_group(number: str) -> Response:
    """Take this case out of its group complaint."""
    reason = request.form.get("reason", "")
    try:
        with context.transaction() as opened:
            cases.leave_group(
                opened, context.viewer(), number, reason=reason, now=context.utcnow(), registry=context.registry()
            )
    except InvalidInputError as error:
        return _again(number, error, "leave")
    return _done(number, gettext("The case goes on by itself."))


@blueprint.post("/cases/<number>/withdraw")
def withdraw(number: str) -> Response:
    """The customer withdraws."""
    try:
        with context.transaction() as opened:
            cases.withdraw(
                opened,
                context.viewer(),
                number,
                reason=request.form.get("reason", "")[:1000],
                evidence=request.form.get("evidence", "")[:500],
                now=context.utcnow(),
                registry=context.registry(),
            )
    except InvalidInputError as error:
        return _again(number, error, "withdraw")
    return _done(number, gettext("The case has been withdrawn."))


@blueprint.post("/cases/<number>/phone")
def reveal(number: str) -> str:
    """Show the caller's whole number; the look is logged (B29)."""
    with context.transaction() as opened:
        phone = cases.reveal(opened, context.viewer(), number, now=context.utcnow())
    return _page(number, phone=phone)
