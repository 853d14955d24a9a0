"""What the ego's drive amounts to, step by step: where it is on the road, how far it came, what the criteria say."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.lanes.long_vehicles import find_long_ways, open_ends
from simengine.core.errors import blame
from simengine.core.space.geometry import ground_speed, yaw_from_quaternion
from simengine.core.state import EGO, ActorKind, WorldState
from simengine.labels.identities import joined_slots
from simengine.metrics.criteria import Criterion, StepView, conclude, make_criteria
from simengine.metrics.criticality import HORIZON, smallest_time_to_collision
from simengine.metrics.excuse import Excuse
from simengine.metrics.fault import Fault, FaultWatch
from simengine.metrics.upright import is_overturned
from simengine.metrics.validity import TUMBLING, Hazard, HazardWatch
from simengine.metrics.verdict import Verdict
from simengine.physics.backend import Contact
from simengine.road.network.frenet import lane_position, lane_width, project_on_lane
from simengine.road.network.network import LaneType, Turn
from simengine.road.network.projection import locate
from simengine.scenario.spec.events import EventSpec
from simengine.simulation.world.layout import World

_DRIVABLE = (LaneType.DRIVING, LaneType.FLOOR, LaneType.BIKING)


def watched_hazards(
    events: Mapping[str, EventSpec], names: Mapping[str, int], kinds: NDArray[np.int32]
) -> list[Hazard]:
    """Return the actors of hazardous events: those that act, and those that the ego has to heed.

    Args:
        events: The scenario's, by name.
        names: Index of every actor, by name.
        kinds: Of all actors (`core.state.ActorKind`). Shape (num_actors,).
    """
    found = []
    for name, event in events.items():
        if not event.hazard or event.actor not in names:
            continue
        heeded = () if isinstance(event.hazard, bool) else event.hazard
        loads = frozenset(names[load] for load in getattr(event.do, "load", ()) if load in names)
        for who in dict.fromkeys((event.actor, *heeded)):
            if who == event.actor or (who in names and kinds[names[who]] not in TUMBLING):
                found.append(Hazard(name, names[who], who, loads))
    return found


class EgoMonitor:
    """Watches the ego over an episode."""

    def __init__(self, world: World) -> None:
        self._world = world
        ways = find_long_ways(world.lanes, float(world.ground.friction[0]))
        self._leads_nowhere = open_ends(world.lanes, ways)[1]
        self._criteria: dict[str, Criterion] = make_criteria(world.scenario.criteria)
        self._traveled = 0.0
        self._turns: set[Turn] = set()
        self._before: NDArray[np.float64] | None = None
        self._junction_turn = Turn.NONE
        self._speeds: list[float] = []
        self._min_ttc = math.inf
        self._hardest = 0.0
        self._before_speed = math.nan
        self._collided = False
        self._at_fault = False
        self._overturned = False
        self._faults = FaultWatch(world.scenario.physics.rate_hz)
        self._excuse = Excuse(self._criteria)
        self._names = {index: name for name, index in world.names.items()}
        self._slots = np.arange(world.actors.kind.shape[1])  # in which each id was
        self._first_touch: tuple[int, int] | None = None  # when the ego first touched something [ns], its id or −1
        self._ended = ""  # why the run was over before its time
        self._hazards = HazardWatch(
            watched_hazards(world.scenario.scenario.events, world.names, world.actors.kind[0]),
            self._names,
        )
        self._unfired = [name for name, event in world.scenario.scenario.events.items() if event.hazard]
        self._fires = False  # whether any hazard has
        self._at_end = False

    def update(
        self,
        time_ns: int,
        state: WorldState,
        colors: NDArray[np.int32],
        contacts: list[Contact],
        fired: frozenset[str] = frozenset(),
    ) -> None:
        """Look at the state after a control step.

        Args:
            time_ns: Now [ns].
            state: Now.
            colors: What every signal shows. Shape (num_signals,).
            contacts: Since the last call.
            fired: Hazard events that have been set off.
        """
        world = self._world
        self._fires = self._fires or bool(fired)
        self._unfired = [name for name in self._unfired if name not in fired]
        self._hazards.update(time_ns, world.actors, state, contacts, fired, self._has_failed)
        self._slots = joined_slots(self._slots, state.identity[0])
        self._note_touch(time_ns, state, contacts)
        impacts = self._faults.update(time_ns, world.actors, state, contacts)
        self._at_fault = self._at_fault or any(impact.fault is Fault.OWN for impact in impacts)
        self._excuse.update(float(world.actors.mass[0, EGO]), impacts)
        position = state.position[0, EGO].copy()
        moved = position[:2] - self._before[:2] if self._before is not None else np.zeros(2)
        self._traveled += float(np.hypot(*moved))
        self._before = position
        lane, off = self._on_road(state)
        if lane >= 0:
            turn = Turn(int(world.lanes.lane_turn[lane]))
            if turn == Turn.NONE and self._junction_turn != Turn.NONE:
                self._turns.add(self._junction_turn)  # a turn counts once it is completed
            self._junction_turn = turn
        nearest = self._measure(state, contacts)
        progress = None if off > 0.0 or self._collided else self._progress(lane, position, moved)
        view = StepView(
            time_ns, world.actors, state, world.network, colors, contacts, lane, off,
            self._traveled, frozenset(self._turns), world.scenario.scenario.goal, nearest, world.goals,
            progress, tuple(impacts),
        )  # fmt: skip
        for name, criterion in self._criteria.items():
            with blame(criterion, f"criteria.{name}", f" at {time_ns * 1e-9:.2f} s"):
                criterion.update(view)

    def _note_touch(self, time_ns: int, state: WorldState, contacts: list[Contact]) -> None:
        touch = next((contact for contact in contacts if EGO in (contact.actor, contact.other)), None)
        if self._first_touch is None and touch is not None:
            other = touch.other if touch.actor == EGO else touch.actor
            self._first_touch = time_ns, int(state.identity[0, other]) if other >= 0 else -1

    def _has_failed(self) -> bool:
        """Return whether a criterion has failed at a moment that is known; a goal not yet reached has none."""
        return any(r.passed is False and r.time_ns >= 0 for r in conclude(self._criteria, excuse=self._excuse).results)

    def _on_road(self, state: WorldState) -> tuple[int, float]:
        """Return the drivable lane the ego is on or nearest to, and how far its center is outside it [m]."""
        lanes = self._world.lanes
        x, y, z = (float(value) for value in state.position[0, EGO])
        ground = z - 0.5 * float(self._world.actors.height[0, EGO])
        yaw = yaw_from_quaternion(*(float(q) for q in state.orientation[0, EGO]))
        lane, _, _ = locate(lanes, x, y, ground, yaw)
        if lane < 0:
            return -1, math.inf
        if lanes.lane_type[lane] in _DRIVABLE:
            s, t = project_on_lane(lanes, lane, x, y)
            beyond = max(0.0, -s, s - float(lanes.lane_length[lane]))
            if s > lanes.lane_length[lane] and self._leads_nowhere[lane] and lanes.lane_type[lane] == LaneType.DRIVING:
                self._at_end, beyond = True, 0.0
            return lane, max(beyond, abs(t) - 0.5 * lane_width(lanes, lane, s), 0.0)
        best, off = -1, math.inf
        for side in self._drivable_beside(lane):
            s, t = project_on_lane(lanes, side, x, y)
            distance = max(0.0, abs(t) - 0.5 * lane_width(lanes, side, s))
            if distance < off:
                best, off = side, distance
        return best, off

    def _progress(self, lane: int, position: NDArray[np.float64], moved: NDArray[np.float64]) -> float | None:
        """Return how far a movement leads along the direction of a lane [m]; None if the lane has none to keep to."""
        lanes = self._world.lanes
        if lane < 0 or lanes.lane_type[lane] != LaneType.DRIVING or lanes.lane_junction[lane] >= 0:
            return None
        s, t = project_on_lane(lanes, lane, float(position[0]), float(position[1]))
        _, _, c, sine = lane_position(lanes, lane, s, t)
        return float(moved[0]) * c + float(moved[1]) * sine

    def _drivable_beside(self, lane: int) -> list[int]:
        """Return the drivable lanes of the road that a shoulder, pavement or parking lane belongs to."""
        lanes = self._world.lanes
        same_road = np.flatnonzero(lanes.lane_road == lanes.lane_road[lane])
        return [int(other) for other in same_road if lanes.lane_type[other] in _DRIVABLE]

    def _measure(self, state: WorldState, contacts: list[Contact]) -> tuple[float, int]:
        """Add to the headline measures; returns the smallest time to collision [s] and with whom."""
        actors = self._world.actors
        speed = ground_speed(*state.orientation[0, EGO].tolist(), *state.velocity[0, EGO].tolist())
        self._speeds.append(speed)
        touched = any(EGO in (contact.actor, contact.other) for contact in contacts)
        self._collided = self._collided or touched
        self._overturned = self._overturned or is_overturned(state)
        if not self._collided and not self._overturned and not math.isnan(self._before_speed):
            step = 1.0 / self._world.scenario.physics.control_rate_hz
            self._hardest = max(self._hardest, (self._before_speed - speed) / step)
        self._before_speed = speed
        ttc, other = smallest_time_to_collision(
            0, EGO, state.valid, state.position, state.orientation, state.velocity,
            actors.length, actors.width, actors.height, HORIZON,
        )  # fmt: skip
        if not self._collided:
            self._min_ttc = min(self._min_ttc, ttc)
        return ttc, int(state.identity[0, other]) if other >= 0 else -1

    @property
    def collided(self) -> bool:
        """Whether the ego has touched anything."""
        return self._collided

    @property
    def missed_goal(self) -> bool:
        """Whether the time for the goal that is asked for is over and it was not reached."""
        return any(criterion.is_settled for criterion in self._criteria.values())

    @property
    def at_end(self) -> bool:
        """Whether the ego has come to where the map ends."""
        return self._at_end

    @property
    def traveled(self) -> float:
        """How far the ego has come [m]."""
        return self._traveled

    @property
    def untested(self) -> tuple[str, ...]:
        """A remark for each hazard that has not fired."""
        return tuple(f"hazard {name} never fired" for name in self._unfired)

    @property
    def tests_nothing(self) -> bool:
        """Whether the scenario has hazards and none has fired."""
        return bool(self._unfired) and not self._fires

    def verdict(self) -> Verdict:
        """Return what the criteria found so far."""
        unmet = "; ".join(self.untested) if self.tests_nothing else ""
        return conclude(self._criteria, self._hazards.reason, self._ended, self.name_of, unmet, self._excuse)

    def end_early(self, time_ns: int) -> None:
        """Take in that the run is over before its time, for the verdict to say why."""
        if self._at_end:
            self._ended = f"the run ended at {time_ns * 1e-9:.2f} s, where the map ends"
        elif self._first_touch is not None:
            touch_ns, other = self._first_touch
            self._excuse.end_early(other)
            whom = self.name_of(other) if other >= 0 else "the scenery"
            self._ended = (
                f"the run ended at {time_ns * 1e-9:.2f} s, after the collision with {whom} at {touch_ns * 1e-9:.2f} s"
            )

    def name_of(self, identity: int) -> str:
        """Return an actor's name and kind, "load_2 (cargo)"; who came in later goes by its id."""
        if identity >= len(self._slots):  # a criterion of a package may tell of anybody
            return f"actor {identity}"
        slot = int(self._slots[identity])
        name = self._names.get(slot, "") if slot == identity else ""
        kind = ActorKind(int(self._world.actors.kind[0, slot])).name.lower()
        return f"{name or f'actor {identity}'} ({kind})"

    def metrics(self) -> dict[str, float | bool | None]:
        """Return the headline measures of the drive."""
        speeds = np.array(self._speeds)
        return {
            "collided": self._collided,
            "collided_at_fault": self._at_fault,
            "traveled": self._traveled,
            "mean_speed": float(speeds.sum() / max(1, len(speeds))),
            "min_time_to_collision": None if math.isinf(self._min_ttc) else self._min_ttc,
            "max_deceleration": self._hardest,
        }
