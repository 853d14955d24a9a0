"""The movement of all actors over an episode, as exporters and metrics read it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.state import ActorTable


class Tracks(NamedTuple):
    """Every actor at every recorded time, in the coordinates of the road's source.

    Values of an actor that is not in the world (`valid` false) are zero, its orientation upright.
    """

    time_ns: NDArray[np.int64]  # (num_frames,)
    valid: NDArray[np.bool_]  # in the world. (num_frames, num_actors)
    replayed: NDArray[np.bool_]  # follows a recording. (num_frames, num_actors)
    position: NDArray[np.float64]  # box centre [m]. (num_frames, num_actors, 3)
    orientation: NDArray[np.float64]  # w, x, y, z. (num_frames, num_actors, 4)
    velocity: NDArray[np.float64]  # [m/s]. (num_frames, num_actors, 3)
    angular_velocity: NDArray[np.float64]  # [rad/s]. (num_frames, num_actors, 3)
    acceleration: NDArray[np.float64]  # [m/s²]. (num_frames, num_actors, 3)
    steering: NDArray[np.float64]  # road-wheel angle [rad]. (num_frames, num_actors)
    lights: NDArray[np.int32]  # bits of Light. (num_frames, num_actors)
    kind: NDArray[np.int32]  # ActorKind. (num_actors,)
    size: NDArray[np.float64]  # length, width, height [m]. (num_actors, 3)


def actor_sizes(actors: ActorTable) -> NDArray[np.float64]:
    """Return the boxes of row 0 of a table: length, width, height [m]. Shape (num_actors, 3)."""
    return np.stack([actors.length[0], actors.width[0], actors.height[0]], axis=1)
