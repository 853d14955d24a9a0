"""Who counts as being in the ego's way, by where and how they move."""

import math

import numpy as np
import pytest

from simengine.behavior.lanes.lane_rules import road_rules
from simengine.core.state import Mobility
from simengine.metrics.threats import (
    CROSSING,
    CUT_IN,
    LEAD,
    NOBODY,
    PATH_POINTS,
    STILL,
    Others,
    find_threats,
    lay_path,
    place_on_path,
    way_on,
)
from tests.behavior.small_world import straight

RULES = road_rules(straight(3))  # lanes 3.5 m wide along x; lane 1 is the middle one
EGO_X = 100.0
CAR, PERSON = (4.5, 1.8), (0.5, 0.55)
WHEELED, WALKER = Mobility.WHEELED, Mobility.WALKER


def threat_of(ahead, left, velocity, size=CAR, mobility=WHEELED, speed=15.0, slowing=0.0, yaw=None, above=0.0,
              rules=RULES):  # fmt: skip
    """Return what somebody is, placed ahead and left of an ego in the middle lane [m], and whether it is critical."""
    ego_y = float(rules.ways.point_position[rules.ways.lane_first_point[1], 1])
    yaws = math.atan2(velocity[1], velocity[0]) if yaw is None else yaw
    others = Others(
        np.ones(2, np.bool_),
        np.array([WHEELED, mobility], np.int32),
        np.array([EGO_X, EGO_X + ahead]),
        np.array([ego_y, ego_y + left]),
        np.array([0.0, above]),
        np.array([0.0, yaws]),
        np.array([speed, velocity[0]]),
        np.array([0.0, velocity[1]]),
        np.array([0.0, slowing]),
        np.array([4.5, size[0]]),
        np.array([1.8, size[1]]),
    )
    route = np.full(12, -1, np.int32)
    route[1] = 1
    path = np.zeros((PATH_POINTS, 3))
    lay_path(rules.ways, route, EGO_X, EGO_X, ego_y, 0.0, path)
    threat, critical = np.zeros(2, np.int8), np.zeros(2, np.bool_)
    find_threats(rules.ways, rules.grid, path, others, speed, 0.9, 0.75, threat, critical)
    return int(threat[1]), bool(critical[1])


def test_a_place_on_the_path_is_measured_along_and_to_its_left():
    path = np.zeros((PATH_POINTS, 3))
    path[:, 0] = 2.5 * np.arange(PATH_POINTS)
    assert place_on_path(path, 31.3, -2.0) == pytest.approx((31.3, -2.0, 0.0))
    assert place_on_path(path, -4.0, 1.0)[:2] == pytest.approx((-4.0, 1.0))


def test_who_slows_goes_no_farther_than_to_standstill():
    assert way_on(10.0, 0.0, 3.0) == 30.0
    assert way_on(10.0, 5.0, 1.0) == pytest.approx(7.5)
    assert way_on(10.0, 5.0, 9.0) == pytest.approx(10.0)


def test_what_stands_on_the_path_is_critical_once_a_gentle_stop_is_too_late():
    """At 15 m/s 3 m/s² need 37.5 m after 11.25 m of reaction, between bumpers."""
    gap = 37.5 + 11.25 + 4.5
    assert threat_of(gap + 1.0, 0.0, (0.0, 0.0)) == (STILL, False)
    assert threat_of(gap - 1.0, 0.0, (0.0, 0.0)) == (STILL, True)
    assert threat_of(30.0, 3.5, (0.0, 0.0))[0] == NOBODY  # in the next lane
    assert threat_of(-30.0, 0.0, (0.0, 0.0))[0] == NOBODY  # behind


def test_a_leader_is_critical_two_seconds_from_a_collision():
    assert threat_of(4.5 + 21.0, 0.0, (5.0, 0.0)) == (LEAD, False)
    assert threat_of(4.5 + 19.0, 0.0, (5.0, 0.0)) == (LEAD, True)
    assert threat_of(20.0, 0.0, (16.0, 0.0)) == (LEAD, False)


def test_a_load_that_slides_ahead_is_judged_like_a_leader():
    box = {"size": (0.6, 0.4), "mobility": Mobility.FREE, "yaw": 1.0}
    assert threat_of(40.0, 0.3, (14.0, 0.5), **box) == (LEAD, False)
    assert threat_of(25.0, 0.3, (2.0, 0.1), **box) == (LEAD, True)
    assert threat_of(25.0, 0.3, (0.0, 0.0), **box) == (STILL, True)


@pytest.mark.parametrize("side", [1, -1])
def test_a_cut_in_begins_when_a_neighbor_has_left_the_middle_of_its_lane_by_0_375_m(side):
    for wander, found in ((0.30, NOBODY), (0.45, CUT_IN)):
        assert threat_of(15.0, side * (3.5 - wander), (10.0, -side * 0.5))[0] == found
    assert threat_of(15.0, side * (3.5 - 0.45), (10.0, 0.0))[0] == NOBODY  # drives there all the time
    assert threat_of(15.0, side * (3.5 - 0.45), (10.0, side * 0.5))[0] == NOBODY  # goes back
    assert threat_of(-20.0, side * (3.5 - 0.45), (10.0, -side * 0.5))[0] == NOBODY  # behind


def test_a_cut_in_is_critical_two_seconds_from_a_collision():
    assert threat_of(4.5 + 11.0, 3.0, (10.0, -0.5)) == (CUT_IN, False)
    assert threat_of(4.5 + 9.0, 3.0, (10.0, -0.5)) == (CUT_IN, True)


def test_who_wanders_two_lanes_away_does_not_cut_in_next():
    wide = road_rules(straight(4))
    assert threat_of(15.0, 3.5 - 0.45, (10.0, -0.5), rules=wide)[0] == CUT_IN
    assert threat_of(15.0, 7.0 - 0.45, (10.0, -0.5), rules=wide)[0] == NOBODY


def test_only_vehicles_that_drive_forward_cut_in():
    walk = {"size": PERSON, "mobility": WALKER}
    assert threat_of(15.0, 3.5 - 0.45, (1.4, -0.3), **walk)[0] == NOBODY  # needs more than 5 s to the path
    assert threat_of(15.0, 3.5 - 0.45, (10.0, -0.5), yaw=math.pi)[0] == NOBODY  # slides backwards


def test_braking_does_not_help_against_who_is_beside_or_comes_from_behind():
    assert threat_of(-1.0, 3.5 - 0.45, (10.0, -0.5))[0] == NOBODY  # wanders, but beside the ego
    assert threat_of(1.0, 3.5 - 0.45, (10.0, -0.5))[0] == CUT_IN
    assert threat_of(0.5, 1.9, (15.0, 0.0))[0] == NOBODY  # overlaps the path's edge, but beside the ego
    assert threat_of(4.0, 1.9, (15.0, 0.0))[0] == LEAD


def test_who_is_on_another_level_is_no_threat():
    assert threat_of(20.0, 0.0, (0.0, 0.0), above=2.0) == (STILL, True)
    assert threat_of(20.0, 0.0, (0.0, 0.0), above=4.0)[0] == NOBODY  # on a bridge


def test_an_ego_that_has_stopped_waits_for_who_is_within_10_m_of_its_path():
    for gap, found in ((9.0, (STILL, True)), (11.0, (NOBODY, False))):
        assert threat_of(2.25 + 0.25 + gap, 0.0, (0.0, 1.2), PERSON, WALKER, 0.2, yaw=0.0) == found
    assert threat_of(8.0, 3.5, (0.0, 1.2), PERSON, WALKER, 0.2)[0] == NOBODY  # beside the path


def walker(ahead, left, across, speed=15.0):
    return threat_of(ahead, left, (0.0, across), PERSON, WALKER, speed)[0]


def test_a_walker_is_a_threat_within_two_seconds_of_the_path_if_the_ego_comes_at_that_time():
    """The path's edge is 1.15 m to the left, and the walker's 0.25 m before its middle: 1.4 m."""
    assert walker(35.0, 1.4 + 1.5 * 1.9, -1.5) == CROSSING
    assert walker(35.0, 1.4 + 1.5 * 2.2, -1.5) == NOBODY  # not within 2 s
    assert walker(35.0, 3.0, 1.5) == NOBODY  # goes away
    assert walker(120.0, 3.0, -1.5) == NOBODY  # is across long before the ego comes
    assert walker(35.0, 8.0, -4.5, 5.0) == NOBODY


def test_the_ego_must_come_within_a_second_of_the_crossing_one():
    """From 2.8 m left to 1.4 m right at 2 m/s the walker has passed after 2.1 s; the ego comes after 2.9 s or 3.4 s."""
    near, far = 2.25 + 0.28 + 15.0 * 2.9, 2.25 + 0.28 + 15.0 * 3.4
    assert walker(near, 1.4 + 1.4, -2.0) == CROSSING
    assert walker(far, 1.4 + 1.4, -2.0) == NOBODY


def test_a_vehicle_that_brakes_for_the_path_is_no_threat():
    across = {"size": CAR, "yaw": -0.5 * math.pi}
    assert threat_of(25.0, 20.0, (0.0, -12.0), **across)[0] == CROSSING
    assert threat_of(25.0, 20.0, (0.0, -12.0), slowing=6.0, **across)[0] == NOBODY


def test_oncoming_traffic_in_its_own_lane_of_a_bend_is_no_threat():
    from simengine.road.procedural.kinds import make_street

    road = road_rules(
        make_street(
            length=600.0, curvature=0.01, lanes_forward=1, lanes_backward=1, lane_width=3.5, shoulder_width=0.0,
            pavement_width=0.0, parking_width=0.0, crossing_spacing=0.0, speed_limit=20.0, grade=0.0, ring=False,
        )
    )  # fmt: skip
    from simengine.road.network.frenet import lane_position

    own = next(k for k in range(len(road.ways.lane_length)) if road.ways.lane_type[k] == 0)
    back = next(k for k in range(own + 1, len(road.ways.lane_length)) if road.ways.lane_type[k] == 0)
    x, y, c, s = lane_position(road.ways, own, 100.0, 0.0)
    route = np.full(12, -1, np.int32)
    route[1] = own
    path = np.zeros((PATH_POINTS, 3))
    lay_path(road.ways, route, 100.0, x, y, math.atan2(s, c), path)
    for along in (440.0, 460.0, 480.0):
        ox, oy, oc, os_ = lane_position(road.ways, back, along, 0.0)
        others = Others(
            np.ones(2, np.bool_), np.full(2, WHEELED, np.int32), np.array([x, ox]), np.array([y, oy]), np.zeros(2),
            np.array([math.atan2(s, c), math.atan2(os_, oc)]), np.array([15 * c, 15 * oc]),
            np.array([15 * s, 15 * os_]), np.zeros(2), np.full(2, 4.5), np.full(2, 1.8),
        )  # fmt: skip
        threat, critical = np.zeros(2, np.int8), np.zeros(2, np.bool_)
        find_threats(road.ways, road.grid, path, others, 15.0, 0.9, 0.75, threat, critical)
        assert threat[1] == NOBODY, along
