"""Trying a draft of a decision table over HTTP: what scripts of the editor ask, and what they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine import people, studio
from tests.sites import demo_file, site  # noqa: F401
from tests.unit.test_table_bench import TIME_LIMITS

if TYPE_CHECKING:
    from tests.sites import Site

FILE = "time_limits.dmn"
SOURCE = TIME_LIMITS.decode()
GIVEN = {"process": "complaint", "clock": "day5_call"}
FIFTH = '<outputEntry id="time_limits_row_18_out_1"><text>5</text>'


def test_a_draft_is_tried_by_the_real_engine(site: Site) -> None:  # noqa: F811
    with site.database.transaction() as session:
        viewer = people.viewer(session, "bai.liucheng", now=site.clock())
        change = studio.begin(session, viewer, wanted=[FILE], title="第四天", reason="试", now=site.clock())
    owner, url = site.person("bai.liucheng"), f"/studio/changes/{change}/files/{FILE}/try"

    def ask(**body: object) -> Any:
        answer = owner.send("POST", url, {"source": SOURCE, **body})
        assert answer.status_code == 200, answer.text
        return answer.json

    # what it asks for
    opened = ask(mode="open")
    assert opened["decision"] == {"id": "time_limits", "name": "时限", "policy": "F", "aggregation": ""}
    assert [field["label"] for field in opened["fields"]][:2] == ["流程", "时钟"]
    assert {"name": "value", "label": "时限"} in opened["outputs"]
    assert opened["examples"] == []

    # what it answers, row by row
    tried = ask(mode="inputs", given=GIVEN)
    assert (tried["result"]["value"], tried["taken"], tried["problem"]) == (5, [18], "")
    row = tried["rows"][17]
    assert (row["matched"], row["taken"], row["notes"][-1]) == (True, True, "第5日沟通 · C06 C18")
    assert [cell["passed"] for cell in row["cells"]] == [True, True, None, None, None, None]
    assert tried["rows"][0]["cells"][1] == {
        "column": "时钟", "test": '"accept"', "value": "day5_call", "passed": False
    }  # fmt: skip
    assert (tried["rows"][63]["matched"], tried["rows"][63]["taken"]) == (True, False)

    # the draft that was sent, not the one that is published
    assert FIFTH in SOURCE
    fourth = SOURCE.replace(FIFTH, FIFTH.replace("5</text>", "4</text>"))
    assert ask(mode="inputs", given=GIVEN, source=fourth)["result"]["value"] == 4

    # every row with inputs of its own
    rows = ask(mode="rows")["rows"]
    assert len(rows) == 64
    assert all(one["reached"] for one in rows)

    # what is wrong is told in the reader's words
    broken = ask(mode="inputs", given=GIVEN, source=SOURCE.replace(FIFTH, FIFTH.replace("5</text>", "4天</text>")))
    assert (broken["result"], broken["rows"]) == (None, [])
    assert "第 18 行“时限”" in broken["problem"]
    assert ask(mode="spelling", text="大于3天", condition=True, kind="number") == {"better": "> 3"}
    refused = owner.send("POST", url, {"source": SOURCE, "mode": "open", "decision": "nothing"})
    assert (refused.status_code, refused.json) == (404, {"error": "本文件没有决策 nothing。"})
    assert "XML" in owner.send("POST", url, {"source": "<", "mode": "inputs", "given": {}}).json["error"]  # type: ignore[index]
    assert owner.send("POST", url, {"source": SOURCE, "mode": "inputs"}).status_code == 422
