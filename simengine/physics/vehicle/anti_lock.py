"""Anti-lock brakes and traction control: ideal controllers that hold the slip of each wheel."""

import math

from numba import njit

SLIP_TARGET = 0.15  # wheel slip at which anti-lock brakes and traction control hold a wheel at most (ABS: 10–20 %)
LEAST_SLIP = 0.05  # at which anti-lock brakes hold one at least: what wheel speeds can tell from rolling
FULL_SLIDE = 3.0  # s at which the deflection is capped; the force is 0.997 of the friction there


@njit(cache=True, _nrt=False)
def controlled_slip(friction: float, stiffness: float) -> float:
    """Return the slip at which anti-lock brakes hold a wheel: where its tire begins to pull most, less on ice.

    Beyond it a tire pulls no harder and loses what side force it has, which is why controllers look for it.

    Args:
        friction: µ.
        stiffness: Force per load and slip [1/rad].
    """
    return min(SLIP_TARGET, max(LEAST_SLIP, FULL_SLIDE * friction / stiffness))


@njit(cache=True, _nrt=False)
def braked_spin(rolling: float, driven: float, braked: float, slow: float, fast: float) -> float:
    """Return the spin after drive and brakes have acted on the spin without them [rad/s], kept within slip bounds.

    Args:
        rolling: Spin without drive and brakes.
        driven: Change by the drive.
        braked: Greatest change by the brakes, never beyond rest.
        slow: Brakes slow the wheel no further than this; negative for one that rolls backwards, 0 for no bound.
        fast: The drive spins the wheel no faster than this.
    """
    free = rolling + driven
    if driven > 0.0 and free > fast:
        free = max(fast, rolling)
    if abs(free) <= braked:
        held = 0.0
    else:
        held = free - math.copysign(braked, free)
    if slow > 0.0 and held < slow:
        held = min(slow, free)
    elif slow < 0.0 and held > slow:
        held = max(slow, free)
    return held
