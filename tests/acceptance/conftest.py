"""Acceptance tests speak HTTP to a whole site."""

from __future__ import annotations

from tests.sites import demo_file, site

__all__ = ["demo_file", "site"]
