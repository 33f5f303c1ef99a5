"""What the forms of reviews look up: the cases on the lists of the review first, then any other of its project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.errors import NotFoundError
from processes.services import quality
from storage import cases
from storage.cases import CaseQuery, search

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from engine.access import Viewer

    Context = Mapping[str, Any]
    Options = list[dict[str, str]]

LIMIT = 20
LONGEST, DISSATISFIED = "最久的案件", "不满意的案件"


def review_cases(session: Session, viewer: Viewer, typed: str, context: Context) -> Options:
    """Cases to choose from in a review: longest and dissatisfied ones; others of its project by what is typed.

    Who may not see the review is offered nothing.
    """
    try:
        review = quality.review(session, viewer, str(context.get("review_number") or ""))
    except NotFoundError:
        return []
    scopes = frozenset({review.item.project}) if review.item.project else None
    if "value" in context:
        case = cases.get(session, str(context["value"]))
        seen = case is not None and (scopes is None or case.project in scopes)
        return [_option(case.number, case.brief)] if case is not None and seen else []
    data = review.data
    found: dict[str, dict[str, str]] = {}
    for name, why in (("dissatisfied", DISSATISFIED), ("longest", LONGEST)):
        for one in data.get(name) or []:
            if typed.strip() in f"{one['number']} {one['place']} {one['brief']}":
                found.setdefault(one["number"], _option(one["number"], one["brief"], f"{why} {one['place']}"))
    if typed.strip():
        more, _ = search(session, CaseQuery(text=typed.strip(), size=LIMIT, scopes=scopes))
        for case in more:
            found.setdefault(case.number, _option(case.number, case.brief, case.house or case.area))
    return list(found.values())[:LIMIT]


def _option(number: str, brief: str, hint: str = "") -> dict[str, str]:
    return {"value": number, "label": f"{number} {brief}", "hint": hint}


SOURCES: dict[str, Callable[[Session, Viewer, str, Context], Options]] = {"review_cases": review_cases}
