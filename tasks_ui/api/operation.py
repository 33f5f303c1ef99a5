"""One operation of the API: what it takes, what it answers, and the one way all of them are carried out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, make_response, request

from engine import replays
from engine.errors import N_, InvalidInputError, KeyturnError, NotFoundError, ProcessError
from tasks_ui import context
from tasks_ui.api import schema
from tasks_ui.guard import public

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from engine.access import Viewer
    from engine.connectors import Registry

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 200
MAX_FILES = 200
_KEY = re.compile(f"[!-~]{{1,{LONGEST_KEY}}}")


class TooLargeError(InvalidInputError):
    """The body is too large."""

    status = 413


class MediaTypeError(InvalidInputError):
    """The body is of a type that is not read here."""

    status = 415


@dataclass(frozen=True, slots=True)
class Call:
    """What an operation is given: an open transaction, who asks, when, and the checked request."""

    session: Session
    viewer: Viewer
    now: datetime
    registry: Registry
    body: Any = None
    query: Any = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    fields: Any = None


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation under `/api/v1`. `body`, `query`, `answer` are dataclasses; `media` what the answer is if not JSON.

    `files`: the body is multipart. `reads`: a POST that only asks, and holds up no writer. `stuck` is called, outside
    the transaction, when the process cannot go on.
    """

    method: str
    path: str
    tag: str
    run: Callable[..., Any]
    answer: Any = None
    body: type | None = None
    query: type | None = None
    files: type | None = None
    status: int = 200
    media: str = "application/json"
    reads: bool = False
    stuck: Callable[[ProcessError, Mapping[str, Any], Any], None] | None = None

    @property
    def name(self) -> str:
        """What programs call it."""
        return self.run.__name__

    @property
    def about(self) -> str:
        """What it does, in a sentence or more."""
        return (self.run.__doc__ or "").strip()

    @property
    def writes(self) -> bool:
        """Tell whether it may change something; a write may carry an idempotency key."""
        return self.method != "GET" and not self.reads

    def view(self) -> Callable[..., Response]:
        """Give the view that carries it out."""

        def answered(**path: Any) -> Response:
            return _carry_out(self, path)

        return public(answered)


def operation(method: str, path: str, tag: str, **options: Any) -> Callable[[Callable[..., Any]], Operation]:
    """Make an operation of a function that takes a Call and the parts of the path."""

    def made(run: Callable[..., Any]) -> Operation:
        return Operation(method, path, tag, run, **options)

    return made


def _carry_out(one: Operation, path: Mapping[str, Any]) -> Response:
    if not all(schema.storable(part) for part in path.values() if isinstance(part, str)):
        raise NotFoundError
    query = schema.from_texts(one.query or _Nothing, request.args.to_dict(flat=False))
    body = _body(one)
    files = _files(one) if one.files else {}
    fields = _fields(one) if one.files else None
    asked = {"body": body, "query": query, "files": files, "fields": fields}
    if not one.writes:
        with context.reading() as opened:
            return _answer(one, one.run(_call(opened, asked), **path))
    key, print_of = _key(), _fingerprint(files if one.files else None)
    try:
        with context.transaction() as opened:
            return _once(one, _call(opened, asked), path, key, print_of)
    except KeyturnError as error:  # perhaps of this very request, sent a moment ago and carried out meanwhile
        with context.reading() as opened:
            earlier = _replayed(_call(opened, asked), key, print_of)
        if earlier is not None:
            return earlier
        if isinstance(error, ProcessError) and one.stuck is not None:
            one.stuck(error, path, body)
        raise


@dataclass(frozen=True)
class _Nothing:
    """No parameters."""


def _call(opened: Session, asked: Mapping[str, Any]) -> Call:
    return Call(opened, context.viewer(), context.utcnow(), context.registry(), **asked)


def _once(one: Operation, call: Call, path: Mapping[str, Any], key: str, print_of: str) -> Response:
    """Carry out a write; the same key again gets the same answer, and nothing happens a second time."""
    earlier = _replayed(call, key, print_of)
    if earlier is not None:
        return earlier
    result = one.run(call, **path)
    if key and one.media == "application/json":
        answer = {"body": schema.write(result), "status": one.status}
        replays.remember(call.session, call.viewer, key, print_of, answer, now=call.now)
    return _answer(one, result)


def _replayed(call: Call, key: str, print_of: str) -> Response | None:
    """Give the answer that the request with this key got before; None when it is new."""
    earlier = replays.remembered(call.session, call.viewer, key, print_of) if key else None
    if earlier is None:
        return None
    response = _json(earlier["body"], earlier["status"])
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _answer(one: Operation, result: Any) -> Response:
    if one.media != "application/json":
        response = make_response(result, one.status)
        response.headers["Content-Type"] = one.media
        return response
    return _json(schema.write(result), one.status)


def _json(document: Any, status: int) -> Response:
    response = make_response(current_app.json.dumps(document, ensure_ascii=False), status)
    response.headers["Content-Type"] = "application/json"
    return response


# Reading the request


def _body(one: Operation) -> Any:
    if one.body is None:
        return None
    if (request.content_length or 0) > schema.MAX_BODY:
        raise TooLargeError(N_("The body is larger than {limit} bytes."), limit=schema.MAX_BODY)
    text = request.get_data(cache=True)
    if len(text) > schema.MAX_BODY:
        raise TooLargeError(N_("The body is larger than {limit} bytes."), limit=schema.MAX_BODY)
    if text and request.mimetype != "application/json":
        raise MediaTypeError(N_("Send the body as application/json."))
    return schema.read(one.body, schema.parse(text or b"{}"))


def _files(one: Operation) -> dict[str, bytes]:
    if request.mimetype != "multipart/form-data":
        raise MediaTypeError(N_("Send the files as multipart/form-data, each in a part called “files”."))
    sent = request.files.getlist("files")
    unknown = sorted((set(request.files) - {"files"}) | (set(request.form) - set(schema.hints(one.files or _Nothing))))
    if unknown:
        raise InvalidInputError(N_("A part called {name} is not known here."), name=unknown[0][:100])
    names = [(file.filename or "").strip() for file in sent]
    if not sent or not all(names) or len(set(names)) < len(names) or len(names) > MAX_FILES:
        raise InvalidInputError(N_("Send 1 to {limit} files, each with a name of its own."), limit=MAX_FILES)
    if not all(schema.storable(name) for name in names):
        raise InvalidInputError(N_("Send 1 to {limit} files, each with a name of its own."), limit=MAX_FILES)
    return {name: file.read() for name, file in zip(names, sent, strict=True)}


def _fields(one: Operation) -> Any:
    return schema.from_texts(one.files or _Nothing, {k: v for k, v in request.form.lists() if k != "files"})


def _key() -> str:
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        message = N_("An idempotency key has 1 to {limit} printable ASCII characters without spaces.")
        raise InvalidInputError(message, limit=LONGEST_KEY)
    return key


def _fingerprint(files: Mapping[str, bytes] | None) -> str:
    """Tell one request from another: its address and its content, whatever boundary separates its parts."""
    digest = sha256(f"{request.method} {request.full_path}\n".encode())
    if files is None:
        digest.update(request.get_data(cache=True))
    else:
        for name in sorted(files):
            digest.update(f"{name}\n{sha256(files[name]).hexdigest()}\n".encode())
        digest.update(repr(sorted(request.form.items())).encode())
    return digest.hexdigest()
