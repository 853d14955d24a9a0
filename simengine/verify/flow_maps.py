"""Ordinary traffic on many maps: who collides, rolls over, stands for ever or leaves its lane; how much gets through.

A run goes on after a collision, so what follows one is seen too. Everything is measured from the recorded states, not
from what drivers believe. A vehicle *stands for ever* if it comes no farther than `PROGRESS` in `PATIENCE`, longer
than the cycle of any signal of these maps. It is *off its lane* if its middle is more than `ASIDE` outside every lane
that vehicles drive on, except beyond the end of a lane that leads nowhere: the end of the map. What is taken out of the
world because it cannot move any more (`behavior.removal`) is counted beside.
"""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simengine.behavior.removal import Removal
from simengine.behavior.rules import nearest_lane, road_rules
from simengine.core.errors import ScenarioError
from simengine.core.geometry import rotate, yaw_from_quaternion
from simengine.core.plan_view import OVERTURNED
from simengine.core.state import EGO, Behavior, Mobility, WorldState
from simengine.labels.collisions import join_contacts
from simengine.physics.backend import Contact
from simengine.road.frenet import lane_width
from simengine.road.network import LaneType
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize, from_yaml, to_yaml
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.runner import Job, Outcome, run_jobs
from simengine.simulation.simulator import Simulator

PROGRESS = 5.0  # [m]
PATIENCE = 60.0  # [s]
ASIDE = 0.5  # [m]
SEARCH = 20.0  # around a vehicle for a lane [m]
LOOK = 0.5  # between looks at lanes and progress [s]
END = 12.0  # from the end of a lane that leads nowhere: there the map ends [m]
_ORDINARY = ("scenario=drive", "sensors=none", "pedestrians=none", "criteria=collision")


class TrafficMap(NamedTuple):
    """A map and the traffic on it."""

    name: str
    file: str  # under the folder of road files; "" for a road of our own
    settings: tuple[str, ...]
    seen: bool  # whether drivers were mended by what this map showed; what it shows now is no surprise then


class MapRun(NamedTuple):
    """What one run on a map showed; each finding tells seed, time, place and who."""

    simulated: float  # [s]
    vehicles: float  # in the world, on average
    mean_speed: float  # of ordinary vehicles, over the run [m/s]
    left: int  # vehicles that left at the end of the map or far behind the ego
    arrived: int  # at places of inflow, where the traffic is given as a demand; else 0
    admitted: int  # of them
    collisions: list[str]
    rolled: list[str]
    standing: list[str]
    off_lane: list[str]
    taken_out: list[str]


def _own(road: str, *settings: str, seen: bool = True) -> TrafficMap:
    return TrafficMap(road, "", (f"road={road}", *settings), seen)


def _file(name: str, file: str, *settings: str, seen: bool = True) -> TrafficMap:
    kind = "opendrive" if file.endswith(".xodr") else "commonroad"
    return TrafficMap(name, file, (f"road={kind}", *settings), seen)


_ESMINI = "openscenario/esmini/resources/xodr"
_TOWN = ("traffic=town", "traffic.density=15", "traffic.max_vehicles=60", "ego=sedan_town")
_FAST = ("traffic=dense", "ego=sedan")
_DEMAND = ("traffic=town", "traffic.inflow=400", "traffic.density=10", "traffic.max_vehicles=90", "ego=sedan_town")
MAPS = (
    _own("highway_curved", *_FAST),
    _own("ring", *_FAST, "traffic.radius=500"),
    _own("rural", "traffic=town", "ego=sedan_rural"),
    _own("intersection", *_DEMAND),
    _file("Town01", "opendrive/carla-towns/Town01.xodr", *_TOWN),
    _file("Town03", "opendrive/carla-towns/Town03.xodr", *_TOWN),
    _file("Town04", "opendrive/carla-towns/Town04.xodr", *_FAST),
    _file("Town10HD", "opendrive/carla-towns/Town10HD.xodr", *_TOWN),
    _file("e6mini", f"{_ESMINI}/e6mini.xodr", *_FAST),
    _file("fabriksgatan", f"{_ESMINI}/fabriksgatan.xodr", *_DEMAND),
    _file("DEU_Starnberg", "commonroad/handcrafted/DEU_Starnberg-1_1_T-1.xml", *_TOWN),
    _file("DEU_Moabit", "commonroad/sumo/DEU_Moabit-6_2_T-1.xml", *_TOWN),
    _own("highway", *_FAST, seen=False),
    _own("urban", *_TOWN, seen=False),
    _file("Town02", "opendrive/carla-towns/Town02.xodr", *_TOWN, seen=False),
    _file("soderleden", f"{_ESMINI}/soderleden.xodr", *_FAST, seen=False),
    _file("jolengatan", f"{_ESMINI}/jolengatan.xodr", *_TOWN, seen=False),
    _file("od_newmarket", "opendrive/smarts/od_newmarket.xodr", *_TOWN, seen=False),
    _file("BEL_Putte", "commonroad/sumo/BEL_Putte-3_1_T-1.xml", *_TOWN, seen=False),
    _file("DEU_Guetersloh", "commonroad/sumo/DEU_Guetersloh-8_1_T-1.xml", *_TOWN, seen=False),
    _file("ESP_Inca", "commonroad/sumo/ESP_Inca-7_1_T-1.xml", *_TOWN, seen=False),
)


def map_scenario(place: TrafficMap, folder: Path, physics: str, seed: int, seconds: float) -> ConcreteScenario:
    """Return a map with ordinary traffic.

    Args:
        place: Which map.
        folder: Of road files.
        physics: "batched" or "bullet".
        seed: Of everything.
        seconds: [s].
    """
    file = (f"road.file={folder / place.file}",) if place.file else ()
    overrides = (*_ORDINARY, f"physics={physics}", f"scenario.duration={seconds}", *place.settings, *file)
    return concretize(compose("config", overrides), seed)


class _Watch:
    """Looks at every vehicle of a run, by its id: another vehicle in the same slot is another vehicle."""

    def __init__(self, simulator: Simulator) -> None:
        world = simulator.world
        self._rules = road_rules(world.network)
        self._wheeled = world.actors.mobility[0] == Mobility.WHEELED
        self._ordinary = world.actors.behavior[0] == Behavior.TRAFFIC
        self._kind = world.actors.kind[0]
        self._scenario = simulator.scenario
        ends = (world.lanes.lane_type == LaneType.DRIVING) & (np.diff(world.lanes.successor_first) == 0)
        begins = (world.lanes.lane_type == LaneType.DRIVING) & (np.diff(world.lanes.predecessor_first) == 0)
        last, first = world.lanes.lane_first_point[1:] - 1, world.lanes.lane_first_point[:-1]
        self._ends = world.lanes.point_position[np.concatenate([last[ends], first[begins]]), :2]
        self._since: dict[int, tuple[float, float, float]] = {}  # x, y [m] and time [s] of the last progress
        self._told: set[tuple[str, int]] = set()
        self.found: dict[str, list[str]] = {"rolled": [], "standing": [], "off_lane": []}

    def look(self, state: WorldState, time: float) -> None:
        """Look at everybody at a time [s]."""
        for a in np.flatnonzero(state.valid[0] & self._wheeled).tolist():
            x, y, z = (float(value) for value in state.position[0, a])
            q = tuple(float(value) for value in state.orientation[0, a])
            if rotate(*q, 0.0, 0.0, 1.0)[2] < OVERTURNED:
                self._tell("rolled", state, a, time, "")
            if not self._ordinary[a]:
                continue
            who = int(state.identity[0, a])
            px, py, since = self._since.get(who, (math.inf, math.inf, time))
            if math.hypot(x - px, y - py) > PROGRESS:
                self._since[who] = (x, y, time)
            elif time - since >= PATIENCE:
                self._tell("standing", state, a, time, f" since {since:.0f} s")
            if self._aside(x, y, z, yaw_from_quaternion(*q)) > ASIDE and not self._at_end(x, y):
                self._tell("off_lane", state, a, time, "")

    def _aside(self, x: float, y: float, z: float, yaw: float) -> float:
        """Return how far a place is outside the nearest lane that vehicles drive on, whichever way it runs [m]."""
        lane, s, t = nearest_lane(self._rules.ways, self._rules.grid, x, y, z, yaw, SEARCH, math.pi)
        return math.inf if lane < 0 else abs(t) - 0.5 * lane_width(self._rules.ways, lane, s)

    def _at_end(self, x: float, y: float) -> bool:
        return bool(len(self._ends)) and bool(np.hypot(self._ends[:, 0] - x, self._ends[:, 1] - y).min() < END)

    def _tell(self, what: str, state: WorldState, a: int, time: float, note: str) -> None:
        who = int(state.identity[0, a])
        if (what, who) not in self._told:
            self._told.add((what, who))
            self.found[what].append(self.place_of(state, a, time) + note)

    def place_of(self, state: WorldState, a: int, time: float) -> str:
        """Say who is where, and when, so that it can be replayed."""
        x, y, _ = (float(value) for value in state.position[0, a])
        who = "ego" if a == EGO else f"actor {int(state.identity[0, a])}"
        scenario = self._scenario
        return (
            f"seed {scenario.seed}, {scenario.physics.backend}: {time:.2f} s at x = {x:.1f} m, y = {y:.1f} m, "
            f"{who} (kind {int(self._kind[a])})"
        )

    def place_of_removal(self, removal: Removal) -> str:
        """Say the same of a vehicle that was taken out, and why."""
        x, y, _ = removal.position
        scenario = self._scenario
        return (
            f"seed {scenario.seed}, {scenario.physics.backend}: {removal.time_ns * 1e-9:.2f} s at x = {x:.1f} m, "
            f"y = {y:.1f} m, actor {removal.actor} (kind {int(self._kind[removal.slot])}) {removal.reason} "
            f"since {removal.since_ns * 1e-9:.0f} s"
        )


def _collisions(simulator: Simulator, contacts: list[Contact], places: dict[tuple[int, int, int], str]) -> list[str]:
    """Say when, where and between whom collisions were; one that goes on, or is repeated, is one."""
    said = {}
    for collision in join_contacts(contacts, simulator.scenario.physics.rate_hz):
        a, b = pair = (collision.actor, collision.other)
        who = places.get((b, a, b), "the scenery").split(" m, ")[-1]
        speed = f"closing at {collision.closing_speed:.2f} m/s"
        said.setdefault(pair, f"{places[a, a, b]} and {who}, {speed}")
    return list(said.values())


def run_map(scenario: ConcreteScenario) -> MapRun:
    """Run a scenario for its whole time, whatever happens, and say what happened."""
    simulator = Simulator(scenario, ends_with_ego=False)
    contacts: list[Contact] = []
    left, speed_sum, count = 0, 0.0, 0
    try:
        snapshot = simulator.reset()
        watch = _Watch(simulator)
        drives = simulator.world.actors.mobility[0] == Mobility.WHEELED
        ordinary = simulator.world.actors.behavior[0] == Behavior.TRAFFIC
        steps, places = 0, {}
        while not simulator.done:
            before = snapshot.state
            snapshot = simulator.step()
            for contact in snapshot.contacts:
                if drives[contact.actor] or (contact.other >= 0 and drives[contact.other]):
                    contacts.append(contact)
                    a, b = contact.actor, contact.other
                    pair = (a, b) if b < 0 or a < b else (b, a)
                    for who in pair:
                        key = (who, *pair)
                        if who >= 0 and key not in places:
                            places[key] = watch.place_of(before, who, simulator.time_ns * 1e-9)
            valid = snapshot.state.valid[0]
            left += int((before.valid[0] & ~valid & ordinary).sum())
            moving = snapshot.state.velocity[0, valid & ordinary]
            speed_sum += float(np.hypot(moving[:, 0], moving[:, 1]).sum())
            count += len(moving)
            steps += 1
            if steps % max(1, round(LOOK / simulator.control_step)) == 0:
                watch.look(snapshot.state, simulator.time_ns * 1e-9)
        collisions = _collisions(simulator, contacts, places)
        simulated, demand = simulator.time_ns * 1e-9, simulator.demand
        taken_out = [watch.place_of_removal(removal) for removal in simulator.taken_out]
    finally:
        simulator.close()
    return MapRun(
        simulated, count / max(1, steps), speed_sum / max(1, count), left - len(taken_out), *demand, collisions,
        **watch.found, taken_out=taken_out,
    )


def map_job(job: Job) -> Outcome:
    """Run one map in a worker; the outcome's verdict is what it showed, as JSON, or why it cannot be run."""
    try:
        found = run_map(from_yaml(job.scenario_yaml))
    except ScenarioError as error:
        return Outcome(job.id, "", json.dumps(str(error)), "", 0.0, 0.0)
    return Outcome(job.id, "", json.dumps(found), "", found.simulated, 0.0)


class Case(NamedTuple):
    """One run to make."""

    place: TrafficMap
    physics: str  # "batched" or "bullet"
    seed: int


def run_maps(
    cases: Sequence[Case], folder: Path, seconds: float, workers: int
) -> Iterator[tuple[Case, MapRun | str]]:
    """Run maps and yield what each showed when it is there, or why it cannot be run.

    Args:
        cases: What to run; their files must exist.
        folder: Of road files.
        seconds: Of each run [s].
        workers: Processes.
    """
    by_id = {f"{case.place.name} {case.physics} {case.seed}": case for case in cases}
    jobs = []
    for name, case in by_id.items():
        jobs.append(Job(name, to_yaml(map_scenario(case.place, folder, case.physics, case.seed, seconds)), ""))
    for outcome in run_jobs(jobs, workers, map_job):
        found = json.loads(outcome.verdict)
        yield by_id[outcome.id], found if isinstance(found, str) else MapRun(*found)
