"""Ground that the friction of the day holds no vehicle on carries no traffic, and an ego is refused there."""

import numpy as np
import pytest

import simengine
from simengine.behavior.lanes.long_vehicles import CLOSED, NOT, ON, find_long_ways
from simengine.core.errors import ScenarioError
from simengine.core.state import Behavior
from simengine.road.build import build_network
from simengine.road.network.drafts import LaneDraft
from simengine.road.network.network import lane_arrays
from simengine.road.network.projection import locate
from simengine.simulation.world.layout import build_world
from tests.road.opendrive_text import lane, section

QUIET = ["sensors=none", "pedestrians=none", "physics=batched"]


def ways_of(grade: float, bank: float, friction: float) -> int:
    """Return how a straight lane of a grade (rise over run) and a bank [rad] is driven."""
    x = np.linspace(0.0, 200.0, 41)
    points = np.stack([x, np.zeros(41), grade * x], axis=1)
    network = build_network([LaneDraft("a", points, np.full(41, 3.5), np.full(41, bank))])
    return int(find_long_ways(lane_arrays(network), friction)[0])


@pytest.mark.parametrize(
    ("grade", "bank", "friction", "expected"),
    [
        (0.0, 1.05, 0.9, CLOSED), (0.0, -1.05, 0.9, CLOSED), (0.0, 0.05, 0.1, ON), (0.0, 0.07, 0.1, CLOSED),
        (-0.2, 0.0, 0.1, CLOSED), (-0.2, 0.0, 0.3, CLOSED), (-0.2, 0.0, 0.4, ON), (0.2, 0.0, 0.1, CLOSED),
        (-0.05, 0.05, 0.1, CLOSED), (0.04, 0.0, 0.1, ON),
        (0.05, 0.0, 0.1, CLOSED),  # a driven axle climbs µ l_f / (L − µ h) = 0.047
        (0.38, 0.0, 0.9, NOT), (0.0, 0.4, 0.9, NOT), (0.0, 0.2, 0.9, ON),
        (-0.62, 0.0, 0.9, ON), (-0.72, 0.0, 0.9, CLOSED),
    ],
)  # fmt: skip
def test_lanes_are_closed_that_lean_more_than_friction_holds(grade, bank, friction, expected):
    assert ways_of(grade, bank, friction) == expected


@pytest.mark.parametrize("grade", [0.2, -0.2])
def test_an_ego_on_a_street_too_steep_for_its_ice_is_refused_in_one_line(grade):
    settings = ["road=rural", f"road.grade={grade}", "weather=ice", "weather.ice=1.0", "ego=sedan_rural", *QUIET]
    refusal = rf"^road\.grade = {grade}: .*must be from -0\.06 to 0\.06, .*µ of 0\.1$"
    with pytest.raises(ScenarioError, match=refusal):
        build_world(simengine.load_scenario("drive", settings, seed=1))


def two_roads(tmp_path, bank: float):
    """Write a level road along x and one beside it, 100 m to its left, that leans to one side by a bank [rad]."""
    roads = [
        f'<road id="{number}" length="300" junction="-1"><planView><geometry s="0" x="0" y="{y}" hdg="0" length="300">'
        f'<line/></geometry></planView><lateralProfile><superelevation s="0" a="{angle}" b="0" c="0" d="0"/>'
        f"</lateralProfile><lanes>{section(right=[lane(-1), lane(-2)])}</lanes></road>"
        for number, y, angle in ((1, 0.0, 0.0 if bank < 1.0 else bank), (2, 100.0, abs(bank)))
    ]
    path = tmp_path / "banked.xodr"
    path.write_text(f'<OpenDRIVE><header revMajor="1" revMinor="7"/>{"".join(roads)}</OpenDRIVE>')
    return ["road=opendrive", f"road.file={path}", "traffic=town", "traffic.density=20", "ego=sedan_town", *QUIET]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_traffic_keeps_to_the_road_that_can_be_driven_and_the_other_is_remarked(tmp_path, seed):
    world = build_world(simengine.load_scenario("drive", two_roads(tmp_path, 0.9), seed=seed))
    driven = np.flatnonzero(np.isin(world.actors.behavior[0], (Behavior.EGO, Behavior.TRAFFIC)))
    assert len(driven) > 3
    for a in driven:
        x, y, z = world.state.position[0, a]
        assert world.network.lane_name[locate(world.lanes, x, y, z, 0.0)[0]].startswith("1.")
    told = [line for line in world.remarks if "too steep or banked for a µ of 0.9 carry no traffic" in line]
    assert len(told) == 1 and "2.0.-1, 2.0.-2" in told[0]


def test_an_ego_on_a_map_that_leans_everywhere_is_refused_in_one_line(tmp_path):
    refusal = r"^road\.file = .*lane [12]\.0\.-[12], .* 1\.74 m .*at most 0\.7 .*µ of 0\.9$"
    with pytest.raises(ScenarioError, match=refusal):
        build_world(simengine.load_scenario("drive", two_roads(tmp_path, 1.05), seed=1))
