"""The contact points of a tick, merged to one contact per pair of actors."""

import math
from collections.abc import Iterable, Mapping, Set

import numpy as np
from numpy.typing import NDArray

from simengine.physics.backend import Contact

SCENERY = -1
_LEAST_WEIGHT = 1e-9  # of a point that carries no impulse [N s]


class ContactSums:
    """Sums over the contact points of each pair during one tick.

    Args:
        actor_of_uid: Actor of each body; other bodies are scenery.
        ground_uids: Bodies of the ground, contacts with which are left out.
        bodies: Motion before the step whose points are added.
    """

    def __init__(self, actor_of_uid: Mapping[int, int], ground_uids: Set[int], bodies: NDArray[np.void]) -> None:
        self._actor_of_uid = actor_of_uid
        self._ground_uids = ground_uids
        self._bodies = bodies
        # Per pair: impulse, weight, weighted place and normal, weight and sum of closing speeds, first round.
        self._sums: dict[tuple[int, int], list[float]] = {}
        self._round = 0

    def add(self, points: Iterable[tuple], dt: float) -> None:
        """Add the contact points of one integration step of `dt` [s], as PyBullet lists them."""
        self._round += 1
        for point in points:
            first, second, distance, push = point[1], point[2], point[8], point[9]
            if first in self._ground_uids or second in self._ground_uids or (distance > 0.0 and push <= 0.0):
                continue
            a, b = self._actor_of_uid.get(first, SCENERY), self._actor_of_uid.get(second, SCENERY)
            nx, ny, nz = point[7]  # from the second to the first
            if b != SCENERY and (a == SCENERY or b < a):
                a, b, nx, ny, nz = b, a, -nx, -ny, -nz
            x, y, z = (0.5 * (one + other) for one, other in zip(point[5], point[6], strict=True))
            self._add_point(a, b, (x, y, z), (nx, ny, nz), push * dt, self._round)

    def add_rows(self, rows: NDArray[np.void]) -> None:
        """Add `CONTACT` rows of the same step, see `contact_boxes.find_contacts`; call it before `add`."""
        for a, b, x, y, z, nx, ny, _, impulse, *_ in rows.tolist():
            self._add_point(a, max(SCENERY, b), (x, y, z), (nx, ny, 0.0), impulse, self._round + 1)

    def _add_point(
        self,
        a: int,
        b: int,
        place: tuple[float, float, float],
        normal: tuple[float, float, float],
        impulse: float,
        turn: int,
    ) -> None:
        weight = impulse + _LEAST_WEIGHT
        sums = self._sums.setdefault((a, b), [0.0] * 10 + [float(turn)])
        sums[0] += impulse
        sums[1] += weight
        for i, value in enumerate((*place, *normal)):
            sums[2 + i] += weight * value
        if sums[10] == turn:
            va, vb = self._velocity_at(a, *place), self._velocity_at(b, *place)
            sums[8] += weight
            sums[9] += weight * sum((vb[i] - va[i]) * normal[i] for i in range(3))

    def contacts(self, tick: int) -> list[Contact]:
        """Return one contact per pair, by actor."""
        merged = []
        for (a, b), sums in sorted(self._sums.items()):
            x, y, z = (value / sums[1] for value in sums[2:5])
            length = math.sqrt(sums[5] ** 2 + sums[6] ** 2 + sums[7] ** 2)
            normal = tuple(value / length for value in sums[5:8]) if length > 0.0 else (0.0, 0.0, 1.0)
            merged.append(Contact(0, tick, a, b, (x, y, z), normal, sums[0], sums[9] / sums[8]))
        return merged

    def _velocity_at(self, a: int, x: float, y: float, z: float) -> tuple[float, float, float]:
        """Return the velocity of an actor's body at a place before the step [m/s]; scenery stands still."""
        if a == SCENERY:
            return 0.0, 0.0, 0.0
        body = self._bodies[a]
        px, py, pz = body["position"].tolist()
        vx, vy, vz = body["velocity"].tolist()
        wx, wy, wz = body["angular_velocity"].tolist()
        rx, ry, rz = x - px, y - py, z - pz
        return vx + wy * rz - wz * ry, vy + wz * rx - wx * rz, vz + wx * ry - wy * rx
