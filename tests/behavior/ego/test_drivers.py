"""The built-in drivers under test: what they see, when they react, how they are named."""

import math

import numpy as np
import pytest

from simengine.behavior.driver_state import PROGRESS
from simengine.behavior.ego.drivers import Control, driver_names, make_driver, observe
from simengine.behavior.ego.observation import crosses_box, find_visible
from simengine.behavior.lane_change.choice import begin_change
from simengine.behavior.vehicle.pedals import human_braking
from simengine.core.errors import ConfigError, ScenarioError
from simengine.core.space.geometry import quaternion_from_euler, rotate
from simengine.scenario.spec import EgoSpec
from tests.behavior.junction.test_grants import straight_ways
from tests.behavior.small_world import DT, SmallWorld, junction, straight


def ego(driver: str = "idm", kind: str = "car", **changes) -> EgoSpec:
    settings = {
        "kind": kind, "model": "robot" if kind == "robot" else "sedan", "driver": driver, "lane": 0, "position": 0.0,
        "speed": 15.0, "desired_speed": 20.0, "time_gap": 1.5, "reaction_time": 0.5, "recorded_id": "", "problem": "",
    }  # fmt: skip
    return EgoSpec(**(settings | changes))


def look(world: SmallWorld):
    return observe(world.network, world.lanes, world.actors, world.state, world.memory, world.conditions, 20, {})


def drive(world: SmallWorld, driver, steps: int) -> list[float]:
    """Let the driver drive actor 0; return what it asked for."""
    world.drives[0, 0] = False
    asked = []
    for _ in range(steps):
        world.decide()
        control = driver.decide(look(world))
        world.controls.acceleration[0, 0], world.controls.steering[0, 0] = control.acceleration, control.steering
        world.move()
        asked.append(control.acceleration)
    return asked


def test_idm_ego_keeps_its_lane_and_stops_behind_a_standing_vehicle():
    world = SmallWorld(straight(), ["sedan", "truck"])
    world.put(0, 0, 20.0, 15.0)
    world.put(1, 0, 250.0, 0.0)
    world.drives[0, 1] = False
    drive(world, make_driver(ego(), world.network, DT), 600)
    assert world.touching() == (-1, -1)
    assert world.speed(0) < 0.1
    assert abs(float(world.state.position[0, 0, 1]) - look(world).preview[0, 1]) < 0.1
    assert world.state.position[0, 1, 0] - world.state.position[0, 0, 0] < 12.0


@pytest.mark.parametrize("reaction_time", [0.0, 1.0])
def test_ego_reacts_to_what_appears_after_its_reaction_time(reaction_time):
    world = SmallWorld(straight(), ["sedan", "sedan"])
    world.put(0, 0, 20.0, 15.0)
    world.drives[0, 1] = False
    driver = make_driver(ego(reaction_time=reaction_time), world.network, DT)
    drive(world, driver, 40)
    world.put(1, 0, float(world.memory.s[0, 0]) + 45.0, 0.0)
    asked = drive(world, driver, 40)
    first = next(k for k, acceleration in enumerate(asked) if acceleration < -1.0)
    assert first * DT == pytest.approx(reaction_time, abs=0.051)


@pytest.mark.parametrize("reaction_time", [0.7, 2.7])
def test_a_driver_who_brakes_for_a_walker_does_not_accelerate_into_the_one_who_stops(reaction_time):
    """A distracted driver is so until something makes it brake; it does not go on believing in the walk for 2.7 s."""
    world = SmallWorld(straight(), ["sedan", "pedestrian"])
    world.put(0, 0, 20.0, 12.0)
    world.put(1, 0, 70.0, 0.0)
    world.drives[0, 1] = False
    driver = make_driver(ego(desired_speed=13.9, reaction_time=reaction_time), world.network, DT)
    for step in range(round(12.0 / DT)):
        walked = min(4.5, 1.4 * step * DT)  # from beside the road to the middle of the lane, where the walk ends
        world.put(1, 0, 70.0, 1.4 if walked < 4.5 else 0.0, t=walked - 4.5, turned=0.5 * math.pi)
        asked = drive(world, driver, 1)
        if step * DT > 5.0 and world.speed(0) > 1.0:
            assert asked[0] < 0.5
        assert world.touching() == (-1, -1)
    assert world.speed(0) < 0.1


def test_constant_driver_drives_on_into_what_stands_ahead():
    world = SmallWorld(straight(), ["sedan", "sedan"])
    world.put(0, 0, 20.0, 15.0)
    world.put(1, 0, 80.0, 0.0)
    world.drives[0, 1] = False
    drive(world, make_driver(ego("constant"), world.network, DT), 80)
    assert world.touching() == (0, 1)


def test_stop_driver_stops():
    world = SmallWorld(straight(), ["sedan"])
    world.put(0, 0, 20.0, 15.0)
    drive(world, make_driver(ego("stop"), world.network, DT), 100)
    assert world.speed(0) < 0.1


def test_robot_stops_for_a_person_in_its_aisle():
    world = SmallWorld(straight(speed_limit=2.0), ["robot", "pedestrian"])
    world.put(0, 0, 20.0, 0.0)
    world.put(1, 0, 30.0, 0.0)
    world.drives[0, 1] = False
    driver = make_driver(ego("aisle", "robot", speed=0.0, desired_speed=1.5, reaction_time=0.1), world.network, DT)
    x, fastest, speed = 20.0, 0.0, 0.0
    for _ in range(400):
        world.put(0, 0, x, speed)
        world.decide()
        speed, turn = driver.decide(look(world)).velocity
        assert abs(turn) < 0.05
        x += speed * DT
        fastest = max(fastest, speed)
    assert fastest > 0.9
    assert speed < 0.05
    assert 30.0 - x > 0.5 * (0.8 + 0.5) + 0.2


@pytest.mark.parametrize(("name", "foresees"), [("aisle", True), ("scanner", False)])
def test_only_a_robot_that_foresees_slows_for_a_person_about_to_step_in(name, foresees):
    world = SmallWorld(straight(speed_limit=2.0), ["robot", "pedestrian"])
    world.put(0, 0, 20.0, 1.5)
    driver = make_driver(ego(name, "robot", speed=1.5, desired_speed=1.5, reaction_time=0.1), world.network, DT)
    world.drives[0, 1] = False
    x, aside, speeds, beside = 20.0, 3.0, [], []
    for _ in range(60):
        world.put(0, 0, x, 1.5)
        world.put(1, 0, 24.0, 0.0)
        world.state.position[0, 1, 1] += aside
        world.state.velocity[0, 1, :2] = (0.0, -1.2)
        world.decide()
        speed, _ = driver.decide(look(world)).velocity
        speeds.append(speed)
        beside.append(aside > 0.3 + 0.3 + 0.25)  # half of each, and room: not in the robot's way yet
        x, aside = x + 1.5 * DT, max(0.0, aside - 1.2 * DT)
    early = [speed for speed, free in zip(speeds, beside, strict=True) if free]
    assert len(early) > 10
    assert (min(early) < 1.4) is foresees
    assert min(speeds) < 1.3  # both brake for a person who is in the way


def test_child_behind_a_parked_car_is_hidden_and_an_adult_is_seen():
    kinds, mobility = np.array([0, 0, 5, 5], np.int32), np.array([0, 0, 1, 1], np.int32)
    position = np.array([[0.0, 0.0, 0.7], [20.0, 3.0, 0.7], [30.0, 4.3, 0.6], [31.5, 4.6, 0.9]])
    size = np.array([[4.5, 1.6, 1.4], [4.5, 1.8, 1.42], [0.4, 0.4, 1.15], [0.5, 0.5, 1.8]])
    visible = np.zeros(4, np.bool_)
    find_visible(np.ones(4, np.bool_), mobility, kinds, position, np.zeros(4), size, 500.0, visible)
    assert visible.tolist() == [True, True, False, True]
    position[2, 1] = 1.0  # steps out
    find_visible(np.ones(4, np.bool_), mobility, kinds, position, np.zeros(4), size, 500.0, visible)
    assert visible[2]
    find_visible(np.ones(4, np.bool_), mobility, kinds, position, np.zeros(4), size, 25.0, visible)
    assert visible.tolist() == [True, True, False, False]


def test_line_of_sight_against_a_turned_box():
    assert crosses_box(0.0, 0.0, 10.0, 0.0, 5.0, 0.0, math.pi / 4, 4.0, 2.0)
    assert not crosses_box(0.0, 0.0, 10.0, 0.0, 5.0, 3.0, math.pi / 4, 4.0, 2.0)
    assert not crosses_box(0.0, 0.0, 2.0, 0.0, 5.0, 0.0, 0.0, 4.0, 2.0)


def test_braking_is_gentle_until_a_collision_threatens():
    assert human_braking(-7.0, 20.0, 50.0, 19.0, 8.0) == -4.0
    assert human_braking(-7.0, 20.0, 15.0, 10.0, 8.0) == -7.0
    assert human_braking(-12.0, 20.0, 5.0, 0.0, 8.0) == -8.0


def test_unknown_driver_is_refused_with_the_nearest_name():
    network = straight()
    with pytest.raises(ConfigError, match=r'ego.driver = constan: no such driver .*did you mean "constant"'):
        make_driver(ego("constan"), network, DT)
    with pytest.raises(ScenarioError, match="does not drive a robot"):
        make_driver(ego("idm", "robot"), network, DT)
    with pytest.raises(ScenarioError, match="scanner: does not drive a car; allowed: idm"):
        make_driver(ego("scanner"), network, DT)
    assert {"idm", "aisle", "scanner", "constant", "stop", "recorded"} <= set(driver_names())


def test_recorded_driver_asks_for_nothing():
    world = SmallWorld(straight(), ["sedan"])
    world.put(0, 0, 20.0, 15.0)
    assert make_driver(ego("recorded"), world.network, DT).decide(look(world)) == Control()


def test_a_driver_on_a_slope_sees_the_speeds_of_the_speedometers():
    world = SmallWorld(straight(), ["sedan", "sedan"])
    q = quaternion_from_euler(0.0, -math.atan(0.2), 0.0)
    for actor, speed in ((0, 20.34), (1, -3.0)):
        world.state.orientation[0, actor] = q
        world.state.velocity[0, actor] = rotate(*q, speed, 0.0, 0.0)
    world.state.acceleration[0, 0] = rotate(*q, 1.5, 0.0, 0.4)
    seen = look(world)
    assert seen.speed == pytest.approx(20.34) and seen.acceleration == pytest.approx(1.5)
    assert seen.actor_speed == pytest.approx([20.34, -3.0])
    assert seen.actor_velocity[0] == pytest.approx([20.34 / math.sqrt(1.04), 0.0])


def test_a_vehicle_that_takes_a_place_over_is_not_taken_for_the_one_that_left():
    world = SmallWorld(straight(), ["sedan", "sedan"])
    world.put(0, 0, 20.0, 15.0)
    world.drives[0, 1] = False
    driver = make_driver(ego(reaction_time=1.0), world.network, DT)
    drive(world, driver, 40)
    world.put(1, 0, float(world.memory.s[0, 0]) + 40.0, 0.0)  # stands there and is gone before the ego reacts
    drive(world, driver, 10)
    world.put(1, 0, float(world.memory.s[0, 0]) + 250.0, 15.0)
    world.state.identity[0, 1] = 5
    assert min(drive(world, driver, 25)) > -0.5


def test_a_driver_sees_the_room_that_somebody_lies_on():
    world = SmallWorld(straight(), ["sedan", "pedestrian"])
    world.put(0, 0, 20.0, 15.0)
    world.put(1, 0, 60.0, 0.0)
    tall = float(world.actors.height[0, 1])
    world.state.orientation[0, 1] = quaternion_from_euler(0.0, 0.5 * math.pi, 0.5 * math.pi)
    seen = look(world)
    assert seen.size[1, 0] == pytest.approx(tall) and seen.size[1, 2] < 0.7
    assert abs(math.sin(seen.actor_yaw[1])) == pytest.approx(1.0)


def test_the_ego_goes_first_where_the_other_that_may_only_stands():
    """In the ego's mind the other was granted its way; in its own it waits, for somebody else or for the ego."""
    world = SmallWorld(junction(signaled=False), ["sedan", "sedan"])
    own, other = straight_ways(world)[:2]
    world.put(0, own[0], 60.0, 8.0)
    world.put(1, other[1], 0.5, 0.0)
    world.drives[0, 1] = False
    driver, stood = make_driver(ego(speed=8.0, desired_speed=8.0), world.network, DT), False
    for _ in range(60):
        drive(world, driver, 10)
        stood = stood or world.speed(0) < 0.1
        assert world.touching() == (-1, -1)
    assert stood and int(look(world).lane) == own[2]


def test_the_ego_that_went_half_way_into_the_next_lane_lets_pass_who_is_beside_it_before_it_goes_on():
    world = SmallWorld(straight(lanes=2), ["sedan", "sedan"])
    beside, own = (0, 1) if world.lanes.lane_left[1] == 0 else (1, 0)
    assert world.lanes.lane_left[own] == beside
    world.put(0, own, 100.0, 0.0, t=0.6, turned=0.25)
    world.put(1, beside, 97.5, 2.0)
    world.drives[0, :] = False
    driver = make_driver(ego(reaction_time=0.2), world.network, DT)
    driver.decide(look(world))
    memory = driver._perceiver.memory
    begin_change(world.rules.ways, memory, np.uint64(0), 0, 0, beside, 100.0, -2.9, 3.0)
    memory.change[0, 0, PROGRESS] = 0.2
    for _ in range(160):
        control = driver.decide(look(world))
        world.controls.acceleration[0, 0], world.controls.steering[0, 0] = control.acceleration, control.steering
        world.move()
        assert world.touching() == (-1, -1)
    assert world.speed(0) > 1.0  # goes on behind it
