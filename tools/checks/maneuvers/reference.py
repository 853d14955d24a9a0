"""The published models: single track (ST) and multi-body (MB) of the package commonroad-vehicle-models.

Althoff & Würsching, "CommonRoad: Vehicle Models", 2020. The package's own functions are integrated as they are, with
additions where a maneuver needs what they leave out:

- *Anti-lock brakes.* MB locks its wheels when braked beyond their grip, which none of our vehicles does. In full stops
  and on split friction each wheel's brake torque, the model's own share of it, is released between a slip of 12 and
  18 %, and of as much less as µ is less: there the tire's force is greatest. Everywhere else MB brakes as published.
- *Frame.* MB is written with y to the right and z down, and read here with y to the left: what it calls its left wheels
  are on our right.
- *Other friction.* A road's µ scales the tires' p_dx1 and p_dy1 (in proportion, so that p_dy1 becomes µ); their slip
  stiffness stays, since the package's ST divides by p_dy1 what it multiplies by it. On split friction each side has
  tires of its own. ST has no longitudinal tire: its brakes give µ g at most.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ConfigError, nearest
from simengine.core.mechanics import GRAVITY
from tools.checks.maneuvers.actuators import Inputs
from tools.checks.maneuvers.course import Course

PARAMETER_SETS = {"ford_escort": 1, "bmw_320i": 2}  # of the package, by the catalog's model
WALKING = 1.0  # speed at which a stop is as good as over: these models get stiff, and below 0.1 are kinematic [m/s]
TOLERANCE = 1e-7  # of an integration step, of the state and relative to it
_RELEASED, _FREE = 0.12, 0.18  # wheel slips between which anti-lock brakes let go
_FRONT, _REAR = 16, 21  # places of z and, three before, of the roll angle of MB's axles

Derivative = Callable[[float, NDArray[np.float64]], NDArray[np.float64]]


class Reference(NamedTuple):
    """A car of the package."""

    model: str  # of our catalog
    parameters: object  # the package's
    single_track: Callable
    multi_body: Callable
    start_multi_body: Callable

    @property
    def wheelbase(self) -> float:
        """[m]."""
        return self.parameters.a + self.parameters.b

    @property
    def friction(self) -> float:
        """Greatest lateral force over load of its tires on the road they were measured on."""
        return self.parameters.tire.p_dy1


def load_reference(model: str = "bmw_320i") -> Reference:
    """Return the package's car for a model of the catalog.

    Raises:
        ConfigError: There is none.
        ImportError: The package is not installed.
    """
    if model not in PARAMETER_SETS:
        close = nearest(model, PARAMETER_SETS)
        raise ConfigError(f"vehicle {model!r} has no published model{close}; there are: {', '.join(PARAMETER_SETS)}")
    try:
        import scipy.integrate  # noqa: F401 - `advance` needs it
        from vehiclemodels.init_mb import init_mb
        from vehiclemodels.vehicle_dynamics_mb import vehicle_dynamics_mb
        from vehiclemodels.vehicle_dynamics_st import vehicle_dynamics_st
        from vehiclemodels.vehicle_parameters import setup_vehicle_parameters
    except ImportError:
        raise ImportError('maneuvers need commonroad-vehicle-models and scipy: pip install "simengine[test]"') from None
    parameters = setup_vehicle_parameters(PARAMETER_SETS[model])
    return Reference(model, parameters, vehicle_dynamics_st, vehicle_dynamics_mb, init_mb)


def with_friction(parameters, friction: float):
    """Return the package's parameters with tires of another µ."""
    tire = parameters.tire
    other = replace(tire, p_dy1=friction, p_dx1=tire.p_dx1 * friction / tire.p_dy1)
    return replace(parameters, tire=other)


class SplitParameters:
    """Parameters of a car whose left and right tires differ.

    MB asks for the tires of one side and of the other in turn, sixteen times in all, and begins with what it calls its
    left, our right.

    Args:
        parameters: Of the package.
        left: µ under the wheels with positive y.
        right: µ under the others.
    """

    def __init__(self, parameters, left: float, right: float) -> None:
        self.__dict__.update(vars(parameters))
        del self.__dict__["tire"]
        self._tires = with_friction(parameters, right).tire, with_friction(parameters, left).tire
        self.asked = 0

    @property
    def tire(self):
        """The tires of the next side."""
        self.asked += 1
        return self._tires[(self.asked - 1) % 2]


def advance(derivative: Derivative, state: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Return the state after a step, by Dormand and Prince's pair 5(4) with steps of its own choice.

    Args:
        derivative: Of the state, by time since the step's start [s] and state.
        state: At its start.
        step: [s].

    Raises:
        ArithmeticError: The state has run away.
    """
    from scipy.integrate import solve_ivp

    solution = solve_ivp(derivative, (0.0, step), state, "RK45", rtol=TOLERANCE, atol=TOLERANCE, first_step=step)
    if not solution.success:
        raise ArithmeticError(f"the state has run away: {solution.message}")
    return solution.y[:, -1]


def wheel_loads(state, parameters) -> tuple[float, float, float, float]:
    """Return the vertical forces on MB's wheels as it computes them, both front ones, then both rear ones [N]."""
    p, loads = parameters, []
    for place, track in ((_FRONT, p.T_f), (_REAR, p.T_r)):
        z, roll = state[place], state[place - 3]
        middle = z + p.R_w * (math.cos(roll) - 1.0)
        loads += [p.K_zt * (middle + side * 0.5 * track * math.sin(roll)) for side in (-1.0, 1.0)]
    return tuple(loads)


def _release(slip: float) -> float:
    """Return the share of a brake's torque that anti-lock brakes leave at a slip on the tires' own road."""
    return min(1.0, max(0.0, (_FREE - slip) / (_FREE - _RELEASED)))


def _braked_multi_body(
    reference: Reference, state: list[float], inputs: tuple[float, float], parameters, friction: tuple[float, float]
) -> list[float]:
    """Return MB's derivative with anti-lock brakes; arguments as the package's, and µ left and right."""
    p, demand = parameters, max(inputs[1], -parameters.longitudinal.a_max)
    if demand >= 0.0:
        return reference.multi_body(state, inputs, p)
    slopes = reference.multi_body(state, (inputs[0], 0.0), p)
    forward, rate = state[3], state[5]
    for k, (share, track, side) in enumerate((
        (p.T_sb, p.T_f, 1.0), (p.T_sb, p.T_f, -1.0), (1.0 - p.T_sb, p.T_r, 1.0), (1.0 - p.T_sb, p.T_r, -1.0)
    )):  # fmt: skip
        over_ground = max(0.05, forward + 0.5 * side * track * rate)
        slip = (1.0 - p.R_w * state[23 + k] / over_ground) * reference.friction / friction[1 - k % 2]
        torque = 0.5 * share * p.m * p.R_w * demand * _release(slip)
        if state[23 + k] > 0.0:
            slopes[23 + k] += torque / p.I_y_w
    return slopes


def drive_single_track(
    reference: Reference, inputs: Inputs, speed: float, friction: float | None = None, until_standing: bool = False
) -> Course:
    """Drive ST.

    Args:
        reference: The car.
        inputs: After the actuators.
        speed: At first [m/s].
        friction: µ of the road; None for that of the tires.
        until_standing: Whether it ends at a walking pace.
    """
    p = reference.parameters
    limit = GRAVITY * (reference.friction if friction is None else friction)

    def derivative(state, rate, acceleration):
        return reference.single_track(state, (rate, max(-limit, acceleration)), p)

    states = _integrate(derivative, [0.0, 0.0, 0.0, speed, 0.0, 0.0, 0.0], inputs, until_standing)
    x, y, _, v, yaw, rate, slip = states.T
    return Course(x, y, yaw, v * np.cos(yaw + slip), v * np.sin(yaw + slip), rate, math.inf, inputs.step)


def drive_multi_body(
    reference: Reference, inputs: Inputs, speed: float, friction: tuple[float, float] | None = None,
    anti_lock: bool = False, until_standing: bool = False,
) -> Course:  # fmt: skip
    """Drive MB; arguments as `drive_single_track`, but µ is that under its left and its right wheels.

    With `anti_lock` its brakes do not lock; see the module.
    """
    sides = (reference.friction, reference.friction) if friction is None else friction
    p = with_friction(reference.parameters, sides[0])
    if sides[0] != sides[1]:
        p = SplitParameters(p, *sides)

    def derivative(state, rate, acceleration):
        if anti_lock:
            return _braked_multi_body(reference, state, (rate, acceleration), p, sides)
        return reference.multi_body(state, (rate, acceleration), p)

    start = reference.start_multi_body([0.0, 0.0, 0.0, speed, 0.0, 0.0, 0.0], reference.parameters)
    states = _integrate(derivative, start, inputs, until_standing)
    yaw, forward, leftward = states[:, 4], states[:, 3], states[:, 10]
    cosine, sine = np.cos(yaw), np.sin(yaw)
    least = min(min(wheel_loads(state, reference.parameters)) for state in states)
    return Course(
        states[:, 0], states[:, 1], yaw, forward * cosine - leftward * sine, forward * sine + leftward * cosine,
        states[:, 5], least, inputs.step,
    )  # fmt: skip


def _integrate(derivative, start: list[float], inputs: Inputs, until_standing: bool) -> NDArray[np.float64]:
    """Return the states at every tick. Shape (ticks + 1, states).

    Within a tick the steering turns at a constant rate and the acceleration changes linearly.
    """
    step, found = inputs.step, [np.array(start)]
    for k in range(len(inputs.steering) - 1):
        rate = (inputs.steering[k + 1] - inputs.steering[k]) / step
        low, rise = inputs.acceleration[k], (inputs.acceleration[k + 1] - inputs.acceleration[k]) / step

        def slopes(time, state, rate=rate, low=low, rise=rise):
            return np.array(derivative(state.tolist(), rate, low + rise * time))

        state = advance(slopes, found[-1], step)
        found.append(state)
        if until_standing and state[3] < WALKING:
            break
    return np.array(found)
