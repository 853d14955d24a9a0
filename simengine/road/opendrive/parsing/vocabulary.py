"""What an OpenDRIVE file may hold, and what of it this reader leaves out although it means something.

An element that is read, or that changes nothing that is simulated, passes without a word. One whose meaning is lost is
remarked, and so is one that no version up to 1.8 knows: nothing is left out in silence. `<include>` is refused: an
episode holds the map it was made on, as one file with one hash, so a map has to be one file.
"""

from collections import Counter

from simengine.road.files.xml import Element

# Elements that are read, wholly or for what they hold.
_READ = frozenset((
    "OpenDRIVE", "header", "geoReference", "offset", "road", "link", "predecessor", "successor", "type", "speed",
    "planView", "geometry", "line", "arc", "spiral", "poly3", "paramPoly3", "elevationProfile", "elevation",
    "lateralProfile", "superelevation", "crossfall", "shape", "lanes", "laneOffset", "laneSection", "left", "center",
    "right", "lane", "width", "border", "roadMark", "explicit", "height", "objects", "object", "outlines", "outline",
    "cornerLocal", "cornerRoad", "markings", "marking", "validity", "signals", "signal", "signalReference", "surface",
    "controller", "control", "junction", "connection", "laneLink", "priority",
))  # fmt: skip
# Elements that change nothing here (trains do not run, stations have no timetable), and free ones.
_WITHOUT_EFFECT = frozenset((
    "userData", "dataQuality", "license", "neighbor", "visibility", "railroad", "station", "junctionGroup",
    "cornerReference", "parkingSpace", "borders", "restriction", "reference", "dependency", "roadSection", "boundary",
))  # fmt: skip
_OPAQUE = frozenset(("userData", "dataQuality", "license", "railroad", "station", "junctionGroup", "boundary"))
_LEFT_OUT = {
    "CRG": "is left out: roads are as even as their polynomials",
    "tunnel": "is not built: the road lies under the open sky",
    "bridge": "is not built: the ground follows the road",
    "access": "is left out: all kinds of vehicle use the lane",
    "rule": "is left out: nobody follows it",
    "sway": "is left out: lines run along the lane's edge",
    "crossPath": "is left out: people cross where an object of type crosswalk says",
    "elevationGrid": "is left out: the junction is as high as its connecting roads",
    "crossSectionSurface": "is left out: the road is as high as its elevation and superelevation say",
    "objectReference": "is left out: an object is on its own road only",
    "repeat": "is left out: the crossing is drawn once",
    "skeleton": "is left out: the crossing is drawn from its outline or size",
    "positionRoad": "is left out: the signal stands where its s and t say",
    "positionInertial": "is left out: the signal stands where its s and t say",
    "semantics": "is left out: a signal means what its type says",
    "signalGroup": "is left out: lights are grouped by controllers",
    "defaultRegulations": "is left out: road types have the limits of German law",
}
_DRAWN_OBJECT = "crosswalk"
_SHOWN = 12  # kinds that a remark names


def remark_left_out(root: Element) -> None:
    """Remark every element whose meaning is lost.

    Raises:
        ScenarioError: The file includes another one.
    """
    objects: Counter[str] = Counter()
    unknown: Counter[str] = Counter()
    first: Element | None = None
    waiting = [(root, child) for child in reversed(root.children)]
    while waiting:
        parent, element = waiting.pop()
        tag = element.tag
        if tag == "include":
            name = element.attributes.get("file", "")[:60]
            raise element.error(f"file='{name}': a map must be one file; put what that file holds in this place")
        if tag == "object" and element.attributes.get("type") != _DRAWN_OBJECT:
            objects[element.attributes.get("type", "")[:40] or "without type"] += 1
            first = first or element
        elif tag == "material":
            if parent.tag == "lane" and "friction" in element.attributes:
                element.remark("is left out: the road is as slippery as the weather makes it")
        elif tag in _LEFT_OUT:
            element.remark(_LEFT_OUT[tag])
        elif tag not in _READ and tag not in _WITHOUT_EFFECT:
            unknown[tag[:40]] += 1
        elif element.children and tag not in _OPAQUE:
            waiting += [(element, child) for child in reversed(element.children)]
    if first is not None:
        first.remark("is of a type that is not drawn: it and all such objects are left out", _count(objects))
    if unknown:
        root.remark("holds elements this reader does not know: left out", _count(unknown))


def _count(found: Counter[str]) -> str:
    counts = ", ".join(f"{number} × {kind}" for kind, number in found.most_common(_SHOWN))
    return counts + (f" and {len(found) - _SHOWN} more kinds" if len(found) > _SHOWN else "")
