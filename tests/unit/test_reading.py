"""What an address or a form may say where a number, a day or an id is meant."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from tasks_ui import reading


@pytest.mark.parametrize("text", ["", "-1", "+1", "²", "１２", "1.0", "x", "9" * 30, "9" * 5000, "2147483648"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert reading.whole(text, otherwise=-7) == -7
    assert reading.page(text) == 1


def test_numbers_and_pages() -> None:
    assert [reading.whole(text) for text in ("0", "007", "2147483647")] == [0, 7, 2147483647]
    assert reading.page("3") == 3
    assert reading.page("0") == 1


@pytest.mark.parametrize("text", ["", "0001-01-01", "9999-12-31", "2026-02-30", "heute"])
def test_days_outside_this_century_are_none(text: str) -> None:
    assert reading.day(text) is None
    assert reading.day("2026-02-28") == date(2026, 2, 28)


def test_ids_are_read_once_each_in_their_order() -> None:
    one, two = UUID(int=1), UUID(int=2)
    assert reading.ids([str(two), "z" * 36, str(one), str(two)]) == [two, one]
