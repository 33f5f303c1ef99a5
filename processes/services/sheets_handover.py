"""The sheets of a handover: 房屋验收单 (K04), 入住程序表 (stations), 交接书 (K05, K06), 催告函 (K11).

Each is named by the number of the house's handover (`JF-2026-000001`). What stands on them comes from the rows; a word
that no row keeps (a water test, who checked a paper) from the last submission of its form.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from engine.errors import N_, NotFoundError
from processes.services import rights
from processes.services.answers import NOBODY, Answer, last_answers
from processes.services.handover_batches import STATIONS
from processes.services.handovers import SIGN_IN
from processes.services.sheets import ISSUED, Field, Sentence, Sheet, Signature, Table
from processes.services.sheets_orders import place, said
from storage import estate, parties, people
from storage.privacy import mask_name
from storage.tables.cases import CaseDocument
from storage.tables.defects import Defect
from storage.tables.estate import Unit
from storage.tables.handovers import (
    FeeItem,
    HandoverBatch,
    HandoverUnit,
    KeySet,
    MeterReading,
    Notice,
    StationCheck,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer

HOSTS = frozenset({"ho_desk", "ho_lead", "legal", "finance"})
"""Roles that meet the owner, and read his name, besides those that may call him."""
PAPERS = ("住宅质量保证书", "住宅使用说明书", "分户验收表", "交接书", "临时管理规约", "物业协议", "装修须知")
FORMS = ("K02", "K03", "K04", "K05", "K06", "K11")
SPARE_LINES = 3


@dataclass(frozen=True, slots=True)
class _Material:
    """All that the sheets of one handover draw from."""

    session: Session
    row: HandoverUnit
    batch: HandoverBatch | None
    unit: Unit
    project: str
    owner: str
    answers: Mapping[str, Answer]
    names: Mapping[str, str]

    def answer(self, form: str) -> Answer:
        return self.answers.get(form, NOBODY)

    def name(self, login: str) -> str:
        return self.names.get(login, login)

    def by_owner(self, form: str, key: str) -> Signature:
        """Give the owner's signature of a form, with the picture of it when there is one."""
        answer = self.answer(form)
        shown = answer.values.get(key)
        picture = str(shown[0] if isinstance(shown, list) and shown else shown or "")
        signer = self.row.proxy if self.row.by_proxy and self.row.proxy else self.owner
        return Signature(
            N_("Owner or proxy (signature)"),
            signer if answer.by else "",
            answer.at,
            "电子签名" if picture else "",
            picture,
        )

    def by_staff(self, label: str, form: str) -> Signature:
        answer = self.answer(form)
        return Signature(label, self.name(answer.by), answer.at)

    def head(self) -> list[Field]:
        return [
            Field(N_("Number of the handover"), self.row.number),
            Field(N_("Number of the home"), self.row.house),
            Field(N_("Name of the owner"), self.owner),
            Field(N_("Proxy of the owner"), self.row.proxy if self.row.by_proxy else ""),
        ]


Filled = tuple[list[Field], list[Table], list[Sentence], list[Signature]]


def visible(session: Session, viewer: Viewer, number: str) -> HandoverUnit:
    """Read the handover of a house for somebody who may see it; NotFoundError for others."""
    row = session.scalar(select(HandoverUnit).where(HandoverUnit.number == number))
    if row is not None and rights.sees_handover(viewer, row.project):
        return row
    raise NotFoundError(N_("There is no handover {number}."), number=number)


def fill(session: Session, viewer: Viewer, document: str, number: str, now: datetime) -> Sheet:
    """Fill a sheet of a handover. The owner's name is whole for people who meet him, and that look is logged (B29)."""
    title, draw = SHEETS[document]
    found = _collect(session, viewer, visible(session, viewer, number), now)
    fields, tables, sentences, signatures = draw(found)
    return Sheet(
        document=document,
        title=title,
        number=number,
        sheet_number=number,
        project=found.project,
        state=found.row.state,
        fields=tuple(fields),
        signatures=tuple(signatures),
        printed_at=now,
        printed_by=viewer.name,
        instance_id=str(found.row.instance_id or ""),
        tables=tuple(tables),
        sentences=tuple(sentences),
        back=f"/handover/houses/{number}",
    )


def _collect(session: Session, viewer: Viewer, row: HandoverUnit, now: datetime) -> _Material:
    project = estate.project_by_code(session, row.project)
    scopes = rights.scopes_of(viewer, HOSTS)
    whole = rights.may_call(viewer, row.project) or scopes is None or row.project in scopes
    owners = [party.name for owned, party in parties.people_of(session, [row.unit_id]) if owned.role == "业主"]
    if owners and whole:
        parties.log_access(session, actor=viewer.login, action="print", subject=f"handover:{row.number}", now=now)
    answers = last_answers(session, row.instance_id, FORMS)
    checks = session.scalars(select(StationCheck.actor).where(StationCheck.handover_number == row.number)).all()
    logins = {*checks, *(answer.by for answer in answers.values())} - {""}
    return _Material(
        session=session,
        row=row,
        batch=session.scalar(select(HandoverBatch).where(HandoverBatch.number == row.batch_number)),
        unit=session.get_one(Unit, row.unit_id),
        project=project.name if project else row.project,
        owner="、".join(owners if whole else map(mask_name, owners)),
        answers=answers,
        names=people.names(session, sorted(logins)),
    )


def _defects(found: _Material) -> Table:
    query = select(Defect).where(Defect.found_in == found.row.number).order_by(Defect.found_at, Defect.id)
    rows = tuple((place(one), said(one), one.severity, one.due_at, one.state) for one in found.session.scalars(query))
    columns = (
        *(N_("Place of the defect"), N_("What is wrong there"), N_("Severity of the defect"), N_("To be mended by")),
        N_("State of the defect"),
    )
    return Table(N_("Defects found together"), columns, rows, (14, 26, 8, 12, 10), blank=SPARE_LINES)


def _acceptance(found: _Material) -> Filled:
    """房屋验收单: what owner and company looked at together, what they found, what the owner says."""
    seen, unit = found.answer("K04"), found.unit
    fields = [
        *found.head(),
        Field(N_("Layout of the home"), unit.layout),
        Field(N_("Finish of the home"), unit.kind),
        Field(N_("Planned area (m²)"), unit.area_plan),
        Field(N_("Measured area (m²)"), unit.area_measured),
        Field(N_("Inspected at"), seen.at, "moment"),
        Field(N_("Water test passed"), seen.values.get("water_test") is True, "tick"),
        Field(N_("Power test passed"), seen.values.get("power_test") is True, "tick"),
        Field(N_("Decision of the owner"), found.row.decision or seen.text("decision")),
        Field(N_("Promise to mend"), found.row.promise or seen.text("fix_promise"), "long", wide=True),
    ]
    signatures = [found.by_owner("K04", "owner_sign"), found.by_staff(N_("Accompanied by (signature)"), "K04")]
    return fields, [_defects(found)], [], signatures


def _stations(found: _Material) -> Filled:
    """入住程序表: the stations in the order of the batch, each countersigned."""
    query = select(StationCheck).where(StationCheck.handover_number == found.row.number)
    checks = {row.station: row for row in found.session.scalars(query)}
    planned = [
        _word(station) for station in (found.batch.stations if found.batch and found.batch.stations else STATIONS)
    ]
    rows = []
    for place_no, station in enumerate(dict.fromkeys([SIGN_IN, *planned, *checks]), 1):
        check = checks.get(station)
        signed = (found.name(check.actor), check.at, check.note) if check else ("", None, "")
        rows.append((place_no, station, *signed, ""))
    columns = (
        *(
            N_("Place in the order"),
            N_("Station of the move-in"),
            N_("Countersigned by"),
            N_("Countersigned at"),
            N_("Remark of the station"),
        ),
        N_("Signature of the station"),
    )
    fields = [
        *found.head(),
        Field(N_("Queue number"), found.row.queue_no or ""),
        Field(N_("Signed in at"), found.row.signed_in_at, "moment"),
    ]
    table = Table(N_("Stations of the move-in"), columns, tuple(rows), (5, 18, 12, 14, 16, 14))
    return (
        fields,
        [table],
        [],
        [Signature(N_("Owner or proxy (signature)")), Signature(N_("Handover desk (signature)"))],
    )


def _delivery(found: _Material) -> Filled:
    """交接书: meters, keys, papers and fees that changed hands, and from when the warranty runs."""
    row, read = found.row, found.session.scalars
    meters = read(
        select(MeterReading).where(MeterReading.handover_number == row.number).order_by(MeterReading.id)
    ).all()
    keys = read(select(KeySet).where(KeySet.unit_id == row.unit_id).order_by(KeySet.id)).all()
    fees = read(select(FeeItem).where(FeeItem.unit_id == row.unit_id).order_by(FeeItem.id)).all()
    tables = [
        Table(
            N_("Meter readings"),
            (N_("Kind of meter"), N_("Meter reading"), N_("Read at")),
            tuple((one.kind, f"{one.value:g}", one.at) for one in meters),
            (10, 10, 14),
        ),
        Table(
            N_("Keys and cards"),
            (N_("Set of keys"), N_("Kind of keys"), N_("Number of keys"), N_("Where the keys are"), N_("Keys held by")),
            tuple((one.label, one.kind, one.count, one.state, one.holder) for one in keys),
            (14, 12, 6, 12, 14),
        ),
        _papers(found),
        Table(
            N_("Fees of the home"),
            (N_("Kind of fee"), N_("Amount due"), N_("Amount paid"), N_("Receipt no.")),
            tuple((one.kind, f"{one.amount:,.2f}", f"{one.paid:,.2f}", one.receipt) for one in fees),
            (14, 12, 12, 16),
        ),
    ]
    fields = [
        *found.head(),
        Field(N_("Handed over at"), row.delivered_at, "moment"),
        Field(N_("Decision of the owner"), row.decision),
        Field(N_("Measured area (m²)"), found.unit.area_measured),
        Field(N_("A set of keys is lent for repairs"), row.lend_key, "tick"),
        Field(N_("Promise to mend"), row.promise, "line", wide=True),
    ]
    signatures = [
        found.by_owner("K06", "keys_sign"),
        found.by_staff(N_("Handover desk (signature)"), "K05"),
        found.by_staff(N_("Keys handed out by (signature)"), "K06"),
    ]
    return fields, tables, [], signatures


def _papers(found: _Material) -> Table:
    """List the papers of the batch, and which were signed or handed out."""
    given = found.answer("K05")
    done = set(given.values.get("papers_done") or [])
    signed = {
        row.kind: row
        for row in found.session.scalars(
            select(CaseDocument)
            .where(CaseDocument.case_number == found.row.number, CaseDocument.method != ISSUED)
            .order_by(CaseDocument.id)
        )
    }
    wanted = [_word(paper) for paper in (found.batch.papers if found.batch else [])] or list(PAPERS)
    names = dict.fromkeys([*wanted, *(name for name in signed if name in PAPERS), *sorted(done)])
    rows = tuple(
        (
            name,
            name in done or name in signed,
            signed[name].at if name in signed else given.at if name in done else None,
            signed[name].number if name in signed else "",
        )
        for name in names
    )
    columns = (
        N_("Name of the paper"),
        N_("Signed or handed out"),
        N_("Signed or handed out on"),
        N_("Number of the paper"),
    )
    return Table(N_("Papers of the home"), columns, rows, (18, 10, 14, 14))


def _demand(found: _Material) -> Filled:
    """催告函: the owner is asked again to take over his house; the letters before are listed with their proof."""
    query = select(Notice).where(Notice.handover_number == found.row.number).order_by(Notice.sent_at, Notice.id)
    sent = found.session.scalars(query).all()
    count = sum(1 for one in sent if "催告" in one.kind)
    batch = found.batch
    sentences = [
        Sentence(N_("To {owner}:"), {"owner": found.owner or "业主"}),
        Sentence(N_("The handover of your home {house} in {project} was announced to you."), _where(found)),
        Sentence(
            N_("By the contract it is due on {contract}; the handover days were {start} to {end}."),
            {
                "contract": _day(batch.contract_on if batch else None),
                "start": _day(batch.starts_on if batch else None),
                "end": _day(batch.ends_on if batch else None),
            },
        ),
        Sentence(N_("Up to now you have not come to take the home over. Please make an appointment at once."), {}),
        Sentence(
            N_("Bring your identity card, the contract and this letter. You may authorise somebody in writing."), {}
        ),
        Sentence(N_("Otherwise the company will proceed as the contract and the law provide."), {}),
    ]
    rows = tuple((one.kind, one.channel, one.number, one.sent_at, one.delivered_at, one.proof) for one in sent)
    columns = (
        *(N_("Kind of letter"), N_("Way of sending"), N_("Tracking no."), N_("Sent at"), N_("Delivered at")),
        N_("Proof of delivery"),
    )
    fields = [*found.head()[:3], Field(N_("Which demand"), count or 1)]
    table = Table(N_("Letters so far"), columns, rows, (10, 10, 14, 12, 12, 14))
    return fields, [table], sentences, [Signature(N_("Company (seal)")), Signature(N_("Reviewed by legal (signature)"))]


def _where(found: _Material) -> dict[str, str]:
    return {"house": found.row.house, "project": found.project}


def _day(value: Any) -> str:
    return value.isoformat() if value else "—"


def _word(entry: Any) -> str:
    """Read the name of a station or paper, given as a text or as a row of a list."""
    if isinstance(entry, dict):
        return str(entry.get("station") or entry.get("name") or entry.get("key") or "")
    return str(entry)


SHEETS: Mapping[str, tuple[str, Callable[[_Material], Filled]]] = {
    "acceptance": (N_("Sheet of the home's acceptance"), _acceptance),
    "stations": (N_("Move-in procedure"), _stations),
    "delivery": (N_("Deed of handover"), _delivery),
    "demand": (N_("Letter of demand"), _demand),
}
"""Kind of sheet → English title and how it is filled. Kinds are part of the address `/print/<kind>/<number>`."""
