"""Routes: shortest, with lane changes, refused where there is none; a random turn is a function of its counter."""

import numpy as np
import pytest

from simengine.core.errors import ScenarioError
from simengine.road.network import lane_arrays
from simengine.road.procedural import make_intersection, make_street
from simengine.road.routing import choose_successor, lane_path, reachable, route

CROSS = make_intersection(60.0, 2, 3.5, 2.0, 13.9, True, 20.0, 3.0, 2.0)
NAMES = CROSS.lane_name.tolist()


def lanes(*names):
    return [NAMES.index(name) for name in names]


def test_route_takes_the_turn_that_leads_there():
    start, goal = lanes("in.west.1", "out.north.1")
    assert route(CROSS, start, goal) == lanes("in.west.1", "left.west", "out.north.1")
    assert route(CROSS, start, start) == [start]


def test_route_changes_lanes_where_only_another_lane_turns():
    start, goal = lanes("in.west.1", "out.south.0")
    assert route(CROSS, start, goal) == lanes("in.west.1", "in.west.0", "right.west", "out.south.0")


def test_route_never_crosses_to_the_other_direction():
    start, goal = lanes("out.east.0", "in.east.0")
    with pytest.raises(ScenarioError, match=r"lane in\.east\.0 cannot be reached from lane out\.east\.0"):
        route(CROSS, start, goal)


def test_reachable_is_what_has_a_route():
    start = NAMES.index("in.south.0")
    seen = reachable(CROSS, start)
    for goal in range(len(NAMES)):
        if seen[goal]:
            way = route(CROSS, start, goal)
            assert way[0] == start and way[-1] == goal
        else:
            with pytest.raises(ScenarioError):
                route(CROSS, start, goal)
    assert seen[lanes("out.west.0", "out.north.1", "out.east.0")].all()
    assert not seen[lanes("out.south.0", "in.north.0", "pavement.in.south")].any()


def test_path_of_linked_lanes_is_their_joined_center_line():
    path = lane_path(CROSS, lanes("in.west.1", "left.west", "out.north.1"))
    steps = np.hypot(*np.diff(path[:, :2], axis=0).T)
    expected = CROSS.lane_length[lanes("in.west.1", "left.west", "out.north.1")].sum()
    assert steps.sum() == pytest.approx(expected) and steps.min() > 1e-3
    assert path[0] == pytest.approx([-60.0, -1.75, 0.0]) and path[-1] == pytest.approx([1.75, 60.0, 0.0])


def test_path_crosses_over_midway_at_a_lane_change():
    street = make_street(400.0, 0.0, 3, 0, 3.5, 0.0, 0.0, 0.0, 0.0, 30.0, 0.0, False)
    path = lane_path(street, [0, 1])
    y = np.interp([0.0, 150.0, 200.0, 250.0, 400.0], path[:, 0], path[:, 1])
    assert y == pytest.approx([-8.75, -8.75, -7.0, -5.25, -5.25])
    assert (np.diff(path[:, 0]) > 0.0).all()


def test_random_turn_depends_on_its_counter_alone_and_takes_every_exit():
    arrays = lane_arrays(CROSS)
    start = NAMES.index("in.west.1")
    chosen = [choose_successor(arrays, start, np.uint64(7), 1, step, 0, 3) for step in range(400)]
    again = [choose_successor(arrays, start, np.uint64(7), 1, step, 0, 3) for step in reversed(range(400))]
    assert chosen == again[::-1]
    straight, left = lanes("straight.west.1", "left.west")
    assert set(chosen) == {straight, left}
    assert 150 < chosen.count(left) < 250
    assert choose_successor(arrays, NAMES.index("out.east.0"), np.uint64(7), 1, 0, 0, 0) == -1
