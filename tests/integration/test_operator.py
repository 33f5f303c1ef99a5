"""Suspending and resuming on both databases: jobs wait without being lost, and come in the order they were due."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine import instances, operator, tasks, worker
from engine.access import SYSTEM
from engine.connectors import Registry
from engine.definitions import deploy
from engine.errors import ConflictError, InvalidInputError, SuspendedError
from storage.session import Database
from tests.acceptance.api_client import bpmn

TIMERS = bpmn(
    """<startEvent id="go"/><parallelGateway id="x"/><sequenceFlow id="f0" sourceRef="go" targetRef="x"/>
<sequenceFlow id="f1" sourceRef="x" targetRef="first"/><sequenceFlow id="f2" sourceRef="x" targetRef="second"/>
<sequenceFlow id="f3" sourceRef="x" targetRef="work"/><userTask id="work" camunda:candidateGroups="agent"/>
<intermediateCatchEvent id="second"><timerEventDefinition><timeDuration>PT2H</timeDuration></timerEventDefinition></intermediateCatchEvent>
<intermediateCatchEvent id="first"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>
<sequenceFlow id="f4" sourceRef="first" targetRef="e1"/><sequenceFlow id="f5" sourceRef="second" targetRef="e2"/>
<sequenceFlow id="f6" sourceRef="work" targetRef="e3"/><endEvent id="e1" name="一"/><endEvent id="e2" name="二"/><endEvent id="e3" name="三"/>"""
)
REGISTRY = Registry()


def run_jobs(database: Database, now: Any) -> None:
    for _ in range(20):
        if not worker.run_one(database, clock=lambda: now, registry=REGISTRY):
            return


def test_what_became_due_meanwhile_comes_in_order(database: Database, now: Any) -> None:
    with database.transaction() as session:
        deploy(session, files={"p.bpmn": TIMERS}, viewer=SYSTEM, now=now, registry=REGISTRY)
        one = instances.start(session, key="probe", variables={}, viewer=SYSTEM, now=now, registry=REGISTRY)
    with database.transaction() as session, pytest.raises(InvalidInputError):
        operator.suspend(session, SYSTEM, one, reason=" ", now=now)
    with database.transaction() as session:
        operator.suspend(session, SYSTEM, one, reason="试验", now=now)
    later = now + timedelta(hours=9)
    run_jobs(database, later)
    run_jobs(database, later + timedelta(minutes=2))
    with database.transaction() as session:
        view = instances.describe(session, one, SYSTEM, later)
        assert {job.element_id for job in view.timers} == {"first", "second"}
        assert all(job.attempts == 0 for job in view.timers)
        with pytest.raises(SuspendedError):
            tasks.complete(session, SYSTEM, view.tasks[0].id, data={}, now=later, registry=REGISTRY)
        operator.resume(session, SYSTEM, one, reason="试验", now=later)
        with pytest.raises(ConflictError):
            operator.resume(session, SYSTEM, one, reason="试验", now=later)
    run_jobs(database, later)
    with database.read() as session:
        ended = [event.element_id for event in instances.history(session, one, SYSTEM) if event.action == "entered"]
        assert [name for name in ended if name in {"e1", "e2"}] == ["e1", "e2"]
        assert instances.describe(session, one, SYSTEM, later).timers == ()
