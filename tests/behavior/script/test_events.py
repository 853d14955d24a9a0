"""Triggers fire when their condition holds, once, and events that make no sense are refused by name."""

import math

import numpy as np
import pytest

from simengine.behavior.lanes.lane_rules import road_rules
from simengine.behavior.script.events import compile_events, empty_latches, evaluate_triggers
from simengine.core.errors import ConfigError, ScenarioError
from simengine.core.space.geometry import quaternion_from_euler, rotate
from simengine.core.state import copy_state, empty_actors, empty_state
from simengine.road.network.network import lane_arrays
from simengine.road.network.projection import lane_pose
from simengine.scenario.sampling import load_scenario
from simengine.scenario.spec import ScenarioSpec
from tests.behavior.small_world import junction, straight

RATE = 100
NAMES = {"ego": 0, "other": 1}
NETWORK, STOPS = lane_arrays(straight()), road_rules(straight()).stops


def scenario_with(**events):
    """A scenario of two actors with the given triggers, each paired with an action of no consequence here."""
    body = load_scenario("highway/hard_brake").scenario.model_dump(mode="json")
    body["actors"] = {"other": body["actors"]["lead"]}
    body["events"] = {
        name: {
            "actor": "other",
            "when": when,
            "do": {"kind": "brake", "deceleration": 5.0, "duration": 0.0},
            "hazard": True,
        }
        for name, when in events.items()
    }
    return ScenarioSpec.model_validate(body)


def two_cars(distance, ego_speed=20.0, other_speed=10.0):
    actors, state = empty_actors(1, 2), empty_state(1, 2)
    actors.length[:], actors.width[:] = 4.0, 2.0
    state.valid[:] = True
    state.position[0, 1, 0] = distance
    state.velocity[0, 0, 0], state.velocity[0, 1, 0] = ego_speed, other_speed
    return actors, state


def fired_after(scenario, actors, states):
    """Return for every event the index of the state at which it fired, or −1."""
    table, events = compile_events(scenario, NAMES)
    latches = empty_latches(1, 2, len(events))
    when = [-1] * len(events)
    for index, state in enumerate(states):
        evaluate_triggers(table, latches, NETWORK, STOPS, actors, state, RATE, 0.05, np.uint64(7))
        for k in range(len(events)):
            if when[k] < 0 and latches.fired_tick[0, k] >= 0:
                when[k] = index
    return when


def drive(distance, steps, **speeds):
    actors, state = two_cars(distance, **speeds)
    states = []
    for step in range(steps):
        moved = state._replace(tick=np.array([step * 5]), position=state.position + state.velocity * 0.05 * step)
        states.append(moved)
    return actors, states


def test_time_fires_at_its_time():
    actors, states = drive(100.0, 40)
    assert fired_after(scenario_with(go={"kind": "time", "time": 1.0}), actors, states) == [20]


def test_distance_fires_when_the_boxes_are_that_near():
    actors, states = drive(50.0, 100)  # gap 46 m, closing at 10 m/s
    when = {"kind": "distance", "actor": "ego", "other": "other", "below": 26.0}
    assert fired_after(scenario_with(go=when), actors, states) == [41]


def test_time_to_collision_is_gap_over_closing_speed():
    actors, states = drive(50.0, 100)
    when = {"kind": "time_to_collision", "actor": "ego", "other": "other", "below": 2.0}
    assert fired_after(scenario_with(go=when), actors, states) == [53]  # (46 − 0.5 k) / 10 < 2 first at k = 53


def test_time_to_collision_never_fires_behind():
    actors, states = drive(-50.0, 100)
    when = {"kind": "time_to_collision", "actor": "ego", "other": "other", "below": 100.0}
    assert fired_after(scenario_with(go=when), actors, states) == [-1]


def test_position_counts_the_way():
    actors, states = drive(100.0, 60)
    when = {"kind": "position", "actor": "other", "traveled": 10.0}
    assert fired_after(scenario_with(go=when), actors, states) == [20]


@pytest.mark.parametrize(("bound", "rising", "fires"), [(15.0, True, 0), (25.0, True, -1), (25.0, False, 0)])
def test_speed_fires_beyond_its_bound(bound, rising, fires):
    actors, states = drive(100.0, 5)
    when = {"kind": "speed", "actor": "ego", "bound": bound, "rising": rising}
    assert fired_after(scenario_with(go=when), actors, states) == [fires]


def test_after_waits_for_another_event():
    actors, states = drive(100.0, 60)
    scenario = scenario_with(
        later={"kind": "after", "event": "first", "delay": 0.5}, first={"kind": "time", "time": 1.0}
    )
    assert fired_after(scenario, actors, states) == [30, 20]


def test_chance_fires_at_its_rate():
    table, _ = compile_events(scenario_with(go={"kind": "chance", "rate": 2.0}), NAMES)
    actors, state = two_cars(100.0)
    waits = []
    for seed in range(400):
        latches = empty_latches(1, 2, 1)
        for step in range(1, 200):
            state.tick[0] = step * 5
            evaluate_triggers(table, latches, NETWORK, STOPS, actors, state, RATE, 0.05, np.uint64(seed))
            if latches.fired_tick[0, 0] >= 0:
                waits.append(step * 0.05)
                break
    assert np.mean(waits) == pytest.approx(1 / 2.0 + 0.025, rel=0.15)


SIGNALED = junction(signaled=True)


def approaching(speed, steps):
    """A car that drives at a constant speed towards a junction: network, its lane, actors, states."""
    lanes = lane_arrays(SIGNALED)
    lane = next(k for k in range(len(lanes.lane_length)) if lanes.lane_junction[k] < 0 and _enters_junction(lanes, k))
    actors, state = two_cars(0.0)
    states = []
    for step in range(steps):
        x, y, z, heading = lane_pose(lanes, lane, 20.0 + 0.05 * step * speed, 0.0)
        moved = copy_state(state)
        moved.tick[0] = step * 5
        moved.position[0, 1] = (x, y, z + 0.75)
        moved.orientation[0, 1] = quaternion_from_euler(0.0, 0.0, heading)
        moved.velocity[0, 1] = (speed * math.cos(heading), speed * math.sin(heading), 0.0)
        states.append(moved)
    return lanes, lane, actors, states


def _enters_junction(lanes, lane):
    following = lanes.successor[lanes.successor_first[lane] : lanes.successor_first[lane + 1]]
    return len(following) > 0 and lanes.lane_junction[following[0]] >= 0


@pytest.mark.parametrize("drawn", [True, False])
@pytest.mark.parametrize("speed", [8.0, 15.0])
def test_stop_line_fires_where_the_actor_could_last_have_stopped(speed, drawn):
    lanes, lane, actors, states = approaching(speed, 300)
    stops, end = road_rules(SIGNALED).stops, float(lanes.lane_length[lane])
    line = float(SIGNALED.stop_s[SIGNALED.stop_lane == lane][0])
    assert end - line > 3.0  # so that line and junction are told apart
    if drawn:
        end = line
    else:  # a map without lines: the junction counts
        stops = stops._replace(first=np.zeros_like(stops.first))
    when = {"kind": "stop_line", "actor": "other", "deceleration": 3.0}
    table, _ = compile_events(scenario_with(go=when), NAMES)
    latches = empty_latches(1, 2, 1)
    for state in states:
        evaluate_triggers(table, latches, lanes, stops, actors, state, RATE, 0.05, np.uint64(7))
    front = 20.0 + float(latches.fired_tick[0, 0]) / RATE * speed + 2.0
    assert end - front == pytest.approx(speed * speed / 6.0, abs=speed * 0.05 + 0.1)


def test_a_hazard_may_name_whom_the_ego_must_heed():
    body = scenario_with(go={"kind": "time", "time": 1.0}).model_dump(mode="json")
    body["events"]["go"]["hazard"] = ["other"]
    _, (event,) = compile_events(ScenarioSpec.model_validate(body), NAMES)
    assert (event.hazard, event.threats) == (True, (1,))
    body["events"]["go"]["hazard"] = ["ego"]
    with pytest.raises(ScenarioError, match=r"scenario.events.go.hazard = ego: the ego cannot heed itself"):
        compile_events(ScenarioSpec.model_validate(body), NAMES)
    body["events"]["go"]["hazard"] = ["nobody"]
    with pytest.raises(ScenarioError, match=r"scenario.events.go.hazard = nobody"):
        compile_events(ScenarioSpec.model_validate(body), NAMES)


def test_events_of_strangers_and_orders_to_the_ego_are_refused():
    scenario = scenario_with(go={"kind": "distance", "actor": "ego", "other": "nobody", "below": 1.0})
    with pytest.raises(ScenarioError, match=r"scenario.events.go.when.other = nobody.*allowed: ego, other"):
        compile_events(scenario, NAMES)
    body = scenario_with(go={"kind": "time", "time": 1.0}).model_dump(mode="json")
    body["events"]["go"]["actor"] = "ego"
    with pytest.raises(ScenarioError, match=r"scenario.events.go.do.kind = brake.*fail_tire"):
        compile_events(ScenarioSpec.model_validate(body), NAMES)
    body["events"]["go"]["do"] = {"kind": "fail_tyre", "wheel": 0, "grip": 0.5}
    with pytest.raises(ConfigError, match=r'go.do.kind = fail_tyre: no such action \(did you mean "fail_tire"\?\)'):
        compile_events(ScenarioSpec.model_validate(body), NAMES)
    with pytest.raises(ScenarioError, match=r"scenario.events.go.when.event = go"):
        compile_events(scenario_with(go={"kind": "after", "event": "go", "delay": 0.0}), NAMES)


def test_speed_of_a_trigger_is_along_the_ground():
    actors, state = two_cars(100.0)
    q = quaternion_from_euler(0.0, -math.atan(0.2), 0.0)
    state.orientation[0, 0] = q
    state.velocity[0, 0] = rotate(*q, 20.34, 0.0, 0.0)
    when = {"kind": "speed", "actor": "ego", "bound": 20.2, "rising": True}
    assert fired_after(scenario_with(go=when), actors, [state]) == [0]


def test_a_distance_is_measured_to_the_room_that_somebody_lies_on():
    """Standing 4 m long the gap is 4.2 m; tipped over its 6 m of height lie along the way, and it is 3.2 m."""
    scenario = scenario_with(near={"kind": "distance", "actor": "ego", "other": "other", "below": 3.5})
    for roll, fires in ((0.0, -1), (0.5 * math.pi, 0)):
        actors, state = two_cars(8.2)
        actors.height[:] = 6.0
        state.orientation[0, 1] = quaternion_from_euler(0.0, roll, 0.0)
        assert fired_after(scenario, actors, [state]) == [fires]
