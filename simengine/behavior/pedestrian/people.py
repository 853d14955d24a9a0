"""The minds of those on foot and the ways they know, as one record."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.pedestrian.crosswalk import Crosswalks, Strips


class People(NamedTuple):
    """The minds of those on foot and the ways they know; columns are named in `walker_state.py`."""

    mind: NDArray[np.float64]  # (num_envs, num_actors, MIND_COLUMNS)
    choice: NDArray[np.int64]  # (num_envs, num_actors, CHOICE_COLUMNS)
    strips: Strips
    zebras: Crosswalks
    link: NDArray[np.int32]  # pavement before and after a pavement, or −1. (num_lanes, 2)
    crossing_fraction: float  # who will want to cross at a crossing
    seed: np.uint64
