"""What a step of a rehearsal led to: news and messages, decisions with their rows, time limits, troubles."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from engine import definitions, instance_views, instances, tasks
from engine.core import dmn, feel, forms
from engine.errors import InvalidFormError, to_json
from engine.rehearsing.sandbox_bases import sandbox_of
from storage import people
from storage import rehearsals as queries
from storage.tables.instances import ProcessInstance
from storage.tables.work import UserTask

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from engine.scenarios import Play
    from engine.testing import Task

News = dict[str, Any]
BEFORE = "before"
MOST_ROWS, MOST_PASSED, MOST_PEOPLE = 3, 40, 1_000


@contextmanager
def told(play: Play, registry: Registry) -> Iterator[News]:
    """Note how things stood, and listen to the decisions that are asked from here on."""
    database = play.bench.database
    with database.read() as session:
        news: News = {BEFORE: _standing(session, registry)}
    asked: list[Any] = []
    database.info[definitions.ASKED] = asked
    news["asked"] = asked
    try:
        yield news
    finally:
        database.info.pop(definitions.ASKED, None)


def _standing(session: Session, registry: Registry) -> dict[str, Any]:
    return {
        "news": queries.last_news(session),
        "event": queries.last_event(session),
        "messages": {row.id for row in queries.messages(session)},
        "timers": {row.id for row in queries.timers(session)},
        "clocks": set(sandbox_of(registry).clocks(session)),
        "incidents": {row.id for row in queries.incidents(session)},
        "tasks": {row.id for row in queries.dated_tasks(session)},
    }


def gathered(play: Play, registry: Registry, news: News) -> News:
    """Say what came of a step, as JSON; what `told` noted is taken out of `news`."""
    before, asked = news.pop(BEFORE), news.pop("asked")
    with play.bench.database.read() as session:
        rows = queries.news_after(session, before["news"])
        sent = [row for row in queries.messages(session) if row.id not in before["messages"]]
        names = people.names(session, {row.recipient for row in rows})
        names |= {row.email: row.name for row in people.users(session, limit=MOST_PEOPLE) if row.email} if sent else {}
        clocks = sandbox_of(registry).clocks(session)
        timers = [row for row in queries.timers(session) if row.id not in before["timers"]]
        found = [row for row in queries.incidents(session) if row.id not in before["incidents"]]
        events = queries.events_after(session, before["event"])
        limits: list[News] = [
            *({"name": one.name, "about": one.about, "due": one.due_at.isoformat()}
              for key, one in clocks.items() if key not in before["clocks"]),
            *({"name": _element(session, row.instance_id, row.element_id), "about": "", "due": row.due_at.isoformat(),
               "timer": True} for row in timers if row.due_at is not None),
        ]  # fmt: skip
        told_of = {one["due"] for one in limits}
        limits += [
            {"name": row.name, "about": "", "due": row.due_at.isoformat()}
            for row in queries.dated_tasks(session)
            if row.id not in before["tasks"] and row.due_at is not None and row.due_at.isoformat() not in told_of
        ]
        passed = [e.name for e in events if e.action == "entered" and e.name and e.element_type != "userTask"]
        return {
            "people": [_told(row, names) for row in rows],
            "messages": [_told(row, names) | {"way": row.connector} for row in sent],
            "decisions": [_decision(*one) for one in asked],
            "limits": sorted(limits, key=lambda one: str(one["due"])),
            "troubles": [{"template": r.template, "fields": to_json(r.fields), "element": r.element_id} for r in found],
            "failing": [{"name": r.name or r.element_id, "said": r.last_error} for r in queries.failing(session)],
            "passed": passed[:MOST_PASSED],
        }


def _told(row: Any, names: Mapping[str, str]) -> News:
    return {
        "to": names.get(row.recipient, row.recipient), "template": row.template, "fields": to_json(row.fields),
        "at": row.created_at.isoformat(),
    }  # fmt: skip


def _element(session: Session, instance_id: Any, element_id: str) -> str:
    """Name a timer by the element it hangs on; the boundary event's own name first."""
    row = session.get(ProcessInstance, instance_id)
    drawn = [token.definition_id for token in instance_views.tokens_of(row)] if row is not None else []
    for one in dict.fromkeys([str(row.definition_id), *drawn] if row is not None else []):
        model = definitions.program(session, UUID(one)).model
        node = model.node(element_id)
        if node is not None:
            host = model.node(node.attached_to) if node.attached_to else None
            return node.name or (host.name if host else "") or element_id
    return element_id


def _decision(
    name: str, decisions: dmn.Decisions, key: str, variables: Mapping[str, Any], env: feel.Env, result: dmn.Result
) -> News:
    """Write a decision down: what it was given, which rows said what, and why."""
    box = decisions.decisions[key].box
    found: News = {"name": name, "value": feel.to_json(result.value), "inputs": [], "rows": []}
    if not isinstance(box, dmn.Table):
        return found
    inputs, _ = dmn.look(decisions, key, variables, env)
    found["inputs"] = [[head.title, feel.to_json(value)] for head, value in zip(box.inputs, inputs, strict=True)]
    found["outputs"] = [[output.name, output.title] for output in box.outputs]
    for match in result.matched[:MOST_ROWS]:
        rule = box.rules[match.index - 1]
        because = [one for one in match.annotations if one]
        row = {"index": match.index, "id": rule.id, "tests": [test.text for test in rule.tests], "because": because}
        found["rows"].append(row | {"results": [one.text for one in rule.results]})
    return found


def differing(play: Play, task: Task, data: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    """Say what was filled in otherwise than usual, as a scenario writes it; files are left out."""
    bench = play.bench
    with bench.database.read() as session:
        row = session.get_one(UserTask, task.id)
        form = definitions.form(session, row)
        if form is None:
            return {}
        instance = session.get_one(ProcessInstance, row.instance_id)
        known = instances.view_of(instance.variables, row.scope_id)
        env = tasks.feel_env(session, bench.registry, bench.now)
        given = _checked(form, data, known, env)
        ordinary = _checked(form, usual, known, env)
    fields = {one.key: one for one in forms.fields_of(form.components)}
    return {
        name: value
        for name, value in given.items()
        if name in fields and not fields[name].upload and _plain(value) != _plain(ordinary.get(name))
    }


def _plain(value: Any) -> Any:
    return None if value in ("", []) else value


def _checked(form: forms.Form, data: Mapping[str, Any], known: Mapping[str, Any], env: feel.Env) -> dict[str, Any]:
    try:
        return forms.validate(form, data, known, env)
    except InvalidFormError:
        return {}
