"""Long vehicles find room to turn: whoever waits beside the lane that a bus turns into stops short of its front."""

import numpy as np
import pytest

from simengine.behavior.occupancy import look_around
from simengine.behavior.passage import ENTER
from simengine.behavior.traffic import empty_scratch, survey
from simengine.behavior.turning_room import wait_short
from simengine.road.build import build_network
from simengine.road.drafts import LaneDraft
from simengine.road.network import RoadNetwork, Turn
from tests.behavior.small_world import DT, SmallWorld

RADIUS = 13.0  # of the turn [m]


def _corner() -> RoadNetwork:
    """Return a street from the west that turns right, to the south; beside its end another comes from there."""
    angle = np.linspace(0.5 * np.pi, 0.0, 25)
    arc = np.stack([RADIUS * np.cos(angle), RADIUS * np.sin(angle) - RADIUS], axis=1)
    lines = {
        "in": ([(-60.0, 0.0), (0.0, 0.0)], -1, Turn.NONE, ["turn"]),
        "turn": (arc, 0, Turn.RIGHT, ["out"]),
        "out": ([(RADIUS, -RADIUS), (RADIUS, -80.0)], -1, Turn.NONE, []),
        "other": ([(RADIUS + 3.5, -80.0), (RADIUS + 3.5, -RADIUS)], -1, Turn.NONE, ["on"]),
        "on": ([(RADIUS + 3.5, -RADIUS), (RADIUS + 3.5, 10.0)], 0, Turn.STRAIGHT, ["off"]),
        "off": ([(RADIUS + 3.5, 10.0), (RADIUS + 3.5, 60.0)], -1, Turn.NONE, []),
    }
    drafts = []
    for name, (points, junction, turn, successors) in lines.items():
        line = np.array([(x, y, 0.0) for x, y in points])
        count = len(line)
        drafts.append(
            LaneDraft(
                name, line, np.full(count, 3.5), np.zeros(count), junction=junction, turn=turn, successors=successors,
                speed_limit=8.3,
            )
        )
    return build_network(drafts, [], [], [], [])


@pytest.mark.parametrize(("model", "short"), [("bus", True), ("sedan", False)])
def test_one_that_waits_beside_the_end_of_a_turn_waits_short_of_a_bus(model, short):
    network = _corner()
    world = SmallWorld(network, ["sedan", model])
    at = {str(name): lane for lane, name in enumerate(network.lane_name)}
    world.put(0, at["other"], float(world.lanes.lane_length[at["other"]]) - 10.0, 2.0)
    world.put(1, at["turn"], 4.0, 3.0)
    actors, state = world.actors, world.state
    scratch = empty_scratch(2, len(world.lanes.lane_length), len(world.rules.crossings.crossing))
    look_around(
        actors.length[0], actors.width[0], actors.height[0], state.valid[0], state.position[0], state.orientation[0],
        state.velocity[0], scratch.places,
    )  # fmt: skip
    survey(
        world.rules, actors.mobility[0], world.memory, scratch, np.zeros(0, np.int32), world.drives[0], world.obeys[0],
        0.75, 1, world.seed, DT, 0,
    )  # fmt: skip
    before = wait_short(world.rules.ways, world.memory, scratch.places, scratch.passage, 0, 0)
    assert (before < scratch.passage.way[0, ENTER] - 1.0) == short
