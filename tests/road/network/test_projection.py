"""Lane coordinates, lane lookup and ground against closed forms; projection undoes pose."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import CURB_HEIGHT, LaneType, lane_arrays
from simengine.road.network.projection import (
    ground_at,
    ground_at_batch,
    lane_curvature,
    lane_pose,
    lane_pose_batch,
    lane_width,
    locate,
    locate_batch,
    project_on_lane,
    project_on_lane_batch,
    project_on_lane_near,
)

NAN = math.nan


def network_of(*lanes):
    """Return lane arrays of (points, width, bank, lane type) tuples."""
    return lane_arrays(
        build_network(
            [
                LaneDraft(str(k), np.asarray(p, np.float64), np.full(len(p), w), np.full(len(p), b), lane_type=kind)
                for k, (p, w, b, kind) in enumerate(lanes)
            ]
        )
    )


def lane(points, width=3.5, bank=0.0, lane_type=LaneType.DRIVING):
    return points, width, bank, lane_type


def arc(radius=60.0, angle=2.0, count=120):
    a = np.linspace(0.0, angle, count)
    return np.stack([radius * np.sin(a), radius * (1.0 - np.cos(a)), 0.0 * a], axis=1)


def winding():
    x = np.arange(0.0, 200.0, 1.0)
    return np.stack([x, 8.0 * np.sin(x / 20.0), 0.0 * x], axis=1)


KINKED = [[0, 0, 0], [20, 0, 0], [30, 10, 0], [50, 12, 0], [55, 30, 0]]
SHAPES = {
    "winding": network_of(lane(winding())),
    "kinked": network_of(lane(KINKED)),
    "arc": network_of(lane(arc())),
}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), st.floats(-30.0, 230.0), st.floats(-3.0, 3.0))
def test_projection_undoes_pose(shape, s, t):
    lanes = SHAPES[shape]
    s = min(s, lanes.lane_length[0] + 30.0)
    x, y, _, _ = lane_pose(lanes, 0, s, t)
    assert project_on_lane(lanes, 0, x, y) == pytest.approx((s, t), abs=1e-6)
    assert project_on_lane_near(lanes, 0, x, y, s + 3.0) == pytest.approx((s, t), abs=1e-6)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(SHAPES)), st.floats(-20.0, 220.0), st.floats(-20.0, 20.0))
def test_pose_undoes_projection(shape, x, y):
    lanes = SHAPES[shape]
    s, t = project_on_lane(lanes, 0, x, y)
    px, py, _, _ = lane_pose(lanes, 0, s, t)
    if abs(t) < 6.0:  # within the radius of curvature of every shape
        assert (px, py) == pytest.approx((x, y), abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(st.floats(0.0, 119.9), st.floats(-10.0, 10.0))
def test_lane_coordinates_on_an_arc_agree_with_the_circle_within_a_centimeter(s, t):
    x, y, _, heading = lane_pose(SHAPES["arc"], 0, s, t)
    angle = s / 60.0
    assert (x, y) == pytest.approx(((60.0 - t) * math.sin(angle), 60.0 - (60.0 - t) * math.cos(angle)), abs=0.01)
    assert heading == pytest.approx(angle, abs=1e-4)
    assert lane_curvature(SHAPES["arc"], 0, s) == pytest.approx(1.0 / 60.0, rel=1e-6)


@pytest.mark.parametrize("t", [-3.0, -0.1, 0.0, 0.1, 3.0])
@pytest.mark.parametrize("over", [0.5, 5.0, 150.0])
def test_far_beyond_a_tight_corner_s_goes_on(over, t):
    """The last segment of the corner is curved, and its center of curvature is long passed."""
    lanes = network_of(lane(arc(radius=4.5, angle=0.5 * math.pi, count=18)))
    for end, s in ((lanes.lane_length[0], lanes.lane_length[0] + over), (0.0, -over)):
        x, y, _, _ = lane_pose(lanes, 0, s, t)
        assert project_on_lane(lanes, 0, x, y) == pytest.approx((s, t), abs=1e-6)
        assert project_on_lane_near(lanes, 0, x, y, end) == pytest.approx((s, t), abs=1e-6)


def test_projection_is_continuous_past_a_corner():
    lanes = SHAPES["kinked"]
    for t in (-4.0, 4.0):
        points = [(20.0 + d * math.cos(2.0), -t + d * math.sin(2.0)) for d in np.linspace(-3.0, 3.0, 601)]
        found = np.array([project_on_lane(lanes, 0, x, y) for x, y in points])
        assert np.abs(np.diff(found, axis=0)).max() < 0.05


def test_lanes_go_straight_on_beyond_their_ends():
    lanes = network_of(lane([[0, 0, 1], [10, 0, 2]]))
    assert lane_pose(lanes, 0, -5.0, 1.0) == pytest.approx((-5.0, 1.0, 0.5, 0.0))
    assert lane_pose(lanes, 0, 15.0, -1.0) == pytest.approx((15.0, -1.0, 2.5, 0.0))
    assert project_on_lane(lanes, 0, 17.0, -4.0) == pytest.approx((17.0, -4.0))
    assert project_on_lane(lanes, 0, -3.0, 4.0) == pytest.approx((-3.0, 4.0))


def test_width_is_interpolated():
    points = np.array([[0.0, 0, 0], [10, 0, 0]])
    lanes = lane_arrays(build_network([LaneDraft("a", points, np.array([3.0, 4.0]), np.zeros(2))]))
    assert [lane_width(lanes, 0, s) for s in (-1.0, 5.0, 11.0)] == pytest.approx([3.0, 3.5, 4.0])


TWO_WAY = network_of(lane([[0, 0, 0], [100, 0, 0]]), lane([[100, 3.5, 0], [0, 3.5, 0]]))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ((10.0, 0.2, NAN, NAN), (0, 10.0, 0.2)),
        ((10.0, 3.2, NAN, NAN), (1, 90.0, 0.3)),
        ((10.0, 1.9, 0.0, 0.0), (0, 10.0, 1.9)),  # a little over the line, heading decides
        ((10.0, 2.6, 0.0, 0.0), (1, 90.0, 0.9)),  # well into the other lane it does not
        ((10.0, -20.0, NAN, NAN), (0, 10.0, -20.0)),
    ],
)
def test_locate_prefers_the_lane_that_holds_the_place_then_heading(place, expected):
    assert locate(TWO_WAY, *place) == pytest.approx(expected)


def test_locate_finds_nothing_beyond_thirty_meters():
    assert locate(TWO_WAY, 50.0, -1.75 - 29.9, NAN, NAN)[0] == 0
    assert locate(TWO_WAY, 50.0, -1.75 - 30.1, NAN, NAN)[0] == -1
    assert locate(TWO_WAY, 1e12, 0.0, NAN, NAN)[0] == -1
    assert locate(TWO_WAY, NAN, 0.0, NAN, NAN)[0] == -1


def test_locate_equals_a_search_of_all_lanes():
    rng = np.random.default_rng(3)
    start = rng.uniform(-200.0, 200.0, (40, 2))
    angle = rng.uniform(0.0, 2.0 * math.pi, 40)
    widths = rng.uniform(2.0, 20.0, 40)
    run = np.arange(0.0, 90.0, 3.0)
    lanes = network_of(
        *(
            lane(np.stack([p[0] + run * math.cos(a), p[1] + run * math.sin(a), 0.0 * run], axis=1), width)
            for p, a, width in zip(start, angle, widths, strict=True)
        )
    )
    x, y = rng.uniform(-220.0, 220.0, (2, 300))
    unknown = np.full(300, NAN)
    found, place = np.zeros(300, np.int32), np.zeros((300, 2))
    locate_batch(lanes, x, y, unknown, unknown, found, place)
    for k in range(300):
        all_lanes = np.array([project_on_lane(lanes, j, x[k], y[k]) for j in range(40)])
        beyond = np.maximum(0.0, np.maximum(-all_lanes[:, 0], all_lanes[:, 0] - lanes.lane_length))
        beside = np.maximum(0.0, np.abs(all_lanes[:, 1]) - 0.5 * widths)
        outside = np.hypot(beyond, beside)
        cost = 4.0 * outside + 0.01 * np.abs(all_lanes[:, 1])
        if outside.min() > 30.0:
            assert found[k] == -1
        else:
            assert cost[found[k]] == pytest.approx(cost.min(), abs=1e-9)


def test_ground_follows_grade_and_superelevation():
    x = np.linspace(0.0, 100.0, 11)
    lanes = network_of(lane(np.stack([x, 0 * x, 0.05 * x], axis=1), width=8.0, bank=0.1))
    z, nx, ny, nz = ground_at(lanes, 40.0, 2.0, NAN)
    assert z == pytest.approx(2.0 + 2.0 * math.tan(0.1))
    normal = np.array([-0.05, -math.tan(0.1), 1.0])
    assert (nx, ny, nz) == pytest.approx(normal / np.linalg.norm(normal))


def test_ground_goes_on_level_from_the_nearest_edge():
    lanes = network_of(lane([[0, 0, 1], [100, 0, 1]], width=8.0, bank=0.1))
    assert ground_at(lanes, 40.0, 200.0, NAN) == pytest.approx((1.0 + 4.0 * math.tan(0.1), 0, 0, 1))
    assert ground_at(lanes, 40.0, -1e6, NAN) == pytest.approx((1.0 - 4.0 * math.tan(0.1), 0, 0, 1))
    assert ground_at(lanes, 500.0, 0.0, NAN)[0] == pytest.approx(1.0)


def test_ground_is_smooth_over_the_joints_of_a_hill():
    x = np.arange(0.0, 200.0, 2.0)
    lanes = network_of(lane(np.stack([x, 0 * x, 3.0 * np.sin(x / 30.0)], axis=1)))
    place = np.linspace(10.0, 180.0, 3001)
    out = np.zeros((len(place), 4))
    ground_at_batch(lanes, place, 0.3 * np.ones_like(place), np.full_like(place, NAN), out)
    assert np.abs(out[:, 0] - 3.0 * np.sin(place / 30.0)).max() < 0.003
    assert np.abs(np.diff(out[:, 1])).max() < 3e-4  # the slope has no steps; segment by segment they would be 7e-3


def test_ground_is_over_or_under_a_bridge_by_the_height_asked_for():
    lanes = network_of(lane([[-50, 0, 0], [50, 0, 0]]), lane([[0, -50, 6], [0, 50, 6]]))
    assert ground_at(lanes, 0.0, 0.0, 0.7)[0] == 0.0
    assert ground_at(lanes, 0.0, 0.0, 6.5)[0] == 6.0
    assert ground_at(lanes, 0.0, 5.0, 0.5)[0] == 0.0  # beside the lower road, under the bridge
    assert locate(lanes, 0.0, 0.0, 6.0, NAN)[0] == 1


def test_pavement_is_a_slab_that_ground_and_pose_agree_on():
    lanes = network_of(lane([[0, 0, 0], [50, 0, 0]]), lane([[0, -3, 0], [50, -3, 0]], 2.5, 0.0, LaneType.PAVEMENT))
    assert ground_at(lanes, 20.0, 0.0, NAN)[0] == 0.0
    assert ground_at(lanes, 20.0, -3.0, NAN)[0] == CURB_HEIGHT == lane_pose(lanes, 1, 20.0, 0.0)[2]
    assert ground_at(lanes, 20.0, -10.0, NAN)[0] == 0.0


def test_overlapping_lanes_of_different_height_make_no_steps():
    x = np.linspace(0.0, 40.0, 21)
    lanes = network_of(
        lane(np.stack([x, 0 * x, 0.05 + 0 * x], axis=1)), lane(np.stack([x, x / 10.0 - 2.0, 0 * x], axis=1))
    )
    z = [ground_at(lanes, 20.0, y, NAN)[0] for y in np.linspace(-1.7, 1.7, 341)]
    assert np.abs(np.diff(z)).max() < 0.002


def test_flat_networks_answer_without_search():
    assert not math.isnan(TWO_WAY.level)
    assert ground_at(TWO_WAY, NAN, 7.0, 3.0) == (0.0, 0.0, 0.0, 1.0)


def test_batches_equal_their_scalars():
    lanes = SHAPES["winding"]
    rng = np.random.default_rng(4)
    x, y = rng.uniform(-10.0, 210.0, 20), rng.uniform(-20.0, 20.0, 20)
    which = np.zeros(20, np.int32)
    place, pose = np.zeros((20, 2)), np.zeros((20, 4))
    project_on_lane_batch(lanes, which, x, y, place)
    lane_pose_batch(lanes, which, place[:, 0].copy(), place[:, 1].copy(), pose)
    for k in range(20):
        assert tuple(place[k]) == project_on_lane(lanes, 0, x[k], y[k])
        assert tuple(pose[k]) == lane_pose(lanes, 0, *place[k])


def test_ground_has_no_steps_between_lanes_of_different_height():
    x = np.linspace(0.0, 60.0, 31)
    lanes = network_of(lane(np.stack([x, 0 * x, 0 * x], axis=1)), lane(np.stack([x, 0 * x + 9.5, 0 * x + 1.4], axis=1)))
    y = np.arange(-6.0, 16.0, 0.05)
    z = np.array([ground_at(lanes, 30.0, float(v), 0.7)[0] for v in y])
    assert np.abs(np.diff(z)).max() < 0.05 * 0.55  # 1.4 m in 6 m, and a little more
    assert (z[y < 1.75] == 0.0).all() and (z[y > 9.5 - 1.75] == 1.4).all()
    assert z[np.argmin(np.abs(y - 4.75))] == pytest.approx(0.7, abs=0.02)  # halfway between their edges
    for v in (2.2, 3.0, 4.75, 6.9):
        _, _, ny, nz = ground_at(lanes, 30.0, v, 0.7)
        slope = (ground_at(lanes, 30.0, v + 0.01, 0.7)[0] - ground_at(lanes, 30.0, v - 0.01, 0.7)[0]) / 0.02
        assert -ny / nz == pytest.approx(slope, abs=0.06)


def test_ground_between_a_road_and_a_bridge_is_not_blended():
    lanes = network_of(lane([[-50, 0, 0], [50, 0, 0]]), lane([[-50, 6, 6], [50, 6, 6]]))
    assert ground_at(lanes, 0.0, 2.9, 0.2)[0] == 0.0
    assert ground_at(lanes, 0.0, 3.1, 6.0)[0] == 6.0


@pytest.mark.parametrize("hint", [NAN, -0.3, 0.0, 0.06, 0.3])
def test_a_pavement_has_no_gaps_at_its_joints_whatever_the_hint(hint):
    x = np.arange(0.0, 41.0, 2.0)
    lanes = network_of(
        lane(np.stack([x, 0 * x, 0 * x], axis=1)),
        lane(np.stack([x, 0 * x - 3, 0 * x], axis=1), 2.5, 0.0, LaneType.PAVEMENT),
    )
    z = [ground_at(lanes, float(v), -3.2, hint)[0] for v in np.arange(9.0, 15.0, 0.01)]
    assert min(z) == max(z) == CURB_HEIGHT
