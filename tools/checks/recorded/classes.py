"""What labels say an actor is and how fast it moves, against the lists of actors and states."""

import numpy as np

from tools.checks.recorded.file import FIRST_SCENERY, RecordedFile
from tools.checks.recorded.found import Found
from tools.checks.recorded.motion import collided

_CLASS = {
    "car": 13, "truck": 14, "bus": 15, "motorcycle": 16, "bicycle": 17, "pedestrian": 19, "animal": 20, "cargo": 21,
    "cone": 22, "robot": 23,
}  # fmt: skip
_RIDER, _EGO = 18, 27
_RIDDEN = ("motorcycle", "bicycle")
_SPEED = 0.05  # of a box's velocity between two recorded states [m/s]
_SHARE = 0.25  # and of the change between them


def box_velocities(file: RecordedFile) -> Found:
    """The velocity of a 3-D box lies between those of the states around it."""
    states, hit, errors, checked = file.states, collided(file), [], 0
    for frame in [frame for sensor in file.sensors for frame in file.frames(sensor) if frame.labels is not None]:
        k = int(np.clip(np.searchsorted(states.time, frame.time) - 1, 0, len(states.time) - 2))
        f = (frame.time - states.time[k]) / (states.time[k + 1] - states.time[k])
        for box in frame.labels["boxes_3d"]:
            a, pair = box["instance"] - 1, slice(k, k + 2)
            if a >= states.present.shape[1] or not 0.0 <= f <= 1.0 + 1e-6:
                continue
            if not states.present[pair, a].all() or hit[pair, a].any():
                continue
            checked += 1
            v, w = states.velocity[pair, a]
            off = float(np.linalg.norm(v + f * (w - v) - box["velocity"]))
            if off > _SPEED + _SHARE * float(np.linalg.norm(w - v)):
                when = f"{frame.sensor} at {frame.time:.2f} s"
                errors.append(f"{when}: the velocity of actor {a} is off by {off:.2f} m/s")
    return Found(checked, len(errors), errors[0] if errors else "")


def semantics(file: RecordedFile) -> Found:
    """Boxes have the class of their actor's kind, and so have pixels and points; those of the ego are of class ego."""
    kinds, errors, checked = file.actors["kind"], [], 0
    for frame in [frame for sensor in file.sensors for frame in file.frames(sensor) if frame.labels is not None]:
        when = f"{frame.sensor} at {frame.time:.2f} s"
        for box in frame.labels["boxes_3d"] + frame.labels.get("boxes_2d", []):
            checked += 1
            if box["semantic"] != _CLASS[kinds[box["instance"] - 1]]:
                errors.append(f"{when}: the box of instance {box['instance']} is of class {box['semantic']}")
        if not {"instance", "semantic"} <= set(frame.channels):
            continue
        pairs = file.channel(frame, "instance").astype(np.int64) * 256 + file.channel(frame, "semantic")
        for pair in np.unique(pairs).tolist():
            name, found = divmod(pair, 256)
            if not 0 < name < FIRST_SCENERY or name > len(kinds):
                continue
            kind = kinds[name - 1]
            wanted = {_EGO} if name == 1 else {_CLASS[kind]} | ({_RIDER} if kind in _RIDDEN else set())
            checked += 1
            if found not in wanted:
                errors.append(f"{when}: instance {name}, a {kind}, is of class {found} in masks or points")
    return Found(checked, len(errors), errors[0] if errors else "")
