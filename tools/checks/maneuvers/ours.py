"""Our own physics, driven by the same demands.

Air drag, rolling resistance and the fall of friction of tires that slide are left out, which the published models do
not have either. The state tells of the
center of the box; a `Course` of the center of mass.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.space.geometry import rotation_matrix, yaw_from_quaternion
from simengine.core.state import Behavior, empty_actors, empty_controls, empty_state
from simengine.physics.backend import Ground, Physics
from simengine.physics.vehicle.catalog import fill_actor
from tools.checks.maneuvers.course import Course
from tools.checks.motion.proving_ground import no_patches, plain

PHYSICS = ("batched", "bullet")
_LENGTH = 6000.0  # of the ground, with the origin amid [m]
_SLIDING = 1.0  # friction of sliding tires over the greatest: that of the published models does not fall


def physics_named(name: str) -> Physics:
    """Return a new physics of a name in `PHYSICS`."""
    if name == "bullet":
        from simengine.physics.bullet.bullet import BulletPhysics

        return BulletPhysics()
    from simengine.physics.batched.batched import BatchedPhysics

    return BatchedPhysics()


class Vehicle:
    """One vehicle on a plane, stepped by hand.

    Args:
        physics: Of `PHYSICS`.
        model: Of the catalog.
        speed: At first, along x [m/s].
        friction: µ under its left and its right wheels.
        rate: Ticks a second [Hz].
        grade: Rise over run of the plane along x.
    """

    def __init__(
        self, physics: str, model: str, speed: float, friction: tuple[float, float], rate: int, grade: float = 0.0
    ) -> None:  # fmt: skip
        actors, state = empty_actors(1, 1), empty_state(1, 1)
        fill_actor(actors, 0, 0, model, (0.5, 0.5, 0.5))
        actors.behavior[:] = Behavior.EGO
        actors.drag[:] = actors.rolling_resistance[:] = 0.0
        self._offset = np.array([actors.cog_offset[0, 0], 0.0, actors.cog_height[0, 0] - 0.5 * actors.height[0, 0]])
        state.valid[:] = True
        state.position[0, 0] = (-self._offset[0], 0.0, 0.5 * actors.height[0, 0])
        state.velocity[0, 0, 0] = speed
        most = max(friction)
        state.tire_grip[0, 0] = np.array([friction[0], friction[1]] * 2) / most
        self._physics, self._controls = physics_named(physics), empty_controls(1, 1)
        ground = Ground(plain(grade, _LENGTH), np.array([most]), no_patches(), (), _SLIDING)
        self._state = self._physics.reset(actors, state, ground, rate)
        self._yaw = 0.0

    def step(self, steering: float, acceleration: float) -> None:
        """Advance by one tick with a demanded road-wheel angle [rad] and acceleration [m/s²]."""
        self._controls.steering[:], self._controls.acceleration[:] = steering, acceleration
        self._state = self._physics.step(self._state, self._controls)

    def center(self) -> tuple[float, float, float, float, float, float]:
        """Return x, y [m], yaw [rad], velocity x, y [m/s] and yaw rate [rad/s] of the center of mass."""
        state, rotation = self._state, np.zeros((3, 3))
        quaternion, omega = state.orientation[0, 0], state.angular_velocity[0, 0]
        rotation_matrix(*quaternion, rotation)
        arm = rotation @ self._offset
        place, velocity = state.position[0, 0] + arm, state.velocity[0, 0] + np.cross(omega, arm)
        turn = math.remainder(yaw_from_quaternion(*quaternion) - self._yaw, 2.0 * math.pi)
        self._yaw += turn
        return place[0], place[1], self._yaw, velocity[0], velocity[1], omega[2]

    @property
    def actuators(self) -> tuple[float, float]:
        """Road-wheel angle [rad] and acceleration of drive and brakes [m/s²] after their limits and lags."""
        return float(self._state.steering[0, 0]), float(self._state.drive[0, 0])

    def close(self) -> None:
        """Free the world."""
        self._physics.close()


def drive(
    physics: str, model: str, steering: NDArray[np.float64], acceleration: NDArray[np.float64], speed: float,
    friction: tuple[float, float], step: float, until_standing: float | None = None,
) -> Course:  # fmt: skip
    """Drive a vehicle of ours.

    Args:
        physics: Of `PHYSICS`.
        model: Of the catalog.
        steering: Demanded road-wheel angles [rad]. Shape (ticks,).
        acceleration: Demanded accelerations [m/s²]. Shape (ticks,).
        speed: At first [m/s].
        friction: µ under the left and the right wheels.
        step: A tick [s].
        until_standing: Speed at which to end [m/s]; None to drive on.
    """
    vehicle = Vehicle(physics, model, speed, friction, round(1.0 / step))
    rows = [vehicle.center()]
    for angle, demand in zip(steering, acceleration, strict=True):
        vehicle.step(angle, demand)
        rows.append(vehicle.center())
        if until_standing is not None and math.hypot(rows[-1][3], rows[-1][4]) < until_standing:
            break
    vehicle.close()
    x, y, yaw, vx, vy, rate = np.array(rows).T
    return Course(x, y, yaw, vx, vy, rate, math.inf, step)
