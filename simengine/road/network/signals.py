"""What signals show at a time."""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.road.network.network import RoadNetwork

_ROUNDING = 3  # by which the program's arithmetic may miss the end of a phase [ns]


@njit(cache=True)
def group_color(duration: NDArray[np.float64], color: NDArray[np.int32], offset: float, time: float) -> int:
    """Return the SignalColor that a program shows at a time.

    Args:
        duration: Of the phases, 0 where the cycle has fewer [s]. Shape (max_phases,).
        color: Of the phases. Shape (max_phases,).
        offset: Time at which the first phase begins [s].
        time: [s].
    """
    cycle, last = 0.0, 0
    for p in range(len(duration)):
        cycle += duration[p]
        if duration[p] > 0.0:
            last = p
    rest = (time - offset) % cycle
    for p in range(last):
        if rest < duration[p]:
            return color[p]
        rest -= duration[p]
    return color[last]


@njit(cache=True)
def write_group_colors(
    duration: NDArray[np.float64],
    color: NDArray[np.int32],
    offset: NDArray[np.float64],
    time: float,
    out: NDArray[np.int32],
) -> None:
    """Write the color of every program. Shapes (num_groups, max_phases) or (num_groups,); `out` (num_groups,)."""
    for g in range(len(offset)):
        out[g] = group_color(duration[g], color[g], offset[g], time)


def group_colors(network: RoadNetwork, time_s: float) -> NDArray[np.int32]:
    """Return the SignalColor of every program at a time [s]. Shape (num_groups,)."""
    out = np.zeros(len(network.program_offset), np.int32)
    write_group_colors(network.program_duration, network.program_color, network.program_offset, float(time_s), out)
    return out


def signal_colors(network: RoadNetwork, time_s: float) -> NDArray[np.int32]:
    """Return the SignalColor of every signal head at a time [s]. Shape (num_signals,)."""
    return group_colors(network, time_s)[network.signal_group]


def signal_changes(network: RoadNetwork, end_ns: int) -> list[int]:
    """Return when any signal begins to show another color, after 0 and up to `end_ns`, in order [ns].

    These are the first nanoseconds at which `signal_colors` says so.
    """
    found: set[int] = set()
    for g in np.unique(network.signal_group).tolist():
        duration, color = network.program_duration[g], network.program_color[g]
        offset, cycle = float(network.program_offset[g]), float(duration.sum())
        if cycle <= 0.0:
            continue
        begins = offset + np.cumsum(duration) - cycle
        turns = np.arange(math.floor(-offset / cycle) - 1, math.ceil((end_ns * 1e-9 - offset) / cycle) + 1)
        for about in np.unique(np.round((begins[:, None] + cycle * turns) * 1e9).astype(np.int64)).tolist():
            before = group_color(duration, color, offset, (about - _ROUNDING) * 1e-9)
            for time_ns in range(about - _ROUNDING + 1, about + _ROUNDING + 1):
                if group_color(duration, color, offset, time_ns * 1e-9) != before:
                    if 0 < time_ns <= end_ns:
                        found.add(time_ns)
                    break
    return sorted(found)
