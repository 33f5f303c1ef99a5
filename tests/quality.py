"""Reviews and surveys for tests of pages: begun and played up to where they are wanted, on the mini demonstration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processes.services.demo import quality
from storage.tables.surveys import CaseReview, SurveyPlan

if TYPE_CHECKING:
    from tests.sites import Site

AGENT, SUPERVISOR, MANAGER, LEADER = "lin.xiaoan", "chen.liyan", "sun.mingli", "yan.lingdao"


def registry_of(site: Site) -> Any:
    """Give what the site's application was put together from."""
    return site.app.extensions["keyturn"].registry


def do(site: Site, number: str, login: str, element: str, **changes: Any) -> None:
    """Do a task, and what follows from it."""
    with site.database.transaction() as session:
        quality.done(session, number, login, element, at=site.clock(), registry=registry_of(site), **changes)
    site.run_jobs()


def review(site: Site, *, project: str = "", period: str = "上月") -> str:
    """Begin a review; its data wait to be confirmed."""
    with site.database.transaction() as session:
        quality.begin(
            session, MANAGER, "review", project, {"period": period}, at=site.clock(), registry=registry_of(site)
        )
    site.run_jobs()
    with site.database.read() as session:
        return quality.newest(session, CaseReview)


def survey(site: Site, *, project: str = "春和里", count: int = 3) -> str:
    """Plan a survey and have it approved; its households wait to be asked."""
    with site.database.transaction() as session:
        quality.begin(session, SUPERVISOR, "survey", project, {}, at=site.clock(), registry=registry_of(site))
        number = quality.newest(session, SurveyPlan)
    do(site, number, SUPERVISOR, "S1", count=count)
    do(site, number, MANAGER, "S2")
    return number
