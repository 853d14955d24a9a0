"""Where an OpenDRIVE map lies on the Earth: the header's <geoReference> and <offset>.

ASAM OpenDRIVE 1.8, 8.5: world = R(hdg) · local + (x, y, z), and the projection holds for world coordinates.
"""

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError
from simengine.road.files.datum import Datum, check_datum, projected_datum
from simengine.road.files.xml import Element

_MAX_OFFSET = 1e8  # [m]
_LARGEST_STRETCH = 0.002  # of a map meter on the ground; inside a zone of UTM it stays below 0.001


def read_datum(root: Element, bounds: NDArray[np.float64]) -> Datum | None:
    """Return the datum that a file states; None where it states none, or none that can be followed, with a remark.

    Args:
        root: The file.
        bounds: Smallest and largest x, y of its roads [m]. Shape (2, 2).
    """
    element = root.find("header", "geoReference")
    if element is None or not element.text:
        return None
    try:
        offset, heading = _read_offset(root)
        datum, notes = projected_datum(element.text, offset, heading)
        length = check_datum(datum, bounds)
    except ScenarioError as error:
        element.remark("cannot be followed: the road's own datum holds", str(error))
        return None
    for text, detail in notes:
        element.remark(text, detail)
    if abs(length - 1.0) > _LARGEST_STRETCH:
        detail = f"1 m on the map is {length:.3f} m there; is <offset> missing?"
        element.remark("puts the map where its projection distorts lengths: followed all the same", detail)
    return datum


def _read_offset(root: Element) -> tuple[tuple[float, float, float], float]:
    element = root.find("header", "offset")
    if element is None:
        return (0.0, 0.0, 0.0), 0.0
    x, y, z = (element.number(name, -_MAX_OFFSET, _MAX_OFFSET, 0.0) for name in ("x", "y", "z"))
    return (x, y, z), element.number("hdg", -1e6, 1e6, 0.0)
