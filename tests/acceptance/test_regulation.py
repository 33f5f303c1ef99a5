"""The head of a regulation (A24, B60): kept with each version, shown in the list and on the page of the diagram."""

from __future__ import annotations

import re

from sqlalchemy import select

from storage.tables.definitions import ProcessDefinition
from tests.sites import demo_file, site  # noqa: F401


def test_a_version_shows_who_answers_for_it_and_since_when(site) -> None:  # noqa: F811
    with site.database.read() as session:
        row = session.scalars(select(ProcessDefinition).where(ProcessDefinition.key == "complaint")).one()
    person = site.person("bai.liucheng")
    listed = person.get("/admin/deployments", follow_redirects=True).text
    assert 'href="/studio/processes/complaint"' in listed
    page = person.get(f"/admin/processes/{row.id}", follow_redirects=True).text
    shown = dict(re.findall(r"<div><dt>([^<]+)</dt><dd>([^<]*)</dd></div>", page))
    assert shown["文件编号"] == row.number != ""
    assert shown["受控状态"] == "受控，现行有效"
    assert shown["版本"] == "1"
    assert (shown["执行部门"], shown["监督部门"], shown["考证部门"]) == ("客服部", "总经办", "客服部")
    assert shown["编制人、日期"] == f"柏流程 {row.written_on}"
    assert shown["审核人、日期"] == f"孙明礼 {row.reviewed_on}"
    assert shown["批准人、日期"] == f"严领导 {row.approved_on}"
    assert shown["变更说明"] == "随产品提供"
    assert shown["修改次数"] == "0"
    assert row.number in listed
    assert "客服部" in listed
    assert 'class="bpmn"' in page
    assert "style=" not in page
    assert person.get("/admin/processes/00000000-0000-0000-0000-000000000000").status_code == 404
    person.post("/me/language", {"language": "en"})
    english = person.get("/studio/processes/complaint").text
    assert "Controlled state" in english
    assert "controlled, in force" in english
