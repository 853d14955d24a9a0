"""Drivers ask engine and brakes for what they want and what resists besides."""

import numpy as np
import pytest

from simengine.behavior.memory import DRAG, ROLLING, vehicle_table
from simengine.behavior.pedals import resistance
from simengine.road.procedural import make_street
from tests.behavior.small_world import SmallWorld, straight


def _hill(grade: float) -> SmallWorld:
    network = make_street(
        length=300.0, curvature=0.0, lanes_forward=1, lanes_backward=0, lane_width=3.5, shoulder_width=0.0,
        pavement_width=0.0, parking_width=0.0, crossing_spacing=0.0, speed_limit=20.0, grade=grade, ring=False,
    )  # fmt: skip
    return SmallWorld(network, ["sedan"])


def test_level_road_resists_by_rolling_and_air():
    world = SmallWorld(straight(), ["sedan"])
    world.actors.rolling_resistance[...], world.actors.drag[...] = 0.01, 0.4
    vehicle = vehicle_table(world.actors)[0, 0]
    expected = 0.01 * 9.81 + 0.4 * 20.0**2 / world.actors.mass[0, 0]
    assert resistance(world.rules.ways, 0, 50.0, 20.0, vehicle) == pytest.approx(expected)


@pytest.mark.parametrize("grade", [0.06, -0.06])
def test_hill_resists_or_pulls_by_its_sine(grade):
    world = _hill(grade)
    vehicle = np.zeros_like(vehicle_table(world.actors)[0, 0])
    assert vehicle[ROLLING] == vehicle[DRAG] == 0.0
    found = resistance(world.rules.ways, 0, 150.0, 10.0, vehicle)
    assert found == pytest.approx(9.81 * grade, rel=0.01)
