"""On slippery ground vehicles start and come in no faster than they can slow down, and keep and change lanes gently."""

import math

import numpy as np
import pytest

import simengine
from simengine.behavior.driver_state import COMFORTABLE_DECELERATION, MAX_ACCELERATION, MIN_GAP, STYLES, TIME_GAP
from simengine.behavior.traffic.inflow import begin_inflow
from simengine.behavior.vehicle.lateral import change_duration, smooth_step
from simengine.behavior.vehicle.road_conditions import careful_style
from simengine.core.mechanics import GRAVITY
from simengine.core.space.geometry import yaw_from_quaternion
from simengine.core.state import Behavior
from simengine.core.surface_friction import ICE
from simengine.road.network.projection import locate
from simengine.simulation.loop.simulator import Simulator
from simengine.simulation.world.layout import build_world

GLAZE = ("weather=ice", "weather.ice=1.0", "weather.wetness=0.0")
COMFORT = 0.4 * ICE * GRAVITY  # that drivers plan with on glazed ground [m/s²]
QUIET = ("sensors=none", "pedestrians=none")


def started(seed: int, *overrides: str):
    return build_world(simengine.load_scenario("drive", [*QUIET, "physics=batched", *overrides], seed=seed))


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
        started(1, "road=highway", "traffic=light", "ego.lane=1", f"ego.speed={speed}") for speed in (30, 31)
    )
    assert np.array_equal(slow.state.velocity[0, 1:], quick.state.velocity[0, 1:])


@pytest.mark.parametrize(
    ("road", "ego"), [("highway", "sedan"), ("rural", "sedan_rural"), ("urban", "sedan_town"), ("ring", "sedan")]
)
def test_the_ego_has_room_to_slow_down_for_dense_traffic(road, ego):
    overrides = [*QUIET, "physics=batched", f"road={road}", f"ego={ego}", "traffic=dense", "traffic.density=100"]
    scenario = simengine.load_scenario("drive", [*overrides, "traffic.max_vehicles=120", "scenario.duration=8"], seed=1)
    world = build_world(scenario)
    assert any("left out ahead of the ego" in line for line in world.remarks)
    assert world.state.valid[0].sum() > 20
    simulator = Simulator(scenario, ends_with_ego=False)
    simulator.reset()
    while not simulator.done:
        assert not simulator.step().contacts


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
    careful = careful_style(style, ICE)
    assert careful[:, [MAX_ACCELERATION, COMFORTABLE_DECELERATION]] == pytest.approx(np.full((2, 2), COMFORT))
    assert careful[:, TIME_GAP] == pytest.approx(2.4, abs=0.01) and (careful[:, MIN_GAP] == 2.0).all()
    assert np.array_equal(careful_style(style, 0.75), style)


@pytest.mark.parametrize("physics", ["batched", "bullet"])
def test_in_a_bend_on_ice_a_lane_is_kept_without_steady_error(physics):
    overrides = [*QUIET, *GLAZE, f"physics={physics}", "road=highway_curved", "traffic=none", "ego.speed=19"]
    simulator = Simulator(simengine.load_scenario("drive", [*overrides, "scenario.duration=12"]))
    simulator.reset()
    while not simulator.done:
        state = simulator.step().state
    x, y, z = state.position[0, 0].tolist()
    lane, _, t = locate(simulator.world.lanes, x, y, z, yaw_from_quaternion(*state.orientation[0, 0].tolist()))
    assert lane >= 0 and abs(t) < 0.1


def test_a_lane_change_takes_longer_on_ice_and_in_a_bend_there():
    dry, ice = change_duration(4.0, 3.5, 0.001, 25.0, 0.75), change_duration(4.0, 3.5, 0.0, 25.0, ICE)
    assert dry == 4.0
    way = np.linspace(0.0, 1.0, 1001)
    peak = max(smooth_step(float(p))[2] for p in way) * 3.5 / ice**2
    assert peak == pytest.approx(COMFORT, rel=1e-3)
    assert change_duration(4.0, 3.5, 0.001, 15.0, ICE) > ice
    assert change_duration(4.0, 3.5, 0.001, 40.0, ICE) == pytest.approx(2.0 * ice)


@pytest.mark.parametrize(("physics", "seed"), [("batched", 6), ("batched", 8), ("bullet", 7)])
def test_traffic_gets_along_in_a_bend_on_ice(physics, seed):
    overrides = [*QUIET, f"physics={physics}", "weather=ice", "road=highway_curved", "traffic=dense"]
    overrides += ["traffic.mix.motorcycle=1.0", "scenario.duration=15"]
    simulator = Simulator(simengine.load_scenario("drive", overrides, seed=seed), ends_with_ego=False)
    simulator.reset()
    contacts = []
    while not simulator.done:
        contacts += simulator.step().contacts
    assert not contacts
