"""Two versions of a scenario, or of translations, in words."""

from __future__ import annotations

import json
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from engine.core.compare import wording
from engine.core.compare.change import Change, Said, Subject, difference, told
from engine.errors import N_, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.core.compare.change import Words

STEPS = ("步骤", "steps")
STEP = Said("Step", "步骤")


def compare(old: bytes, new: bytes, _words: Words) -> Iterator[Change]:
    """List the texts whose translation is new, gone or another one. Raises InvalidInputError."""
    before, after = _json(old), _json(new)
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key), after.get(key)
        if one == other:
            continue
        subject = Subject(key, key, "text", Said(*wording.quoted(Said(key, key))))
        said = [None if text is None else wording.quoted(Said(str(text), str(text))) for text in (one, other)]
        yield difference(subject, Said("Translation", "译文"), said[0], said[1], (str(one or ""), str(other or "")))


def _json(source: bytes) -> dict[str, Any]:
    try:
        found = json.loads(source)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(N_("The texts are not valid JSON: {reason}"), reason=str(error)) from error
    if not isinstance(found, dict):
        raise InvalidInputError(N_("Texts are a JSON object: each text with its translation."))
    return found


def scenario(old: bytes, new: bytes, _words: Words) -> Iterator[Change]:
    """List what is different about a story, step by step. Raises InvalidInputError."""
    before, after = _yaml(old), _yaml(new)
    for key in dict.fromkeys([*before, *after]):
        one, other = before.get(key), after.get(key)
        if one == other and (key in before) == (key in after):
            continue
        if key in STEPS and isinstance(one, list) and isinstance(other, list):
            yield from _steps(one, other)
        else:
            said = [None if value is None else Said(*[_plain(value)] * 2) for value in (one, other)]
            yield difference(Subject(str(key)), Said(str(key), str(key)), said[0], said[1],
                             (_plain(one or ""), _plain(other or "")))  # fmt: skip


def _yaml(source: bytes) -> dict[Any, Any]:
    import yaml  # noqa: PLC0415  few need it: only stories are written in it

    from engine.core import plain_yaml  # noqa: PLC0415

    try:
        found = plain_yaml.load(source)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInputError(N_("The scenario is not valid YAML: {reason}"), reason=str(error)) from error
    if not isinstance(found, dict):
        raise InvalidInputError(N_("A scenario has a name and steps."))
    return found


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return wording.clip(value)
    if isinstance(value, dict):
        return wording.clip("，".join(f"{key}：{_plain(one)}" for key, one in value.items()))
    if isinstance(value, list):
        return wording.clip("、".join(_plain(one) for one in value))
    return wording.clip(str(value))


def _steps(old: list[Any], new: list[Any]) -> Iterator[Change]:
    left, right = [repr(step) for step in old], [repr(step) for step in new]
    for tag, a1, a2, b1, b2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        both = min(a2 - a1, b2 - b1)
        for at in range(both):
            yield _step(b1 + at, old[a1 + at], new[b1 + at])
        for at in range(a1 + both, a2):
            yield _step(at, old[at], None)
        for at in range(b1 + both, b2):
            yield _step(at, None, new[at])


def _step(at: int, old: Any, new: Any) -> Change:
    subject = Subject(f"step-{at + 1}", str(at + 1), "step")
    what = Said(f"Step {at + 1}", f"第 {at + 1} 步")
    if old is None:
        text = _plain(new)
        return told(
            subject, "added", what, Said(f"New step {at + 1}: {text}", f"新增第 {at + 1} 步：{text}"), ("", text)
        )
    if new is None:
        text = _plain(old)
        sentence = Said(f"Removed step {at + 1}: {text}", f"删除第 {at + 1} 步：{text}")
        return told(subject, "removed", what, sentence, (text, ""))
    texts = _plain(old), _plain(new)
    if texts[0] == texts[1]:
        texts = repr(old), repr(new)
    return difference(subject, what, Said(texts[0], texts[0]), Said(texts[1], texts[1]), texts)
