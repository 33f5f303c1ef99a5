"""Corners of FEEL that the standard settles and few expressions meet: each line holds, or is null."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.core import feel

LOOSE = feel.Env(strict=False)
VARIABLES = {"客户": {"地址": {"城市": "上海"}}, "朋友": [{"城市": "北京"}, {"城市": "广州", "朋友": {"城市": "苏州"}}]}


def ask(text: str) -> object:
    return feel.compile(text).evaluate(VARIABLES, LOOSE)


HOLDS = """
@"10:30:00.2" = @"10:30:00.9"
@"2026-03-01T10:30:00.2Z" = @"2026-03-01T18:30:00.7+08:00"
not(@"10:30:00.9" = @"10:30:01.1")
@"10:30:00.123456789" > @"10:30:00.123456788"
time("10:30:00.123456789").second = 0.123456789
string(time("10:30:00.123456789")) = "10:30:00.123456789"
string(date and time("2026-03-01T10:30:00.000000001+08:00")) = "2026-03-01T10:30:00.000000001+08:00"
date and time("2026-03-01T10:30:00.000000001") + @"PT1S" = @"2026-03-01T10:30:01"
date(date and time("2026-03-01T10:30:00.000000001")) = @"2026-03-01"
date and time(@"2026-03-01", time("10:30:00.000000001")).second = 0.000000001
date and time(@"2026-03-01T23:00:00", @"10:30:00") = @"2026-03-01T10:30:00"
is(@"10:30:00+00:00", @"10:30:00Z")
is(@"10:30:00", @"10:30:00Z") = false
is(1, 1.0)
not(is(1))
years and months duration(@"2025-03-01T23:00:00", @"2026-03-01T01:00:00") = @"P1Y"
years and months duration(@"2026-03-01", @"2025-01-15") = @"-P1Y1M"
years and months duration(date("-20000-03-01"), date("-19999-02-28")) = @"P11M"
5 in (= 5)
not(5 in (= 6))
5 in (!= 6)
(= 5) = (= 5)
not((= 5) = (!= 5))
(< 5) = range("(..5)")
(>= 5) = range("[5..)")
string((!= 5)) = "!= 5"
(>= 2) = >= 2
{a: (>= 2), b: a = > 2}.b = false
includes([1..9], 5)
before(1, [2..3])
overlaps before([1..5], [3..8])
[1, 2, 3][1.5] = null
sublist([1, 2, 3], 2) = [2, 3]
客户...城市 = ["上海"]
朋友...城市 = ["北京", "广州", "苏州"]
朋友...年龄 = []
count({a: [{a: 1}, {a: null}]}...a) = 2
客户.地址.城市 = "上海"
(function() "a") instance of function<>->string
not((function() 1) instance of function<>->string)
(function(a: number) a) instance of function<number>->Any
not((function(a: number) a) instance of function<string>->Any)
(function(a) 1) instance of function<string>->number
not((function(a: number) a) instance of function<>->Any)
(function(a: number) a > 1) instance of function<number>->boolean
(function(a: number) {b: [a]}) instance of function<number>->context<b: list<Any>>
"""


@pytest.mark.parametrize("text", [line for line in HOLDS.splitlines() if line])
def test_what_holds(text: str) -> None:
    assert ask(text) is True


NOTHING = """
range("[..5]")
range("[5..]")
range("[a..b]")
range("[1+1..3]")
range("= 5")
list replace([1, 2], 1.5, 9)
remove([1, 2], 1.5)
insert before([1, 2], 0, 9)
mode()
date and time("2026-03-01", @"10:30:00")
years and months duration("2025-03-01", @"2026-03-01")
years and months duration(@"10:30:00", @"2026-03-01")
time("10:30:00.1234567890")
@"2026-03-01".hour
(function(a: number) a)("b")
"""


@pytest.mark.parametrize("text", [line for line in NOTHING.splitlines() if line])
def test_what_is_null(text: str) -> None:
    try:
        found = ask(text)
    except feel.FeelProblem:  # a caller that wants null gets it from the error
        found = None
    assert found is None


def test_a_doubled_equals_sign_is_still_a_mistake() -> None:
    with pytest.raises(feel.FeelProblem, match="“=” is not expected"):
        feel.compile("a == b")


def test_a_name_with_dots_is_the_variable_of_that_name_before_a_path() -> None:
    names = {"客户.城市"}
    expression = feel.compile("客户.城市", names=names)
    assert expression.evaluate({"客户.城市": "南京", "客户": {"城市": "上海"}}) == "南京"
    assert expression.evaluate({"客户": {"城市": "上海"}}) == "上海"
    with pytest.raises(feel.FeelProblem):
        expression.evaluate({"城市": "上海"})
    assert feel.compile("a" + ".b" * 60, names={"a" + ".b" * 60}).evaluate({"a": {"b": Decimal(1)}}, LOOSE) is None


def test_descendants_of_a_deep_value() -> None:
    value: dict[str, object] = {"城市": "上海"}
    for _ in range(45):
        value = {"内": [value]}
    assert feel.compile("v...城市").evaluate({"v": value}) == ["上海"]
