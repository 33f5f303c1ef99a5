"""A measure: its name, formula, source and goal, and the one select that its figure and its list both come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal

from processes.services import workdays
from processes.services.reports import limits
from storage import reports
from storage.reports import DAY_SECONDS, DIMENSIONS, Row, Span, Sums

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from processes.services.reports.question import Question

FIRST_YEAR = 2015
Kind = Literal["rate", "mean", "count", "sum", "median", "p90"]
MOST = {"median": 0.5, "p90": 0.9}
ALL_DIMENSIONS = tuple(name for name in DIMENSIONS if name not in ("severity", "batch", "use"))
CASE_DIMENSIONS = tuple(name for name in ALL_DIMENSIONS if name != "stage")


@dataclass(frozen=True, slots=True)
class Mix:
    """A figure worked out from other figures: from `parts` and their weight in it by `work`, None for no figure.

    `work` gets the goals in force of the `against` after the figures of the parts, as they were entered.
    """

    parts: tuple[Measure, ...]
    weights: tuple[float, ...]
    work: Callable[[Sequence[float | None]], float | None]
    against: tuple[Measure, ...] = ()


def none(_span: Span) -> Select[Any]:
    """Stand in for the select of a measure that is a mix of others."""
    raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Measure:
    """A key figure (B66). Texts are in Chinese and English, as its definition is data.

    `id`: K06; further columns of the same index are K06b, K06c. `group`: 指标类别. `data`: 数据来源. `rule`: of the
    sources. `cycles`: 考核周期. `kind`: rate and mean are Σ value ÷ Σ counted (rate in percent), count and sum are
    Σ value, median and p90 of the values. `better`: up or down; "" when neither. `unit`: what the figure is in.
    `select` gives the rows (`storage.reports.row`). With `by_span` it depends on the span asked (stock at a cut-off),
    else it is the same for every span and the span picks rows by `at`. `worked`: values are working days between two
    moments. `index`: it stands on the key figures' page. `stage_*`: what its dimension `stage` is called. `mix`: it
    is worked out from other measures, which are the rows behind it. `part_of`: another measure whose sum above or
    below the fraction line it is, asked for only once where both are wanted. `of_process`: its category is the process.
    """

    id: str
    zh: str
    en: str
    group: str
    formula_zh: str
    formula_en: str
    data_zh: str
    data_en: str
    rule: str
    kind: Kind
    select: Callable[[Span], Select[Any]]
    unit: str = ""
    better: Literal["up", "down", ""] = "up"
    cycles: tuple[str, ...] = ("month", "quarter", "year")
    dimensions: tuple[str, ...] = CASE_DIMENSIONS
    by_span: bool = False
    worked: bool = False
    index: bool = True
    stage_zh: str = "阶段"
    stage_en: str = "Stage"
    mix: Mix | None = None
    part_of: tuple[Measure, Literal["counted", "value"]] | None = None
    of_process: bool = False

    def name(self, locale: str) -> str:
        """Give its name in a language."""
        return self.en if locale == "en" else self.zh

    def formula(self, locale: str) -> str:
        """Give its definition in a language."""
        return self.formula_en if locale == "en" else self.formula_zh

    def data(self, locale: str) -> str:
        """Say in a language where its data come from."""
        return self.data_en if locale == "en" else self.data_zh

    @property
    def fraction(self) -> bool:
        """Tell whether it is a fraction, which has no figure when nothing counts."""
        return self.kind in ("rate", "mean")


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure's answer. `amount` None: nothing counts for it, shown as —, neither 0 nor 100 %.

    A rate is 0–1. `counted` stands below the fraction line, `value` above; `rows` is how long the list behind it is.
    """

    amount: float | None
    counted: float = 0.0
    value: float = 0.0
    rows: int = 0


NOTHING = Figure(None)


def _figure(measure: Measure, sums: Sums) -> Figure:
    amount = (sums.value / sums.counted if sums.counted else None) if measure.fraction else sums.value
    return Figure(amount, sums.counted, sums.value, sums.rows)


def together(measure: Measure, parts: Mapping[str, Sequence[Figure]]) -> Figure:
    """Put the parts by a dimension together again (not for medians)."""
    every = [line[0] for line in parts.values()]
    rows, counted, value = (sum(getattr(one, name) for one in every) for name in ("rows", "counted", "value"))
    return _figure(measure, Sums(int(rows), counted, value))


def answers(measure: Measure, question: Question) -> bool:
    """Tell whether a measure can be narrowed as the question asks."""
    return set(question.filters) <= set(measure.dimensions)


def figures(
    session: Session, measure: Measure, question: Question, spans: Sequence[Span], by: str = ""
) -> dict[str, list[Figure]]:
    """Answer for several spans, in one statement where the measure allows; by the texts of a dimension if named.

    Without a dimension the only key is "". A measure that cannot be narrowed as asked has no figure.
    """
    if not answers(measure, question) or (by and by not in measure.dimensions):
        return {} if by else {"": [NOTHING] * len(spans)}
    if measure.mix is not None:
        return _mixed(session, measure.mix, question, spans, by)
    if not measure.by_span:
        return _together(session, measure, question, spans, by)
    found: dict[str, list[Figure]] = {} if by else {"": [NOTHING] * len(spans)}
    empty = _figure(measure, Sums())
    for place, span in enumerate(spans):
        for key, (figure,) in _together(session, measure, question, [span], by).items():
            found.setdefault(key, [empty] * len(spans))[place] = figure
    return found


def _together(
    session: Session, measure: Measure, question: Question, spans: Sequence[Span], by: str
) -> dict[str, list[Figure]]:
    rows, within = measure.select(spans[0]), question.within
    asked = [None] if measure.by_span else spans
    if measure.kind not in MOST:
        summed = reports.sums(session, rows, asked, within, by)
        return {key: [_figure(measure, one) for one in line] for key, line in summed.items()}
    share = MOST[measure.kind]
    # Median and P90 of the same rows are asked for one after the other: once is enough for a look at the data.
    kept = session.info.setdefault("shares", {})
    key = (measure.select, tuple(spans), within.scopes, tuple(sorted(within.filters.items())), by)
    if key not in kept and measure.worked:
        lists = reports.values(session, rows, asked, within, by, _working_days(session, question))
        kept[key] = {text: [(reports.shares_of(one), len(one)) for one in line] for text, line in lists.items()}
    elif key not in kept:
        kept[key] = reports.percentiles(session, rows, asked, within, by)
    result = {text: [Figure(at[share], n, 0.0, n) for at, n in line] for text, line in kept[key].items()}
    return result if by or result else {"": [NOTHING] * len(spans)}


def _working_days(session: Session, question: Question) -> Callable[[datetime, datetime], float]:
    """Count working days as the calendar does, each day looked up once: a report asks for thousands."""
    days = workdays.calendar(session, question.zone)

    @cache
    def year(number: int) -> list[int]:
        """Count the working days before each day of a year, from its first day on; the last is the whole year's."""
        first = date(number, 1, 1).toordinal()
        length = date(number + 1, 1, 1).toordinal() - first
        return [0, *accumulate(int(days.is_workday(date.fromordinal(first + day))) for day in range(length))]

    @cache
    def years(number: int) -> int:
        return sum(year(one)[-1] for one in range(FIRST_YEAR, number))

    def reached(moment: datetime) -> float:
        here = moment.astimezone(question.zone)
        part = (here.hour * 3600 + here.minute * 60 + here.second + here.microsecond / 1e6) / DAY_SECONDS
        counts, day = year(here.year), here.timetuple().tm_yday
        return years(here.year) + counts[day - 1] + (counts[day] - counts[day - 1]) * part

    return lambda since, until: reached(until) - reached(since)


def figure(session: Session, measure: Measure, question: Question) -> Figure:
    """Answer for the period asked."""
    return figures(session, measure, question, [question.span])[""][0]


def rows(
    session: Session, measure: Measure, question: Question, *, limit: int | None = 50, offset: int = 0
) -> Sequence[Row]:
    """List the rows that the figure of the period counts."""
    if not answers(measure, question):
        return ()
    if measure.mix is not None:
        return _parts(session, measure.mix, question)[offset:][:limit]
    span = question.span
    inside = None if measure.by_span else span
    found = reports.listed(session, measure.select(span), inside, question.within, limit=limit, offset=offset)
    if not measure.worked:
        return found
    days = _working_days(session, question)
    return [replace(one, value=days(*one.worked)) if one.worked else one for one in found]


def count(session: Session, measure: Measure, question: Question) -> int:
    """Count the rows that the figure of the period counts."""
    if not answers(measure, question):
        return 0
    if measure.mix is not None:
        return figure(session, measure, question).rows
    span = question.span
    return reports.count(session, measure.select(span), None if measure.by_span else span, question.within)


def cross(
    session: Session, measure: Measure, question: Question, by: Sequence[str]
) -> Mapping[tuple[str, ...], Figure]:
    """Answer by several dimensions at once."""
    if not answers(measure, question):
        return {}
    span = question.span
    found = reports.cross(session, measure.select(span), None if measure.by_span else span, question.within, by)
    return {key: _figure(measure, one) for key, one in found.items()}


def _mixed(session: Session, mix: Mix, question: Question, spans: Sequence[Span], by: str) -> dict[str, list[Figure]]:
    found = [figures(session, part, question, spans, by) for part in mix.parts]
    return mixed(mix, found, len(spans), _goals(session, mix, question))


def _goals(session: Session, mix: Mix, question: Question) -> list[float | None]:
    """Read the goals that a mix is worked out against."""
    known = limits.stored(session, question) if mix.against else {}
    return [known.get(one.id) for one in mix.against]


def several(
    session: Session, measures: Sequence[Measure], question: Question, spans: Sequence[Span], by: str = ""
) -> list[dict[str, list[Figure]]]:
    """Answer several measures as `figures` does; what is mixed or part of others among them is not asked for again."""
    known: dict[str, dict[str, list[Figure]]] = {}
    staged = by == "stage" or "stage" in question.filters  # the stage may mean another thing for the other measure
    for one in sorted(measures, key=lambda each: (each.part_of is not None, each.mix is not None)):
        ready = answers(one, question) and (not by or by in one.dimensions)
        if one.mix is not None and ready and all(part.id in known for part in one.mix.parts):
            known[one.id] = mixed(
                one.mix, [known[part.id] for part in one.mix.parts], len(spans), _goals(session, one.mix, question)
            )
        elif one.part_of is not None and ready and not staged and one.part_of[0].id in known:
            known[one.id] = part(one.part_of[1], known[one.part_of[0].id])
        else:
            known[one.id] = figures(session, one, question, spans, by)
    return [known[one.id] for one in measures]


def part(amount: str, found: Mapping[str, Sequence[Figure]]) -> dict[str, list[Figure]]:
    """Take a count out of the measure it is part of, above or below the fraction line; its rows count one each."""
    counts = {key: [getattr(figure, amount) for figure in line] for key, line in found.items()}
    return {key: [Figure(one, one, one, int(one)) for one in line] for key, line in counts.items()}


def by_each(
    session: Session, measures: Sequence[Measure], question: Question, by: Sequence[str]
) -> dict[str, list[dict[str, list[Figure]]]]:
    """Answer several measures for the period by each of some dimensions, going through the rows once for all of them.

    Under "" is the whole. Every measure has to know these dimensions; none is a median.
    """
    crossed: dict[str, Mapping[tuple[str, ...], Figure]] = {}
    for one in measures:
        for each in one.mix.parts if one.mix else (one,):
            if each.id not in crossed and (each.part_of is None or each.part_of[0] not in measures):
                crossed[each.id] = cross(session, each, question, by)
    goals = {one.id: _goals(session, one.mix, question) for one in measures if one.mix}
    answer: dict[str, list[dict[str, list[Figure]]]] = {}
    for place, name in enumerate((*by, "")):
        known: dict[str, dict[str, list[Figure]]] = {}

        def figures_of(one: Measure, known: dict[str, dict[str, list[Figure]]] = known, place: int = place) -> Any:
            if one.id not in known:
                if one.mix is not None:
                    known[one.id] = mixed(one.mix, [figures_of(each) for each in one.mix.parts], 1, goals[one.id])
                elif one.id in crossed:
                    known[one.id] = _folded(one, crossed[one.id], place)
                elif one.part_of is not None:
                    known[one.id] = part(one.part_of[1], figures_of(one.part_of[0]))
            return known[one.id]

        answer[name] = [figures_of(one) for one in measures]
    return answer


def _folded(measure: Measure, found: Mapping[tuple[str, ...], Figure], place: int) -> dict[str, list[Figure]]:
    """Sum figures by several dimensions up to one of them; beyond the last one to the whole."""
    lines: dict[str, list[Figure]] = {}
    for key, figure in found.items():
        lines.setdefault(key[place] if place < len(key) else "", []).append(figure)
    return {text: [together(measure, {str(at): [one] for at, one in enumerate(line)})] for text, line in lines.items()}


def mixed(
    mix: Mix, found: Sequence[Mapping[str, Sequence[Figure]]], count: int, goals: Sequence[float | None] = ()
) -> dict[str, list[Figure]]:
    """Work a mix out of the figures of its parts for so many spans."""
    empty = [NOTHING] * count
    answer: dict[str, list[Figure]] = {}
    for key in dict.fromkeys(key for one in found for key in one):
        lines = [one.get(key, empty) for one in found]
        amounts = [[line[place].amount for line in lines] for place in range(count)]
        worked = [(mix.work([*line, *goals]), sum(part is not None for part in line)) for line in amounts]
        answer[key] = [Figure(amount, 1.0, amount or 0.0, 0 if amount is None else parts) for amount, parts in worked]
    return answer


def _parts(session: Session, mix: Mix, question: Question) -> Sequence[Row]:
    """Give the parts of a mix as rows: each names its measure, its weight and its figure."""
    found = [
        (part, weight, figure(session, part, question)) for part, weight in zip(mix.parts, mix.weights, strict=True)
    ]
    return [
        Row(part.id, "kpi", question.span.cut, weight, one.amount, {})
        for part, weight, one in found
        if one.amount is not None
    ]


def by_id(measures: Sequence[Measure]) -> Mapping[str, Measure]:
    """Index measures by their id."""
    return {one.id: one for one in measures}
