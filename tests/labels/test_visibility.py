"""Shares of what is hidden, cut off, faded and hit."""

import math

import numpy as np
import pytest

from simengine.labels.visibility import count_hits, occlusion_of, transmittance_to, truncation_of
from tests.sensors.lidar_scene import CLEAR


def test_occlusion_is_the_hidden_share():
    visible, amodal = np.array([50, 0, 80, 0, 81], np.int32), np.array([100, 40, 80, 0, 80], np.int32)
    assert occlusion_of(visible, amodal) == pytest.approx([0.5, 1.0, 0.0, 0.0, 0.0])


def test_truncation_is_the_share_outside_the_image():
    boxes = [[10, 10, 20, 20], [-10, 0, 10, 10], [-10, -10, 10, 10], [110, 0, 120, 5], [0, 0, 0, 0]]
    assert truncation_of(np.array(boxes, np.float32), 100, 50) == pytest.approx([0.0, 0.5, 0.75, 1.0, 0.0])


def test_transmittance_falls_exponentially():
    air = CLEAR._replace(optical_range=100.0)
    near, far = transmittance_to(air, np.array([25.0, 100.0]))
    assert far == pytest.approx(0.05)
    assert near == pytest.approx(0.05**0.25)
    assert math.isclose(transmittance_to(air, np.array([0.0]))[0], 1.0)


def test_hits_are_counted_by_actor():
    instance = np.array([0, 1, 3, 3, 0, 9, 3], np.int32)  # 9: a static instance above the actors
    assert count_hits(instance, 3).tolist() == [1, 0, 3]
