"""How the work goes: all processes at a glance, one on its diagram, the cases that wait at a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext, ngettext

from engine.core import drawing
from engine.core.drawing import Mark
from engine.errors import NotFoundError
from engine.watching import watch
from processes.services import casepage
from tasks_ui import context, names, reading
from tasks_ui.cases import sentence
from tasks_ui.i18n import DAY, HOUR, span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.watching.views import Lengths, Process, Step, Wait, Watched

blueprint = Blueprint("studio_watch", __name__, url_prefix="/studio")
CASES = {"TS-": "cases.show", "ZG-": "orders.show"}
"""Which page shows a case, by the beginning of its number."""


def long(seconds: float) -> str:
    """Write a length of time as people compare them: in days from half a day on, else in hours or minutes."""
    if seconds >= DAY / 2:
        return str(gettext("%(number)s days", number=f"{seconds / DAY:.1f}"))
    if seconds >= HOUR:
        return str(gettext("%(number)s hours", number=f"{seconds / HOUR:.1f}"))
    return span(seconds)


def usual(lengths: Lengths) -> str:
    """Say how long it usually takes."""
    if not lengths.known:
        return str(gettext("not known yet"))
    return str(gettext("%(median)s, nine in ten within %(most)s", median=long(lengths.median), most=long(lengths.most)))


def bottleneck(process: Process) -> str:
    """Say in one sentence which step holds things up."""
    step = process.bottleneck
    if step is None:
        return ""
    return str(
        ngettext(
            "Bottleneck of the week: %(step)s, %(num)d case is waiting, usually %(usual)s, now %(now)s.",
            "Bottleneck of the week: %(step)s, %(num)d cases are waiting, usually %(usual)s, now %(now)s.",
            step.waiting, step=_name(step), usual=long(step.usual.median), now=long(step.now.median),
        )
    )  # fmt: skip


def _name(step: Step) -> str:
    return names.text(step.name, step.key)


def _note(step: Step) -> str:
    """Say of one step on the diagram how it stands."""
    parts = []
    if step.waiting:
        parts.append(ngettext("%(num)d case waits", "%(num)d cases wait", step.waiting))
        if step.now.count:
            parts.append(gettext("now %(now)s", now=long(step.now.median)))
        if step.usual.known:
            parts.append(gettext("usually %(usual)s", usual=long(step.usual.median)))
    if step.overdue:
        parts.append(ngettext("%(num)d overdue", "%(num)d overdue", step.overdue))
    if step.pausing:
        parts.append(ngettext("%(num)d pauses", "%(num)d pause", step.pausing))
    if step.failed:
        parts.append(ngettext("%(num)d cannot go on", "%(num)d cannot go on", step.failed))
    return str(gettext(", ").join(parts))


def _draw(found: Watched, addresses: Mapping[str, str]) -> str:
    """Draw the heat on the diagram; what waits leads to its list."""
    steps = {step.element_id: step for step in found.process.steps if not step.called}
    called = {step.called: step for step in found.process.steps if step.called}
    marks, links = dict[str, Mark](), dict[str, str]()
    for node in found.model.processes[found.process.key].nodes.values():
        step = called.get(node.called_element) if node.called_element else steps.get(node.id)
        if step is None:
            continue
        if step.called:
            links[node.id] = url_for("studio_watch.show", key=step.called)
        elif node.id in addresses:
            links[node.id] = addresses[node.id]
        if step.heat:
            marks[node.id] = Mark(step.waiting + step.pausing, step.overdue, step.failed, step.heat, note=_note(step))
    key = found.process.key
    try:
        return drawing.svg(
            found.model, key, marks=marks, links=links, title=names.process(key),
            translate=lambda words: names.text(words, key),
        )  # fmt: skip
    except NotFoundError:  # it was published without a drawing
        return ""


def case_address(wait: Wait) -> str:
    """Say where a case is looked at."""
    endpoint = next((page for begin, page in CASES.items() if wait.business_key.startswith(begin)), "")
    if endpoint:
        return url_for(endpoint, number=wait.business_key)
    return url_for("admin_instances.show", instance_id=wait.instance_id)


def reason(wait: Wait) -> str:
    """Say what a case waits for, as its own page says it, and whether anybody has taken it."""
    told = sentence(
        casepage.Wait(
            "task", wait.element_id, wait.definition_id, wait.name, wait.process_key, groups=wait.groups,
            person=wait.person, due_at=wait.due_at, overdue=wait.overdue,
        )
    )  # fmt: skip
    return told if wait.person else str(gettext("%(sentence)s Nobody has taken it yet.", sentence=told))


@blueprint.context_processor
def _words() -> dict[str, Any]:
    return {
        "long": long, "usual": usual, "bottleneck": bottleneck, "step_name": _name, "case_address": case_address,
        "reason": reason,
    }  # fmt: skip


@blueprint.get("/watch")
def index() -> str:
    """List all processes, the one that stands worst first."""
    with context.reading() as opened:
        found = watch.overview(opened, context.viewer(), now=context.utcnow())
    busy = [one for one in found if one.waiting or one.process.running or one.failed]
    return render_template("studio_watch_index.html", families=busy, idle=[one for one in found if one not in busy])


def _version() -> int:
    return reading.whole(request.args.get("version", ""))


@blueprint.get("/watch/<key>")
def show(key: str) -> str:
    """Show one process: its diagram with the heat, its steps, the cases that wait unusually long."""
    version = _version()
    with context.reading() as opened:
        found = watch.watched(opened, context.viewer(), key, version=version, now=context.utcnow())
    addresses = {
        step.element_id: url_for("studio_watch.step", key=key, element_id=step.element_id, version=version or None)
        for step in found.process.steps
        if step.waiting and not step.called
    }
    return render_template(
        "studio_watch.html", found=found, process=found.process, svg=_draw(found, addresses), addresses=addresses,
        version=version,
    )  # fmt: skip


@blueprint.get("/watch/<key>/steps/<element_id>")
def step(key: str, element_id: str) -> str:
    """List the cases that wait at a step, the longest first."""
    page, version = reading.page(request.args.get("page", "")), _version()
    with context.reading() as opened:
        waits, more, name = watch.step(
            opened, context.viewer(), key, element_id, version=version, page=page, now=context.utcnow()
        )
    return render_template(
        "studio_watch_step.html", waits=waits, more=more, page=page, key=key, name=names.text(name, key),
        version=version,
        address=lambda number: url_for(
            "studio_watch.step", key=key, element_id=element_id, version=version or None, page=number
        ),
    )  # fmt: skip
