"""Recorded traffic replayed by the whole simulator, against the positions that the file itself states.

At every recorded step each vehicle has to be within 5 cm. Between two steps a file states nothing; how far vehicles are
from the straight line there is measured too, but not bounded: some recordings jump by meters from step to step.

The file is read a second time here, with nothing but an XML parser, so that a wrong reader is seen as well as a wrong
replay.
"""

import math
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from simengine.core.errors import ScenarioError
from simengine.core.space.geometry import wrap_angle, yaw_from_quaternion
from simengine.core.state import EGO
from simengine.road.commonroad import read_commonroad
from simengine.scenario.sampling import load_scenario
from simengine.simulation.loop.simulator import Simulator
from tools.checks.table import Row

NEAR = 0.05  # every vehicle stays this close to its recording [m]


class Recorded(NamedTuple):
    """What a file states: the pose of every moving obstacle at every time step."""

    time_step: float  # [s]
    poses: dict[str, dict[int, tuple[float, float, float]]]  # x, y [m], heading [rad] by obstacle id and step

    @property
    def steps(self) -> int:
        """The last time step."""
        return max(max(states) for states in self.poses.values())

    def pose(self, name: str, step: float) -> tuple[float, float, float] | None:
        """Return where an obstacle is, on the straight line between two steps; None where it is not there."""
        states, k = self.poses[name], math.floor(step + 1e-6)
        f = max(0.0, step - k)
        if f < 1e-6 or k not in states or k + 1 not in states:
            return states.get(k) if f < 1e-6 else None
        (x, y, heading), (next_x, next_y, next_heading) = states[k], states[k + 1]
        return x + f * (next_x - x), y + f * (next_y - y), heading + f * wrap_angle(next_heading - heading)


class Following(NamedTuple):
    """How closely one file was followed."""

    vehicles: int
    compared: int  # poses at control steps that were compared
    freed: int  # poses after a hand-over, because the ego was about to touch the vehicle: it drives itself then
    missing: int  # poses in the recording whose vehicle was not there
    extra: int  # vehicles that were there and should not have been
    distance: float  # the largest error at a recorded step [m]
    between: float  # the largest distance from the straight line between two [m]
    turned: float  # the largest error of a heading [rad]


def read_recording(path: Path) -> Recorded:
    """Read the moving obstacles of a CommonRoad file.

    Raises:
        ScenarioError: It has none, or one whose positions are not points with exact headings.
    """
    root = ElementTree.parse(path).getroot()
    poses: dict[str, dict[int, tuple[float, float, float]]] = {}
    for obstacle in root:
        moves = obstacle.tag == "dynamicObstacle" or obstacle.findtext("role") == "dynamic"
        if not moves or obstacle.find("trajectory") is None:
            continue
        states = {}
        turn = math.remainder(float(obstacle.findtext("shape/rectangle/orientation", "0")), 0.5 * math.pi)
        for state in [obstacle.find("initialState"), *obstacle.iterfind("trajectory/state")]:
            numbers = [state.findtext(name) for name in ("position/point/x", "position/point/y", "orientation/exact")]
            if None in numbers:
                raise ScenarioError(f"{path}: obstacle {obstacle.get('id')} has states without point and exact heading")
            x, y, heading = map(float, numbers)
            states[int(state.findtext("time/exact"))] = (x, y, heading + turn)
        poses[obstacle.get("id")] = states
    if not poses:
        raise ScenarioError(f"{path}: holds no moving obstacle")
    return Recorded(float(root.get("timeStepSize")), poses)


def follow(path: Path, overrides: tuple[str, ...] = ()) -> Following:
    """Replay a file to its end and compare every recorded vehicle with its recording.

    Args:
        path: A CommonRoad file.
        overrides: Further settings of the run.

    Raises:
        ScenarioError: The file cannot be replayed.
    """
    read_commonroad(path)  # refuses what is not a CommonRoad file, and XML that would harm
    recorded = read_recording(path)
    duration = max(recorded.steps, 1) * recorded.time_step
    quoted = str(path).replace("'", "\\'")  # as Hydra's grammar has it
    settings = [
        "road=commonroad", f"road.file='{quoted}'", "traffic=replay", "sensors=none", "physics.hold_after=60",
        f"scenario.duration={duration!r}",
    ]  # fmt: skip
    simulator = Simulator(load_scenario("drive", [*settings, *overrides]))
    try:
        return _compare(simulator, recorded)
    finally:
        simulator.close()


def _compare(simulator: Simulator, recorded: Recorded) -> Following:
    actors = {name.removeprefix("recorded_"): a for name, a in simulator.world.names.items() if a != EGO}
    own, names = simulator.world.ego_track, list(recorded.poses)
    if simulator.scenario.ego.driver == "recorded":
        actors[own] = EGO
    elif own:
        names.remove(own)  # the ego drives in its place
    compared = matched = freed = missing = extra = 0
    distance = between = turned = 0.0
    handed_over: set[str] = set()
    snapshot = simulator.reset()
    begin = simulator.world.recording_start
    while True:
        step, state = (begin + snapshot.time_ns * 1e-9) / recorded.time_step, snapshot.state
        for name in names:
            a, pose = actors.get(name), recorded.pose(name, step)
            there = a is not None and bool(state.valid[0, a])
            if there and not state.replayed[0, a]:
                handed_over.add(name)
            if name in handed_over:
                freed += pose is not None
            elif pose is None:
                extra += there
            elif not there:
                missing += 1
            else:
                compared += 1
                x, y, _ = state.position[0, a]
                yaw = yaw_from_quaternion(*state.orientation[0, a])
                off = math.hypot(x - pose[0], y - pose[1])
                if abs(step - round(step)) < 1e-6:
                    distance, matched = max(distance, off), matched + 1
                else:
                    between = max(between, off)
                turned = max(turned, abs(wrap_angle(yaw - pose[2])))
        if simulator.done:
            break
        snapshot = simulator.step()
    return Following(len(names), compared, freed, missing, extra, distance if matched else math.nan, between, turned)


def recordings(paths: list[str], default: Path) -> list[Path]:
    """Return the CommonRoad files of paths, folders opened.

    Raises:
        ScenarioError: A path that is not there, or a folder without files.
    """
    found: list[Path] = []
    for path in [Path(text) for text in paths] or [default]:
        files = sorted(path.glob("*.xml")) if path.is_dir() else [path]
        if not files or not files[0].is_file():
            raise ScenarioError(f"{path}: neither a CommonRoad file nor a folder that holds some (*.xml)")
        found += files
    return found


def row_of(path: Path, found: Following) -> Row:
    """Return the line of a file; a vehicle that is missing, or there when it should not be, is never good."""
    note = f"{found.vehicles} vehicles, {found.compared} poses"
    note += f", headings {math.degrees(found.turned):.1g}°, between steps {100.0 * found.between:.2g} cm"
    if found.freed:
        note += f"; {found.freed} poses after a hand-over left out"
    whole = found.compared > 0 and not found.missing and not found.extra
    if not whole:
        note += f"; {found.missing} poses without their vehicle, {found.extra} vehicles without a pose"
    return Row(path.name, 100.0 * found.distance if whole else math.nan, 100.0 * NEAR, "cm", note=note)
