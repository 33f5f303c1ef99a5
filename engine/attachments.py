"""Files of a task's form: checked, pictures made anew without their hidden data, stored under their SHA-256."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING
from uuid import uuid4

from engine import access
from engine.access import Action
from engine.errors import N_, ConflictError, InvalidInputError, NotFoundError
from engine.instance_views import subject
from engine.task_views import AttachmentInfo, attachment_info
from storage import audit, history, instances, tasks
from storage.tables.work import Attachment

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from storage.files import Files
    from storage.tables.work import UserTask

MAX_BYTES = 50_000_000
MAX_FILES = 200
UNKNOWN_KIND = N_("{name} is neither a picture (JPEG, PNG, WebP) nor a PDF, Word, Excel, MP3, M4A or MP4 file.")
_OFFICE = {"word/": ".docx", "xl/": ".xlsx"}
_MEDIA_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".mp4": "video/mp4",
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A file that passed the checks, ready to be stored."""

    name: str
    data: bytes
    media_type: str
    width: int | None = None
    height: int | None = None


def prepare(filename: str, stream: IO[bytes]) -> Prepared:
    """Read and check a file; a picture is made anew. Takes a while for pictures: call it before the transaction.

    Raises InvalidInputError when it is empty, too large, no such kind of file, or no readable picture.
    """
    data = stream.read(MAX_BYTES + 1)
    name = _clean(filename)
    if not data:
        raise InvalidInputError(N_("The file {name} is empty."), name=name)
    if len(data) > MAX_BYTES:
        raise InvalidInputError(N_("The file {name} is larger than {limit} MB."), name=name, limit=MAX_BYTES // 10**6)
    kind = _kind(data)
    if kind is not None:
        return Prepared(_renamed(name, kind), data, _MEDIA_TYPES[kind])
    return _picture(name, data)


def _clean(filename: str) -> str:
    name = PurePosixPath(filename.replace("\\", "/")).name.strip().strip(".")
    return "".join(c for c in name if c.isprintable() and c not in '<>:"|?*')[-150:] or "file"


def _renamed(name: str, suffix: str) -> str:
    known = {suffix, ".jpeg"} if suffix == ".jpg" else {suffix}
    return name if PurePosixPath(name).suffix.lower() in known else PurePosixPath(name).stem + suffix


def _kind(data: bytes) -> str | None:
    """Tell the kind of a file that is no picture by its first bytes."""
    if data.startswith(b"%PDF-"):
        return ".pdf"
    if data.startswith(b"PK\x03\x04"):
        return next((suffix for folder, suffix in _OFFICE.items() if folder.encode() in data), None)
    if data.startswith(b"ID3") or (data[0] == 0xFF and data[1:2] and data[1] & 0xE6 == 0xE2):  # noqa: PLR2004  MPEG audio, layer 3
        return ".mp3"
    if data[4:8] == b"ftyp" and data[8:12] not in (b"heic", b"heix", b"mif1", b"avif"):
        return ".m4a" if data[8:11] == b"M4A" else ".mp4"
    return None


def _picture(name: str, data: bytes) -> Prepared:
    from engine import pictures  # noqa: PLC0415  its library takes megabytes: only a process that gets pictures pays

    picture = pictures.redrawn(name, data)
    if picture is None:
        raise InvalidInputError(UNKNOWN_KIND, name=name)
    return Prepared(_renamed(name, picture.suffix), picture.data, picture.media_type, picture.width, picture.height)


def small(path: Path, kept: AttachmentInfo, *, side: int) -> bytes:
    """Draw a stored picture small."""
    from engine import pictures  # noqa: PLC0415  as above

    return pictures.small(path, kept.media_type, side=side)


def put(
    session: Session,
    viewer: Viewer,
    *,
    task_id: UUID,
    field: str,
    filename: str,
    stream: IO[bytes] | Prepared,
    now: datetime,
    files: Files,
    key: UUID | None = None,
) -> AttachmentInfo:
    """Attach a file to a field of an open task. `stream` may be prepared beforehand.

    `key` is the sender's own id of the file: sent again, it is found and not kept a second time.
    Raises NotFoundError, NotAllowedError, ConflictError when the task is closed or taken, InvalidInputError.
    """
    task = _held(session, task_id)
    if task is None:
        raise NotFoundError(N_("There is no such task."))
    access.require(viewer, Action.TASK_VIEW, task)
    known = session.get(Attachment, key) if key is not None else None
    if known is not None:
        return _again(known, task_id)
    if task.state != "open":
        raise ConflictError(N_("The task “{task}” is closed; nothing can be attached to it."), task=task.name)
    access.require(viewer, Action.ATTACHMENT_PUT, task)
    if len(tasks.attachments(session, task_id)) >= MAX_FILES:
        raise InvalidInputError(N_("A task takes at most {limit} files."), limit=MAX_FILES)
    ready = stream if isinstance(stream, Prepared) else prepare(filename, stream)
    row = Attachment(
        id=key or uuid4(),
        instance_id=task.instance_id,
        task_id=task_id,
        field=field[:200],
        name=ready.name,
        media_type=ready.media_type,
        size=len(ready.data),
        width=ready.width,
        height=ready.height,
        sha256=files.put(ready.data),
        at=now,
        author=viewer.login,
    )
    session.add(row)
    session.flush()
    return attachment_info(row)


def _held(session: Session, task_id: UUID) -> UserTask | None:
    """Read a task as it is once its instance is held: nobody completes it while a file is added or removed."""
    instances.lock_by_task(session, task_id)
    return tasks.get(session, task_id)


def _again(known: Attachment, task_id: UUID) -> AttachmentInfo:
    if known.task_id != task_id:
        raise InvalidInputError(N_("This file was sent for something else already."))
    return attachment_info(known)


def get(session: Session, viewer: Viewer, attachment_id: UUID, *, files: Files) -> tuple[AttachmentInfo, Path]:
    """Find a file the viewer may see, and where its bytes lie. Raises NotFoundError."""
    row = session.get(Attachment, attachment_id)
    if row is None or row.removed_at is not None:
        raise NotFoundError(N_("There is no such file."))
    task = tasks.get(session, row.task_id) if row.task_id else None
    instance = instances.get(session, row.instance_id)
    if task is None or not access.allowed(viewer, Action.TASK_VIEW, task):
        if instance is None:
            raise NotFoundError(N_("There is no such file."))
        access.require(viewer, Action.ATTACHMENT_VIEW, subject(session, instance))
    return attachment_info(row), files.path(row.sha256)


def remove(session: Session, viewer: Viewer, attachment_id: UUID, *, now: datetime) -> None:
    """Take a file back out of an open task; the row stays for the record."""
    row = session.get(Attachment, attachment_id)
    task = _held(session, row.task_id) if row is not None and row.task_id else None
    if row is None or row.removed_at is not None or task is None:
        raise NotFoundError(N_("There is no such file."))
    access.require(viewer, Action.TASK_VIEW, task)
    if task.state != "open":
        raise ConflictError(N_("The task “{task}” is closed; nothing can be removed from it."), task=task.name)
    access.require(viewer, Action.ATTACHMENT_PUT, task)
    row.removed_at = now
    audit.record(
        session,
        actor=viewer.login,
        action="attachment.remove",
        subject=f"attachment:{row.id}",
        instance_id=row.instance_id,
        detail={"name": row.name},
        now=now,
    )
    session.flush()


def of_instance(session: Session, viewer: Viewer, instance_id: UUID) -> tuple[AttachmentInfo, ...]:
    """List the files of an instance, oldest first. Raises NotFoundError."""
    instance = instances.get(session, instance_id)
    if instance is None:
        raise NotFoundError(N_("There is no such process instance."))
    access.require(viewer, Action.INSTANCE_VIEW, subject(session, instance))
    return tuple(attachment_info(row) for row in history.attachments(session, instance_id))
