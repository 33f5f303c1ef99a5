"""What programs send and get: every request and answer of the API as a dataclass. Moments carry their zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from tasks_ui.api.schema import Limits

Code = Annotated[str, Limits(longest=200)]
Needed = Annotated[str, Limits(shortest=1, longest=200)]
Sentence = Annotated[str, Limits(longest=2000)]
Reason = Annotated[str, Limits(shortest=1, longest=2000, about="Why. It goes to the audit log.")]
Expression = Annotated[str, Limits(shortest=1, longest=20_000)]
Position = Annotated[int, Limits(low=1, high=1_000_000)]
Size = Annotated[int, Limits(low=1, high=200)]
Number = Annotated[int, Limits(low=0, high=2**53)]
Span = Annotated[str, Limits(shortest=2, longest=40, about="An ISO 8601 duration of weeks to seconds, like PT1H.")]
Variables = dict[str, Any]


# What went wrong


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong part of a request: where (a JSON pointer) and what is wrong."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A remark about an element of a diagram, a table or a form, in English and Chinese."""

    element_id: str
    rule: str
    severity: Literal["error", "warning", "info"]
    message: str
    message_zh: str
    name: str
    file: str
    line: int
    repair: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document after RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: tuple[FieldProblem, ...]
    findings: tuple[Finding, ...]
    request_id: str


# Definitions


@dataclass(frozen=True, slots=True)
class DeployFields:
    """What may come with the files of a deployment."""

    name: Code = ""
    note: Sentence = ""


@dataclass(frozen=True, slots=True)
class CheckFields:
    """Nothing comes with files that are only checked."""


@dataclass(frozen=True, slots=True)
class RepairFields:
    """Which repairs to carry out."""

    repairs: Annotated[
        str,
        Limits(longest=20_000, about="Kinds of repair or what findings name as theirs, by commas; all when empty."),
    ] = ""


@dataclass(frozen=True, slots=True)
class Repair:
    """A change that mends a finding: its id is what the finding names."""

    id: str
    element_id: str
    rule: str
    title: str
    title_zh: str


@dataclass(frozen=True, slots=True)
class RepairedFile:
    """A diagram after the repairs; `proposals` can still be chosen."""

    file: str
    content: str
    applied: tuple[Repair, ...]
    proposals: tuple[Repair, ...]


@dataclass(frozen=True, slots=True)
class Repaired:
    """The diagrams after the repairs, and what a deployment of all the files would be told now."""

    files: tuple[RepairedFile, ...]
    deployable: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class DeployedItem:
    """A process, decision or form in force after a deployment; `new`: its content made a new version."""

    kind: str
    id: UUID
    key: str
    version: int
    name: str
    new: bool


@dataclass(frozen=True, slots=True)
class Deployment:
    """What a deployment brought, with the remarks that did not stop it."""

    id: UUID
    items: tuple[DeployedItem, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a deployment of these files would be told. `deployable`: no error among the findings."""

    deployable: bool
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class DefinitionQuery:
    """Which process definitions."""

    key: Code = ""
    all_versions: bool = False


@dataclass(frozen=True, slots=True)
class VersionQuery:
    """Which version of a process: 0 is the newest."""

    version: Annotated[int, Limits(low=0, high=2**31 - 1)] = 0


@dataclass(frozen=True, slots=True)
class Definition:
    """A version of a process; `newest`: new instances start with it."""

    id: UUID
    key: str
    version: int
    version_tag: str
    name: str
    note: str
    state: str
    created_at: datetime
    created_by: str
    newest: bool


@dataclass(frozen=True, slots=True)
class Definitions:
    """Process definitions by key, newest version first."""

    items: tuple[Definition, ...]


@dataclass(frozen=True, slots=True)
class StartForm:
    """The form of a process's start event, as a form-js schema."""

    form: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class StartRequest:
    """How to start an instance. `scope` is the project, null: see the operation; `title` is what inboxes show."""

    variables: Variables = field(default_factory=dict)
    business_key: Code = ""
    scope: Code | None = None
    title: Annotated[str, Limits(longest=500)] = ""
