"""Boxes, masks, depths and points of one frame against each other, with nothing but their definitions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.semantics import Semantic
from simengine.core.state import EGO
from simengine.labels.annotation import Annotation, Boxes3d
from simengine.sensors.base.sensor import Frame, actor_instance

TIGHT = 0.02  # how far outside its 3-D box a rigid vehicle's surface may be measured [m]
_RIGID = (Semantic.CAR, Semantic.TRUCK, Semantic.BUS)  # riders, people and animals swing limbs out of their boxes


class Contradictions(NamedTuple):
    """What does not fit; frames add up."""

    boxes: int = 0  # 2-D boxes that were looked at
    wrong: int = 0  # of them, not what their masks say
    measured: int = 0  # pixels or points on rigid vehicles
    outside: int = 0  # of them, outside the vehicle's 3-D box

    def joined(self, other: "Contradictions") -> "Contradictions":
        """Return both together."""
        return Contradictions(*(a + b for a, b in zip(self, other, strict=True)))


def check_masks(frame: Frame, labels: Annotation, num_actors: int) -> Contradictions:
    """Compare every 2-D box of a camera frame with the pixels that the instance mask has.

    A box is wrong if it is not around the mask's pixels, counts them wrongly, reaches beyond the amodal box, or is
    missing.
    """
    boxes, instance = labels.boxes_2d, frame.channels["instance"]
    rows, columns = np.nonzero((instance > 0) & (instance <= num_actors) & (instance != actor_instance(EGO)))
    owner = instance[rows, columns]
    wrong = len(set(np.unique(owner).tolist()) - set(boxes.instance.tolist()))
    for i, name in enumerate(boxes.instance.tolist()):
        u, v = columns[owner == name], rows[owner == name]
        around = [u.min(), v.min(), u.max() + 1, v.max() + 1] if len(u) else [0, 0, 0, 0]
        left, top, right, bottom = boxes.amodal[i].tolist()
        good = boxes.visible_pixels[i] == len(u) <= boxes.amodal_pixels[i] and boxes.visible[i].tolist() == around
        if len(u):
            good &= left <= around[0] and top <= around[1] and right >= around[2] and bottom >= around[3]
        wrong += not good
    return Contradictions(boxes=len(boxes.instance), wrong=wrong)


def check_depths(frame: Frame, labels: Annotation) -> Contradictions:
    """Carry every pixel of a rigid vehicle into the world by its depth and see whether it lies in its 3-D box."""
    matrix, depth = frame.channels["intrinsics"], frame.channels["depth"].astype(np.float64)
    rows, columns = np.nonzero(_belongs(frame.channels["instance"], labels.boxes_3d))
    z = depth[rows, columns]
    left = -(columns + 0.5 - matrix[0, 2]) / matrix[0, 0] * z
    up = -(rows + 0.5 - matrix[1, 2]) / matrix[1, 1] * z
    points = np.stack([z, left, up], axis=1)
    return _in_boxes(frame, labels.boxes_3d, points, frame.channels["instance"][rows, columns], 0.0)


def check_points(frame: Frame, labels: Annotation, duration: float) -> Contradictions:
    """See whether every LiDAR point of a rigid vehicle lies in its 3-D box, widened by what it moves in a sweep [s]."""
    chosen = _belongs(frame.channels["instance"], labels.boxes_3d)
    points, instance = frame.channels["points"][chosen].astype(np.float64), frame.channels["instance"][chosen]
    found = _in_boxes(frame, labels.boxes_3d, points, instance, duration)
    boxes = labels.boxes_3d
    counts = np.array([(frame.channels["instance"] == name).sum() for name in boxes.instance])
    return found._replace(boxes=len(counts), wrong=int((counts != boxes.lidar_hits).sum()))


def _belongs(instance: NDArray, boxes: Boxes3d) -> NDArray[np.bool_]:
    rigid = np.isin(boxes.semantic, [int(semantic) for semantic in _RIGID])
    return np.isin(instance, boxes.instance[rigid & (boxes.instance != actor_instance(EGO))])


def _rotation(q: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix of a unit quaternion w, x, y, z."""
    w, v = q[0], q[1:]
    cross = np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])
    return np.eye(3) + 2.0 * w * cross + 2.0 * cross @ cross


def _in_boxes(
    frame: Frame, boxes: Boxes3d, points: NDArray[np.float64], instance: NDArray, duration: float
) -> Contradictions:
    """Count points [m], in the sensor's frame, that lie outside the box of their instance."""
    outside = 0
    for name in np.unique(instance).tolist():
        i = int(np.flatnonzero(boxes.instance == name)[0])
        world = points[instance == name] @ frame.world_from_sensor[:3, :3].T + frame.world_from_sensor[:3, 3]
        local = np.abs((world - boxes.position[i]) @ _rotation(boxes.orientation[i]))
        room = 0.5 * boxes.size[i] + TIGHT
        if duration > 0.0:
            room = room + duration * float(np.sqrt((boxes.velocity[i] ** 2).sum()))
        outside += int((local > room).any(axis=1).sum())
    return Contradictions(measured=len(points), outside=outside)
