"""The inbox over HTTP: what is shown, taken, given back and handed on."""

from __future__ import annotations

import re

import pytest

from tests.sites import Person, Site

ROW = re.compile(r'<tr data-task="([0-9a-f-]{36})"')


def rows(person: Person, query: str = "") -> list[str]:
    answer = person.get(f"/inbox{query}")
    assert answer.status_code == 200, answer.text
    return ROW.findall(answer.text)


@pytest.fixture
def agent(site: Site) -> Person:
    return site.person("lin.xiaoan")


def test_due_first_and_overdue_in_words(site: Site, agent: Person) -> None:
    site.clock.advance(days=30)
    text = agent.get("/inbox").text
    dates = re.findall(r'<td class="c-due"><time datetime="([^"]+)"', text)
    assert dates == sorted(dates)
    assert "逾期 " in text
    assert rows(agent, "?view=overdue")


def test_taking_and_giving_back(site: Site, agent: Person) -> None:
    task = rows(agent, "?view=group")[0]
    assert agent.post(f"/inbox/{task}/claim").status_code == 303
    assert task in rows(agent, "?view=mine")
    assert task not in rows(site.person("zhou.xiaoning"), "?view=group")
    assert agent.post(f"/inbox/{task}/release").status_code == 303
    assert task in rows(agent, "?view=group")


def test_who_comes_second_is_told(site: Site, agent: Person) -> None:
    task = rows(agent, "?view=group")[0]
    agent.post(f"/inbox/{task}/claim")
    answer = site.person("zhou.xiaoning").post(f"/inbox/{task}/claim")
    assert answer.status_code == 409


def test_taking_several(site: Site, agent: Person) -> None:
    waiting = rows(agent, "?view=group")[:3]
    answer = agent.post("/inbox/claim", {"task": waiting, "view": "group"})
    assert answer.status_code == 303
    assert set(waiting) <= set(rows(agent, "?view=mine"))


def test_taking_none_says_what_to_do(agent: Person) -> None:
    answer = agent.post("/inbox/claim", {}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "请先勾选" in answer.text


def test_search_by_number_and_nothing_found(agent: Person) -> None:
    number = re.search(r"TS-\d{4}-\d{6}", agent.get("/inbox").text)
    assert number
    assert rows(agent, f"?q={number[0]}")
    empty = agent.get("/inbox?q=does-not-exist").text
    assert "没有找到" in empty
    assert "清除搜索与筛选" in empty


def test_nonsense_in_the_address_shows_the_plain_inbox(agent: Person) -> None:
    assert rows(agent, "?view=nonsense&sort=nonsense&page=-7") == rows(agent)


def test_htmx_gets_the_list_alone_and_nothing_when_nothing_changed(agent: Person) -> None:
    first = agent.get("/inbox", headers={"HX-Request": "true"})
    assert "<html" not in first.text
    again = agent.get("/inbox", headers={"HX-Request": "true", "X-Seen": first.headers["X-Seen"]})
    assert again.status_code == 204


def test_claim_by_htmx_gives_the_new_list_and_a_word(agent: Person) -> None:
    task = rows(agent, "?view=group")[0]
    answer = agent.post(f"/inbox/{task}/claim", {"view": "group"}, headers={"HX-Request": "true"})
    assert 'id="inbox"' in answer.text
    assert "已领取" in answer.text
    assert f'data-task="{task}"' not in answer.text


def test_supervisor_hands_a_task_on(site: Site, agent: Person) -> None:
    task = rows(agent, "?view=group")[0]
    manager = site.person("sun.mingli")
    assert task in rows(manager, "?view=team&sort=oldest") or manager.get(f"/inbox/{task}/reassign").status_code == 200
    refused = manager.post(f"/inbox/{task}/reassign", {"to": "zhou.xiaoning", "reason": ""})
    assert refused.status_code == 422
    assert 'value="zhou.xiaoning" selected' in refused.text
    assert manager.post(f"/inbox/{task}/reassign", {"to": "zhou.xiaoning", "reason": "忙"}).status_code == 303
    assert task in rows(site.person("zhou.xiaoning"), "?view=mine")


def test_agents_may_not_hand_on(site: Site, agent: Person) -> None:
    task = rows(agent, "?view=group")[0]
    answer = agent.post(f"/inbox/{task}/reassign", {"to": "zhou.xiaoning", "reason": "忙"})
    assert answer.status_code == 403


def test_english_names_of_processes_and_tasks(site: Site, agent: Person) -> None:
    agent.post("/me/language", {"language": "en"})
    cells = re.findall(r'<td class="c-task">(.*?)</td>', agent.get("/inbox").text, re.DOTALL)
    assert cells
    for cell in cells:
        assert not re.search(r"[\u4e00-\u9fff]", cell), cell
