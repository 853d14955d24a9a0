"""The movement of all actors over an episode, as exporters and metrics read it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.state import ActorTable, WorldState


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


def tracks_of_states(time_ns: Sequence[int], states: Sequence[WorldState], actors: ActorTable) -> Tracks:
    """Stack states of world 0.

    Args:
        time_ns: When each state held, ascending [ns].
        states: One per time.
        actors: What the actors are; row 0 is used.
    """
    num_actors = actors.kind.shape[1]
    valid = np.array([state.valid[0] for state in states], np.bool_).reshape(len(states), num_actors)

    def stack(name: str, absent: object, *trailing: int) -> NDArray:
        values = [getattr(state, name)[0] for state in states]
        stacked = np.array(values, np.asarray(getattr(states[0], name)).dtype if states else np.float64)
        stacked = stacked.reshape(len(states), num_actors, *trailing)
        stacked[~valid] = absent
        return stacked

    return Tracks(
        time_ns=np.array(time_ns, np.int64),
        valid=valid,
        replayed=stack("replayed", False),
        position=stack("position", 0.0, 3),
        orientation=stack("orientation", [1.0, 0.0, 0.0, 0.0], 4),
        velocity=stack("velocity", 0.0, 3),
        angular_velocity=stack("angular_velocity", 0.0, 3),
        acceleration=stack("acceleration", 0.0, 3),
        steering=stack("steering", 0.0),
        lights=stack("lights", 0),
        kind=actors.kind[0].copy(),
        size=actor_sizes(actors),
    )
