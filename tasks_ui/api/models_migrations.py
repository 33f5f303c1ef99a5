"""What programs send and get about putting running instances onto another version of their process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from tasks_ui.api.models import Code, Finding, Needed, Sentence
from tasks_ui.api.schema import Limits

Version = Annotated[int, Limits(low=0, high=2**31 - 1, about="The number of a version; 0 is the newest.")]
Exactly = Annotated[int, Limits(low=1, high=2**31 - 1, about="The number of a version.")]


@dataclass(frozen=True, slots=True)
class Step:
    """To which element of the new version an element of the old one goes; "" lets a waiting event begin anew."""

    from_element: Needed
    to_element: Code


@dataclass(frozen=True, slots=True)
class MigrationRequest:
    """To which version, and what was decided. `accept`: the elements of warnings that are agreed to, or `*` for all.

    `process` names a process that the instance has called, to move that one; "" is the instance itself.
    """

    version: Version = 0
    process: Code = ""
    steps: tuple[Step, ...] = ()
    accept: tuple[Code, ...] = ()
    reason: Sentence = ""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """Which instances of which version, to which version, and what was decided. `instances` null: all that run."""

    from_version: Exactly
    version: Version = 0
    instances: tuple[UUID, ...] | None = None
    steps: tuple[Step, ...] = ()
    accept: tuple[Code, ...] = ()
    reason: Sentence = ""


@dataclass(frozen=True, slots=True)
class Move:
    """A step an instance is at and the step it goes on at; `to_element` "" when there is none yet."""

    token_id: UUID
    element_id: str
    name: str
    to_element: str
    to_name: str


@dataclass(frozen=True, slots=True)
class InstancePlan:
    """What would become of an instance: it continues where it is, moves, or needs a decision."""

    instance_id: UUID
    business_key: str
    title: str
    process_key: str
    from_version: int
    to_version: int
    outcome: Literal["continues", "moves", "decision"]
    moves: tuple[Move, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Plans:
    """What would become of the running instances of a version: of the oldest 2,000, of which 1,000 are listed.

    `running` counts them all; more than the three figures together when not all were looked at.
    """

    continues: int
    moves: int
    decision: int
    running: int
    items: tuple[InstancePlan, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """How far the moves of a batch have come. `refused` need a decision, `skipped` ended or were moved meanwhile.

    After an undo of the batch: `undoing` wait for it, `undone` are back, `stayed` had gone on and were left.
    """

    id: UUID
    process_key: str
    from_definition_id: UUID
    to_definition_id: UUID
    from_version: int
    to_version: int
    created_at: datetime
    created_by: str
    reason: str
    total: int
    pending: int
    moved: int
    refused: int
    skipped: int
    undone: int
    undoing: int
    stayed: int
    finished: bool


@dataclass(frozen=True, slots=True)
class RefusedInstance:
    """An instance that was left where it is, and why; without findings: it had gone on and was not taken back."""

    instance_id: UUID
    business_key: str
    title: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class MigrationDetail:
    """How far a batch has come, with the first 200 instances that were refused, and that were not taken back."""

    migration: Migration
    refused: tuple[RefusedInstance, ...]


@dataclass(frozen=True, slots=True)
class Migrations:
    """Batches, newest first."""

    items: tuple[Migration, ...]
