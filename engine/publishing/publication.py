"""Publish a change of the studio: whole or not at all, with what becomes of the cases that run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine import access, definitions, deployment, migration_batches
from engine.access import Action
from engine.bindings import digest_of
from engine.core import compare
from engine.errors import N_, ConflictError, DeploymentRefused, InvalidInputError, NotFoundError
from engine.notifications import notify
from engine.publishing import impact
from engine.publishing.impact import NOTHING, Decided
from engine.regulation import HEAD
from engine.rehearsing import scenario_runs
from engine.studio import comparisons, drafted, resources
from engine.studio import settings as studio_settings
from engine.studio.views import IN_REVIEW, OPEN, PUBLISHED, draft_views
from storage import audit, moves, people
from storage import definitions as definition_rows
from storage import studio as queries
from storage import studio_publications as publication_rows
from storage.tables.studio import Publication, PublicationFile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.core.findings import Finding
    from engine.studio.drafted import Drafted
    from engine.studio.views import DraftView
    from storage.tables.studio import ChangeSet

MAX_REASON = 5_000
MAX_DIFFERENCES = 100
Review = Literal["not_needed", "asked", "missing", "approved"]


@dataclass(frozen=True, slots=True)
class Moves:
    """Which running cases go to the new versions: none, all that can, or those of `instance_ids` (`some`).

    `decided` says by process key to which step each step goes, and what was agreed to.
    """

    which: Literal["none", "all", "some"] = "none"
    instance_ids: Collection[UUID] = ()
    decided: Mapping[str, Decided] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenarios:
    """How the scenarios went that are played on a change before it is published; `failed` by name.

    `unplayed` were not played on what is drafted now, and nobody has asked for it.
    """

    total: int = 0
    waiting: int = 0
    unplayed: int = 0
    failed: tuple[str, ...] = ()

    @property
    def green(self) -> bool:
        """Tell whether all of them were played on this very content, and went well."""
        return not self.failed and not self.waiting and not self.unplayed


@dataclass(frozen=True, slots=True)
class Readiness:
    """What stands in the way of publishing a change. `outdated`: files published by somebody else meanwhile."""

    files: tuple[str, ...]
    outdated: tuple[str, ...]
    findings: tuple[Finding, ...]
    review: Review
    scenarios: Scenarios

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop it."""
        return tuple(one for one in self.findings if one.severity == "error")

    @property
    def ready(self) -> bool:
        """Tell whether it can be published as it is."""
        reviewed = self.review in ("not_needed", "approved")
        return bool(self.files) and not self.outdated and not self.errors and reviewed and self.scenarios.green


def readiness(session: Session, viewer: Viewer, change_id: UUID, *, registry: Registry) -> Readiness:
    """Say what stands in the way of publishing a change. Raises NotFoundError, NotAllowedError."""
    access.require(viewer, Action.STUDIO_USE)
    row = queries.change(session, change_id)
    if row is None:
        raise NotFoundError(N_("There is no such change."))
    return _readiness(session, row, registry)


def _readiness(session: Session, row: ChangeSet, registry: Registry) -> Readiness:
    drafts = _drafts(session, row)
    files = {one.file for one in drafts}
    content = {file: source for file, source in queries.sources(session, row.id).items() if file in files}
    checked = deployment.check(session, files=content, registry=registry) if content else []
    if content and not any(one.severity == "error" for one in checked):
        whole = drafted.together(session, content).sources
        if len(whole) > len(content):
            checked = deployment.check(session, files=whole, registry=registry)
    findings = drafted.strictly(checked, content)
    return Readiness(
        files=tuple(one.file for one in drafts),
        outdated=tuple(one.file for one in drafts if one.outdated),
        findings=tuple(findings),
        review=_review(session, row, registry),
        scenarios=scenarios(session, row.id, registry),
    )


def _drafts(session: Session, row: ChangeSet) -> list[DraftView]:
    """List the drafts that differ from what is published."""
    in_force = {one.file: one for one in resources.published(session)}
    return [one for one in draft_views(session, row, in_force) if not one.same]


def _review(session: Session, row: ChangeSet, registry: Registry) -> Review:
    if row.verdict == "approved":
        return "approved"
    if row.state == IN_REVIEW:
        return "asked"
    return "missing" if registry.four_eyes or studio_settings.second_person(session) else "not_needed"


def scenarios(session: Session, change_id: UUID, registry: Registry) -> Scenarios:
    """Say how the scenarios of a change went on exactly what is drafted now."""
    if registry.sandbox is None:  # nothing to play them on
        return Scenarios()
    runs = scenario_runs.state(session, change_id, registry=registry)
    failed = tuple(one.name or one.file for one in runs.items if one.state == scenario_runs.FAILED)
    unplayed = sum(one.state == scenario_runs.OUTDATED for one in runs.items)
    return Scenarios(runs.total, runs.waiting, unplayed, failed)


# Publishing


def publish(
    session: Session,
    viewer: Viewer,
    change_id: UUID,
    *,
    reason: str = "",
    moved: Moves | None = None,
    now: datetime,
    registry: Registry,
) -> UUID:
    """Publish all drafts of a change and return the publication; then begin to move the chosen cases.

    Raises:
        DeploymentRefused: something drafted cannot run: see its findings.
        ConflictError: it was published already, or what is published changed meanwhile, or a review or a scenario is
            missing.
        InvalidInputError: no reason is given, nothing differs, or a decision names unknown steps.
        NotFoundError: there is no such change. NotAllowedError: the viewer may not publish.
    """
    access.require(viewer, Action.CHANGE_PUBLISH)
    row = _locked(session, change_id)
    reason = (reason.strip() or row.reason)[:MAX_REASON]
    if not reason:
        raise InvalidInputError(N_("Please say why."))
    found = _readiness(session, row, registry)
    _stop(found)
    drafts = [one for one in _drafts(session, row) if one.file in found.files]
    before = {one.file: None if one.is_new else resources.source(session, one.file) for one in drafts}
    after = {file: source for file, source in queries.sources(session, row.id).items() if file in before}
    made = bring(session, viewer, after, row=row, drafts=drafts, reason=reason, now=now, registry=registry)
    batches = begin_moves(session, viewer, made, moved or Moves(), reason=reason, now=now)
    publication = Publication(
        change_set_id=row.id, deployment_id=made.id, published_by=viewer.login,
        published_at=publication_rows.moment_of(session, made.id),  # no two are of the same moment
        batches=[str(one) for one in batches], undone_at=None, undo_deployment_id=None,
    )  # fmt: skip
    session.add(publication)
    session.flush()
    for one in drafts:
        content = {"before": before[one.file], "after": after[one.file]}
        session.add(
            PublicationFile(publication_id=publication.id, file=one.file, kind=one.kind, folder=one.folder, **content)
        )
    row.state, row.reason, row.updated_at = PUBLISHED, reason, now
    session.flush()
    _record(session, viewer, row, publication, before, after, made, now=now)
    _tell(session, viewer, row, publication, drafts, now=now)
    return publication.id


def _locked(session: Session, change_id: UUID) -> ChangeSet:
    """Find a change that is still open, and let nobody else publish: none is judged by what is just being replaced."""
    row = queries.change(session, change_id, lock=True)
    if row is None:
        raise NotFoundError(N_("There is no such change."))
    if row.state not in (OPEN, IN_REVIEW):
        raise ConflictError(N_("This change is not open any more: it was published or discarded."))
    publication_rows.hold(session)
    return row


def _stop(found: Readiness) -> None:
    """Raise the first reason not to publish."""
    if not found.files:
        raise InvalidInputError(N_("Nothing in this change differs from what is published."))
    if found.outdated:
        raise ConflictError(
            N_("{files}: somebody else published this since you began. Open the change and take that over first."),
            files="、".join(found.outdated),
        )  # fmt: skip
    if found.errors:
        raise DeploymentRefused(found.findings)
    if found.review in ("asked", "missing"):
        raise ConflictError(N_("A second person has to approve of this change before it is published."))
    if found.scenarios.failed:
        names = "、".join(found.scenarios.failed)
        raise ConflictError(N_("These scenarios fail on this change: {names}."), names=names)
    if found.scenarios.waiting:
        raise ConflictError(N_("The scenarios are still being played on this change. Please wait for them."))
    if found.scenarios.unplayed:
        raise ConflictError(N_("Have the scenarios played on this change first."))


def bring(
    session: Session,
    viewer: Viewer,
    files: Mapping[str, bytes],
    *,
    row: ChangeSet | None = None,
    drafts: Collection[DraftView] = (),
    reason: str,
    now: datetime,
    registry: Registry,
) -> deployment.Deployment:
    """Deploy files with what comes along, each process with its regulation's head carried on. Raises as `deploy`."""
    whole = drafted.together(session, files)
    heads = _heads(session, viewer, whole, row=row, drafts=drafts, now=now, registry=registry)
    folders = {one.file: one.folder for one in drafts if one.folder}
    return deployment.deploy(
        session, files=whole.sources, viewer=viewer, now=now, registry=registry, note=reason, heads=heads,
        folders=folders, name=next(iter(set(folders.values())), "") if len(set(folders.values())) == 1 else "",
    )  # fmt: skip


def _heads(
    session: Session,
    viewer: Viewer,
    whole: Drafted,
    *,
    row: ChangeSet | None,
    drafts: Collection[DraftView],
    now: datetime,
    registry: Registry,
) -> dict[str, dict[str, Any]]:
    """Carry on the head of each regulation (B60): one change more, by whom, and what was edited in it by hand."""
    editors = {one.file: one.edited_by for one in drafts}
    reviewed_by, reviewed_at = (row.reviewed_by, row.reviewed_at) if row and row.verdict == "approved" else ("", None)
    names = people.names(session, {*editors.values(), reviewed_by, viewer.login})
    zone = definitions.calendar(session, registry).zone
    today = now.astimezone(zone).date()
    found = {}
    for key in whole.renewed:
        last = definition_rows.latest_process(session, key)
        head = {name: getattr(last, name) for name in HEAD if name != "note"} if last is not None else {}
        head |= {"changes": last.changes + 1} if last is not None else {}
        editor = editors.get(whole.files[key], viewer.login)
        head |= {"author": names.get(editor, editor), "written_on": today}
        head |= {"approver": names.get(viewer.login, viewer.login), "approved_on": today}
        if reviewed_at is not None:
            head |= {"reviewer": names.get(reviewed_by, reviewed_by)}
            head |= {"reviewed_on": reviewed_at.astimezone(zone).date()}
        was = definitions.program(session, last.id).process.properties if last is not None else {}
        now_drawn = whole.programs[key].process.properties
        head |= {name: now_drawn[name] for name in HEAD if now_drawn.get(name) and now_drawn[name] != was.get(name)}
        found[key] = head
    return found


def begin_moves(
    session: Session, viewer: Viewer, made: deployment.Deployment, moved: Moves, *, reason: str, now: datetime
) -> list[UUID]:
    """Have the chosen cases moved to the versions that a deployment made, a batch for each version they are on."""
    batches: list[UUID] = []
    if moved.which == "none":
        return batches
    wanted = None if moved.which == "all" else list(moved.instance_ids)
    for item in made.processes:
        decided = moved.decided.get(item.key, NOTHING)
        for row in definition_rows.process_versions(session, item.key) if item.new else ():
            chosen = moves.running(session, row.id, wanted) if row.id != item.id else ()
            if not chosen:
                continue
            mapping = impact.fitting(definitions.program(session, row.id), decided.mapping)
            batches.append(
                migration_batches.migrate_all(
                    session, viewer, row.id, target_definition_id=item.id, mapping=mapping, accept=decided.accept,
                    instance_ids=chosen, reason=reason, now=now,
                )
            )  # fmt: skip
    return batches


# Telling


def _record(
    session: Session,
    viewer: Viewer,
    row: ChangeSet,
    publication: Publication,
    before: Mapping[str, bytes | None],
    after: Mapping[str, bytes],
    made: deployment.Deployment,
    *,
    now: datetime,
) -> None:
    files = {
        file: {"before": digest_of(before[file] or b"")[:12] if before[file] else "", "after": digest_of(source)[:12]}
        for file, source in after.items()
    }
    detail = {
        "title": row.title, "reason": row.reason, "files": files, "changes": _differences(session, before, after),
        "versions": [f"{one.kind}:{one.key}:{one.version}" for one in made.items if one.new],
        "moves": len(publication.batches),
    }  # fmt: skip
    subject = f"publication:{publication.id}"
    audit.record(session, actor=viewer.login, action="studio.publish", subject=subject, detail=detail, now=now)


def _differences(
    session: Session, before: Mapping[str, bytes | None], after: Mapping[str, bytes]
) -> dict[str, list[str]]:
    """Say in words what differs in each file, for the audit log; what is only drawn otherwise does not count."""
    found, words = {}, comparisons.words(session)
    for file, source in after.items():
        changes = compare.compare(resources.kind_of(file), before[file] or b"", source, words)
        found[file] = [one.message_zh for one in changes if one.kind != "layout"][:MAX_DIFFERENCES]
    return found


def _tell(
    session: Session,
    viewer: Viewer,
    row: ChangeSet,
    publication: Publication,
    drafts: Collection[DraftView],
    *,
    now: datetime,
) -> None:
    """Tell those who worked on the change, and those whose own drafts are outdated by it."""
    concerned = {row.created_by, row.reviewer, row.reviewed_by, *(one.edited_by for one in drafts)}
    concerned |= {said.written_by for said in queries.comments(session, row.id)}
    for login in sorted(concerned - {"", "system", viewer.login}):
        notify(
            session, recipient=login, template=N_("{name} published the change “{title}”."),
            fields={"name": viewer.name, "title": row.title}, link=f"/studio/publications/{publication.id}", now=now,
        )  # fmt: skip
    for draft in drafts:
        for other in queries.others_drafting(session, draft.file, row.id):
            if other.created_by not in ("system", viewer.login):
                notify(
                    session, recipient=other.created_by,
                    template=N_("{name} published {file}, which your change “{title}” edits too: take that over."),
                    fields={"name": viewer.name, "file": draft.name, "title": other.title},
                    link=f"/studio/changes/{other.id}", now=now,
                )  # fmt: skip
