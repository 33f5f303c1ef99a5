"""How a cell that is not FEEL, or not what its writer means, is probably meant: `大于等于3天` is `>= 3`.

A proposal is only made when it can be read as FEEL; it is shown, and written only when its reader says so.
"""

from __future__ import annotations

import re
from typing import Final

from engine.core import feel
from engine.core.feel import nodes

_FULL_WIDTH: Final = str.maketrans(
    {
        "，": ",", "、": ",", "；": ",", "“": '"', "”": '"', "„": '"', "「": '"', "」": '"', "『": '"', "』": '"',
        "（": "(", "）": ")", "【": "[", "】": "]", "［": "[", "］": "]", "＞": ">", "＜": "<", "＝": "=", "－": "-",
        "：": ":", "。": ".", "．": ".", "\u3000": " ", "～": "~", "‘": '"', "’": '"', "＂": '"',
    }
)  # fmt: skip
_NUMBER: Final = r"-?\d+(?:\.\d+)?"
_UNIT: Final = r"(?:\s*(?:个|天|日|小时|工作日|自然日|元|万元|次|项|人|户|月|年|周|分钟|%|％|h|d))?"
_DATE: Final = r"(\d{4})\s*[-/年.]\s*(\d{1,2})\s*[-/月.]\s*(\d{1,2})\s*日?"
_COMPARISONS: Final = (
    (r"(?:大于等于|不小于|不少于|不低于|至少|≥|=>|>=)", ">="),
    (r"(?:小于等于|不大于|不多于|不超过|不高于|至多|最多|≤|=<|<=)", "<="),
    (r"(?:大于|超过|多于|高于|晚于|>)", ">"),
    (r"(?:小于|少于|不足|低于|早于|<)", "<"),
    (r"(?:等于|==|=)", ""),
)
_TRUE: Final = frozenset({"是", "真", "有", "对", "yes", "true", "y", "1", "√", "✓"})
_FALSE: Final = frozenset({"否", "假", "无", "没有", "不是", "错", "no", "false", "n", "0", "×"})
_EMPTY: Final = frozenset({"空", "为空", "未填", "没填", "无值", "none", "nil", "empty", "null"})
_FILLED: Final = frozenset({"不为空", "非空", "不空", "已填", "not null", "not(null)"})
_ANY: Final = frozenset({"任意", "任何", "不限", "全部", "所有", "*", "any", "—", "–", "－"})
_OR: Final = re.compile(r"\s*(?:[,;/|]|\|\||或者|或|\bor\b)\s*", re.IGNORECASE)
_DATES: Final = frozenset({"date", "date and time"})


def suggest(text: str, *, unary: bool, kind: str = "") -> str:
    """Propose how to write a condition (`unary`) or a result for a column of a simple type; "" for no idea."""
    if kind == "string" and not unary:
        found = _value(text.strip().strip("“”‘’「」"), kind)
        return found if found != text.strip() and _fits(found, unary=False, kind=kind) else ""
    plain = text.translate(_FULL_WIDTH).strip()
    if kind not in {"", "string"} and "date(" not in plain:
        plain = plain.replace('"', "").strip()
    word = plain.strip('"').strip().casefold()
    found = _words(word, unary=unary, kind=kind) or _shaped(plain, unary=unary, kind=kind)
    if not found or found == text.strip() or not _fits(found, unary=unary, kind=kind):
        return ""
    return found


def _words(word: str, *, unary: bool, kind: str) -> str:
    if kind == "boolean" and word in _TRUE | _FALSE:
        return "true" if word in _TRUE else "false"
    if unary and word in _ANY:
        return "-"
    if word in _EMPTY:
        return "null"
    return "not(null)" if unary and word in _FILLED else ""


def _shaped(plain: str, *, unary: bool, kind: str) -> str:
    negated = re.fullmatch(r"(?:不等于|不是|非|≠|!=|<>|not\b)\s*\(?\s*(.+?)\s*\)?", plain, re.IGNORECASE)
    if unary and negated and plain != "not":
        inside = _tests(negated[1], kind)
        return f"not({inside})" if inside else ""
    if unary:
        return _tests(plain, kind)
    parts = [part for part in _OR.split(plain) if part]
    if kind in {"", "Any", "list"} and len(parts) > 1:
        return f"[{', '.join(_value(part, '') for part in parts)}]"
    return _value(plain, kind)


def _tests(plain: str, kind: str) -> str:
    whole = _one(plain, kind)
    if whole:
        return whole
    parts = [part for part in _OR.split(plain) if part]
    written = [_one(part, kind) or _value(part, kind) for part in parts]
    return ", ".join(written) if written and all(written) else ""


def _one(plain: str, kind: str) -> str:
    """One test: a range or a comparison; "" for anything else."""
    if kind in _DATES or (kind not in {"number", "string", "boolean"} and re.search(_DATE, plain)):
        plain = re.sub(_DATE, lambda m: f'date("{m[1]}-{int(m[2]):02}-{int(m[3]):02}")', plain)
        end = r'(date\("[\d-]+"\))'
    elif kind == "string":
        return ""
    else:
        end = f"({_NUMBER}){_UNIT}"
    span = re.fullmatch(rf"[\[(]?\s*{end}\s*(?:~|-|至|到|\.\.\.?|,)\s*{end}\s*[\])]?(?:之间)?", plain)
    if span and (plain[0] in "[(" or "," not in plain):
        return f"[{span[1]}..{span[2]}]"
    for words, sign in _COMPARISONS:
        if found := re.fullmatch(rf"{words}\s*{end}", plain):
            return f"{sign} {found[1]}".strip()
    if found := re.fullmatch(rf"{end}\s*(?:以上|及以上|或以上)", plain):
        return f">= {found[1]}"
    if found := re.fullmatch(rf"{end}\s*(?:以下|及以下|以内|或以下)", plain):
        return f"<= {found[1]}"
    found = re.fullmatch(end, plain)
    return found[1] if found else ""


def _value(plain: str, kind: str) -> str:
    if kind in {"number", *_DATES} and (found := _one(plain, kind)):
        return found
    if kind in {"number", "boolean"} or kind in _DATES:
        return ""
    bare = plain.strip().strip("\"'").strip()
    if kind != "string" and re.fullmatch(_NUMBER, bare):
        return bare
    return f'"{bare}"' if bare and not set(bare) & set('"\\()[]{}<>=') else ""


def _fits(text: str, *, unary: bool, kind: str) -> bool:
    """Whether a proposal is FEEL, and a result no calculation."""
    try:
        tree = feel.compile(text, unary=unary).tree
    except feel.FeelProblem:
        return False
    return unary or kind == "" or not isinstance(tree, nodes.Binary)
