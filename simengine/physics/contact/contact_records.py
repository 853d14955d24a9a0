"""What contacts of boxes are worked out from and written to, as records: bodies, boxes of the scenery, contacts."""

import numpy as np
from numba import njit

from simengine.core.space.intersect import OrientedBox

# What contacts know of an actor, and what they change of it.
PLANAR_BODY = np.dtype([
    ("active", np.bool_),  # can be touched
    ("still", np.bool_),  # its motion is given; two of them do not touch
    ("crushes", np.bool_),  # has bodywork
    ("x", np.float64),  # box center, world [m]
    ("y", np.float64),
    ("yaw", np.float64),  # [rad]
    ("length", np.float64),  # [m]
    ("width", np.float64),  # [m]
    ("low", np.float64),  # z of its underside and its top at its center [m]
    ("high", np.float64),
    ("slope_x", np.float64),  # how much both rise along x and y: what stands on a slope passes over what lies on it
    ("slope_y", np.float64),
    ("center_x", np.float64),  # center of mass, world [m]
    ("center_y", np.float64),
    ("vx", np.float64),  # its velocity, world [m/s]
    ("vy", np.float64),
    ("yaw_rate", np.float64),  # [rad/s]
    ("free_vx", np.float64),  # its velocity if nothing touched it, world [m/s]
    ("free_vy", np.float64),
    ("inverse_mass", np.float64),  # 0 for what is not to be moved [1/kg]
    ("inverse_inertia", np.float64),  # about the vertical axis [1/(kg m²)]
    ("push_x", np.float64),  # displacement that takes boxes apart [m]
    ("push_y", np.float64),
], align=True)  # fmt: skip

# A box of the scenery.
SCENERY_BOX = np.dtype([
    ("x", np.float64),  # center, world [m]
    ("y", np.float64),
    ("yaw", np.float64),  # [rad]
    ("length", np.float64),  # [m]
    ("width", np.float64),  # [m]
    ("low", np.float64),  # lowest and highest z [m]
    ("high", np.float64),
    ("covered", np.int64),  # faces that lie against another box, by bits: ahead 1, behind 2, left 4, right 8
], align=True)  # fmt: skip

HARD, CRUSHING, RESTING = 0, 1, 2  # what a contact is; resting is a wreck that lies against another
NO_SIDE = -1  # bodywork that has run into nothing

# An actor that touches another, or the scenery.
CONTACT = np.dtype([
    ("actor", np.int64),
    ("other", np.int64),  # actor, or −1 − i for box i of the scenery
    ("x", np.float64),  # where, world [m]
    ("y", np.float64),
    ("z", np.float64),
    ("nx", np.float64),  # unit normal, from the other to the actor
    ("ny", np.float64),
    ("depth", np.float64),  # of the overlap along it [m]
    ("impulse", np.float64),  # of the tick along it [N s]
    ("sliding_impulse", np.float64),  # across it, to its left [N s]
    ("closing_speed", np.float64),  # along it before the tick [m/s]
    ("kind", np.int64),  # HARD, CRUSHING or RESTING
    ("side", np.int64),  # of the boxes across which bodywork crushes, see `box_overlap.side_overlap`, or NO_SIDE
], align=True)  # fmt: skip


@njit(cache=True, _nrt=False)
def outline(record: np.void) -> OrientedBox:
    """Return the box of a `PLANAR_BODY` or of a `SCENERY_BOX` in plan view."""
    return OrientedBox(record.x, record.y, record.yaw, record.length, record.width)
