"""Who may do what with which object. The only place that decides.

`require` answers in two steps: what a person may not know of is not found; what he sees but may not do is not allowed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from engine.errors import N_, ConflictError, NotAllowedError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

ADMIN = "admin"
PROCESS_OWNER = "process_owner"
NOT_INHERITED = frozenset({ADMIN, PROCESS_OWNER})
"""Roles that a substitute does not get."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role in a project (`scope`, "" for all), perhaps for one organisation."""

    role: str
    scope: str = ""
    org: str = ""

    def covers(self, scope: str) -> bool:
        """Tell whether the grant reaches objects of this project."""
        return self.scope in ("", scope)

    @property
    def candidates(self) -> tuple[str, ...]:
        """Candidate groups that mean this grant: the role, and `role:org` for one organisation's people."""
        return (self.role, f"{self.role}:{self.org}") if self.org else (self.role,)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person (or the system) as far as access goes. `acting_for`: whom he stands in for at this moment.

    `grants` holds also those taken over from `acting_for`; `supervised` the roles whose tasks he sees and reassigns.
    """

    login: str
    name: str
    grants: tuple[Grant, ...] = ()
    locale: str = "zh_Hans_CN"
    acting_for: tuple[str, ...] = ()
    supervised: tuple[Grant, ...] = ()

    @property
    def roles(self) -> frozenset[str]:
        """The role codes held anywhere."""
        return frozenset(grant.role for grant in self.grants)

    def has(self, role: str, scope: str = "") -> bool:
        """Tell whether the role is held for this project; "" asks for the role anywhere."""
        return any(g.role == role and (not scope or g.covers(scope)) for g in self.grants)

    @property
    def is_admin(self) -> bool:
        """Administrator: everywhere or not at all."""
        return Grant(ADMIN) in self.grants

    @property
    def is_process_owner(self) -> bool:
        """Process owner: everywhere or not at all."""
        return Grant(PROCESS_OWNER) in self.grants

    @property
    def logins(self) -> tuple[str, ...]:
        """Himself and those he stands in for."""
        return (self.login, *self.acting_for)

    def candidate_of(self, groups: Iterable[str], scope: str) -> bool:
        """Tell whether a grant makes him a candidate of these groups in this project."""
        wanted = frozenset(groups)
        return any(g.covers(scope) and not wanted.isdisjoint(g.candidates) for g in self.grants)

    def supervises(self, groups: Iterable[str], scope: str) -> bool:
        """Tell whether he supervises one of these groups in this project; `role:org` is a part of its role."""
        wanted = frozenset(group.partition(":")[0] for group in groups)
        return any(g.covers(scope) and g.role in wanted for g in self.supervised)


SYSTEM = Viewer(login="system", name="System", grants=(Grant(ADMIN),), locale="en")
"""The engine itself: workers, timers, start-up."""


class Action(StrEnum):
    """What may be asked for. The object each needs is named in `RULES`."""

    TASK_VIEW = "task.view"
    TASK_CLAIM = "task.claim"
    TASK_RELEASE = "task.release"
    TASK_COMPLETE = "task.complete"
    TASK_DRAFT = "task.draft"
    TASK_DELEGATE = "task.delegate"
    TASK_REASSIGN = "task.reassign"
    TASK_COMMENT = "task.comment"
    ATTACHMENT_PUT = "attachment.put"
    ATTACHMENT_VIEW = "attachment.view"
    INSTANCE_VIEW = "instance.view"
    INSTANCE_COMMENT = "instance.comment"
    INSTANCE_START = "instance.start"
    INSTANCE_CANCEL = "instance.cancel"
    INSTANCE_MOVE = "instance.move"
    INSTANCE_VARIABLES = "instance.variables"
    INSTANCE_SUSPEND = "instance.suspend"
    INSTANCE_MIGRATE = "instance.migrate"
    MESSAGE_SEND = "message.send"
    DEFINITION_VIEW = "definition.view"
    DEFINITION_DEPLOY = "definition.deploy"
    DEFINITION_MIGRATE = "definition.migrate"
    STUDIO_USE = "studio.use"
    STUDIO_SETTINGS = "studio.settings"
    CHANGE_EDIT = "change.edit"
    CHANGE_REVIEW = "change.review"
    CHANGE_PUBLISH = "change.publish"
    INCIDENT_VIEW = "incident.view"
    INCIDENT_RESOLVE = "incident.resolve"
    JOB_VIEW = "job.view"
    AUDIT_VIEW = "audit.view"
    PEOPLE_VIEW = "people.view"
    PEOPLE_EDIT = "people.edit"
    SUBSTITUTION_EDIT = "substitution.edit"
    REGISTER_VIEW = "register.view"
    REGISTER_EDIT = "register.edit"
    PROCESS_REGISTER_EDIT = "register.edit.process"


class TaskLike(Protocol):
    """The parts of a task that decide."""

    scope: Any
    assignee: Any
    owner: Any
    state: Any
    completed_by: Any
    candidate_groups: Any
    candidate_users: Any


@dataclass(frozen=True, slots=True)
class InstanceSubject:
    """An instance as far as access goes: its project, its process's roles, the people who had to do with it."""

    scope: str
    roles: Sequence[str]
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class StartSubject:
    """A process to be started for a project: `starters` (empty: everybody with one of `roles`)."""

    scope: str
    starters: Sequence[str]
    roles: Sequence[str]


def _always(_viewer: Viewer, _obj: Any) -> bool:
    return True


def _admin(viewer: Viewer, _obj: Any) -> bool:
    return viewer.is_admin


def _owner(viewer: Viewer, _obj: Any) -> bool:
    return viewer.is_admin or viewer.is_process_owner


def _staff(viewer: Viewer, _obj: Any) -> bool:
    """Everybody with a role of his own, outside organisations (contractors) excepted."""
    return any(not grant.org for grant in viewer.grants)


def _candidate(viewer: Viewer, task: TaskLike) -> bool:
    return viewer.candidate_of(task.candidate_groups, task.scope) or not set(viewer.logins).isdisjoint(
        task.candidate_users
    )


def _holds(viewer: Viewer, task: TaskLike) -> bool:
    return bool(task.assignee) and task.assignee in viewer.logins


def _sees_task(viewer: Viewer, task: TaskLike) -> bool:
    return (
        viewer.is_admin
        or _holds(viewer, task)
        or _candidate(viewer, task)
        or viewer.supervises(task.candidate_groups, task.scope)
        or (bool(task.completed_by) and task.completed_by in viewer.logins)
        or (bool(task.owner) and task.owner in viewer.logins)
    )


def _claims(viewer: Viewer, task: TaskLike) -> bool:
    if task.assignee and task.assignee not in viewer.logins:  # whoever supervises hands it on, with a reason
        raise ConflictError(N_("The task is already taken by {user}."), user=task.assignee)
    return viewer.is_admin or _holds(viewer, task) or _candidate(viewer, task)


def _releases(viewer: Viewer, task: TaskLike) -> bool:
    return _holds(viewer, task) or _reassigns(viewer, task)


def _reassigns(viewer: Viewer, task: TaskLike) -> bool:
    return viewer.is_admin or viewer.supervises(task.candidate_groups, task.scope)


def _sees_instance(viewer: Viewer, subject: InstanceSubject) -> bool:
    """People of the process's roles see its cases in their projects; outside organisations only those they work on."""
    inside = tuple(grant for grant in viewer.grants if not grant.org)
    return (
        viewer.is_admin
        or viewer.is_process_owner
        or any(g.role in subject.roles and g.covers(subject.scope) for g in inside)
        or viewer.supervises(subject.roles, subject.scope)
        or not subject.people.isdisjoint(viewer.logins)
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """Which instances a person sees, for a query: those of `roles` (role, project or "" for all) and his own."""

    roles: tuple[tuple[str, str], ...]
    logins: tuple[str, ...]


def reach(viewer: Viewer) -> Reach | None:
    """Say `_sees_instance` for lists, which the database cuts into pages; None means all."""
    if viewer.is_admin or viewer.is_process_owner:
        return None
    held = [*(grant for grant in viewer.grants if not grant.org), *viewer.supervised]
    return Reach(tuple(sorted({(grant.role, grant.scope) for grant in held})), viewer.logins)


def _sends(viewer: Viewer, subject: InstanceSubject | None) -> bool:
    """Staff who see an instance may send it a message; only administrators send to all (None)."""
    if subject is None:
        return viewer.is_admin
    return _staff(viewer, subject) and _sees_instance(viewer, subject)


def _starts(viewer: Viewer, subject: StartSubject) -> bool:
    wanted = subject.starters or subject.roles
    return viewer.is_admin or viewer.candidate_of(wanted, subject.scope) or viewer.login in subject.starters


def _substitutes(viewer: Viewer, login: str) -> bool:
    return viewer.is_admin or viewer.login == login


RULES: Mapping[Action, tuple[Callable[[Viewer, Any], bool], Callable[[Viewer, Any], bool]]] = {
    # action: (may he know of it, may he do it); the object is a task …
    Action.TASK_VIEW: (_sees_task, _always),
    Action.TASK_CLAIM: (_sees_task, _claims),
    Action.TASK_COMPLETE: (_sees_task, _claims),
    Action.TASK_DRAFT: (_sees_task, _claims),
    Action.TASK_RELEASE: (_sees_task, _releases),
    Action.TASK_DELEGATE: (_sees_task, _releases),
    Action.TASK_REASSIGN: (_sees_task, _reassigns),
    Action.TASK_COMMENT: (_sees_task, _always),
    Action.ATTACHMENT_PUT: (_sees_task, _claims),
    Action.ATTACHMENT_VIEW: (_sees_instance, _always),
    # … an InstanceSubject or StartSubject …
    Action.INSTANCE_VIEW: (_sees_instance, _always),
    Action.INSTANCE_COMMENT: (_sees_instance, _always),
    Action.MESSAGE_SEND: (_sends, _sends),
    Action.INSTANCE_START: (_always, _starts),
    Action.INSTANCE_CANCEL: (_sees_instance, _admin),
    Action.INSTANCE_MOVE: (_sees_instance, _admin),
    Action.INSTANCE_VARIABLES: (_sees_instance, _admin),
    Action.INSTANCE_SUSPEND: (_sees_instance, _admin),
    Action.INSTANCE_MIGRATE: (_sees_instance, _admin),
    # … a login …
    Action.SUBSTITUTION_EDIT: (_always, _substitutes),
    # … or nothing in particular (None)
    Action.DEFINITION_VIEW: (_always, _staff),
    Action.DEFINITION_DEPLOY: (_always, _owner),
    Action.DEFINITION_MIGRATE: (_always, _owner),
    Action.STUDIO_USE: (_always, _owner),
    Action.STUDIO_SETTINGS: (_always, _admin),
    Action.CHANGE_EDIT: (_always, _owner),
    Action.CHANGE_REVIEW: (_always, _owner),
    Action.CHANGE_PUBLISH: (_always, _owner),
    Action.INCIDENT_VIEW: (_always, _owner),
    Action.INCIDENT_RESOLVE: (_always, _admin),
    Action.JOB_VIEW: (_always, _admin),
    Action.AUDIT_VIEW: (_always, _admin),
    Action.PEOPLE_VIEW: (_always, _staff),
    Action.PEOPLE_EDIT: (_always, _admin),
    Action.REGISTER_VIEW: (_always, _staff),
    Action.REGISTER_EDIT: (_always, _admin),
    Action.PROCESS_REGISTER_EDIT: (_always, _owner),
}


def allowed(viewer: Viewer, action: str, obj: Any = None) -> bool:
    """Tell whether `require` would pass (to show or hide a button)."""
    try:
        require(viewer, action, obj)
    except (NotFoundError, NotAllowedError, ConflictError):
        return False
    return True


def require(viewer: Viewer, action: str, obj: Any = None) -> None:
    """Pass silently when the viewer may do it.

    Raises:
        NotFoundError: he may not know of the object.
        NotAllowedError: he may see it, but not do this.
        ConflictError: he might have, but somebody else holds the task.
    """
    visible, permitted = RULES[Action(action)]
    if not visible(viewer, obj):
        raise NotFoundError(N_("There is no such thing, or you may not see it."))
    if not permitted(viewer, obj):
        raise NotAllowedError(N_("You may not do this."))
