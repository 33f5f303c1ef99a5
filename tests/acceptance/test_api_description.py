"""The API keeps to its own description, whatever it is asked: checked by schemathesis over the WSGI application."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.acceptance.api_client import APPROVAL, Program, program
from tests.acceptance.test_api import deploy
from tests.sites import site_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sites import Site

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
REFUSAL = [negative_data_rejection]


@pytest.fixture(scope="module")
def opened(demo_file: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Program]]:
    site = site_in(tmp_path_factory.mktemp("described") / "site", demo_file)
    who = program(site, "admin")
    deploy(who, APPROVAL)
    yield site, who
    site.database.dispose()


def test_the_description_is_an_openapi_document(site: Site) -> None:
    document = site.client().get("/api/v1/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names)) > 30
    for path in document["paths"].values():
        for one in path.values():
            assert one["summary"].endswith(".")
            assert "default" in one["responses"]
    page = site.client().get("/api/v1/")
    assert page.status_code == 200
    for name in names:
        assert f'id="{name}"' in page.text
    assert page.text.index("curl -H") < page.text.index('id="list_tasks"') < page.text.index('id="list_instances"')
    assert page.text.index('id="list_instances"') < page.text.index('id="evaluate_decision"')
    start = document["paths"]["/api/v1/definitions/{key}/start"]["post"]
    assert "`scope` is the code of the project" in start["description"]


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"])
def test_whatever_is_asked_the_answer_is_as_described(opened: tuple[Site, Program], mode: GenerationMode) -> None:
    site, who = opened
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", site.app)
    schema.config.generation.update(with_security_parameters=False)
    headers = {"Authorization": f"Bearer {who.token}"}
    tried = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=12, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        def ask(case: Any) -> None:
            nonlocal tried
            tried += 1
            case.call_and_validate(headers=headers, checks=CHECKS + REFUSAL * (mode is GenerationMode.NEGATIVE))

        with suppress(Unsatisfiable):  # some take nothing that could be wrong
            given(case=operation.as_strategy(generation_mode=mode))(ask)()
    assert tried > 100
