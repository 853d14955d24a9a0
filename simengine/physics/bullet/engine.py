"""PyBullet as the rest of the package sees it: the module, its worlds and what collides with what.

Bullet's quaternions are x, y, z, w; they are converted where bodies are made and read, in `bullet`.
"""

import os


def _import_pybullet():
    """Import PyBullet without the build time that it prints on stderr."""
    saved, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        import pybullet
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)
    return pybullet


try:
    p = _import_pybullet()
except ImportError:
    raise ImportError('physics=bullet needs PyBullet: pip install "simengine[bullet]"') from None

# Collision groups. A walker on its feet does not touch Bullet's ground: its legs stand on the analytic one. Upright
# bodywork meets neither the scenery nor its like there.
GROUND, SCENERY, BODY, STANDING, BODYWORK = 1, 2, 4, 8, 16
MASKS = {
    GROUND: BODY | BODYWORK,
    SCENERY: BODY | STANDING,
    BODY: GROUND | SCENERY | BODY | STANDING | BODYWORK,
    STANDING: SCENERY | BODY | STANDING | BODYWORK,
    BODYWORK: GROUND | BODY | STANDING,
}


def set_group(client: int, uid: int, group: int) -> None:
    """Choose what a body collides with."""
    p.setCollisionFilterGroupMask(uid, -1, group, MASKS[group], physicsClientId=client)


def connect() -> int:
    """Return a new world of Bullet's, negative if it gives none."""
    try:
        return p.connect(p.DIRECT)
    except p.error:  # more than it has room for
        return -1


def disconnect(client: int) -> None:
    """Free one of Bullet's worlds, unless Bullet has freed it itself."""
    if p.isConnected(client):
        p.disconnect(physicsClientId=client)


class BoxShapes:
    """Shapes of boxes of one world, each made once.

    Args:
        client: Bullet's world.
    """

    def __init__(self, client: int) -> None:
        self._client = client
        self._made: dict[tuple, int] = {}

    def shape(self, size: tuple[float, ...], offset: tuple[float, ...] = (0.0, 0.0, 0.0)) -> int:
        """Return a box shape of a size about an offset [m]."""
        key = (*size, *offset)
        if key not in self._made:
            self._made[key] = p.createCollisionShape(
                p.GEOM_BOX, halfExtents=[0.5 * edge for edge in size], collisionFramePosition=list(offset),
                physicsClientId=self._client,
            )  # fmt: skip
        return self._made[key]

    def joined(self, boxes: tuple[tuple[tuple[float, ...], tuple[float, ...]], ...]) -> int:
        """Return a shape of boxes, each given by its size and its center [m]."""
        if len(boxes) == 1:
            return self.shape(*boxes[0])
        if boxes not in self._made:
            self._made[boxes] = p.createCollisionShapeArray(
                shapeTypes=[p.GEOM_BOX] * len(boxes),
                halfExtents=[[0.5 * edge for edge in size] for size, _ in boxes],
                collisionFramePositions=[list(center) for _, center in boxes], physicsClientId=self._client,
            )  # fmt: skip
        return self._made[boxes]
