"""Satellite fixes: are they there, near the antenna, and where on Earth the map says that they are."""

import math

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod, Transformer, network

from tools.checks.recorded.file import RecordedFile, RecordedFrame, Row
from tools.checks.recorded.found import NOTHING, Found

_FARTHEST, _DEVIATIONS = 15.0, 6.0  # a fix from the antenna [m], and in deviations of its errors
_OFF, _SCALE = 0.05, 0.01  # of a fix from the one map [m], of that map's scale
_EXACT = 0.002  # of a fix from where the map's datum has its position [m]
_STATED = 0.1  # of the datum's operation from the projection that is stated [m]
_DEGREES = 1e-8  # of the place of a drawn map's origin


def satellite_fixes(file: RecordedFile) -> Found:
    """Fixes hold wherever there is no roof, are near the antenna, and lie where the map's datum has their position."""
    found = NOTHING
    for sensor in file.sensors:
        frames = [frame for frame in file.frames(sensor) if "geodetic" in frame.channels]
        if frames:
            found = found.joined(_fixes_of(file, sensor, frames))
    return found.joined(_datum(file)) if found.checked else found


def _fixes_of(file: RecordedFile, sensor: str, frames: list[RecordedFrame]) -> Found:
    place = np.array([file.channel(frame, "position") for frame in frames], np.float64)
    fix = np.array([file.channel(frame, "geodetic") for frame in frames], np.float64)
    errors = []
    for frame, one, other in zip(frames, place, fix, strict=True):
        told = file.channel(frame, "fix")
        told = None if told is None else bool(told)
        when = f"{sensor} at {frame.time:.2f} s"
        if told is None or not (np.isfinite(one) == told).all() or not (np.isfinite(other) == told).all():
            errors.append(f"{when}: fix is {told}, position {one.tolist()}, geodetic {other.tolist()}")
        elif told == file.hall:
            errors.append(f"{when}: {'a fix under a roof' if told else 'no fix under the open sky'}")
    holds = np.isfinite(place).all(axis=1) & np.isfinite(fix).all(axis=1)
    there = np.flatnonzero(holds)
    antenna = np.array([frame.pose[:3, 3] for frame in frames])
    far, most = np.abs(place - antenna).max(axis=1), _noise(file, sensor)
    errors += [f"{sensor} at {frames[k].time:.2f} s: {far[k]:.1f} m off" for k in there if far[k] > most]
    datum = file.json("/map")[0]["datum"]
    if len(there) and datum is None:
        errors.append(f"{sensor}: fixes of a map that has no place on Earth")
    elif len(there):
        off = _apart(_located(datum, place[there]), fix[there])
        errors += [f"{sensor} at {frames[k].time:.2f} s: {d:.2f} m from where the map has it"
                   for k, d in zip(there, off, strict=True) if not d <= _EXACT]  # fmt: skip
        errors += _one_map(sensor, place[there], fix[there])
    return Found(len(frames) + 3 * len(there), len(errors), errors[0] if errors else "")


def _noise(file: RecordedFile, sensor: str) -> float:
    """Return how far a receiver's fixes may be off along an axis [m]."""
    spec = file.scenario["sensors"][sensor]
    return min(_FARTHEST, _DEVIATIONS * math.hypot(spec["white_std"], spec["drift_std"]) + 1e-3)


def _projected(datum: Row, place: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return projected x, y, and the height above the ellipsoid. Shape (num_fixes, 3)."""
    c, s = datum["scale"] * math.cos(datum["heading"]), datum["scale"] * math.sin(datum["heading"])
    x, y, z = place.T
    return np.stack([c * x - s * y, s * x + c * y, z], axis=1) + datum["offset"]


def _located(datum: Row, place: NDArray[np.float64], stated: bool = False) -> NDArray[np.float64]:
    """Return latitude, longitude, height of places of the map, by its operation or by the projection it states."""
    network.set_network_enabled(False)
    if stated:
        operation = Transformer.from_crs(datum["crs"], "EPSG:4326", always_xy=True)
    else:
        operation = Transformer.from_pipeline(datum["pipeline"])
    x, y, height = _projected(datum, place).T
    longitude, latitude = operation.transform(x, y)
    return np.stack([latitude, longitude, height], axis=1)


def _apart(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far geodetic places are apart [m]."""
    away = Geod(ellps="WGS84").inv(one[:, 1], one[:, 0], other[:, 1], other[:, 0])[2]
    return np.hypot(away, one[:, 2] - other[:, 2])


def _datum(file: RecordedFile) -> Found:
    """The map's datum is the projection that it states, its origin too; a drawn map is where the scenario puts it."""
    datum, errors = file.json("/map")[0]["datum"], []
    if datum is None:
        return NOTHING
    zero = np.zeros((1, 3))
    place = _located(datum, zero)
    if np.isfinite(place).all() and (datum["origin"] is None or _apart(place, np.array([datum["origin"]]))[0] > _EXACT):
        errors.append(f"the map's origin is said to be at {datum['origin']} and is at {place[0].tolist()}")
    corners = np.array([[0.0, 0.0, 0.0], [1e3, 0.0, 0.0], [0.0, 1e3, 0.0]]) + file.states.position[0, 0]
    if not (_apart(_located(datum, corners), _located(datum, corners, stated=True)) <= _STATED).all():
        errors.append("the map's operation is not that of the projection it states")
    if not file.scenario["road"].get("file"):
        asked = file.scenario["datum"]
        asked = [asked["latitude_deg"], asked["longitude_deg"], asked["height"]]
        if np.abs(place[0] - asked)[:2].max() > _DEGREES or abs(place[0, 2] - asked[2]) > _EXACT:
            errors.append(f"the map's origin is at {place[0].tolist()}, not at {asked} as the scenario says")
        if datum["heading"] != 0.0 or datum["scale"] != 1.0:
            errors.append(f"a drawn map is turned by {datum['heading']} rad and scaled by {datum['scale']}")
    return Found(4, len(errors), errors[0] if errors else "")


def _one_map(sensor: str, place: NDArray[np.float64], fix: NDArray[np.float64]) -> list[str]:
    """Return what is wrong if fixes are no turned and hardly scaled picture of positions, on the WGS 84 ellipsoid."""
    middle = math.radians(float(fix[:, 0].mean()))
    squared = 1.0 - 0.00669437999014 * math.sin(middle) ** 2
    north = 6_378_137.0 * (1.0 - 0.00669437999014) / squared**1.5
    east = 6_378_137.0 / math.sqrt(squared) * math.cos(middle)
    degrees = np.radians(fix[:, :2] - fix[:, :2].mean(axis=0))
    measured = east * degrees[:, 1] + 1j * north * degrees[:, 0]
    world = place[:, 0] + 1j * place[:, 1]
    world = world - world.mean()
    if len(fix) < 3 or np.abs(world).max() < 1.0:
        return []
    scale = complex((measured * world.conj()).sum() / (np.abs(world) ** 2).sum())
    off = np.abs(measured - scale * world)
    bad = int((off > _OFF + 1e-4 * np.abs(world)).sum()) + (abs(abs(scale) - 1.0) > _SCALE)
    text = f"{sensor}: latitude and longitude are no map of x and y: {off.max():.2f} m, scale {abs(scale):.4f}"
    return [text] * bad
