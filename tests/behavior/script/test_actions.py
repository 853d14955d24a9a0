"""An event's action writes what it says, and what an actor cannot do is refused by name."""

import math

import numpy as np
import pytest
from pydantic import BaseModel

from simengine.behavior.script.action_checks import check_behavior, check_mobility, check_road, moved_sideways_once
from simengine.behavior.script.events import Event
from simengine.core.errors import ConfigError
from simengine.core.space.geometry import quaternion_from_euler, yaw_from_quaternion
from simengine.core.state import Behavior
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import RoadNetwork
from simengine.scenario.spec import events as specs
from tests.behavior.stage import StagedWorld, lane_change


def staged(*models: str) -> StagedWorld:
    world = StagedWorld(list(models))
    for a in range(len(models)):
        world.put(a, 0, 100.0 + 30.0 * a, 10.0 if models[a] != "pedestrian" else 0.0)
    world.begin()
    return world


def event(action: BaseModel, actor: int = 0) -> Event:
    return Event("it", actor, action, True, ())


def test_tire_failure_takes_the_grip_of_one_wheel():
    world = staged("sedan")
    world.fire(0, specs.FailTireAction(kind="fail_tire", wheel=1, grip=0.2))
    assert world.state.tire_grip[0, 0].tolist() == [1.0, 0.2, 1.0, 1.0]
    assert world.state.tire_burst[0, 0].tolist() == [False, True, False, False]


def test_tire_failure_of_a_two_wheeler_is_of_the_whole_wheel():
    """Both wheels of an axle stand for its one wheel."""
    world = staged("motorcycle")
    world.fire(0, specs.FailTireAction(kind="fail_tire", wheel=2, grip=0.2))
    assert world.state.tire_grip[0, 0].tolist() == [1.0, 1.0, 0.2, 0.2]
    assert world.state.tire_burst[0, 0].tolist() == [False, False, True, True]


def widening(wide: bool) -> RoadNetwork:
    """Return 200 m of one lane, then 300 m that have a second one to the left if the road is wide there."""

    def lane(name: str, start: float, end: float, y: float, **links) -> LaneDraft:
        points = np.array([(x, y, 0.0) for x in np.linspace(start, end, 21)])
        return LaneDraft(name, points, np.full(21, 3.5), np.zeros(21), **links)

    drafts = [lane("narrow", 0.0, 200.0, 0.0, successors=["right"])]
    drafts.append(lane("right", 200.0, 500.0, 0.0, left="left" if wide else None))
    return build_network([*drafts, lane("left", 200.0, 500.0, 3.5, right="right")] if wide else drafts)


def on_the_narrow_part(wide: bool) -> StagedWorld:
    world = StagedWorld(["sedan"], widening(wide))
    world.put(0, 0, 50.0, 10.0)
    world.begin()
    return world


def test_a_lane_change_into_a_lane_that_begins_farther_on_is_accepted_and_done_there():
    world = on_the_narrow_part(True)
    check_road(event(lane_change(1, 4.0)), world.lanes, world.actors, world.state, True)
    world.play(18.0)
    world.fire(0, lane_change(1, 4.0))
    world.play(12.0)
    assert world.remarks == []
    assert world.lateral(0) == pytest.approx(3.5, abs=0.1)


def test_a_lane_change_that_the_whole_way_ahead_does_not_allow_is_refused():
    world = on_the_narrow_part(False)
    with pytest.raises(ConfigError, match=r"do\.lanes = 1: the road has 0 lanes to the left there, nor does the way"):
        check_road(event(lane_change(1, 4.0)), world.lanes, world.actors, world.state, True)


@pytest.mark.parametrize("off_road", [True, False])
def test_a_lane_change_that_cannot_be_done_leaves_a_path_as_it_is(off_road):
    world = on_the_narrow_part(False)
    along = [(20.0, 0.0), (60.0, 0.0), (100.0, 0.0)]
    path = specs.FollowPathAction(kind="follow_path", points=along, speed=10.0, max_lateral_acceleration=2.0)
    world.fire(0, path)
    if off_road:
        world.state.position[0, 0, 1] += 50.0
    world.fire(0, lane_change(1, 4.0))
    assert world.script.path_length[0, 0] == len(along)
    assert world.script.lane[0, 0] == -1
    ends = "on no lane then" if off_road else "the vehicle keeps its path"
    assert len(world.remarks) == 1 and ends in world.remarks[0]


def test_only_an_actor_that_heeds_signals_can_be_told_to_run_red():
    world = staged("sedan", "sedan")
    run = event(specs.RunRedAction(kind="run_red"), 1)
    with pytest.raises(ConfigError, match=r"do\.kind = run_red: a scripted actor heeds no signal.*kind: mark"):
        check_mobility(run, world.actors)
    world.actors.behavior[0, 1] = Behavior.TRAFFIC
    check_mobility(run, world.actors)


def test_a_mark_changes_nothing():
    world, other = staged("sedan", "pedestrian"), staged("sedan", "pedestrian")
    for a in (0, 1):
        check_mobility(event(specs.MarkAction(kind="mark"), a), world.actors)
        world.fire(a, specs.MarkAction(kind="mark"))
    for one, same in ((world.state, other.state), (world.script, other.script)):
        for name in one._fields:
            assert np.array_equal(getattr(one, name), getattr(same, name)), name
    assert not world.memory.ignores_signals.any() and world.remarks == []


def test_who_runs_red_minds_no_signal():
    world = staged("sedan", "sedan")
    world.fire(1, specs.RunRedAction(kind="run_red"))
    assert world.memory.ignores_signals[0].tolist() == [False, True]


def test_friction_patch_lies_ahead_and_a_second_needs_room():
    world = staged("sedan")
    patch = specs.FrictionPatchAction(kind="friction_patch", ahead=20.0, radius=5.0, friction=0.1)
    world.fire(0, patch)
    active, (x, y, radius, friction) = world.patches
    assert active[0, 0]
    ahead = np.array([math.cos(world.yaw(0)), math.sin(world.yaw(0))])
    assert np.allclose((x[0, 0], y[0, 0]), world.state.position[0, 0, :2] + 20.0 * ahead)
    assert (radius[0, 0], friction[0, 0]) == (5.0, 0.1)
    with pytest.raises(ConfigError, match="more than 1 friction patches"):
        world.fire(0, patch)


def test_dropped_load_lies_behind_the_vehicle_at_its_speed_and_apart():
    world = StagedWorld(["truck", "cargo_box", "cargo_box"])
    world.put(0, 0, 100.0, 10.0)
    for a in (1, 2):
        world.put(a, 0, 100.0, 0.0)
    world.state.valid[0, 1:] = False
    world.begin()
    world.fire(0, specs.DropLoadAction(kind="drop_load", load=["a", "b"]), load=(1, 2))
    assert world.state.valid[0].all()
    assert np.allclose(world.state.velocity[0, 1:], world.state.velocity[0, 0])
    forward = np.array([math.cos(world.yaw(0)), math.sin(world.yaw(0))])
    behind = (world.state.position[0, 0, :2] - world.state.position[0, 1:, :2]) @ forward
    half = 0.5 * math.hypot(world.actors.length[0, 1], world.actors.width[0, 1])
    assert behind[0] - half > 0.5 * world.actors.length[0, 0]
    assert behind[1] - behind[0] > 2.0 * half
    assert world.state.position[0, 1, 2] > 1.0  # falls off the bed


def test_load_dropped_in_a_bend_moves_as_the_bed_did():
    world = StagedWorld(["truck", "cargo_box", "cargo_box"])
    world.put(0, 0, 100.0, 10.0)
    world.put(1, 0, 100.0, 0.0)
    world.put(2, 0, 100.0, 0.0)
    world.state.valid[0, 1:] = False
    rate = 0.2  # of the truck to the left [rad/s]
    world.state.angular_velocity[0, 0, 2] = rate
    world.state.orientation[0, 0] = quaternion_from_euler(0.0, 0.0, 0.5)
    world.begin()
    world.fire(0, specs.DropLoadAction(kind="drop_load", load=["a", "b"]), load=(1, 2))
    for a in (1, 2):
        dx, dy, _ = (world.state.position[0, a] - world.state.position[0, 0]).tolist()
        assert math.hypot(dx, dy) > 4.0
        moved = world.state.velocity[0, a, :2] - world.state.velocity[0, 0, :2]
        assert moved == pytest.approx([-rate * dy, rate * dx])  # ω × r
        assert world.state.angular_velocity[0, a].tolist() == [0.0, 0.0, rate]


def test_sensor_fault_is_handed_on_and_an_absent_actor_appears():
    world = staged("sedan", "sedan")
    world.state.valid[0, 1] = False
    world.fire(0, specs.SensorFaultAction(kind="sensor_fault", sensor="top", fault="dropout", duration=2.0))
    assert world.faults == [("top", "dropout", 2.0)]
    world.fire(1, specs.AppearAction(kind="appear"))
    assert world.state.valid[0, 1]


def test_what_an_actor_cannot_do_is_refused():
    world = staged("sedan", "pedestrian")
    walk = event(specs.WalkAction(kind="walk", heading_deg=90.0, speed=1.0, distance=3.0))
    with pytest.raises(ConfigError, match=r"events\.it\.do\.kind = walk: a wheeled actor cannot"):
        check_mobility(walk, world.actors)
    check_mobility(walk._replace(actor=1), world.actors)
    lane = event(lane_change(1, 4.0), 1)
    with pytest.raises(ConfigError, match="a walker actor cannot"):
        check_mobility(lane, world.actors)


BRAKE = specs.BrakeAction(kind="brake", deceleration=4.0, duration=0.0)


def check_alone(world: StagedWorld, *events: Event) -> None:
    """Check the first of some events that are all there are."""
    check_behavior(events[0], events, world.actors, world.state)


@pytest.mark.parametrize("action", [lane_change(1, 4.0), BRAKE])
def test_an_actor_that_stands_is_not_told_to_brake_or_to_change_lane_unless_something_sets_it_going(action):
    world = staged("sedan", "sedan")
    goes = specs.SetSpeedAction(kind="set_speed", speed=5.0, acceleration=1.0)
    check_alone(world, event(action))
    world.actors.behavior[0, 0] = Behavior.PARKED
    refusal = rf"events\.it\.do\.kind = {action.kind}: a parked actor cannot.*set_speed"
    with pytest.raises(ConfigError, match=refusal):
        check_alone(world, event(action))
    with pytest.raises(ConfigError, match=refusal):  # neither somebody else's speed nor a standstill sets it going
        check_alone(world, event(action), event(goes, 1), event(goes.model_copy(update={"speed": 0.0})))
    check_alone(world, event(action), event(goes))
    check_alone(world, event(goes))
    world.actors.behavior[0, 0] = Behavior.SCRIPTED
    world.state.velocity[0, 0] = 0.0
    with pytest.raises(ConfigError, match="placed with speed 0"):
        check_alone(world, event(action))


def test_an_actor_that_follows_a_recording_is_not_told_to_move_otherwise():
    world = staged("sedan")
    world.actors.behavior[0, 0] = Behavior.REPLAY
    for action in (lane_change(1, 4.0), BRAKE, specs.AppearAction(kind="appear")):
        with pytest.raises(ConfigError, match="a replay actor cannot, it follows its recording"):
            check_alone(world, event(action))
    check_alone(world, event(specs.MarkAction(kind="mark")))


def test_who_is_there_is_not_told_to_appear():
    world = staged("sedan")
    with pytest.raises(ConfigError, match="there from the start.*present: false"):
        check_alone(world, event(specs.AppearAction(kind="appear")))
    world.state.valid[0, 0] = False
    check_alone(world, event(specs.AppearAction(kind="appear")))


def test_load_is_turned_as_it_was_placed():
    world = StagedWorld(["truck", "cargo_box"])
    world.put(0, 0, 100.0, 10.0)
    world.put(1, 0, 100.0, 0.0, turned=0.5)
    world.state.valid[0, 1] = False
    world.begin()
    world.fire(0, specs.DropLoadAction(kind="drop_load", load=["a"]), load=(1,))
    turned = yaw_from_quaternion(*world.state.orientation[0, 1].tolist()) - world.yaw(0)
    assert turned == pytest.approx(0.5)


def test_more_than_a_model_can_do_is_refused_with_its_limit():
    world = staged("truck")
    fast = event(specs.SetSpeedAction(kind="set_speed", speed=40.0, acceleration=1.0))
    with pytest.raises(ConfigError, match=r"events\.it\.do\.speed = 40 m/s: that actor's limit is 30 m/s"):
        check_mobility(fast, world.actors)
    hard = event(specs.BrakeAction(kind="brake", deceleration=12.0, duration=0.0))
    with pytest.raises(ConfigError, match=r"events\.it\.do\.deceleration = 12 m/s².*limit is 8 m/s²"):
        check_mobility(hard, world.actors)
    eager = event(specs.SetSpeedAction(kind="set_speed", speed=20.0, acceleration=5.0))
    with pytest.raises(ConfigError, match=r"do\.acceleration = 5 m/s².*limit is 1.8 m/s²"):
        check_mobility(eager, world.actors)


def test_a_lane_change_off_the_road_and_a_corner_too_sharp_are_refused_at_load():
    world = staged("truck")
    off = event(lane_change(-1, 4.0))
    with pytest.raises(ConfigError, match=r"do\.lanes = -1: the road has 0 lanes to the right there"):
        check_road(off, world.lanes, world.actors, world.state, True)
    check_road(off, world.lanes, world.actors, world.state, False)  # an earlier move may have made room
    check_road(event(lane_change(1, 4.0)), world.lanes, world.actors, world.state, True)
    sharp = specs.FollowPathAction(
        kind="follow_path", points=[(5.0, 0.0), (8.0, 0.0), (8.0, 3.0)], speed=3.0, max_lateral_acceleration=2.0
    )
    with pytest.raises(ConfigError, match=r"do\.points\[1\] = \(8, 0\): the corner is sharper than that vehicle"):
        check_road(event(sharp), world.lanes, world.actors, world.state, True)


def test_only_an_actor_that_is_moved_once_is_judged_by_where_it_is_placed():
    twice = (event(lane_change(1, 4.0)), event(lane_change(-1, 4.0)), event(lane_change(1, 4.0), 1))
    assert moved_sideways_once(twice).tolist() == [False, False, True]
