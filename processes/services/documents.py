"""The paper sheets of the source documents: what each shows of a case. Pages draw them; nothing is decided there.

记录单 `record` (B49: nine fields), 处理单 `handling` (B59: eight fields), 登记表 `register` (E03, E04), 反馈信息单
`feedback` (C02–C04), 客户投诉反馈单 `statement` (C30–C32).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import N_, NotFoundError
from processes.services import rights
from processes.services.answers import NOBODY, Answer, last_answers
from processes.services.casefile import visible
from processes.services.sheets import Field, Sheet, Signature
from storage import estate, parties, people
from storage.privacy import mask_name, vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.tables.cases import ServiceCase

FORMS = ("T01", "T02", "T09", "T12", "T13", "T16", "T17", "T18", "T19", "T20", "T21", "T22", "T23", "T24")


@dataclass(frozen=True, slots=True)
class _Material:
    """All that sheets draw from."""

    case: ServiceCase
    project: str
    caller: str
    phone: str
    department: str
    answers: Mapping[str, Answer]
    names: Mapping[str, str]

    def answer(self, form: str) -> Answer:
        return self.answers.get(form, NOBODY)

    def name(self, login: str) -> str:
        return self.names.get(login, login)

    def signed(self, label: str, answer: Answer) -> Signature:
        return Signature(label, self.name(answer.by), answer.at)

    @property
    def house(self) -> str:
        return " ".join(piece for piece in (self.case.house, self.case.area) if piece)

    @property
    def address(self) -> str:
        """The house with the estate before it, unless its code begins with that."""
        return self.house if self.house.startswith(self.project) else f"{self.project} {self.house}"

    @property
    def place(self) -> str:
        return " ".join(piece for piece in (self.house, self.case.part, self.case.location) if piece)


def sheet(session: Session, viewer: Viewer, document: str, number: str, *, now: datetime) -> Sheet:
    """Fill a sheet for a case.

    The customer's name and number are whole for people who may call him, and that look is logged (B29), else masked.
    Raises NotFoundError when there is no such sheet or case, or the person may not see the case.
    """
    if document not in SHEETS:
        raise NotFoundError(N_("There is no sheet of this kind."))
    title, fill = SHEETS[document]
    material = _collect(session, viewer, visible(session, viewer, number), now)
    fields, signatures, sheet_number, copies = fill(material)
    case = material.case
    return Sheet(
        document=document,
        title=title,
        number=case.number,
        sheet_number=sheet_number,
        project=material.project,
        state=case.state,
        fields=tuple(fields),
        signatures=tuple(signatures),
        printed_at=now,
        printed_by=viewer.name,
        instance_id=str(case.instance_id or ""),
        copies=copies,
        back=f"/cases/{case.number}",
    )


def available(case: ServiceCase) -> tuple[tuple[str, str], ...]:
    """List the sheets a case has, as (kind, English title); the handling sheet once somebody handles it."""
    early = {"待派单", "待受理"}
    later = ("handling", "statement")
    return tuple((kind, title) for kind, (title, _) in SHEETS.items() if kind not in later or case.state not in early)


def _collect(session: Session, viewer: Viewer, case: ServiceCase, now: datetime) -> _Material:
    project = estate.project_by_code(session, case.project)
    answers = last_answers(session, case.instance_id, FORMS)
    codes = dict.fromkeys(row.get("department") for row in answers.get("T12", NOBODY).values.get("plan_tasks") or [])
    found = [parties.department(session, str(code)) for code in (codes or {case.department: None}) if code]
    logins = {case.registered_by, case.owner, case.acceptor, *(answer.by for answer in answers.values())}
    may_call = rights.may_call(viewer, case.project)
    phone = case.phone_masked
    if case.caller_phone and may_call:
        phone = vault(session).open(case.caller_phone) or case.phone_masked
        parties.log_access(session, actor=viewer.login, action="print", subject=f"case:{case.number}", now=now)
    return _Material(
        case=case,
        project=project.name if project else "",
        caller=case.caller_name if may_call else mask_name(case.caller_name),
        phone=phone,
        department="、".join(row.name for row in found if row) or case.department,
        answers=answers,
        names=people.names(session, _known(logins)),
    )


def _known(logins: Iterable[str]) -> list[str]:
    return sorted(login for login in logins if login)


Filled = tuple[list[Field], list[Signature], str, tuple[str, ...]]


def _record(found: _Material) -> Filled:
    """客户投诉记录单: the nine fields of B49; the receiver's signature is the login that registered the case."""
    case = found.case
    fields = [
        Field(N_("Name of the customer"), found.caller),
        Field(N_("Acceptance number"), case.number),
        Field(N_("Address of the home"), found.address),
        Field(N_("Accepted on"), case.received_at, "moment"),
        Field(N_("Customer's contact"), found.phone),
        Field(N_("Way of complaining"), case.channel),
        Field(N_("Reason for the complaint (course of events)"), case.facts, "long", wide=True),
        Field(N_("What the customer asks for"), case.demand, "long", wide=True),
    ]
    signatures = [Signature(N_("Receiving staff (signature)"), found.name(case.registered_by), case.received_at)]
    return fields, signatures, case.number, ()


def _handling(found: _Material) -> Filled:
    """客户投诉处理单: the eight fields of B59; signed by the customer as T19 recorded it (B58)."""
    case, plan, review = found.case, found.answer("T12"), found.answer("T13")
    result, told, consent, closing = (found.answer(form) for form in ("T17", "T18", "T19", "T20"))
    outcome = result.text("result_text") or plan.text("plan") or found.answer("T02").text("answer")
    manager = review if review.by else closing
    opinion = review.text("approval_opinion") or closing.text("close_reason")
    said = "　".join(piece for piece in (told.text("satisfaction"), consent.text("customer_opinion")) if piece)
    fields = [
        Field(N_("Name of the customer"), found.caller),
        Field(N_("Handling sheet number"), _sheet_number(case)),
        Field(N_("Handling department"), found.department),
        Field(N_("Handled on"), case.solved_at or result.at, "date"),
        Field(N_("Result of handling the complaint"), outcome, "long", wide=True),
        Field(N_("Opinion of the receiving staff"), plan.text("cause_analysis"), "long", wide=True),
        Field(N_("Opinion of the department manager"), opinion, "long", wide=True),
        Field(N_("Opinion of the customer"), said, "long", wide=True),
    ]
    shown = consent.values.get("signature")
    signatures = [
        found.signed(N_("Receiving staff (signature)"), plan if plan.by else result),
        found.signed(N_("Department manager (signature)"), manager),
        Signature(
            N_("Customer (signature)"),
            found.caller if consent.by else "",
            consent.at,
            consent.text("sign_method"),
            str(shown[0] if isinstance(shown, list) and shown else shown or ""),
        ),
    ]
    return fields, signatures, _sheet_number(case), ()


def _register(found: _Material) -> Filled:
    """业主投诉登记表: what E03 asks at least, and what E04 wants confirmed."""
    case, intake = found.case, found.answer("T01")
    fields = [
        Field(N_("Name of the owner"), found.caller),
        Field(N_("Number of the home"), found.house),
        Field(N_("Contact of the caller"), found.phone),
        Field(N_("Caller's relation to the home"), case.caller_role),
        Field(N_("Time of the complaint"), case.received_at, "moment"),
        Field(N_("Time of the event"), case.event_at, "moment"),
        Field(N_("Place of the event"), found.place, wide=True),
        Field(N_("Class of the complaint"), " / ".join(piece for piece in (case.cat1, case.cat2) if piece)),
        Field(N_("Urgency of the complaint"), case.urgency),
        Field(N_("Reason for the complaint"), case.facts, "long", wide=True),
        Field(N_("Concrete demand and expectation"), case.demand, "long", wide=True),
        Field(N_("Main points repeated and confirmed"), _ticked(case, intake, "readback"), "tick"),
        Field(N_("Told that the case is accepted, and its number"), bool(case.number), "tick"),
    ]
    signatures = [Signature(N_("Registered by (signature)"), found.name(case.registered_by), case.received_at)]
    return fields, signatures, case.number, ()


def _feedback(found: _Material) -> Filled:
    """反馈信息单: exact location and confirmed wording (C02), two copies, signed for by customer service (C03, C04)."""
    case, intake, accepted = found.case, found.answer("T01"), found.answer("T09")
    fields = [
        Field(N_("Customer reporting"), found.caller),
        Field(N_("Number of the sheet"), case.number),
        Field(N_("Contact of the caller"), found.phone),
        Field(N_("Reported on"), case.received_at, "moment"),
        Field(N_("Number of the home"), found.house),
        Field(N_("Channel of the report"), case.channel),
        Field(N_("Exact location of the problem"), found.place, wide=True),
        Field(N_("Description in the customer's confirmed words"), case.facts, "long", wide=True),
        Field(N_("What the customer asks for"), case.demand, "long", wide=True),
        Field(N_("Times for a visit"), str(case.intake.get("visit_pref") or "")),
        Field(N_("Wording confirmed with the customer"), _ticked(case, intake, "wording_confirmed"), "tick"),
    ]
    signatures = [
        Signature(N_("Filled in by (signature)"), found.name(case.registered_by), case.received_at),
        found.signed(N_("Signed for by customer service"), accepted),
        Signature(N_("Head of engineering (signature)")),
    ]
    return fields, signatures, case.number, (N_("Copy for customer service"), N_("Copy kept by the receiver"))


def _statement(found: _Material) -> Filled:
    """客户投诉反馈单: the account of the person complained about (C30), then three opinions (C31)."""
    case, told = found.case, found.answer("T21")
    solved = told.values.get("resolved")
    fields = [
        Field(N_("Acceptance number"), case.number),
        Field(N_("Accepted on"), case.received_at, "moment"),
        Field(N_("Name of the customer"), found.caller),
        Field(N_("Number of the home"), found.house),
        Field(N_("Reason for the complaint"), case.facts, wide=True),
        Field(N_("Person complained about"), found.name(told.by)),
        Field(N_("Severity by the person's account"), told.text("severity")),
        Field(N_("Solved by the person's account"), solved in (True, "true"), "tick"),
        Field(N_("Number of the company's document"), found.answer("T24").text("document_no")),
        Field(N_("Account of the person complained about"), told.text("account"), "long", wide=True),
        Field(N_("First opinion of the sales supervisor"), found.answer("T22").text("sup_opinion"), "long", wide=True),
        Field(N_("Finding of the sales manager"), found.answer("T23").text("mgr_opinion"), wide=True),
        Field(N_("Decision of the general manager"), found.answer("T24").text("gm_opinion"), wide=True),
    ]
    signatures = [
        found.signed(N_("Person complained about (signature)"), told),
        found.signed(N_("Sales supervisor (signature)"), found.answer("T22")),
        found.signed(N_("Sales manager (signature)"), found.answer("T23")),
        found.signed(N_("General manager (signature)"), found.answer("T24")),
    ]
    return fields, signatures, case.number, ()


def _ticked(case: ServiceCase, intake: Answer, key: str) -> bool:
    return bool(intake.values.get(key) or case.intake.get(key))


def _sheet_number(case: ServiceCase) -> str:
    """Number the handling sheet after its case; later rounds carry the round."""
    number = case.number.replace("TS-", "CL-", 1)
    return f"{number}-{case.round}" if case.round > 1 else number


SHEETS: Mapping[str, tuple[str, Callable[[_Material], Filled]]] = {
    "record": (N_("Customer complaint record"), _record),
    "handling": (N_("Customer complaint handling sheet"), _handling),
    "register": (N_("Owner's complaint registration"), _register),
    "feedback": (N_("Feedback sheet"), _feedback),
    "statement": (N_("Customer complaint feedback form"), _statement),
}
"""Kind of sheet → English title and how it is filled. Kinds are part of the address `/print/<kind>/<case number>`."""
