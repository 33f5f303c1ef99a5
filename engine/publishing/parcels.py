"""Files that come together: single ones, folders of them, zip archives. Read with bounds, refused with a sentence.

A file of Keyturn is known by its name alone; the folder it lies in says with which process it belongs. What is no
diagram, table, form, scenario or translation is left aside.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from engine.bundles import FOLDER
from engine.errors import N_, InvalidInputError
from engine.studio import resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MANIFEST = "manifest.json"
FORMAT = "keyturn-export/1"
MAX_FILES = 2_000
MAX_FILE_BYTES = 5_000_000
MAX_BYTES = 60_000_000
CHUNK = 65_536
APART = frozenset({"forms", "scenarios", "diagrams"})
"""Folders inside a process's folder."""
OWN_TEXTS = re.compile(r"translations\.([a-z]{2}(?:_[A-Za-z_]+)?)\.json$")
TEXTS = re.compile(r"[\w-]+\.[a-z]{2}(?:_[A-Za-z_]+)?\.json$")
_STRANGE = re.compile(r"[^\w-]+")
MAX_NAME = 100
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of everything in an archive, so that the same files make the same archive."""
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Parcel:
    """The files by name, with their folders; `aside` lists what was left out, `doubles` names that came twice.

    `doubles` holds the paths of different files of one name: the first is in `files`. `heads` are those of the
    regulations (B60) by process key, as a manifest tells them.
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    folders: Mapping[str, str] = field(default_factory=dict)
    aside: tuple[str, ...] = ()
    doubles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    heads: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Room:
    """What may still come in together, in however many archives: everything that is unpacked takes from it."""

    files: int = MAX_FILES
    bytes: int = MAX_BYTES

    def take(self, size: int) -> None:
        """Take the room of a file. Raises InvalidInputError when there is too little."""
        self.files, self.bytes = self.files - 1, self.bytes - size
        if self.files < 0 or self.bytes < 0:
            message = N_("That is too much at once: at most {files} files and {all} bytes.")
            raise InvalidInputError(message, files=MAX_FILES, all=MAX_BYTES)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Write an archive: sorted, without dates, so that the same files are the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(files):
            info = zipfile.ZipInfo(path, EPOCH)
            info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, 0o644 << 16, 3
            archive.writestr(info, files[path])
    return target.getvalue()


def is_archive(name: str, content: bytes) -> bool:
    """Tell whether a file is an archive, by its name or its beginning."""
    return name.lower().endswith(".zip") or content.startswith(b"PK\x03\x04")


def unpack(content: bytes, name: str = "", room: Room | None = None) -> dict[str, bytes]:
    """Read an archive: path → bytes. What it says of its own sizes is not believed; `room` is shared with others.

    Raises:
        InvalidInputError: it is no archive, damaged, locked by a password, too large, or would write elsewhere.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            room = room or Room()
            if len(entries) > MAX_FILES:
                raise InvalidInputError(N_("{file} holds more than {limit} files."), file=name, limit=MAX_FILES)
            found: dict[str, bytes] = {}
            for one in entries:
                path = _safe(one.filename, name)
                if path.startswith("__MACOSX/") or path in found:
                    continue
                if one.flag_bits & _ENCRYPTED:
                    raise InvalidInputError(N_("{file} is locked by a password. Send it without."), file=name)
                found[path] = _bounded(archive, one, name, room.bytes)
                room.take(len(found[path]))
            return found
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise InvalidInputError(N_("{file} is no readable zip archive."), file=name) from error


def _safe(path: str, name: str) -> str:
    clean = path.replace("\\", "/")
    parts = PurePosixPath(clean).parts
    if not parts or clean.startswith("/") or ".." in parts or ":" in parts[0]:
        raise InvalidInputError(N_("{file} holds a path that leads elsewhere: {path}"), file=name, path=path[:100])
    return "/".join(parts)


def _bounded(archive: zipfile.ZipFile, one: zipfile.ZipInfo, name: str, room: int) -> bytes:
    parts, size = [], 0
    with archive.open(one) as stream:
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > MAX_FILE_BYTES or size > room:
                message = N_("{file} is too large when unpacked: at most {one} bytes a file and {all} in all.")
                raise InvalidInputError(message, file=name, one=MAX_FILE_BYTES, all=MAX_BYTES)
            parts.append(chunk)
    return b"".join(parts)


def read(given: Iterable[tuple[str, bytes]], room: Room | None = None) -> Parcel:
    """Read files with their paths; archives among them are opened. `room` is what may still come in.

    Raises:
        InvalidInputError: an archive cannot be read, or it is all too much.
    """
    paths: list[tuple[str, bytes]] = []
    room = room or Room()
    for path, content in given:
        if is_archive(path, content):
            paths += unpack(content, PurePosixPath(path).name, room).items()
        else:
            room.take(len(content))
            paths.append((path, content))
    told, heads = _manifests(paths)
    files, folders, aside = dict[str, bytes](), dict[str, str](), list[str]()
    seen: dict[str, list[str]] = {}
    for path, content in paths:
        file, folder = _place(path, content)
        if not file:
            aside += [] if PurePosixPath(path).name == MANIFEST else [path]
            continue
        if file in files:
            if files[file] != content:
                seen[file].append(path)
            continue
        files[file], folders[file] = content, told.get(file, folder)
        seen[file] = [path]
    doubles = {file: tuple(found) for file, found in seen.items() if len(found) > 1}
    return Parcel(files, {file: folder for file, folder in folders.items() if folder}, tuple(aside), doubles, heads)


def _manifests(paths: list[tuple[str, bytes]]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Read what manifests say of folders and heads; one that is damaged says nothing."""
    folders, heads = dict[str, str](), dict[str, dict[str, str]]()
    for path, content in paths:
        if PurePosixPath(path).name != MANIFEST:
            continue
        with suppress(ValueError, KeyError, TypeError, AttributeError, RecursionError):
            said: Any = json.loads(content)
            if said["format"] == FORMAT:
                told = {str(line["file"]): str(line["folder"]) for line in said["files"]}
                folders.update({file: folder for file, folder in told.items() if FOLDER.fullmatch(folder)})
                heads.update({key: {n: str(v) for n, v in one.items()} for key, one in said["heads"].items()})
    return folders, heads


def _place(path: str, content: bytes) -> tuple[str, str]:
    """Tell a file's name and folder; ("", "") for what is none of ours."""
    pure = PurePosixPath(path.replace("\\", "/"))
    above = [part for part in pure.parts[:-1] if part not in APART | {"/", "."}]
    folder, name = folder_named(above[-1]) if above else "", pure.name
    own = OWN_TEXTS.search(name)
    if own and folder:
        return f"{folder}.{own[1]}.json", folder
    if name.endswith((".bpmn20.xml", ".xml")):
        kind = b"/BPMN/" in content[:CHUNK]
        return (f"{name.removesuffix('.xml').removesuffix('.bpmn20')}.bpmn", folder) if kind else ("", "")
    if name.endswith(".yml"):
        return f"{name.removesuffix('.yml')}.yaml", folder
    kept = resources.kind_of(name) or TEXTS.search(name)
    return (name, folder) if kept else ("", "")


def folder_named(text: str) -> str:
    """Turn a name into that of a folder: letters, digits, - and _."""
    return _STRANGE.sub("_", text).strip("_")[:MAX_NAME]


def without(parcel: Parcel, files: Iterable[str]) -> Parcel:
    """Leave files out."""
    gone = set(files)
    return replace(parcel, files={name: content for name, content in parcel.files.items() if name not in gone})
