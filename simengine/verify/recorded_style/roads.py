"""A recording laid out so that its vehicles can be driven by ours: who is driven, and who is a condition at the edge.

A file does not say what a vehicle responds to that has nobody ahead of it: a signal, a vehicle beyond the edge of the
map. Such a vehicle follows its recording, and drives straight on at its last speed once that is over; so does whoever
follows the vehicle of the planning problem where the file leaves that out. All others are driven, and compared.
"""

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.lanes.lane_rules import RoadRules, road_rules
from simengine.behavior.replay.recorded_motion import FIT, Recording, lay_out
from simengine.core.errors import ScenarioError
from simengine.core.state import ActorKind, ActorTable, Behavior, WorldState
from simengine.physics.backend import Ground
from simengine.road.commonroad import CommonRoadScenario, read_commonroad
from simengine.road.files.recording import RecordedTracks
from simengine.road.network.network import LaneArrays, LaneType, RoadNetwork, lane_arrays
from simengine.road.network.projection import locate
from simengine.scenario.sampling import load_scenario
from simengine.simulation.placement.start import own_track
from simengine.simulation.world.layout import build_world
from simengine.verify.recorded_style.edges import ending_lanes, extend_ends
from simengine.verify.recorded_style.leaders import find_lanes, find_leaders
from simengine.verify.recorded_style.quantities import Traffic, measure

FASTEST = 50.0  # nobody drives farther beyond the edge than at this speed [m/s]
EDGE = 40.0  # recordings that end nearer than this to the edge of the map end there on purpose [m]
LEAST_STEPS = 12  # a shorter recording shows no acceleration over 1 s


class RecordedRoad(NamedTuple):
    """A recording laid out. Arrays (num_actors,) unless said."""

    name: str  # of the file, without its ending
    network: RoadNetwork  # goes on beyond the edge of the map
    lanes: LaneArrays
    rules: RoadRules
    ground: Ground
    actors: ActorTable
    state: WorldState  # at the start
    tracks: RecordedTracks  # row a is actor a's
    motion: Recording
    time_step: float  # [s]
    driven: NDArray[np.bool_]  # by our drivers, and compared
    start_gap: NDArray[np.float64]  # time gap that a driven vehicle starts with [s]
    lane_end: NDArray[np.float64]  # up to where on each lane [m]. (num_lanes,)
    recorded: Traffic  # what the recording shows of them

    @property
    def duration(self) -> float:
        """From the first sample to the last [s]."""
        return (self.tracks.valid.shape[1] - 1) * self.time_step


def read_road(path: Path) -> RecordedRoad:
    """Lay out a CommonRoad file with recorded vehicles.

    Args:
        path: The file.

    Raises:
        ScenarioError: It cannot be read, or shows too little.
    """
    file = read_commonroad(path)
    steps = file.tracks.valid.shape[1]
    if not file.tracks.valid.any():
        raise ScenarioError(f"{path}: holds no moving obstacle")
    if steps < LEAST_STEPS or (steps - 1) * file.time_step < 1.0:
        raise ScenarioError(
            f"{path}: is {(steps - 1) * file.time_step:.2g} s long with {steps} steps; accelerations need at least 1 s "
            f"and {LEAST_STEPS} steps"
        )
    if file.time_step > FIT:
        raise ScenarioError(f"{path}: timeStepSize = {file.time_step:g}: accelerations need steps of at most {FIT:g} s")
    first = np.where(file.tracks.valid.any(axis=1), file.tracks.valid.argmax(axis=1), steps)
    first[np.isin(file.tracks.kind, (ActorKind.PEDESTRIAN, ActorKind.BICYCLE))] += steps
    begins = int(first.argmin())
    quoted = str(path).replace("'", "\\'")  # as Hydra's grammar has it
    world = build_world(
        load_scenario(
            "drive",
            ["road=commonroad", f"road.file='{quoted}'", "traffic=replay", "sensors=none", "pedestrians=none",
             "physics=batched", "ego.driver=recorded", f"ego.recorded_id='{file.tracks.id[begins]}'"],
        )
    )  # fmt: skip
    step = round(world.recording_start / file.time_step)
    rows = world.recorded_row
    tracks = _rows(file.tracks, rows, step)
    network = extend_ends(world.network, FASTEST * (steps * file.time_step + 1.0))
    lanes = lane_arrays(network)
    lane_end = _lane_ends(world.network, world.lanes, tracks)
    driven, gaps = _driven(file, world.lanes, tracks, world.actors)
    recorded = measure(lanes, lane_end, tracks, file.time_step, driven)
    return RecordedRoad(
        path.stem, network, lanes, road_rules(network), world.ground._replace(network=network), world.actors,
        world.state, tracks, lay_out(tracks, file.time_step, np.arange(len(rows))), file.time_step, driven,
        _time_gaps(tracks, file.time_step, gaps), lane_end, recorded,
    )  # fmt: skip


def _rows(tracks: RecordedTracks, rows: NDArray[np.int64], step: int) -> RecordedTracks:
    """Return tracks in the order of the actors, from a step on; an actor without one is nowhere."""
    there = rows >= 0
    found = RecordedTracks._make(field[np.maximum(rows, 0)] for field in tracks)
    found = found._replace(**{
        name: np.ascontiguousarray(getattr(found, name)[:, step:])
        for name in ("valid", "position", "heading", "velocity")
    })  # fmt: skip
    found.valid[~there] = False
    return found


def _lane_ends(network: RoadNetwork, lanes: LaneArrays, tracks: RecordedTracks) -> NDArray[np.float64]:
    """Return up to where on each lane vehicles are recorded [m]: the recording ends some way before the map does."""
    ends = ending_lanes(network)
    last = tracks.valid.shape[1] - 1 - tracks.valid[:, ::-1].argmax(axis=1)
    margin = 0.0
    for row in np.flatnonzero(tracks.valid.any(axis=1) & (last < tracks.valid.shape[1] - 1)).tolist():
        x, y = (float(value) for value in tracks.position[row, last[row]])
        lane, s, _ = locate(lanes, x, y, math.nan, float(tracks.heading[row, last[row]]))
        if lane >= 0 and ends[lane] and 0.0 < lanes.lane_length[lane] - s < EDGE:
            margin = max(margin, float(lanes.lane_length[lane]) - s)
    return np.where(ends, lanes.lane_length - margin, math.inf)


def _driven(
    file: CommonRoadScenario, lanes: LaneArrays, tracks: RecordedTracks, actors: ActorTable
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which vehicles have somebody recorded ahead of them when they appear, and the gap to them [m]."""
    count = len(tracks.id)
    first = tracks.valid.argmax(axis=1)
    holes = [p for p in file.problems if own_track(file.tracks, file.time_step, p) < 0]
    driven, gaps = np.zeros(count, np.bool_), np.zeros(count)
    motorized = np.isin(tracks.kind, (ActorKind.CAR, ActorKind.TRUCK, ActorKind.BUS, ActorKind.MOTORCYCLE))
    for step in np.unique(first).tolist():
        # Vehicles that the file leaves out stand behind the others, as rows of their own.
        left_out = [p for p in holes if p.first_step == step]
        valid = np.concatenate([tracks.valid[:, step], np.ones(len(left_out), np.bool_)])[:, None]
        position = np.concatenate([tracks.position[:, step], np.array([p.position for p in left_out]).reshape(-1, 2)])
        heading = np.concatenate([tracks.heading[:, step], [p.heading for p in left_out]])[:, None]
        length = np.concatenate([tracks.length, np.full(len(left_out), 4.5)])
        lane, s = np.zeros(valid.shape, np.int32), np.zeros(valid.shape)
        find_lanes(lanes, valid, np.ascontiguousarray(position[:, None]), heading, lane, s)
        leader, gap = np.zeros(valid.shape, np.int32), np.zeros(valid.shape)
        find_leaders(lanes, valid, lane, s, length, leader, gap)
        known = (leader[:count, 0] >= 0) & (leader[:count, 0] < count)
        on_lane = (lane[:count, 0] >= 0) & (lanes.lane_type[np.maximum(lane[:count, 0], 0)] == LaneType.DRIVING)
        appears = (first == step) & tracks.valid[:, step]
        driven |= appears & known & on_lane & motorized
        gaps[appears] = gap[:count, 0][appears]
    return driven & (actors.behavior[0] != Behavior.PARKED), gaps


def _time_gaps(tracks: RecordedTracks, time_step: float, gaps: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the time gaps that vehicles start with [s]; who hardly moves has that of a walking pace."""
    rows = np.arange(len(gaps))
    speed = lay_out(tracks, time_step, rows).fitted[rows, tracks.valid.argmax(axis=1)]
    return gaps / np.maximum(np.hypot(speed[:, 0], speed[:, 1]), 1.5)
