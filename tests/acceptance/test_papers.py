"""Sheets of rectification and handover, and every sheet as PDF: numbered, with a hash that can be checked."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from storage.tables.cases import CaseDocument, ServiceCase
from storage.tables.contractors import Contractor
from storage.tables.defects import Defect, RectificationOrder
from storage.tables.estate import Phase, Unit
from storage.tables.handovers import (
    FeeItem,
    HandoverBatch,
    HandoverUnit,
    KeySet,
    MeterReading,
    Notice,
    StationCheck,
)
from storage.tables.parties import AccessLog, Ownership, Party
from tasks_ui import assets
from tests import halls
from tests.sites import site_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.sites import Person, Site

DAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ORDER, HANDOVER, DAILY = "ZG-2025-990001", "JF-2025-990001", "春和里:2026-03-02"
SHEETS = {
    "daily": (DAILY, "每日汇总单", ["北卧窗扇关不严", "未完成", "等待配件", "工程负责人（签字）"]),
    "completion": (ORDER, "整改完成单", ["北卧窗扇关不严", "铰链更换", "完成", "等待配件", "整改单位（签字）"]),
    "review": (ORDER, "复核意见书", ["通过", "不通过", "仍有渗水", "开发公司签收（签字）"]),
    "visit": (ORDER, "整改完成单（整户）", ["北卧窗扇关不严", "铰链更换", "整户整改明细", "业主或受托人（签字）"]),
    "acceptance": (HANDOVER, "房屋验收单", ["收楼意见", "实测面积", "地砖空鼓", "业主或受托人（签字）"]),
    "stations": (HANDOVER, "入住程序表", ["陪同验房", "签到", "会签人", "秦素"]),
    "delivery": (HANDOVER, "交接书", ["水表", "12.5", "入户门", "住宅质量保证书", "物业费", "2,400.00"]),
    "demand": (HANDOVER, "催告函", ["合同约定交付日为 2026-01-31", "EMS", "EX-7", "公司（盖章）"]),
}


def give(site: Site) -> None:
    """An order with two defects and a handover, as rows."""
    with site.database.transaction() as session:
        unit = session.scalar(select(Unit).where(Unit.code.startswith("春和里")).order_by(Unit.id))
        repair = session.scalar(select(Contractor).where(Contractor.code == "示例总包一公司"))
        if repair is None:
            repair = Contractor(code="示例总包一公司", name="示例总包一公司", kind="总包")
            session.add(repair)
            session.flush()
        here = {"project": "春和里", "unit_id": unit.id, "house": unit.code}
        session.add(
            RectificationOrder(
                number=ORDER, starter="", starter_kind="complaint", stage="保修期", source_channel="物业", repair_id=repair.id,
                responsible_id=repair.id, state="待客户复验", reported_at=DAY, issued_at=DAY, signed_at=DAY, signed_by="chen.liyan", **here,
            )
        )  # fmt: skip
        for text, state, measures, unfinished, rejected in (
            ("北卧窗扇关不严", "待客户复验", "铰链更换", "", ""),
            ("阳台渗水", "整改中", "", "等待配件，3月6日完成", "仍有渗水"),
        ):
            session.add(
                Defect(
                    id=uuid4(), order_number=ORDER, room="北卧", part="窗", text=text, state=state, measures=measures,
                    unfinished=unfinished, rejected=rejected, found_at=DAY, found_by="chen.liyan", repair_id=repair.id, **here,
                )
            )  # fmt: skip
        phase = session.scalar(select(Phase).where(Phase.id == unit.phase_id))
        session.add(
            HandoverBatch(
                number="JP-2025-990001", project="春和里", phase_id=phase.id, contract_on=date(2026, 1, 31), starts_on=date(2026, 1, 20),
                ends_on=date(2026, 1, 26), stations=["陪同验房", "款项核对"], papers=["住宅质量保证书"], created_by="x", created_at=DAY,
            )
        )  # fmt: skip
        session.add(
            HandoverUnit(
                number=HANDOVER, batch_number="JP-2025-990001", unit_id=unit.id, house=unit.code, project="春和里", state="催告中",
                decision="带问题收楼", promise="3月20日前修好",
            )
        )  # fmt: skip
        if not session.scalar(
            select(Ownership.id).where(
                Ownership.unit_id == unit.id, Ownership.role == "业主", Ownership.until.is_(None)
            )
        ):
            party = Party(name="于小满", created_at=DAY)
            session.add(party)
            session.flush()
            session.add(Ownership(unit_id=unit.id, party_id=party.id, role="业主"))
        who = {"handover_number": HANDOVER, "at": DAY, "actor": "qin.su"}
        session.add(StationCheck(station="签到", **{**who, "actor": "秦素"}))
        session.add(MeterReading(unit_id=unit.id, kind="水表", value=12.5, **who))
        session.add(KeySet(unit_id=unit.id, label="入户门 3 把", kind="入户门", count=3))
        session.add(FeeItem(unit_id=unit.id, kind="物业费", amount=2400, paid=2400, receipt="P-1"))
        session.add(
            Notice(handover_number=HANDOVER, kind="催告函", channel="EMS", number="EX-7", sent_at=DAY, actor="x")
        )
        session.add(
            Defect(
                id=uuid4(),
                found_in=HANDOVER,
                room="客厅",
                part="地面",
                text="地砖空鼓",
                found_at=DAY,
                found_by="x",
                **here,
            )
        )
        session.add(
            CaseDocument(case_number=HANDOVER, kind="住宅质量保证书", number="ZB-1", at=DAY, actor="x", attachments=[])
        )


def desk(site: Site) -> Person:
    """Somebody who sees all of it: the manager of customer service."""
    return site.person("admin")


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"<header.*?</header>", "", html, flags=re.DOTALL)))


def text_of(content: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory, demo_file: Path) -> Iterator[Site]:
    """One site for all tests here: what they change, they change back."""
    opened = site_in(tmp_path_factory.mktemp("papers") / "site", demo_file)
    give(opened)
    yield opened
    opened.database.dispose()


@pytest.mark.parametrize("kind", SHEETS)
def test_each_sheet_says_on_the_page_and_in_the_pdf_what_the_paper_says(papers: Site, kind: str) -> None:
    number, title, words = SHEETS[kind]
    person = desk(papers)
    page = person.get(f"/print/{kind}/{number}")
    assert page.status_code == 200
    shown = plain(page.text)
    written = text_of(person.get(f"/print/{kind}/{number}/pdf").data)
    for word in (title, *words):
        assert word in shown
        assert "".join(word.split()) in written
    labels = "".join(re.findall(r"<(?:dt|th[^>]*|h1|h2|caption)>([^<]*)<", page.text))
    assert not re.search(r"[A-Za-z]{4}", labels)


def test_the_pdf_carries_its_glyphs(papers: Site) -> None:
    content = desk(papers).get(f"/print/review/{ORDER}/pdf").data
    fonts = PdfReader(io.BytesIO(content)).pages[0]["/Resources"]["/Font"].values()
    below = [font.get_object()["/DescendantFonts"][0].get_object() for font in fonts]
    assert below
    assert all({"/FontFile2", "/FontFile3"} & set(one["/FontDescriptor"].get_object()) for one in below)
    assert all(re.match(r"/[A-Z]{6}\+NotoSans", one["/BaseFont"]) for one in below)  # a subset
    assert len(content) < 200_000


def test_a_paper_gets_one_number_for_one_content_and_can_be_checked(papers: Site) -> None:
    person = desk(papers)
    path = f"/print/completion/{ORDER}"
    assert "预览件，未编号" in person.get(path).text
    assert "预览件" in text_of(person.get(f"{path}/pdf").data)
    assert person.post(f"{path}/issue").status_code == 303
    assert person.post(f"{path}/issue").status_code == 303
    with papers.database.read() as session:
        rows = session.scalars(select(CaseDocument).where(CaseDocument.case_number == ORDER)).all()
    assert [row.kind for row in rows] == ["整改完成单"]
    number, sha256 = rows[0].number, rows[0].sha256
    assert number in person.get(path).text
    written = text_of(person.get(f"{path}/pdf").data)
    assert number in written
    assert sha256 in written
    stranger = papers.client()
    assert "属实" in stranger.get(f"/verify?number={number}&hash={sha256[:32]} {sha256[32:]}").text
    for wrong in (f"number={number}&hash={'0' * 64}", f"number=WJ-2020-000009&hash={sha256}", f"number={number}&hash="):
        assert "未通过核验" in stranger.get(f"/verify?{wrong}").text


def test_the_page_of_an_order_leads_to_its_sheets_and_back(papers: Site) -> None:
    page = desk(papers).get(f"/orders/{ORDER}").text
    for kind in ("completion", "review"):
        assert f'href="/print/{kind}/{ORDER}"' in page
        assert f'href="/orders/{ORDER}"' in desk(papers).get(f"/print/{kind}/{ORDER}").text


def test_the_page_of_a_handover_leads_to_its_sheets_and_a_station_done_stands_on_them(papers: Site) -> None:
    _, houses = halls.add_hall(papers, count=1)
    halls.do(papers, houses[0], halls.DESK)
    halls.do(papers, houses[0], halls.DESK)
    person = papers.person(halls.LEAD)
    page = person.get(f"/handover/houses/{houses[0]}").text
    for kind in ("acceptance", "stations", "delivery", "demand"):
        assert f'href="/print/{kind}/{houses[0]}"' in page
        assert f'href="/handover/houses/{houses[0]}"' in person.get(f"/print/{kind}/{houses[0]}").text
    signed = re.findall(
        r"<td>签到</td><td>([^<]*)</td><td>([^<]*)</td>", person.get(f"/print/stations/{houses[0]}").text
    )
    assert all(signed[0])


def test_issuing_a_paper_does_not_change_what_it_says(papers: Site) -> None:
    person = desk(papers)
    person.post(f"/print/delivery/{HANDOVER}/issue")
    assert "预览件，未编号" not in person.get(f"/print/delivery/{HANDOVER}").text


def test_what_changed_is_another_paper(papers: Site) -> None:
    person = desk(papers)
    person.post(f"/print/review/{ORDER}/issue")
    with papers.database.transaction() as session:
        session.scalar(
            select(Defect).where(Defect.order_number == ORDER, Defect.rejected != "")
        ).rejected = "干透后仍有渗水"
    assert "预览件，未编号" in person.get(f"/print/review/{ORDER}").text
    with papers.database.transaction() as session:
        session.scalar(select(Defect).where(Defect.order_number == ORDER, Defect.rejected != "")).rejected = "仍有渗水"
    assert "预览件，未编号" not in person.get(f"/print/review/{ORDER}").text


def test_the_sheets_of_a_case_are_pdf_too_each_copy_on_a_page(papers: Site) -> None:
    with papers.database.read() as session:
        query = select(ServiceCase.number).where(ServiceCase.instance_id.is_not(None), ServiceCase.state != "待派单")
        number = session.scalars(query.order_by(ServiceCase.number)).first()
    person = desk(papers)
    pages = {
        kind: len(PdfReader(io.BytesIO(person.get(f"/print/{kind}/{number}/pdf").data)).pages)
        for kind in ("record", "handling", "register", "feedback", "statement")
    }
    assert pages == {"record": 1, "handling": 1, "register": 1, "feedback": 2, "statement": 1}


def test_a_contractor_prints_the_sheets_of_his_orders_only(papers: Site) -> None:
    person = papers.person("bao.zonggong")
    assert person.get(f"/print/completion/{ORDER}").status_code == 200
    assert papers.person("qing.shifu").get(f"/print/completion/{ORDER}").status_code == 404
    assert papers.person("qing.shifu").get(f"/print/completion/{ORDER}/pdf").status_code == 404
    assert person.get(f"/print/daily/{DAILY}").status_code == 404
    assert person.get(f"/print/delivery/{HANDOVER}").status_code == 404
    assert person.post(f"/print/delivery/{HANDOVER}/issue").status_code == 404


def test_the_owner_is_named_to_those_who_meet_him_and_that_is_logged(papers: Site) -> None:
    page = papers.person("wu.gongjia").get(f"/print/delivery/{HANDOVER}")
    assert page.status_code == 200
    with papers.database.read() as session:
        logged = session.scalars(select(AccessLog.actor).where(AccessLog.subject == f"handover:{HANDOVER}")).all()
    assert "wu.gongjia" not in logged  # engineering meets no owners: the name is masked
    assert re.search(r"业主姓名\s+\S＊|业主姓名\s+\S\*", plain(page.text))


@pytest.mark.parametrize(
    "path",
    ["/print/daily/春和里", "/print/daily/春和里:2026-13-40", "/print/daily/无此项目:2026-03-02", "/print/review/ZG-2020-000001",
     "/print/demand/JF-2020-000001", "/print/receipt/1/pdf"],
)  # fmt: skip
def test_what_does_not_exist_is_not_found(papers: Site, path: str) -> None:
    assert desk(papers).get(path).status_code == 404


def test_without_a_font_the_page_says_so_and_still_prints(papers: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "sheet_font", lambda: None)
    person = desk(papers)
    page = person.get(f"/print/review/{ORDER}")
    assert "没有生成 PDF 所需的中文字体" in page.text
    answer = person.get(f"/print/review/{ORDER}/pdf")
    assert answer.status_code in {400, 422}
    assert "没有生成 PDF 所需的中文字体" in answer.text
