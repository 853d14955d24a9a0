"""Labels of frames against their pixels and points, and against where the actors were."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tools.checks.recorded.file import FIRST_SCENERY, RecordedFile, RecordedFrame, Row, rotations
from tools.checks.recorded.found import NOTHING, Found

_RIGID = ("car", "truck", "bus", "motorcycle", "bicycle")
_LIVING = ("pedestrian", "animal")  # whose limbs swing
_STRIDE = (1.2, 0.0, 0.15)  # by which their boxes are longer, wider and higher than standing at most [m]
_TIGHT = 0.03  # how far outside its box a rigid vehicle's surface may be measured by depth [m]
_NOISE = 0.1  # and by a LiDAR: five standard deviations of the noise in its ranges [m]
_PLACE, _TURN = 0.03, 0.02  # of a box between two recorded states [m], [rad]
_FLOW = 0.4  # [px]
_FLOW_SHARE = 0.6  # of an actor's pixels that go with its body: wheels do not
_LIMBS_FLOW = 0.15  # of its height by which the flow of somebody with limbs is off, in the middle
_LIMBS = ("pedestrian", "animal", "bicycle")
_FARTHEST = 200.0  # 16-bit depth ends at 256 m [m]
_SKY = 1


def _all(file: RecordedFile, needed: str) -> Iterator[RecordedFrame]:
    for sensor in file.sensors:
        for frame in file.frames(sensor):
            if needed in frame.channels and frame.labels is not None:
                yield frame


def _found(checked: int, errors: list[str]) -> Found:
    return Found(checked, len(errors), errors[0] if errors else "")


def _said(frame: RecordedFrame, text: str) -> str:
    return f"{frame.sensor} at {frame.time:.2f} s: {text}"


def instances(file: RecordedFile) -> Found:
    """Every instance in masks and points is an actor that is there, or listed scenery."""
    states, listed, errors, checked = file.states, file.scenery, [], 0
    if listed is None:
        return Found(1, 1, "the file lists no scenery")
    for frame in _all(file, "instance"):
        first = frame.time
        times = file.channel(frame, "time_ns") if "points" in frame.channels else None
        if times is not None and len(times):
            first = float(times.min()) * 1e-9
        near = (states.time >= first - 0.11) & (states.time <= frame.time + 0.11)
        there = set((np.flatnonzero(states.present[near].any(axis=0)) + 1).tolist())
        seen = np.unique(file.channel(frame, "instance")).tolist()
        checked += len(seen)
        for name in seen:
            known = name == 0 or name in there
            if name >= FIRST_SCENERY:
                known = name in listed
            if not known:
                errors.append(_said(frame, f"instance {name} is nobody who is there and no scenery"))
    return _found(checked, errors)


def image_boxes(file: RecordedFile) -> Found:
    """Every 2-D box is around its mask's pixels and counts them; everybody in the mask has one."""
    errors, checked = [], 0
    for frame in _all(file, "intrinsics"):
        instance = file.channel(frame, "instance")
        names, counts = np.unique(instance, return_counts=True)
        count = dict(zip(names.tolist(), counts.tolist(), strict=True))
        boxes = {box["instance"]: box for box in frame.labels["boxes_2d"]}
        for name in [name for name in count if 1 < name < FIRST_SCENERY and name not in boxes]:
            errors.append(_said(frame, f"instance {name} is in the mask and has no box"))
        for name, box in boxes.items():
            checked += 1
            rows, columns = np.nonzero(instance == name)
            around = [0, 0, 0, 0]
            if len(rows):
                around = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            left, top, right, bottom = box["amodal"]
            good = box["visible"] == around and box["visible_pixels"] == len(rows) <= box["amodal_pixels"]
            if len(rows):
                good &= left <= around[0] and top <= around[1] and right >= around[2] and bottom >= around[3]
            hidden = 1.0 - len(rows) / max(1, box["amodal_pixels"])
            good &= abs(box["occlusion"] - hidden) < 1e-3 and 0.0 <= box["truncation"] <= 1.0
            if not good:
                errors.append(_said(frame, f"the 2-D box of instance {name} is not what its mask says"))
        for box in frame.labels["boxes_3d"]:
            checked += 1
            if box["instance"] > 1 and box["visible_pixels"] != count.get(box["instance"], 0):
                errors.append(_said(frame, f"visible_pixels of instance {box['instance']} is not the mask's count"))
    return _found(checked, errors)


def hits(file: RecordedFile) -> Found:
    """`lidar_hits` counts the points of each instance, of which clear air would give no fewer."""
    errors, checked = [], 0
    for frame in _all(file, "points"):
        count = np.bincount(file.channel(frame, "instance"))
        table = file.channel(frame, "expected_hits")
        clear = None if table is None else dict(table.tolist())
        for box in frame.labels["boxes_3d"]:
            checked += 1
            number = int(count[box["instance"]]) if box["instance"] < len(count) else 0
            if box["lidar_hits"] != number:
                errors.append(_said(frame, f"instance {box['instance']} has {number} points, not {box['lidar_hits']}"))
            expected = box["expected_hits"]
            if expected < number or (clear is not None and expected != clear.get(box["instance"], 0)):
                errors.append(_said(frame, f"instance {box['instance']}: {number} of {expected} points of clear air"))
    return _found(checked, errors)


def poses(file: RecordedFile) -> Found:
    """3-D boxes are where the states have their actors, turned like them; classes never change, nor sizes of vehicles.

    Boxes of the living are no smaller than somebody who stands and hold a stride at most.
    """
    states, errors, checked = file.states, [], 0
    kinds, sizes, classes = file.actors["kind"], file.actors["size"], {}
    for frame in [frame for sensor in file.sensors for frame in file.frames(sensor) if frame.labels is not None]:
        k = int(np.clip(np.searchsorted(states.time, frame.time) - 1, 0, len(states.time) - 2))
        step = states.time[k + 1] - states.time[k]
        f = (frame.time - states.time[k]) / step
        for box in frame.labels["boxes_3d"]:
            a = box["instance"] - 1
            checked += 1
            known = a < len(kinds) and _sized(kinds[a], box["size"], sizes[a])
            if not known or classes.setdefault(a, box["semantic"]) != box["semantic"]:
                errors.append(_said(frame, f"actor {a} is of another size or class than before"))
                continue
            away = np.subtract(box["position"], frame.pose[:3, 3])
            if abs(math.hypot(*away) - box["distance"]) > 1e-3:
                errors.append(_said(frame, f"the distance of actor {a} is not that to its box"))
            if not states.present[k : k + 2, a].all() or not 0.0 <= f <= 1.0:
                continue
            (p, q), (v, w) = states.position[k : k + 2, a], states.velocity[k : k + 2, a]
            place = p + f * (q - p)
            room = _PLACE + 0.25 * step * float(np.linalg.norm(w - v))
            one, other = states.orientation[k : k + 2, a]
            turned = one + f * (other * np.sign(one @ other) - one)
            cosine = abs(float(turned @ np.array(box["orientation"]))) / float(np.linalg.norm(turned))
            angle = 2.0 * math.acos(min(1.0, cosine))
            between = 2.0 * math.acos(min(1.0, abs(float(one @ other))))
            if np.linalg.norm(place - box["position"]) > room or angle > _TURN + 0.25 * between:
                errors.append(_said(frame, f"the box of actor {a} is not where its state is"))
    return _found(checked, errors)


def _sized(kind: str, size: list[float], standing: list[float]) -> bool:
    if kind not in _LIVING:
        return size == standing
    more = np.subtract(size, standing)
    return bool((more >= 0.0).all() and (more <= np.array(_STRIDE)).all())


def _inside(world: NDArray[np.float64], box: Row, room: float) -> NDArray[np.bool_]:
    local = np.abs((world - np.array(box["position"])) @ rotations(np.array(box["orientation"])))
    return (local <= 0.5 * np.array(box["size"]) + room).all(axis=1)


def depths(file: RecordedFile) -> Found:
    """Every pixel of a vehicle, a person or an animal, carried into the world by its depth, lies in its 3-D box."""
    errors, checked = [], 0
    for frame in _all(file, "depth"):
        world = _world_of_pixels(file, frame)
        instance, depth = file.channel(frame, "instance"), file.channel(frame, "depth")
        for box in _boxed(file, frame):
            chosen = (instance == box["instance"]) & (depth < _FARTHEST)
            checked += int(chosen.sum())
            outside = int((~_inside(world[chosen], box, _TIGHT)).sum())
            if outside:
                text = f"{outside} pixels of instance {box['instance']} are outside its 3-D box"
                errors += [_said(frame, text)] * outside
    return _found(checked, errors)


def points(file: RecordedFile) -> Found:
    """Every LiDAR point of such an actor lies in its 3-D box as that was when the point was measured.

    The labels' boxes are those of the sweep's end. A point is not moved on to them, for which its actor would have to
    go straight on, but looked at in the box between the two recorded states around its time.
    """
    errors, checked = [], 0
    for frame in _all(file, "points"):
        cloud, instance = file.channel(frame, "points").astype(np.float64), file.channel(frame, "instance")
        time = file.channel(frame, "time_ns") * 1e-9
        for box in _boxed(file, frame):
            chosen = instance == box["instance"]
            if not chosen.any():
                continue
            checked += int(chosen.sum())
            world = cloud[chosen] @ frame.pose[:3, :3].T + frame.pose[:3, 3]
            outside = int((~_inside_then(file, world, time[chosen], box)).sum())
            if outside:
                text = f"{outside} points of instance {box['instance']} are outside its 3-D box"
                errors += [_said(frame, text)] * outside
    return _found(checked, errors)


def _inside_then(
    file: RecordedFile, world: NDArray[np.float64], time: NDArray[np.float64], box: Row
) -> NDArray[np.bool_]:
    """Return which points lie in an actor's box as it was at their times: where it is there, between two states."""
    states, a = file.states, box["instance"] - 1
    k = np.clip(np.searchsorted(states.time, time, side="right") - 1, 0, len(states.time) - 2)
    f = (time - states.time[k]) / (states.time[k + 1] - states.time[k])
    inside = np.zeros(len(world), np.bool_)
    for j in np.unique(k):
        there = states.present[j : j + 2, a]
        one, other = (j if there[0] else j + 1), (j + 1 if there[1] else j)
        rows = np.flatnonzero(k == j)
        share, step = f[rows, None], states.time[j + 1] - states.time[j]
        p, q = states.position[one, a], states.position[other, a]
        if one == other:  # it appears or leaves: it goes on as it moves
            place = p + (share - (one - j)) * step * states.velocity[one, a]
        else:
            place = p + share * (q - p)
        start, end = states.orientation[one, a], states.orientation[other, a]
        turn = start + share * (end * (1.0 if start @ end >= 0.0 else -1.0) - start)
        turn = rotations(turn / np.linalg.norm(turn, axis=1, keepdims=True))
        local = np.abs(np.einsum("ni,nij->nj", world[rows] - place, turn))
        inside[rows] = (local <= 0.5 * np.array(box["size"]) + _NOISE).all(axis=1)
    return inside


def _boxed(file: RecordedFile, frame: RecordedFrame) -> list[Row]:
    kinds = file.actors["kind"]
    whole = (*_RIGID, *_LIVING)
    return [box for box in frame.labels["boxes_3d"] if box["instance"] > 1 and kinds[box["instance"] - 1] in whole]


def _rays(file: RecordedFile, frame: RecordedFrame, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return each pixel's direction in the sensor's axes, one meter ahead. Shape (height, width, 3)."""
    matrix = file.channel(frame, "intrinsics")
    u, v = np.meshgrid(np.arange(shape[1]) + 0.5, np.arange(shape[0]) + 0.5)
    left, up = -(u - matrix[0, 2]) / matrix[0, 0], -(v - matrix[1, 2]) / matrix[1, 1]
    return np.stack([np.ones(shape), left, up], axis=-1)


def _world_of_pixels(file: RecordedFile, frame: RecordedFrame) -> NDArray[np.float64]:
    depth = file.channel(frame, "depth").astype(np.float64)
    local = _rays(file, frame, depth.shape) * depth[..., None]
    return local @ frame.pose[:3, :3].T + frame.pose[:3, 3]


def flows(file: RecordedFile) -> Found:
    """Flow leads to where what is seen was in the frame before: scenery stood still, actors moved with their boxes."""
    errors, checked = [], 0
    for sensor in file.sensors:
        before: RecordedFrame | None = None
        for frame in file.frames(sensor):
            if not {"flow", "depth"} <= set(frame.channels) or frame.labels is None:
                break
            if before is not None:
                found = _flow_of(file, before, frame)
                checked, errors = checked + found[0], errors + found[1]
            before = frame
    return _found(checked, errors) if checked else NOTHING


def _flow_of(file: RecordedFile, before: RecordedFrame, frame: RecordedFrame) -> tuple[int, list[str]]:
    instance, flow = file.channel(frame, "instance"), file.channel(frame, "flow").astype(np.float64)
    depth, semantic = file.channel(frame, "depth"), file.channel(frame, "semantic")
    world = _world_of_pixels(file, frame)
    sharp = (depth > 0.0) & (depth < _FARTHEST)
    still = sharp & ((instance == 0) | (instance >= FIRST_SCENERY)) & (semantic != _SKY)
    bad = still & (_flow_off(file, before, frame, world, flow) > _FLOW)
    checked, errors = int(still.sum()), [_said(frame, "the flow of a still pixel is wrong")] * int(bad.sum())
    earlier = {box["instance"]: box for box in before.labels["boxes_3d"]}
    for box in frame.labels["boxes_3d"]:
        chosen = sharp & (instance == box["instance"])
        if box["instance"] == 1 or chosen.sum() < 20:
            continue
        checked += 1
        was = earlier.get(box["instance"])
        if was is None:
            good = bool(np.isnan(flow[chosen]).all())
        else:
            turn = rotations(np.array(was["orientation"])) @ rotations(np.array(box["orientation"])).T
            moved = (world - np.array(box["position"])) @ turn.T + np.array(was["position"])
            off = _flow_off(file, before, frame, moved, flow)[chosen]
            good = float((off < _FLOW).mean()) > _FLOW_SHARE
            if file.actors["kind"][box["instance"] - 1] in _LIMBS:
                height = int(np.ptp(np.nonzero(chosen)[0])) + 1
                good = float(np.median(off)) < max(1.0, _LIMBS_FLOW * height)
        if not good:
            errors.append(_said(frame, f"the flow of instance {box['instance']} is not how its box moved"))
    return checked, errors


def _flow_off(
    file: RecordedFile,
    before: RecordedFrame,
    frame: RecordedFrame,
    world: NDArray[np.float64],
    flow: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return how far recorded flow is from that of points that were at `world` [px]; 0 behind the camera."""
    matrix, shape = file.channel(frame, "intrinsics"), world.shape[:2]
    local = (world - before.pose[:3, 3]) @ before.pose[:3, :3]
    ahead = np.where(local[..., 0] > 0.5, local[..., 0], math.nan)
    u = matrix[0, 2] - matrix[0, 0] * local[..., 1] / ahead - (np.arange(shape[1]) + 0.5)
    v = matrix[1, 2] - matrix[1, 1] * local[..., 2] / ahead - (np.arange(shape[0]) + 0.5)[:, None]
    off = np.hypot(flow[..., 0] - u, flow[..., 1] - v)
    return np.where(np.isnan(ahead), 0.0, np.where(np.isnan(off), math.inf, off))
