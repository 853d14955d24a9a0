"""The same maneuvers driven in both physics, where the tire is in its linear range."""

import math
from collections.abc import Callable

import numpy as np

from simengine.core.space.geometry import yaw_from_quaternion
from simengine.core.state import Behavior, WorldState, empty_actors, empty_controls, empty_state
from simengine.physics.backend import Ground, Physics
from simengine.physics.batched.batched import BatchedPhysics
from simengine.physics.vehicle.catalog import fill_actor
from tools.checks.motion.proving_ground import RATE, SLIDING, no_patches, plain


def drive(
    physics: Physics,
    speed: float,
    seconds: float,
    steering: Callable[[float], float],
    acceleration: Callable[[float], float],
) -> list[WorldState]:
    """Drive one sedan from a speed [m/s] under a steering [rad] and an acceleration [m/s²] given by time [s]."""
    ground = Ground(plain(), np.array([0.75]), no_patches(), (), SLIDING)
    actors, state, controls = empty_actors(1, 1), empty_state(1, 1), empty_controls(1, 1)
    fill_actor(actors, 0, 0, "sedan", (0.5, 0.5, 0.5))
    actors.behavior[:] = Behavior.EGO
    state.valid[:] = True
    state.velocity[0, 0, 0] = speed
    state.position[0, 0, 2] = 0.5 * actors.height[0, 0]
    state = physics.reset(actors, state, ground, RATE)
    states = [state]
    for k in range(round(seconds * RATE)):
        controls.steering[0, 0] = steering(k / RATE)
        controls.acceleration[0, 0] = acceleration(k / RATE)
        state = physics.step(state, controls)
        states.append(state)
    physics.close()
    return states


def both(
    speed: float, seconds: float, steering: Callable[[float], float], acceleration: Callable[[float], float]
) -> tuple[list[WorldState], list[WorldState]]:
    """Drive in `batched` and in `bullet`."""
    from simengine.physics.bullet.bullet import BulletPhysics

    return (
        drive(BatchedPhysics(), speed, seconds, steering, acceleration),
        drive(BulletPhysics(), speed, seconds, steering, acceleration),
    )


def braking_distances(speed: float = 25.0, deceleration: float = 4.0) -> tuple[float, float]:
    """Return how far a stop takes in either physics [m].

    Both stand at the end, else a distance is not a number.

    Args:
        speed: At first [m/s].
        deceleration: Asked for [m/s²].
    """
    ends = []
    for states in both(speed, speed / deceleration + 1.75, lambda t: 0.0, lambda t: -deceleration):
        stands = abs(states[-1].velocity[0, 0, 0]) < 0.05
        ends.append(float(states[-1].position[0, 0, 0]) if stands else math.nan)
    return ends[0], ends[1]


def cornering_rates() -> tuple[float, float]:
    """Return the yaw rates of a steady turn at 15 m/s in either physics [rad/s]."""
    batched, bullet = both(15.0, 3.0, lambda t: 0.03, lambda t: 0.4)
    return float(batched[-1].angular_velocity[0, 0, 2]), float(bullet[-1].angular_velocity[0, 0, 2])


def lane_changes() -> tuple[float, float, float]:
    """Return how far a lane change at 20 m/s goes in either physics and how far apart they ever are [m].

    Both go straight again at the end, else a distance is not a number.
    """

    def swing(t: float) -> float:
        return 0.02 * math.sin(math.pi * t) if t < 2.0 else 0.0

    batched, bullet = both(20.0, 3.0, swing, lambda t: 0.4)
    sideways = []
    for states in (batched, bullet):
        straight = abs(yaw_from_quaternion(*states[-1].orientation[0, 0])) < 0.02
        sideways.append(float(states[-1].position[0, 0, 1]) if straight else math.nan)
    apart = max(abs(float(a.position[0, 0, 1] - b.position[0, 0, 1])) for a, b in zip(batched, bullet, strict=True))
    return sideways[0], sideways[1], apart
