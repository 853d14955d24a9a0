"""The form of vehicles against which people, animals and loads are thrown: a body with a bonnet, and a cabin on it.

One box as high as the roof would carry a struck person upright before it. A car's bonnet begins below an adult's center
of mass (0.7 m in saloons to 0.9 m in large SUVs; Simms & Wood, "Pedestrian and Cyclist Impact", ch. 5), so that he is
turned onto it. Trucks and buses have flat fronts and throw people forward.
"""

import numpy as np

from simengine.assets.cars import SHAPES
from simengine.core.state import ActorKind

Box = tuple[tuple[float, ...], tuple[float, ...]]  # size and center [m]


def collision_boxes(kind: int, variant: int, own: np.void) -> tuple[Box, ...]:
    """Return the boxes that an actor's body is made of, about its center of mass: those of the drawn car, else one.

    The lower one is as long as the car and as high as the front edge of its bonnet; the cabin stands on it from the
    middle of the windscreen to the middle of the rear window. The slopes of bonnet and windows are left out.

    Args:
        kind: Of `ActorKind`.
        variant: Parametric mesh of its kind.
        own: What the body is, of dtype `CHASSIS`.
    """
    size, middle = tuple(own["collision_size"].tolist()), tuple(own["collision_offset"].tolist())
    if kind != ActorKind.CAR:
        return ((size, middle),)
    shape, length, height = SHAPES[variant % len(SHAPES)], float(own["length"]), float(own["height"])
    low, high = middle[2] - 0.5 * size[2], middle[2] + 0.5 * size[2]
    edge = high - (1.0 - shape.nose) * height
    rear, front = 0.5 * (shape.deck_end + shape.roof_rear), 0.5 * (shape.bonnet_end + shape.roof_front)
    ahead = middle[0] + (0.5 * (rear + front) - 0.5) * length
    return (
        ((length, size[1], edge - low), (middle[0], middle[1], 0.5 * (low + edge))),
        (((front - rear) * length, size[1], high - edge), (ahead, middle[1], 0.5 * (edge + high))),
    )
