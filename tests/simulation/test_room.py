"""Everybody is placed where there is room: as many as fit and that is told, what a scenario names or an error."""

import math

import numpy as np
import pytest

import simengine
from simengine.core.errors import ScenarioError
from simengine.core.space.geometry import boxes_gap, yaw_from_quaternion
from simengine.core.state import ActorKind, Behavior
from simengine.road.network.network import LaneType
from simengine.simulation.placement.people import MOST_TOGETHER, group_size
from simengine.simulation.world.layout import World, build_world
from simengine.verify.crowd import nearest_distances
from simengine.verify.library import library

QUIET = ("sensors=none", "physics=batched")
TOWN = (*QUIET, "road=urban", "ego=sedan_town", "traffic=town", "pedestrians=crowd")
EMPTY = (*QUIET, "road=urban", "ego=sedan_town", "traffic=none", "pedestrians=none")
HIGHWAY = (*QUIET, "road=highway", "traffic=dense", "pedestrians=crowd")
PERSON = "{kind: pedestrian, behavior: scripted, speed: 0.0, present: true, place: {arm: own, lane: 0, ahead: %s, " \
    "lateral: %s, heading_deg: 0.0, height: 0.0}}"  # fmt: skip


def town(*overrides: str, seed: int = 1, usual: tuple[str, ...] = TOWN) -> World:
    return build_world(simengine.load_scenario("drive", [*usual, *overrides], seed=seed))


def told(world: World, *words: str) -> bool:
    return any(all(word in line for word in words) for line in world.remarks)


def boxes(world: World) -> dict[str, tuple[float, float, float, float, float]]:
    """Return x, y, yaw, length and width of everybody who is there."""
    state, actors = world.state, world.actors
    return {
        name: (
            *(float(v) for v in state.position[0, a, :2]),
            yaw_from_quaternion(*(float(q) for q in state.orientation[0, a])),
            float(actors.length[0, a]), float(actors.width[0, a]),
        )
        for name, a in world.names.items() if state.valid[0, a]
    }  # fmt: skip


def in_scenery(world: World) -> list[str]:
    """Return who stands in something solid: every actor against every obstacle, by separating axes."""
    found = []
    for name, box in boxes(world).items():
        for solid in world.scenery.obstacles:
            x, y, z = solid.position
            over = abs(z - float(world.state.position[0, world.names[name], 2])) < 0.5 * solid.size[2]
            if over and boxes_gap(*box, x, y, solid.yaw, solid.size[0], solid.size[1]) < 0.0:
                found.append(name)
    return found


def overlapping(world: World) -> list[tuple[str, str]]:
    there = list(boxes(world).items())
    return [
        (one, other)
        for k, (one, a) in enumerate(there) for other, b in there[k + 1 :]
        if math.hypot(a[0] - b[0], a[1] - b[1]) < 20.0 and boxes_gap(*a, *b) < 0.0
    ]  # fmt: skip


# ----------------------------------------------------------------------------------------------------- what finds room


@pytest.mark.parametrize("seed", [3, 7, 11, 901])  # of which some had "no free gap"
def test_a_town_with_a_crowd_is_placed_whatever_the_seed(seed):
    world = town(seed=seed)
    behavior = world.actors.behavior[0, world.state.valid[0]]
    assert (behavior == Behavior.TRAFFIC).sum() >= 5 and (behavior == Behavior.WALKER).sum() >= 30
    assert in_scenery(world) == [] and overlapping(world) == []


def test_what_finds_no_room_is_left_out_and_told_with_figures():
    narrow = ("road.length=80", "road.pavement_width=1.2", "traffic.density=60")
    crowded = town(*narrow, "pedestrians.density=500", "pedestrians.max_people=300")
    people = int((crowded.actors.behavior[0] == Behavior.WALKER).sum())
    vehicles = int((crowded.actors.behavior[0] == Behavior.TRAFFIC).sum())
    assert told(crowded, f"pedestrians: {people} of ", "people placed")
    assert told(crowded, f"traffic: {vehicles} of ", "vehicles placed")
    assert overlapping(crowded) == [] and in_scenery(crowded) == []
    assert not told(town("pedestrians.max_people=20"), "people placed")


def test_a_road_without_pavements_is_told():
    assert told(town(usual=HIGHWAY), "the road has no pavement")


def test_spare_vehicles_of_a_road_that_takes_none_are_no_error():
    world = town("road.length=60", "ego.position=20", "traffic.radius=50", "traffic.density=1", "traffic.inflow=400")
    assert told(world, "traffic.density = 1", "takes one") or world.state.valid[0].sum() > 1


@pytest.mark.parametrize("settings", [("traffic.density=60", "traffic.max_vehicles=200"), ("traffic.density=120",)])
def test_dense_traffic_is_placed_as_far_as_it_fits(settings):
    world = town(*settings, usual=HIGHWAY)
    assert (world.actors.behavior[0] == Behavior.TRAFFIC).sum() >= 15
    assert overlapping(world) == []


def test_placing_is_the_same_again():
    one, other = town(seed=5), town(seed=5)
    assert (one.state.position == other.state.position).all() and one.remarks == other.remarks
    assert (one.crowd.group == other.crowd.group).all()


# ------------------------------------------------------------------------------------------------------------- scenery


@pytest.mark.parametrize("entry", library(), ids=lambda entry: entry.name)
def test_nobody_of_the_library_starts_in_scenery(entry):
    for seed in (21, 22, 23, 24):
        try:
            world = build_world(simengine.load_scenario(entry.name, [*QUIET], seed=seed))
        except ScenarioError as error:  # a scenario whose own actor does not fit says so, and is placed nowhere
            assert "would stand in" in str(error)
            continue
        assert in_scenery(world) == [] and overlapping(world) == []


def own_actor(ahead: float, lateral: float, *overrides: str) -> World:
    return town(f"+scenario.actors.guest={PERSON % (ahead, lateral)}", *overrides, usual=EMPTY)


def test_furniture_makes_room_for_a_scenarios_own_actor():
    plain = town(usual=EMPTY)
    ego = boxes(plain)["ego"]
    posts = [prop for prop in plain.scenery.props if prop.kind == "lamp_post" and prop.position[0] > ego[0] + 20.0]
    x, y, _ = posts[0].position
    world = own_actor(x - ego[0], y - ego[1])
    guest = boxes(world)["guest"]
    assert math.hypot(guest[0] - x, guest[1] - y) < 0.5  # there it stands, and the post does not
    assert in_scenery(world) == [] and len(world.scenery.props) == len(plain.scenery.props) - 1
    assert all(prop.position != posts[0].position for prop in world.scenery.props)


def test_a_scenarios_own_actor_in_a_shelf_is_refused_with_names_and_place():
    hall = build_world(simengine.load_scenario("warehouse/person_steps_out", list(QUIET), seed=_fitting_seed()))
    ego = boxes(hall)["ego"]
    shelf = next(prop for prop in hall.scenery.props if prop.kind == "shelf")
    place = [
        "scenario.actors.person.place.ahead=8.0",
        f"scenario.actors.person.place.lateral={shelf.position[1] - ego[1]}",
    ]
    with pytest.raises(ScenarioError, match=r"scenario\.actors\.person\.place: person would stand in a shelf at x = "):
        build_world(simengine.load_scenario("warehouse/person_steps_out", [*QUIET, *place], seed=1))


def _fitting_seed() -> int:
    for seed in range(1, 20):
        try:
            build_world(simengine.load_scenario("warehouse/person_steps_out", list(QUIET), seed=seed))
        except ScenarioError:
            continue
        return seed
    raise AssertionError("the scenario fits with no seed")


# ------------------------------------------------------------------------------------------------------------- company


@pytest.mark.parametrize("share", [0.0, 0.3, 0.56, 0.67])
def test_a_share_of_the_people_is_in_company(share):
    random = np.random.default_rng(3)
    sizes = np.array([group_size(random, share) for _ in range(20_000)])
    assert sizes.min() == 1 and sizes.max() <= MOST_TOGETHER
    assert sizes[sizes > 1].sum() / sizes.sum() == pytest.approx(share, abs=0.01)
    if share > 0.0:  # a Poisson distribution without 0: P(3) / P(2) is a third of its parameter
        assert (sizes == 3).sum() / (sizes == 2).sum() == pytest.approx(-math.log(1.0 - share) / 3.0, rel=0.1)


def test_groups_start_together_on_one_pavement_and_shares_are_those_asked_for():
    alone = together = stands = waits = 0
    for seed in (31, 32, 33):
        world = town("pedestrians.standing_share=0.4", "pedestrians.waiting_share=0.2", seed=seed)
        crowd, position = world.crowd, world.state.position[0]
        walks = world.actors.behavior[0] == Behavior.WALKER
        assert (world.actors.kind[0, walks] == ActorKind.PEDESTRIAN).all()
        alone += int((crowd.group[0, walks] < 0).sum())
        together += int((crowd.group[0, walks] >= 0).sum())
        stands += int(crowd.stands[0, walks].sum())
        waits += int((crowd.waits[0, walks] >= 0).sum())
        for g in np.unique(crowd.group[0][crowd.group[0] >= 0]):
            members = np.flatnonzero(crowd.group[0] == g)
            assert len(members) > 1 and members[-1] - members[0] + 1 == len(members)
            place = position[members, :2]
            assert np.hypot(*(place - place.mean(axis=0)).T).max() < 3.0
            assert len(set(np.sign(place[:, 1] - position[0, 1] - 1.6))) == 1  # one side of the street
            nearest = nearest_distances(place)
            assert nearest.min() > 0.7 and nearest.max() < 1.2
    everybody = alone + together
    assert together / everybody == pytest.approx(0.67, abs=0.12)
    assert stands / everybody == pytest.approx(0.4, abs=0.12)
    assert waits / everybody == pytest.approx(0.2, abs=0.12)


def test_people_who_stand_leave_a_passage_and_narrow_pavements_free():
    assert not town("road.pavement_width=2.0", "pedestrians.standing_share=1.0").crowd.stands.any()
    world = town("pedestrians.standing_share=1.0", "pedestrians.waiting_share=0.0")
    assert world.crowd.stands.any()
    lanes = world.lanes
    for lane in np.flatnonzero(lanes.lane_type == LaneType.PAVEMENT):
        y = float(lanes.point_position[lanes.lane_first_point[lane], 1])
        on = [box for name, box in boxes(world).items() if name.startswith("person") and abs(box[1] - y) < 1.5]
        across = [box[1] - y for box in on]
        for box in on:
            beside = [v for other, v in zip(on, across, strict=True) if abs(other[0] - box[0]) < 0.8]
            free = max(1.2 - max(beside), min(beside) + 1.2)
            assert free > 1.5  # two others can pass: a body's width each
