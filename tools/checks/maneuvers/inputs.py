"""The maneuvers: demands of steering and of acceleration as functions of time, the same for every model.

Angles are those of a road wheel. A size given as a lateral acceleration means the angle with which a neutral
single-track car has it, δ = L a / v². The pedal stays where it holds the speed: without air drag and rolling resistance
that is a demand of zero, so a car loses what its tires take away in the bend. All demands are open loop; the lane
changes were driven once by a driver on ST (`lane_change`) and are replayed into every model.
"""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.mechanics import GRAVITY
from tools.checks.maneuvers.reference import Reference
from tools.checks.motion.proving_ground import RATE

STEP = 1.0 / RATE  # [s]
KMH = 1.0 / 3.6  # [m/s]
LEAD_IN = 0.5  # straight on before anything happens [s]
ENTRY_TIME = 1.0  # over which a bend is steered into [s]
RADIUS = 100.0  # of the circle [m]
RAMP_RATE = 0.0147  # FMVSS 126, slowly increasing steer: 13.5 °/s of a wheel geared 16 to 1 [rad/s]
SINE_RATE, DWELL = 0.7, 0.5  # FMVSS 126 [Hz], [s]
HANDLING_SPEED, HANDLING_ACCELERATION = 80.0 * KMH, 0.3 * GRAVITY  # what gives FMVSS 126's A
J_TURN = 8.0  # amplitude over A (NHTSA's rollover test)
ENGINE_DRAG = 1.0  # with the throttle off [m/s²]


class Maneuver(NamedTuple):
    """Demands from a start straight ahead."""

    name: str  # of the kind
    case: str  # which of its kind
    speed: float  # at the start [m/s]
    steering: NDArray[np.float64]  # road-wheel angle demanded in every tick [rad]
    acceleration: NDArray[np.float64]  # demanded in every tick [m/s²]

    @property
    def title(self) -> str:
        """Kind and case."""
        return f"{self.name}, {self.case}"


def handling_angle(reference: Reference) -> float:
    """Return FMVSS 126's A: the steering that gives 0.3 g at 80 km/h [rad]."""
    return neutral_angle(reference, HANDLING_ACCELERATION, HANDLING_SPEED)


def neutral_angle(reference: Reference, lateral: float, speed: float) -> float:
    """Return the steering that gives a neutral car a lateral acceleration [m/s²] at a speed [m/s], in rad."""
    return reference.wheelbase * lateral / speed**2


def sine_with_dwell(time: float, amplitude: float) -> float:
    """Return FMVSS 126's steering at a time from its beginning [s]: a sine that halts for 0.5 s at its second peak."""
    if not 0.0 <= time <= 1.0 / SINE_RATE + DWELL:
        return 0.0
    second_peak = 0.75 / SINE_RATE
    if time > second_peak:
        time = max(second_peak, time - DWELL)
    return amplitude * math.sin(2.0 * math.pi * SINE_RATE * time)


def sampled(
    name: str, case: str, speed: float, seconds: float, steering: Callable[[float], float],
    acceleration: Callable[[float], float] = lambda t: 0.0,
) -> Maneuver:  # fmt: skip
    """Return a maneuver from functions of the time since its lead-in [s].

    Args:
        name: Of its kind.
        case: Which.
        speed: [m/s].
        seconds: After the lead-in [s].
        steering: Road-wheel angle [rad].
        acceleration: [m/s²].
    """
    # A demand holds for a tick, in which the actuators reach it: that of the tick's end.
    times = STEP * np.arange(1, round((LEAD_IN + seconds) / STEP) + 1) - LEAD_IN
    zero = np.zeros(len(times))
    after = times > 0.0
    angle, pedal = zero.copy(), zero.copy()
    angle[after] = [steering(float(t)) for t in times[after]]
    pedal[after] = [acceleration(float(t)) for t in times[after]]
    return Maneuver(name, case, speed, angle, pedal)


def step_steers(reference: Reference) -> Iterator[Maneuver]:
    """Steps of ISO 7401, as fast as the steering turns."""
    for kmh in (50, 80, 100, 120):
        for share in (0.2, 0.4):
            angle = neutral_angle(reference, share * GRAVITY, kmh * KMH)
            yield sampled("step steer", f"{kmh} km/h, {share} g", kmh * KMH, 3.5, lambda t, a=angle: a)


def ramp_steers(reference: Reference) -> Iterator[Maneuver]:
    """Slowly increasing steering, up to where a neutral car would need all friction, and a second there."""
    limit = neutral_angle(reference, reference.friction * GRAVITY, 80.0 * KMH)
    yield sampled(
        "ramp steer", "80 km/h to µ g", 80.0 * KMH, limit / RAMP_RATE + 1.0, lambda t: min(limit, RAMP_RATE * t)
    )


def sines_with_dwell(reference: Reference) -> Iterator[Maneuver]:
    """FMVSS 126 until 1.75 s after the steering is straight again."""
    for share in (1.5, 3.0):
        amplitude = share * handling_angle(reference)
        yield sampled(
            "sine with dwell", f"80 km/h, {share:g} A", 80.0 * KMH, 1.0 / SINE_RATE + DWELL + 1.75,
            lambda t, a=amplitude: sine_with_dwell(t, a),
        )  # fmt: skip


def circle(reference: Reference, time: float) -> float:
    """Return the steering that goes over into a neutral car's circle of 100 m [rad]."""
    return reference.wheelbase / RADIUS * min(1.0, time / ENTRY_TIME)


def constant_radii(reference: Reference) -> Iterator[Maneuver]:
    """A neutral car's circle of 100 m (ISO 4138)."""
    for share in (0.2, 0.4, 0.6, 0.8):
        speed = math.sqrt(share * GRAVITY * RADIUS)
        yield sampled("constant radius", f"100 m, {share} g", speed, 6.0, lambda t: circle(reference, t))


def brakes_in_turn(reference: Reference) -> Iterator[Maneuver]:
    """ISO 7975: 3 s of the circle, then the brakes."""
    for demand, seconds in ((3.0, 3.0), (6.0, 2.5)):
        yield sampled(
            "brake in turn", f"80 km/h, {demand:g} m/s²", 80.0 * KMH, 3.0 + seconds, lambda t: circle(reference, t),
            lambda t, d=demand: -d if t > 3.0 else 0.0,
        )  # fmt: skip


def throttles_off(reference: Reference) -> Iterator[Maneuver]:
    """ISO 9816: 3 s of the circle, then the engine drags."""
    for share in (0.4, 0.7):
        speed = math.sqrt(share * GRAVITY * RADIUS)
        yield sampled(
            "throttle off", f"100 m, {share} g", speed, 6.0, lambda t: circle(reference, t),
            lambda t: -ENGINE_DRAG if t > 3.0 else 0.0,
        )  # fmt: skip


def j_turns(reference: Reference) -> Iterator[Maneuver]:
    """A step to eight times A."""
    angle = J_TURN * handling_angle(reference)
    yield sampled("J-turn", "60 km/h", 60.0 * KMH, 3.0, lambda t: angle)
