"""Surfaces: what is seen from above is the ground, paint lies on it, land below, curbs stand, triangles stay few."""

import math

import numpy as np
import pytest

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material
from simengine.road.build import build_network
from simengine.road.ground.surface import surface_meshes
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import CURB_HEIGHT, LaneType, MarkingType, lane_arrays
from simengine.road.network.projection import ground_at
from simengine.road.procedural.kinds import make_intersection, make_street, make_warehouse

ZERO = (0.0, 0.0, 0.0)


def street(**changes):
    fields = {
        "length": 120.0,
        "curvature": 0.01,
        "lanes_forward": 2,
        "lanes_backward": 1,
        "lane_width": 3.5,
        "shoulder_width": 0.0,
        "pavement_width": 2.5,
        "parking_width": 2.0,
        "crossing_spacing": 60.0,
        "speed_limit": 13.9,
        "grade": 0.0,
        "ring": False,
    }
    return make_street(**(fields | changes))


def triangles(meshes):
    """Return corners (n, 3, 3), classes and materials of all triangles."""
    return (
        np.concatenate([m.vertex[m.triangle] for m in meshes]).astype(np.float64),
        np.concatenate([m.semantic for m in meshes]),
        np.concatenate([m.material for m in meshes]),
    )


def look_down(corners, x, y):
    """Return the triangles over a place from the highest down, with their heights."""
    (ax, ay, _), (bx, by, _), (cx, cy, _) = (corners[:, k].T for k in range(3))
    area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    flat = np.abs(area) > 1e-9
    area = np.where(flat, area, 1.0)
    u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
    v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
    w = 1.0 - u - v
    hit = np.flatnonzero(flat & (u >= -1e-9) & (v >= -1e-9) & (w >= -1e-9))
    z = u[hit] * corners[hit, 0, 2] + v[hit] * corners[hit, 1, 2] + w[hit] * corners[hit, 2, 2]
    order = np.argsort(-z, kind="stable")
    return hit[order], z[order]


def seen(meshes, places):
    """Return the class seen from above and its height at places."""
    corners, semantic, _ = triangles(meshes)
    looks = [look_down(corners, x, y) for x, y in places]
    return [(Semantic(semantic[hit[0]]), z[0]) for hit, z in looks]


NETWORKS = {
    "street": street(),
    "climbing": street(grade=0.08, curvature=-0.01),
    "intersection": make_intersection(60.0, 2, 3.5, 3.0, 13.9, True, 20.0, 3.0, 2.0),
    "priority": make_intersection(60.0, 1, 3.0, 0.0, 13.9, False, 20.0, 3.0, 2.0),
}
MESHES = {name: surface_meshes(network, ZERO, "urban") for name, network in NETWORKS.items()}


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_what_is_seen_from_above_is_the_ground(name):
    network, rng = NETWORKS[name], np.random.default_rng(5)
    lanes = lane_arrays(network)
    point = network.point_position[rng.integers(0, len(network.point_s), 150)]
    places = point[:, :2] + rng.uniform(-2.0, 2.0, (150, 2))
    for (x, y), (semantic, z) in zip(places, seen(MESHES[name], places), strict=True):
        ground = ground_at(lanes, x, y, math.nan)[0]
        if semantic == Semantic.LANE_MARKING:
            assert z - ground == pytest.approx(0.01, abs=0.005)
        elif semantic == Semantic.ROAD:
            assert z == pytest.approx(ground, abs=0.006)
        elif semantic == Semantic.PAVEMENT:  # upright at its edge, where the ground is a ramp
            assert -0.006 < z - ground < CURB_HEIGHT + 0.006
        else:
            assert semantic == Semantic.TERRAIN and abs(z - ground) < 0.06


@pytest.mark.parametrize("name", sorted(NETWORKS))
def test_lanes_show_their_own_class(name):
    network = NETWORKS[name]
    road = (Semantic.ROAD, Semantic.LANE_MARKING)
    expected = {LaneType.DRIVING: road, LaneType.PARKING: road, LaneType.PAVEMENT: (Semantic.PAVEMENT,)}
    middle = np.flatnonzero((network.point_s > 0.0) & (network.point_s < network.lane_length[network.point_lane]))
    for k, (semantic, _) in zip(middle, seen(MESHES[name], network.point_position[middle][:, :2]), strict=True):
        assert semantic in expected[LaneType(network.lane_type[network.point_lane[k]])]


@pytest.mark.parametrize("name", ["intersection", "priority"])
def test_no_gap_is_left_in_a_junction(name):
    half = {"intersection": 7.0, "priority": 3.0}[name]
    grid = np.stack(np.meshgrid(np.linspace(-half, half, 41), np.linspace(-half, half, 41)), axis=-1).reshape(-1, 2)
    for semantic, z in seen(MESHES[name], grid + 0.0137):
        assert semantic == Semantic.ROAD and abs(z) < 0.006


def test_all_faces_that_are_not_upright_face_up():
    for meshes in MESHES.values():
        corners, _, _ = triangles(meshes)
        normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        assert (normal[:, 2] > -1e-4).all()


def test_curbs_stand_between_carriageway_and_pavement():
    corners, semantic, _ = triangles(MESHES["intersection"])
    upright = (np.ptp(corners[:, :, 2], axis=1) > 0.1) & (semantic == Semantic.PAVEMENT)
    assert upright.sum() > 50
    a, b, c = (corners[upright][:, k] for k in range(3))
    normal = np.cross(b - a, c - a)
    assert np.abs(normal[:, 2]).max() < 1e-5
    straight = (np.abs(a[:, 1]) < 7.01) & (np.abs(a[:, 0]) > 14.0) & (np.abs(b[:, 1]) < 7.01)
    assert straight.any() and (normal[straight, 1] * a[straight, 1] < 0.0).all()  # facing the carriageway


def test_broken_lines_have_the_pattern_of_their_surroundings():
    network = street(curvature=0.0, crossing_spacing=0.0, parking_width=0.0, length=300.0)
    for scenery, dash, gap, width in (("urban", 3.0, 6.0, 0.12), ("highway", 6.0, 12.0, 0.15)):
        corners, semantic, _ = triangles(surface_meshes(network, ZERO, scenery))
        paint = corners[semantic == Semantic.LANE_MARKING]
        line = paint[(np.abs(paint[:, :, 1] + 3.5) < 0.2).all(axis=1)]  # between the forward lanes
        assert np.ptp(line[:, :, 1]) == pytest.approx(width, abs=1e-5)
        xs = np.linspace(40.0, 40.0 + 5.0 * (dash + gap), 901)[:-1]
        painted = [len(look_down(line, x, -3.5 + 0.001)[0]) > 0 for x in xs]
        assert np.mean(painted) == pytest.approx(dash / (dash + gap), abs=0.01)


def test_shared_edges_are_painted_once():
    network = street(curvature=0.0, crossing_spacing=0.0)
    corners, semantic, _ = triangles(surface_meshes(network, ZERO, "urban"))
    paint = corners[semantic == Semantic.LANE_MARKING]
    hits, _ = look_down(paint, 61.3, 0.12)  # the upper of the double line in the middle
    assert len(hits) == 1
    assert len(look_down(paint, 61.3, 0.0)[0]) == 0  # between its two lines


def test_crossing_has_stripes_over_half_its_length():
    network = street(curvature=0.0)
    corners, semantic, _ = triangles(surface_meshes(network, ZERO, "urban"))
    paint = corners[semantic == Semantic.LANE_MARKING]
    y = np.linspace(-8.9, 5.4, 400)
    assert np.mean([len(look_down(paint, 30.7, v)[0]) > 0 for v in y]) == pytest.approx(0.5, abs=0.06)


def test_land_passes_under_every_road_of_a_hilly_crossing():
    x = np.linspace(-120.0, 120.0, 121)
    hill = 4.0 * np.sin(x / 25.0)
    lanes = [
        LaneDraft("low", np.stack([x, 0 * x, hill], axis=1), np.full(121, 4.0), np.zeros(121)),
        LaneDraft("over", np.stack([0 * x, x, 8.0 + 0 * x], axis=1), np.full(121, 4.0), np.zeros(121)),
    ]
    network = build_network(lanes)
    corners, semantic, _ = triangles(surface_meshes(network, ZERO, "rural"))
    for k in range(1, 120):
        for at, z in (((x[k], 0.3), hill[k]), ((0.3, x[k]), 8.0)):
            hit, heights = look_down(corners, *at)
            road = heights[semantic[hit] == Semantic.ROAD]
            land = heights[semantic[hit] == Semantic.TERRAIN]
            assert np.abs(road - z).min() < 0.01
            assert land.max() < z - 0.02 or (abs(at[1]) < 2.0 and abs(at[0]) < 2.0)
            between = heights[(heights > 0.5) & (heights < 7.0)]
            if at[0] == 0.3 and abs(x[k]) < 1.5:
                assert len(between) == 0  # the lower road is free under the bridge


def test_verge_lies_level_with_the_ground_beside_a_hilly_road():
    network = NETWORKS["climbing"]
    lanes = lane_arrays(network)
    pavement = network.lane_name.tolist().index("forward.pavement")
    part = slice(network.lane_first_point[pavement] + 3, network.lane_first_point[pavement + 1] - 3)
    heading = network.point_heading[part]
    for away in (2.0, 5.0, 8.0):
        side = np.stack([np.sin(heading), -np.cos(heading)], axis=1) * away
        places = network.point_position[part, :2] + side
        for (px, py), (semantic, z) in zip(places[::7], seen(MESHES["climbing"], places[::7]), strict=True):
            assert semantic == Semantic.TERRAIN
            assert z == pytest.approx(ground_at(lanes, px, py, math.nan)[0], abs=0.03)


def test_land_is_level_for_sixty_meters_and_goes_on_to_six_hundred():
    near = [(10.0, 66.0), (60.0, -66.0), (-58.0, 0.0), (178.0, 0.0)]
    far = [(10.0, 590.0), (60.0, -590.0), (-590.0, 0.0), (710.0, 0.0)]
    meshes = surface_meshes(street(curvature=0.0), ZERO, "urban")
    assert all(semantic == Semantic.TERRAIN and z > -0.05 for semantic, z in seen(meshes, near))
    assert all(semantic == Semantic.TERRAIN and -1.0 < z < -0.05 for semantic, z in seen(meshes, far))


def test_vertices_are_given_about_the_origin():
    near, far = street(curvature=0.0), street(curvature=0.0)
    moved = far._replace(
        point_position=far.point_position + [4e6, 5e6, 100.0],
        grid_origin=far.grid_origin + [4e6, 5e6],
        crossing_start=far.crossing_start + [4e6, 5e6, 100.0],
        crossing_end=far.crossing_end + [4e6, 5e6, 100.0],
    )
    at_home = surface_meshes(near, ZERO, "urban")
    away = surface_meshes(moved, (4e6, 5e6, 100.0), "urban")
    for a, b in zip(at_home[:2], away[:2], strict=True):
        assert a.vertex == pytest.approx(b.vertex, abs=1e-5)


def test_straight_roads_take_few_triangles_and_none_is_long():
    network = street(length=2000.0, curvature=0.0, crossing_spacing=0.0)
    meshes = surface_meshes(network, ZERO, "urban")
    corners, semantic, _ = triangles(meshes)
    assert (semantic == Semantic.ROAD).sum() < 1500 and len(semantic) < 10_000
    assert np.ptp(corners[semantic != Semantic.TERRAIN], axis=1).max() < 26.0


def test_hall_has_a_floor_and_nothing_else():
    network, shelves = make_warehouse(3, 20.0, 3.0, 1.0, 4.0, 2.0)
    corners, semantic, material = triangles(surface_meshes(network, ZERO, "none"))
    assert set(semantic) == {Semantic.FLOOR} and set(material) == {Material.FLOOR}
    for shelf in shelves:
        assert len(look_down(corners, shelf.position[0], shelf.position[1] + 0.4999)[0]) > 0


def test_curbs_are_not_painted():
    points = np.array([[0.0, 0, 0], [50, 0, 0]])
    lane = LaneDraft("a", points, np.full(2, 3.0), np.zeros(2), marking_right=MarkingType.CURB)
    _, semantic, _ = triangles(surface_meshes(build_network([lane]), ZERO, "urban"))
    assert Semantic.LANE_MARKING not in semantic


def test_land_beside_uneven_roads_has_a_height_everywhere():
    """The land's corners lie up to 130 m from a road, further than what a height is averaged from."""
    network = street(grade=0.02)
    meshes = surface_meshes(network, ZERO, "urban")
    assert all(np.isfinite(mesh.vertex).all() for mesh in meshes)


def test_no_wedge_of_grass_opens_where_a_lane_turns_into_the_next_one_at_a_corner():
    ways = ([[0.0, 0.0, 0.0], [50.0, 0.0, 0.0]], [[50.0, 0.0, 0.0], [80.0, 20.0, 0.0]])
    drafts = [
        LaneDraft(name, np.array(way), np.full(2, 4.0), np.zeros(2), successors=after)
        for name, way, after in zip("ab", ways, (["b"], []), strict=True)
    ]
    (look,) = seen(surface_meshes(build_network(drafts), ZERO, "none"), [(50.3, -1.5)])
    assert look == (Semantic.ROAD, pytest.approx(0.0, abs=1e-6))
