"""Keys of houses (钥匙): who has which set. One holder at a time; whoever comes second is told who has it (AC14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError
from processes.services import rights
from storage import handovers as rows
from storage import people as staff
from storage.tables.estate import Project, Unit
from storage.tables.handovers import KeyMovement, KeySet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer

IN_STOCK, WITH_OWNER, LENT, LOST = "在库", "已交业主", "借出", "遗失"
MOVES = {"交业主": (IN_STOCK, WITH_OWNER), "借出": (IN_STOCK, LENT), "归还": (LENT, IN_STOCK)}
"""Kind of movement → the state before and after it."""
FOR_REPAIRS = "整改钥匙"
"""The set that an owner leaves for those who mend: it is lent to them, not given to him."""
LONGEST, NOTE = 120, 300


@dataclass(frozen=True, slots=True)
class KeyItem:
    """A set of keys as the register shows it. `days_late` counts whole days past the day it was due back."""

    id: int
    house: str
    project: str
    label: str
    count: int
    state: str
    holder: str
    due_back_at: datetime | None
    days_late: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Register:
    """The key register: the sets asked for, how many are late."""

    items: tuple[KeyItem, ...]
    late: int
    may_move: bool


def move(
    session: Session,
    viewer: Viewer,
    key: int,
    *,
    kind: str,
    holder: str = "",
    order: str = "",
    due_back: datetime | None = None,
    note: str = "",
    now: datetime,
) -> KeyMovement:
    """Give out or take back a set of keys: `kind` 交业主, 借出 or 归还.

    Raises:
        NotFoundError: no such set, or of a project that he does not see. NotAllowedError: he keeps no keys there.
        InvalidInputError: unknown kind, no holder, no day to bring them back.
        ConflictError: somebody else has them already; says who.
    """
    found = rows.key_set(session, key)
    if found is None:
        raise NotFoundError(N_("There are no such keys."))
    project = _project(session, found)
    rights.require_keys(viewer, project)
    if kind not in MOVES:
        raise InvalidInputError(N_("Keys can be given to the owner, lent or taken back."))
    holder = holder.strip()[:LONGEST]
    if kind != "归还" and not holder:
        raise InvalidInputError(N_("Say who gets the keys."))
    if kind == "借出" and (due_back is None or due_back <= now):
        raise InvalidInputError(N_("Say by when the keys come back."))
    return moved(session, found, kind, holder, order=order, due=due_back, note=note, actor=viewer.login, now=now)


def moved(
    session: Session,
    found: KeySet,
    kind: str,
    holder: str,
    *,
    actor: str,
    now: datetime,
    order: str = "",
    due: datetime | None = None,
    note: str = "",
) -> KeyMovement:
    """Write a movement down; ConflictError when the set is not where it has to be for it."""
    before, after = MOVES[kind]
    due = due if kind == "借出" else None
    if not rows.move_keys(
        session, found.id, before=before, after=after, holder="" if kind == "归还" else holder, due=due
    ):
        raise _taken(session, found.id)
    row = KeyMovement(
        key_set_id=found.id, kind=kind, holder=holder, order_number=order[:60], due_back_at=due, at=now,
        actor=actor, note=note[:NOTE],
    )  # fmt: skip
    session.add(row)
    session.flush()
    session.refresh(found)
    return row


def _taken(session: Session, key: int) -> ConflictError:
    current = rows.key_set(session, key)
    last = next(iter(rows.key_moves(session, [key])), None)
    if current is None or last is None or current.state == IN_STOCK:
        return ConflictError(N_("These keys are in stock: nothing to take back."))
    who = staff.names(session, [last.actor]).get(last.actor, last.actor)
    return ConflictError(
        N_("These keys are gone: {actor} gave them to {holder} at {time}."),
        actor=who,
        holder=current.holder or last.holder,
        time=f"{last.at.astimezone(CHINA):%m-%d %H:%M}",
    )


def enter(session: Session, unit: Unit, label: str, count: int, *, actor: str, now: datetime) -> KeySet:
    """Enter a set of keys into the register, in stock."""
    found = KeySet(unit_id=unit.id, label=label[:60], count=count, state=IN_STOCK, holder="")
    session.add(found)
    session.flush()
    session.add(KeyMovement(key_set_id=found.id, kind="入库", holder="", at=now, actor=actor))
    session.flush()
    return found


def deposit(session: Session, unit: Unit, label: str, count: int, *, note: str = "", actor: str, now: datetime) -> None:
    """Take a set of keys in: a new one is entered, one that was lent comes back, another keeps who has it (U04)."""
    known = next((one for one in rows.keys_of(session, unit.id) if one.label == label), None)
    if known is None:
        known = enter(session, unit, label, count, actor=actor, now=now)
        next(iter(rows.key_moves(session, [known.id]))).note = note[:NOTE]
    elif known.state == LENT:
        moved(session, known, "归还", "", note=note, actor=actor, now=now)
    if known.state == IN_STOCK:
        known.count = count


def give_owner(session: Session, unit: Unit, label: str, count: int, *, holder: str, actor: str, now: datetime) -> None:
    """Give the owner a set of keys, entered first when the register does not have it (K06)."""
    known = next((one for one in rows.keys_of(session, unit.id) if one.label == label), None)
    if known is None:
        known = enter(session, unit, label, count, actor=actor, now=now)
    moved(session, known, "交业主", holder, actor=actor, now=now)


def register(session: Session, viewer: Viewer, *, now: datetime, state: str = LENT, text: str = "") -> Register:
    """List key sets of the projects a person sees; lent ones first by the day they are due back.

    Raises:
        NotFoundError: he has nothing to do with keys.
    """
    scopes = rights.scopes_of(viewer, rights.HANDOVER)
    if scopes is not None and not scopes:
        raise NotFoundError(N_("There is no such page."))
    found = rows.key_register(session, scopes, state=state, text=text)
    last: dict[int, KeyMovement] = {}
    for one in rows.key_moves(session, [keys.id for keys, _, _ in found]):
        last.setdefault(one.key_set_id, one)
    items = [_item(keys, unit.code, project, last.get(keys.id), now) for keys, unit, project in found]
    may = rights.scopes_of(viewer, rights.KEEPERS)
    return Register(tuple(items), rows.keys_late(session, scopes, now), may is None or bool(may))


def of_house(session: Session, unit_id: int, *, house: str, project: str, now: datetime) -> Sequence[KeyItem]:
    """List the key sets of a house."""
    return [_item(one, house, project, None, now) for one in rows.keys_of(session, unit_id)]


def _item(keys: KeySet, house: str, project: str, last: KeyMovement | None, now: datetime) -> KeyItem:
    late = keys.due_back_at is not None and keys.state == LENT and keys.due_back_at < now
    days = (now - keys.due_back_at).days if late and keys.due_back_at is not None else 0
    return KeyItem(
        keys.id, house, project, keys.label, keys.count, keys.state, keys.holder, keys.due_back_at,
        days, last.at if last else None,
    )  # fmt: skip


def _project(session: Session, keys: KeySet) -> str:
    unit = session.get_one(Unit, keys.unit_id)
    return session.get_one(Project, unit.project_id).code
