"""Where a map lies on the Earth: one function from its coordinates to WGS 84 latitude, longitude and height.

Map coordinates are turned, scaled and shifted into those of a map projection, whose inverse PROJ computes. Heights are
carried over: a map's own heights count as heights above the ellipsoid. Neither grids nor other files are read and
nothing is fetched, whatever a map's text asks for, so that a map means the same place on every machine.
"""

import math
import re
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.core.errors import ScenarioError

MAX_TEXT = 4_000  # characters of a stated projection
MAX_SPAN = 200_000.0  # from a map's origin to its roads, beyond which the origin cannot be where the map is [m]
# Fixes are rounded to a tenth of a millimeter: far below a receiver's error, and above what differs between builds of
# PROJ and of the C library in the last bits, so that digests do not depend on them.
_DEGREE_DIGITS, _METER_DIGITS = 9, 4
_EPSG = re.compile(r"^(?:EPSG:|urn:ogc:def:crs:EPSG:[0-9.]*:)(\d{4,6})$", re.IGNORECASE)
_WKT = re.compile(r"^(?:PROJCS|PROJCRS|PROJECTEDCRS|COMPD_CS|COMPOUNDCRS)\s*[\[(]", re.IGNORECASE)
# What a WKT may not hold: names of grid files, and PROJ strings that may name them.
_WKT_FILES = re.compile(r"EXTENSION|PARAMETERFILE|GRID|PROJ4", re.IGNORECASE)
_VALUE = re.compile(r"^[A-Za-z0-9_.,:+\-]*$")
_FILES = re.compile(r"grids=(?!@null\b)|\b(?:file|model)=")  # in an operation of PROJ
_PARAMETERS = frozenset((
    "proj", "zone", "south", "lat_0", "lat_1", "lat_2", "lat_ts", "lon_0", "lon_1", "lon_2", "lonc", "alpha", "gamma",
    "k", "k_0", "x_0", "y_0", "ellps", "datum", "a", "b", "rf", "f", "es", "e", "R", "units", "to_meter", "pm", "axis",
    "towgs84", "no_uoff", "no_off", "approx", "h", "sweep", "lat_b", "lat_a",
))  # fmt: skip
_WITHOUT_EFFECT = frozenset(("no_defs", "type", "wktext", "over", "title", "vunits"))  # for plan coordinates in meters
GEOID = "names a grid that is not read: heights count as heights above the ellipsoid"
SHIFT = "names a grid of datum shifts that is not read: fixes may be off by some hundred meters"
UNKNOWN = "has a parameter that is not known: left out"


class Datum(NamedTuple):
    """How a map's coordinates become geodetic ones.

    Projected coordinates are `scale` times the map's, turned by `heading` counter-clockwise and shifted by `offset`.
    """

    crs: str  # the projection as stated: PROJ, WKT or EPSG code
    pipeline: str  # the operation that PROJ performs, from projected coordinates [m] to longitude, latitude [deg]
    offset: tuple[float, float, float]  # [m]
    heading: float  # [rad]
    scale: float

    def project(self, x: float, y: float) -> tuple[float, float]:
        """Return the projected coordinates [m] of a place on the map [m]."""
        c, s = self.scale * math.cos(self.heading), self.scale * math.sin(self.heading)
        return c * x - s * y + self.offset[0], s * x + c * y + self.offset[1]


def make_locator(datum: Datum) -> Callable[[float, float, float], tuple[float, float, float]]:
    """Return the function from map coordinates [m] to latitude [deg], longitude [deg], height on WGS 84 [m].

    One call takes about 2 µs. Far outside of the projection's domain the result is not finite.
    """
    from pyproj import Transformer

    transformer = Transformer.from_pipeline(datum.pipeline)

    def locate(x: float, y: float, z: float) -> tuple[float, float, float]:
        longitude, latitude = transformer.transform(*datum.project(x, y))
        if not (math.isfinite(longitude) and math.isfinite(latitude)):
            return math.nan, math.nan, math.nan
        longitude = math.remainder(longitude, 360.0)
        height = round(z + datum.offset[2], _METER_DIGITS)
        return round(latitude, _DEGREE_DIGITS), round(longitude, _DEGREE_DIGITS), height

    return locate


def projected_datum(
    text: str, offset: tuple[float, float, float] = (0.0, 0.0, 0.0), heading: float = 0.0, scale: float = 1.0
) -> tuple[Datum, list[tuple[str, str]]]:
    """Return the datum of a map whose projection is stated, and what of the statement is not followed (kind, detail).

    Args:
        text: A PROJ string, an EPSG code ("EPSG:25832") or a WKT of a projected coordinate system.
        offset: Projected coordinates of the map's origin [m].
        heading: By which the map is turned into projected coordinates [rad].
        scale: By which its lengths are multiplied.

    Raises:
        ScenarioError: The text is no map projection, or only a grid file could tell; says why.
    """
    text = " ".join(text.split())
    if not text or len(text) > MAX_TEXT:
        raise ScenarioError(f"is {len(text)} characters long; 1 to {MAX_TEXT} are allowed")
    if match := _EPSG.match(text):
        stated, notes = f"EPSG:{match[1]}", []
    elif _WKT.match(text):
        if _WKT_FILES.search(text):
            raise ScenarioError("is a WKT that names files, which are not read")
        stated, notes = text, []
    elif "+" in text or text.startswith("proj="):
        stated, notes = _clean(text)
    else:
        raise ScenarioError("is neither a PROJ string nor an EPSG code nor a projected WKT")
    return Datum(stated, _pipeline(stated), offset, heading, scale), notes


def _clean(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return a PROJ string without what could name a file or has no effect here, and notes on what was left out."""
    kept, notes = [], []
    for word in text.split():
        key, _, value = word.removeprefix("+").partition("=")
        if key == "geoidgrids":
            notes.append((GEOID, word[:60]))
        elif key == "nadgrids" and value == "@null":  # the sphere's latitude is taken as the ellipsoid's
            kept.append("+nadgrids=@null")
        elif key == "nadgrids":
            notes.append((SHIFT, word[:60]))
        elif key in _PARAMETERS:
            if not _VALUE.match(value):
                raise ScenarioError(f"has {key}={value[:40]!r}, which is no value of a PROJ string")
            kept.append(f"+{key}={value}" if value else f"+{key}")
        elif key not in _WITHOUT_EFFECT:
            notes.append((UNKNOWN, word[:40]))
    return " ".join(kept), notes


def _pipeline(stated: str) -> str:
    """Return PROJ's operation from a projected coordinate system to longitude and latitude on WGS 84, without grids."""
    from pyproj import CRS, network
    from pyproj.exceptions import ProjError
    from pyproj.transformer import TransformerGroup

    was_enabled = network.is_network_enabled()
    network.set_network_enabled(False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a better operation needs a grid
            system = CRS.from_user_input(stated)
            plan = system.sub_crs_list[0] if system.is_compound else system
            if not plan.is_projected:
                raise ScenarioError(f"is no map projection but of type {plan.type_name}")
            operations = TransformerGroup(plan, "EPSG:4326", always_xy=True).transformers
    except ProjError as error:  # CRSError is one
        reason = " ".join(str(error).split()).partition("(Internal Proj Error: ")[2].rstrip(")") or "unknown"
        raise ScenarioError(f"cannot be understood as a map projection ({reason[:120]})") from None
    finally:
        network.set_network_enabled(was_enabled)
    for operation in operations:
        if not _FILES.search(operation.definition):
            return operation.definition
    raise ScenarioError("cannot be related to WGS 84 without a grid file; none is read")


def local_datum(latitude: float, longitude: float, height: float, bounds: NDArray[np.float64]) -> Datum:
    """Return the datum of a map of which only one place is known: a transverse Mercator projection about it.

    The place is where the map's coordinates are zero. A map that lies farther than `MAX_SPAN` from there has projected
    coordinates of an unknown projection; then it is the whole kilometer nearest to the map's middle.

    Args:
        latitude: [deg].
        longitude: [deg].
        height: Above the ellipsoid [m].
        bounds: Smallest and largest x, y of the map [m]. Shape (2, 2).
    """
    middle = 0.5 * (bounds[0] + bounds[1])
    far = bool((np.abs(bounds) > MAX_SPAN).any())
    east, north = (float(1e3 * np.round(1e-3 * v)) if far else 0.0 for v in middle)
    numbers = f"lat_0={latitude!r} lon_0={longitude!r} k=1 x_0=0 y_0=0 ellps=WGS84"
    crs = " ".join(f"+{word}" for word in ("proj=tmerc", *numbers.split(), "units=m", "no_defs"))
    pipeline = f"proj=pipeline step inv proj=tmerc {numbers} step proj=unitconvert xy_in=rad xy_out=deg"
    return Datum(crs, pipeline, (-east + 0.0, -north + 0.0, height), 0.0, 1.0)


def map_bounds(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the smallest and the largest x and y of points [m]. Shape (2, 2)."""
    return np.stack([position[:, :2].min(axis=0), position[:, :2].max(axis=0)])


def check_datum(datum: Datum, bounds: NDArray[np.float64]) -> float:
    """Return how long a map meter is on the ground at the middle of a map.

    Raises:
        ScenarioError: The projection has no inverse somewhere on the map.
    """
    from pyproj import Geod

    locate = make_locator(datum)
    (west, south), (east, north) = bounds.tolist()
    for x in (west - 1e3, east + 1e3):
        for y in (south - 1e3, north + 1e3):
            if not math.isfinite(locate(x, y, 0.0)[0]):
                raise ScenarioError(f"has no place on Earth for x = {x:.0f}, y = {y:.0f}")
    x, y, half = 0.5 * (west + east), 0.5 * (south + north), 500.0
    geod = Geod(ellps="WGS84")
    lengths = []
    for dx, dy in ((half, 0.0), (0.0, half)):
        (lat_a, lon_a, _), (lat_b, lon_b, _) = locate(x - dx, y - dy, 0.0), locate(x + dx, y + dy, 0.0)
        lengths.append(geod.inv(lon_a, lat_a, lon_b, lat_b)[2] / (2.0 * half))
    return max(lengths, key=lambda length: abs(length - 1.0))
