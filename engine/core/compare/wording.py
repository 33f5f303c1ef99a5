"""Values of the files in the words of those who own the process: times, conditions, roles, yes and no."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.core.compare.change import Said
from engine.core.feel import FeelProblem
from engine.core.feel.lexer import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from engine.core.compare.change import Words

_DURATION = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_UNITS = (("year", "年"), ("month", "个月"), ("week", "周"), ("day", "天"), ("hour", "小时"), ("minute", "分钟"),
          ("second", "秒"))  # fmt: skip
_CYCLE = re.compile(r"R(\d*)/(?:([^/]+)/)?(P[^/]+)")
_CALL = re.compile(r'duration\(\s*"([^"]+)"\s*\)')
_NOW = r"now\(\s*\)"
_WORKING = re.compile(rf"add working days\(\s*{_NOW}\s*,\s*(\d+)\s*\)")
_TODAY = re.compile(rf"end of working day\(\s*{_NOW}\s*\)")
_LATER = re.compile(rf"end of working day\(\s*add working days\(\s*{_TODAY.pattern}\s*,\s*(\d+)\s*\)\s*\)")
_MOMENT = re.compile(r'date and time\(\s*([^\W\d]\w*)\s*\)\s*([+-])\s*duration\(\s*"([^"]+)"\s*\)')
_FROM_NOW = re.compile(r"now\(\)\s*\+\s*")
_SIGNS = {"!=": "≠", "<=": "≤", ">=": "≥"}
_WORDS_ZH = {"and": "且", "or": "或", "true": "是", "false": "否", "null": "空", "if": "若", "then": "则",
             "else": "否则", "in": "属于"}  # fmt: skip
_WORDS_EN = {"true": "yes", "false": "no", "null": "empty"}
LONGEST = 90
"""How many letters of a value a line shows; the page shows the rest."""
YES, NO = Said("yes", "是"), Said("no", "否")


def clip(text: str) -> str:
    """Cut a long text."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def quoted(said: Said) -> Said:
    """Put a text in quotation marks."""
    return Said(f"“{clip(said.en)}”", f"“{clip(said.zh)}”")


def duration(text: str) -> Said | None:
    """Say an ISO 8601 duration: P2D is 2 days; None when it is none."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    parts = [(count, unit) for count, unit in zip(found.groups(), _UNITS, strict=True) if count]
    en = " ".join(f"{count} {unit[0]}{'' if count == '1' else 's'}" for count, unit in parts)
    return Said(en, " ".join(f"{count} {unit[1]}" for count, unit in parts))


def time(text: str, words: Words) -> Said:
    """Say when something is due: a duration, a repetition, or what the expression says."""
    plain = text.strip().removeprefix("=").strip()
    if (found := duration(plain)) is not None:
        return found
    if (cycle := _CYCLE.fullmatch(plain)) and (every := duration(cycle[3])):
        times, begin = cycle[1], cycle[2]
        en = f"every {every.en}" + (f", {times} times" if times else "") + (f", from {begin}" if begin else "")
        zh = (f"从 {begin} 起" if begin else "") + f"每 {every.zh}" + (f"，共 {times} 次" if times else "")
        return Said(en, zh)
    if (limit := _limit(plain, words)) is not None:
        return limit
    plain = _FROM_NOW.sub("", plain)

    def spoken(at: int) -> str:
        return _CALL.sub(lambda call: (duration(call[1]) or (call[0], call[0]))[at], plain)

    if not text.lstrip().startswith("=") and '"' not in plain:
        return Said(clip(plain), clip(plain))
    return Said(
        clip(_feel(spoken(0), _english(words), _WORDS_EN, words.english)),
        clip(_feel(spoken(1), words.variables, _WORDS_ZH, str)),
    )


def _limit(plain: str, words: Words) -> Said | None:
    """Say a limit as the editor writes it: working days, the end of one, so long before or after a date of the case."""
    if found := _WORKING.fullmatch(plain):
        return Said(_working_days(found[1]), f"{found[1]} 个工作日")
    if _TODAY.fullmatch(plain):
        return Said("by the end of the working day", "当日下班前")
    if found := _LATER.fullmatch(plain):
        return Said(f"by the end of the day, {_working_days(found[1])} later", f"{found[1]} 个工作日后下班前")
    if (found := _MOMENT.fullmatch(plain)) and (span := duration(found[3])):
        name = words.variables.get(found[1], found[1])
        before = found[2] == "-"
        return Said(
            f"{span.en} {'before' if before else 'after'} {words.english(name)}",
            f"{name}{'前' if before else '后'} {span.zh}",
        )
    return None


def _working_days(count: str) -> str:
    return f"{count} working day{'' if count == '1' else 's'}"


def feel(text: str, words: Words) -> Said:
    """Say an expression: known variables by their labels, “且” and “或” for and and or."""
    plain = text.strip().removeprefix("=").strip()
    return Said(
        clip(_feel(plain, _english(words), _WORDS_EN, words.english)),
        clip(_feel(plain, words.variables, _WORDS_ZH, str)),
    )


def _english(words: Words) -> dict[str, str]:
    return {name: words.english(label) for name, label in words.variables.items()}


def _feel(text: str, names: Mapping[str, str], keywords: Mapping[str, str], say: Callable[[str], str]) -> str:
    try:
        found = tokens(text)
    except FeelProblem:
        return text
    parts, at = [], 0
    for place, token in enumerate(found):
        if token.kind == "end":
            break
        parts.append(text[at : token.pos])
        raw = text[token.pos : token.end]
        dotted = place > 0 and found[place - 1].value == "."
        called = found[place + 1].value == "("
        if token.kind == "name" and not dotted:
            raw = keywords.get(token.value, raw if called else names.get(token.value, raw))
        elif token.kind == "op":
            raw = _SIGNS.get(raw, raw)
        elif token.kind == "string":
            raw = f"“{say(token.value)}”" if token.value else '""'
        parts.append(raw)
        at = token.end
    return "".join([*parts, text[at:]])


def opposite(text: str) -> str:
    """Turn a simple condition round, so that “hidden when” can be read as “shown when”; "" when it is not simple."""
    pieces = re.split(r"\s+(and|or)\s+", text)
    joints, tests = set(pieces[1::2]), pieces[::2]
    if len(joints) > 1 or any(re.search(r"[(){}\[\]]", test) for test in tests):
        return ""
    turned = []
    for test in tests:
        found = re.fullmatch(r'([^"!<>=]+?)\s*(!?=)\s*("[^"]*"|[^"!<>=]+)', test.strip())
        if found is None:
            return ""
        turned.append(f"{found[1]} {'=' if found[2] == '!=' else '!='} {found[3]}")
    joint = {"and": " or ", "or": " and ", "": ""}[next(iter(joints), "")]
    return joint.join(turned)


def flag(value: bool) -> Said:
    """Say yes or no."""
    return YES if value else NO


def listed(text: str, names: Mapping[str, str], words: Words) -> Said:
    """Say a comma list of keys by their names; an expression as it is."""
    if text.lstrip().startswith(("=", "${", "#{")):
        return feel(text, words)
    found = [names.get(part.strip(), part.strip()) for part in text.split(",")]
    return Said(", ".join(words.english(name) for name in found), "、".join(found))


def keyed(text: str, names: Mapping[str, str], words: Words) -> Said:
    """Say a key with the name it is known by: 受理（T09）."""
    name = names.get(text, "")
    if not name or name == text:
        return Said(clip(text), clip(text))
    return Said(f"{words.english(name)} ({text})", f"{name}（{text}）")
