"""A figure is good when it keeps to its bound; the table's exit code says whether all do."""

import io
import math

import pytest

from tools.checks.table import Row, format_row, print_rows


@pytest.mark.parametrize(
    ("measured", "at_least", "good"),
    [(1.0, False, True), (1.1, False, False), (1.0, True, True), (0.9, True, False), (math.nan, True, False),
     (math.nan, False, False), (math.inf, True, False)],
)  # fmt: skip
def test_a_figure_is_good_within_its_bound(measured, at_least, good):
    row = Row("what", measured, 1.0, "m", at_least)
    assert row.good is good
    assert format_row(row).startswith("ok " if good else "BAD")


def test_the_exit_code_says_whether_all_are_good():
    good, bad = Row("a", 1.0, 2.0, "m"), Row("b", 3.0, 2.0, "m", note="why")
    out = io.StringIO()
    assert print_rows([good, good], out) == 0
    assert print_rows([good, bad], out) == 1
    assert print_rows([], out) == 1
    assert "1 of 2 within bounds" in out.getvalue() and "why" in out.getvalue()
