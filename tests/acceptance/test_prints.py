"""The paper sheets as pages: who may print which case, and what stands on them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from processes.services import documents
from storage.tables.cases import CaseDocument, ServiceCase
from storage.tables.parties import AccessLog

if TYPE_CHECKING:
    from tests.sites import Site

TITLES = {
    "record": "客户投诉记录单",
    "handling": "客户投诉处理单",
    "register": "业主投诉登记表",
    "feedback": "反馈信息单",
    "statement": "客户投诉反馈单",
}


def played(site: Site, **wanted: object) -> ServiceCase:
    """A case that was played through the engine (it has an instance)."""
    query = select(ServiceCase).where(ServiceCase.instance_id.is_not(None)).filter_by(**wanted)
    with site.database.read() as session:
        return session.scalars(query.order_by(ServiceCase.number)).first()


@pytest.mark.parametrize("kind", TITLES)
def test_every_sheet_is_printed_in_chinese(site: Site, kind: str) -> None:
    case = played(site)
    page = site.person("lin.xiaoan").get(f"/print/{kind}/{case.number}")
    assert page.status_code == 200
    assert f"<h1>{TITLES[kind]}</h1>" in page.text
    assert case.number in page.text
    shown = re.sub(r"<header.*?</header>", "", page.text, flags=re.DOTALL)
    words = set(re.findall(r"<dt>([^<]*)</dt>", shown)) | set(re.findall(r"<h2>([^<]*)</h2>", shown))
    assert words
    assert not [word for word in words if re.search(r"[A-Za-z]{3}", word)]


def test_a_person_who_reads_english_still_prints_chinese_and_may_ask_for_english(site: Site) -> None:
    case = played(site)
    person = site.person("lin.xiaoan")
    person.client.set_cookie("language", "en")
    assert "<h1>客户投诉记录单</h1>" in person.get(f"/print/record/{case.number}").text
    assert "<h1>Customer complaint record</h1>" in person.get(f"/print/record/{case.number}?lang=en").text


def test_the_signed_handling_sheet_shows_the_signature(site: Site) -> None:
    with site.database.read() as session:
        query = select(CaseDocument).where(CaseDocument.kind == "处理单", CaseDocument.method == "电子签名")
        signed = session.scalars(query).first()
    page = site.person("sun.mingli").get(f"/print/handling/{signed.case_number}")
    assert f'<img src="/attachments/{signed.attachments[0]}"' in page.text
    assert "电子签名" in page.text


def test_whoever_may_not_call_the_customer_prints_masked_data(site: Site) -> None:
    case = played(site, project="春和里")
    shown = site.person("wu.gongjia").get(f"/print/record/{case.number}").text
    assert case.phone_masked in shown
    assert case.caller_name not in shown


def test_printing_a_whole_number_is_logged(site: Site) -> None:
    case = played(site)
    site.person("lin.xiaoan").get(f"/print/record/{case.number}")
    with site.database.read() as session:
        log = session.scalars(select(AccessLog).where(AccessLog.action == "print")).all()
    assert [(row.actor, row.subject) for row in log] == [("lin.xiaoan", f"case:{case.number}")]


@pytest.mark.parametrize("path", ["/print/record/TS-2020-000001", "/print/receipt/TS-2026-000001"])
def test_what_does_not_exist_is_not_found(site: Site, path: str) -> None:
    assert site.person("lin.xiaoan").get(path).status_code == 404


def test_a_stranger_to_the_case_finds_nothing(site: Site) -> None:
    case = played(site, project="春和里")
    assert site.person("wei.yanfang1").get(f"/print/record/{case.number}").status_code == 404


def test_nobody_prints_without_signing_in(site: Site) -> None:
    case = played(site)
    assert site.client().get(f"/print/record/{case.number}").status_code in {302, 303, 401}


def test_every_sheet_has_an_address(site: Site) -> None:
    assert set(documents.SHEETS) == set(TITLES)
