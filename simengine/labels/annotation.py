"""What is true of a frame and of an episode: the records that annotators fill and exporters read."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Boxes3d(NamedTuple):
    """Oriented boxes of every actor in the world at a frame's time. Shapes (num_boxes, …)."""

    instance: NDArray[np.int32]  # 1 + the actor's id
    semantic: NDArray[np.uint8]  # of that kind of actor; of the ego too, whose own body is EGO in masks and points
    position: NDArray[np.float64]  # box center, world [m]. (…, 3)
    orientation: NDArray[np.float64]  # w, x, y, z. (…, 4)
    size: NDArray[np.float64]  # length, width, height [m]; of walkers with their limbs, see `limbs`. (…, 3)
    velocity: NDArray[np.float64]  # world [m/s]. (…, 3)
    distance: NDArray[np.float64]  # sensor to box center [m]
    visible_pixels: NDArray[np.int32]  # camera frames; 0 for others
    lidar_hits: NDArray[np.int32]  # received returns; LiDAR frames, 0 for others
    expected_hits: NDArray[np.int32]  # returns that clear air would give
    transmittance: NDArray[np.float64]  # of the air between sensor and box center, one way


class Boxes2d(NamedTuple):
    """Image boxes of the actors that a camera sees at least one pixel of, or would see without occluders."""

    instance: NDArray[np.int32]
    semantic: NDArray[np.uint8]
    visible: NDArray[np.float32]  # around the visible pixels: left, top, right, bottom [px]. (…, 4); zeros if none
    amodal: NDArray[np.float32]  # around the whole object, occluded or not, cut by the image border. (…, 4)
    unclipped: NDArray[np.float32]  # the same, not cut by the border. (…, 4)
    visible_pixels: NDArray[np.int32]
    amodal_pixels: NDArray[np.int32]  # inside the image if nothing stood before it
    occlusion: NDArray[np.float32]  # 1 − visible / amodal pixels
    truncation: NDArray[np.float32]  # share of the unclipped box's area outside the image
    occluder: NDArray[np.int32]  # instance that hides most of it, 0 for none or for surfaces
    distance: NDArray[np.float64]  # [m]


class SignalViews(NamedTuple):
    """The signal heads that a camera sees at least one pixel of the housing of. Shapes (num_seen, …)."""

    instance: NDArray[np.int32]  # in the instance mask, shared with the post
    signal: NDArray[np.int32]  # row among the episode's signals
    color: NDArray[np.str_]  # what it shows: "red", "red_amber", "green", "amber", "off"
    visible: NDArray[np.float32]  # around the housing's visible pixels: left, top, right, bottom [px]. (…, 4)
    visible_pixels: NDArray[np.int32]  # of the housing
    facing: NDArray[np.bool_]  # its lamps face the camera
    distance: NDArray[np.float64]  # to the lamps [m]


class Annotation(NamedTuple):
    """Everything labeled on one frame; `boxes_2d` and `signals` only of cameras."""

    sensor: str
    index: int
    time_ns: int
    boxes_3d: Boxes3d
    boxes_2d: Boxes2d | None
    signals: SignalViews | None = None


class Collision(NamedTuple):
    """One collision: first touch to last, joined over ticks."""

    start_ns: int
    end_ns: int
    actor: int  # its id, as in `Tracks`
    other: int  # −1: scenery
    position: tuple[float, float, float]  # of the hardest touch, world [m]
    impulse: float  # sum along the normal [N s]
    closing_speed: float  # at first touch [m/s]


class Interval(NamedTuple):
    """A labeled stretch of an episode: a hazard's onset, response and end, a maneuver, a removal or standstill.

    A removal: an ordinary vehicle could not go on (start) and was taken out of the world where the ego does not see it
    (end).
    A standstill: it came no farther (start) for a minute or more, until it did or the episode ended (end).
    """

    name: str  # "hazard:<event>", "maneuver:lane_change_left", "taken_out:standing" (overturned, off_road), "standing"
    actor: int  # its id, as in `Tracks`
    start_ns: int  # onset
    response_ns: int  # the ego's first reaction, or −1
    end_ns: int  # resolution
