"""The reference: made from the code, in both languages, and every test it names is there."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from engine.core import reference
from engine.core.reference import feel as reference_feel
from tasks_ui import reference as page
from tasks_ui import reference_rules

if TYPE_CHECKING:
    from tests.sites import Site

CONFORMANCE = Path(__file__).parents[1] / "conformance"


@pytest.mark.parametrize("language", ["zh_Hans_CN", "en"])
def test_the_pages_list_everything(site: Site, language: str) -> None:
    person = site.person("admin")
    person.post("/me/language", {"language": language})
    assert "/reference/bpmn" in person.get("/reference").text
    elements = person.get("/reference/bpmn").text
    assert "<details><summary" in elements  # names of tests say nothing to process owners
    for row in page.rows(chinese=language != "en"):
        assert f'id="{row.id}"' in elements
        assert row.name in elements
    functions = person.get("/reference/feel").text
    for one in reference_feel.functions():
        assert f"<strong>{one.name}</strong>" in functions
    rules = person.get("/reference/lint").text
    for rule in reference_rules.rules():
        assert f'id="{rule.name}"' in rules
    assert ("流程图元素" in elements) is (language != "en")


def test_everybody_finds_it(site: Site) -> None:
    assert 'href="/reference"' in site.person("lin.xiaoan").get("/inbox").text
    assert site.client().get("/reference").status_code == 303


def test_every_rule_has_a_severity_and_a_sentence_in_both_languages() -> None:
    found = reference_rules.rules()
    assert {rule.rule for rule in reference.rules()} <= {rule.name for rule in found}
    assert any(rule.name.startswith("dmn-") for rule in found)
    assert any(rule.name.startswith("form-") for rule in found)
    for rule in found:
        assert rule.severities, rule.name
        assert rule.sentences or all(rule.titles), rule.name
        assert all(english and chinese for english, chinese in rule.sentences), rule.name
    severities = {rule.name: rule.severities for rule in found}
    assert len({rule.name: rule.sentences for rule in found}["condition-missing"]) == 1
    assert severities["dead-end"] == ("warning",)
    assert severities["no-role"] == ("error", "warning")
    assert severities["unknown-decision"] == ("error",)
    assert severities["unknown-topic"] == ("warning",)


def test_the_tests_it_names_exist() -> None:
    known = {
        f"{path.name}::{node.name}"
        for path in CONFORMANCE.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert {row.test.split("[")[0] for row in page.rows(chinese=False)} <= known


def test_the_page_of_the_api_is_in_the_readers_language(site: Site) -> None:
    person = site.person("admin")
    for language, words in (("zh_Hans_CN", "供程序读取的接口说明"), ("en", "Description for programs")):
        person.post("/me/language", {"language": language})
        assert words in person.get("/api/v1/").text


def test_a_rule_shows_how_grave_it_is_and_nothing_else():
    """A message that does not exist stops a deployment; an error that does not exist is caught as any other."""
    graded = {rule.name: rule.severities for rule in reference_rules.rules()}
    assert graded["unknown-message"] == graded["unknown-signal"] == ("error",)
    assert graded["unknown-error"] == graded["unknown-escalation"] == ("error", "warning")
    assert graded["unknown-topic"] == ("warning",)
