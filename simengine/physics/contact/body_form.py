"""The form of bodies in collisions: cars with a bonnet and a cabin, people and animals on narrow feet.

One box as high as the roof would carry a struck person upright before it. A car's bonnet begins below an adult's center
of mass (0.7 m in saloons to 0.9 m in large SUVs; Simms & Wood, "Pedestrian and Cyclist Impact", ch. 5), so that he is
turned onto it. Trucks and buses have flat fronts and throw people forward. A person as wide as a box down to the ground
would be wedged with the heels below the bumper.
"""

import numpy as np

from simengine.assets.cars import SHAPES
from simengine.core.state import ActorKind, Mobility

_KNEE, _FEET = 0.28, 0.4  # height of the knee over that of the body (Winter, ch. 4), and width of the feet over its
Box = tuple[tuple[float, ...], tuple[float, ...]]  # size and center [m]


def collision_boxes(kind: int, variant: int, own: np.void, narrow_feet: bool) -> tuple[Box, ...]:
    """Return the boxes that an actor's body is made of, about its center of mass.

    Of a car, the lower one is as long as the car and as high as the front edge of its bonnet; the cabin stands on it
    from the middle of the windscreen to the middle of the rear window. The slopes of bonnet and windows are left out.
    Of a walker, one reaches down to the knees and one is below them. All else is one box. Robots are lower than knees
    and meet people at walking pace: beside them a base is as wide as the box that is labeled.

    Args:
        kind: Of `ActorKind`.
        variant: Parametric mesh of its kind.
        own: What the body is, of dtype `CHASSIS`.
        narrow_feet: Of walkers.
    """
    size, middle = tuple(own["collision_size"].tolist()), tuple(own["collision_offset"].tolist())
    low, high = middle[2] - 0.5 * size[2], middle[2] + 0.5 * size[2]
    if own["mobility"] == Mobility.WALKER and narrow_feet:
        knee = low + _KNEE * size[2]
        return (
            ((size[0], size[1], high - knee), (middle[0], middle[1], 0.5 * (knee + high))),
            ((_FEET * size[0], _FEET * size[1], knee - low), (middle[0], middle[1], 0.5 * (low + knee))),
        )
    if kind != ActorKind.CAR:
        return ((size, middle),)
    shape, length, height = SHAPES[variant % len(SHAPES)], float(own["length"]), float(own["height"])
    edge = high - (1.0 - shape.nose) * height
    rear, front = 0.5 * (shape.deck_end + shape.roof_rear), 0.5 * (shape.bonnet_end + shape.roof_front)
    ahead = middle[0] + (0.5 * (rear + front) - 0.5) * length
    return (
        ((length, size[1], edge - low), (middle[0], middle[1], 0.5 * (low + edge))),
        (((front - rear) * length, size[1], high - edge), (ahead, middle[1], 0.5 * (edge + high))),
    )
