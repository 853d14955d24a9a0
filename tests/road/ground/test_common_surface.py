"""One surface where lanes overlap: junctions without ridges, entries kept, bridges and level ground left alone."""

import math

import numpy as np
import pytest

from simengine.core.semantics import Semantic
from simengine.road.build import build_network
from simengine.road.ground.surface import surface_meshes
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import lane_arrays
from simengine.road.network.overlaps import find_overlaps
from simengine.road.network.projection import ground_at, locate

HALF = 12.0  # of the junction [m]


def straight(name, start, end, profile, count, **fields):
    """Return a lane between two places of which `profile` gives the height at a fraction of the way."""
    f = np.linspace(0.0, 1.0, count)
    place = np.outer(1.0 - f, start) + np.outer(f, end)
    points = np.column_stack([place, [profile(v) for v in f]])
    return LaneDraft(name, points, np.full(count, 3.5), np.zeros(count), **fields)


def crossing(hump, arm=60.0, south=0.0, junction=0, level=None):
    """Return two roads that cross: one level, the other's connecting lane `hump` higher in the middle."""
    level = level or (lambda v: 0.0)
    return build_network(
        [
            straight("west", (-arm, 0.0), (-HALF, 0.0), level, 2, road=1, successors=["through"]),
            straight("through", (-HALF, 0.0), (HALF, 0.0), level, 2, road=2, junction=junction, successors=["east"]),
            straight("east", (HALF, 0.0), (arm, 0.0), level, 2, road=3),
            straight("south", (0.0, -arm), (0.0, -HALF), lambda v: south, 2, road=4, successors=["over"]),
            straight(
                "over",
                (0.0, -HALF),
                (0.0, HALF),
                lambda v: south + hump * math.sin(math.pi * v) ** 2,
                13,
                road=5,
                junction=junction,
                successors=["north"],
            ),
            straight("north", (0.0, HALF), (0.0, arm), lambda v: south, 2, road=6),
        ]
    )


def lane(network, name):
    return network.lane_name.tolist().index(name)


def points_of(network, name):
    k = lane(network, name)
    return network.point_position[network.lane_first_point[k] : network.lane_first_point[k + 1]]


def disagreement(network):
    return np.abs(find_overlaps(lane_arrays(network), 3.0).above).max()


def heights(network, places, hint=0.0):
    lanes = lane_arrays(network)
    return np.array([ground_at(lanes, float(x), float(y), hint)[0] for x, y in places])


def cross_lines(reach=HALF + 3.0):
    """Return lines through a crossing, samples 5 cm apart."""
    along = np.arange(-reach, reach, 0.05)
    for angle in (0.0, 0.4, math.pi / 4.0, 1.2, math.pi / 2.0):
        for side in (-1.4, 0.0, 1.4):
            c, s = math.cos(angle), math.sin(angle)
            yield np.column_stack([along * c - side * s, along * s + side * c])


CROSSING = crossing(1.2)


def test_lanes_that_cross_in_a_junction_agree_in_height():
    assert disagreement(CROSSING) < 0.02


def test_a_junction_has_neither_steps_nor_steep_faces():
    steepest = 1.2 * math.pi / (2.0 * HALF)  # of the connecting lane as drawn
    for line in cross_lines():
        z = heights(CROSSING, line)
        assert np.abs(np.diff(z)).max() < 0.05 * 2.0 * steepest


def test_the_normal_is_that_of_the_ground():
    lanes = lane_arrays(CROSSING)
    for x, y in ((0.5, 0.7), (1.3, -1.2), (0.0, 3.0), (2.5, 0.4), (4.0, 3.0), (2.2, 2.6)):
        _, nx, ny, nz = ground_at(lanes, x, y, 0.0)
        (east, west, north, south) = heights(CROSSING, [(x + 0.05, y), (x - 0.05, y), (x, y + 0.05), (x, y - 0.05)])
        assert -nx / nz == pytest.approx((east - west) / 0.1, abs=0.03)
        assert -ny / nz == pytest.approx((north - south) / 0.1, abs=0.03)


def test_what_is_seen_of_a_junction_is_its_ground():
    meshes = surface_meshes(CROSSING, (0, 0, 0), "none")
    corner = np.concatenate([mesh.vertex[mesh.triangle[mesh.semantic == Semantic.ROAD]] for mesh in meshes])
    corner = corner.astype(np.float64)
    a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
    area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    grid = np.stack(np.meshgrid(np.linspace(-1.7, 1.7, 12), np.linspace(-1.7, 1.7, 12)), axis=-1).reshape(-1, 2)
    for (x, y), ground in zip(grid, heights(CROSSING, grid), strict=True):
        u = ((b[:, 0] - x) * (c[:, 1] - y) - (b[:, 1] - y) * (c[:, 0] - x)) / area
        v = ((c[:, 0] - x) * (a[:, 1] - y) - (c[:, 1] - y) * (a[:, 0] - x)) / area
        over = (u >= 0.0) & (v >= 0.0) & (u + v <= 1.0)
        top = (u * a[:, 2] + v * b[:, 2] + (1.0 - u - v) * c[:, 2])[over].max()
        assert top == pytest.approx(ground, abs=0.015)


def test_roads_that_enter_keep_their_heights_and_the_junction_takes_them_over():
    for name in ("west", "east", "south", "north"):
        assert (points_of(CROSSING, name)[:, 2] == 0.0).all()
    for name in ("through", "over"):
        points = points_of(CROSSING, name)
        assert points[0, 2] == points[-1, 2] == 0.0
        run = np.hypot(*np.diff(points[:, :2], axis=0).T)
        grade = np.abs(np.diff(points[:, 2]) / run)
        assert grade[0] < 0.09 and grade[-1] < 0.09 and grade.max() > 0.05
    assert len(points_of(CROSSING, "through")) > 5  # a straight lane got points to bend at


def test_a_step_between_a_road_and_its_connecting_lane_is_closed():
    lanes = [
        straight("in", (-50.0, 0.0), (0.0, 0.0), lambda v: 0.0, 2, road=1, successors=["on"]),
        straight("on", (0.0, 0.0), (20.0, 0.0), lambda v: 0.4, 2, road=2, junction=0, successors=["out"]),
        straight("out", (20.0, 0.0), (70.0, 0.0), lambda v: 0.4, 2, road=3),
    ]
    network = build_network(lanes)
    assert points_of(network, "on")[0, 2] == pytest.approx(0.0, abs=1e-6)
    line = np.column_stack([np.arange(-5.0, 25.0, 0.05), np.zeros(600)])
    assert np.abs(np.diff(heights(network, line))).max() < 0.005


def test_level_and_agreeing_networks_keep_their_bits():
    drafts = [  # both in the plane that rises by 5 % to the east
        straight("a", (-30.0, 0.0), (30.0, 0.0), lambda v: 3.0 * v, 7, junction=0, road=0),
        straight("b", (0.0, -30.0), (0.0, 30.0), lambda v: 1.5, 5, junction=0, road=1),
    ]
    drafts[1].bank[:] = -math.atan(0.05)
    network = build_network(drafts)
    assert (points_of(network, "a") == drafts[0].points).all() and (points_of(network, "b") == drafts[1].points).all()
    flat = crossing(0.0)
    assert len(flat.point_s) == 5 * 2 + 13 and (flat.point_position[:, 2] == 0.0).all()


@pytest.mark.parametrize("above", [4.5, -5.0])
def test_bridges_stay_apart(above):
    network = crossing(0.0, south=above)
    assert (points_of(network, "through")[:, 2] == 0.0).all() and (points_of(network, "over")[:, 2] == above).all()
    assert heights(network, [(0.0, 0.0)], 0.3)[0] == 0.0 and heights(network, [(0.0, 0.0)], above)[0] == above


def test_roads_that_merge_outside_of_junctions_agree_and_are_untouched_far_off():
    main = straight("main", (-100.0, 0.0), (200.0, 0.0), lambda v: 0.0, 2, road=0)
    ramp = straight("ramp", (-100.0, -20.0), (100.0, 2.0), lambda v: 1.0 - v + 0.6, 2, road=1)
    network = build_network([main, ramp])
    assert disagreement(network) < 0.03
    far = points_of(network, "main")
    assert (far[far[:, 0] < 25.0, 2] == 0.0).all() and far[0, 2] == 0.0
    z = points_of(network, "ramp")
    assert z[0, 2] == 1.6 and abs(z[-1, 2]) < 0.6


def test_lanes_drawn_side_by_side_move_together():
    beside = {"road": 2, "junction": 0}
    lanes = [
        straight("left", (-HALF, 1.75), (HALF, 1.75), lambda v: 0.0, 2, right="right", **beside),
        straight("right", (-HALF, -1.75), (HALF, -1.75), lambda v: 0.0, 2, left="left", **beside),
        straight("over", (0.0, 0.0), (0.0, HALF), lambda v: 0.6, 2, road=3, junction=0),
    ]
    network = build_network(lanes)
    assert disagreement(network) < 0.02
    across = np.column_stack([np.full(61, 2.5), np.linspace(-1.5, 1.5, 61)])
    assert np.abs(np.diff(heights(network, across))).max() < 0.02


def test_roads_around_a_junction_too_steep_for_its_size_give_way():
    network = crossing(0.0, south=2.4)
    assert disagreement(network) < 0.1
    along = np.arange(-40.0, 40.0, 0.05)
    for side in (-1.4, 0.0, 1.4):
        for line in (np.column_stack([along, 0 * along + side]), np.column_stack([0 * along + side, along])):
            assert np.abs(np.diff(heights(network, line, 1.2))).max() < 0.05 * 0.2


def test_lanes_keep_their_line_in_plan_view():
    a = np.linspace(0.0, math.pi / 2.0, 6)
    turn = np.column_stack([12.0 * np.sin(a) - HALF, 12.0 * np.cos(a) - HALF, 0.8 * np.sin(2.0 * a)])
    network = build_network(
        [
            straight("through", (-HALF, 0.0), (HALF, 0.0), lambda v: 0.0, 2, road=1, junction=0),
            LaneDraft("turn", turn, np.full(6, 3.5), np.zeros(6), road=2, junction=0),
        ]
    )
    points = points_of(network, "turn")
    assert len(points) > 6
    assert np.hypot(points[:, 0] + HALF, points[:, 1] + HALF) == pytest.approx(12.0, abs=0.01)
    k = lane(network, "turn")
    own = slice(network.lane_first_point[k], network.lane_first_point[k + 1])
    assert network.point_curvature[own] == pytest.approx(-1.0 / 12.0, abs=0.01)
    assert network.lane_length[k] == pytest.approx(6.0 * math.pi, abs=0.06)
    found, s, t = locate(lane_arrays(network), *points[3, :2], points[3, 2], math.nan)
    assert found in (0, 1) and (found == 0 or (abs(t) < 0.01 and s > 0.0))
