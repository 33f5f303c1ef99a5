"""Everything the task page shows, as plain data, gathered in one reading transaction."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import url_for

from engine import attachments, definitions, submissions, tasks
from engine.core import forms
from engine.errors import NotFoundError
from processes.services import cases, prefills, rights
from processes.services.owner_phone import OwnerLine, owner_line
from processes.services.worksheet import Worksheet, prefill, worksheet
from tasks_ui import context, form_actions, form_view, i18n, names
from tasks_ui.form_controls import FileView
from tasks_ui.notes import plain_note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.core import feel
    from engine.tasks import TaskView
    from processes.services.cases import CaseHead
    from tasks_ui.form_controls import FormView

PENALTIES = "penalties"


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person sent that could not be carried out: it is shown again, with what is wrong."""

    data: Mapping[str, Any] = field(default_factory=dict)
    errors: Sequence[forms.FieldError] = ()
    sentence: str = ""
    choices: Mapping[str, Sequence[forms.Option]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """One earlier step of the case: who filled in what and when."""

    name: str
    who: str
    behalf: str
    at: datetime
    rows: tuple[forms.PrintRow, ...]


@dataclass(frozen=True, slots=True)
class TaskPage:
    """The page: `form` is None for a task without fields, `filled` what was handed in when it is done."""

    task: TaskView
    name: str
    process: str
    documentation: str
    form: FormView | None
    filled: tuple[forms.PrintRow, ...]
    past: tuple[Past, ...]
    people: tuple[forms.Option, ...]
    loose: tuple[FileView, ...]
    files: Mapping[str, FileView]
    sentence: str
    key: str
    draft: bool
    head: CaseHead | None = None
    sheet: Worksheet = field(default_factory=Worksheet)
    owner: OwnerLine | None = None
    phone: str = ""


def gather(session: Session, task_id: UUID, typed: Typed | None = None, *, phone: str = "") -> TaskPage:
    """Collect a task's page. Raises NotFoundError when the viewer may not see the task."""
    person, now, registry = context.viewer(), context.utcnow(), context.registry()
    view = tasks.open_task(session, person, task_id, now=now)
    translate = partial(in_words, session, view.item.definition_id, i18n.locale())
    env = tasks.feel_env(session, registry, now)
    lookups = tasks.lookups(session, person, registry) or {}
    files = _files(session, view)
    page = form_view.Page(env, view.variables, translate, lookups, files)
    shown = typed or Typed()
    head = cases.head(session, person, view.item.business_key)
    sheet = worksheet(session, view.item.business_key, view.item.element_id, view.variables)
    reaches = head.reaches if head else rights.may_call(person, view.item.scope)
    past = _past(session, person, view, page, reaches=reaches)
    return TaskPage(
        task=view,
        name=translate(view.item.name),
        process=translate(view.item.process_name),
        documentation=plain_note(translate(view.documentation)),
        form=form_for(session, view, page, shown, sheet) if view.state == "open" or typed else None,
        filled=_readable(
            view.form,
            view.submitted or {},
            page,
            partial(_words, page, _hidden(view.item.element_id, reaches=reaches)),
            penalties=True,
        ),
        past=past,
        people=_people(view, lookups),
        loose=tuple(files[str(row.id)] for row in view.attachments if not row.field),
        files=files,
        sentence=shown.sentence,
        key=shown.key or str(uuid4()),
        draft=bool(view.draft) and typed is None,
        head=head,
        sheet=sheet,
        owner=owner_line(
            session, person, view.item.business_key, view.item.element_id, holds=holds(person, view)
        ),
        phone=phone,
    )


def holds(person: Viewer, view: TaskView) -> bool:
    """Tell whether a person has taken an open task."""
    return view.state == "open" and bool(view.item.assignee) and view.item.assignee in person.logins


def _past(session: Session, person: Viewer, view: TaskView, page: form_view.Page, *, reaches: bool) -> tuple[Past, ...]:
    """List the earlier steps of the case, newest first."""
    penalties = rights.sees_penalties(person, view.item.scope)
    return tuple(
        Past(
            name=page.translate(one.name),
            who=one.by_name,
            behalf=one.behalf_name,
            at=one.at,
            rows=_readable(
                one.form,
                one.values,
                page,
                partial(_words, page, _hidden(one.element_id, reaches=reaches)),
                penalties=penalties,
            ),
        )
        for one in submissions.earlier(session, person, view.item.instance_id)
        if one.task_id != view.id
    )


def _hidden(element_id: str, *, reaches: bool) -> frozenset[str]:
    """Name the fields that a person sees masked because he may not reach the customer."""
    return frozenset() if reaches else rights.PERSONAL.get(element_id, frozenset())


def form_for(session: Session, view: TaskView, page: form_view.Page, typed: Typed, sheet: Worksheet) -> FormView | None:
    """Build a task's form as it is shown: defaults, what the tables know, the draft or what was typed."""
    if view.form is None:
        return None
    fresh = forms.initial(view.form, view.variables, page.env, last=view.submission)
    fresh = prefill(sheet, view.item.element_id, fresh)
    fresh = prefills.prefill(session, view.form.id, view.variables, fresh, now=context.utcnow())
    data = {**fresh, **(typed.data or view.draft or {})}
    data = form_actions.refill(view.form, data, fresh, view.variables, page.env)
    shown = replace(page, choices=typed.choices, texts=typed.texts)
    return form_view.build(view.form, data, shown, typed.errors)


def in_words(session: Session, definition_id: str, locale: str, text: str) -> str:
    """Say a text of a diagram in the reader's language."""
    found = definitions.translate(session, definition_id, text, locale) if text else text
    return found if found != text else names.text(text, "")


def _files(session: Session, view: TaskView) -> dict[str, FileView]:
    """Give the files of the whole case, or of this task alone to somebody who may not see the case."""
    try:
        rows = attachments.of_instance(session, context.viewer(), view.item.instance_id)
    except NotFoundError:
        rows = view.attachments
    return {str(row.id): _file(row) for row in rows}


def _file(row: Any) -> FileView:
    return FileView(
        id=str(row.id),
        name=row.name,
        url=url_for("work.attachments.show", attachment_id=row.id),
        preview=url_for("work.attachments.show", attachment_id=row.id, size="small") if row.width else "",
        size=row.size,
    )


def _words(page: form_view.Page, hidden: frozenset[str], component: forms.Component, value: Any) -> str:
    """Say a stored value in words; whole phone numbers stand nowhere: who may call asks for one, and that is logged."""
    if component.widget == "phone":
        return rights.mask(str(value))
    if component.key in hidden:
        return rights.mask_name(str(value))
    if component.lookup:
        return form_view.lookup_label(page.lookups, component.lookup, value, page.context)
    return form_view.value_text(component, value, page.translate)


def _readable(
    form: forms.Form | None,
    values: Mapping[str, Any],
    page: form_view.Page,
    words: Callable[[forms.Component, Any], str],
    *,
    penalties: bool,
) -> tuple[forms.PrintRow, ...]:
    if form is None:
        return ()
    rows = forms.print_rows(form, values, words)
    return tuple(_translated(row, page) for row in rows if penalties or row.key != PENALTIES)


def _translated(row: forms.PrintRow, page: form_view.Page) -> forms.PrintRow:
    inner = tuple(tuple(_translated(cell, page) for cell in cells) for cells in row.rows)
    return replace(row, label=page.translate(row.label), rows=inner)


def _people(view: TaskView, lookups: forms.Lookups) -> tuple[forms.Option, ...]:
    """List whom the task can be handed to: people of its roles."""
    found: dict[Any, forms.Option] = {}
    for group in view.item.groups:
        search = lookups.get(f"users_by_role:{group.partition(':')[0]}") or lookups.get("users")
        for option in map(forms.as_option, search("", {"project": view.item.scope}) if search else ()):
            found.setdefault(option.value, option)
    found.pop(view.item.assignee, None)
    return tuple(found.values())


def calm_env(session: Session, now: datetime) -> feel.Env:
    """Give moment, zone and calendar to a form's expressions outside the page."""
    return tasks.feel_env(session, context.registry(), now)
