"""Publishing changes of the studio and taking them back, on both databases: whole or not at all, and the cases with it."""

from __future__ import annotations

import threading

import pytest
from samples import END, START, bpmn, flow, user
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from test_impact import form, formed, publish, table
from test_moves import on_old, rows, two_steps

from engine import definitions, studio
from engine.access import SYSTEM, Grant, Viewer
from engine.errors import ConflictError, DeploymentRefused, InvalidInputError, KeyturnError, NotAllowedError
from engine.publishing import deliveries, impact, publication, publications, taking_back
from engine.studio import resources
from storage import studio as change_rows
from storage.tables.definitions import Deployment, ProcessDefinition
from storage.tables.instances import AuditEntry, ProcessInstance
from storage.tables.studio import ChangeSet
from storage.tables.work import Notification

OWNER = Viewer("bai", "柏流程", (Grant("process_owner"),))
OTHER = Viewer("you", "尤二", (Grant("process_owner"),))


def three_steps(*steps, name="三步"):
    row = ("s", *steps, "e")
    return bpmn(
        START + "".join(user(s, name=f"{s}步") for s in steps) + END + "".join(map(flow, row, row[1:])), name=name
    )


def drafted(app, viewer=OWNER, title="改流程", **files):
    """Open a change with drafts; `None` takes a file over as it is."""
    made = app.call(studio.open_change, viewer, title=title, reason="试一试")
    with app.database.read() as s:
        known = {one.file for one in resources.published(s)}
    for name, source in files.items():
        file = name.replace("_", ".")
        app.call(studio.add_file, viewer, made, file, source=None if file in known else source)
        if file in known and source is not None:
            app.call(studio.save, viewer, made, file, source=source, revision=1)
    return made


def published(app, change, viewer=OWNER, **options):
    app.later(seconds=1)
    return app.call(publication.publish, viewer, change, registry=app.registry, **options)


def taken_back(app, made, viewer=OWNER, **options):
    app.later(seconds=1)
    return app.call(
        taking_back.take_back, viewer, made, reason=options.pop("reason", "改错了"), registry=app.registry, **options
    )


def seen(app, made):
    with app.database.read() as s:
        return publications.view(s, OWNER, made)


def count(app, table_):
    with app.database.read() as s:
        return s.scalar(select(func.count()).select_from(table_))


def version_of(app, case):
    with app.database.read() as s:
        return s.get_one(ProcessDefinition, s.get_one(ProcessInstance, case).definition_id).version


def newest(app, file):
    with app.database.read() as s:
        return resources.source(s, file)


def test_a_change_is_published_whole_and_says_who_when_and_why(app, agent):
    app.person("bai", "process_owner", name="柏流程")
    app.person("you", "process_owner", name="尤二")
    publish(app, F1_form=form(), level_dmn=table(), p_bpmn=formed())
    case = on_old(app, next(iter(app_versions(app))), variables={"amount": 1})
    change = drafted(app, F1_form=form("事由"), level_dmn=table("50"))
    app.call(studio.comment, OTHER, change, text="好的")
    rival = drafted(app, OTHER, title="另一个", level_dmn=None)
    with pytest.raises(NotAllowedError):
        published(app, change, viewer=agent)
    made = published(app, change, reason="客户要求")
    view = seen(app, made)
    assert (view.row.title, view.row.reason, view.row.published_by) == ("改流程", "客户要求", "柏流程")
    assert [(f.file, f.is_new) for f in view.row.files] == [("F1.form", False), ("level.dmn", False)]
    assert [(v.key, v.version) for v in view.versions] == [("p", 2)], "or new cases would go on with the old form"
    assert view.batches == ()
    assert version_of(app, case) == 1, "old instances unchanged"
    assert version_of(app, app.start("p")) == 2
    with app.database.read() as s:
        entry = s.scalars(select(AuditEntry).where(AuditEntry.action == "studio.publish")).one()
        assert entry.actor == "bai"
        assert any("100" in line and "50" in line for line in entry.detail["changes"]["level.dmn"]), entry.detail
        assert publications.source(s, OWNER, made, "level.dmn") == (table(), table("50"))
        told = s.scalars(select(Notification).where(Notification.recipient == "you")).all()
        assert {one.link for one in told} >= {f"/studio/publications/{made}", f"/studio/changes/{rival}"}
        row = s.scalars(select(ProcessDefinition).where(ProcessDefinition.version == 2)).one()
        assert (row.note, row.changes, row.author, row.approver) == ("客户要求", 1, "柏流程", "柏流程")
        assert publications.listed(s, OWNER)[0] == (view.row,) or publications.listed(s, OWNER)[0][0].id == made
        assert studio.change(s, OWNER, change).state == "published"
    with pytest.raises(ConflictError, match="not open"):
        published(app, change)
    with pytest.raises(ConflictError, match=r"level\.dmn"):
        published(app, drafted_again(app, rival))


def app_versions(app):
    with app.database.read() as s:
        return s.scalars(select(ProcessDefinition.id).order_by(ProcessDefinition.version)).all()


def drafted_again(app, change):
    """Edit the table of a change that began before somebody else published it."""
    app.call(studio.save, OTHER, change, "level.dmn", source=table("7"), revision=1)
    return change


def test_what_cannot_run_is_refused_and_nothing_is_published(app):
    publish(app, p_bpmn=two_steps())
    before = count(app, Deployment)
    broken = bpmn(
        START + user("a", "", name="无人办") + '<bpmn:scriptTask id="run" name="脚本" scriptFormat="python"><bpmn:script>import os</bpmn:script></bpmn:scriptTask>'
        '<bpmn:exclusiveGateway id="g" name="分流"/>' + user("b") + END
        + flow("s", "a") + flow("a", "run") + flow("run", "g") + flow("g", "b", "=x = 1") + flow("g", "e", "=x = 2") + flow("b", "e")
    )  # fmt: skip
    lists = table("50").replace(b'typeRef="number"', b'typeRef="string"').replace(b"&gt; 50", "投诉，维修".encode())
    change = drafted(app, p_bpmn=broken, level_dmn=lists)
    with pytest.raises(DeploymentRefused) as refused:
        published(app, change)
    named = {(f.file, f.element_id) for f in refused.value.findings if f.severity == "error"}
    assert {("p.bpmn", "a"), ("p.bpmn", "run"), ("p.bpmn", "g")} <= named
    assert ("level.dmn", "c1") in named
    with app.database.read() as s:
        found = publication.readiness(s, OWNER, change, registry=app.registry)
        assert (found.ready, len(found.errors) >= 4, found.outdated) == (False, True, ())
        assert studio.change(s, OWNER, change).state == "open"
    assert count(app, Deployment) == before
    with pytest.raises(InvalidInputError, match="differs"):
        published(app, drafted(app, p_bpmn=None))
    empty = app.call(studio.open_change, OWNER, title="无理由")
    app.call(studio.add_file, OWNER, empty, "p.bpmn")
    app.call(studio.save, OWNER, empty, "p.bpmn", source=three_steps("a"), revision=1)
    with pytest.raises(InvalidInputError, match="why"):
        published(app, empty)


def test_a_second_person_approves_where_that_is_asked(app):
    from dataclasses import replace

    app.person("you", "process_owner", name="尤二")
    publish(app, p_bpmn=two_steps())
    app.registry = replace(app.registry, four_eyes=True)
    change = drafted(app, p_bpmn=three_steps("a", "c", "b"))
    with pytest.raises(ConflictError, match="second person"):
        published(app, change)
    app.call(studio.ask_review, OWNER, change, reviewer="you")
    with pytest.raises(ConflictError, match="second person"):
        published(app, change)
    app.call(studio.review, OTHER, change, verdict="approved")
    published(app, change)
    with app.database.read() as s:
        assert s.scalars(select(ProcessDefinition.reviewer).where(ProcessDefinition.version == 2)).one() == "尤二"


def test_of_two_at_once_one_wins(app, database_url):
    publish(app, level_dmn=table())
    first, second = drafted(app, level_dmn=table("1")), drafted(app, OTHER, level_dmn=table("2"))
    app.later(seconds=1)
    begin, said = threading.Barrier(2), []

    def go(change, viewer):
        begin.wait()
        try:
            with app.database.transaction() as s:
                publication.publish(s, viewer, change, now=app.now, registry=app.registry)
            said.append("published")
        except KeyturnError as error:
            said.append(type(error).__name__)

    both = [threading.Thread(target=go, args=one) for one in ((first, OWNER), (second, OTHER))]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert sorted(said) == ["ConflictError", "published"]
    with app.database.read() as s:
        assert len(resources.versions(s, "level.dmn")) == 2


def test_of_two_deliveries_at_once_one_wins(app, database):
    app.person("bai", "process_owner", name="柏流程")
    publish(app, level_dmn=table())
    app.later(seconds=1)
    said = together_do(
        lambda s, limit: deliveries.deliver(
            s, OWNER, files={"level.dmn": table(limit)}, name="level", note="CI", now=app.now, registry=app.registry
        ),
        app, ("1", "2"),
    )  # fmt: skip
    alone = database.url.get_backend_name() == "sqlite"  # one writer at a time: the second knows the first
    assert sorted(said) == (["done", "done"] if alone else ["ConflictError", "done"])
    change = drafted(app, level_dmn=table("3"))
    with app.database.transaction() as s:
        before = change_rows.change(s, change)
        with Session(s.connection()) as other:  # what another transaction did, as this one has not read it
            other.execute(update(ChangeSet).where(ChangeSet.id == change).values(state="published"))
            other.flush()
        assert (before.state, change_rows.change(s, change, lock=True).state) == ("open", "published")
        s.rollback()


def together_do(what, app, given):
    begin, said = threading.Barrier(len(given)), []

    def go(one):
        begin.wait()
        try:
            with app.database.transaction() as s:
                what(s, one)
            said.append("done")
        except KeyturnError as error:
            said.append(type(error).__name__)

    both = [threading.Thread(target=go, args=(one,)) for one in given]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    return said


def test_cases_are_moved_all_or_some_and_back_again(app):
    publish(app, p_bpmn=two_steps())
    old = publish(app, p_bpmn=two_steps(name="第二版")).processes[0].id
    cases = [on_old(app, old, business_key=f"K-{n}") for n in range(6)]
    stuck = cases[5]
    app.complete(SYSTEM, next(t.id for t in app.open() if t.instance_id == stuck))
    change = drafted(app, p_bpmn=three_steps("a", "c"))
    some = publication.Moves("some", (cases[0], cases[1]))
    first = published(app, change, moved=some)
    assert (seen(app, first).row.waiting, seen(app, first).finished) == (2, False)
    app.run_jobs()
    assert (seen(app, first).row.moved, seen(app, first).finished) == (2, True)
    assert [version_of(app, case) for case in cases] == [3, 3, 2, 2, 2, 2]
    second = published(app, drafted(app, p_bpmn=three_steps("a", "d", "c")), moved=publication.Moves("all"))
    app.run_jobs()
    view = seen(app, second)
    assert sorted((b.from_version, b.moved, b.refused) for b in view.batches) == [(2, 3, 1), (3, 2, 0)], (
        "a batch for each old version"
    )
    assert [version_of(app, case) for case in cases] == [4, 4, 4, 4, 4, 2]
    with pytest.raises(ConflictError, match=r"p\.bpmn"):
        taken_back(app, first)
    assert [f.over for f in seen(app, first).over] == ["bai"]
    assert seen(app, first).over[0].over_publication == second
    gone_on = cases[4]
    app.complete(SYSTEM, next(t.id for t in app.open() if t.instance_id == gone_on))
    begun = app.start("p")
    with pytest.raises(InvalidInputError):
        taken_back(app, second, reason=" ")
    taken_back(app, second)
    app.run_jobs()
    assert [version_of(app, case) for case in cases] == [3, 3, 2, 2, 4, 2], "who has gone on stays"
    view = seen(app, second)
    assert (view.row.undone_by, view.row.undone_reason, view.row.moved) == ("bai", "改错了", 0)
    assert [(v.version, v.running, bool(v.back)) for v in view.versions] == [(4, 2, True)]
    assert newest(app, "p.bpmn") == three_steps("a", "c")
    assert version_of(app, app.start("p")) == 5
    assert version_of(app, begun) == 4
    with pytest.raises(ConflictError, match="already"):
        taken_back(app, second)
    taken_back(app, first)
    app.run_jobs()
    assert [version_of(app, case) for case in cases[:4]] == [2, 2, 2, 2]
    assert newest(app, "p.bpmn") == two_steps(name="第二版")


def test_a_case_moved_twice_by_one_publication_goes_back_as_it_was(app):
    """Its own process and one that it has called get new versions: two moves, taken back in the other order."""
    inner = bpmn(
        START
        + user("i", extra='camunda:formRef="F1" camunda:formRefBinding="deployment"')
        + END
        + flow("s", "i")
        + flow("i", "e"),
        key="q",
    )
    outer = bpmn(
        START
        + '<bpmn:callActivity id="call" calledElement="q"/>'
        + user("z", extra='camunda:formRef="F1" camunda:formRefBinding="deployment"')
        + END
        + flow("s", "call")
        + flow("call", "z")
        + flow("z", "e")
    )
    publish(app, F1_form=form(), q_bpmn=inner, p_bpmn=outer)
    cases = [app.start("p") for _ in range(3)]
    before = rows(app)
    made = published(app, drafted(app, F1_form=form("事由")), moved=publication.Moves("all"))
    app.run_jobs()
    assert sorted(b.moved for b in seen(app, made).batches) == [3, 3]
    assert {version_of(app, case) for case in cases} == {2}
    taken_back(app, made)
    app.run_jobs()
    assert rows(app) == before
    assert sorted(b.undone for b in seen(app, made).batches) == [3, 3]


def test_decisions_of_the_impact_page_hold_for_the_moves(app):
    old = publish(app, p_bpmn=two_steps()).processes[0].id
    case = on_old(app, old)
    app.complete(SYSTEM, app.open()[0].id)
    change = drafted(app, p_bpmn=three_steps("a", "c"))
    with pytest.raises(InvalidInputError):
        published(app, change, moved=publication.Moves("all", decided={"p": impact.Decided({"b": "nowhere"})}))
    published(app, change, moved=publication.Moves("all", decided={"p": impact.Decided({"b": "c", "gone": "c"})}))
    app.run_jobs()
    assert version_of(app, case) == 2
    assert app.open()[0].element_id == "c"


def test_new_files_are_withdrawn_but_not_while_they_are_used(app):
    publish(app, p_bpmn=two_steps())
    called = three_steps("i").replace(b'id="p"', b'id="q"')
    first = published(app, drafted(app, q_bpmn=called, F1_form=form(), level_dmn=table()))
    begun = app.start("q")
    caller = bpmn(
        START + '<bpmn:callActivity id="call" calledElement="q"/>' + END + flow("s", "call") + flow("call", "e")
    )
    second = published(app, drafted(app, p_bpmn=caller))
    with pytest.raises(ConflictError, match="uses q"):
        taken_back(app, first)
    taken_back(app, second)
    taken_back(app, first)
    with app.database.read() as s:
        assert [one.file for one in resources.published(s)] == ["p.bpmn"]
        assert definitions.latest(s, "p").version == 3
    with pytest.raises(KeyturnError):
        app.start("q")
    app.complete(SYSTEM, next(t.id for t in app.open() if t.instance_id == begun))
    again = published(app, drafted(app, q_bpmn=called, F1_form=form(), level_dmn=table()))
    assert seen(app, again).row.files[0].is_new
    with app.database.read() as s:
        assert len(resources.published(s)) == 4
