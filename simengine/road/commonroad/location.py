"""Where a CommonRoad map lies on the Earth: <location> with its coordinates and its <geoTransformation>.

The coordinates are those of the map's origin. A transformation takes the map by scaling, turning and shifting into the
coordinates of its projection, as the format's own tools do: projected = translation + map. Those tools also write a
transformation that shifts by nothing into maps that are not in the projection's coordinates; so it counts only where it
agrees with the location, if there is one.
"""

import math

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.road.files.datum import Datum, check_datum, local_datum, make_locator, projected_datum
from simengine.road.files.xml import Element

_MAX_OFFSET = 1e8  # [m]
_LARGEST_DISAGREEMENT = 0.5  # between location and transformation [deg]
_UNKNOWN = 999.0  # what the format's tools write for a coordinate that is not known


def read_datum(root: Element, bounds: NDArray[np.float64]) -> Datum | None:
    """Return the datum that a file states; None where it states none, or none that can be followed, with a remark.

    Args:
        root: The file.
        bounds: Smallest and largest x, y of its lanelets [m]. Shape (2, 2).
    """
    location = root.find("location")
    if location is None:
        return None
    place = _read_place(location)
    transformed = _read_transformation(location, bounds)
    if place is None:
        return transformed
    local = local_datum(*place, 0.0, bounds)
    if transformed is None:
        return local
    middle = 0.5 * (bounds[0] + bounds[1])
    (latitude, longitude, _), (other, across, _) = (make_locator(d)(*middle, 0.0) for d in (local, transformed))
    if max(abs(latitude - other), abs(math.remainder(longitude - across, 360.0))) <= _LARGEST_DISAGREEMENT:
        return transformed
    location.remark(
        "has a transformation that leads elsewhere than its coordinates: the coordinates are followed",
        f"{latitude:.3f}, {longitude:.3f} instead of {other:.3f}, {across:.3f}",
    )
    return local


def _read_place(location: Element) -> tuple[float, float] | None:
    values = []
    for tag, largest in (("gpsLatitude", 90.0), ("gpsLongitude", 180.0)):
        element = location.find(tag)
        if element is None or not element.text:
            return None
        try:
            value = element.text_number(-1e6, 1e6)
        except ScenarioError:
            value = math.inf
        if value in (_UNKNOWN, -_UNKNOWN):
            return None
        if abs(value) > largest:
            element.remark("is no coordinate: the location counts as unknown", element.text[:40])
            return None
        values.append(value)
    return values[0], values[1]


def _read_transformation(location: Element, bounds: NDArray[np.float64]) -> Datum | None:
    reference = location.find("geoTransformation", "geoReference")
    if reference is None or not reference.text:
        return None
    further = location.find("geoTransformation", "additionalTransformation")

    def value(tag: str, low: float, high: float, default: float) -> float:
        element = further.find(tag) if further is not None else None
        return element.text_number(low, high) if element is not None and element.text else default

    try:
        offset = tuple(value(f"{axis}Translation", -_MAX_OFFSET, _MAX_OFFSET, 0.0) for axis in "xyz")
        heading, scale = value("zRotation", -1e6, 1e6, 0.0), value("scaling", 1e-6, 1e6, 1.0)
        datum, notes = projected_datum(reference.text, offset, heading, scale)
        check_datum(datum, bounds)
    except ScenarioError as error:
        reference.remark("cannot be followed: left out", str(error))
        return None
    for text, detail in notes:
        reference.remark(text, detail)
    return datum
