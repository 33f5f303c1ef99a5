"""What is asked of a report: which time, which part of the work, by whom (X14)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from engine.errors import N_, InvalidInputError, NotAllowedError
from processes.services import rights
from storage.reports import DIMENSIONS, Span, Within

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from engine.access import Viewer

__all__ = ["CYCLES", "DIMENSIONS", "Period", "Question", "ask", "between", "period", "reads"]

READERS = frozenset({"cs_sup", "cs_mgr", "leader", "gm", "process_owner", "admin", "finance", "cost"})
"""Roles that read reports of their projects. Contractors and owners never do."""
READERS_OF_WORKS = READERS | {"eng_lead"}
"""Roles that read the reports of defects, responsible units and what is overdue."""
MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
CYCLES = ("day", "week", *MONTHS, "days")
"""The statistics cycles (X14): daily B28, weekly and monthly E20, month, quarter, half-year and year B45, any days."""
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
WEEK = 7
YEAR_MONTHS = 12


def _month(day: date, step: int) -> date:
    """Give the first of the month so many months on."""
    count = day.year * YEAR_MONTHS + day.month - 1 + step
    return date(count // YEAR_MONTHS, count % YEAR_MONTHS + 1, 1)


def _year_before(day: date) -> date:
    try:
        return day.replace(year=day.year - 1)
    except ValueError:  # 29 February
        return day.replace(year=day.year - 1, day=day.day - 1)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `first` to `last`, both within; `cycle` says which statistics cycle they are."""

    cycle: str
    first: date
    last: date

    def before(self) -> Period:
        """The period before: the cycle before, or as many days before."""
        if self.cycle in MONTHS:
            return Period(self.cycle, _month(self.first, -MONTHS[self.cycle]), self.first - timedelta(days=1))
        length = self.last - self.first + timedelta(days=1)
        return Period(self.cycle, self.first - length, self.first - timedelta(days=1))

    def after(self) -> Period:
        """The period that follows."""
        if self.cycle in MONTHS:
            first = self.last + timedelta(days=1)
            return Period(self.cycle, first, _month(first, MONTHS[self.cycle]) - timedelta(days=1))
        length = self.last - self.first + timedelta(days=1)
        return Period(self.cycle, self.last + timedelta(days=1), self.last + length)

    def year_before(self) -> Period:
        """The same period last year; for a week the one of the same number (the 52nd when there is no 53rd)."""
        if self.cycle in MONTHS:
            first = _month(self.first, -YEAR_MONTHS)
            return Period(self.cycle, first, _month(first, MONTHS[self.cycle]) - timedelta(days=1))
        if self.cycle == "week":
            year, week, _ = self.first.isocalendar()
            last = date(year - 1, 12, 28).isocalendar().week
            first = date.fromisocalendar(year - 1, min(week, last), 1)
            return Period("week", first, first + timedelta(days=WEEK - 1))
        return Period(self.cycle, _year_before(self.first), _year_before(self.last))

    def months(self, count: int) -> tuple[Period, ...]:
        """List so many months, the last being the one this period ends in."""
        firsts = [_month(self.last, step) for step in range(1 - count, 1)]
        return tuple(Period("month", first, _month(first, 1) - timedelta(days=1)) for first in firsts)

    def span(self, zone: ZoneInfo, now: datetime) -> Span:
        """Give its moments in a zone."""
        end = datetime.combine(self.last + timedelta(days=1), time(), zone)
        return Span(datetime.combine(self.first, time(), zone), end, now)


def period(cycle: str, day: date) -> Period:
    """Give the cycle around a day. Raises InvalidInputError for an unknown cycle or a day out of all reason."""
    if not FIRST <= day < LAST:
        raise InvalidInputError(N_("Choose a day between 2000 and 2099."))
    if cycle in MONTHS:
        size = MONTHS[cycle]
        first = date(day.year, (day.month - 1) // size * size + 1, 1)
        return Period(cycle, first, _month(first, size) - timedelta(days=1))
    if cycle == "week":
        first = day - timedelta(days=day.weekday())
        return Period(cycle, first, first + timedelta(days=WEEK - 1))
    if cycle == "day":
        return Period(cycle, day, day)
    raise InvalidInputError(N_("There is no such period."))


def between(first: date, last: date) -> Period:
    """Give any days, both within. Raises InvalidInputError when they are the wrong way round or out of all reason."""
    if first > last:
        raise InvalidInputError(N_("The first day is after the last."))
    if first < FIRST or last >= LAST:
        raise InvalidInputError(N_("Choose a day between 2000 and 2099."))
    return Period("days", first, last)


@dataclass(frozen=True, slots=True)
class Question:
    """A report's question: a period, filters by dimension, the projects the person may see (None: all), the moment.

    `locale`: the language of texts that are put together for it. `own`: the responsible units whose people ask; they
    read of one of them at a time, nothing else; `orgs` are the codes of these units.
    """

    period: Period
    scopes: frozenset[str] | None
    now: datetime
    zone: ZoneInfo
    filters: Mapping[str, str] = field(default_factory=dict)
    locale: str = "zh_Hans_CN"
    own: tuple[str, ...] = ()
    orgs: frozenset[str] = frozenset()

    @property
    def span(self) -> Span:
        """The moments of the period."""
        return self.period.span(self.zone, self.now)

    @property
    def within(self) -> Within:
        """What narrows the rows."""
        return Within(self.scopes, self.filters, self.orgs)

    def spans(self) -> tuple[Span, Span, Span]:
        """The period itself, the one before, and the same last year."""
        periods = (self.period, self.period.before(), self.period.year_before())
        first, second, third = (one.span(self.zone, self.now) for one in periods)
        return first, second, third

    def narrowed(self, **filters: str) -> Question:
        """The same question with more filters."""
        return replace(self, filters={**self.filters, **filters})

    def on(self, other: Period) -> Question:
        """The same question about another period."""
        return replace(self, period=other)


def reads(viewer: Viewer, *, works: bool = False) -> bool:
    """Tell whether a person reads reports of any project; `works`: those of defects and responsible units."""
    roles = READERS_OF_WORKS if works else READERS
    return any(grant.role in roles and not grant.org for grant in viewer.grants)


def ask(
    viewer: Viewer,
    asked: Period,
    *,
    now: datetime,
    zone: ZoneInfo,
    filters: Mapping[str, Any] | None = None,
    locale: str = "zh_Hans_CN",
    units: tuple[str, ...] = (),
    works: bool = False,
) -> Question:
    """Put a question for a person: he gets the projects of his roles. Raises NotAllowedError for who reads none.

    `works`: it is about defects and responsible units, which heads of engineering read too. `units`: names of the
    responsible units he belongs to, where their people read about themselves (AC19).
    """
    wanted = {name: str(text) for name, text in (filters or {}).items() if name in DIMENSIONS and text}
    if reads(viewer, works=works):
        scopes = rights.scopes_of(viewer, READERS_OF_WORKS if works else READERS)
        return Question(asked, scopes, now, zone, wanted, locale)
    if not units:
        raise NotAllowedError(N_("You may not see reports."))
    wanted["contractor"] = wanted["contractor"] if wanted.get("contractor") in units else units[0]
    own = frozenset(grant.scope for grant in viewer.grants if grant.org)
    orgs = frozenset(grant.org for grant in viewer.grants if grant.org)
    return Question(asked, None if "" in own else own, now, zone, wanted, locale, units, orgs)
