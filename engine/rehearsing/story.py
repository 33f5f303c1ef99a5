"""A walk saved as a scenario: its steps in readable YAML, with what was open after each of them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import yaml

from engine import studio
from engine.core.calendar import CHINA
from engine.errors import N_, ConflictError, InvalidInputError
from engine.rehearsing import sandbox_bases, scenario_plays

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry
    from engine.rehearsing.rehearsal import Kept
    from engine.scenario_files import ScenarioError

WIDE = "全部"
MOST = 100
QUIET = ("经过", "直到")


def story(kept: Kept, name: str) -> bytes:
    """Write a rehearsal's walk as a scenario. A check stands after each step that changed what is open."""
    steps: list[dict[str, Any]] = []
    before: list[str] = []
    for record in kept.steps:
        steps.append(_step(record["do"]))
        if sorted(record["open"]) != sorted(before) and record["open"]:
            steps.append({"应有": record["open"]})
        gone = sorted(set(before) - set(record["open"]))
        if gone and next(iter(record["do"])) in QUIET:
            steps.append({"没有": gone})
        before = list(record["open"])
    if kept.steps and kept.steps[-1]["ended"]:
        steps.append({"结束": kept.steps[-1]["ended"]})
    begin = kept.begun_at.astimezone(CHINA).replace(tzinfo=None)
    head = [f"名称: {_inline(name)}", f"开始: {begin:%Y-%m-%d %H:%M}", f"范围: {WIDE}", "步骤:"]
    return "\n".join([*head, *(line for step in steps for line in _lines(step)), ""]).encode()


def _lines(step: Mapping[str, Any]) -> list[str]:
    """Write a step: each part on a line of its own, what is in it on that line."""
    parts = [f"{key}: {_inline(value)}".rstrip() for key, value in step.items()]
    return [f"{'    ' if at else '  - '}{part}" for at, part in enumerate(parts)]


def _inline(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "minutes" if value.second == value.microsecond == 0 else "auto")
    if value == {}:
        return ""
    text = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, default_flow_style=True, width=100_000)
    return text.strip().removesuffix("...").strip()


def _step(do: Mapping[str, Any]) -> dict[str, Any]:
    written = dict(do)
    if isinstance(written.get("直到"), str):
        written["直到"] = datetime.fromisoformat(written["直到"])
    return written


def save(
    session: Session, viewer: Viewer, kept: Kept, *, name: str, folder: str, now: datetime, registry: Registry
) -> tuple[UUID, str, ScenarioError | None]:
    """Add a walk to its change as the draft of a scenario, or to a new change; give both, and whether it plays again.

    Raises:
        InvalidInputError: it has no name or no step. ConflictError: there is a scenario of this name.
    """
    name = " ".join(name.split())[:MOST]
    stem = "".join(one if one.isalnum() or one in "-_" else "-" for one in name).strip("-")
    file = f"{stem}.yaml"
    if not stem:
        raise InvalidInputError(N_("Please give the scenario a name that says what it shows."))
    if not kept.steps:
        raise InvalidInputError(N_("Nothing has been rehearsed yet: take a step first."))
    change_id = kept.change_id or studio.open_change(session, viewer, title=name, now=now)
    if file in studio.files(session, change_id):
        raise ConflictError(N_("This change has a scenario of that name already: choose another name."))
    source = story(kept, name)
    studio.add_file(session, viewer, change_id, file, source=source, kind="scenario", folder=folder, now=now)
    base = sandbox_bases.base(session, studio.files(session, change_id), registry)
    return change_id, file, scenario_plays.play(source, file, base, registry)
