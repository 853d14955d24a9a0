"""Episodes on recordings: where they begin, who is the ego, what is judged, and that nobody is left out unnamed."""

import pytest

import simengine
from simengine.core.errors import ScenarioError
from simengine.core.state import EGO
from simengine.road.network.signals import signal_colors
from simengine.simulation.loop.simulator import Simulator
from simengine.simulation.world.layout import build_world
from tests.road.drawn_recordings import car, goal, obstacle, problem, shape, state, street, write

SETTINGS = ["road=commonroad", "traffic=replay", "sensors=none", "physics=batched", "pedestrians=none"]


def world_of(path, *overrides):
    own = {override.partition("=")[0] for override in overrides}
    usual = [setting for setting in SETTINGS if setting.partition("=")[0] not in own]
    return build_world(simengine.load_scenario("drive", [*usual, f"road.file='{path}'", *overrides]))


def xs(world):
    """Return who is there at tick 0, and where along x [m]."""
    there = {name: a for name, a in world.names.items() if world.state.valid[0, a]}
    return {name: pytest.approx(float(world.state.position[0, a, 0])) for name, a in there.items()}


def told(world, *words):
    return any(all(word in line for word in words) for line in world.remarks)


def play(path, *overrides):
    simulator = Simulator(simengine.load_scenario("drive", [*SETTINGS, f"road.file='{path}'", *overrides]))
    simulator.reset()
    while not simulator.done:
        simulator.step()
    return simulator


def reached(simulator):
    return next(result for result in simulator.verdict.results if result.name == "reach_goal")


# --------------------------------------------------------------------------------------------------------------- start


def test_the_episode_begins_at_the_planning_problems_step(tmp_path):
    path = write(tmp_path, street(), car(10, 60.0, speed=12.0, last=90), problem(100, 62.0, step=25))
    world = world_of(path)
    assert xs(world) == {"ego": 62.0, "recorded_10": 90.0} and world.recording_start == pytest.approx(2.5)
    assert world.state.velocity[0, world.names["recorded_10"], 0] == pytest.approx(12.0)
    assert world.recording_end_ns == 6_500_000_000


def test_a_recorded_car_goes_on_from_the_start_step(tmp_path):
    path = write(tmp_path, street(), car(10, 90.0, speed=12.0, last=90), problem(100, 20.0, step=25))
    simulator = play(path, "scenario.duration=1", "ego.driver=stop")
    assert simulator.state.position[0, 1, 0] == pytest.approx(90.0 + 12.0 * 3.5, abs=1e-6)


def test_lights_are_where_they_are_at_the_start_step(tmp_path):
    cycle = "".join(
        f"<cycleElement><duration>{n}</duration><color>{c}</color></cycleElement>"
        for n, c in ((20, "red"), (20, "green"))
    )
    light = f'<trafficLight id="70"><cycle>{cycle}</cycle></trafficLight>'
    lanes = street(1, '<trafficLightRef ref="70"/>')
    networks = [
        world_of(write(tmp_path, lanes, light, problem(100, 20.0, step=step)), traffic).network
        for step in (0, 25)
        for traffic in ("traffic=none", "traffic=replay")
    ]
    colors = [signal_colors(network, 0.0)[0] for network in networks]
    assert colors[0] == colors[1] != colors[2] == colors[3]
    assert (signal_colors(networks[2], 0.4) == signal_colors(networks[0], 2.9)).all()


def test_a_named_vehicle_begins_where_it_appears(tmp_path):
    path = write(tmp_path, street(), car(10, 30.0, first=20), car(11, 100.0, speed=5.0), problem(100, 200.0))
    world = world_of(path, "ego.recorded_id=10")
    assert xs(world) == {"ego": 30.0, "recorded_11": 110.0} and not world.goals
    world = world_of(path, "ego.recorded_id=10", "ego.driver=recorded")
    assert xs(world) == {"ego": 30.0, "recorded_11": 110.0} and world.state.replayed[0, EGO]


# ----------------------------------------------------------------------------------------------------------------- ego


@pytest.mark.parametrize("offset", [0.0, 1.4])  # center, or rear axle as some files have it
def test_a_recorded_vehicle_at_the_egos_start_is_the_ego_itself(tmp_path, offset):
    path = write(tmp_path, street(), car(10, 50.0), car(11, 90.0), problem(100, 60.0 - offset, step=10))
    world = world_of(path)
    assert xs(world) == {"ego": 60.0 - offset, "recorded_11": 100.0}
    assert told(world, "is the ego itself", "obstacle 10", "planning problem 100") and world.ego_track == "10"


def test_a_recorded_vehicle_with_the_planning_problems_id_may_be_off_by_half_its_length_more(tmp_path):
    behind = write(tmp_path, street(), car(100, 57.5), problem(100, 60.0))
    assert xs(world_of(behind)) == {"ego": 60.0}


def test_a_track_that_begins_a_step_late_is_the_ego_too(tmp_path):
    path = write(tmp_path, street(), car(10, 51.0, first=1), problem(100, 50.0))
    assert xs(world_of(path)) == {"ego": 50.0} and len(world_of(path).names) == 1


def test_the_recorded_driver_takes_the_vehicle_of_the_planning_problem(tmp_path):
    path = write(tmp_path, street(), car(10, 50.0), problem(100, 60.0, step=10, goals=goal(20, 60, x=(75.0, 130.0))))
    for overrides in ((), ("ego.recorded_id=10",)):
        simulator = play(path, "ego.driver=recorded", *overrides)
        assert (reached(simulator).passed, reached(simulator).time_ns) == (True, 1_500_000_000)


def test_the_recorded_driver_begins_with_a_track_that_begins_a_step_late(tmp_path):
    path = write(tmp_path, street(), car(10, 51.0, first=1), problem(100, 50.0, goals=goal(2, 9, x=(53.9, 54.1))))
    assert xs(world_of(path, "ego.driver=recorded")) == {"ego": 51.0}
    assert reached(play(path, "ego.driver=recorded")).time_ns == 300_000_000  # step 4 of the file


@pytest.mark.parametrize("reactive", [True, False])
def test_recorded_cars_react_to_what_is_ahead_of_them_at_the_start_step(tmp_path, reactive):
    path = write(tmp_path, street(1), car(10, 20.0, last=90), problem(100, 75.0, step=25, speed=0.0))
    simulator = play(path, f"traffic.reactive={str(reactive).lower()}", "ego.driver=stop", "scenario.duration=5")
    assert simulator.crashed is not reactive and not simulator.state.replayed[0, 1]


def test_whoever_is_beside_or_crosses_is_not_the_ego(tmp_path):
    turned = obstacle(12, state("initialState", 0, 63.0, 8.0, 1.57) + f"<trajectory>{state('state', 1, 63, 8.2, 1.57)}"
                      "</trajectory>", "pedestrian", "<circle><radius>0.3</radius></circle>")  # fmt: skip
    path = write(tmp_path, street(), car(10, 60.0, y=5.25), turned, problem(100, 60.0))
    assert set(world_of(path).names) == {"ego", "recorded_10", "recorded_12"}


def test_a_vehicle_that_the_ego_only_touches_is_refused_with_its_name(tmp_path):
    path = write(tmp_path, street(), car(10, 63.5), problem(100, 60.0))
    with pytest.raises(ScenarioError, match=r"recorded_10 starts at x = 63\.5 m, y = 1\.8 m where ego stands"):
        world_of(path)


def test_a_setting_chooses_among_several_planning_problems(tmp_path):
    path = write(tmp_path, street(), car(10, 150.0), problem(100, 60.0), problem(101, 80.0, step=5))
    first = world_of(path)
    assert xs(first)["ego"] == 60.0 and told(first, "planning problem 100 of several: 100, 101")
    second = world_of(path, "ego.problem=101")
    assert xs(second) == {"ego": 80.0, "recorded_10": 155.0} and not told(second, "of several")
    with pytest.raises(ScenarioError, match=r"ego\.problem = 7: the file has no such planning problem; allowed: 100"):
        world_of(path, "ego.problem=7")
    with pytest.raises(ScenarioError, match=r"recorded_id = 10: planning problem 101 .* starts elsewhere"):
        world_of(path, "ego.problem=101", "ego.recorded_id=10")
    with pytest.raises(ScenarioError, match=r"ego\.problem = 7: there is no planning problem"):
        build_world(simengine.load_scenario("drive", ["ego.problem=7", "sensors=none"]))


# ---------------------------------------------------------------------------------------------------------------- goal


def test_the_goal_is_judged_in_the_episodes_time_after_the_recording_too(tmp_path):
    goals = goal(30, 60, x=(85.0, 300.0))
    path = write(tmp_path, street(), car(10, 250.0, speed=1.0, last=30), problem(100, 60.0, step=20, goals=goals))
    simulator = play(path)
    assert simulator.time_ns == 4_000_000_000 and reached(simulator).passed is True
    assert 1_000_000_000 <= reached(simulator).time_ns <= 4_000_000_000
    assert told(simulator.world, "the recording ends before the time for the goal", "1.00 s of 4.00 s")


def test_a_goal_that_is_not_reached_fails_with_what_was_missing(tmp_path):
    path = write(tmp_path, street(), problem(100, 60.0, goals=goal(10, 30, x=(200.0, 210.0))))
    found = reached(play(path, "ego.driver=stop"))
    assert found.passed is False and "(its time: 1.00 to 3.00 s)" in found.reason and "m outside" in found.reason


def test_a_goal_whose_time_the_episode_is_too_short_for_is_not_judged(tmp_path):
    path = write(tmp_path, street(), problem(100, 60.0, goals=goal(30, 60)))
    found = reached(play(path, "scenario.duration=1"))
    assert found.passed is None and "3.00 s" in found.reason


def test_the_scenarios_own_goal_comes_first_and_that_is_told(tmp_path):
    path = write(tmp_path, street(), problem(100, 60.0, goals=goal(10, 30, x=(200.0, 210.0))))
    simulator = play(path, "scenario.goal.traveled=5", "scenario.duration=2")
    assert reached(simulator).passed is True and told(simulator.world, "own goal", "planning problem 100")


# ----------------------------------------------------------------------------------------------- nobody lost in silence


def test_whoever_has_a_single_state_drives_on_and_is_named(tmp_path):
    path = write(tmp_path, street(), car(10, 60.0, last=0), car(11, 60.5, last=0), car(12, 120.0, first=5, last=5),
                 car(13, 140.0, last=30), problem(100, 20.0))  # fmt: skip
    simulator = play(path, "scenario.duration=1")
    names = simulator.world.names
    assert set(names) == {"ego", "recorded_10", "recorded_13"}
    assert simulator.state.valid[0, names["recorded_10"]]
    assert simulator.state.position[0, names["recorded_10"], 0] > 68.0
    assert told(simulator.world, "single state", "drive on", "recorded_10")
    assert told(simulator.world, "recorded_11 in recorded_10") and told(simulator.world, "recorded_12", "left out")


def test_a_snapshot_of_traffic_is_an_episode_of_its_own(tmp_path):
    path = write(tmp_path, street(), car(10, 60.0, last=0), problem(100, 20.0, goals=""))
    assert play(path, "scenario.duration=1").time_ns == 1_000_000_000


def test_whoever_left_before_or_vanishes_on_the_map_or_is_one_too_many_is_named(tmp_path):
    path = write(tmp_path, street(), car(10, 60.0, last=20), car(11, 100.0, y=5.25, last=40), car(12, 150.0),
                 car(13, 265.0, last=30), problem(100, 20.0, step=30))  # fmt: skip
    world = world_of(path)
    assert told(world, "leave before the episode begins", "recorded_10")
    assert told(world, "vanish on the map", "recorded_11 after 1.00 s")
    assert not any("vanish" in line and "recorded_12" in line for line in world.remarks)
    assert told(world_of(path, "traffic.max_vehicles=1"), "max_vehicles = 1", "recorded_12")


def test_standing_obstacles_may_touch_each_other_and_recorded_actors(tmp_path):
    stones = [
        obstacle(20 + k, state("initialState", 0, 80.0 + 0.5 * k, 6.5), "pillar", shape(1.0, 1.0), static=True)
        for k in range(3)
    ]
    path = write(tmp_path, street(), *stones, car(10, 80.0, y=5.0, speed=0.0), problem(100, 20.0))
    assert len(world_of(path).names) == 5
    with pytest.raises(ScenarioError, match=r"obstacle 30: stands at x = 21\.0 m, y = 1\.8 m in ego"):
        stone = obstacle(30, state("initialState", 0, 21.0, 1.75), "pillar", shape(1.0, 1.0), static=True)
        world_of(write(tmp_path, street(), stone, problem(100, 20.0)))


def test_a_problem_that_starts_after_the_recording_is_refused(tmp_path):
    path = write(tmp_path, street(1), car(7, 30.0, last=20), problem(100, 60.0, step=50))
    with pytest.raises(ScenarioError, match=r"ego\.problem = 100: it starts at step 50, after .* ends at step 20"):
        world_of(path)
