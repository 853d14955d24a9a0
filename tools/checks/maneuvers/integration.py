"""Dormand and Prince's Runge–Kutta pair 5(4) with steps of its own choice, for the published models.

Dormand & Prince, "A family of embedded Runge–Kutta formulae", J. Comp. Appl. Math. 6 (1980). SciPy is no dependency of
the project, and these models are stiff only at a walking pace, where the steps get short by themselves.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-7  # of a step, relative to 1 or to the state where that is more
_SMALLEST = 1e-7  # step below which a model has run away [s]
_STAGES = (
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_TIMES = (1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_ERROR = np.array([71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40])
_ROWS = tuple(np.array(row) for row in _STAGES)

Derivative = Callable[[float, NDArray[np.float64]], NDArray[np.float64]]


def advance(
    derivative: Derivative, state: NDArray[np.float64], start: float, end: float, step: float
) -> tuple[NDArray[np.float64], float]:
    """Integrate from one time to another.

    Args:
        derivative: Of the state, by time [s] and state.
        state: At the start.
        start: [s].
        end: [s].
        step: To try first [s].

    Returns:
        The state at the end, and the step to try next [s].

    Raises:
        ArithmeticError: The state has run away.
    """
    time, slopes = start, np.zeros((7, len(state)))
    slopes[0] = derivative(time, state)
    while time < end - 1e-12:
        taken = min(step, end - time)
        for k, row in enumerate(_ROWS):
            after = state + taken * (row @ slopes[: k + 1])
            slopes[k + 1] = derivative(time + _TIMES[k] * taken, after)
        scale = TOLERANCE * np.maximum(1.0, np.maximum(np.abs(state), np.abs(after)))
        error = float(np.sqrt(np.mean((taken * (_ERROR @ slopes) / scale) ** 2)))
        if not np.isfinite(error):
            error = 1e6
        if error <= 1.0:
            time, state = time + taken, after
            slopes[0] = slopes[6]
        wanted = taken * min(4.0, max(0.2, 0.9 * max(error, 1e-10) ** -0.2))
        step = max(wanted, step) if error <= 1.0 and taken < step else wanted
        if step < _SMALLEST:
            raise ArithmeticError(f"the state has run away at {time:.3f} s")
    return state, step
