"""Roadside furniture: right for its scenery, never on a lane or in a junction, the same for the same seed."""

import math

import numpy as np
import pytest

from simengine.core.rng import generator
from simengine.core.space.geometry import boxes_gap
from simengine.road.build import build_network
from simengine.road.furniture import roadside_positions
from simengine.road.network.drafts import LaneDraft, SignalDraft
from simengine.road.network.network import SignalColor, lane_arrays
from simengine.road.network.projection import ground_at, locate, nearest_surface
from simengine.road.procedural.kinds import make_intersection, make_street, make_warehouse
from simengine.road.site import junction_hulls

CROSSING = make_intersection(120.0, 2, 3.5, 3.0, 13.9, True, 20.0, 3.0, 2.0)
COUNTRY = make_street(600.0, 0.004, 1, 1, 3.5, 0.5, 0.0, 0.0, 0.0, 27.0, 0.03, False)
HIGHWAY = make_street(600.0, -0.002, 3, 0, 3.5, 2.5, 0.0, 0.0, 0.0, 33.0, 0.0, False)
PLACES = {"urban": CROSSING, "rural": COUNTRY, "highway": HIGHWAY}
ITEMS = {scenery: roadside_positions(network, scenery, generator(3, "scenery")) for scenery, network in PLACES.items()}


def of_kind(scenery, kind):
    return [item for item in ITEMS[scenery] if item.kind == kind]


def footprint(item):
    length, width = item.size[:2]
    if item.kind == "lamp_post":  # its arm may reach over the pavement
        length = width
    if item.kind == "tree":  # and so may a crown
        length, width = 0.5 * length, 0.5 * width
    return length, width


@pytest.mark.parametrize("scenery", sorted(PLACES))
def test_nothing_stands_on_a_lane_or_in_a_junction(scenery):
    lanes = lane_arrays(PLACES[scenery])
    hulls = junction_hulls(PLACES[scenery])
    for item in ITEMS[scenery]:
        length, width = footprint(item)
        c, s = math.cos(item.yaw), math.sin(item.yaw)
        for u in np.linspace(-0.5 * length, 0.5 * length, 9):
            for v in (-0.5 * width, 0.0, 0.5 * width):
                x, y = item.x + c * u - s * v, item.y + s * u + c * v
                assert nearest_surface(lanes, x, y, math.nan)[0] > 0.1, item
        for hull in hulls:
            side = np.roll(hull, -1, axis=0) - hull
            assert (side[:, 0] * (item.y - hull[:, 1]) < side[:, 1] * (item.x - hull[:, 0])).any(), item


@pytest.mark.parametrize(("scenery", "post"), [("urban", 165.0), ("rural", 175.0)])
def test_nothing_stands_where_vehicles_leave_the_map(scenery, post):
    """A road ends in the middle of the land; beside it another goes on, whose roadside would be in the way."""
    x = np.linspace(0.0, 300.0, 61)
    along = np.stack([x, 0.0 * x, 0.0 * x], axis=1)
    across = np.stack([0.0 * x + 306.0, x - post, 0.0 * x], axis=1)
    drafts = [LaneDraft(name, points, np.full(61, 3.5), np.zeros(61)) for name, points in (("a", along), ("b", across))]
    items = roadside_positions(build_network(drafts), scenery, generator(3, "scenery"))
    inside = [item for item in items if 300.0 <= item.x <= 304.0 and abs(item.y) <= 1.75]
    assert len(items) > 20 and not inside


@pytest.mark.parametrize("scenery", sorted(PLACES))
def test_everything_stands_on_the_ground(scenery):
    lanes = lane_arrays(PLACES[scenery])
    assert all(item.z == pytest.approx(ground_at(lanes, item.x, item.y, item.z)[0]) for item in ITEMS[scenery])


def test_houses_line_the_street_close_to_the_pavement_and_do_not_overlap():
    houses = of_kind("urban", "building")
    assert len(houses) >= 20
    lanes = lane_arrays(CROSSING)
    for house in houses:
        outside = nearest_surface(lanes, house.x, house.y, math.nan)[0]
        assert 1.0 <= outside - 0.5 * house.size[1] <= 3.0
    for k, a in enumerate(houses):
        for b in houses[:k]:
            assert boxes_gap(a.x, a.y, a.yaw, *a.size[:2], b.x, b.y, b.yaw, *b.size[:2]) > 0.05
    front = sum(house.size[0] for house in houses)
    assert front > 0.4 * 8 * 107.0  # of both sides of four arms


def test_lamps_stand_every_thirty_meters_and_reach_over_the_pavement():
    lamps = of_kind("urban", "lamp_post")
    assert len(lamps) >= 20
    along = sorted(lamp.x for lamp in lamps if lamp.y > 0.0 and lamp.x > 15.0 and abs(lamp.y) < 12.0)
    assert np.diff(along) == pytest.approx(30.0)
    lanes = lane_arrays(CROSSING)
    for lamp in lamps:
        end = lamp.x + lamp.size[0] * math.cos(lamp.yaw), lamp.y + lamp.size[0] * math.sin(lamp.yaw)
        assert nearest_surface(lanes, *end, math.nan)[0] == 0.0


def test_rails_run_along_both_edges_of_a_highway_with_the_road_on_their_left():
    rails = of_kind("highway", "guard_rail")
    assert sum(rail.size[0] for rail in rails) == pytest.approx(2 * 600.0, rel=0.03)
    lanes = lane_arrays(HIGHWAY)
    for rail in rails:
        here = nearest_surface(lanes, rail.x, rail.y, math.nan)[0]
        left = nearest_surface(lanes, rail.x - 0.3 * math.sin(rail.yaw), rail.y + 0.3 * math.cos(rail.yaw), math.nan)[0]
        assert 0.3 < here < 0.9 and left < here - 0.2
    assert not of_kind("highway", "building")


def test_delineators_stand_every_fifty_meters_and_face_the_driver():
    lanes = lane_arrays(COUNTRY)
    posts = of_kind("rural", "delineator")
    assert len(posts) == 24
    for post in posts:
        lane, s, _ = locate(lanes, post.x, post.y, post.z, math.remainder(post.yaw + math.pi, 2.0 * math.pi))
        k = np.searchsorted(lanes.point_s[lanes.lane_first_point[lane] : lanes.lane_first_point[lane + 1]], s)
        heading = lanes.point_heading[lanes.lane_first_point[lane] + k]
        assert math.cos(heading - post.yaw) < -0.99


def test_trees_keep_clear_of_fast_roads():
    lanes = lane_arrays(COUNTRY)
    trees = of_kind("rural", "tree")
    assert len(trees) > 60
    assert min(nearest_surface(lanes, tree.x, tree.y, math.nan)[0] for tree in trees) > 4.0


def test_signals_come_first_in_the_networks_order_with_their_lamps_in_place():
    items = ITEMS["urban"]
    for item, (x, y, z), heading in zip(items, CROSSING.signal_position, CROSSING.signal_heading, strict=False):
        assert item.kind == "signal" and (item.x, item.y) == (x, y)
        assert item.z + item.size[2] - 0.58 == pytest.approx(z)
        assert math.cos(item.yaw - heading) == pytest.approx(1.0)
    signs = of_kind("urban", "sign:speed_limit:50")
    assert len(signs) == 4 and all(sign.size[2] == pytest.approx(2.2 + 0.325) for sign in signs)


def test_post_of_a_signal_above_the_road_is_set_beside_it():
    points = np.array([[0.0, 0, 0], [100, 0, 0]])
    network = build_network(
        [LaneDraft("a", points, np.full(2, 4.0), np.zeros(2))],
        signals=[SignalDraft("s", (50.0, 0.5, 5.5), math.pi, [(9.0, SignalColor.GREEN)])],
    )
    signal = roadside_positions(network, "none", generator(0))[0]
    assert (signal.x, abs(signal.y)) == (pytest.approx(50.0), pytest.approx(2.25, abs=0.3))


def test_plain_roads_and_halls_get_only_what_the_network_says():
    hall, _ = make_warehouse(3, 20.0, 3.0, 1.0, 4.0, 2.0)
    assert roadside_positions(hall, "urban", generator(0)) == []
    kinds = {item.kind for item in roadside_positions(CROSSING, "none", generator(0))}
    assert kinds == {"signal", "sign:speed_limit:50"}


def test_same_seed_gives_the_same_roadside_and_another_seed_another():
    again, other = (roadside_positions(COUNTRY, "rural", generator(seed, "scenery")) for seed in (3, 4))
    assert again == ITEMS["rural"] != other
