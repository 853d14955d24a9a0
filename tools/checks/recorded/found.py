"""What a check found in one file."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Found(NamedTuple):
    """How much was looked at and how much of it is wrong; `worst` says where."""

    checked: int
    errors: int
    worst: str = ""

    def joined(self, other: "Found") -> "Found":
        """Return both together."""
        return Found(self.checked + other.checked, self.errors + other.errors, self.worst or other.worst)


NOTHING = Found(0, 0)


def compare(
    off: NDArray[np.float64],
    most: NDArray[np.float64] | float,
    look: NDArray[np.bool_],
    what: str,
    time: NDArray[np.float64] | None = None,
) -> Found:
    """Count where a difference is larger than it may be, and name the worst.

    Args:
        off: Differences. Shape (num_times, num_actors).
        most: They may be as large as this.
        look: Which of them count; others are left out.
        what: They are, with the unit after a comma, "velocity, m/s".
        time: Of the rows [s]; without them rows are numbered.
    """
    look = look & np.isfinite(off)
    beyond = np.where(look, off - most, -np.inf)
    errors = int((beyond > 0.0).sum())
    worst = ""
    if errors:
        k, a = np.unravel_index(int(beyond.argmax()), beyond.shape)
        when = f"at {time[k]:.2f} s" if time is not None else f"in row {k}"
        name, _, unit = what.partition(", ")
        worst = f"{name} of actor {a} is off by {off[k, a]:.3g} {unit} {when}"
    return Found(int(look.sum()), errors, worst)
