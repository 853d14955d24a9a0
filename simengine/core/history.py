"""The ring of past states that sensors read, so that sweeps, exposures and latencies are looked up and not faked."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.space.geometry import interpolate_quaternions
from simengine.core.state import WorldState

NANOSECONDS = 1_000_000_000


def time_of_tick(tick: int, rate_hz: int) -> int:
    """Return the time of a physics tick [ns]; derived from the integer tick, never accumulated."""
    return (2 * tick * NANOSECONDS + rate_hz) // (2 * rate_hz)


class ActorPoses(NamedTuple):
    """The moving quantities of every actor of one world at one instant, for sensors and labels."""

    time_ns: int
    valid: NDArray[np.bool_]  # (num_actors,)
    identity: NDArray[np.int32]  # who they are, see `WorldState`. (num_actors,)
    position: NDArray[np.float64]  # box center, world [m]. (num_actors, 3)
    orientation: NDArray[np.float64]  # w, x, y, z. (num_actors, 4)
    velocity: NDArray[np.float64]  # world [m/s]. (num_actors, 3)
    angular_velocity: NDArray[np.float64]  # world [rad/s]. (num_actors, 3)
    acceleration: NDArray[np.float64]  # world [m/s²]. (num_actors, 3)
    steering: NDArray[np.float64]  # [rad]. (num_actors,)
    wheel_rotation: NDArray[np.float64]  # [rad]. (num_actors, 4)
    wheel_speed: NDArray[np.float64]  # [rad/s]. (num_actors, 4)
    gait_phase: NDArray[np.float64]  # [rad]. (num_actors,)
    lights: NDArray[np.int32]  # (num_actors,)


class History:
    """The last `capacity` states of one world.

    Args:
        rate_hz: Physics rate [Hz].
        capacity: States kept; the longest sweep, exposure or latency in ticks plus two.
    """

    def __init__(self, rate_hz: int, capacity: int) -> None:
        self.rate_hz = rate_hz
        self.capacity = capacity
        self._states: dict[int, WorldState] = {}
        self._poses: dict[int, ActorPoses] = {}  # since the newest state: a sweep asks for most instants three times

    def push(self, state: WorldState) -> None:
        """Keep a state (its arrays are not copied and must not be written any more)."""
        tick = int(state.tick[0])
        self._states[tick] = state
        self._poses.clear()
        self._states.pop(tick - self.capacity, None)

    @property
    def latest_tick(self) -> int:
        """The newest tick held."""
        return max(self._states)

    @property
    def latest(self) -> WorldState:
        """The newest state held."""
        return self._states[self.latest_tick]

    def at_tick(self, tick: int) -> WorldState:
        """Return the state at a tick; ticks before the start give the first state.

        Raises:
            KeyError: The tick is no longer held, or not reached yet.
        """
        return self._states[max(tick, 0)]

    def poses_at(self, time_ns: int) -> ActorPoses:
        """Return every actor's pose at a time [ns], interpolated between the two ticks around it.

        The arrays are shared by all who ask and must not be written.
        """
        if time_ns not in self._poses:
            self._poses[time_ns] = self._interpolate(time_ns)
        return self._poses[time_ns]

    def _interpolate(self, time_ns: int) -> ActorPoses:
        scaled = max(time_ns, 0) * self.rate_hz
        tick, remainder = divmod(scaled, NANOSECONDS)
        if time_of_tick(int(tick) + 1, self.rate_hz) <= time_ns:
            tick, remainder = tick + 1, 0
        before = self.at_tick(int(tick))
        fraction = remainder / NANOSECONDS
        after = before if fraction == 0.0 or int(tick) == self.latest_tick else self.at_tick(int(tick) + 1)
        return interpolate_states(before, after, fraction, time_ns)


@njit(cache=True, _nrt=False)
def _mix_actors(
    valid: tuple,
    fraction: float,
    orientation: tuple,
    vectors: tuple,
    wheels: tuple,
    scalars: tuple,
    out_orientation: NDArray[np.float64],
    out_vectors: tuple,
    out_wheels: tuple,
    out_scalars: tuple,
) -> None:
    """Write every actor's quantities at a fraction of the way between two states, in one call: it costs less than ten.

    Args:
        valid: In the world before, and the same one after. Shapes (1, num_actors).
        fraction: In 0..1.
        orientation: Before and after. Shapes (1, num_actors, 4).
        vectors: Quantities of shape (1, num_actors, 3), all before, then all after.
        wheels: The same of shape (1, num_actors, 4).
        scalars: The same of shape (1, num_actors).
        out_orientation, out_vectors, out_wheels, out_scalars: Written; without the first axis.
    """
    for a in range(valid[0].shape[1]):
        weight = fraction if valid[0][0, a] and valid[1][0, a] else 0.0
        if weight > 0.0:
            interpolate_quaternions(orientation[0][0, a], orientation[1][0, a], weight, out_orientation[a])
        else:
            for i in range(4):
                out_orientation[a, i] = orientation[0][0, a, i]
        for k in range(len(out_vectors)):
            before, after, out = vectors[k], vectors[len(out_vectors) + k], out_vectors[k]
            for i in range(3):
                out[a, i] = before[0, a, i] + (after[0, a, i] - before[0, a, i]) * weight
        for k in range(len(out_wheels)):
            before, after, out = wheels[k], wheels[len(out_wheels) + k], out_wheels[k]
            for i in range(4):
                out[a, i] = before[0, a, i] + (after[0, a, i] - before[0, a, i]) * weight
        for k in range(len(out_scalars)):
            one, other = scalars[k], scalars[len(out_scalars) + k]
            out_scalars[k][a] = one[0, a] + (other[0, a] - one[0, a]) * weight


def _vectors_of(state: WorldState) -> tuple[NDArray[np.float64], ...]:
    return state.position, state.velocity, state.angular_velocity, state.acceleration


def interpolate_states(before: WorldState, after: WorldState, fraction: float, time_ns: int) -> ActorPoses:
    """Interpolate two neighboring states of world 0; an actor that appears or vanishes between them keeps `before`."""
    orientation, vectors = before.orientation[0], tuple(vector[0] for vector in _vectors_of(before))
    wheels: tuple[NDArray[np.float64], ...] = (before.wheel_rotation[0], before.wheel_speed[0])
    scalars: tuple[NDArray[np.float64], ...] = (before.steering[0], before.gait_phase[0])
    if fraction != 0.0:
        orientation, vectors = np.empty_like(orientation), tuple(np.empty_like(vector) for vector in vectors)
        wheels, scalars = tuple(np.empty_like(w) for w in wheels), tuple(np.empty_like(s) for s in scalars)
        same = after.valid & (after.identity == before.identity)
        _mix_actors(
            (before.valid, same), float(fraction), (before.orientation, after.orientation),
            _vectors_of(before) + _vectors_of(after),
            (before.wheel_rotation, before.wheel_speed, after.wheel_rotation, after.wheel_speed),
            (before.steering, before.gait_phase, after.steering, after.gait_phase),
            orientation, vectors, wheels, scalars,
        )  # fmt: skip
    position, velocity, angular_velocity, acceleration = vectors
    return ActorPoses(
        time_ns=time_ns,
        valid=before.valid[0],
        identity=before.identity[0],
        position=position,
        orientation=orientation,
        velocity=velocity,
        angular_velocity=angular_velocity,
        acceleration=acceleration,
        steering=scalars[0],
        wheel_rotation=wheels[0],
        wheel_speed=wheels[1],
        gait_phase=scalars[1],
        lights=before.lights[0],
    )
