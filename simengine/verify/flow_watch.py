"""Looks at every vehicle of a run on a map for faults, from the recorded states, not from what drivers believe.

A vehicle *waits long* if it comes no farther than `LEAST_WAY` in `PATIENCE`, or in one and a half cycles of the map's
slowest signal where that is longer; it *stands for ever* if it does not go on after that either, for as long as the run
lasts: runs go on for up to `GRACE` for those that stand at its end, however late they came to stand, so a run of two
minutes sees a lock that begins in its last second. A vehicle is *off its lane* if its middle is more than `ASIDE`
outside every lane that vehicles drive on. Only at the map's end it may be there: at most `END` straight beyond the end
of a lane that leads nowhere, and no farther to the side of that lane than elsewhere; there it leaves the world at its
next decision.

A vehicle that `traffic.removal` takes out is counted by its reason, and besides among the faults: one that stood as
standing, one that lay as rolled over, one beside the road as off its lane, whether or not a look came first. After a
collision of its own a vehicle is a wreck: it is counted as taken out and as a collision, and as nothing else.
"""

import math
from collections.abc import Iterator

import numpy as np

from simengine.behavior.lanes.lane_rules import nearest_lane, road_rules
from simengine.behavior.lanes.long_vehicles import find_long_ways, open_ends
from simengine.behavior.traffic.removal import BESIDE_ROAD, OVERTURNED, STANDING, Removal
from simengine.core.space.geometry import rotate, yaw_from_quaternion
from simengine.core.state import EGO, Behavior, Mobility, WorldState
from simengine.road.network.frenet import lane_width, project_on_lane_near
from simengine.road.network.network import LaneType
from simengine.simulation.loop.simulator import Simulator

LEAST_WAY = 5.0  # [m]
PATIENCE = 60.0  # [s]
CYCLES = 1.5  # of the slowest signal
GRACE = 180.0  # for which a run goes on beyond its end while somebody stands; longer than any patience [s]
STILL = 5.0  # without progress, after which a vehicle at the end of a run stands [s]
ASIDE = 0.5  # [m]
TILT = math.radians(60.0)  # from upright, beyond which a vehicle has rolled over [rad]
SEARCH = 20.0  # around a vehicle for a lane [m]
LOOK = 0.5  # between looks at lanes and progress [s]
END = 5.0  # beyond the end of a lane that leads nowhere: more than a vehicle covers until its next decision [m]
LEVEL = 4.0  # what is farther above or below is on another level [m]
# Which column counts a vehicle that was taken out, and which fault that is.
REASONS = {
    STANDING: ("out_standing", "standing"),
    OVERTURNED: ("out_overturned", "rolled"),
    BESIDE_ROAD: ("out_off_road", "off_lane"),
}
WRECKED = "out_wrecked"


class TrafficWatch:
    """Looks at every vehicle of a run, by its id: another vehicle in the same slot is another vehicle.

    Attributes:
        found: Findings of every kind, each as a line with seed, time, place and vehicle.
        collided: Ids of the vehicles that have touched something; the run adds to it.
        patience: For which a vehicle may stand [s].
    """

    def __init__(self, simulator: Simulator) -> None:
        world = simulator.world
        lanes = world.lanes
        friction = float(world.ground.friction[0])
        self._rules = road_rules(world.network, friction)
        self._wheeled = world.actors.mobility[0] == Mobility.WHEELED
        self._ordinary = world.actors.behavior[0] == Behavior.TRAFFIC
        self._kind = world.actors.kind[0]
        self._scenario = simulator.scenario
        leads_nowhere = open_ends(lanes, find_long_ways(lanes, friction))[1]
        last_lanes = np.flatnonzero((lanes.lane_type == LaneType.DRIVING) & leads_nowhere)
        last = lanes.lane_first_point[last_lanes + 1] - 1
        self._end = lanes.point_position[last]
        self._end_heading = lanes.point_heading[last]
        self._end_half = np.array(
            [0.5 * lane_width(self._rules.ways, int(lane), float(lanes.lane_length[lane])) for lane in last_lanes]
        )
        lane_of = np.repeat(np.arange(len(lanes.lane_type)), np.diff(lanes.lane_first_point))
        begins = (lane_of[:-1] == lane_of[1:]) & (lanes.lane_type[lane_of[:-1]] == LaneType.DRIVING)
        self._segments = np.flatnonzero(begins)  # first point of each
        self._segment_lane = lane_of[self._segments]
        cycle = float(world.network.program_duration.sum(axis=1).max(initial=0.0))
        self.patience = max(PATIENCE, CYCLES * cycle)
        self.collided: set[int] = set()
        self._since: dict[int, tuple[float, float, float]] = {}  # x, y [m] and time [s] of the last progress
        self._told: set[tuple[str, int]] = set()
        self._waits: dict[int, str] = {}  # who waits long and has not gone on, and where that is
        self._stands: set[int] = set()  # who stands at the end of the run, and has not gone on nor waited long since
        kinds = ("rolled", "waited", "standing", "off_lane", *(column for column, _ in REASONS.values()), WRECKED)
        self.found: dict[str, list[str]] = {kind: [] for kind in kinds}

    def look(self, state: WorldState, time: float) -> None:
        """Look at every vehicle at a time [s]."""
        for a in np.flatnonzero(state.valid[0] & self._wheeled).tolist():
            x, y, z = (float(value) for value in state.position[0, a])
            q = tuple(float(value) for value in state.orientation[0, a])
            if rotate(*q, 0.0, 0.0, 1.0)[2] < math.cos(TILT):
                self._tell("rolled", int(state.identity[0, a]), self.place_of(state, a, time))
            if not self._ordinary[a]:
                continue
            vehicle = int(state.identity[0, a])
            px, py, since = self._since.get(vehicle, (math.inf, math.inf, time))
            if math.hypot(x - px, y - py) > LEAST_WAY:
                self._since[vehicle] = (x, y, time)
                self._waits.pop(vehicle, None)
            elif time - since >= self.patience and vehicle not in self._waits:
                self._waits[vehicle] = f"{self.place_of(state, a, time)} since {since:.0f} s"
                self._tell("waited", vehicle, self._waits[vehicle])
            if self._aside(x, y, z, yaw_from_quaternion(*q)) > ASIDE and not self.is_at_end(x, y, z):
                self._tell("off_lane", vehicle, self.place_of(state, a, time))

    def note_standing(self, state: WorldState, time: float) -> None:
        """Take in at the end of a run, at a time [s], who stands and has to be followed beyond it."""
        there = set(state.identity[0, state.valid[0]].tolist())
        since = {vehicle: since for vehicle, (_, _, since) in self._since.items() if vehicle in there}
        self._stands = {vehicle for vehicle in since if time - since[vehicle] >= STILL} - self._waits.keys()

    def look_for_progress(self, state: WorldState, time: float) -> None:
        """Look only whether those that stand or wait long go on; whoever stands for too long waits long."""
        for a in np.flatnonzero(state.valid[0]).tolist():
            vehicle = int(state.identity[0, a])
            if vehicle not in self._waits and vehicle not in self._stands:
                continue
            px, py, since = self._since[vehicle]
            if math.hypot(float(state.position[0, a, 0]) - px, float(state.position[0, a, 1]) - py) > LEAST_WAY:
                self._waits.pop(vehicle, None)
                self._stands.discard(vehicle)
            elif vehicle in self._stands and time - since >= self.patience:
                self._stands.remove(vehicle)
                self._waits[vehicle] = f"{self.place_of(state, a, time)} since {since:.0f} s"
                self._tell("waited", vehicle, self._waits[vehicle])

    def someone_waits(self, state: WorldState) -> bool:
        """Return whether a vehicle that is still there waits long, or stands since the end, and has not gone on yet."""
        there = set(state.identity[0, state.valid[0]].tolist())
        self._waits = {vehicle: line for vehicle, line in self._waits.items() if vehicle in there}
        self._stands &= there
        return bool(self._waits or self._stands)

    def tell_standing(self, state: WorldState) -> None:
        """Count those that wait at the end of a run as standing for ever."""
        if self.someone_waits(state):
            for vehicle, line in self._waits.items():
                self._tell("standing", vehicle, line)

    def tell_removal(self, removal: Removal) -> None:
        """Count a vehicle that was taken out by its reason, and as the fault that this is if no look has told it."""
        column, fault = REASONS[removal.reason]
        place = self._place_of_removal(removal)
        if removal.actor in self.collided:
            self.found[WRECKED].append(place)
            return
        self.found[column].append(place)
        self._tell(fault, removal.actor, place)

    def _aside(self, x: float, y: float, z: float, yaw: float) -> float:
        """Return how far a place is outside every lane that vehicles drive on, whichever way they run [m]."""
        ways = self._rules.ways
        lane, s, t = nearest_lane(ways, self._rules.grid, x, y, z, yaw, SEARCH, math.pi)
        if lane < 0:
            return math.inf
        aside = abs(t) - 0.5 * lane_width(ways, lane, s)
        if aside <= ASIDE:
            return aside
        # Beside a lane that tapers off its middle may be the nearest, and the place inside the next lane.
        for other, begin in self._lanes_around(x, y, z):
            s, t = project_on_lane_near(ways, other, x, y, begin)
            if 0.0 <= s <= ways.lane_length[other]:
                aside = min(aside, abs(t) - 0.5 * lane_width(ways, other, s))
        return aside

    def _lanes_around(self, x: float, y: float, z: float) -> Iterator[tuple[int, float]]:
        """Yield the lanes that vehicles drive on within `SEARCH`, and where along each the place is about [m]."""
        ways, first, last = self._rules.ways, self._segments, self._segments + 1
        ax, ay, az = ways.point_position[first].T
        bx, by, bz = ways.point_position[last].T
        dx, dy = bx - ax, by - ay
        part = np.clip(((x - ax) * dx + (y - ay) * dy) / np.maximum(dx * dx + dy * dy, 1e-12), 0.0, 1.0)
        away = np.hypot(ax + part * dx - x, ay + part * dy - y)
        near = np.flatnonzero((away < SEARCH) & (np.abs(az + part * (bz - az) - z) < LEVEL))
        for lane in np.unique(self._segment_lane[near]).tolist():
            of = near[self._segment_lane[near] == lane]
            k = int(of[np.argmin(away[of])])
            s, until = float(ways.point_s[first[k]]), float(ways.point_s[last[k]])
            yield lane, s + float(part[k]) * (until - s)

    def is_at_end(self, x: float, y: float, z: float) -> bool:
        """Return whether a place is where vehicles leave: straight beyond the end of a lane that leads nowhere."""
        dx, dy, dz = x - self._end[:, 0], y - self._end[:, 1], z - self._end[:, 2]
        c, s = np.cos(self._end_heading), np.sin(self._end_heading)
        along, across = dx * c + dy * s, dy * c - dx * s
        beyond = (along >= 0.0) & (along <= END) & (np.abs(dz) < LEVEL)
        return bool((beyond & (np.abs(across) <= self._end_half + ASIDE)).any())

    def _tell(self, what: str, vehicle: int, line: str) -> None:
        if (what, vehicle) not in self._told:
            self._told.add((what, vehicle))
            self.found[what].append(line)

    def place_of(self, state: WorldState, a: int, time: float) -> str:
        """Say which vehicle is where, and when, so that it can be replayed."""
        x, y, _ = (float(value) for value in state.position[0, a])
        vehicle = "ego" if a == EGO else f"actor {int(state.identity[0, a])}"
        scenario = self._scenario
        return (
            f"seed {scenario.seed}, {scenario.physics.backend}: {time:.2f} s at x = {x:.1f} m, y = {y:.1f} m, "
            f"{vehicle} (kind {int(self._kind[a])})"
        )

    def _place_of_removal(self, removal: Removal) -> str:
        """Say the same of a vehicle that was taken out, and why."""
        x, y, _ = removal.position
        scenario = self._scenario
        return (
            f"seed {scenario.seed}, {scenario.physics.backend}: {removal.time_ns * 1e-9:.2f} s at x = {x:.1f} m, "
            f"y = {y:.1f} m, actor {removal.actor} (kind {int(self._kind[removal.slot])}) taken out {removal.reason} "
            f"since {removal.since_ns * 1e-9:.0f} s"
        )
