"""A house from its inspection to its keys, on phones of 390 px: the inspector without network, the builder by a link."""

from __future__ import annotations

import time
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from engine import filestore, instances, people
from engine.access import Grant
from processes.services import inspection_batches, links
from processes.services.demo import answers_handover
from processes.services.demo.player import Play, Step, open_task
from storage import inspections as rows
from storage import orders as order_rows
from storage.tables.contractors import Contractor
from storage.tables.defects import Defect
from storage.tables.estate import Phase, Project, Unit
from storage.tables.handovers import HandoverBatch, HandoverUnit, UnitWarranty
from storage.tables.inspections import InspectionUnit
from tests.browser.conftest import Live, shoot, violations, wrong_with
from tests.browser.test_inspect_offline import aboard, enter_room, picture, settled, waiting
from tests.browser.test_journey import choose, fill, submit
from tests.sites import SECRET
from tests.visits import INSPECTOR

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page
    from sqlalchemy.orm import Session

PROJECT = "知夏苑"
CAO, MIAO = "cao.jiaofu", "miao.qiantai"
SUN, YAN, WU, ZHAO, SHEN = "sun.mingli", "yan.lingdao", "wu.gongjia", "zhao.zhiqiu", "shen.fuhe"
PARTS = (("H02a", WU), ("H02b", "yang.guanjia"), ("H02c", "qi.fawu"), ("H02d", "jiang.caiwu"))
FOUND = (("厨房", "橱柜", "色差"), ("客厅", "木地板", "起鼓"), ("主卧", "木地板", "起鼓"))


class Journey:
    """The house, and the people around it: what is done at a desk is done as the demonstration does it."""

    def __init__(self, live: Live) -> None:
        self.live, self.site = live, live.site
        data = live.site.app.extensions["keyturn"].settings.data_dir
        self.play = Play(
            self.site.database, live.site.app.extensions["keyturn"].registry, filestore.opened(data / "files")
        )

    def until(self, ask: Callable[[Session], Any], what: str) -> Any:
        """Ask the database until it answers: the worker is on its way."""
        end = time.monotonic() + 20
        while True:
            with self.site.database.read() as session:
                if found := ask(session):
                    return found
            assert time.monotonic() < end, what
            time.sleep(0.05)

    def waits(self, number: str, element: str) -> Any:
        def ask(session: Session) -> Any:
            try:
                return open_task(session, number, element).id
            except LookupError:
                return None

        return self.until(ask, f"{number} never came to {element}")

    def does(self, number: str, *steps: tuple[str, str] | tuple[str, str, dict[str, Any]]) -> None:
        """Do tasks of an instance one after the other: element, login, what is other than usual."""
        self.play.numbers["it"] = number
        for element, login, *changes in steps:
            self.waits(number, element)
            self.play.do(Step(self.site.clock(), "it", login, element, changes[0] if changes else {}))

    def batch(self) -> tuple[str, str]:
        """Begin a batch of one house and bring it to its visit."""
        registry, now = self.play.registry, self.site.clock()
        with self.site.database.transaction() as session:
            phase = session.scalars(select(Phase.id).join(Project).where(Project.code == PROJECT)).one()
            house = rows.units(session, phase)[-1:]
            viewer = people.viewer(session, SUN, now=now)
            batch = inspection_batches.plan(
                session, viewer, phase_id=phase, round="交付前复查", houses=house, now=now, registry=registry
            )
        self.does(batch, ("I01", SUN), ("I02", YAN), ("I03", SUN), ("I04", WU))
        of_batch = select(InspectionUnit.number).where(InspectionUnit.batch_number == batch)
        return batch, self.until(lambda session: session.scalars(of_batch).first(), "no house was begun")


def mark(page: Page) -> None:
    """Draw on the first photo and pin the place on the plan."""
    page.get_by_role("button", name="在照片上标注").first.tap()
    page.locator("#marks[open]").wait_for()
    box = page.locator("#marks canvas").bounding_box()
    assert box
    page.mouse.move(box["x"] + 40, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 90, steps=4)
    page.mouse.up()
    page.locator("#marks [data-at=done]").tap()
    page.get_by_role("button", name="标在平面图上").tap()
    page.locator("#pin[open]").wait_for()
    page.locator("#pin .inspect-plan > *").first.tap(position={"x": 60, "y": 60})
    page.locator("#pin [data-at=done]").tap()


def sign(page: Page, pad: str) -> None:
    canvas = page.locator(pad)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    page.mouse.move(box["x"] + 20, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 160, box["y"] + 60, steps=4)
    page.mouse.up()


def inspect(journey: Journey, number: str) -> Page:
    """Without network: three defects, one of them drawn on and pinned; the visit is signed and ended."""
    journey.waits(number, "U01")
    page = aboard(journey.live, number)
    page.context.set_offline(True)
    rooms = page.locator(".inspect-rooms strong").all_inner_texts()
    for room, part, problem in FOUND:
        enter_room(page, next((one for one in rooms if room in one), rooms[0]))
        page.locator("[data-at=parts] button", has_text=part).tap()
        page.locator("[data-at=problems] button", has_text=problem).first.tap()
        page.locator("#shoot").set_input_files([picture()])
        page.locator(".inspect-photo img").wait_for()
        if (room, part) == FOUND[0][:2]:
            mark(page)
        page.locator(".inspect-save").tap()
        page.locator("[data-at=card]").wait_for(state="hidden")
        page.locator("#back").tap()
    sign(page, ".inspect-pad")
    unsure = page.get_by_label("确认未查，仍要结束验房")
    if unsure.is_visible():
        unsure.check()
    page.get_by_role("button", name="结束验房").tap()
    waiting(page, 8)
    page.context.set_offline(False)
    settled(page)
    return page


def repair(journey: Journey, order: str) -> None:
    """The builder has a link and no account: he takes the order on, mends each defect, and sends a photo of each."""
    site = journey.site
    with site.database.transaction() as session:
        row = order_rows.get(session, order)
        assert row is not None
        company = session.get_one(Contractor, row.repair_id)
        viewer = people.viewer(session, WU, now=site.clock())
        made = links.make(
            session, viewer, kind=links.CONTRACTOR, subject=company.code, secret=SECRET, now=site.clock()
        )  # fmt: skip
    journey.does(order, ("R03a", WU))
    journey.waits(order, "R03b")
    page = journey.live.open(f"/c/{made.token}", size="phone")
    page.locator("a", has_text=order).first.tap()
    choose(page, '[name="accept_decision"][value="接单"]')
    page.locator("[name=planned_finish_at]").fill("2026-03-05T18:00")
    choose(page, '[name="needs_material"]')
    page.locator("[data-submit]").tap()
    page.get_by_text("已收到").first.wait_for()
    journey.waits(order, "R06")
    page.reload()
    for at in range(len(FOUND)):
        choose(page, f'[name="results-{at}-done"][value="完成"]')
        page.locator(f'[name="results-{at}-after_photos__file"]').set_input_files([picture()])
        page.locator(f'[name="results-{at}-after_photos"]').first.wait_for(state="attached")
        page.locator(f'[name="results-{at}-measures"]').fill("拆换后打胶")
    shoot(page, "keys-builder")
    page.locator("[data-submit]").tap()
    page.get_by_text("已收到").first.wait_for()


def recheck(journey: Journey, page: Page, number: str) -> None:
    """Without network again: each repair with a photo of its own, at the place where the first one was taken."""
    journey.waits(number, "U03")
    page.goto(f"{journey.live.address}/inspect/{number}")
    page.locator(".inspect-again").nth(len(FOUND) - 1).wait_for()
    settled(page)
    page.context.set_offline(True)
    page.reload()
    cards = page.locator(".inspect-again")
    cards.nth(len(FOUND) - 1).wait_for()
    cards.locator(".inspect-before img").first.wait_for()
    page.get_by_role("button", name="结束复验").tap()
    page.locator("#view section > [data-at=problem]", has_text="还有 3 条没有复验").wait_for()
    for at in range(len(FOUND)):
        cards.nth(at).locator("input[type=file]").set_input_files([picture()])
        cards.nth(at).locator(".inspect-photo img").wait_for()
        cards.nth(at).get_by_role("button", name="已修好", exact=True).tap()
        cards.nth(at).locator("[value=通过][aria-pressed=true]").wait_for()
    waiting(page, 6)
    page.emulate_media(reduced_motion="reduce")  # no colour is caught on its way
    assert violations(page) == []
    shoot(page, "keys-recheck")
    page.get_by_role("button", name="结束复验").tap()
    page.get_by_text("已在手机上结束复验").wait_for()
    waiting(page, 7)
    page.context.set_offline(False)
    settled(page)


def plan_handover(journey: Journey, number: str) -> str:
    """Plan the handover of the phase; its conditions are not met while the inspection goes on. Gives its instance."""
    site, now = journey.site, journey.site.clock()
    with site.database.transaction() as session:
        for login, role in ((CAO, "ho_lead"), (MIAO, "ho_desk")):
            people.set_grants(
                session, people.viewer(session, "admin", now=now), login=login, grants=[Grant(role)], now=now
            )
        session.execute(update(Defect).where(Defect.project == PROJECT, Defect.found_in != number).values(open=False))
        instances.start(
            session, key="handover_batch", variables={}, viewer=people.viewer(session, CAO, now=now), now=now,
            registry=journey.play.registry, business_key="plan", scope=PROJECT, title=PROJECT,
        )  # fmt: skip
    journey.does("plan", ("H01", CAO, {"phase": f"{PROJECT}/1期", "starts_on": "2026-03-02", "ends_on": "2026-03-05"}))
    batch = journey.until(
        lambda s: s.scalars(select(HandoverBatch.number).where(HandoverBatch.project == PROJECT)).first(), ""
    )
    journey.does(batch, *PARTS, ("H02", CAO))
    return str(batch)


def book(journey: Journey, house: str) -> None:
    """The owner has a link to his house and chooses when he comes."""
    site = journey.site
    journey.waits(house, "K01")
    with site.database.transaction() as session:
        row = session.scalars(select(HandoverUnit).where(HandoverUnit.number == house)).one()
        viewer = people.viewer(session, ZHAO, now=site.clock())
        given = {"kind": links.HOUSE, "subject": row.house, "secret": SECRET, "now": site.clock()}
        made = links.make(session, viewer, **given)
    page = journey.live.open(f"/o/{made.token}", size="phone", reduced_motion="reduce")
    page.locator("[name=slot]").first.check()
    assert wrong_with(page) == []
    shoot(page, "keys-owner")
    page.locator("form:has([name=slot]) button").tap()
    page.get_by_text("已收到").first.wait_for()
    journey.until(
        lambda s: s.scalars(select(HandoverUnit.slot_id).where(HandoverUnit.number == house)).one(), "no appointment"
    )


def take_over(journey: Journey, house: str) -> None:
    """The owner comes: at the desk everything is typed and signed on a phone."""
    book(journey, house)
    journey.site.clock.advance(hours=4)
    desk = journey.live.enter(MIAO, size="phone")
    for element, login in (("K02", MIAO), ("K03", "jiang.caiwu"), ("K04", INSPECTOR), ("K05", MIAO)):
        journey.does(house, (element, login))
    task = journey.waits(house, "K06")
    desk.goto(f"{journey.live.address}/handover/houses/{house}")
    shoot(desk, "keys-house")
    desk.goto(f"{journey.live.address}/tasks/{task}")
    fill(desk, answers_handover.answers(None, "K06", {}, journey.site.clock()))
    shoot(desk, "keys-keys")
    submit(desk)
    with journey.site.database.read() as session:
        row = session.scalars(select(HandoverUnit).where(HandoverUnit.number == house)).one()
        assert row.state == "已交付"
        unit = session.get_one(Unit, row.unit_id)
        assert (unit.state, unit.delivered_on) == ("已交付", date(2026, 3, 2))
        assert session.scalars(select(UnitWarranty).where(UnitWarranty.unit_id == unit.id)).all()


def test_a_house_from_its_inspection_to_its_keys(live: Live) -> None:
    journey = Journey(live)
    batch, number = journey.batch()
    page = inspect(journey, number)
    journey.does(number, ("U02", ZHAO))
    (order,) = journey.until(lambda s: [one.number for one in order_rows.open_of_starter(s, number)], "no order")
    handover = plan_handover(journey, number)
    repair(journey, order)
    journey.does(order, ("R07", WU), ("R10", INSPECTOR))
    recheck(journey, page, number)
    with live.site.database.read() as session:
        defects = session.scalars(select(Defect).where(Defect.found_in == number)).all()
        assert {(one.state, [photo["kind"] for photo in one.photos][-1]) for one in defects} == {("已销项", "after")}
        assert sum(one.plan_x is not None for one in defects) == 1
    journey.does(number, ("U04", SHEN))
    journey.does(batch, ("I06", SUN))
    # the round has passed: the handover that waited for it looks at its conditions again
    journey.does(handover, *PARTS, ("H02", CAO), ("H03", YAN), ("H04", MIAO))
    of_house = select(HandoverUnit.number).join(InspectionUnit, InspectionUnit.unit_id == HandoverUnit.unit_id)
    of_house = of_house.where(InspectionUnit.number == number)
    house = journey.until(lambda s: s.scalars(of_house).first(), "no handover of the house")
    take_over(journey, house)
