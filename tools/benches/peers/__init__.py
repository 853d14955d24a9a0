"""Other renderers that run on a CPU, each driven the best way its Python binding offers; a vendor a file."""

from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

from tools.benches.views import Subject


class Peer(NamedTuple):
    """Where a peer lives."""

    package: str  # that has to be installed
    module: str  # of ours, beside this one
    subject: str  # its class there


PEERS = {
    "open3d": Peer("open3d", "open3d_rays", "Open3dRays"),
    "mitsuba": Peer("mitsuba", "mitsuba_rays", "MitsubaRays"),
    "embreex": Peer("embreex", "embree_rays", "EmbreeRays"),
    "pybullet": Peer("pybullet", "bullet_rays", "BulletRays"),
    "moderngl": Peer("moderngl", "opengl", "SoftwareOpenGl"),
}


def installed_peers() -> list[str]:
    """Return the names of the peers whose package is there."""
    return [name for name, peer in PEERS.items() if find_spec(peer.package) is not None]


def subject_class(name: str) -> type[Subject]:
    """Return a subject's class by its name; `simengine` is ours."""
    if name == "simengine":
        from tools.benches.own import OwnSensors

        return OwnSensors
    peer = PEERS[name]
    return getattr(import_module(f"{__name__}.{peer.module}"), peer.subject)
