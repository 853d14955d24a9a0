"""The vehicles of a recording driven by our drivers from where, when and as fast as the recording has them first.

The same decisions and the same physics as in an episode with `physics=batched`, without an ego, over several worlds
that differ only in what drivers are drawn.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.driver_state import TIME_GAP, DriverMemory, draw_drivers, empty_memory
from simengine.behavior.replay.replay import follow_recording
from simengine.behavior.traffic.traffic import Conditions, traffic_controls
from simengine.core.heading import write_yaws
from simengine.core.rng import kernel_seed
from simengine.core.state import ActorTable, Behavior, WorldState, copy_state, empty_controls
from simengine.physics.backend import FrictionPatches
from simengine.physics.batched.batched import BatchedPhysics
from simengine.road.files.recording import RecordedTracks
from simengine.road.network.signals import signal_colors
from simengine.scenario.spec import DriverSpread
from simengine.verify.recorded_style.leaders import find_leaders
from simengine.verify.recorded_style.roads import RecordedRoad
from simengine.verify.usual_drivers import usual_kinds

TICKS = 120  # of the physics, as in conf/physics [1/s]
DECISIONS = 20  # as in conf/physics [1/s]
PARKED_BRAKE = -5.0  # brakes held by what stands [m/s²]
ROOM = 2.0  # that a vehicle held to its recording keeps behind a driven one [m]
BRAKING = 2.0  # more than this it does not have to brake for one: comfortable deceleration of the IDM [m/s²]
_POSE = ("position", "orientation", "velocity", "angular_velocity", "acceleration")


class ReadyRecording(NamedTuple):
    """A recording made ready to be driven."""

    road: RecordedRoad
    rate_hz: int  # ticks of the physics
    edge: WorldState  # where the recording has everybody; the first axis is the tick


def set_stage(road: RecordedRoad, rate_hz: int = TICKS) -> ReadyRecording:
    """Make a recording ready; `rate_hz` ticks of the physics have to hold whole decisions."""
    return ReadyRecording(road, rate_hz, _edge_states(road, rate_hz))


def drive(stage: ReadyRecording, drivers: DriverSpread, worlds: int, seed: int) -> tuple[list[RecordedTracks], int]:
    """Let our drivers drive a recording's vehicles.

    Args:
        stage: The recording.
        drivers: How drivers differ.
        worlds: How often, with other drivers each time.
        seed: Of everything drawn.

    Returns:
        Tracks of every world, sampled like the recording; how many pairs touched, a driven vehicle among them.
    """
    road, rate, edge = stage
    actors = ActorTable._make(np.repeat(field, worlds, axis=0) for field in road.actors)
    once, count = road.tracks.valid.shape[1], len(road.tracks.id)
    physics = BatchedPhysics()
    none = np.zeros((worlds, 1))
    ground = road.ground._replace(
        friction=np.repeat(road.ground.friction, worlds),
        patches=FrictionPatches(np.zeros((worlds, 1), np.bool_), none, none.copy(), none.copy(), none.copy()),
    )
    memory = draw_drivers(
        empty_memory(worlds, count), actors, usual_kinds(), drivers, kernel_seed(seed, "drivers", road.name)
    )
    deal_time_gaps(road, memory.style)
    conditions = Conditions(ground.friction, np.full(worlds, 1e4), np.zeros(worlds, np.bool_))
    state = WorldState._make(np.repeat(field, worlds, axis=0) for field in road.state)
    state.valid[:] = edge.valid[0]
    state.replayed[:] = True
    state = physics.reset(actors, state, ground, rate)
    key, entered = kernel_seed(seed, "behavior", road.name), np.zeros((worlds, count), np.bool_)
    tracks = [_empty(road) for _ in range(worlds)]
    substeps, touched, taken = rate // DECISIONS, set(), 0
    before: WorldState | None = None
    held = np.repeat((~road.driven & (road.motion.row >= 0))[None], worlds, axis=0)
    while taken < once:
        tick = int(state.tick[0])
        time = tick / rate
        state = _enter(stage, state, entered, tick)
        while taken < once and taken * road.time_step <= time + 1e-9:
            share = 1.0 if before is None else 1.0 - (time - taken * road.time_step) * DECISIONS
            _sample(tracks, before or state, state, share, taken)
            taken += 1
        if taken == once:
            break
        controls = empty_controls(worlds, count)
        state = _release(road, memory, state, held, tick / rate)
        drives = state.valid & entered & ~held
        traffic_controls(
            road.lanes, road.rules, actors, state, memory, drives, drives,
            np.repeat(signal_colors(road.network, time).reshape(1, -1), worlds, axis=0), conditions, key,
            1.0 / DECISIONS, controls,
        )  # fmt: skip
        controls.acceleration[:, road.actors.behavior[0] == Behavior.PARKED] = PARKED_BRAKE
        before = state
        for _ in range(substeps):
            state = physics.step(_follow(edge, held, state, int(state.tick[0]) + 1), controls)
            for hit in physics.contacts():
                if hit.other >= 0 and (road.driven[hit.actor] or road.driven[hit.other]):
                    touched.add((hit.env, min(hit.actor, hit.other), max(hit.actor, hit.other)))
    physics.close()
    return tracks, len(touched)


def deal_time_gaps(road: RecordedRoad, style: NDArray[np.float64]) -> None:
    """Deal the drawn time gaps out so that who likes a longer one drives a vehicle that starts with a longer one.

    Drivers who are found at a distance are those who like it. Dealt at random, half of them would begin with a jolt to
    correct what is right, and a fit would answer with drivers who do not mind. Nothing after the start is looked at,
    and the drawn time gaps are only exchanged, within a kind of vehicle.

    Args:
        road: The recording.
        style: Of `DriverMemory`; time gaps are exchanged. Shape (num_envs, num_actors, STYLES).
    """
    kinds = road.actors.kind[0]
    for kind in np.unique(kinds[road.driven]).tolist():
        rows = np.flatnonzero(road.driven & (kinds == kind))
        order = rows[np.argsort(road.start_gap[rows], kind="stable")]
        for one in style:
            one[order, TIME_GAP] = np.sort(one[order, TIME_GAP])


def _edge_states(road: RecordedRoad, rate_hz: int) -> WorldState:
    """Return where the recording has everybody at every tick, and at which speed they go on once theirs is over.

    The first axis is the tick.
    """
    ticks = round(road.duration * rate_hz) + rate_hz // DECISIONS + 1
    state, found = copy_state(road.state), []
    state.replayed[:] = road.motion.row >= 0
    last = road.tracks.valid.shape[1] - 1 - road.tracks.valid[:, ::-1].argmax(axis=1)
    known = road.tracks.valid.any(axis=1)
    stands = copy_state(state)  # as last recorded
    for tick in range(ticks):
        time = tick / rate_hz
        state = follow_recording(road.lanes, road.motion, road.actors, state, time)
        over = (last * road.time_step < time - 1e-9) & known
        seen = state.valid[0] & ~over
        for name in ("position", "orientation"):
            getattr(stands, name)[0, seen] = getattr(state, name)[0, seen]
        for a in np.flatnonzero(over).tolist():
            speed, since = road.motion.fitted[a, last[a]], time - last[a] * road.time_step
            state.position[0, a, :2] = road.tracks.position[a, last[a]] + since * speed
            state.position[0, a, 2] = stands.position[0, a, 2]
            state.orientation[0, a] = stands.orientation[0, a]
            state.velocity[0, a] = speed[0], speed[1], 0.0
            state.angular_velocity[0, a] = state.acceleration[0, a] = 0.0
            state.valid[0, a] = True
        found.append(state)
    return WorldState._make(np.concatenate(fields) for fields in zip(*found, strict=True))


def _enter(stage: ReadyRecording, state: WorldState, entered: NDArray[np.bool_], tick: int) -> WorldState:
    """Let vehicles appear when the recording has them first, with the velocity fitted there; driven ones are free."""
    road, edge = stage.road, stage.edge
    tick = min(tick, len(edge.valid) - 1)
    there = edge.valid[tick] & ~entered & (road.motion.row >= 0)
    if not there.any():
        return state
    state = copy_state(state)
    sample = min(max(round(tick / stage.rate_hz / road.time_step), 0), road.tracks.valid.shape[1] - 1)
    for e, a in np.argwhere(there).tolist():
        for name in _POSE:
            getattr(state, name)[e, a] = getattr(edge, name)[tick, a]
        state.valid[e, a] = entered[e, a] = True
        if road.driven[a] and road.tracks.valid[a, sample]:
            state.replayed[e, a] = False
            state.velocity[e, a, :2] = road.motion.fitted[a, sample]
    return state


def _follow(edge: WorldState, held: NDArray[np.bool_], state: WorldState, tick: int) -> WorldState:
    """Put whoever is held to its recording where that has it at a tick. `held`: shape (num_envs, num_actors)."""
    tick = min(tick, len(edge.valid) - 1)
    after = copy_state(state)
    world, actor = np.nonzero(held & state.valid & edge.valid[tick])
    after.replayed[world, actor] = True
    for name in _POSE:
        getattr(after, name)[world, actor] = getattr(edge, name)[tick, actor]
    return after


def _release(
    road: RecordedRoad, memory: DriverMemory, state: WorldState, held: NDArray[np.bool_], time: float
) -> WorldState:
    """Let drivers take over whoever is held to its recording but comes up behind a driven vehicle; `held` is updated.

    Where vehicles are on their lanes is what the drivers found at their last decision.
    """
    count, freed = held.shape[1], []
    leader, gap = np.zeros((count, 1), np.int32), np.zeros((count, 1))
    for e in range(len(held)):
        find_leaders(
            road.lanes,
            state.valid[e][:, None],
            memory.lane[e][:, None],
            memory.s[e][:, None],
            road.tracks.length,
            leader,
            gap,
        )
        speed = np.hypot(state.velocity[e, :, 0], state.velocity[e, :, 1])
        for a in np.flatnonzero(held[e] & (leader[:, 0] >= 0)).tolist():
            b = int(leader[a, 0])
            approach, room = max(0.0, float(speed[a] - speed[b])), float(gap[a, 0]) - ROOM
            if not held[e, b] and (room <= 0.0 or 0.5 * approach * approach > BRAKING * room):
                freed.append((e, a))
    if not freed:
        return state
    state = copy_state(state)
    sample = min(round(time / road.time_step), road.tracks.valid.shape[1] - 1)
    for e, a in freed:
        held[e, a] = state.replayed[e, a] = False
        if road.tracks.valid[a, sample]:
            state.velocity[e, a, :2] = road.motion.fitted[a, sample]
    return state


def _empty(road: RecordedRoad) -> RecordedTracks:
    shape = road.tracks.valid.shape
    return road.tracks._replace(
        valid=np.zeros(shape, np.bool_), position=np.zeros((*shape, 2)), heading=np.zeros(shape),
        velocity=np.zeros(shape),
    )  # fmt: skip


def _sample(tracks: list[RecordedTracks], before: WorldState, after: WorldState, share: float, sample: int) -> None:
    """Write a sample of every world's tracks: between two decisions on the straight line."""
    for e, one in enumerate(tracks):
        there = before.valid[e] & after.valid[e] if share < 1.0 else after.valid[e]
        one.valid[:, sample] = there
        start, end = before.position[e, :, :2], after.position[e, :, :2]
        one.position[:, sample] = start + share * (end - start) if share < 1.0 else end
        yaw = np.empty(len(there))
        write_yaws(after.orientation[e], yaw)
        one.heading[:, sample] = yaw
