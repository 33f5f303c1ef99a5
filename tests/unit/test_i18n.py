"""How times, spans and amounts are written, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.support import Translations
from flask import Flask, g
from flask_babel import force_locale

from engine.connectors import Registry
from storage.session import Database
from tasks_ui import context, i18n
from tasks_ui.settings import Settings

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # noon in China


@pytest.fixture(params=["zh_Hans_CN", "en"])
def language(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    app = Flask("tasks_ui")
    settings = Settings("sqlite://", tmp_path, "http://127.0.0.1", ZoneInfo("Asia/Shanghai"), "x")
    app.extensions["keyturn"] = context.Application(settings, Database("sqlite://"), Registry(), lambda: NOW)
    i18n.install(app)
    with app.test_request_context(), force_locale(request.param):
        g.viewer = None
        yield request.param


def said(language: str, chinese: str, english: str) -> str:
    return english if language == "en" else chinese


def test_moment_in_the_zone_of_the_people_with_the_year_only_when_it_is_another(language: str) -> None:
    assert i18n.write_moment(NOW) == said(language, "11月21日 12:00", "Nov 21, 12:00")
    assert i18n.write_moment(datetime(2025, 12, 31, 16, 5, tzinfo=UTC)) == said(
        language, "1月1日 00:05", "Jan 1, 00:05"
    )
    assert i18n.write_moment(datetime(2024, 2, 29, 1, 0, tzinfo=UTC)) == said(
        language, "2024年2月29日 09:00", "Feb 29, 2024, 09:00"
    )


def test_moment_is_marked_up_for_machines(language: str) -> None:
    assert 'datetime="2026-11-21T12:00+08:00"' in i18n.moment(NOW)
    assert i18n.moment(None) == ""


@pytest.mark.parametrize(
    ("span", "chinese", "english"),
    [
        (timedelta(seconds=20), "不到1分钟", "less than a minute"),
        (timedelta(minutes=5), "5分钟", "5 min"),
        (timedelta(hours=3), "3小时", "3 h"),
        (timedelta(hours=3, minutes=20), "3小时20分", "3 h 20 min"),
        (timedelta(hours=27), "1天3小时", "1 d 3 h"),
        (timedelta(days=2, minutes=40), "2天", "2 d"),
        (timedelta(days=40, hours=7), "40天", "40 d"),
    ],
)
def test_span_takes_the_two_largest_units(language: str, span: timedelta, chinese: str, english: str) -> None:
    assert i18n.span(span.total_seconds()) == said(language, chinese, english)


def test_due_says_what_is_left_or_how_late_it_is(language: str) -> None:
    assert i18n.due(NOW + timedelta(hours=3)) == said(language, "剩 3小时", "3 h left")
    assert i18n.due(NOW - timedelta(hours=27)) == said(language, "逾期 1天3小时", "overdue by 1 d 3 h")
    assert i18n.due(None) == said(language, "无时限", "no deadline")


def test_ago_looks_both_ways(language: str) -> None:
    assert i18n.ago(NOW) == said(language, "刚刚", "just now")
    assert i18n.ago(NOW - timedelta(minutes=5)) == said(language, "5分钟前", "5 min ago")
    assert i18n.ago(NOW + timedelta(days=1)) == said(language, "1天后", "in 1 d")


def test_money(language: str) -> None:
    assert i18n.money("1234.5") == "¥1,234.50"
    assert i18n.money(None) == ""


def test_texts_from_elsewhere_are_translated_before_their_fields_are_filled_in(language: str) -> None:
    assert i18n.translate("The login {login} is already in use.", {"login": "lin"}) == said(
        language, "登录名 lin 已被使用。", "The login lin is already in use."
    )


def test_texts_for_mails_need_no_request(language: str) -> None:
    assert (
        i18n.render("The login {login} is already in use.", {"login": "lin"}, "zh_Hans_CN") == "登录名 lin 已被使用。"
    )
    assert i18n.render("The login {login} is already in use.", {"login": "lin"}, "en").startswith("The login lin")


def test_two_processes_that_compile_the_catalogue_at_once_leave_it_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "zh_Hans_CN"
    (folder / "LC_MESSAGES").mkdir(parents=True)
    (folder / "a.po").write_text('msgid "Yes"\nmsgstr "是"\n', encoding="utf-8")
    monkeypatch.setattr(i18n, "TRANSLATIONS", tmp_path)
    written, write = [], i18n.write_mo

    def meanwhile(file: IO[bytes], catalogue: Catalog) -> None:
        if not written:  # the other one begins and ends while this one writes
            written.append(file)
            i18n.compile_catalogues(force=True)
        write(file, catalogue)

    monkeypatch.setattr(i18n, "write_mo", meanwhile)
    i18n.compile_catalogues(force=True)
    assert Translations.load(str(tmp_path), ["zh_Hans_CN"]).gettext("Yes") == "是"
    assert [path.name for path in (folder / "LC_MESSAGES").iterdir()] == ["messages.mo"]
