"""Publishing from the studio over HTTP: what is refused and where it is marked, what runs on, moving, taking back."""

from __future__ import annotations

import io
import itertools
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select

from engine import people, studio
from engine.core.layout import layout
from engine.rehearsing import scenario_runs
from storage.tables.studio import ScenarioRun
from tests.acceptance.api_client import Program, bpmn, program
from tests.acceptance.test_api import deploy
from tests.acceptance.test_versions import FLOW, drawn

if TYPE_CHECKING:
    from tests.sites import Person, Site

OWNER = "bai.liucheng"
TABLE = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="test">
<decision id="urgent" name="加急"><decisionTable id="t" hitPolicy="FIRST"><input id="i" label="投诉内容"><inputExpression
 id="ie" typeRef="string"><text>subject</text></inputExpression></input><output id="o" name="urgent" typeRef="string"/>
<rule id="r1"><inputEntry id="c1"><text>{0}</text></inputEntry><outputEntry id="c2"><text>"是"</text></outputEntry></rule>
<rule id="r2"><inputEntry id="c3"><text>-</text></inputEntry><outputEntry id="c4"><text>"否"</text></outputEntry></rule>
</decisionTable></decision></definitions>"""


@pytest.fixture
def admin(site: Site) -> Program:
    return program(site, "admin")


@pytest.fixture
def owner(site: Site) -> Person:
    return site.person(OWNER)


def in_lane(*, rule: str = "", lane: str = "a b", default: str = ' default="g_b"') -> bytes:
    """Draw two tasks with a table between them, in a lane of the agents."""
    row = ("begin", "a", "rule", "g", "b", "gone")
    flows = "".join(FLOW.format(x, y) for x, y in itertools.pairwise(row))
    rule = (
        rule or '<businessRuleTask id="rule" name="定级" camunda:decisionRef="urgent" camunda:resultVariable="urgent"/>'
    )
    refs = "".join(f"<flowNodeRef>{one}</flowNodeRef>" for one in ("begin", "rule", "g", "gone", *lane.split()))
    return layout(
        bpmn(
            f'<laneSet id="ls"><lane id="l1" name="座席">{refs}</lane></laneSet><startEvent id="begin"/>'
            f'<userTask id="a" name="登记来电"/>{rule}<exclusiveGateway id="g" name="加急吗？"{default}/>'
            f'<userTask id="b" name="回复客户"/><endEvent id="gone"/>{flows}<sequenceFlow id="skip" sourceRef="g" targetRef="gone">'
            '<conditionExpression xsi:type="tFormalExpression">=urgent = "是"</conditionExpression></sequenceFlow>'
        )
    )


def bring(admin: Program, **files: bytes) -> None:
    sent = [(io.BytesIO(source), name.replace("__", ".")) for name, source in files.items()]
    admin.post("/deployments", status=201, data={"files": sent}, content_type="multipart/form-data")


def change(owner: Person, title: str, reason: str = "", **files: bytes) -> str:
    """Begin a change of published files and save what was drafted of them."""
    names = {name.replace("__", "."): source for name, source in files.items()}
    answer = owner.post("/studio/changes", {"title": title, "reason": reason, "file": list(names)})
    assert answer.status_code == 303, answer.text
    made = re.search(r"/studio/changes/([0-9a-f-]{36})", answer.location)
    assert made
    for file, source in names.items():
        save(owner, made[1], file, source)
    return made[1]


def save(owner: Person, made: str, file: str, source: bytes) -> None:
    address = f"/studio/changes/{made}/files/{file}"
    revision = owner.get(address).get_json()["revision"]
    saved = owner.send("PUT", address, {"source": source.decode(), "revision": revision})
    assert saved.status_code == 200, saved.text


def publish(owner: Person, made: str, **fields: Any) -> str:
    answer = owner.post(f"/studio/changes/{made}/publish", {"reason": "例会决定", **fields})
    assert answer.status_code == 303, re.findall(r'class="problem"[^>]*>(.*?)</div>', answer.text, re.DOTALL)
    assert re.fullmatch(r"/studio/publications/[0-9a-f-]{36}", answer.location)
    return str(answer.location)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


def version(admin: Program, one: str) -> int:
    return int(admin.get(f"/instances/{one}")["version"])


def begun(admin: Program, count: int, **body: Any) -> list[str]:
    made = [admin.post("/definitions/probe/start", {"business_key": f"B-{n}", **body}, 201) for n in range(count)]
    return [one["id"] for one in made]


def test_what_cannot_run_is_refused_and_marked_where_it_is(site: Site, admin: Program, owner: Person) -> None:
    """AC16: a script, a gateway without default, a task in no lane, a list with commas that is not FEEL."""
    bring(admin, urgent__dmn=TABLE.format('"渗漏"').encode())
    bring(admin, probe__bpmn=in_lane())
    begun(admin, 1)
    script = '<scriptTask id="rule" name="跑脚本" scriptFormat="python"><script>import os</script></scriptTask>'
    wrong = in_lane(rule=script, lane="a", default="").replace(
        b'<sequenceFlow id="g_b"', b'<sequenceFlow id="g_b" name="x"'
    )
    made = change(owner, "改坏了", probe__bpmn=wrong, urgent__dmn=TABLE.format("渗漏，开裂").encode())
    looked = plain(owner.get(f"/studio/changes/{made}/impact").text)
    assert "请先改好以下内容" in looked
    answer = owner.post(f"/studio/changes/{made}/publish", {"reason": "我写了很久的原因", "which": "some"})
    assert answer.status_code == 422
    page = answer.text
    assert "没有发布任何内容" in page
    for name, words in (
        ("跑脚本", "脚本任务不能运行"), ("加急吗？", "这些连线没有条件"), ("回复客户", "它不在任何泳道里"),
        ("加急", "FEEL 不认识“，”"),
    ):  # fmt: skip
        assert re.search(f"<strong>{name}</strong>[^<]*{words}", page), (name, plain(page))
    marked = re.findall(r'<g class="node \w+ is-failed" data-element="(\w+)"', page)
    assert sorted(marked) == ["b", "g", "rule"], "each on the diagram itself"
    assert re.search(r'class="wrong-cell"><code>渗漏，开裂</code>', page), "and the cell of the table"
    assert "我写了很久的原因</textarea>" in page, "nothing typed is lost"
    assert admin.get("/definitions?key=probe&all_versions=true")["items"][0]["version"] == 1
    save(owner, made, "probe.bpmn", in_lane(default="").replace(b'id="g_b" ', b'id="g_b" name="x" '))
    save(owner, made, "urgent.dmn", TABLE.format('"渗漏", "开裂"').encode())
    assert owner.post(f"/studio/changes/{made}/publish", {"reason": "x"}).status_code == 422
    save(owner, made, "probe.bpmn", in_lane())
    publish(owner, made)
    assert admin.get("/definitions?key=probe&all_versions=true")["items"][0]["version"] == 1, "the diagram is as it was"


def test_old_cases_go_on_and_new_ones_follow(site: Site, admin: Program, owner: Person) -> None:
    """AC17, with a preview of the move that lists the steps; then a selection is moved, and taken back."""
    deploy(admin, layout(drawn("a", "b")))
    cases = begun(admin, 4)
    task = next(t for t in admin.get("/tasks?process=probe&view=team")["items"] if t["instance_id"] == cases[3])
    admin.post(f"/tasks/{task['id']}/complete", {"data": {}})
    made = change(owner, "复核改归档", "客户要求", probe__bpmn=layout(drawn("a", "c")))
    preview = owner.get(f"/studio/changes/{made}/impact").text
    assert "✓ 3 原地继续" in plain(preview)
    assert "? 1 需要决定" in plain(preview)
    assert "流程正停在“b步”" in preview
    assert re.search(r'data-element="b"><title>b步: 原地继续 0 件，有变化 0 件，需要决定 1 件', preview)
    decided = owner.get(f"/studio/changes/{made}/impact?to:probe:b=c").text
    assert "b步 → c步" in decided
    assert 'name="to:probe:b" value="c"' in decided
    wrong = owner.get(f"/studio/changes/{made}/impact?to:probe:b=nowhere")
    assert wrong.status_code == 422
    assert "✓ 3 原地继续" in plain(wrong.text), "the rest of the page is there all the same"
    page = owner.get(f"/studio/changes/{made}/publish?to:probe:b=c").text
    assert "可以发布" in page
    assert "客户要求</textarea>" in page
    assert page.count('name="case"') == 4
    address = publish(owner, made, which="some", case=[cases[0], cases[3], "no id"], **{"to:probe:b": "c"})
    assert 'hx-select="#moves"' in owner.get(address).text, "it looks again by itself"
    assert site.run_jobs()
    done = owner.get(address).text
    assert 'hx-select="#moves"' not in done
    assert "这次发布转了 2 件" in plain(done)
    assert [version(admin, one) for one in cases] == [2, 1, 1, 2]
    (fresh,) = begun(admin, 1)
    assert version(admin, fresh) == 2
    assert owner.get(f"/studio/changes/{made}/publish").location == address
    assert owner.post(f"/studio/changes/{made}/publish", {"reason": "x"}).status_code in {303, 409}
    listed = plain(owner.get("/studio/publications").text)
    assert "复核改归档" in listed
    assert "柏流程" in listed
    _back(site, admin, owner, address, [*cases, fresh])


def _back(site: Site, admin: Program, owner: Person, address: str, cases: list[str]) -> None:
    refused = owner.post(f"{address}/take-back", {"reason": " ", "back": "no"})
    assert refused.status_code == 422
    assert re.search(r'id="back-no" value="no" checked', refused.text), "the choice stays"
    later = publish(owner, change(owner, "再改", probe__bpmn=layout(drawn("a", "c", "d"))))
    assert owner.post(f"{address}/take-back", {"reason": "改错了"}).status_code == 409
    over = owner.get(address).text
    assert later in over, "it leads to the later publication"
    again = owner.post(f"{address}/again")
    assert again.status_code == 303
    assert "删除人工任务" in owner.get(f"{again.location}/publish").text
    assert owner.post(f"{later}/take-back", {"reason": "先撤后面的"}).status_code == 303
    assert owner.post(f"{address}/take-back", {"reason": "改错了", "back": "yes"}).status_code == 303
    site.run_jobs()
    assert [version(admin, one) for one in cases] == [1, 1, 1, 1, 2]
    (fresh,) = begun(admin, 1)
    assert version(admin, fresh) == 5
    page = owner.get(address).text
    assert "改错了" in plain(page)
    rest = re.search(r'href="([^"?]+)\?target=([^"]+)">转到恢复后的版本', page)
    assert rest, "what began on it can be put onto what is in force again"
    assert "原地继续" in owner.get(f"{rest[1]}?target={rest[2]}").text
    assert owner.post(rest[1], {"target": rest[2], "reason": "一并恢复"}).status_code == 303
    site.run_jobs()
    assert version(admin, cases[-1]) == 5
    assert owner.post(f"{address}/take-back", {"reason": "x"}).status_code == 409
    assert "已撤回" in owner.get("/studio/publications").text
    assert re.search(r"由?柏流程 于 .* 撤回", owner.get("/studio/publications").text)
    audited = site.person("admin").get("/admin/audit").text
    assert "撤回发布" in audited


def test_a_row_edited_counts_at_once_and_is_audited(site: Site, admin: Program, owner: Person) -> None:
    """AC18: the next decision uses it, in running cases too; the audit log shows before and after, and who."""
    bring(admin, urgent__dmn=TABLE.format('"渗漏"').encode())
    bring(admin, probe__bpmn=in_lane())
    old, *_ = begun(admin, 1, variables={"subject": "开裂"})
    made = change(owner, "开裂也加急", urgent__dmn=TABLE.format('"渗漏", "开裂"').encode())
    looked = plain(owner.get(f"/studio/changes/{made}/impact").text)
    assert "发布后立即生效，包括正在办的：1 件从下一次判断起就用新表" in looked
    publish(owner, made)
    assert version(admin, old) == 1
    task = admin.get("/tasks?process=probe&view=team")["items"][0]
    admin.post(f"/tasks/{task['id']}/complete", {"data": {}})
    assert admin.get(f"/instances/{old}")["head"]["status"] == "completed", "urgent: no reply is written"
    audited = site.person("admin").get("/admin/audit").text
    assert "柏流程" in audited
    assert "发布变更" in audited
    assert re.search(r"渗漏.*→.*渗漏.*开裂", audited), audited


def test_scenarios_are_played_before_and_a_red_one_stops_it(site: Site, admin: Program, owner: Person) -> None:
    deploy(admin, drawn("a", "b"))
    made = change(owner, "加一步", probe__bpmn=drawn("a", "c", "b"))
    story = "名称: 办完一件\n开始: 2026-03-02 09:00\n步骤:\n  - 经过: PT1M\n".encode()
    now = site.clock()
    with site.database.transaction() as session:
        viewer = people.viewer(session, OWNER, now=now)
        studio.add_file(session, viewer, UUID(made), "probe_story.yaml", source=story, folder="probe", now=now)

    def went(state: str) -> None:
        with site.database.transaction() as session:
            digest = scenario_runs.digests(session, UUID(made))("probe_story.yaml")
            row = session.scalars(select(ScenarioRun)).first() or ScenarioRun(
                change_set_id=UUID(made), file="probe_story.yaml", name="办完一件", digest=digest, played_at=now
            )
            row.state = state
            session.add(row)

    def refused() -> str:
        answer = owner.post(f"/studio/changes/{made}/publish", {"reason": "例会决定"})
        assert answer.status_code == 409
        return plain(answer.text)

    assert "还有 1 个场景没有用现在的草稿跑过" in refused()
    went("waiting")
    assert "还有 1 个场景正在运行" in refused()
    went("failed")
    assert "没有通过的场景：办完一件" in refused()
    went("passed")
    save(owner, made, "probe.bpmn", drawn("a", "d", "b"))
    assert "请先用这个变更跑一遍场景" in refused(), "it was played on another draft"
    save(owner, made, "probe.bpmn", drawn("a", "c", "b"))
    publish(owner, made)
