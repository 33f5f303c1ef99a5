"""What a monitoring asks: is it well, and how much does it do."""

from __future__ import annotations

import hmac
import time
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app, g, jsonify, make_response, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from engine import operations
from engine.errors import NotFoundError
from tasks_ui import context
from tasks_ui.guard import public

if TYPE_CHECKING:
    from engine.operations import Measures

EXTENSION = "keyturn-meters"
LATE_SECONDS = 300
LOCAL = frozenset({"127.0.0.1", "::1"})
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Meters:
    """The counters of one application."""

    def __init__(self) -> None:
        """Start at zero."""
        self.registry = CollectorRegistry()
        labels = ["endpoint", "method", "status"]
        self.requests = Counter("keyturn_requests", "Requests answered.", labels, registry=self.registry)
        self.seconds = Histogram(
            "keyturn_request_seconds", "Time to answer.", ["endpoint"], buckets=BUCKETS, registry=self.registry
        )
        self.due = Gauge("keyturn_jobs_due", "Jobs that are due.", ["kind"], registry=self.registry)
        self.lag = Gauge("keyturn_jobs_lag_seconds", "How long the oldest due job waits.", registry=self.registry)
        self.incidents = Gauge("keyturn_incidents_open", "Incidents that wait for a person.", registry=self.registry)

    def watch(self, found: Measures, lag: float) -> None:
        """Take over what waits now."""
        self.due.clear()
        for kind, number in found.due.items():
            self.due.labels(kind).set(number)
        self.lag.set(lag)
        self.incidents.set(found.incidents)


def _look() -> tuple[Measures, float]:
    now = context.utcnow()
    with context.reading() as opened:
        found = operations.measures(opened, now=now)
    return found, max(0.0, (now - found.oldest_due).total_seconds()) if found.oldest_due else 0.0


@public
def healthz() -> Response:
    """Answer 200 when the database answers and the worker keeps up, 503 when not (jobs wait too long)."""
    found, lag = _look()
    late = lag > LATE_SECONDS
    body = {"status": "failing" if late else "ok", "database": "ok", "jobs_due": found.total, "lag_seconds": round(lag)}
    return make_response(jsonify(body | {"incidents": found.incidents}), 503 if late else 200)


@public
def metrics() -> Response:
    """Give the figures to Prometheus: to this machine, or to whoever has the token."""
    token = context.settings().metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    trusted = hmac.compare_digest(given.encode(), token.encode()) if token else request.remote_addr in LOCAL
    if not trusted:
        raise NotFoundError
    meters = cast("Meters", current_app.extensions[EXTENSION])
    meters.watch(*_look())
    body = generate_latest(meters.registry) + generate_latest(REGISTRY)  # the engine counts in the common registry
    return Response(body, content_type=CONTENT_TYPE_LATEST)


def install(app: Flask) -> None:
    """Add the two addresses, and count every request."""
    meters = app.extensions[EXTENSION] = Meters()

    def count(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        meters.requests.labels(endpoint, request.method, response.status_code).inc()
        meters.seconds.labels(endpoint).observe(time.perf_counter() - g.began)
        return response

    app.after_request(count)
    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/metrics", view_func=metrics)
