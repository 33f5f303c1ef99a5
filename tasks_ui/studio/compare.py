"""Compare: the drafts of a change with what is published, or any version of a file with any other."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from flask import Blueprint, render_template, request
from flask_babel import gettext

from engine.core import drawing
from engine.core.compare import sides
from engine.core.drawing import Mark
from engine.errors import KeyturnError
from engine.studio import comparisons, library, resources
from tasks_ui import context, i18n, names, reading
from tasks_ui.i18n import translate
from tasks_ui.studio import naming, words

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from engine.core.compare import Change
    from engine.core.model import Model
    from engine.studio.comparisons import Comparison

blueprint = Blueprint("studio_compare", __name__, url_prefix="/studio")
SIGNS = {"added": "+", "removed": "−", "changed": "≠", "moved": "↔", "layout": "·"}
AROUND = 2
"""Lines of a story shown around one that differs."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the list: what it says, and which element of the left and right picture it means."""

    kind: str
    sign: str
    text: str
    element: str
    before: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A page of both diagrams, "" where one of them does not have it."""

    name: str
    left: str
    right: str


@dataclass(slots=True)
class Shown:
    """A file compared, ready for its page."""

    file: str
    kind: str
    name: str
    number: int
    lines: list[Line]
    problem: str = ""
    pictures: list[Picture] = field(default_factory=list)
    grids: tuple[sides.Grid, ...] = ()
    fields: tuple[sides.FieldRow, ...] = ()
    texts: list[tuple[str, int | None, str, int | None, str]] = field(default_factory=list)


@blueprint.get("/changes/<uuid:change_id>/compare")
def change(change_id: UUID) -> str:
    """Compare every draft of a change with what is published."""
    with context.reading() as opened:
        found, compared = comparisons.of_change(opened, context.viewer(), change_id, english=english(""))
    return render_template(
        "studio_compare.html", change=found, file=None, shown=[_shown(one, at) for at, one in enumerate(compared)],
        kinds=words.KINDS, sides=(gettext("published"), gettext("draft")), said=naming.said, policy=naming.policy,
        every=bool(request.args.get("every")),
    )  # fmt: skip


@blueprint.get("/compare")
def versions() -> str:
    """Choose a file and two of its versions, and compare them."""
    file = request.args.get("file", "")
    with context.reading() as opened:
        files = comparisons.files(opened, context.viewer())
        known = resources.versions(opened, file) if file else ()
        shown: list[Shown] = []
        left = right = 0
        if len(known) > 1:
            right = reading.whole(request.args.get("right", "")) or known[0].version
            older = [one.version for one in known if one.version < right] or [known[-1].version]
            left = reading.whole(request.args.get("left", "")) or older[0]
            one = comparisons.versions(
                opened, context.viewer(), file, left=left, right=right, english=english(known[0].folder)
            )
            shown = [_shown(one, 0)]
    return render_template(
        "studio_compare.html", change=None, file=file, files=files, known=known, left=left, right=right, shown=shown,
        kinds=words.KINDS, title=naming.title, sides=(_version(left), _version(right)), said=naming.said,
        policy=naming.policy, every=bool(request.args.get("every")),
    )  # fmt: skip


def _version(number: int) -> str:
    return str(gettext("version %(number)d", number=number))


def english(folder: str) -> Callable[[str], str]:
    """Translate what files say into the language of the page: names of roles, else the texts of the processes."""
    roles = {zh.strip(): role.label("en") for role in names.roles().values() for zh in role.name_zh.split("/")}
    return lambda text: roles.get(text) or names.text(text, folder)


def _shown(one: Comparison, number: int) -> Shown:
    chinese = i18n.locale() != "en"
    lines = [
        Line(c.kind, SIGNS[c.kind], c.message_zh if chinese else c.message, c.element_id, c.before_id)
        for c in one.changes
    ]
    name = names.process(one.file.removesuffix(".bpmn")) if one.kind == "bpmn" else names.text(one.name, "")
    name = one.name if name == one.file.removesuffix(".bpmn") else name
    shown = Shown(one.file, one.kind, name, number, lines)
    if one.problem is not None:
        shown.problem = translate(one.problem.template, one.problem.fields)
        return shown
    try:
        _fill(shown, one)
    except KeyturnError as problem:
        shown.problem = translate(problem.template, problem.fields)
    return shown


def _fill(shown: Shown, one: Comparison) -> None:
    left, right = one.left.source, one.right.source
    if one.kind == "bpmn":
        shown.pictures = _pictures(one, shown.number)
    elif one.kind == "dmn":
        shown.grids = sides.grids(left or right, right or left)
    elif one.kind == "form":
        touched = frozenset(c.element_id for c in one.changes if c.kind != "layout")
        shown.fields = sides.fields(left or EMPTY_FORM, right or EMPTY_FORM, one.words, touched)
    elif one.kind == "scenario":
        shown.texts = beside(left.decode(errors="replace"), right.decode(errors="replace"))


EMPTY_FORM = b'{"components": []}'


# -- diagrams ---------------------------------------------------------------------------------------------------------


def _pictures(one: Comparison, number: int) -> list[Picture]:
    before = library.drawn(one.left.source) if one.left.source else None
    after = library.drawn(one.right.source) if one.right.source else None
    marks = _marks(one.changes)
    keys = dict.fromkeys(key for model in (after, before) if model is not None for key in model.processes)
    alone = [next(iter(model.processes), "") for model in (before, after) if model is not None]
    found = []
    for at, key in enumerate(keys):
        name = next((m.processes[key].name for m in (after, before) if m is not None and key in m.processes), key)
        old_key = key if before is None or key in before.processes else alone[0]
        left = _draw(before, old_key, marks[0], f"l{number}-{at}")
        right = _draw(after, key, marks[1], f"r{number}-{at}")
        found.append(Picture(names.text(name, key), left, right))
    return found


def _marks(changes: tuple[Change, ...]) -> tuple[dict[str, Mark], dict[str, Mark]]:
    """Say what to frame in the left and in the right picture; the first of several lines of an element counts."""
    left: dict[str, Mark] = {}
    right: dict[str, Mark] = {}
    chinese = i18n.locale() != "en"
    for one in changes:
        if not one.element_id or one.kind == "layout":
            continue
        mark = Mark(difference=one.kind, note=one.message_zh if chinese else one.message)
        if one.kind != "added":
            left.setdefault(one.before_id, mark)
        if one.kind != "removed":
            right.setdefault(one.element_id, mark)
    return left, right


def _draw(model: Model | None, key: str, marks: dict[str, Mark], prefix: str) -> str:
    if model is None:
        return ""
    try:
        return drawing.svg(model, key, marks=marks, prefix=prefix, translate=lambda text: names.text(text, key))
    except KeyturnError:  # it is not in this version, or nobody drew it
        return ""


# -- stories ----------------------------------------------------------------------------------------------------------


def beside(old: str, new: str) -> list[tuple[str, int | None, str, int | None, str]]:
    """Lay two texts side by side: (mark, number, line, number, line), with some lines around what differs."""
    left, right = old.splitlines(), new.splitlines()
    rows: list[tuple[str, int | None, str, int | None, str]] = []
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            rows += [("", a + 1, left[a], b + 1, right[b]) for a, b in zip(range(a1, a2), range(b1, b2), strict=True)]
            continue
        for at in range(max(a2 - a1, b2 - b1)):
            a, b = a1 + at, b1 + at
            mark = "changed" if a < a2 and b < b2 else "removed" if a < a2 else "added"
            rows.append((mark, a + 1 if a < a2 else None, left[a] if a < a2 else "",
                         b + 1 if b < b2 else None, right[b] if b < b2 else ""))  # fmt: skip
    near = {near for at, row in enumerate(rows) if row[0] for near in range(at - AROUND, at + AROUND + 1)}
    return [row for at, row in enumerate(rows) if at in near]
