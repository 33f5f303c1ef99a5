"""Logs: one JSON object a line on standard error, each with the id of the request it belongs to."""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request
from structlog.processors import ExceptionRenderer
from structlog.tracebacks import ExceptionDictTransformer

if TYPE_CHECKING:
    from structlog.typing import Processor

LOGGER = structlog.get_logger("keyturn")
HEADER = "X-Request-ID"
GIVEN_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
LINKS = re.compile(r"^/([co])/[^/]+")
"""Addresses whose second part lets whoever has it in: it stands in no log."""
QUIET = ("/static/", "/healthz", "/metrics")


def configure(level: str = "INFO") -> None:
    """Send the program's logs, and those of its libraries, to standard error as JSON."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    tracebacks = ExceptionRenderer(ExceptionDictTransformer(show_locals=False))  # locals may hold personal data
    written: list[Processor] = [tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
    structlog.configure(
        processors=[*shared, *written],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *written],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def path() -> str:
    """Return the address of this request as it may be written down."""
    return LINKS.sub(r"/\1/…", request.path)


def install(app: Flask) -> None:
    """Number each request, and write one line when it is answered."""

    def begin() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if GIVEN_ID.fullmatch(given) else uuid4().hex
        g.began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    def end(response: Response) -> Response:
        response.headers[HEADER] = g.request_id
        if not request.path.startswith(QUIET):
            person = g.get("viewer")
            LOGGER.info(
                "request",
                method=request.method,
                path=path(),
                status=response.status_code,
                ms=round((time.perf_counter() - g.began) * 1000, 1),
                login=person.login if person else "",
            )
        return response

    app.before_request(begin)
    app.after_request(end)
