"""The process owner words a message otherwise, and the next one that goes out reads so."""

from __future__ import annotations

import re

from markupsafe import escape

from engine import message_texts, notifications
from processes.services import notices, owner_texts
from tests.sites import Site

DISPATCHED = message_texts.digest_of(notices.TEMPLATES["已派单"])


def test_a_text_is_worded_otherwise_and_restored(site: Site) -> None:
    owner = site.person("bai.liucheng")
    listed = owner.get("/studio/texts").text
    assert "已派单" in listed
    assert "客户短信" in listed
    page = f"/studio/texts/{DISPATCHED}"
    assert owner.post(page, {"zh_Hans_CN": "请今天处理 {number}：{brief}", "en": "Today: {number}"}).status_code == 303
    with site.database.transaction() as session:
        fields = {"number": "TS-2026-000009", "brief": "漏水"}
        notifications.notify(
            session, recipient="bai.liucheng", template=notices.TEMPLATES["已派单"], fields=fields, now=site.clock.now
        )
    assert "请今天处理 TS-2026-000009：漏水" in owner.get("/notifications").text
    assert "原文" in owner.get(page).text
    assert owner.post(page, {"restore": "zh_Hans_CN"}).status_code == 303
    assert "请今天处理" not in owner.get("/notifications").text
    audit = site.person("admin").get("/admin/audit").text
    assert "text.edit" in audit or "文案" in audit


def test_a_text_cannot_name_what_is_not_known_and_nothing_typed_is_lost(site: Site) -> None:
    owner, page = site.person("bai.liucheng"), f"/studio/texts/{DISPATCHED}"
    for wrong, said in {
        "请处理 {nummer}": "{number}, {brief}",
        "请处理 {number": "花括号",
        "请处理 {number.__class__}": "可用的字段",
        "请处理 {number:>9999}": "花括号",
        "长" * 501: "最多 500",
    }.items():
        answer = owner.post(page, {"zh_Hans_CN": wrong})
        assert answer.status_code == 422
        assert said in re.sub(r"&#39;|&amp;", "", answer.text)
        assert str(escape(wrong)) in answer.text
    assert site.person("lin.xiaoan").get(page).status_code in {403, 404}
    assert owner.get("/studio/texts/none").status_code == 404


def test_customers_read_the_changed_words(site: Site) -> None:
    owner = site.person("bai.liucheng")
    words = owner_texts.WORDS["投诉办结"]
    page = f"/studio/texts/{message_texts.digest_of(words)}"
    assert owner.post(page, {"zh_Hans_CN": "{number} 办好了。"}).status_code == 303
    with site.database.read() as session:
        assert message_texts.written(session, words, {"number": "TS-1"}) == "TS-1 办好了。"
    assert owner.post(page, {"restore": "zh_Hans_CN"}).status_code == 303
