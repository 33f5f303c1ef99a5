"""Cases as pages and programs use them: one door to registering, finding, reading and acting."""

from __future__ import annotations

from processes.services.actions import escalate, urge, withdraw
from processes.services.callers import Caller, Match, OpenCase, find_caller, open_cases, pick, typed_caller
from processes.services.casedata import CaseHead, CaseItem, CasePage, CaseView, ClockView
from processes.services.casefile import head, reveal, search, search_terms, view, visible
from processes.services.groups import leave as leave_group
from processes.services.groups import link as link_group
from processes.services.intake import Expected, expected_dates, register
from storage.cases import CaseQuery

__all__ = [
    "Caller",
    "CaseHead",
    "CaseItem",
    "CasePage",
    "CaseQuery",
    "CaseView",
    "ClockView",
    "Expected",
    "Match",
    "OpenCase",
    "escalate",
    "expected_dates",
    "find_caller",
    "head",
    "leave_group",
    "link_group",
    "open_cases",
    "pick",
    "register",
    "reveal",
    "search",
    "search_terms",
    "typed_caller",
    "urge",
    "view",
    "visible",
    "withdraw",
]
