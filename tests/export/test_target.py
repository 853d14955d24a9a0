"""What exporters share: the split, and the words of a report."""

import pytest

from simengine.export.target import ExportReport, validation_flags


@pytest.mark.parametrize(
    ("count", "share", "numbers"),
    [(10, 0.2, [4, 9]), (4, 0.25, [3]), (3, 0.0, []), (3, 1.0, [0, 1, 2]), (1, 0.2, []), (10, 0.3, [3, 6, 9])],
)
def test_validation_episodes_are_spread_evenly(count, share, numbers):
    flags = validation_flags(count, share)
    assert len(flags) == count and [i for i, flag in enumerate(flags) if flag] == numbers


def test_a_report_tells_what_was_left_out():
    assert str(ExportReport({"images": 3}, {"hidden objects": 0})) == "3 images"
    assert str(ExportReport({"images": 3, "labels": 5}, {"hidden objects": 2})) == (
        "3 images, 5 labels; left out: 2 hidden objects"
    )
