"""The vehicles of a recording driven by our drivers from where, when and as fast as the recording has them first.

The same decisions and the same physics as in an episode with `physics=batched`, without an ego, over several worlds
that differ only in what drivers are drawn.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.behavior.memory import draw_drivers, empty_memory
from simengine.behavior.replay import follow_recording
from simengine.behavior.traffic import Conditions, traffic_controls
from simengine.core.geometry import yaw_from_quaternion
from simengine.core.rng import kernel_seed
from simengine.core.state import ActorTable, Behavior, WorldState, copy_state, empty_controls
from simengine.physics.backend import FrictionPatches
from simengine.physics.batched import BatchedPhysics
from simengine.road.recording import RecordedTracks
from simengine.road.signals import signal_colors
from simengine.scenario.spec import DriverSpread
from simengine.verify.recorded_style.roads import RecordedRoad

TICKS = 120  # of the physics [1/s]
DECISIONS = 20  # [1/s]
PARKED_BRAKE = -5.0  # brakes held by what stands [m/s²]
LAST = 0.5  # over which the last speed of a recording is taken [s]


def drive(
    road: RecordedRoad, drivers: DriverSpread, worlds: int, seed: int, model: str = "dynamic"
) -> tuple[list[RecordedTracks], int]:
    """Let our drivers drive a recording's vehicles.

    Args:
        road: The recording.
        drivers: How drivers differ.
        worlds: How often, with other drivers each time.
        seed: Of everything drawn.
        model: Of `BatchedPhysics`.

    Returns:
        Tracks of every world, sampled like the recording; how many pairs touched.
    """
    actors = ActorTable._make(np.repeat(field, worlds, axis=0) for field in road.actors)
    once, count = road.tracks.valid.shape[1], len(road.tracks.id)
    physics = BatchedPhysics(model)
    none = np.zeros((worlds, 1))
    ground = road.ground._replace(
        friction=np.repeat(road.ground.friction, worlds),
        patches=FrictionPatches(np.zeros((worlds, 1), np.bool_), none, none.copy(), none.copy(), none.copy()),
    )
    memory = draw_drivers(empty_memory(worlds, count), actors, drivers, kernel_seed(seed, "drivers", road.name))
    conditions = Conditions(ground.friction, np.full(worlds, 1e4), np.zeros(worlds, np.bool_))
    edge = _edge_states(road)
    state = WorldState._make(np.repeat(field, worlds, axis=0) for field in road.state)
    state.valid[:] = edge.valid[0]
    state.replayed[:] = True
    state = physics.reset(actors, state, ground, TICKS)
    key, entered = kernel_seed(seed, "behavior", road.name), np.zeros((worlds, count), np.bool_)
    tracks = [_empty(road) for _ in range(worlds)]
    substeps, touched, taken = TICKS // DECISIONS, set(), 0
    before: WorldState | None = None
    while taken < once:
        tick = int(state.tick[0])
        time = tick / TICKS
        state = _enter(road, edge, state, entered, time)
        while taken < once and taken * road.time_step <= time + 1e-9:
            share = 1.0 if before is None else 1.0 - (time - taken * road.time_step) * DECISIONS
            _sample(tracks, before or state, state, share, taken)
            taken += 1
        if taken == once:
            break
        controls = empty_controls(worlds, count)
        drives = state.valid & road.driven & entered
        traffic_controls(
            road.lanes, road.rules, actors, state, memory, drives, drives,
            np.repeat(signal_colors(road.network, time).reshape(1, -1), worlds, axis=0), conditions, key,
            1.0 / DECISIONS, controls,
        )  # fmt: skip
        controls.acceleration[:, road.actors.behavior[0] == Behavior.PARKED] = PARKED_BRAKE
        before = state
        for _ in range(substeps):
            state = physics.step(_follow(road, edge, state, int(state.tick[0]) + 1), controls)
            for hit in physics.contacts():
                if hit.other >= 0 and (road.driven[hit.actor] or road.driven[hit.other]):
                    touched.add((hit.env, min(hit.actor, hit.other), max(hit.actor, hit.other)))
    physics.close()
    return tracks, len(touched)


def _edge_states(road: RecordedRoad) -> WorldState:
    """Return where the recording has everybody at every tick, and at which speed they go on once theirs is over.

    The first axis is the tick.
    """
    ticks = round(road.duration * TICKS) + TICKS // DECISIONS + 1
    state, found = road.state, []
    state.replayed[:] = road.motion.row >= 0
    last = road.tracks.valid.shape[1] - 1 - road.tracks.valid[:, ::-1].argmax(axis=1)
    ended = copy_state(state)
    for tick in range(ticks):
        time = tick / TICKS
        state = follow_recording(road.lanes, road.motion, road.actors, state, time)
        over = (last * road.time_step < time - 1e-9) & road.tracks.valid.any(axis=1)
        fresh = state.valid[0] & ~over
        for name in ("position", "orientation"):
            getattr(ended, name)[0, fresh] = getattr(state, name)[0, fresh]
        for a in np.flatnonzero(over).tolist():
            ahead = np.zeros(3)
            ahead[:2] = road.motion.fitted[a, last[a]]
            since = time - last[a] * road.time_step
            at = road.tracks.position[a, last[a]] + since * ahead[:2]
            state.position[0, a, :2], state.position[0, a, 2] = at, ended.position[0, a, 2]
            state.orientation[0, a], state.velocity[0, a] = ended.orientation[0, a], ahead
            state.angular_velocity[0, a] = state.acceleration[0, a] = 0.0
            state.valid[0, a] = True
        found.append(state)
    return WorldState._make(np.concatenate(fields) for fields in zip(*found, strict=True))


def _enter(
    road: RecordedRoad, edge: WorldState, state: WorldState, entered: NDArray[np.bool_], time: float
) -> WorldState:
    """Let vehicles appear when the recording has them first, with the velocity fitted there; driven ones are free."""
    tick = min(round(time * TICKS), len(edge.valid) - 1)
    there = edge.valid[tick] & ~entered & (road.motion.row >= 0)
    if not there.any():
        return state
    state = copy_state(state)
    sample = min(max(round(time / road.time_step), 0), road.tracks.valid.shape[1] - 1)
    for e, a in np.argwhere(there).tolist():
        for name in ("position", "orientation", "velocity", "angular_velocity", "acceleration"):
            getattr(state, name)[e, a] = getattr(edge, name)[tick, a]
        state.valid[e, a] = True
        if road.driven[a] and road.tracks.valid[a, sample]:
            state.replayed[e, a] = False
            state.velocity[e, a, :2] = road.motion.fitted[a, sample]
        entered[e, a] = True
    return state


def _follow(road: RecordedRoad, edge: WorldState, state: WorldState, tick: int) -> WorldState:
    """Put whoever is not driven where its recording has it at a tick."""
    follows = ~road.driven & (road.motion.row >= 0)
    tick = min(tick, len(edge.valid) - 1)
    after = copy_state(state)
    there = edge.valid[tick] & follows & state.valid
    after.replayed[:, follows] = True
    for name in ("position", "orientation", "velocity", "angular_velocity", "acceleration"):
        getattr(after, name)[there] = np.broadcast_to(getattr(edge, name)[tick], getattr(after, name).shape)[there]
    return after


def _empty(road: RecordedRoad) -> RecordedTracks:
    shape = road.tracks.valid.shape
    return road.tracks._replace(
        valid=np.zeros(shape, np.bool_), position=np.zeros((*shape, 2)), heading=np.zeros(shape),
        velocity=np.zeros(shape),
    )  # fmt: skip


@njit(cache=True)
def _yaws(orientation: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    for a in range(len(out)):
        q = orientation[a]
        out[a] = yaw_from_quaternion(q[0], q[1], q[2], q[3])


def _sample(
    tracks: list[RecordedTracks], before: WorldState, after: WorldState, share: float, sample: int
) -> None:
    """Write a sample of every world's tracks: between two decisions on the straight line."""
    for e, one in enumerate(tracks):
        there = before.valid[e] & after.valid[e] if share < 1.0 else after.valid[e]
        one.valid[:, sample] = there
        start, end = before.position[e, :, :2], after.position[e, :, :2]
        one.position[:, sample] = start + share * (end - start) if share < 1.0 else end
        yaw = np.empty(len(there))
        _yaws(after.orientation[e], yaw)
        one.heading[:, sample] = yaw
