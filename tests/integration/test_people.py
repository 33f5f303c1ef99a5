from __future__ import annotations

from datetime import timedelta

import pytest

from engine import people
from engine.access import SYSTEM, Action, Grant, InstanceSubject, Viewer, allowed
from engine.errors import ConflictError, InvalidInputError, NotAllowedError, NotFoundError
from storage.tables.work import UserTask


@pytest.fixture
def anna(database, now):
    with database.transaction() as s:
        people.save_user(
            s, SYSTEM, login="anna", name="安娜", password="correct horse", grants=[Grant("agent", "P1")], now=now
        )
    return "anna"


def sign_in(database, login, password, now):
    with database.transaction() as s:
        return people.authenticate(s, login=login, password=password, now=now)


def test_a_right_password_signs_in_and_a_wrong_one_does_not(database, anna, now):
    viewer = sign_in(database, anna, "correct horse", now)
    assert (viewer.name, viewer.roles, viewer.has("agent", "P1"), viewer.has("agent", "P2")) == (
        "安娜",
        {"agent"},
        True,
        False,
    )
    assert sign_in(database, anna, "wrong", now) is None
    assert sign_in(database, "nobody", "correct horse", now) is None


def test_five_failures_lock_for_fifteen_minutes(database, anna, now):
    for _ in range(5):
        assert sign_in(database, anna, "wrong", now) is None
    with pytest.raises(NotAllowedError, match="15 minutes"):
        sign_in(database, anna, "correct horse", now + timedelta(seconds=1))
    later = now + timedelta(minutes=15, seconds=1)
    assert sign_in(database, anna, "correct horse", later).login == "anna"
    assert sign_in(database, anna, "wrong", later) is None, "the count starts anew after a good sign-in"


def test_a_good_sign_in_forgets_the_failures(database, anna, now):
    for _ in range(4):
        sign_in(database, anna, "wrong", now)
    assert sign_in(database, anna, "correct horse", now)
    for _ in range(4):
        assert sign_in(database, anna, "wrong", now) is None
    assert sign_in(database, anna, "correct horse", now)


def test_inactive_people_do_not_sign_in(database, anna, now):
    with database.transaction() as s:
        people.save_user(s, SYSTEM, login=anna, active=False, now=now)
    assert sign_in(database, anna, "correct horse", now) is None


def test_a_substitute_gets_the_roles_for_the_period_but_not_administration(database, anna, now):
    with database.transaction() as s:
        people.save_user(s, SYSTEM, login="bob", name="Bob", grants=[Grant("eng_lead"), Grant("admin")], now=now)
        people.substitute(
            s,
            SYSTEM,
            login="bob",
            substitute=anna,
            from_at=now,
            until_at=now + timedelta(days=1),
            reason="休假",
            now=now,
        )
    with database.read() as s:
        during = people.viewer(s, anna, now=now)
        after = people.viewer(s, anna, now=now + timedelta(days=1))
    assert during.acting_for == ("bob",)
    assert during.roles == {"agent", "eng_lead"}
    assert after.acting_for == ()
    assert after.roles == {"agent"}


def test_the_last_administrator_stays(database, now):
    with database.transaction() as s:
        people.save_user(s, SYSTEM, login="root", name="Root", grants=[Grant("admin")], now=now)
    with pytest.raises(ConflictError, match="last administrator"), database.transaction() as s:
        people.set_grants(s, SYSTEM, login="root", grants=[], now=now)


@pytest.mark.parametrize("grant", [Grant("admin", "P1"), Grant("process_owner", "P1"), Grant("admin", "", "维修公司")])
def test_administration_is_not_given_for_one_project(database, anna, now, grant):
    with pytest.raises(InvalidInputError, match="holds everywhere"), database.transaction() as s:
        people.set_grants(s, SYSTEM, login=anna, grants=[grant], now=now)
    kept_from_before = Viewer("x", "X", (grant,))
    assert not allowed(kept_from_before, Action.PEOPLE_EDIT)
    assert not allowed(kept_from_before, Action.DEFINITION_DEPLOY)


def test_only_administrators_edit_people_and_passwords_have_a_length(database, anna, now):
    with database.read() as s:
        viewer = people.viewer(s, anna, now=now)
    with pytest.raises(NotAllowedError), database.transaction() as s:
        people.save_user(s, viewer, login="eve", name="Eve", now=now)
    with pytest.raises(InvalidInputError), database.transaction() as s:
        people.save_user(s, SYSTEM, login="eve", name="Eve", password="short", now=now)
    with database.read() as s, pytest.raises(NotFoundError):
        people.viewer(s, "eve", now=now)


def test_api_tokens_expire(database, anna, now):
    with database.transaction() as s:
        token = people.new_token(s, SYSTEM, login=anna, name="script", expires_at=now + timedelta(days=1), now=now)
    with database.read() as s:
        assert people.by_token(s, token, now=now).login == anna
        assert people.by_token(s, token, now=now + timedelta(days=1)) is None
        assert people.by_token(s, "guess", now=now) is None


def test_supervisors_are_found_through_the_role_table(database, now):
    with database.transaction() as s:
        people.save_role(s, code="cs_sup", name_zh="客服主管", name_en="Supervisor", supervises=["agent"])
        people.save_user(s, SYSTEM, login="sup", name="Sup", grants=[Grant("cs_sup", "P1")], now=now)
    with database.read() as s:
        viewer = people.viewer(s, "sup", now=now)
    assert viewer.supervises(["agent"], "P1")
    assert not viewer.supervises(["agent"], "P2")
    assert not viewer.supervises(["engineer"], "P1")


def test_nobody_gets_sight_of_work_by_an_odd_login(database, now):
    with database.transaction() as s, pytest.raises(InvalidInputError):
        people.save_user(s, SYSTEM, login=SYSTEM.login, name="x", now=now)
    task = UserTask(candidate_groups=["agent"], candidate_users=[], scope="", assignee="", owner="", completed_by=None)
    for login in ("-", "None", "''"):
        assert not allowed(Viewer(login, "x"), Action.TASK_VIEW, task)


def test_contractors_see_only_cases_they_work_on():
    contractor = Viewer("c1", "C", (Grant("contractor", "P1", org="c001"),))
    subject = InstanceSubject("P1", ("contractor", "agent"), frozenset())
    assert not allowed(contractor, Action.INSTANCE_VIEW, subject)
    assert allowed(contractor, Action.INSTANCE_VIEW, InstanceSubject("P1", (), frozenset({"c1"})))
    assert allowed(Viewer("a", "A", (Grant("agent", "P1"),)), Action.INSTANCE_VIEW, subject)
    assert not allowed(Viewer("a", "A", (Grant("agent", "P2"),)), Action.INSTANCE_VIEW, subject)
