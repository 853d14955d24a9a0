"""What exporters share: the split, and the words of a report."""

import os

import pytest

from simengine.core.errors import ConfigError
from simengine.export.target import ExportReport, fresh_folder, validation_flags


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


def test_an_export_that_fails_leaves_nothing_and_one_that_was_killed_is_tidied_up(tmp_path):
    before = set(os.listdir("/proc/self/fd"))
    output = tmp_path / "new" / "out"
    with pytest.raises(KeyError), fresh_folder(output) as hidden:
        (hidden / "half").touch()
        assert not output.exists()
        raise KeyError("a")
    assert os.listdir(tmp_path) == []
    killed, other = tmp_path / ".out.00000000.unfinished", tmp_path / ".else.00000000.unfinished"
    for folder in (killed, other):
        folder.mkdir()
        (folder / "half").touch()
    with pytest.raises(ConfigError, match=r"out: cannot be written: no space"), fresh_folder(tmp_path / "out"):
        assert not killed.exists() and other.exists()
        raise OSError(28, "No space left on device")
    assert os.listdir(tmp_path) == [other.name]
    with fresh_folder(tmp_path / "out") as hidden:
        (hidden / "whole").touch()
    assert sorted(os.listdir(tmp_path)) == [other.name, "out"] and os.listdir(tmp_path / "out") == ["whole"]
    assert set(os.listdir("/proc/self/fd")) == before
