"""What the form editor asks for: examples to fill a form with, its English, where a field is used."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine import definitions
from engine.core import forms
from engine.studio import resources
from storage import studio as queries

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.core import feel

LONGEST_KEY = 40
MOST_USES = 12
READ = ("bpmn", "dmn", "form")


@dataclass(frozen=True, slots=True)
class Use:
    """A file in which a name stands."""

    file: str
    name: str


def filled(
    form: forms.Form, data: Mapping[str, Any], context: Mapping[str, Any], env: feel.Env, lookups: forms.Lookups
) -> dict[str, Any]:
    """Fill every visible field of a form with an example, also those that may stay empty; files stay empty."""
    eager = replace(form, components=tuple(_needed(one) for one in form.components))
    return forms.example(eager, data, context, env, lookups=lookups)


def _needed(component: forms.Component) -> forms.Component:
    inner = tuple(_needed(one) for one in component.components)
    properties = dict(component.properties)
    if component.type == "dynamiclist" and properties.get("minRows", "0") in ("", "0"):
        properties["minRows"] = "1"
    needed = not component.upload and component.is_input
    rules = replace(component.rules, required=True) if needed else component.rules
    return replace(component, components=inner, properties=properties, rules=rules)


def english(session: Session, change_id: UUID, file: str) -> Mapping[str, str]:
    """Give the English of a draft's folder, as published and with what the change itself says."""
    row = queries.draft(session, change_id, file)
    folder = row.folder if row else ""
    words = dict(definitions.catalogue(session, folder, "en")) if folder else {}
    texts = queries.draft(session, change_id, f"{folder}{resources.TEXTS}") if folder else None
    if texts is not None:
        words |= _texts(bytes(texts.source))
    return words


def _texts(source: bytes) -> dict[str, str]:
    try:
        found = json.loads(source)
    except ValueError:
        return {}
    return {str(word): str(said) for word, said in found.items()} if isinstance(found, dict) else {}


def uses(session: Session, change_id: UUID, file: str, key: str) -> tuple[Use, ...]:
    """List the other files of a draft's folder in which a name stands as a word of its own."""
    row = queries.draft(session, change_id, file)
    if row is None or not key.isidentifier():
        return ()
    word = re.compile(rf"(?<![\w.]){re.escape(key)}(?!\w)")
    drafts = queries.sources(session, change_id)
    found = []
    for one in resources.published(session):
        if one.folder != row.folder or one.file == file or one.kind not in READ:
            continue
        source = drafts.get(one.file) or resources.content(session, one)
        if word.search(source.decode("utf-8", "replace")):
            found.append(Use(one.file, one.name or one.key))
        if len(found) == MOST_USES:
            break
    return tuple(found)


def free_key(session: Session, change_id: UUID, begin: str) -> str:
    """Propose a short name for a new form that no form of the change or in force has."""
    taken = {one.key.lower() for one in resources.published(session) if one.kind == "form"}
    taken |= {file.removesuffix(".form").lower() for file in queries.sources(session, change_id)}
    base = re.sub(r"[^A-Za-z0-9_]+", "_", begin).strip("_") or "form"
    base = (base if base[0].isalpha() else f"form_{base}")[:LONGEST_KEY]
    number, key = 1, base
    while key.lower() in taken:
        number += 1
        key = f"{base}_{number}"
    return key


def fields(session: Session, change_id: UUID, file: str) -> list[Any]:
    """Give the components of another form of the change or in force, as they stand in its file.

    Raises:
        NotFoundError: there is no such form.
        InvalidInputError: it cannot be read.
    """
    row = queries.draft(session, change_id, file)
    form = forms.parse(bytes(row.source) if row else resources.source(session, file))
    return list(form.schema["components"])
