"""Dropout, freeze and dirt: what arrives of a frame while they last, and nothing after."""

import numpy as np
import pytest

from simengine.core.errors import ConfigError
from simengine.sensors.base.sensor import Frame
from simengine.sensors.faults import Faults

KINDS = {"camera": "camera", "lidar": "lidar", "imu": "imu"}


def _image(index, value=200):
    rgb = np.full((60, 80, 3), value, np.uint8)
    return Frame("camera", index, index * 100, np.eye(4), {"rgb": rgb, "depth": np.ones((60, 80), np.float32)})


def _scan(index):
    angle = np.linspace(-np.pi, np.pi, 4000, dtype=np.float32)
    points = np.stack([np.cos(angle), np.sin(angle), 0.0 * angle], 1) * np.float32(10.0)
    channels = {
        "points": points,
        "intensity": np.full(4000, 0.5, np.float32),
        "instance": np.arange(4000, dtype=np.int32),
        "expected_hits": np.array([7, 8, 9], np.int32),
    }
    return Frame("lidar", index, index * 100, np.eye(4), channels)


def test_dropout_loses_frames_while_it_lasts():
    faults = Faults(KINDS, 1)
    faults.start("camera", "dropout", 100, 200e-9)
    arrived = [faults.disturb(_image(index)) is not None for index in range(5)]
    assert arrived == [False, False, False, True, True]
    assert faults.disturb(_scan(1)) is not None


def test_freeze_repeats_the_last_content_under_new_times():
    faults = Faults(KINDS, 1)
    first = faults.disturb(_image(0, value=10))
    faults.start("camera", "freeze", 50, 100e-9)
    frozen = faults.disturb(_image(1, value=99))
    assert frozen.time_ns == 100 and frozen.index == 1
    assert frozen.channels["rgb"] is first.channels["rgb"]
    assert faults.disturb(_image(2, value=99)).channels["rgb"][0, 0, 0] == 99


def test_fault_without_duration_stays():
    faults = Faults(KINDS, 1)
    faults.start("imu", "dropout", 0, 0.0)
    assert faults.active("imu", 10**15) == ("dropout",)


def test_dirt_covers_a_fixed_part_of_the_image_and_nothing_else():
    faults = Faults(KINDS, 1)
    faults.start("camera", "dirt", 0, 0.0)
    clean = _image(0)
    dirty, again = faults.disturb(clean).channels, faults.disturb(_image(1)).channels
    touched = (dirty["rgb"] != 200).any(axis=2).mean()
    assert 0.02 < touched < 0.7
    assert dirty["rgb"].max() == 200 and dirty["rgb"].min() < 120
    assert (dirty["rgb"] == again["rgb"]).all()
    assert dirty["depth"] is clean.channels["depth"]
    assert (clean.channels["rgb"] == 200).all()


def test_dirt_on_the_window_drops_and_dims_points_in_sectors():
    faults = Faults(KINDS, 1)
    faults.start("lidar", "dirt", 0, 0.0)
    channels = faults.disturb(_scan(0)).channels
    kept = channels["instance"]
    assert 0.3 < len(kept) / 4000 < 0.98
    assert len(channels["points"]) == len(channels["intensity"]) == len(kept)
    assert (channels["expected_hits"] == [7, 8, 9]).all()
    clear = channels["intensity"] == np.float32(0.5)
    assert clear.any() and (channels["intensity"][~clear] < 0.5).all()
    gap = np.diff(kept[clear])
    assert np.median(gap) == 1 and gap.max() > 50


@pytest.mark.parametrize(
    ("sensor", "fault", "named"),
    [
        ("rear", "dropout", "rear"),
        ("camera", "melt", "melt"),
        ("imu", "dirt", "dirt"),
    ],
)
def test_impossible_fault_is_refused_by_name(sensor, fault, named):
    with pytest.raises(ConfigError, match=named):
        Faults(KINDS, 1).start(sensor, fault, 0, 1.0)
