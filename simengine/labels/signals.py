"""Which signal heads a camera sees, and what they show."""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.core.space.mesh import Mesh
from simengine.labels.annotation import SignalViews
from simengine.road.network.network import SignalColor
from simengine.sensors.base.sensor import Frame, Scene

_COLORS = tuple(color.name.lower() for color in SignalColor)


def _housing(mesh: Mesh) -> NDArray[np.float64]:
    """Return the middle of a signal's housing, about the scene's origin [m]. Shape (3,)."""
    corners = mesh.vertex[mesh.triangle[mesh.semantic == Semantic.TRAFFIC_LIGHT]].reshape(-1, 3).astype(np.float64)
    return 0.5 * (corners.min(axis=0) + corners.max(axis=0))


class SignalLabels:
    """Labels the signal heads in the frames of one episode.

    Args:
        scene: What can be seen.
        heading: Direction that the lamps of each of the network's signals face [rad]. Shape (num_signals,).
    """

    def __init__(self, scene: Scene, heading: NDArray[np.float64]) -> None:
        drawn = np.flatnonzero(scene.signal_mesh >= 0)
        # Past the last instance id things have 0, as everything without one: what is seen cannot be told to be theirs.
        self._signal = drawn[scene.static_instance[scene.signal_mesh[drawn]] > 0]
        mesh = scene.signal_mesh[self._signal]
        self._instance = scene.static_instance[mesh]
        self._place = np.array([_housing(scene.static_mesh[m]) for m in mesh]).reshape(-1, 3) + scene.origin
        self._heading = heading[self._signal]

    def __call__(self, frame: Frame, colors: NDArray[np.int32]) -> SignalViews:
        """Label a camera's frame.

        Args:
            frame: With its `semantic` and `instance` images.
            colors: What every signal shows at its time. Shape (num_signals,).
        """
        semantic, instance = frame.channels["semantic"], frame.channels["instance"]
        pixel = np.flatnonzero(semantic.reshape(-1) == Semantic.TRAFFIC_LIGHT)  # 1 ms less than `nonzero` of an image
        row, column = pixel // semantic.shape[1], pixel % semantic.shape[1]
        shown = instance.reshape(-1)[pixel]
        order = np.argsort(self._instance, kind="stable")
        place = np.searchsorted(self._instance[order], shown)
        known = place < len(order)
        head = order[np.minimum(place, max(0, len(order) - 1))] if len(order) else place
        known[known] &= self._instance[head[known]] == shown[known]
        row, column, head = row[known], column[known], head[known]
        count = len(self._instance)
        pixels = np.bincount(head, minlength=count)
        edges = np.full((count, 4), np.iinfo(np.int64).max)
        edges[:, 2:] = -1
        np.minimum.at(edges[:, 0], head, column)
        np.minimum.at(edges[:, 1], head, row)
        np.maximum.at(edges[:, 2], head, column + 1)
        np.maximum.at(edges[:, 3], head, row + 1)
        seen = np.flatnonzero(pixels)
        toward = frame.world_from_sensor[:3, 3] - self._place[seen]
        ahead = [x * math.cos(yaw) + y * math.sin(yaw) for (x, y, _), yaw in zip(toward, self._heading[seen])]
        signal = self._signal[seen].astype(np.int32)
        return SignalViews(
            instance=self._instance[seen].astype(np.int32),
            signal=signal,
            color=np.array([_COLORS[color] for color in colors[signal]], np.str_),
            visible=edges[seen].astype(np.float32),
            visible_pixels=pixels[seen].astype(np.int32),
            facing=np.array(ahead, np.float64) > 0.0,
            distance=np.sqrt((toward * toward).sum(axis=1)),
        )
