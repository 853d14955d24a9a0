"""How well an actor can be seen: occluded, truncated, faded by the air, hit as often as clear air would let it be."""

import numpy as np
from numpy.typing import NDArray

from simengine.core.weather import Weather, transmittance


def occlusion_of(visible_pixels: NDArray[np.int32], amodal_pixels: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return the hidden share of the pixels that an actor would cover alone; 0 where it covers none."""
    amodal = np.maximum(amodal_pixels, 1).astype(np.float64)
    hidden = 1.0 - np.minimum(visible_pixels, amodal_pixels) / amodal
    return np.where(amodal_pixels > 0, hidden, 0.0).astype(np.float32)


def truncation_of(unclipped: NDArray[np.float32], width: int, height: int) -> NDArray[np.float32]:
    """Return the share of a box's area that lies outside the image.

    Args:
        unclipped: Left, top, right, bottom edges, not cut by the image's border [px]. Shape (num_boxes, 4).
        width: Of the image [px].
        height: Of the image [px].
    """
    box = unclipped.astype(np.float64)
    area = (box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])
    inside = np.maximum(np.minimum(box[:, 2], width) - np.maximum(box[:, 0], 0.0), 0.0)
    inside = inside * np.maximum(np.minimum(box[:, 3], height) - np.maximum(box[:, 1], 0.0), 0.0)
    return np.where(area > 0.0, 1.0 - inside / np.where(area > 0.0, area, 1.0), 0.0).astype(np.float32)


def transmittance_to(weather: Weather, distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the one-way transmittance of the air over each distance [m]."""
    return np.array([transmittance(weather, float(d)) for d in distance], np.float64)


def expected_of(rows: NDArray[np.int32], num_actors: int) -> NDArray[np.int32]:
    """Return how many points each actor would give in clear air, from rows of instance and points. (num_actors,)."""
    expected = np.zeros(num_actors, np.int32)
    actors = rows[(rows[:, 0] >= 1) & (rows[:, 0] <= num_actors)]
    expected[actors[:, 0] - 1] = actors[:, 1]
    return expected


def count_hits(instance: NDArray[np.int32], num_actors: int) -> NDArray[np.int32]:
    """Return how many of a scan's points each actor received. Shape (num_actors,)."""
    return np.bincount(instance, minlength=num_actors + 1)[1 : num_actors + 1].astype(np.int32)
