"""Drafts of changes on both databases: files and their versions, saves at the same moment, who is there."""

from __future__ import annotations

import json
import re
import threading

import pytest
from samples import END, START, bpmn, flow, user
from sqlalchemy import event
from test_impact import form, publish, table

from engine import studio
from engine.access import SYSTEM, Grant, Viewer
from engine.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from engine.studio import blanks as studio_blanks
from engine.studio import resources, talk
from engine.studio import settings as studio_settings

OWNER = Viewer("bai", "柏流程", (Grant("process_owner"),))
OTHER = Viewer("you", "尤二", (Grant("process_owner"),))
THIRD, FOURTH = (Viewer(login, login, (Grant("process_owner"),)) for login in ("san", "si"))
AGENT = Viewer("lin", "林", (Grant("agent"),))
STEPS = 6


def drawn(name="流程"):
    steps = [f"u{at}" for at in range(STEPS)]
    row = ["s", *steps, "e"]
    return bpmn(START + "".join(user(s, name=s) for s in steps) + END + "".join(map(flow, row, row[1:])), name=name)


def named(source, element, name):
    return re.sub(rb'(id="%s"[^>]*? name=")[^"]*' % element.encode(), rb"\g<1>" + name.encode(), source)


def test_files_and_their_versions(app):
    publish(app, F1_form=form(), level_dmn=table(), p_bpmn=drawn())
    app.later(days=1)
    publish(app, p_bpmn=drawn("流程二"))
    with app.database.read() as s:
        found = {one.file: one for one in resources.published(s)}
        assert {"F1.form", "level.dmn", "p.bpmn"} <= set(found)
        assert [one.version for one in resources.versions(s, "p.bpmn")] == [2, 1]
        assert resources.source(s, "p.bpmn") == drawn("流程二")
        assert resources.source(s, "p.bpmn", 1) == drawn()
        assert resources.content(s, found["p.bpmn"]) == drawn("流程二")
        assert resources.content(s, found["level.dmn"]) == table()
        assert (found["p.bpmn"].kind, found["p.bpmn"].name, found["F1.form"].kind) == ("bpmn", "流程二", "form")
        for file, version in (("none.bpmn", None), ("p.bpmn", 9), ("x.en.json", None)):
            with pytest.raises(NotFoundError):
                resources.source(s, file, version)
        with pytest.raises(NotFoundError):
            resources.versions(s, "none.form")


def test_saves_of_the_same_moment_all_survive(app):
    publish(app, p_bpmn=drawn())
    change = app.call(studio.begin, OWNER, wanted=["p.bpmn"])
    problems = []

    def save(at):
        try:
            viewer = OWNER if at % 2 else OTHER
            app.call(studio.save, viewer, change, "p.bpmn", source=named(drawn(), f"u{at}", f"新{at}"), revision=1)
        except Exception as error:  # noqa: BLE001  told by the test
            problems.append(error)

    threads = [threading.Thread(target=save, args=(at,)) for at in range(STEPS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with app.database.read() as s:
        source = studio.draft(s, OWNER, change, "p.bpmn").source
        assert re.findall(r'name="(新\d)"', source.decode()) == [f"新{at}" for at in range(STEPS)]
        assert len(studio.revisions(s, OWNER, change, "p.bpmn")) == 2 * STEPS  # each as sent, and as merged
        shown = studio.change(s, OWNER, change)
    assert [(one.file, one.is_new, one.outdated, one.same) for one in shown.drafts] == [("p.bpmn", False, False, False)]


def test_what_is_not_saved_says_why(app):
    publish(app, p_bpmn=drawn(), F1_form=form())
    change = app.call(studio.begin, OWNER, wanted=["p.bpmn"])
    for viewer, file, source, revision, error in (
        (AGENT, "p.bpmn", b"x", 1, NotAllowedError),
        (OWNER, "F1.form", b"x", 1, NotFoundError),
        (OWNER, "p.bpmn", b"x" * 5_000_001, 1, InvalidInputError),
        (OWNER, "p.bpmn", b"x", 2, InvalidInputError),
        (OWNER, "p.bpmn", b"x", 0, InvalidInputError),
    ):
        with pytest.raises(error):
            app.call(studio.save, viewer, change, file, source=source, revision=revision)
    for file, source, error in (
        ("F1.form", b"{}", ConflictError),  # is published: cannot be new
        ("none.bpmn", None, NotFoundError),
        ("../x.bpmn", b"x", InvalidInputError),
        ("x.txt", b"x", InvalidInputError),
    ):
        with pytest.raises(error):
            app.call(studio.add_file, OWNER, change, file, source=source)
    app.call(studio.add_file, OWNER, change, "p.bpmn")  # is in it already: stays
    app.call(studio.add_file, OWNER, change, "new.en.json", source=b"{}")
    with app.database.read() as s:
        one = studio.digest(s, change)
    app.call(studio.save, OWNER, change, "p.bpmn", source=drawn("anders"), revision=1)
    with app.database.read() as s:
        assert studio.digest(s, change) != one
    app.call(studio.discard, OWNER, change, reason="x")
    with pytest.raises(ConflictError):
        app.call(studio.save, OWNER, change, "p.bpmn", source=b"x", revision=1)


def test_who_is_there(app):
    app.person("bai", "process_owner", name="柏流程")
    publish(app, p_bpmn=drawn())
    change = app.call(studio.begin, OWNER, wanted=["p.bpmn"])
    app.call(studio.heartbeat, OWNER, change, "p.bpmn", element_id="u1")
    pulse = app.call(studio.heartbeat, OTHER, change, "p.bpmn")
    assert [(one.name, one.element) for one in pulse.others] == [("柏流程", "u1")]
    app.later(seconds=20)
    assert app.call(studio.heartbeat, OTHER, change, "p.bpmn").others == ()
    with pytest.raises(NotFoundError):
        app.call(studio.heartbeat, OTHER, change, "q.bpmn")
    with pytest.raises(NotAllowedError):
        app.call(studio.heartbeat, AGENT, change, "p.bpmn")


def test_new_files_and_the_second_person(app):
    app.person("you", "process_owner", name="尤二")
    change = app.call(studio.open_change, OWNER, title="x")
    made = app.call(studio_blanks.add_new, OWNER, change, kind="form", name="表", folder="f")
    assert (made.file, made.folder, made.is_new) == ("form_1.form", "f", True)
    assert app.call(studio_blanks.add_new, OWNER, change, kind="form", name="表").file == "form_2.form"
    with app.database.read() as s:
        assert json.loads(studio.files(s, change)["form_1.form"])["name"] == "表"
        assert not studio_settings.second_person(s)
    with pytest.raises(NotAllowedError):
        app.call(studio_settings.set_second_person, OWNER, wanted=True)
    for wanted in (True, True, False):
        app.call(studio_settings.set_second_person, SYSTEM, wanted=wanted)
        with app.database.read() as s:
            assert studio_settings.second_person(s) is wanted


def test_who_ever_saved_a_file_does_not_review_it_and_words_count_too(app):
    app.person("you", "process_owner", name="尤二")
    publish(app, p_bpmn=drawn())
    change = app.call(studio.begin, THIRD, wanted=["p.bpmn"], title="t", reason="r")
    app.call(studio.save, OTHER, change, "p.bpmn", source=named(drawn(), "u1", "一"), revision=1)
    app.call(studio.save, OWNER, change, "p.bpmn", source=named(drawn(), "u1", "二"), revision=2)
    app.call(studio.ask_review, OWNER, change, reviewer="you")
    with pytest.raises(NotAllowedError):  # he saved it once, though not last
        app.call(studio.review, OTHER, change, verdict="approved")
    app.call(studio.review, FOURTH, change, verdict="approved")
    for title, verdict in (("t", "approved"), ("t2", "")):  # what was approved had other words
        app.call(studio.rename, OWNER, change, title=title, reason="r")
        with app.database.read() as s:
            assert studio.change(s, OWNER, change).verdict == verdict
    app.call(studio.discard, OWNER, change, reason="x")
    with pytest.raises(ConflictError):
        app.call(studio.rename, OWNER, change, title="t3", reason="r")


def test_of_many_saves_some_stay(app):
    publish(app, p_bpmn=drawn())
    change = app.call(studio.begin, OWNER, wanted=["p.bpmn"])
    later = (0, 10, 10, 10, 10, 20 * 60, 10, 10)  # five saves in one minute, then three twenty minutes later
    for made, seconds in enumerate(later, 1):
        app.later(seconds=seconds)
        source = named(drawn(), "u1", f"n{made}")
        app.call(studio.save, OWNER, change, "p.bpmn", source=source, revision=made)
    with app.database.read() as s:
        assert [one.revision for one in studio.revisions(s, OWNER, change, "p.bpmn")] == [9, 8, 7, 6, 1]
    clash = named(drawn(), "u1", "别的")
    mine = app.call(studio.save, OTHER, change, "p.bpmn", source=clash, revision=8).mine
    for seconds in (1, 20 * 60):
        app.later(seconds=seconds)
        app.call(studio.save, OTHER, change, "p.bpmn", source=named(drawn(), "u2", f"{seconds}"), revision=mine + 1)
    with app.database.read() as s:  # he may choose his own for an hour
        assert studio.revision(s, OTHER, change, "p.bpmn", mine) == clash


def test_who_may_not_use_the_studio_is_not_told(app):
    app.person("you", "process_owner", name="尤二")
    app.person("lin", "agent", name="林")
    publish(app, p_bpmn=drawn())
    change = app.call(studio.begin, OWNER, wanted=["p.bpmn"])
    app.call(studio.comment, OWNER, change, text="@lin @you. @尤二看")
    with app.database.read() as s:
        assert talk.mentioned(s, "@lin @you. @林 看", now=app.now) == {"you"}


def test_what_is_published_is_read_once_for_many_files(app):
    names = [f"F{at}" for at in range(9)]
    publish(app, **{f"{name}_form": form().replace(b'"F1"', f'"{name}"'.encode()) for name in names})
    asked = []
    event.listen(app.database.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    counts = []
    for wanted in (names[:1], names):
        asked.clear()
        app.call(studio.begin, OWNER, wanted=[f"{name}.form" for name in wanted])
        counts.append(len(asked))
    assert counts[1] - counts[0] <= 12 * (len(names) - 1)
