"""A program that speaks to a site: JSON in, JSON out, a token in every request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine import people
from engine.access import SYSTEM

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from tests.sites import Site

ROOT = "/api/v1"


@dataclass
class Program:
    """A client with a token."""

    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        if body is not None:
            options["json"] = body
        return self.client.open(ROOT + path, method=method, headers=headers, **options)

    def get(self, path: str, status: int = 200, **options: Any) -> Any:
        return self._checked(self.ask("GET", path, **options), status)

    def post(self, path: str, body: Any = None, status: int = 200, **options: Any) -> Any:
        return self._checked(self.ask("POST", path, body, **options), status)

    def put(self, path: str, body: Any = None, status: int = 200) -> Any:
        return self._checked(self.ask("PUT", path, body), status)

    def _checked(self, answer: TestResponse, status: int) -> Any:
        assert answer.status_code == status, answer.text
        if status >= 400:
            assert answer.content_type == "application/problem+json"
        return answer.get_json(force=True)


def program(site: Site, login: str, **options: Any) -> Program:
    """A program of a person of the demonstration."""
    with site.database.transaction() as session:
        token = people.new_token(session, SYSTEM, login=login, name="test", now=site.clock.now, **options)
    return Program(site.client(), token)


def bpmn(body: str, key: str = "probe") -> bytes:
    """A small executable diagram."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="test">
<message id="m" name="paid"/><signal id="s" name="storm"/>
<process id="{key}" name="试验" isExecutable="true">{body}</process></definitions>""".encode()


DRAWN = bpmn(
    """<startEvent id="begin"><extensionElements><camunda:formData><camunda:formField id="amount" label="金额" type="long">
<camunda:validation><camunda:constraint name="required"/></camunda:validation></camunda:formField></camunda:formData>
</extensionElements></startEvent><sequenceFlow id="f1" sourceRef="begin" targetRef="write"/>
<userTask id="write" name="填写" camunda:candidateGroups="agent"/>"""
)
APPROVAL = bpmn(
    """<startEvent id="begin"/><sequenceFlow id="f1" sourceRef="begin" targetRef="write"/>
<userTask id="write" name="填写" camunda:candidateGroups="agent"/><sequenceFlow id="f2" sourceRef="write" targetRef="wait"/>
<intermediateCatchEvent id="wait" name="等一小时"><timerEventDefinition><timeDuration
 xsi:type="tFormalExpression">PT1H</timeDuration></timerEventDefinition></intermediateCatchEvent>
<sequenceFlow id="f3" sourceRef="wait" targetRef="paid"/>
<receiveTask id="paid" name="等付款" messageRef="m"/><sequenceFlow id="f4" sourceRef="paid" targetRef="check"/>
<userTask id="check" name="复核" camunda:candidateGroups="agent"/><sequenceFlow id="f5" sourceRef="check" targetRef="gone"/>
<endEvent id="gone"/>"""
)
