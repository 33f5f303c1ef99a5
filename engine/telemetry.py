"""Counters for operators (Prometheus) and structured notes about faults."""

from __future__ import annotations

import structlog
from prometheus_client import Counter

LOGGER = structlog.get_logger("keyturn")
JOBS = Counter("keyturn_jobs_total", "Jobs carried out by this process's workers", ["kind", "outcome"])
FAULTS = Counter("keyturn_faults_total", "Unexpected faults", ["where"])


def job_done(kind: str) -> None:
    """Count a job that succeeded."""
    JOBS.labels(kind, "done").inc()


def job_failed(kind: str, error: Exception) -> None:
    """Count and note a job that failed and will be tried again or has become an incident."""
    JOBS.labels(kind, "failed").inc()
    LOGGER.warning("job failed", kind=kind, error=f"{type(error).__name__}: {error}")


def fault(where: str, error: Exception) -> None:
    """Count and note a fault that nobody expected."""
    FAULTS.labels(where).inc()
    LOGGER.error("fault", where=where, exc_info=error)
