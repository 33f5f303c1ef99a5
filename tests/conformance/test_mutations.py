"""Valid expressions and decision files of the TCK, damaged a little: an answer or an error in words, never another one."""

from __future__ import annotations

import copy
import random
import time
from functools import cache
from typing import Any

import pytest
from lxml import etree

from engine.core import dmn, feel
from engine.core.feel.lexer import tokens
from tests.conformance.test_dmn_tck import ENV, KIT

pytestmark = pytest.mark.skipif(not KIT.is_dir(), reason=f"the DMN TCK is not at {KIT}: set KEYTURN_DMN_TCK")
EXPRESSIONS, FILES, MANY = 8_000, 150, 20
SECONDS = 2.0
CONTEXT = {"x": 1, "y": "a", "z": [1, None, "b"], "c": {"a": {"b": 1}}, "?": 5, "d": "2026-03-29"}
DAMAGES = ("drop", "twice", "swap", "other", "cut", "join", "letter")


@cache
def files() -> tuple[Any, ...]:
    return tuple(sorted(KIT.glob("compliance-level-*/*/*.dmn")))


@cache
def corpus() -> tuple[list[str], list[str]]:
    """All expressions, and all their tokens."""
    texts = {(element.text or "").strip() for file in files() for element in etree.parse(file).iter("{*}text")}
    kept = sorted(text for text in texts if 2 < len(text) < 300)
    return kept, sorted({text[t.pos : t.end] for text in kept for t in safe_tokens(text)})


def safe_tokens(text: str) -> list[Any]:
    try:
        return [token for token in tokens(text) if token.kind != "end"]
    except feel.FeelProblem:
        return []


def damaged(choose: random.Random) -> str:
    texts, words = corpus()
    text = choose.choice(texts)
    for _ in range(choose.randint(1, 4)):
        pieces = [text[t.pos : t.end] for t in safe_tokens(text)] or text.split()
        how, at = choose.choice(DAMAGES), choose.randrange(len(pieces) or 1)
        if how == "drop":
            pieces[at : at + choose.randint(1, 3)] = []
        elif how == "twice":
            pieces[at:at] = pieces[at : at + choose.randint(1, 6)]
        elif how == "swap":
            pieces = pieces[at:] + pieces[:at]
        elif how == "other":
            pieces[at : at + 1] = [choose.choice(words)]
        elif how == "cut":
            pieces = pieces[: at + 1]
        elif how == "join":
            pieces += [choose.choice(["+", "in", "(", ",", "[", ".", "and", "="]), choose.choice(texts)]
        else:
            piece = pieces[at] if pieces else ""
            pieces[at : at + 1] = [piece[: len(piece) // 2] + choose.choice('"\\@{}?*.-9e业\x00\ud800') + piece[len(piece) // 2 :]]
        text = " ".join(pieces)[:2000]
    return text


def play_expressions(seed: int, count: int) -> None:
    choose = random.Random(seed)
    for _ in range(count):
        text, unary, strict = damaged(choose), choose.random() < 0.3, choose.random() < 0.5
        begin = time.thread_time()
        try:
            value = feel.compile(text, unary=unary).evaluate(CONTEXT, feel.Env(strict=strict))
            feel.to_json(value)
            feel.text_of(value)
        except feel.FeelProblem as problem:
            said = str(problem)
            assert said
            assert feel.in_chinese(problem) != said  # noqa: PT017
        except Exception as error:
            raise AssertionError(f"{text!r} unary={unary} strict={strict}") from error
        assert time.thread_time() - begin < SECONDS, text


def play_files(seed: int, count: int) -> None:
    choose = random.Random(seed)
    for _ in range(count):
        file = choose.choice(files())
        root = etree.parse(file).getroot()
        for _ in range(choose.randint(1, 3)):
            damage(root, choose)
        try:
            answer(etree.tostring(root))
        except Exception as error:
            raise AssertionError(f"seed {seed}: {file.name}") from error


def damage(root: Any, choose: random.Random) -> None:
    below = [element for element in root.iter("{*}*") if element is not root]
    if not below:
        return
    element, other = choose.choice(below), choose.choice(below)
    how = choose.choice(["drop", "twice", "attribute", "value", "text", "move"])
    if how == "drop":
        element.getparent().remove(element)
    elif how == "twice":
        element.getparent().append(copy.deepcopy(element))
    elif how == "attribute" and element.attrib:
        del element.attrib[choose.choice(sorted(element.attrib))]
    elif how == "value" and element.attrib:
        element.attrib[choose.choice(sorted(element.attrib))] = choose.choice(["", "x", "#" + (other.get("id") or "x"), other.get("name") or "number", "COLLECT"])
    elif how == "text":
        element.text = choose.choice([*corpus()[0], "", "<", "(" * 60])
    elif how == "move" and other not in set(element.iter()):
        other.append(copy.deepcopy(element))


def answer(xml: bytes) -> None:
    """Read, check and decide everything in a file."""
    try:
        model = dmn.parse(xml)
    except dmn.DmnError as problem:
        assert str(problem)  # noqa: PT017
        return
    assert all(finding.message and finding.message_zh for finding in dmn.lint(model))
    for name in (*model.decisions, *model.services, *model.knowledge):
        try:
            feel.to_json(dmn.evaluate(model, name, CONTEXT, ENV).value)
        except (dmn.DmnError, feel.FeelProblem) as problem:
            assert str(problem)  # noqa: PT017


def test_damaged_expressions_of_the_kit() -> None:
    play_expressions(1, EXPRESSIONS)


def test_damaged_files_of_the_kit() -> None:
    play_files(1, FILES)


@pytest.mark.soak
def test_many_damaged_expressions_and_files_of_the_kit() -> None:
    play_expressions(2, EXPRESSIONS * MANY)
    play_files(2, FILES * MANY)
