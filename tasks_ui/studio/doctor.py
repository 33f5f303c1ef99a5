"""The import doctor in the browser: see what a diagram from elsewhere lacks, mend it, go on in the editor.

Nothing is stored before that: the page keeps the files itself, as they came and as they are by now, and sends them
along.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext

from engine import access, doctor
from engine.access import Action
from engine.core import drawing, normalise, parse
from engine.core.drawing import Mark
from engine.core.layout import layout
from engine.errors import N_, InvalidInputError, KeyturnError
from engine.publishing import imports, parcels
from engine.studio import drafted
from tasks_ui import context
from tasks_ui.errors import shown_again
from tasks_ui.i18n import locale, translate
from tasks_ui.studio import words

if TYPE_CHECKING:
    from engine.core.findings import Finding
    from engine.core.model import Model
    from engine.core.repair import Repair
    from engine.doctor import Mended
    from engine.publishing.imports import Arrival
    from engine.publishing.parcels import Parcel, Room

blueprint = Blueprint("studio_doctor", __name__, url_prefix="/studio/doctor")
NOW, GIVEN = "now/", "given/"
MAX_KEPT = 1_900_000
"""Letters of the files as the page keeps them: a form's fields may hold 2 MB together."""
DRAWN_AT_ONCE = 6
"""Diagrams that are open when the page comes; the others unfold."""
LEVELS = {"error": ("stop", "chip-danger"), "warning": ("warn", "chip-warn"), "info": ("ok", "")}


@dataclass(slots=True)
class Case:
    """What lies on the doctor's table: files as they came, and as they are by now."""

    given: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
    done: tuple[str, ...] = ()

    @property
    def parcel(self) -> Parcel:
        """The files as they are by now."""
        return parcels.Parcel(self.files, self.folders)

    def kept(self) -> str:
        """Write them for the page."""
        both = {f"{NOW}{self._path(name)}": content for name, content in self.files.items()}
        both |= {f"{GIVEN}{self._path(name)}": content for name, content in self.given.items()}
        text = base64.b64encode(parcels.pack(both)).decode() if both else ""
        if len(text) > MAX_KEPT:
            message = N_("These files are too large for this page. Send fewer at a time, or use “keyturn deploy”.")
            raise InvalidInputError(message)
        return text

    def _path(self, name: str) -> str:
        folder = self.folders.get(name, "")
        return f"{folder}/{name}" if folder else name


def _room() -> Room:
    """Give what one request may bring, unpacked, in however many archives."""
    if "room" not in g:
        g.room = parcels.Room()
    room: Room = g.room
    return room


def _read_kept() -> Case:
    """Read what the page sent along; it is unpacked once, however often it is shown again."""
    if "kept" not in g:
        g.kept = _unpacked(request.form.get("kept", ""))
    case = Case()
    for path, content in g.kept.items():
        part, _, rest = path.partition("/")
        pure = PurePosixPath(rest)
        (case.files if f"{part}/" == NOW else case.given)[pure.name] = content
        if len(pure.parts) > 1:
            case.folders[pure.name] = pure.parts[0]
    return case


def _unpacked(text: str) -> dict[str, bytes]:
    if not text:
        return {}
    try:
        packed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInputError(N_("The page's files cannot be read any more. Choose them again.")) from error
    return parcels.unpack(packed, "…", _room())


# Looking


@dataclass(slots=True)
class Sheet:
    """One file as the page shows it."""

    arrival: Arrival
    findings: list[dict[str, Any]]
    proposals: tuple[Repair, ...]
    drawings: list[tuple[str, str]]
    drawn_anew: bool
    readable: bool
    changed: bool
    name: str

    @property
    def errors(self) -> int:
        """How many stop a publication."""
        return sum(one["severity"] == "error" for one in self.findings)


def _page(case: Case, problem: str = "", status: int = 200) -> Response:
    sheets: list[Sheet] = []
    title = request.form.get("title", "")
    with context.reading() as opened:
        viewer = context.viewer()
        access.require(viewer, Action.CHANGE_EDIT)
        if case.files:
            found = imports.arrivals(opened, viewer, case.parcel)
            seen = doctor.examine(opened, files=case.files, registry=context.registry())
            seen = replace(seen, findings=tuple(drafted.strictly(seen.findings, case.files)))
            sheets = [_sheet(one, case, seen, at) for at, one in enumerate(found)]
            title = title or gettext("Taken over: %(name)s", name=imports.title_of(found, case.files))
    kept = case.kept()
    page = render_template(
        "studio_doctor.html", sheets=sheets, kept=kept, case=case, problem=problem, title=title, levels=LEVELS,
        reason=request.form.get("reason", ""), drawn_at_once=DRAWN_AT_ONCE, kinds=words.KINDS,
        whole=ngettext("%(num)d file", "%(num)d files", len(sheets)),
        errors=sum(one.errors for one in sheets), repairs=sum(len(one.proposals) for one in sheets),
    )  # fmt: skip
    return make_response(page, status)


def _sheet(one: Arrival, case: Case, seen: Mended, at: int) -> Sheet:
    proposals = seen.proposals.get(one.file, ())
    titles = {repair.id: _title(repair) for repair in proposals}
    rank = [finding for finding in seen.findings if finding.file == one.file]
    findings = [
        {
            "number": number,
            "severity": finding.severity,
            "element": finding.element_id,
            "name": finding.name or finding.element_id,
            "message": finding.message if locale() == "en" else finding.message_zh,
            "repair": finding.repair if finding.repair in titles else "",
            "title": titles.get(finding.repair, ""),
        }
        for number, finding in enumerate(rank, 1)
    ]
    content = case.files[one.file]
    drawings, anew = _drawings(content, rank, at) if one.kind == "bpmn" else ([], False)
    name = request.form.get(f"name:{one.file}", one.name)
    return Sheet(
        one, findings, proposals, drawings, anew, seen.readable(one.file), content != case.given.get(one.file), name
    )


def _title(repair: Repair) -> str:
    return repair.title if locale() == "en" else repair.title_zh


def _drawings(content: bytes, findings: list[Finding], at: int) -> tuple[list[tuple[str, str]], bool]:
    """Draw every process of a file with the numbers of its remarks; one that is not drawn is laid out for the eye."""
    try:
        model, anew = parse.parse(content), False
        if any(name not in model.shapes for name in _elements(model)):
            model, anew = parse.parse(layout(content)), True
        model = normalise.normalise(model)
        marks = _marks(model, findings)
        together = {pool.process_ref for pool in model.participants}
        first = next((key for key in model.processes if key in together), "")
        pages = [key for key in model.processes if key not in together or key == first]
        svgs = [
            (model.processes[key].name or key, drawing.svg(model, key, marks=marks, prefix=f"d{at}-{number}"))
            for number, key in enumerate(pages)
            if model.processes[key].nodes
        ]
    except KeyturnError:
        return [], False
    return svgs, anew


def _elements(model: Model) -> list[str]:
    return [node.id for process in model.processes.values() for node in process.nodes.values()]


def _marks(model: Model, findings: list[Finding]) -> dict[str, Mark]:
    """Number the remarks on the elements; one on a flow stands on the step that the flow leaves."""
    sources = {flow.id: flow.source for process in model.processes.values() for flow in process.flows.values()}
    signs: dict[str, list[tuple[str, str]]] = {}
    notes: dict[str, list[str]] = {}
    for number, finding in enumerate(findings, 1):
        element = sources.get(finding.element_id, finding.element_id)
        signs.setdefault(element, []).append((LEVELS[finding.severity][0], str(number)))
        notes.setdefault(element, []).append(f"{number}")
    return {
        # the last sign colours the element: errors come first in the list
        element: Mark(
            signs=tuple(reversed(found)), note=gettext("remark %(numbers)s", numbers=", ".join(notes[element]))
        )
        for element, found in signs.items()
    }


@blueprint.get("")
def index() -> Response:
    """Ask for files."""
    return _page(Case())


def _again(sentence: str) -> Response:
    """Show the page again with its files when it was out of date."""
    try:
        return _page(_opened(), sentence, 400)
    except KeyturnError as problem:
        return _page(Case(), translate(problem.template, problem.fields), problem.status)


def _ask() -> None:
    with context.reading():
        access.require(context.viewer(), Action.CHANGE_EDIT)


def _opened() -> Case:
    """Read what lies on the table, and lay what was chosen or dropped now beside it.

    Raises NotAllowedError before anything is unpacked for somebody who may not edit changes.
    """
    _ask()
    case = _read_kept()
    sent = [(one.filename or "", one.stream.read()) for one in request.files.getlist("files") if one.filename]
    if not sent:
        return case
    parcel = parcels.read(sent, _room())
    if parcel.doubles:
        file, paths = next(iter(parcel.doubles.items()))
        message = N_("{file} came more than once with different contents ({paths}). Send the one that is meant.")
        raise InvalidInputError(message, file=file, paths=", ".join(paths))
    case.given |= parcel.files
    case.files |= parcel.files
    case.folders |= parcel.folders
    case.aside = parcel.aside
    return case


@blueprint.post("")
@shown_again(_again)
def act() -> Response:
    """Look at files, mend them, put them back as they came, or go on with them in a change."""
    chosen = request.form.get("act", "look")
    case = Case()
    _ask()
    try:
        case = _read_kept()
        case = _opened()
        if not case.files:
            aside = ", ".join(case.aside[:5])
            message = N_("Choose a .bpmn file, or several with .dmn, .form, .yaml or .zip. {aside} is none of them.")
            empty = N_("Choose a .bpmn file first, or drop one here.")
            raise InvalidInputError(message, aside=aside) if aside else InvalidInputError(empty)
        if chosen == "continue":
            return _go_on(case)
        _change(case, chosen)
        case.kept()
    except InvalidInputError as problem:
        if chosen == "look":  # what lay there before stays
            case = _before()
        return _page(case, translate(problem.template, problem.fields), problem.status)
    return _page(case)


def _before() -> Case:
    try:
        return _read_kept()
    except InvalidInputError:
        return Case()


def _change(case: Case, chosen: str) -> None:
    """Carry out what a button says: `mend:<file>:<repair>`, `all:<file>`, `back:<file>`, `away:<file>`."""
    verb, _, rest = chosen.partition(":")
    file, _, wanted = rest.partition(":")
    if verb in ("mend", "all") and file in case.files:
        with context.reading() as opened:
            made = doctor.mend(opened, files=case.files, registry=context.registry(), wanted=[wanted] if wanted else ())
        case.files[file] = made.files[file]
        case.done = tuple(_title(one) for one in made.applied[file])
    elif verb == "back" and file in case.given:
        case.files[file] = case.given[file]
    elif verb == "away":
        for kept in (case.files, case.given, case.folders):
            kept.pop(file, None)


def _go_on(case: Case) -> Response:
    """Begin a change with the files and open the first diagram's editor."""
    with context.transaction() as opened:
        viewer, now = context.viewer(), context.utcnow()
        found = imports.arrivals(opened, viewer, case.parcel)
        taken = [
            imports.Taken(
                request.form.get(f"name:{one.file}", one.name).strip()[:200], case.files[one.file], _folder(one, found)
            )
            for one in found
            if not one.same
        ]
        change_id = imports.take_in(
            opened, viewer, taken, title=request.form.get("title", ""), reason=request.form.get("reason", ""), now=now
        )
    diagram = next((one.name for one in taken if one.name.endswith(".bpmn")), taken[0].name)
    if len(taken) > 1 and not any(one.name.endswith(".bpmn") for one in taken):
        return make_response(redirect(url_for("studio_changes.show", change_id=change_id), 303))
    return make_response(redirect(url_for("studio_editing.edit", change_id=change_id, file=diagram), 303))


def _folder(one: Arrival, every: tuple[Arrival, ...]) -> str:
    """Let what lies nowhere lie with the first process that came along."""
    first = next((other for other in every if other.kind == "bpmn"), one)
    return one.folder or first.folder or (parcels.folder_named(first.keys[0]) if first.keys else "")
