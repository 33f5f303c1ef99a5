"""The sheet of a case review (R8, E20): what was looked at, the cases and their causes, what is to be improved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import N_
from processes.services import quality
from processes.services.sheets import Field, Sheet, Signature, Table
from storage import estate

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer

TITLE = N_("Case analysis report")
CASES = (
    *(N_("Case no."), N_("House or area"), N_("What it was about")),
    *(N_("Cause found"), N_("Lesson and proposal")),
)
MEASURES = (
    *(N_("Improvement"), N_("Person in charge"), N_("To be done by")),
    *(N_("State"), N_("What became of it")),
)


def analysis(session: Session, viewer: Viewer, number: str, now: datetime) -> Sheet:
    """Fill the report of a review. Raises NotFoundError when there is none that the person may see."""
    found = quality.review(session, viewer, number)
    project = estate.project_by_code(session, found.item.project)
    data = found.data
    fields = (
        Field(N_("Reviewed period"), f"{found.item.first} – {found.item.last}"),
        Field(N_("Number of cases"), found.count),
        Field(N_("Meeting held on"), found.met_on),
        Field(N_("Attended by"), "、".join(found.attendees)),
        Field(N_("Overall analysis"), found.analysis, "long", wide=True),
        Field(N_("Opinion of the meeting"), found.opinion, "long", wide=True),
    )
    top = tuple((f"{first} {second}".strip(), count) for first, second, count in data.get("top") or [])
    again = tuple((name, what, count) for kind in ("houses", "units") for name, what, count in data.get(kind) or [])
    chosen = tuple((one.number, one.place, one.brief, one.cause, one.lesson) for one in found.cases)
    measures = tuple((one.measure, one.person, one.due_on, one.state, one.result) for one in found.measures)
    tables = (
        Table(N_("Most frequent problems"), (N_("Class of the problem"), N_("Cases")), top, (30, 8)),
        Table(
            N_("Repeated problems"), (N_("House or responsible unit"), N_("What came again"), N_("Times")), again,
            (20, 18, 6),
        ),
        Table(
            N_("Cases analysed"),
            CASES,
            chosen, (14, 14, 16, 22, 22),
        ),
        Table(
            N_("Improvements decided"),
            MEASURES, measures,
            (26, 9, 10, 8, 22),
        ),
    )  # fmt: skip
    signatures = (
        Signature(N_("Analysed by (signature)"), found.analysis_by),
        Signature(N_("Chair of the meeting (signature)")),
    )
    name = project.name if project else ""
    return Sheet(
        "analysis", TITLE, number, number, name, found.item.state, fields, signatures, now, viewer.name, tables=tables,
        back=f"/quality/reviews/{number}",
    )  # fmt: skip


SHEETS: Mapping[str, tuple[str, Callable[[Session, Viewer, str, datetime], Sheet]]] = {"analysis": (TITLE, analysis)}
