"""What people write from habit where FEEL or ISO 8601 is meant: the nearest thing that is understood."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from engine.core import feel

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS = (
    (r"s|secs?|seconds?|秒钟?", "PT{}S"),
    (r"m|mins?|minutes?|分钟?", "PT{}M"),
    (r"h|hours?|个?小时|时", "PT{}H"),
    (r"d|days?|天|日", "P{}D"),
    (r"w|weeks?|周|个?星期", "P{}W"),
    (r"months?|个?月", "P{}M"),
    (r"y|years?|年", "P{}Y"),
)
SIGNS = (
    (re.compile(r"\s*&&\s*"), " and "),
    (re.compile(r"\s*\|\|\s*"), " or "),
    (re.compile(r"\s*!==\s*"), " != "),
    (re.compile(r"\s*={2,3}\s*"), " = "),
    (re.compile(r"(?<![\w)])!\s*([A-Za-z_][\w.]*)(?!\s*\()"), r"not(\1)"),
    (re.compile(r"\s*(?:并且|而且|且)\s*"), " and "),
    (re.compile(r"\s*(?:或者|或)\s*"), " or "),
)
NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
}  # fmt: skip
IN_NAME = re.compile(
    rf"(?:(?P<every>\b(?:every|each)\s|每隔?)\s*|(?<![A-Za-z\d.:/-]))(?P<number>\d+|{'|'.join(NUMBERS)})?\s*-?"
    r"(?P<unit>s|h|secs?|seconds?|秒钟?|mins?|minutes?|分钟|hrs?|hours?|个?小时|d|days?|天|weeks?|周|个?星期|months?|个月|years?|年)"
    r"(?![A-Za-z])",
    re.IGNORECASE,
)
CURLY = str.maketrans("“”„‟＂", '"' * 5)


def span(text: str) -> str:
    """Give the ISO 8601 duration that a text such as `3 days`, `3天` or `3D` means, "" when none."""
    for unit, iso in UNITS:
        found = re.fullmatch(rf"P?T?(\d+)\s*(?:{unit})", text.strip(), re.IGNORECASE)
        if found:
            return iso.format(found[1])
    return ""


def span_in(name: str) -> str:
    """Give the ISO 8601 duration, or endless cycle, that the name of a timer tells; "" when it tells none or several.

    `30 days later` is P30D, `24小时` PT24H, `every week` R/P7D.
    """
    found = [m for m in IN_NAME.finditer(name) if m["number"] or m["every"]]
    if len(found) != 1 or re.search(r"[\d:]\s*[:：]\s*\d|working|business|工作日|半", name, re.IGNORECASE):
        return ""
    match = found[0]
    number = NUMBERS.get((match["number"] or "1").lower()) or int(match["number"] or 1)
    unit = re.sub(r"^hrs?$", "h", match["unit"], flags=re.IGNORECASE)
    meant = span(f"{number}{unit}")
    return f"R/{meant}" if match["every"] and meant else meant


def topic_name(code: Mapping[str, str], name: str, element_id: str) -> str:
    """Make a topic of a bean (`${bean}`, `${bean.method(x)}`), a class, else of the task's name, else of its id."""
    bean = re.match(r"[#$]\{\s*(\w[\w-]*)", code.get("delegateExpression") or code.get("expression") or "")
    texts = (
        bean[1] if bean else code.get("delegateExpression", ""),
        code.get("class", "").rsplit(".", maxsplit=1)[-1],
        name,
        element_id,
    )
    return next((made for text in texts if (made := re.sub(r"[^\w.]+", "-", text).strip("-"))), element_id)


def respelt(text: str) -> str:
    """Write a text that is no FEEL with FEEL's signs: straight quotes, `=`, `and`, `or`; "" when that does not help."""
    if understood(text):
        return ""
    text_ = text.strip().rstrip(";").strip()
    if '"' not in text_ and text_.count("'") % 2 == 0:
        text_ = text_.replace("'", '"')
    parts = text_.translate(CURLY).split('"')
    for at in range(0, len(parts), 2):  # outside of texts
        for sign, word in SIGNS:
            parts[at] = sign.sub(word, parts[at])
    changed = '"'.join(parts)
    return changed if changed != text and understood(changed) else ""


def understood(text: str) -> bool:
    """Tell whether a text is FEEL."""
    try:
        feel.compile(text)
    except feel.FeelProblem:
        return False
    return True
