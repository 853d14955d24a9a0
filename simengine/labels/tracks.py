"""The movement of all actors over an episode, as exporters and metrics read it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.state import ActorTable, WorldState
from simengine.labels.identities import slots_of
from simengine.physics.vehicle.catalog import model_names


class Tracks(NamedTuple):
    """Every actor at every recorded time, in the coordinates of the road's source.

    An actor's place in the arrays is its id: instance 1 + id in masks and points. An id is never used twice: a vehicle
    that comes in where another has left has one of its own, after those of the actors at the start.

    Values of an actor that is not in the world (`valid` false) are zero, its orientation upright.
    """

    time_ns: NDArray[np.int64]  # (num_frames,)
    valid: NDArray[np.bool_]  # in the world. (num_frames, num_actors)
    replayed: NDArray[np.bool_]  # follows a recording. (num_frames, num_actors)
    position: NDArray[np.float64]  # box center [m]. (num_frames, num_actors, 3)
    orientation: NDArray[np.float64]  # w, x, y, z. (num_frames, num_actors, 4)
    velocity: NDArray[np.float64]  # [m/s]. (num_frames, num_actors, 3)
    angular_velocity: NDArray[np.float64]  # [rad/s]. (num_frames, num_actors, 3)
    acceleration: NDArray[np.float64]  # [m/s²]. (num_frames, num_actors, 3)
    steering: NDArray[np.float64]  # road-wheel angle [rad]. (num_frames, num_actors)
    lights: NDArray[np.int32]  # bits of Light. (num_frames, num_actors)
    kind: NDArray[np.int32]  # ActorKind. (num_actors,)
    size: NDArray[np.float64]  # length, width, height, of walkers when they stand [m]. (num_actors, 3)
    model: tuple[str, ...]  # name in the catalog, empty for what is not of it. (num_actors,)
    behavior: NDArray[np.int32]  # Behavior at the start. (num_actors,)


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
    slots = slots_of(states, num_actors)
    present = np.array([state.valid[0] for state in states], np.bool_).reshape(len(states), num_actors)
    identity = np.array([state.identity[0] for state in states], np.int32).reshape(len(states), num_actors)
    frame, slot = np.nonzero(present)
    actor = identity[frame, slot]
    valid = np.zeros((len(states), len(slots)), np.bool_)
    valid[frame, actor] = True

    def stack(name: str, absent: object, *trailing: int) -> NDArray:
        values = np.array([getattr(state, name)[0] for state in states])
        stacked = np.empty((len(states), len(slots), *trailing), values.dtype if states else np.float64)
        stacked[:] = absent
        if states:
            stacked[frame, actor] = values[frame, slot]
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
        kind=actors.kind[0, slots],
        size=actor_sizes(actors)[slots],
        model=model_names(actors.model[0, slots].tolist()),
        behavior=actors.behavior[0, slots],
    )
