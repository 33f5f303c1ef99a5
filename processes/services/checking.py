"""What a check of files may take for known: names among the files, their neighbours and the application's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.core import dmn, forms, lint, parse
from engine.errors import KeyturnError
from processes.services import assembly, trials
from processes.services.demo.people import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SUFFIXES = frozenset({".bpmn", ".dmn", ".form"})


def inside(folder: Path) -> list[Path]:
    """List the files in a folder, and below, that can be checked."""
    return sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES)


def at_home(file: Path) -> bool:
    """Tell whether a file belongs to a folder of processes, rather than having come alone from elsewhere."""
    folder = file.resolve().parent
    return trials.SHIPPED in folder.parents or (folder / "forms").is_dir() or folder.name == "forms"


def known(files: Iterable[Path]) -> lint.Known:
    """Gather the names that exist for these files: in them, beside them, in `forms`, and those that ship."""
    given = {file.resolve() for file in files}
    folders = {file.parent for file in given}
    folders |= {folder.parent for folder in folders if folder.name == "forms"}
    near = {path for folder in folders for path in (*folder.glob("*.*"), *folder.glob("forms/*.form"))}
    names: dict[str, set[str]] = {suffix: set() for suffix in SUFFIXES}
    for path in sorted(path for path in given | near | set(inside(trials.SHIPPED)) if path.suffix in SUFFIXES):
        names[path.suffix] |= _names(path)
    registry = assembly.registry()
    return lint.Known(
        forms=frozenset(names[".form"]),
        decisions=frozenset(names[".dmn"]),
        processes=frozenset(names[".bpmn"]),
        topics=frozenset(registry.services),
        listeners=frozenset(registry.listeners),
        roles=_roles(),
    )


def _names(path: Path) -> set[str]:
    """Give the ids in a file; none when it cannot be read, which its own check reports."""
    try:
        content = path.read_bytes()
        if path.suffix == ".form":
            return {forms.parse(content).id}
        if path.suffix == ".dmn":
            return set(dmn.parse(content).decisions)
        return {process.id for process in parse.parse(content).processes.values() if process.executable}
    except (KeyturnError, OSError):
        return set()


def _roles() -> frozenset[str]:
    texts = {text for code, chinese, english, _ in ROLES for text in (code, chinese, english)}
    return frozenset(texts | {part.strip() for text in texts for part in text.split("/")})
