"""The reference line of a road from its `<planView>`."""

import math

import numpy as np

from simengine.road.files.xml import Element
from simengine.road.opendrive.geometry.reference_line import (
    NUM_PARAMETERS,
    ReferenceLine,
    Shape,
    cubic_length,
    cubic_parameter,
    piece_point,
)
from simengine.road.opendrive.parsing.polynomials import MAX_LENGTH
from simengine.road.opendrive.tolerance import ROUNDING

MAX_COORDINATE = 1e8  # [m]; UTM northings reach 1e7
MAX_CURVATURE = 1_000.0  # [1/m]
MAX_TURN = 100.0  # of one piece of reference line [rad]
MAX_STEP = 1.0  # aside or back, from the end of one piece to the start of the next [m]
_MAX_COEFFICIENT = 1e9
_CURVE_SLACK = 0.1  # by which a cubic's true length may differ from the stated one, relative
_NOTHING = 1e-9  # a piece shorter than this draws nothing [m]
_SEEN_STEP = 0.05  # from which a step is remarked [m]


def _shape(geometry: Element, length: float) -> tuple[Shape, list[float]]:
    """Read the one shape inside <geometry> and the parameters the kernels want."""
    shapes = [child for child in geometry.children if child.tag in ("line", "arc", "spiral", "poly3", "paramPoly3")]
    if len(shapes) != 1:
        raise geometry.error(f"holds {len(shapes)} shapes; needs one of line, arc, spiral, poly3, paramPoly3")
    element = shapes[0]

    def turned(turn: float) -> None:
        if turn > MAX_TURN:
            raise element.error(f"turns by {turn:.4g} rad over its length: at most {MAX_TURN:g} are allowed")

    def curvature(name: str) -> float:
        return element.number(name, -MAX_CURVATURE, MAX_CURVATURE)

    if element.tag == "line":
        return Shape.LINE, []
    if element.tag == "arc":
        value = curvature("curvature")
        turned(abs(value) * length)
        return Shape.ARC, [value]
    if element.tag == "spiral":
        start, end = curvature("curvStart"), curvature("curvEnd")
        turned(max(abs(start), abs(end)) * length)
        return Shape.SPIRAL, [start, (end - start) / length]
    if element.tag == "poly3":
        v = [element.number(name, -_MAX_COEFFICIENT, _MAX_COEFFICIENT) for name in "abcd"]
        c = np.array([0.0, 1.0, 0.0, 0.0, *v])
        end = cubic_parameter(c, length, length)  # a curve over u is never shorter than u
        return Shape.CUBIC, [*c, end, length]
    names = ("aU", "bU", "cU", "dU", "aV", "bV", "cV", "dV")
    c = np.array([element.number(name, -_MAX_COEFFICIENT, _MAX_COEFFICIENT) for name in names])
    end = 1.0 if element.choice("pRange", ("normalized", "arcLength"), "normalized") == "normalized" else length
    true_length = cubic_length(c, end)
    if not abs(true_length - length) <= _CURVE_SLACK * length + 0.01:
        raise element.error(f"is {true_length:.6g} m long, but its <geometry> states length='{length:g}'")
    return Shape.CUBIC, [*c, end, true_length]


def _check_joints(line: ReferenceLine, elements: list[Element]) -> None:
    """Refuse a line that leaves out a part of s, or steps aside or back from one piece to the next.

    Where a piece is missing straight ahead, the line goes straight on to the next one.
    """
    if line.s[0] > MAX_STEP:
        raise elements[0].error(f"s='{line.s[0]:g}': the first piece starts there; it should start at 0")
    for k in range(len(elements) - 1):
        span = line.s[k + 1] - line.s[k]
        if span > line.length[k] + MAX_STEP:
            raise elements[k + 1].error(
                f"s='{line.s[k + 1]:g}': the piece before ends at {line.s[k] + line.length[k]:g}; no piece lies between"
            )
        u, v, turn, _ = piece_point(int(line.shape[k]), line.parameter[k], line.length[k], min(span, line.length[k]))
        c, d = math.cos(line.heading[k]), math.sin(line.heading[k])
        x, y = line.x[k + 1] - line.x[k] - u * c + v * d, line.y[k + 1] - line.y[k] - u * d - v * c
        c, d = math.cos(line.heading[k] + turn), math.sin(line.heading[k] + turn)
        ahead, aside = float(x * c + y * d), float(y * c - x * d)
        where = f"{ahead:.2f} m ahead and {aside:.2f} m left of the end of the piece before"
        place = f"s='{line.s[k + 1]:g}': starts {where}"
        if abs(aside) > MAX_STEP or ahead < -MAX_STEP:
            raise elements[k + 1].error(f"{place}; at most {MAX_STEP:g} m aside or back is allowed")
        if max(abs(ahead), abs(aside)) > _SEEN_STEP:
            elements[k + 1].remark("does not start where the piece before ends: joined by a straight line", place)


def read_reference_line(road: Element, road_length: float) -> tuple[ReferenceLine, float]:
    """Return a road's reference line and the length of the road [m]: the stated one, or the line's where they differ.

    Raises:
        ScenarioError: A number is bad, pieces are out of order or apart, or the lengths differ by over 1 % + 0.1 m.
    """
    pieces: list[tuple[float, float, float, float, float]] = []
    elements: list[Element] = []
    shapes: list[int] = []
    parameters = []
    plan = road.require("planView")
    for geometry in plan.all("geometry"):
        s = geometry.number("s", -ROUNDING, MAX_LENGTH)
        length = geometry.number("length", -ROUNDING, MAX_LENGTH)
        x, y = (geometry.number(name, -MAX_COORDINATE, MAX_COORDINATE) for name in ("x", "y"))
        heading = math.remainder(geometry.number("hdg", -1e6, 1e6), 2.0 * math.pi)
        if pieces and s < pieces[-1][0] - ROUNDING:
            raise geometry.error(f"s='{s:g}': pieces must ascend, the one before is at {pieces[-1][0]:g}")
        if length < _NOTHING and road_length > ROUNDING:
            continue  # exporters leave empty pieces behind; they draw nothing
        shape, parameter = _shape(geometry, length) if length >= _NOTHING else (Shape.LINE, [])
        pieces.append((max(s, pieces[-1][0]) if pieces else s, x, y, heading, max(length, 0.0)))
        elements.append(geometry)
        shapes.append(shape)
        parameters.append(parameter + [0.0] * (NUM_PARAMETERS - len(parameter)))
    if road_length <= ROUNDING and pieces:
        road.remark("has no length: it is only passed through", f"id='{road.attributes.get('id', '')}'")
    if not pieces:
        raise plan.error("holds no <geometry> of positive length; it needs one")
    end = pieces[-1][0] + pieces[-1][4]
    if abs(end - road_length) > 0.01 * road_length + 0.1:
        raise road.error(f"length='{road_length:g}': its <planView> ends at {end:g} m")
    columns = [np.ascontiguousarray(column) for column in np.array(pieces, np.float64).T]
    line = ReferenceLine(*columns, np.array(shapes, np.int32), np.array(parameters, np.float64))
    _check_joints(line, elements)
    if abs(end - road_length) <= ROUNDING:
        return line, road_length
    road.remark("has another length than its planView: the planView's is taken", f"{road_length:g} and {end:g} m")
    return line, end
