"""Scenarios of a change, played by the worker: which, on what, what a red one says, and that nothing is lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from engine import definitions, housekeeping, scenario_files, scenario_words, scenarios, studio, worker
from engine.access import SYSTEM, Grant, Viewer
from engine.connectors import Registry
from engine.errors import ConflictError, NotAllowedError, NotFoundError
from engine.rehearsing import missing_steps, rehearsal, sandbox_bases, scenario_plays, scenario_runs
from engine.rehearsing import story as rehearsal_story
from engine.rehearsing import views as rehearsal_views
from engine.rehearsing.sandboxes import Sandbox
from engine.scenario_files import ScenarioError
from engine.scenarios import Play
from engine.testing import START, Workbench
from storage import jobs
from storage.tables.studio import Rehearsal

OWNER = Viewer("owner", "Owner", (Grant("process_owner"),))
STORY = "名称: 登记后办结\n步骤:\n  - 启动: one\n  - 应有: [登记]\n  - 完成: 登记\n  - 结束: 结束\n"
OTHER = "名称: 别处的故事\n步骤:\n  - 启动: two\n  - 应有: [登记]\n"


def stage(database, registry, begin):
    return Play(Workbench(registry=registry, now=begin, database=database))


SANDBOX = Sandbox(
    verbs=frozenset(), english={}, furnished_at=START - timedelta(days=30), begin=START, stamp=lambda _session: "",
    furnish=lambda _database, _source, _now: None, stage=stage, answers=lambda _stage, _task: {},
    filed=lambda _stage, _task, data: data, files={}, played_with={"yard": ("desk",), "hall": ("desk",)},
    leads={"desk": ("完成",)},
)  # fmt: skip
REGISTRY = Registry(strict=False, sandbox=lambda: SANDBOX, aside={scenario_runs.KIND: scenario_plays.carry_out})


@pytest.fixture
def host(app, sample):
    """Two folders with a diagram and a story each, a third whose stories go through the first."""
    app.registry = REGISTRY
    with app.database.transaction() as s:
        given = {"viewer": SYSTEM, "now": app.now, "registry": REGISTRY}
        definitions.deploy(s, files={"one.bpmn": sample.ONE_STEP, "ends.yaml": STORY.encode()}, name="desk", **given)
        definitions.deploy(s, files={"two.bpmn": sample.TWO_STEPS, "two.yaml": OTHER.encode()}, name="hall", **given)
        story = STORY.replace("办结", "再办结")
        definitions.deploy(s, files={"through.yaml": story.encode()}, name="yard", **given)
    return app


def change(app, **files):
    with app.database.transaction() as s:
        made = studio.open_change(s, OWNER, title="改一步", reason="", now=app.now)
        for name, source in files.items():
            file = name.replace("__", ".")
            studio.add_file(s, OWNER, made, file, now=app.now)
            studio.save(s, OWNER, made, file, source=source, revision=1, now=app.now)
    return made


def drafted(app, change_id, file, source):
    with app.database.transaction() as s:
        before = studio.draft(s, OWNER, change_id, file)
        studio.save(s, OWNER, change_id, file, source=source, revision=before.revision, now=app.now)


def request(app, change_id):
    with app.database.transaction() as s:
        return scenario_runs.request(s, OWNER, change_id, now=app.now, registry=REGISTRY)


def state(app, change_id):
    with app.database.read() as s:
        return scenario_runs.state(s, change_id, registry=REGISTRY)


def test_stories_of_the_changed_folders_are_played_by_a_worker_and_a_save_makes_them_out_of_date(host, sample):
    made = change(host, one__bpmn=sample.ONE_STEP.replace("开始".encode(), "来电".encode()))
    before = state(host, made)
    assert [one.file for one in before.items] == ["ends.yaml", "through.yaml"], "not that of the hall"
    assert (before.total, before.up_to_date, before.green) == (2, False, False)
    assert request(host, made) == 2
    assert (state(host, made).waiting, state(host, made).up_to_date) == (2, True)
    stop = threading.Event()
    thread = threading.Thread(target=worker.loop, args=(host.database, REGISTRY, stop), kwargs={"clock": host.clock})
    thread.start()
    try:
        for _ in range(400):
            if not state(host, made).waiting:
                break
            stop.wait(0.05)
    finally:
        stop.set()
        thread.join()
    after = state(host, made)
    assert (after.passed, after.failed, after.green) == (2, 0, True)
    assert all(one.played_at for one in after.items)
    assert request(host, made) == 0, "what passed is not played again"
    drafted(host, made, "one.bpmn", sample.ONE_STEP.replace("结束".encode(), "完".encode()))
    assert [one.state for one in state(host, made).items] == ["outdated", "outdated"]
    assert not state(host, made).green


def test_a_red_story_names_its_step_what_was_expected_and_the_element(host, sample):
    made = change(host, one__bpmn=sample.ONE_STEP.replace("登记".encode(), "复核".encode()))
    request(host, made)
    host.run_jobs()
    runs = state(host, made)
    assert (runs.failed, runs.green) == (2, False)
    red = runs.items[0]
    assert (red.step, red.message_zh) == (2, "“此时应有待办：登记”：应有待办：登记；实际待办：复核")
    assert (red.diagram, red.element_id) == ("one.bpmn", "a"), "found by the name that it had"
    assert red.message == "“open now: 登记”: not open: 登记; open are: 复核"
    drafted(host, made, "one.bpmn", sample.ONE_STEP)
    assert request(host, made) == 2
    host.run_jobs()
    assert state(host, made).green
    drafted(host, made, "one.bpmn", sample.ONE_STEP.replace(b'name="', b'name="x" name="', 1))
    request(host, made)
    host.run_jobs()
    assert "草稿还不能投用" in state(host, made).items[0].message_zh


def test_a_story_that_fails_at_a_step_of_the_diagram_leads_there(host):
    story = STORY.replace("  - 结束: 结束", "  - 没有: [登记]").replace("  - 完成: 登记\n", "")
    made = change(host, ends__yaml=story.encode())
    assert request(host, made) == 1, "a drafted story is played alone"
    host.run_jobs()
    (red,) = state(host, made).items
    assert (red.state, red.diagram, red.element_id) == ("failed", "one.bpmn", "a")
    broken = change(host, ends__yaml="步骤: [".encode())
    request(host, broken)
    host.run_jobs()
    assert "第 1 行" in state(host, broken).items[0].message_zh


def test_a_worker_that_dies_loses_no_run_and_an_old_job_changes_nothing(host, sample):
    made = change(host, one__bpmn=sample.ONE_STEP.replace("开始".encode(), "来电".encode()))
    request(host, made)
    with host.database.transaction() as s:
        leased = jobs.lease(s, now=host.now, limit=2, kinds=[scenario_runs.KIND])
    assert len(leased) == 2, "a worker took them, and was killed"
    host.run_jobs()
    assert state(host, made).waiting == 2
    host.later(minutes=6)
    drafted(host, made, "one.bpmn", sample.ONE_STEP)
    assert request(host, made) == 2
    assert host.run_jobs() == 4
    assert state(host, made).green
    with host.database.read() as s:
        assert jobs.listed(s, kind=scenario_runs.KIND) == []


def test_a_rehearsal_is_kept_and_its_steps_are_taken_back(host):
    with host.database.transaction() as s:
        made = rehearsal.begin(s, OWNER, process="one", now=host.now, registry=REGISTRY)
    with host.database.read() as s:
        first = rehearsal.load(s, OWNER, made)
        (way,) = rehearsal_views.ways_of(first, REGISTRY)
    begun = rehearsal.act(first, REGISTRY, rehearsal_views.beginning(way, {}, None))
    with host.database.transaction() as s:
        rehearsal.keep(s, OWNER, begun, now=host.now)
        with pytest.raises(ConflictError):
            rehearsal.keep(s, OWNER, begun, now=host.now)
    with host.database.read() as s:
        kept = rehearsal.load(s, OWNER, made)
        assert rehearsal.mine(s, OWNER, None)[0][3] == 1
    assert kept.steps[0]["open"] == ["登记"]
    with rehearsal.on_stage(kept, REGISTRY) as play:
        (task,) = play.tasks()
    ended = rehearsal.act(kept, REGISTRY, {}, task=task.id, data={})
    assert ended.steps[-1]["ended"] == "结束"
    later = rehearsal.hours(ended, REGISTRY, "P3D")
    assert later.clock == START + timedelta(days=3)
    back = rehearsal.undo(rehearsal.undo(later))
    with rehearsal.on_stage(back, REGISTRY) as play:
        assert [one.id for one in play.tasks()] == [task.id], "as it was, with the same ids"
    story = rehearsal_story.story(later, "走一遍")
    with host.database.read() as s:
        assert scenario_plays.play(story, "walk.yaml", sandbox_bases.base(s, {}, REGISTRY), REGISTRY) is None
    assert story.decode().splitlines()[3:] == [
        *("步骤:", "  - 启动: one", "  - 应有: [登记]", "  - 完成: 登记", "  - 经过: P3D", "  - 结束: 结束"),
    ]


def test_old_rehearsals_make_room(host):
    with host.database.transaction() as s:
        for number in range(22):
            at = host.now + timedelta(minutes=number)
            rehearsal.begin(s, OWNER, process="one", now=at, registry=REGISTRY)
    with host.database.transaction() as s:
        assert s.scalar(select(func.count()).select_from(Rehearsal)) == 20
        housekeeping.tidy(s, host.now + timedelta(days=31), REGISTRY)
        assert s.scalar(select(func.count()).select_from(Rehearsal)) == 0


def test_only_who_edits_changes_has_them_played(host, sample):
    made = change(host, one__bpmn=sample.ONE_STEP)
    with host.database.transaction() as s, pytest.raises((NotAllowedError, NotFoundError)):
        scenario_runs.request(s, Viewer("anna", "Anna", (Grant("agent"),)), made, now=host.now, registry=REGISTRY)
    without = replace(REGISTRY, sandbox=None)
    with host.database.read() as s, pytest.raises(NotFoundError):
        scenario_runs.state(s, made, registry=without)


def test_a_new_step_is_added_to_the_stories_that_stop_at_it_and_they_go_well_again(host, sample):
    source = sample.ONE_STEP.decode().replace('targetRef="a"', 'targetRef="n"', 1)
    new = '<bpmn:userTask id="n" name="核实"/><bpmn:sequenceFlow id="n_a" sourceRef="n" targetRef="a"/><bpmn:userTask id="a"'
    made = change(host, one__bpmn=source.replace('<bpmn:userTask id="a"', new).encode())
    request(host, made)
    host.run_jobs()
    assert state(host, made).failed == 2
    with host.database.transaction() as s:
        (step,) = missing_steps.missing(s, made, scenario_runs.state(s, made, registry=REGISTRY))
        assert (step.element_id, step.name, len(step.stories)) == ("n", "核实", 2)
        told = missing_steps.add(s, OWNER, made, "n", now=host.now, registry=REGISTRY)
        assert told == ("登记后办结", "登记后再办结")
        assert "  - 启动: one\n  - 完成: 核实\n  - 应有: [登记]" in studio.files(s, made)["ends.yaml"].decode()
    host.run_jobs()
    assert state(host, made).green
    with host.database.transaction() as s, pytest.raises(ConflictError):
        missing_steps.add(s, OWNER, made, "n", now=host.now, registry=REGISTRY)


def test_a_date_counted_from_now_is_said_in_words():
    step = {"完成": "派单", "填写": {"due": '=now() + duration("P3D")', "at": "=now()"}}
    assert scenario_words.words(step, "zh") == "办完“派单”，填写 due 3 天后、at 此刻"
    assert scenario_words.words(step, "en") == "finish “派单”, filling in due: in 3 days, at: now"


def test_a_verb_that_misses_its_row_is_a_red_step_and_no_fault(host, sample):
    def lost(play, _value, _step):
        with play.bench.database.read() as session:
            session.scalars(select(Rehearsal)).one()

    scenario = scenario_files.parse("名称: 缺\n步骤:\n  - 登记: {}\n".encode(), "x.yaml")
    with host.database.read() as session:
        base = sandbox_bases.base(session, {}, REGISTRY)
    with sandbox_bases.opened(base) as database:
        play = replace(stage(database, REGISTRY, START), verbs={"登记": lost})
        with pytest.raises(ScenarioError, match="step 1"):
            scenarios.play(scenario, play)
