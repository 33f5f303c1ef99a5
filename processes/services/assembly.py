"""Everything the property application adds to the engine, put together."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from engine.connectors import Registry
from engine.core.calendar import CHINA
from engine.rehearsing import scenario_runs
from processes.services import (
    callbacks,
    decorations,
    groups,
    handover_batches,
    handover_units,
    improvements,
    inspection_batches,
    inspection_units,
    listeners_check,
    listeners_close,
    listeners_handover,
    listeners_handover_batch,
    listeners_inspection,
    listeners_intake,
    listeners_orders,
    listeners_repair,
    listeners_work,
    lookups,
    order_topics,
    reviews,
    surveys,
    sweep,
    table_words,
    task_clocks,
    task_reminders,
    topics,
    workdays,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from engine.rehearsing.sandboxes import Sandbox
    from storage.session import Database
    from storage.tables.work import Job

SERVICES = {
    "deadlines.start": topics.deadlines_start,
    "deadlines.met": topics.deadlines_met,
    "case.notify": topics.case_notify,
    "case.state": topics.case_state,
    "case.level": topics.case_level,
    "case.link": groups.linked,
    "case.merge": topics.case_merge,
    "case.close": topics.case_close,
    "task.remind": task_reminders.remind,
    "callback.plan": callbacks.callback_plan,
    "inspection_batch.spawn": inspection_batches.spawn,
    "inspection_batch.figures": inspection_batches.figures,
    "inspection_batch.warn": inspection_batches.warn,
    "inspection_batch.close": inspection_batches.close,
    "inspection_batch.next": inspection_batches.next_round,
    "inspection_batch.cancel": inspection_batches.cancel_houses,
    "inspection_batch.due": inspection_batches.due,
    "inspection.orders": inspection_units.issue_orders,
    "inspection.close": inspection_units.close,
    "inspection.cancelled": inspection_units.cancelled,
    "inspection.late": inspection_units.late,
    "inspection.often": inspection_units.often,
    **order_topics.SERVICES,
}
HANDOVER_SERVICES = {
    "handover.figures": handover_batches.figures,
    "handover.day_figures": handover_batches.day_figures,
    "handover.spawn": handover_batches.spawn,
    "handover.day": handover_batches.day,
    "handover.batch_close": handover_batches.close,
    "handover.cancel_houses": handover_batches.cancel_houses,
    "handover.remind": handover_units.remind,
    "handover.no_show": handover_units.no_show,
    "handover.absent": handover_units.absent,
    "handover.orders": handover_units.issue_orders,
    "handover.complain": handover_units.complain,
    "handover.close": handover_units.close,
}
QUALITY_SERVICES = {
    "review.due": reviews.due,
    "review.begin": reviews.begin,
    "review.collect": reviews.collect,
    "review.publish": reviews.publish,
    "improvement.remind": improvements.remind,
    "improvement.late": improvements.late,
    "survey.draw": surveys.draw,
    "survey.close": surveys.close,
}
INTAKE = ("t01", "t02", "t03", "t04", "t05", "t06", "t07", "t08", "t09", "t30")
WORK = ("t10", "t11", "t12", "t13", "t14", "t15", "t16", "t17", "t18", "t19", "t20", "t26", "t27")
CLOSE = ("t21", "t22", "t23", "t24", "t25", "t28", "t29", "cb1", "cb2", "clock_due", "es1", "es2", "es3")
INSPECTION = ("i01", "i02", "i03", "i04", "i05", "i06", "u01", "u02", "u03", "u03_begins", "u04")
ORDERS = ("r01", "r02", "r03a", "r03b", "r03s", "r04", "r05", "r05v", "r05h")
REPAIR = ("r06", "r06p", "r06f", "r06r", "r06c", "r07", "r08", "r09", "r14", "r14w", "r15", "r15b")
CHECK = ("r10", "r10s", "r11", "r12", "r13")
HANDOVER = tuple(f"k{number:02}" for number in range(1, 16))
HANDOVER_BATCH = (*(f"h{number:02}" for number in range(1, 7)), "h02a", "h02b", "h02c", "h02d")
REVIEW, IMPROVEMENT, SURVEY = ("v1", "v2", "v3"), ("v4", "v5"), ("s1_begins", "s1", "s2", "s3", "s4")
DECORATION = ("begins", "d1", "d2", "d3", "d4", "clock")
SWEEP_EVERY = timedelta(minutes=5)


def registry(zone: ZoneInfo = CHINA) -> Registry:
    """Assemble everything the property application adds to the engine, by the names its diagrams use.

    Timers and FEEL count their days in `zone`.
    """
    listeners = {f"case.{name}": getattr(listeners_intake, name) for name in INTAKE}
    listeners |= {f"case.{name}": getattr(listeners_work, name) for name in WORK}
    listeners |= {f"case.{name}": getattr(listeners_close, name) for name in CLOSE}
    listeners |= {f"inspection.{name}": getattr(listeners_inspection, name) for name in INSPECTION}
    listeners |= {f"order.{name}": getattr(listeners_orders, name) for name in ORDERS}
    listeners |= {f"order.{name}": getattr(listeners_repair, name) for name in REPAIR}
    listeners |= {f"order.{name}": getattr(listeners_check, name) for name in CHECK}
    listeners |= {f"handover.{name}": getattr(listeners_handover, name) for name in HANDOVER}
    listeners |= {f"handover.{name}": getattr(listeners_handover_batch, name) for name in HANDOVER_BATCH}
    listeners |= {f"review.{name}": getattr(reviews, name) for name in REVIEW}
    listeners |= {f"review.{name}": getattr(improvements, name) for name in IMPROVEMENT}
    listeners |= {f"survey.{name}": getattr(surveys, name) for name in SURVEY}
    listeners |= {f"decoration.{name}": getattr(decorations, name) for name in DECORATION}
    listeners["handover.clock"] = task_clocks.handover
    return Registry(
        services={**SERVICES, **HANDOVER_SERVICES, **QUALITY_SERVICES},
        listeners=listeners,
        periodic={"deadlines.sweep": (SWEEP_EVERY, sweep.sweep)},
        calendar=partial(workdays.calendar, zone=zone),
        extra={"lookups": lookups.bound, "before_start": reviews.refuse_second, "words": table_words.WORDS},
        sandbox=_sandbox,
        aside={scenario_runs.KIND: _play},
    )


def _play(database: Database, job: Job, clock: Callable[[], datetime], registry: Registry) -> None:
    from engine.rehearsing import scenario_plays  # noqa: PLC0415  as below: YAML and a workbench

    scenario_plays.carry_out(database, job, clock, registry)


def _sandbox() -> Sandbox:
    from processes.services import sandbox  # noqa: PLC0415  the invented world costs memory; few processes play in it

    return sandbox.sandbox()
