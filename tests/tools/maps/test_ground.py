"""The survey of a map's ground finds what is wrong with it."""

import numpy as np

from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from tools.checks.maps.ground import survey


def crossing(above):
    along = np.linspace(-30.0, 30.0, 31)
    straight, wide = np.zeros(31), np.full(31, 3.5)
    hump = above * np.exp(-((along / 8.0) ** 2))
    return build_network(
        [
            LaneDraft("a", np.column_stack([along, straight, straight]), wide, straight, road=0, junction=0),
            LaneDraft("b", np.column_stack([straight, along, hump]), wide, straight, road=1, junction=0),
        ]
    )


def test_a_crossing_made_even_has_no_step_and_is_seen_as_it_is():
    found = survey(crossing(0.8))
    assert found.step < 0.02 and found.rough == 0.0 and found.gap < 0.02 and found.gaps == 0.0
    assert 0.02 < found.grade < 0.3


def test_a_ridge_is_found_with_its_place():
    network = crossing(0.8)
    height = network.point_position.copy()
    height[network.point_lane == 1, 2] += 0.6  # once the lanes had been made to agree
    found = survey(network._replace(point_position=height))
    assert found.grade > 0.35 and max(abs(v) for v in found.grade_at[:2]) < 5.0
    assert found.gap > 0.2 and found.gaps > 0.0 and max(abs(v) for v in found.gap_at[:2]) < 5.0
