"""The ring of past states that sensors read, so that sweeps, exposures and latencies are looked up and not faked."""

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.geometry import interpolate_quaternions
from simengine.core.state import WorldState

NANOSECONDS = 1_000_000_000


def time_of_tick(tick: int, rate_hz: int) -> int:
    """Return the time of a physics tick [ns]; derived from the integer tick, never accumulated."""
    return (2 * tick * NANOSECONDS + rate_hz) // (2 * rate_hz)


class ActorPoses(NamedTuple):
    """The moving quantities of every actor of one world at one instant, for sensors and labels."""

    time_ns: int
    valid: NDArray[np.bool_]  # (num_actors,)
    position: NDArray[np.float64]  # box centre, world [m]. (num_actors, 3)
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

    def push(self, state: WorldState) -> None:
        """Keep a state (its arrays are not copied and must not be written any more)."""
        tick = int(state.tick[0])
        self._states[tick] = state
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
        """Return every actor's pose at a time [ns], interpolated between the two ticks around it."""
        scaled = max(time_ns, 0) * self.rate_hz
        tick, remainder = divmod(scaled, NANOSECONDS)
        if time_of_tick(int(tick) + 1, self.rate_hz) <= time_ns:
            tick, remainder = tick + 1, 0
        before = self.at_tick(int(tick))
        fraction = remainder / NANOSECONDS
        after = before if fraction == 0.0 or int(tick) == self.latest_tick else self.at_tick(int(tick) + 1)
        return interpolate_states(before, after, fraction, time_ns)


@njit(cache=True)
def _mix_rows(
    before: NDArray[np.float64], after: NDArray[np.float64], weight: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write `before` + (`after` − `before`) · `weight`. Shapes (num_actors, n) and (num_actors,)."""
    for a in range(out.shape[0]):
        for i in range(out.shape[1]):
            out[a, i] = before[a, i] + (after[a, i] - before[a, i]) * weight[a]


@njit(cache=True)
def _mix_orientations(
    before: NDArray[np.float64], after: NDArray[np.float64], weight: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write quaternions on the way from `before` to `after`. Shapes (num_actors, 4) and (num_actors,)."""
    for a in range(out.shape[0]):
        if weight[a] > 0.0:
            interpolate_quaternions(before[a], after[a], weight[a], out[a])
        else:
            out[a] = before[a]


def interpolate_states(before: WorldState, after: WorldState, fraction: float, time_ns: int) -> ActorPoses:
    """Interpolate two neighbouring states of world 0; an actor that appears or vanishes between them keeps `before`."""
    weight = np.where(before.valid[0] & after.valid[0], fraction, 0.0)

    def mix(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        if fraction == 0.0:
            return a[0]
        out = np.empty_like(a[0])
        rows = (len(weight), out.size // max(len(weight), 1))
        _mix_rows(a[0].reshape(rows), b[0].reshape(rows), weight, out.reshape(rows))
        return out

    orientation = np.empty_like(before.orientation[0])
    _mix_orientations(before.orientation[0], after.orientation[0], weight, orientation)
    return ActorPoses(
        time_ns=time_ns,
        valid=before.valid[0],
        position=mix(before.position, after.position),
        orientation=orientation,
        velocity=mix(before.velocity, after.velocity),
        angular_velocity=mix(before.angular_velocity, after.angular_velocity),
        acceleration=mix(before.acceleration, after.acceleration),
        steering=mix(before.steering, after.steering),
        wheel_rotation=mix(before.wheel_rotation, after.wheel_rotation),
        wheel_speed=mix(before.wheel_speed, after.wheel_speed),
        gait_phase=mix(before.gait_phase, after.gait_phase),
        lights=before.lights[0],
    )
