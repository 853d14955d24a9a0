"""Cross-sections of OpenDRIVE roads: sides that go on, raised lanes, where lanes begin and end, too tight bends."""

import math

import numpy as np
import pytest

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Material
from simengine.road.ground.surface import surface_meshes
from simengine.road.network.network import CURB_HEIGHT, LaneType, MarkingType, lane_arrays
from simengine.road.network.projection import ground_at, lane_pose, project_on_lane
from tests.behavior.small_world import SmallWorld
from tests.road.named_lanes import lane as row
from tests.road.named_lanes import points, successors
from tests.road.opendrive_text import lane, read_road, section

NAN = math.nan


def followed(network, name):
    """Return the names of a lane and of what follows it, one after the other."""
    names = [name]
    while after := successors(network, names[-1]):
        names += sorted(after)[:1]
    return names


# ------------------------------------------------------------------------------------------------- sides that go on


def two_sided(tmp_path, second='singleSide="true"', third='singleSide="true"'):
    """A road whose right side changes at 100 and whose left side changes at 180."""
    wider = '<width sOffset="0" a="3" b="0" c="0" d="0"/><width sOffset="150" a="4" b="0" c="0" d="0"/>'
    slower = '<speed sOffset="0" max="20" unit="m/s"/><speed sOffset="140" max="10" unit="m/s"/>'
    marks = '<roadMark sOffset="0" type="broken"/><roadMark sOffset="120" type="solid"/>'
    return read_road(
        tmp_path,
        [
            section([lane(1, slower + marks, width=wider)], [lane(-1)]),
            section((), [lane(-1), lane(-2, link=False)], s=100, attributes=second),
            section([lane(1), lane(2, link=False)], (), s=180, attributes=third),
        ],
        length=300,
    ).network


def test_a_side_that_a_section_does_not_name_goes_on(tmp_path):
    network = two_sided(tmp_path)
    for first, start, end, pieces in (("1.3.1", 300, 0, 4), ("1.0.-1", 0, 300, 4), ("1.1.-2", 100, 300, 3)):
        chain = followed(network, first)
        assert len(chain) == pieces
        assert points(network, chain[0])[0, 0] == pytest.approx(start)
        assert points(network, chain[-1])[-1, 0] == pytest.approx(end)
        for a, b in zip(chain, chain[1:], strict=False):
            assert points(network, a)[-1] == pytest.approx(points(network, b)[0], abs=0.6)


def test_what_a_side_states_counts_from_where_it_began(tmp_path):
    network = two_sided(tmp_path)
    limit = {float(points(network, name)[-1, 0]): network.lane_speed_limit[row(network, name)]
             for name in followed(network, "1.3.1")[1:]}  # fmt: skip
    assert limit == {0.0: 20.0, 100.0: 20.0, 140.0: 10.0}
    broken, solid = MarkingType.BROKEN, MarkingType.SOLID
    for x, width, kind in ((110, 3.0, broken), (130, 3.0, solid), (170, 4.0, solid)):
        near = np.flatnonzero(
            (network.lane_type[network.point_lane] == LaneType.DRIVING)
            & (network.point_position[:, 1] > 0.0) & (network.point_position[:, 0] > x)
        )  # fmt: skip
        i = near[network.point_position[near, 0].argmin()]  # lane 1 runs against x: what holds on from there
        assert network.point_width[i] == pytest.approx(width) and network.point_marking[i, 1] == kind


def test_only_sections_of_one_side_carry_the_other_on(tmp_path):
    network = two_sided(tmp_path, second="", third="")
    assert points(network, followed(network, "1.0.-1")[-1])[-1, 0] == 180.0
    ends = [points(network, name)[:, 0].tolist() for name in network.lane_name if str(name).endswith(".1")]
    assert sorted((min(x), max(x)) for x in ends) == [(0.0, 100.0), (180.0, 300.0)]


def test_an_empty_side_of_a_one_sided_section_goes_on_too(tmp_path):
    text = [section([lane(1)], [lane(-1)]), section((), [lane(-1)], s=50, attributes='singleSide="true"')]
    text[1] = text[1].replace("<center>", "<left></left><center>")
    assert followed(read_road(tmp_path, text).network, "1.1.1") == ["1.1.1", "1.0.1"]


def test_both_sides_go_on_through_a_one_sided_section_that_names_none(tmp_path):
    text = [section([lane(1)], [lane(-1)]), section((), (), s=50, attributes='singleSide="true"')]
    network = read_road(tmp_path, text).network
    assert followed(network, "1.1.1") == ["1.1.1", "1.0.1"] and followed(network, "1.0.-1") == ["1.0.-1", "1.1.-1"]


# ------------------------------------------------------------------------------------------------------ raised lanes


def height(inner, outer, s=0.0):
    return f'<height sOffset="{s}" inner="{inner}" outer="{outer}"/>'


def ground(network, x, y):
    return ground_at(lane_arrays(network), x, y, NAN)


def seen_height(network, x, y):
    """Return the height of the highest surface of roads and pavements above a place [m]."""
    highest = -math.inf
    for mesh in surface_meshes(network, (0.0, 0.0, 0.0), "urban"):
        corners = mesh.vertex[mesh.triangle[np.isin(mesh.semantic, (Semantic.ROAD, Semantic.PAVEMENT))]]
        a, u, v = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
        area = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
        a, u, v, area = (part[np.abs(area) > 1e-9] for part in (a, u, v, area))
        f = ((x - a[:, 0]) * v[:, 1] - (y - a[:, 1]) * v[:, 0]) / area
        g = (u[:, 0] * (y - a[:, 1]) - u[:, 1] * (x - a[:, 0])) / area
        inside = (f >= -1e-6) & (g >= -1e-6) & (f + g <= 1.0 + 1e-6)
        if inside.any():
            highest = max(highest, float((a[:, 2] + f * u[:, 2] + g * v[:, 2])[inside].max()))
    return highest


def test_stated_heights_of_a_pavement_hold_and_are_not_doubled(tmp_path):
    right = [lane(-1), lane(-2, height(0.2, 0.3), width=2.0, kind="sidewalk")]
    network = read_road(tmp_path, [section(right=right)]).network
    for y, z in ((-4.0, 0.225), (-4.5, 0.25), (-5.0, 0.275)):
        at, _, ny, nz = ground(network, 50.0, y)
        assert at == pytest.approx(z, abs=1e-9)
        assert ny / nz == pytest.approx(0.05, abs=1e-9)  # it rises to the right: its normal leans to the left
        assert seen_height(network, 50.0, y) == pytest.approx(z, abs=1e-5)
    assert lane_pose(lane_arrays(network), 1, 50.0, 0.0)[2] == pytest.approx(0.25)
    assert ground(network, 50.0, -3.4)[0] == 0.0 and ground(network, 50.0, -8.0)[0] == 0.0


def test_a_pavement_without_height_keeps_the_usual_curb(tmp_path):
    network = read_road(tmp_path, [section(right=[lane(-1), lane(-2, kind="sidewalk")])]).network
    assert ground(network, 50.0, -5.0)[0] == CURB_HEIGHT
    level = read_road(tmp_path, [section(right=[lane(-1), lane(-2, height(0, 0), kind="sidewalk")])]).network
    assert ground(level, 50.0, -5.0)[0] == 0.0 and seen_height(level, 50.0, -5.0) == pytest.approx(0.0, abs=1e-6)


def test_other_lanes_are_raised_too(tmp_path):
    right = [lane(-1), lane(-2, height(0.15, 0.15), width=2.0, kind="median"), lane(-3)]
    network = read_road(tmp_path, [section(right=right)]).network
    assert ground(network, 50.0, -4.5)[0] == pytest.approx(0.15)
    assert ground(network, 50.0, -3.45)[0] == 0.0 and ground(network, 50.0, -5.55)[0] == 0.0
    top = [m.vertex[m.triangle[m.material == Material.GRASS]] for m in surface_meshes(network, (0, 0, 0), "urban")]
    assert max(part[..., 2].max() for part in top if len(part)) == pytest.approx(0.15, abs=1e-6)


def test_heights_change_evenly_between_their_records(tmp_path):
    ramp = height(0.0, 0.0, 0) + height(0.0, 0.0, 40) + height(0.2, 0.2, 60)
    network = read_road(tmp_path, [section(right=[lane(-1), lane(-2, ramp, kind="sidewalk")])]).network
    for x, z in ((20.0, 0.0), (45.0, 0.05), (50.0, 0.1), (90.0, 0.2)):
        assert ground(network, x, -5.0)[0] == pytest.approx(z, abs=1e-9)
        assert seen_height(network, x, -5.0) == pytest.approx(z, abs=1e-5)
    assert -ground(network, 50.0, -5.0)[1] / ground(network, 50.0, -5.0)[3] == pytest.approx(0.01, abs=1e-6)


def test_lanes_of_one_height_meet_without_a_groove(tmp_path):
    raised = [lane(k, height(0.12, 0.12), width=2.0, kind=kind) for k, kind in ((-2, "biking"), (-3, "sidewalk"))]
    network = read_road(tmp_path, [section(right=[lane(-1), *raised])]).network
    for y in np.linspace(-7.3, -3.7, 60):
        assert ground(network, 50.0, float(y))[0] == pytest.approx(0.12, abs=1e-9)
    assert ground(network, 50.0, -3.55)[0] == pytest.approx(0.06)  # the curb itself


def test_heights_follow_their_side_whatever_way_it_runs(tmp_path):
    left = [lane(1), lane(2, height(0.0, 0.2), width=2.0, kind="sidewalk")]
    network = read_road(tmp_path, [section(left, [lane(-1)])]).network
    assert ground(network, 50.0, 4.0)[0] == pytest.approx(0.05) and ground(network, 50.0, 5.0)[0] == pytest.approx(0.15)


def test_raised_lanes_lie_on_banked_roads(tmp_path):
    profile = '<lateralProfile><superelevation s="0" a="0.1" b="0" c="0" d="0"/></lateralProfile>'
    right = [lane(-1), lane(-2, height(0.1, 0.1), kind="sidewalk")]
    network = read_road(tmp_path, [section(right=right)], profile=profile).network
    y = -5.25 * math.cos(0.1)
    assert ground(network, 50.0, y)[0] == pytest.approx(-5.25 * math.sin(0.1) + 0.1, abs=1e-9)


# ------------------------------------------------------------------------------------- where lanes begin and end


def tapered(tmp_path, *records, tag="width", name="1.0.-2"):
    width = "".join(f'<{tag} sOffset="{s}" a="{a}" b="{b}" c="{c}" d="{d}"/>' for s, a, b, c, d in records)
    inner = 3.5 if tag == "width" else '<border sOffset="0" a="3.5" b="0" c="0" d="0"/>'
    sections = [section(right=[lane(-1, width=inner), lane(-2, width=width)])]
    return points(read_road(tmp_path, sections).network, name)


def test_a_tapered_lane_begins_and_ends_where_it_is_wide_enough(tmp_path):
    p = tapered(tmp_path, (0, 0, 0, 0, 0), (21.3, 0, 0.01, 0, 0), (61.3, 0.4, -0.02, 0, 0))
    assert (p[0, 0], p[-1, 0]) == pytest.approx((21.3 + 5.0, 61.3 + 17.5), abs=1e-4)
    p = tapered(tmp_path, (0, 3.5, 0, 0, 0), (17.9, 3.5, 0, -3 * 3.5 / 2500, 2 * 3.5 / 125000), (67.9, 0, 0, 0, 0))
    u = next(u for u in np.linspace(0, 1, 2_000_001) if 3.5 * (1 - 3 * u * u + 2 * u**3) < 0.05)
    assert p[-1, 0] == pytest.approx(17.9 + 50.0 * u, abs=1e-3)


def test_a_lane_that_ends_at_once_is_there_to_the_end(tmp_path):
    records = (0, 3, 0, 0, 0), (33.7, 0, 0, 0, 0), (71.1, 3, 0, 0, 0), (88.8, 0, 0, 0, 0)
    for name, start, end in (("1.0.-2.0", 0.0, 33.7), ("1.0.-2.1", 71.1, 88.8)):
        p = tapered(tmp_path, *records, name=name)
        assert (p[0, 0], p[-1, 0]) == pytest.approx((start, end), abs=1e-4)


@pytest.mark.parametrize(
    ("start", "end", "kinds"),
    [(20.0, 60.0, [LaneType.PARKING]), (20.0, 130.0, [LaneType.DRIVING]), (-1.0, 60.0, [LaneType.DRIVING])],
)
def test_a_driving_lane_that_begins_and_ends_beside_others_is_a_bay(tmp_path, start, end, kinds):
    """Traffic would be placed in it and change into it, and come to where it ends."""
    record = '<width sOffset="{}" a="{}" b="0" c="0" d="0"/>'
    width = record.format(0, 3 if start < 0.0 else 0)
    width += record.format(start, 3) if start > 0.0 else ""
    width += record.format(end, 0)
    read = read_road(tmp_path, [section(right=[lane(-1), lane(-2, width=width)])], length=200.0)
    bays = [k for k, name in enumerate(read.network.lane_name) if str(name).startswith("1.0.-2")]
    assert [LaneType(int(read.network.lane_type[k])) for k in bays] == kinds
    told = [line for line in read.remarks if "taken for a parking bay" in line]
    assert len(told) == (kinds == [LaneType.PARKING]) and all("id='-2' at s = 20 to 60 m" in line for line in told)


def test_a_short_lane_between_two_stations_is_found(tmp_path):
    p = tapered(tmp_path, (0, 0, 0, 0, 0), (50, -0.8775, 0.9, -0.2, 0), (54.5, 0, 0, 0, 0))
    half = math.sqrt((0.9**2 / 0.8 - 0.8775 - 0.05) / 0.2)
    assert (p[0, 0], p[-1, 0]) == pytest.approx((50 + 2.25 - half, 50 + 2.25 + half), abs=1e-3)


def test_a_lane_between_borders_begins_where_they_part(tmp_path):
    p = tapered(tmp_path, (0, 3.5, 0, 0, 0), (31.7, 3.5, 0.02, 0, 0), tag="border")
    assert p[0, 0] == pytest.approx(31.7 + 2.5, abs=1e-4)


# ------------------------------------------------------------------------------------------------------- tight bends


def bend(tmp_path, radius, angle=0.5 * math.pi, straight=40.0):
    """A road of two lanes each way that bends to the left."""
    length = radius * angle
    plan = (
        f'<geometry s="0" x="0" y="0" hdg="0" length="{straight}"><line/></geometry>'
        f'<geometry s="{straight}" x="{straight}" y="0" hdg="0" length="{length}">'
        f'<arc curvature="{1 / radius}"/></geometry>'
        f'<geometry s="{straight + length}" x="{straight + radius * math.sin(angle)}" '
        f'y="{radius * (1 - math.cos(angle))}" hdg="{angle}" length="{straight}"><line/></geometry>'
    )
    sections = [section([lane(1), lane(2)], [lane(-1), lane(-2)])]
    return read_road(tmp_path, sections, length=2 * straight + length, plan=plan)


@pytest.mark.parametrize("radius", [1.0, 2.0, 3.0, 5.0])
def test_a_lane_that_folds_is_rounded_so_that_cars_can_go(tmp_path, radius):
    road = bend(tmp_path, radius)
    network = road.network
    i = row(network, "1.0.2")
    part = slice(network.lane_first_point[i], network.lane_first_point[i + 1])
    assert np.abs(network.point_curvature[part]).max() < 1.0 / 4.9
    assert np.abs(np.diff(np.unwrap(network.point_heading[part]))).max() < 0.1
    assert points(network, "1.0.2")[0] == pytest.approx([40 + radius - 5.25, radius + 40, 0])  # its ends stay
    assert points(network, "1.0.2")[-1] == pytest.approx([0, 5.25, 0])
    assert any("folds back on itself" in remark and "is rounded" in remark for remark in road.remarks)
    assert network.lane_left[row(network, "1.0.1")] == -1 and network.lane_name[network.lane_left[i]] == "1.0.1"


def test_bends_that_lanes_can_follow_stay_as_they_are(tmp_path):
    road = bend(tmp_path, 7.5)
    p = points(road.network, "1.0.2")
    on_arc = (p[:, 0] > 40.0) & (p[:, 1] < 7.5)
    assert np.hypot(p[on_arc, 0] - 40.0, p[on_arc, 1] - 7.5) == pytest.approx(2.25, abs=1e-9) and on_arc.sum() > 5
    assert road.remarks == ()


def test_a_lane_that_cannot_be_rounded_is_cut_and_told(tmp_path):
    road = bend(tmp_path, 3.0, angle=math.pi)  # before and after the hairpin the inner lanes lie on each other
    names = [str(name) for name in road.network.lane_name if name.startswith("1.0.2")]
    assert names == ["1.0.2.0", "1.0.2.1"] and not successors(road.network, "1.0.2.1")
    for name in names:
        assert np.ptp(points(road.network, name)[:, 1]) == pytest.approx(0.0, abs=1e-3)
    pieces = [row(road.network, name) for name in names]
    assert road.network.lane_left[pieces].tolist() == [-1, -1] == road.network.lane_opposite[pieces].tolist()
    assert any("is cut there" in remark for remark in road.remarks)


def test_cars_follow_a_rounded_fold(tmp_path):
    network = bend(tmp_path, 3.0).network
    for name in ("1.0.2", "1.0.1"):
        world, i = SmallWorld(network, ["sedan"]), row(network, name)
        world.put(0, i, 5.0, 8.0)
        s = t = 0.0
        for _ in range(600):
            world.step()
            s, t = project_on_lane(world.lanes, i, *world.state.position[0, 0, :2])
            assert abs(t) < 0.9 and world.memory.lane[0, 0] == i
            if s > network.lane_length[i] - 10.0:
                break
        assert s > network.lane_length[i] - 10.0
