"""What the actuators of our physics make of a demand, so that every model gets the same inputs after them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.physics.vehicle.catalog import VehicleModel
from simengine.physics.vehicle.planar_motion import lag
from simengine.physics.vehicle.vehicle_models import advance_steering


class Inputs(NamedTuple):
    """Road-wheel angle [rad] and acceleration of drive and brakes [m/s²] at every tick. Shapes (ticks + 1,)."""

    steering: NDArray[np.float64]
    acceleration: NDArray[np.float64]
    step: float  # [s]


def after_actuators(
    model: VehicleModel, steering: NDArray[np.float64], acceleration: NDArray[np.float64], step: float
) -> Inputs:
    """Return what becomes of demands that hold for a tick each.

    Args:
        model: Whose steering rate, stops and pedals these are.
        steering: Demanded road-wheel angles [rad]. Shape (ticks,).
        acceleration: Demanded accelerations [m/s²]. Shape (ticks,).
        step: A tick [s].
    """
    angle, drive = np.zeros(len(steering) + 1), np.zeros(len(steering) + 1)
    for k in range(len(steering)):
        angle[k + 1] = advance_steering(angle[k], steering[k], model.max_steering, model.max_steering_rate, step)
        demand = min(model.max_acceleration, max(-model.max_deceleration, acceleration[k]))
        drive[k + 1] = lag(drive[k], demand, step)
    return Inputs(angle, drive, step)
