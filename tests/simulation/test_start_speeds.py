"""Ordinary vehicles start, and come in, no faster than the ground lets them slow down for bends and for others."""

import math

import numpy as np
import pytest

import simengine
from simengine.behavior.conditions import careful_style
from simengine.behavior.inflow import begin_inflow
from simengine.behavior.memory import COMFORTABLE_DECELERATION, MAX_ACCELERATION, MIN_GAP, STYLES, TIME_GAP
from simengine.core.gravity import GRAVITY
from simengine.core.state import Behavior
from simengine.core.weather import FRICTION_ICE
from simengine.simulation.simulator import Simulator
from simengine.simulation.world import build_world

GLAZE = ("weather=ice", "weather.ice=1.0", "weather.wetness=0.0")
COMFORT = 0.4 * FRICTION_ICE * GRAVITY  # that drivers plan with on glazed ground [m/s²]
QUIET = ("sensors=none", "physics=batched", "pedestrians=none")


def started(seed: int, *overrides: str):
    return build_world(simengine.load_scenario("drive", [*QUIET, *overrides], seed=seed))


@pytest.mark.parametrize("seed", range(4))
def test_on_ice_a_vehicle_starts_slow_enough_for_a_slower_ego_ahead(seed):
    world = started(seed, *GLAZE, "road=highway", "traffic=dense", "ego.speed=8", "ego.lane=1")
    ego = world.state.position[0, 0]
    x, y, _ = world.state.position[0].T
    speed = np.hypot(*world.state.velocity[0, :, :2].T)
    ordinary = world.state.valid[0] & (world.actors.behavior[0] == Behavior.TRAFFIC)
    behind = np.flatnonzero(ordinary & (x < ego[0]) & (abs(y - ego[1]) < 1.0))
    assert len(behind) >= 2
    for a in behind:
        gap = ego[0] - x[a] - 0.5 * (world.actors.length[0, 0] + world.actors.length[0, a]) - 2.0
        assert speed[a] <= math.sqrt(8.0**2 + 2.0 * COMFORT * gap) + 0.05


def test_on_dry_ground_a_distant_slow_ego_slows_nobody():
    slow, quick = (
        started(1, "road=highway", "traffic=dense", "ego.lane=1", f"ego.speed={speed}") for speed in (20, 30)
    )
    assert np.array_equal(slow.state.velocity[0, 1:], quick.state.velocity[0, 1:])


def test_in_a_bend_on_ice_nobody_starts_or_comes_in_faster_than_the_ground_holds():
    world = started(3, *GLAZE, "road=highway_curved", "traffic=dense")
    allowed = math.sqrt(COMFORT / 0.001) * 1.02  # the lanes beside the reference line have other radii
    speed = np.hypot(*world.state.velocity[0, 1:, :2].T)
    assert 0.0 < speed.max() <= allowed
    friction = float(world.ground.friction[0])
    stays = np.zeros(len(world.actors.kind[0]), np.bool_)
    sites = begin_inflow(world.lanes, world.actors, world.state, 300.0, np.uint64(1), stays, friction).site
    assert 0.0 < sites[:, -1].max() <= allowed


def test_on_ice_drivers_ask_of_an_entry_what_they_do_there():
    style = np.zeros((2, STYLES))
    style[:, [TIME_GAP, MIN_GAP, MAX_ACCELERATION, COMFORTABLE_DECELERATION]] = 1.2, 2.0, 1.8, 2.0
    careful = careful_style(style, FRICTION_ICE)
    assert careful[:, [MAX_ACCELERATION, COMFORTABLE_DECELERATION]] == pytest.approx(np.full((2, 2), COMFORT))
    assert careful[:, TIME_GAP] == pytest.approx(2.4, abs=0.01) and (careful[:, MIN_GAP] == 2.0).all()
    assert np.array_equal(careful_style(style, 0.75), style)


@pytest.mark.parametrize("seed", [3, 4])
def test_traffic_gets_along_in_a_bend_on_ice(seed):
    overrides = [*QUIET, "weather=ice", "road=highway_curved", "traffic=dense", "scenario.duration=40"]
    simulator = Simulator(simengine.load_scenario("drive", overrides, seed=seed), ends_with_ego=False)
    simulator.reset()
    contacts = []
    while not simulator.done:
        contacts += simulator.step().contacts
    assert not contacts
