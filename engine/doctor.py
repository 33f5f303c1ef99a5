"""The import doctor: mend the diagrams of other people before they are deployed. Nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from engine.core import repair
from engine.deployment import check

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from engine.core.findings import Finding
    from engine.core.repair import Repair


@dataclass(frozen=True, slots=True)
class Mended:
    """What came of a repair: the diagrams by file name, what was done in each, and what a deployment would say now.

    `proposals` are the repairs that remain to be chosen.
    """

    files: Mapping[str, bytes]
    applied: Mapping[str, tuple[Repair, ...]]
    proposals: Mapping[str, tuple[Repair, ...]]
    findings: tuple[Finding, ...]

    def readable(self, file: str) -> bool:
        """Tell whether a diagram could be read at all."""
        return not any(f.file == file and f.rule in repair.UNREADABLE for f in self.findings)


def mend(session: Session, *, files: Mapping[str, bytes], registry: Registry, wanted: Collection[str] = ()) -> Mended:
    """Carry out the wanted repairs in every diagram; the other files only tell which names exist.

    `wanted` holds kinds of repair (`question`) or single ones (`question:Gateway_1`, what `Finding.repair` says);
    empty: all that are proposed, and a new drawing of what is not drawn. A diagram that cannot be read stays as it is.

    Raises:
        NotFoundError: there is no such kind of repair.
    """
    mended, applied = dict(files), {}
    for name in _diagrams(files):

        def found(xml: bytes, name: str = name) -> list[Finding]:
            return [f for f in check(session, files={**mended, name: xml}, registry=registry) if f.file == name]

        mended[name], applied[name] = repair.mend(files[name], found, wanted)
    left = check(session, files=mended, registry=registry)
    proposals = {
        name: tuple(repair.proposals(mended[name], [replace(f, file="") for f in left if f.file == name]))
        for name in _diagrams(files)
    }
    return Mended({name: mended[name] for name in _diagrams(files)}, applied, proposals, tuple(left))


def examine(session: Session, *, files: Mapping[str, bytes], registry: Registry) -> Mended:
    """Say what a deployment would say of these files and what could be mended, and change nothing."""
    diagrams = _diagrams(files)
    found = check(session, files=files, registry=registry)
    proposals = {
        name: tuple(repair.proposals(files[name], [replace(f, file="") for f in found if f.file == name]))
        for name in diagrams
    }
    return Mended({name: files[name] for name in diagrams}, dict.fromkeys(diagrams, ()), proposals, tuple(found))


def _diagrams(files: Mapping[str, bytes]) -> list[str]:
    return [name for name in sorted(files) if PurePosixPath(name).suffix == ".bpmn"]
