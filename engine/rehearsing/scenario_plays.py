"""Play one scenario of a change on a database of its own. What it needs is loaded only by who plays."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from engine import scenario_files, scenario_words, scenarios, studio
from engine.core import parse
from engine.errors import DeploymentRefused, KeyturnError
from engine.rehearsing import sandbox_bases, scenario_runs
from engine.rehearsing import views as rehearsal_views
from engine.scenario_files import ScenarioError
from engine.studio import resources
from storage import jobs as queue
from storage import scenario_runs as queries
from storage import studio_resources

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from engine.scenario_files import Scenario
    from engine.scenarios import Play
    from storage.session import Database
    from storage.tables.work import Job

__all__ = ["carry_out", "play"]
MOST_JOBS = 20_000
"""What may happen in one step of a story: what never ends is found, and the worker goes on."""
MOST_OPEN = 30


def carry_out(database: Database, job: Job, clock: Callable[[], datetime], registry: Registry) -> None:
    """Play the scenario of a job, with no transaction open meanwhile, and note what came of it.

    Nothing is noted when the run was asked for anew meanwhile, or is gone: its job is done then.
    """
    run_id, wanted = UUID(job.payload["run"]), job.payload["digest"]
    with database.read() as session:
        run = queries.get(session, run_id)
        due = run is not None and run.state == scenario_runs.WAITING and run.digest == wanted
        made = _prepared(session, run.change_set_id, run.file, registry) if run is not None and due else None
    failure = None
    if isinstance(made, ScenarioError):
        failure = made
    elif made is not None:
        failure = played(*made, registry)
        if failure is not None and run is not None and (names := _named(made[0], failure.step)):
            with database.read() as session:  # a step that the drafts name otherwise: by the name it had
                changed = studio.files(session, run.change_set_id)
                failure.element_id = _element(session, "", names, changed) or failure.element_id
    with database.transaction() as session:
        if not queue.finish(session, job) or made is None:
            return
        run = queries.get(session, run_id, locked=True)
        if run is None or run.digest != wanted or run.state != scenario_runs.WAITING:
            return
        run.state, run.played_at = scenario_runs.FAILED if failure else scenario_runs.PASSED, clock()
        if failure:
            run.step, run.message, run.message_zh = failure.step, failure.reason, failure.reason_zh
            run.element_id, run.open_tasks = failure.element_id, failure.open_tasks
        session.flush()


def _prepared(
    session: Session, change_id: UUID, file: str, registry: Registry
) -> tuple[Scenario, bytes] | ScenarioError:
    """Read a scenario of a change and furnish its stage, or say why that cannot be."""
    drafts = studio.files(session, change_id)
    try:
        scenario = scenario_files.parse(drafts.get(file) or resources.source(session, file), file)
        return scenario, sandbox_bases.base(session, drafts, registry)
    except ScenarioError as error:
        return error
    except DeploymentRefused as refused:
        first = refused.findings[0]
        english = f"the drafts cannot be put in force: {first}"
        return ScenarioError(
            file, 0, english, f"草稿还不能投用：{first.chinese()}", element_id=f"{first.file}#{first.element_id}"
        )
    except KeyturnError as error:
        return ScenarioError(file, 0, str(error), _chinese(error, registry))


def played(scenario: Scenario, base: bytes, registry: Registry) -> ScenarioError | None:
    """Play a scenario on a copy of a furnished database; give what went wrong, None when nothing did."""
    sandbox, own = sandbox_bases.sandbox_of(registry), sandbox_bases.inside(registry)
    with sandbox_bases.opened(base) as database:
        stage = sandbox.stage(database, own, scenario.begin or sandbox.begin)
        stage.wide = scenario.wide
        stage.bench.clock.most = MOST_JOBS
        try:
            scenarios.play(scenario, stage)
        except ScenarioError as error:
            explained = _explained(error, scenario, database, registry)
            explained.open_tasks = _open(stage)
            return explained
        if not (found := stage.bench.incidents()):
            return None
        said = "; ".join(incident.message for incident in found)
        return ScenarioError(scenario.name, len(scenario.steps), f"incidents: {said}", f"出现异常：{said}")


def _open(stage: Play) -> list[dict[str, str]]:
    """Note what is open on a stage, with the role that does it."""
    return [
        {"id": one.element_id, "name": one.name, "role": next((g for g in one.candidate_groups if ":" not in g), "")}
        for one in stage.tasks()[:MOST_OPEN]
    ]


def _explained(error: ScenarioError, scenario: Scenario, database: Database, registry: Registry) -> ScenarioError:
    """Say an error with the words of its step, in the reader's language, and where in the diagrams it happened."""
    step = scenario.steps[error.step - 1] if 0 < error.step <= len(scenario.steps) else {}
    english = sandbox_bases.sandbox_of(registry).english
    reason_zh = error.reason_zh
    if isinstance(error.__cause__, KeyturnError):
        reason_zh = _chinese(error.__cause__, registry)
    with database.read() as session:
        element = _element(session, error.element_id, scenario_words.named(step))
        said = scenario_words.words(step, "en", english, rehearsal_views.labels(session, "en"))
        said_zh = scenario_words.words(step, "zh", english, rehearsal_views.labels(session, "zh"))
    return ScenarioError(
        error.scenario, error.step, f"“{said}”: {error.reason}", f"“{said_zh}”：{reason_zh}", element_id=element
    )


def _named(scenario: Scenario, number: int) -> tuple[str, ...]:
    return scenario_words.named(scenario.steps[number - 1]) if 0 < number <= len(scenario.steps) else ()


def _chinese(error: KeyturnError, registry: Registry) -> str:
    details = list(getattr(error, "errors", ()))
    if registry.render is None:
        return str(error)
    said = registry.render(error.template, error.fields, "zh_Hans_CN")
    more = [
        (one.label + "：" if one.label else "")
        + (one.template if one.own else registry.render(one.template, one.fields, "zh_Hans_CN"))
        for one in details
    ]
    return "；".join([said, *more])


def _element(session: Session, element_id: str, names: tuple[str, ...], files: Collection[str] | None = None) -> str:
    """Find the diagram that has an element of this id, or else of one of these names: `file#element`, "" when none.

    `files`: only in these.
    """
    for row in studio_resources.newest(session):
        if row.kind != "bpmn" or (files is not None and row.file not in files):
            continue
        model = parse.parse(studio_resources.source(session, "bpmn", row.id))
        for process in model.processes.values():
            for node in process.nodes.values():
                if (element_id and node.id == element_id) or (not element_id and node.name in names):
                    return f"{row.file}#{node.id}"
    return f"#{element_id}" if element_id else ""


def play(source: bytes, file: str, base: bytes, registry: Registry) -> ScenarioError | None:
    """Play a scenario's text on a furnished database; give what went wrong."""
    try:
        scenario = scenario_files.parse(source, file)
    except ScenarioError as error:
        return error
    return played(scenario, base, registry)
