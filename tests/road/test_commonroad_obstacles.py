"""CommonRoad shapes as boxes, occupancies as ways, and a remark for all that is not replayed as the file has it."""

import math

import pytest

from simengine.core.state import ActorKind
from simengine.road.commonroad import read_commonroad
from tests.road.drawn_recordings import car, obstacle, shape, state, street, write


def read(folder, *obstacles):
    return read_commonroad(write(folder, street(), *obstacles))


def outline(*corners):
    return "<polygon>" + "".join(f"<point><x>{x}</x><y>{y}</y></point>" for x, y in corners) + "</polygon>"


def turned(corners, angle, x=0.0, y=0.0):
    c, s = math.cos(angle), math.sin(angle)
    return [(x + c * u - s * v, y + s * u + c * v) for u, v in corners]


BOX = ((2.0, 0.9), (-2.0, 0.9), (-2.0, -0.9), (2.0, -0.9))


@pytest.mark.parametrize(
    ("figure", "size", "heading"),
    [
        (shape(4.5, 1.8, 0.3), (4.5, 1.8), 0.3),
        (shape(1.8, 4.5, 0.5 * math.pi), (4.5, 1.8), 0.0),
        (shape(4.5, 1.8, math.pi - 0.1), (4.5, 1.8), -0.1),
        (shape(1.8, 4.5, 0.3 - 0.5 * math.pi), (4.5, 1.8), 0.3),
        (outline(*turned(BOX, 0.3)), (4.0, 1.8), 0.3),
        (outline(*turned([*BOX, (0.0, 0.0)], -0.2)), (4.0, 1.8), -0.2),
        (outline(*BOX), (4.0, 1.8), 0.0),
        ("<circle><radius>0.4</radius></circle>", (0.8, 0.8), 0.0),
        (shape(4.0, 2.0, 0.0, (-1.0, 0.0)) + shape(2.0, 2.0, 0.0, (2.0, 0.0)), (6.0, 2.0), 0.0),
    ],
)
@pytest.mark.parametrize("static", [False, True])
def test_a_box_is_as_turned_as_its_shape_and_no_larger(tmp_path, figure, size, heading, static):
    body = state("initialState", 0, 50.0, 5.0, 0.1)
    body += "" if static else f"<trajectory>{state('state', 1, 51.0, 5.0, 0.1)}</trajectory>"
    scenario = read(tmp_path, obstacle(7, body, "car", figure, static))
    found = scenario.still if static else scenario.tracks
    assert (found.length[0], found.width[0]) == pytest.approx(size)
    assert found.heading.reshape(-1)[0] == pytest.approx(heading + 0.1)


def test_a_shape_off_its_reference_point_keeps_its_place_when_it_is_turned(tmp_path):
    corners = turned(BOX, 0.3, 1.0, 0.5)
    tracks = read(tmp_path, car(7, 50.0, outline=outline(*corners))).tracks
    assert tracks.position[0, 0] == pytest.approx([51.0, 2.25]) and tracks.velocity[0, 0] == pytest.approx(
        10.0 * math.cos(0.3)
    )


def occupancy(step, figure):
    return f"<occupancy><shape>{figure}</shape><time><exact>{step}</exact></time></occupancy>"


def test_an_obstacle_follows_the_middles_of_its_occupancies_and_is_named(tmp_path):
    areas = [occupancy(k, shape(6.0, 2.5, 0.1 * k, (50.0 + k, 1.75))) for k in (2, 1, 3)]
    body = state("initialState", 0, 50.0, 1.75) + f"<occupancySet>{''.join(areas)}</occupancySet>"
    scenario = read(tmp_path, obstacle(13, body))
    tracks = scenario.tracks
    assert tracks.id.tolist() == ["13"] and tracks.valid.tolist() == [[True] * 4]
    assert tracks.position[0, :, 0] == pytest.approx([50.0, 51.0, 52.0, 53.0])
    assert tracks.heading[0] == pytest.approx([0.0, 0.1, 0.2, 0.3])
    assert (tracks.length[0], tracks.width[0]) == (4.5, 1.8)
    (line,) = [line for line in scenario.remarks if "obstacle 13" in line]
    assert "occupancies" in line and "6 m by 2.5 m" in line


def test_round_occupancies_turn_with_the_way_and_several_of_one_step_are_one(tmp_path):
    def disk(x, y):
        return f"<circle><radius>1</radius><center><x>{x}</x><y>{y}</y></center></circle>"

    areas = occupancy(1, disk(50.0, 2.75)) + occupancy(2, disk(50.0, 2.75)) + occupancy(2, disk(50.0, 4.75))
    body = state("initialState", 0, 50.0, 1.75, 1.2) + f"<occupancySet>{areas}</occupancySet>"
    tracks = read(tmp_path, obstacle(13, body, "pedestrian", disk(0, 0))).tracks
    assert tracks.kind[0] == ActorKind.PEDESTRIAN
    assert tracks.position[0, :, 1] == pytest.approx([1.75, 2.75, 3.75])
    assert tracks.heading[0] == pytest.approx([1.2, 0.5 * math.pi, 0.5 * math.pi])


def test_regions_intervals_gaps_guesses_and_lamps_are_remarked(tmp_path):
    vague = state("initialState", 0, 0, 0).replace(
        "<point><x>0</x><y>0</y></point>", shape(2.0, 1.0, 0.0, (40.0, 1.75))
    )
    vague = vague.replace(
        "<velocity><exact>10.0</exact>",
        "<velocity><intervalStart>8</intervalStart><intervalEnd>12</intervalEnd>",
    )
    gap = f"<trajectory>{state('state', 1, 41, 1.75)}{state('state', 4, 44, 1.75)}</trajectory>"
    lamps = "<signalSeries></signalSeries>"
    remarks = read(tmp_path, obstacle(7, vague + gap + lamps, "unknown")).remarks
    for words in ("is a region", "8 to 12", "obstacle 7: 1 to 4", "obstacle 7: car", "lamps"):
        assert any(words in line for line in remarks), words


def test_a_parked_vehicle_without_a_future_stands_though_it_is_called_dynamic(tmp_path):
    scenario = read(tmp_path, car(7, 50.0, last=0, kind="parkedVehicle"), car(8, 80.0, last=0), car(9, 90.0, last=1))
    assert scenario.still.id.tolist() == ["7"] and scenario.tracks.id.tolist() == ["8", "9"]


def at(*places):
    """Return the states of an obstacle that is at these x [m], one a step."""
    others = "".join(state("state", k, x, 5.0) for k, x in enumerate(places) if k > 0)
    return state("initialState", 0, places[0], 5.0) + f"<trajectory>{others}</trajectory>"


def test_a_parked_vehicle_whose_states_are_all_at_one_place_stands(tmp_path):
    scenario = read(tmp_path, obstacle(7, at(50.0, 50.0, 50.02), "parkedVehicle", shape(4.5, 1.8), False))
    assert scenario.still.id.tolist() == ["7"] and len(scenario.tracks.id) == 0


def test_a_jump_from_state_to_state_is_told(tmp_path):
    remarks = read(tmp_path, obstacle(7, at(50.0, 51.0, 177.0), "car", shape(4.5, 1.8), False)).remarks
    assert any("jumps" in line and "obstacle 7 from step 1 to 2: 1260 m/s" in line for line in remarks)
    remarks = read(tmp_path, obstacle(7, at(50.0, 53.0), "car", shape(4.5, 1.8), False)).remarks
    assert not any("jumps" in line for line in remarks)
