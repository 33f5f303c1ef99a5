"""What an editor may offer to choose from: roles, forms, decisions, processes, services, names that are sent.

Published ones, and over them those of the change that is edited.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.bindings import digest_of
from engine.cache import Cache
from engine.core import dmn, forms, parse, reference
from engine.core.lint.events import TOP_STARTS
from engine.errors import KeyturnError
from engine.studio import resources
from storage import people
from storage import studio as queries

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from engine.studio.resources import Resource

READ = ("bpmn", "dmn", "form")
QUOTED = re.compile(r'"([^"\\]*)"')


@dataclass(frozen=True, slots=True)
class Parts:
    """What one file brings: of a form its variables, of a table its columns, of a diagram its processes and names."""

    forms: tuple[dict[str, Any], ...] = ()
    decisions: tuple[dict[str, Any], ...] = ()
    processes: tuple[dict[str, Any], ...] = ()
    messages: tuple[str, ...] = ()
    signals: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    escalations: tuple[str, ...] = ()
    topics: tuple[tuple[str, str], ...] = ()
    """The services it calls, and how it calls them: the only words there are for them."""


_PARTS: Cache[Parts] = Cache(2_000)
"""By the digest of the file."""


def known(session: Session, change_id: UUID, *, registry: Registry) -> dict[str, Any]:
    """List what a diagram, table or form of this change may name, ready for JSON."""
    published = [one for one in resources.published(session) if one.kind in READ]
    folders = {one.file: one.folder for one in published}
    found = {one.file: _PARTS.get(one.digest, partial(_published, session, one)) for one in published}
    for file, source in queries.sources(session, change_id).items():
        if (kind := resources.kind_of(file)) in READ:
            parts = _PARTS.get(digest_of(source), partial(_parts, kind, source))
            if parts != Parts():  # a draft that cannot be read at the moment: what is published still counts
                found[file] = parts
    every = list(found.items())
    return {
        "roles": [
            {"code": role.code, "name": _first(role.name_zh), "nameEn": _first(role.name_en)}
            for role in people.roles(session)
        ],
        "forms": [
            {**form, "file": file, "folder": folders.get(file, "")} for file, parts in every for form in parts.forms
        ],
        "decisions": [{**decision, "file": file} for file, parts in every for decision in parts.decisions],
        "processes": [{**process, "file": file} for file, parts in every for process in parts.processes],
        "messages": sorted({name for _, parts in every for name in parts.messages}),
        "signals": sorted({name for _, parts in every for name in parts.signals}),
        "errors": sorted({code for _, parts in every for code in parts.errors}),
        "escalations": sorted({code for _, parts in every for code in parts.escalations}),
        "topics": sorted(registry.services),
        "topicNames": _one_name({use for _, parts in every for use in parts.topics}),
        "listeners": sorted(registry.listeners),
        "connectors": sorted(registry.connectors),
        "words": {code: list(said) for code, said in registry.extra.get("words", {}).items()},
        "elements": [{"type": one.type, "event": one.event} for one in reference.elements() if one.runs],
        "topStarts": sorted(TOP_STARTS),
    }


def services(session: Session) -> dict[str, str]:
    """Tell how the diagrams in force call the services they use."""
    diagrams = (one for one in resources.published(session) if one.kind == "bpmn")
    parts = (_PARTS.get(one.digest, partial(_published, session, one)) for one in diagrams)
    return {topic: name for one in parts for topic, name in one.topics}


def _one_name(uses: Collection[tuple[str, str]]) -> dict[str, str]:
    """Keep the topics that all steps call alike: a name of one of several steps says nothing of the others."""
    counted = Counter(topic for topic, _ in uses)
    return {topic: name for topic, name in sorted(uses) if counted[topic] == 1}


def _first(names: str) -> str:
    """Take the first of several names of a role, as in `座席 / 客服专员`."""
    return names.partition("/")[0].strip()


def _published(session: Session, one: Resource) -> Parts:
    return _parts(one.kind, resources.content(session, one))


def _parts(kind: str, source: bytes) -> Parts:
    try:
        return {"bpmn": _diagram, "dmn": _table, "form": _form}[kind](source)
    except KeyturnError:
        return Parts()


def title(kind: str, source: bytes) -> str:
    """Give the name that a new diagram, table or form carries, "" for one that has none or cannot be read now."""
    if kind not in READ:
        return ""
    parts = _PARTS.get(digest_of(source), partial(_parts, kind, source))
    named = {"bpmn": parts.processes, "dmn": parts.decisions, "form": parts.forms}[kind]
    return next((str(one["name"]) for one in named), "")


def _form(source: bytes) -> Parts:
    form = forms.parse(source)
    fields = [
        {
            "key": one.key,
            "label": one.label,
            "type": one.type,
            "options": [{"value": option.value, "label": option.label} for option in one.options],
        }
        for one in form.fields()
        if one.key
    ]
    return Parts(forms=({"key": form.id, "name": form.name or form.id, "fields": fields},))


def _table(source: bytes) -> Parts:
    made = []
    for decision in dmn.parse(source).decisions.values():
        table = decision.box if isinstance(decision.box, dmn.Table) else None
        inputs = table.inputs if table else ()
        outputs = table.outputs if table else ()
        made.append(
            {
                "id": decision.id,
                "name": decision.name,
                "inputs": [
                    {"name": one.expression.text, "label": one.label, "type": one.type, "values": _said(table, at)}
                    for at, one in enumerate(inputs)
                ],
                "outputs": [{"name": o.name, "label": o.label, "type": o.type} for o in outputs],
            }
        )
    return Parts(decisions=tuple(made))


def _said(table: dmn.Table | None, column: int) -> list[str]:
    """List the texts that the rows of a table ask for in a column, each once."""
    cells = [rule.tests[column].text for rule in table.rules] if table else []
    return list(dict.fromkeys(text for cell in cells for text in QUOTED.findall(cell)))


def _diagram(source: bytes) -> Parts:
    model = parse.parse(source)
    named: dict[str, tuple[str, ...]] = {
        kind: tuple(name for other, name in model.events.values() if other == kind and name)
        for kind in ("message", "signal", "error", "escalation")
    }
    return Parts(
        processes=tuple(
            {"key": process.id, "name": process.name or process.id}
            for process in model.processes.values()
            if process.executable
        ),
        messages=named["message"],
        signals=named["signal"],
        errors=named["error"],
        escalations=named["escalation"],
        topics=tuple(
            (node.attributes["topic"], node.name)
            for process in model.processes.values()
            for node in process.nodes.values()
            if node.name and node.attributes.get("topic")
        ),
    )
