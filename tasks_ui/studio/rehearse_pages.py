"""The page of a rehearsal: its clock, open tasks by role, where the tokens are, what the last step led to."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import instance_views, scenario_words, studio
from engine.access import SYSTEM
from engine.core import drawing
from engine.errors import ConflictError, DeploymentRefused, KeyturnError, NotFoundError, from_json
from engine.rehearsing import rehearsal, sandbox_bases, scenario_runs
from engine.rehearsing import views as rehearsal_views
from engine.studio import resources
from processes.services import casepage
from tasks_ui import cases, context, i18n, names
from tasks_ui.studio import naming
from tasks_ui.studio.marking import said

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.instance_views import InstanceView
    from engine.rehearsing.rehearsal import Kept
    from engine.rehearsing.views import Card, Look

TABLES_SHOWN = 12
EMPTY: tuple[Any, ...] = (None, "", [])


def to(address: str) -> Response:
    """Go on to another page."""
    return make_response(redirect(address, 303))


def problem_of(error: KeyturnError) -> str:
    """Say a problem in the reader's language."""
    if isinstance(error, DeploymentRefused) and error.findings:
        first = error.findings[0]
        where = f"{first.file}: " if first.file else ""
        return str(gettext("The drafts cannot be put in force yet: %(reason)s", reason=where + said(first)))
    return i18n.translate(error.template, error.fields)


def loaded(rehearsal_id: UUID) -> Kept:
    """Read the rehearsal of a request; the page's clock is the rehearsal's from here on."""
    with context.reading() as opened:
        kept = rehearsal.load(opened, context.viewer(), rehearsal_id)
    g.now = kept.clock
    return kept


# Choosing


def choose(change_id: UUID | None, problem: KeyturnError | None = None) -> Response:
    """Show what can be rehearsed, and what was begun."""
    wanted = request.values.get("process", "")
    with context.reading() as opened:
        viewer = context.viewer()
        change = studio.change(opened, viewer, change_id) if change_id else None
        begun = rehearsal.mine(opened, viewer, change_id, wanted if change is None else "")
        drafts = studio.files(opened, change_id) if change_id else {}
        known = resources.published(opened)
        offered = _offered(known, drafts, rehearsal_views.begun_by_people(opened, context.registry()))
    reached = scenario_runs.through(context.registry(), known)
    folders = {one.folder for one in change.drafts} if change else set()
    folders |= {one["folder"] for one in offered if one["key"] == wanted}
    around = {folder for folder, through in reached.items() if through & (folders - {""})}
    near = [one for one in offered if one["begins"] and (one["drafted"] or not folders or one["folder"] in around)]
    page = render_template(
        "studio_rehearse_new.html", change=change, begun=[_begun(one) for one in begun], near=near, wanted=wanted,
        others=[one for one in offered if one not in near], problem=problem_of(problem) if problem else "",
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


def _begun(one: tuple[UUID, str, datetime, int]) -> dict[str, Any]:
    return {"id": one[0], "name": names.process(one[1]), "at": one[2], "steps": one[3]}


def _offered(
    known: tuple[resources.Resource, ...], drafts: dict[str, bytes], begins: frozenset[str]
) -> list[dict[str, Any]]:
    """List the processes: those that people begin first, drafted ones before the others."""
    rows: list[dict[str, Any]] = [
        {"key": one.key, "name": one.name, "folder": one.folder, "drafted": one.file in drafts}
        | {"begins": one.key in begins}
        for one in known
        if one.kind == "bpmn"
    ]
    for file, source in drafts.items():
        if file.endswith(".bpmn") and file not in {one.file for one in known}:
            rows += [{**one, "drafted": True, "begins": True} for one in rehearsal_views.processes_of(source)]
    return sorted(rows, key=lambda one: (not one["begins"], not one["drafted"], one["folder"], one["name"]))


def create() -> Response:
    """Begin, and go to the new rehearsal."""
    given, process = request.form.get("change", ""), request.form.get("process", "")
    try:
        change_id = UUID(given) if given else None
    except ValueError as error:
        raise NotFoundError from error
    try:
        with context.transaction() as opened:
            made = rehearsal.begin(
                opened, context.viewer(), process=process, change_id=change_id, now=context.utcnow(),
                registry=context.registry(),
            )  # fmt: skip
    except DeploymentRefused as refused:
        return choose(change_id, refused)
    return to(url_for("studio_rehearse.show", rehearsal_id=made))


def remove(rehearsal_id: UUID) -> Response:
    """Throw it away."""
    with context.transaction() as opened:
        change_id = rehearsal.load(opened, context.viewer(), rehearsal_id).change_id
        rehearsal.remove(opened, context.viewer(), rehearsal_id)
    flash(gettext("The rehearsal is gone."), "success")
    if change_id is None:
        return to(url_for("studio_rehearse.published"))
    return to(url_for("studio_rehearse.begin", change_id=change_id))


# The page


def show(rehearsal_id: UUID, problem: KeyturnError | None = None, *, asked: str = "") -> Response:
    """Show where a rehearsal stands."""
    kept, registry = loaded(rehearsal_id), context.registry()
    with context.reading() as opened:
        viewer = context.viewer()
        old = rehearsal.outdated(opened, viewer, kept, registry)
        change = studio.change(opened, viewer, kept.change_id) if kept.change_id else None
        labels = rehearsal_views.labels(opened, i18n.locale())
    with rehearsal.on_stage(kept, registry) as play:
        seen = rehearsal_views.look(play, registry, kept.process)
        with play.bench.database.read() as session:
            ways = rehearsal_views.ways(session, kept.process, registry) if not kept.steps else ()
            drawn = _diagrams(session, seen) if kept.steps else _before(session, kept.process)
    english = sandbox_bases.sandbox_of(registry).english
    steps = [_step(at, one, english, labels) for at, one in enumerate(kept.steps, start=1)]
    page = render_template(
        "studio_rehearse.html", kept=kept, change=change, cards=[_card(one) for one in seen.cards], ways=ways,
        begun=bool(kept.steps), steps=steps, last=steps[-1] if steps else None, diagrams=drawn, outdated=old,
        next_limit=seen.next_limit, name=names.process(kept.process),
        variables=[_variables(one) for one in seen.instances],
        weekday=weekday(kept.clock), clock_input=f"{i18n.local(kept.clock):%Y-%m-%dT%H:%M}", asked=asked,
        said=request.form, problem=problem_of(problem) if problem else "",
    )  # fmt: skip
    return make_response(page, problem.status if problem else 200)


def weekday(moment: datetime) -> str:
    """Name the day of the week."""
    days = (
        gettext("Monday"), gettext("Tuesday"), gettext("Wednesday"), gettext("Thursday"), gettext("Friday"),
        gettext("Saturday"), gettext("Sunday"),
    )  # fmt: skip
    return str(days[i18n.local(moment).weekday()])


def _card(one: Card) -> dict[str, Any]:
    return {
        "id": one.id, "name": names.text(one.name, one.process), "process": names.process(one.process),
        "number": one.business_key, "roles": [names.role(group) for group in one.groups],
        "doer": one.doers[0][1] if one.doers else "", "due": one.due_at, "overdue": one.overdue,
    }  # fmt: skip


def _diagrams(session: Any, seen: Look) -> list[dict[str, Any]]:
    """Draw the processes under way, those that are called as diagrams of their own."""
    found: list[dict[str, Any]] = []
    for number, instance in enumerate(seen.instances):
        events = instance_views.history(session, instance.head.id, SYSTEM)
        programs = casepage.programs_of(session, instance)
        waits = casepage.waits_of(session, instance.head.business_key, instance, programs)
        for at, page in enumerate(casepage.pages_of(instance, programs, waits, events)):
            drawn = cases.draw(page, waits, f"r{number}-{at}")
            found.append(drawn | {"number": instance.head.business_key, "first": number == 0})
    own = [one for one in found if one["first"]]
    deepest = next((one for one in reversed(own) if one["live"]), None)
    for at, one in enumerate(found):
        one["open"] = at == 0 or one is deepest
    return found


def _before(session: Any, process: str) -> list[dict[str, Any]]:
    """Draw a process that nobody has begun yet."""
    model = rehearsal_views.drawn(session, process)
    if model is None:
        return []
    svg = drawing.svg(model, process, marks={}, translate=lambda words: names.text(words, process))
    return [{"name": names.process(process), "number": "", "svg": svg, "live": False, "open": True}]


def _variables(instance: InstanceView) -> dict[str, Any]:
    own = sorted(instance.variables.items())
    return {"name": f"{names.process(instance.head.process_key)} {instance.head.business_key}", "rows": own}


def _step(number: int, record: Any, english: Any, labels: Any) -> dict[str, Any]:
    """Say a step and what it led to in the reader's language."""
    news = record["news"]
    told = [
        {"to": one["to"], "text": _text(one), "way": one.get("way", ""), "at": datetime.fromisoformat(one["at"])}
        for one in (*news["people"], *news["messages"])
    ]
    limits = [
        one | {"at": datetime.fromisoformat(one["due"]), "name": names.text(one["name"], "")} for one in news["limits"]
    ]
    return {
        "number": number,
        "said": scenario_words.words(naming.step(record["do"]), i18n.locale(), english, labels),
        "clock": datetime.fromisoformat(record["clock"]),
        "until": datetime.fromisoformat(record["until"]),
        "told": told,
        "limits": limits,
        "decisions": _decisions(news["decisions"]),
        "troubles": [_text(one) for one in news["troubles"]],
        "failing": [one | {"said": one["said"].partition(": ")[2] or one["said"]} for one in news["failing"]],
        "passed": [names.text(one, "") for one in dict.fromkeys(news["passed"])],
        "ended": names.text(record["ended"], "") if record["ended"] else "",
    }


def _text(one: Any) -> str:
    return i18n.translate(one["template"], from_json(one["fields"]))


def _decisions(asked: list[Any]) -> list[dict[str, Any]]:
    """Say each decision once, with how often it was asked; what was not given is left out."""
    found: dict[str, dict[str, Any]] = {}
    for one in asked:
        given = [
            (names.text(title, ""), _value(value)) for title, value in one["inputs"] if value not in (None, [], "")
        ]
        key = repr((one["name"], given, one["rows"]))
        known = found.setdefault(key, {**one, "name": names.text(one["name"], ""), "given": given, "times": 0})
        known["times"] += 1
        known["result"] = _value(one["value"], dict(one.get("outputs") or ()))
    return list(found.values())[:TABLES_SHOWN]


def _value(value: Any, titles: Mapping[str, str] | None = None) -> str:
    """Say a value of a table in words; `titles` name the outputs of one that has several."""
    if isinstance(value, bool):
        return str(gettext("Yes") if value else gettext("No"))
    if isinstance(value, dict):
        shown = {
            names.text((titles or {}).get(name) or name, ""): _value(one)
            for name, one in value.items()
            if one not in EMPTY
        }
        return gettext("; ").join(f"{name} {one}" for name, one in shown.items())
    if isinstance(value, list):
        return gettext(", ").join(_value(one, titles) for one in value)
    if isinstance(value, str) and value in names.roles():
        return names.role(value)
    if isinstance(value, str) and (found := context.registry().extra.get("words", {}).get(value)):
        return str(found[i18n.locale() == "en"])
    return names.text(str(value), "") if value is not None else "–"


def acted(before: Kept, after: Kept) -> None:
    """Keep what a click made of a rehearsal."""
    if request.form.get("revision", str(before.revision)) != str(before.revision):
        raise ConflictError(rehearsal.ELSEWHERE)
    with context.transaction() as opened:
        rehearsal.keep(opened, context.viewer(), after, now=context.application().clock())
