"""A four-way intersection of two streets with traffic on the right, signaled or by priority."""

import math

from simengine.road.build import build_network
from simengine.road.network.drafts import CrossingDraft, LaneDraft, SignalDraft, SignDraft, StopLineDraft
from simengine.road.network.network import LaneType, MarkingType, RoadNetwork, SignalColor, Turn
from simengine.road.procedural.center_lines import arc_line, chords, corner_line, even_lane

ARMS = ("west", "south", "east", "north")  # counter-clockwise; the ego's approach comes first
_ANGLE = (math.pi, -0.5 * math.pi, 0.0, 0.5 * math.pi)  # direction of an arm, seen from the middle
CORNER_RADIUS = 6.0  # of the curbs, at least [m]
CROSSING_SETBACK, CROSSING_WIDTH = 0.5, 3.5  # from the junction [m]
STOP_SETBACK = 1.0  # of the stop line from the crossing [m]
RED_AMBER = 1.0  # of the red time, at most (StVO § 37 practice: 1 s) [s]
WALKING_SPEED = 1.2  # for the pedestrians' clearance time (RiLSA; HCM uses 1.07–1.2) [m/s]
LAMP_HEIGHT, POLE_CLEARANCE = 3.2, 0.5  # [m]
_LEFT_PRIORITY, _MAIN_PRIORITY = 1, 2  # a left turn yields to oncoming traffic; the main street goes first


def make_intersection(
    arm_length: float,
    lanes: int,
    lane_width: float,
    pavement_width: float,
    speed_limit: float,
    signaled: bool,
    green: float,
    amber: float,
    all_red: float,
) -> RoadNetwork:
    """Make an intersection around the origin; lanes 0 … lanes − 1 are the approach from the west, rightmost first.

    From every lane one goes straight on, from the rightmost also right, from the leftmost also left, yielding to
    oncoming traffic. Without signals the street from west to east has priority and the other has give-way lines.

    Args:
        arm_length: From the middle to the end of every arm [m].
        lanes: Per direction.
        lane_width: [m].
        pavement_width: Along the arms and round the corners, 0 for none [m].
        speed_limit: [m/s].
        signaled: Whether signals govern it; the times below then make up half a cycle.
        green, amber, all_red: Times of each street [s].
    """
    half = lanes * lane_width
    radius = max(CORNER_RADIUS, pavement_width + 0.5)
    edge = half + radius  # where the arms end and the junction begins, from the middle
    curb = MarkingType.CURB if pavement_width else MarkingType.SOLID
    drafts: list[LaneDraft] = []
    for arm, angle in enumerate(_ANGLE):
        for inward in (True, False):
            for k in range(lanes):
                drafts.append(_arm_lane(arm, angle, inward, k, lanes, lane_width, edge, arm_length, speed_limit, curb))
    for arm in range(4):
        drafts += _turns(arm, lanes, lane_width, edge, speed_limit, signaled)
        if pavement_width:
            drafts += _pavements(arm, half + 0.5 * pavement_width, edge, arm_length, pavement_width)
    signals = _signals(edge, half + pavement_width, green, amber, all_red, half) if signaled else []
    stop = arm_length - edge - CROSSING_SETBACK - CROSSING_WIDTH - STOP_SETBACK
    stop_lines = [
        StopLineDraft(f"in.{name}.{k}", stop, f"signal.{name}" if signaled else None, 0 if signaled else 1)
        for arm, name in enumerate(ARMS)
        for k in range(lanes)
        if signaled or arm % 2 == 1
    ]
    crossings = [
        CrossingDraft(
            _place(angle, edge + CROSSING_SETBACK + 0.5 * CROSSING_WIDTH, -half),
            _place(angle, edge + CROSSING_SETBACK + 0.5 * CROSSING_WIDTH, half),
            CROSSING_WIDTH,
            f"walk.{_street(arm)}" if signaled else None,
        )
        for arm, angle in enumerate(_ANGLE)
    ]
    return build_network(
        drafts, signals, stop_lines, crossings, _signs(half + pavement_width, edge, arm_length, speed_limit, signaled)
    )


def _street(arm: int) -> str:
    return "main" if arm % 2 == 0 else "side"


def _place(angle: float, along: float, left: float, height: float = 0.0) -> tuple[float, float, float]:
    """Return a point so far out along an arm and to the left of its outward direction."""
    c, s = math.cos(angle), math.sin(angle)
    return along * c - left * s, along * s + left * c, height


def _arm_lane(
    arm: int,
    angle: float,
    inward: bool,
    k: int,
    lanes: int,
    width: float,
    edge: float,
    end: float,
    speed_limit: float,
    curb: MarkingType,
) -> LaneDraft:
    name, side = ("in", 1.0) if inward else ("out", -1.0)
    x, y, _ = _place(angle, end if inward else edge, side * (lanes - k - 0.5) * width)
    length = end - edge
    points = arc_line((x, y, angle + (math.pi if inward else 0.0)), length, 0.0, chords(length, math.inf))
    draft = even_lane(
        f"{name}.{ARMS[arm]}.{k}",
        points,
        width,
        LaneType.DRIVING,
        speed_limit=speed_limit,
        road=2 * arm + (not inward),
        left=f"{name}.{ARMS[arm]}.{k + 1}" if k + 1 < lanes else None,
        right=f"{name}.{ARMS[arm]}.{k - 1}" if k else None,
        marking_left=MarkingType.BROKEN if k + 1 < lanes else MarkingType.SOLID,
        marking_right=MarkingType.BROKEN if k else curb,
    )
    if k + 1 == lanes:
        draft.opposite = f"{'out' if inward else 'in'}.{ARMS[arm]}.{k}"
    if inward:
        here = ARMS[arm]
        draft.successors = [f"straight.{here}.{k}"]
        draft.successors += [f"right.{here}"] if k == 0 else []
        draft.successors += [f"left.{here}"] if k + 1 == lanes else []
    return draft


def _turns(arm: int, lanes: int, width: float, edge: float, speed_limit: float, signaled: bool) -> list[LaneDraft]:
    """Return the lanes through the junction from one arm."""
    here = ARMS[arm]
    priority = _MAIN_PRIORITY if not signaled and _street(arm) == "main" else 0

    def through(name: str, k: int, to: int, turn: Turn) -> LaneDraft:
        offset = (lanes - k - 0.5) * width
        ax, ay, _ = _place(_ANGLE[arm], edge, offset)
        bx, by, _ = _place(_ANGLE[to], edge, -offset)
        points = corner_line((ax, ay, _ANGLE[arm] + math.pi), (bx, by, _ANGLE[to]))
        return even_lane(
            name,
            points,
            width,
            LaneType.DRIVING,
            speed_limit=speed_limit,
            road=8 + arm,
            junction=0,
            turn=turn,
            priority=priority + (0 if turn == Turn.LEFT else _LEFT_PRIORITY),
            successors=[f"out.{ARMS[to]}.{k}"],
        )

    drafts = [through(f"straight.{here}.{k}", k, (arm + 2) % 4, Turn.STRAIGHT) for k in range(lanes)]
    drafts.append(through(f"right.{here}", 0, (arm + 1) % 4, Turn.RIGHT))
    drafts.append(through(f"left.{here}", lanes - 1, (arm + 3) % 4, Turn.LEFT))
    return drafts


def _pavements(arm: int, offset: float, edge: float, end: float, width: float) -> list[LaneDraft]:
    """Return the pavements of one arm and the one round the corner to the arm on the right."""
    angle, here = _ANGLE[arm], ARMS[arm]
    right = (arm + 1) % 4
    length = end - edge
    count = chords(length, math.inf)
    ix, iy, _ = _place(angle, end, offset)
    ox, oy, _ = _place(angle, edge, -offset)
    ax, ay, _ = _place(angle, edge, offset)
    bx, by, _ = _place(_ANGLE[right], edge, -offset)
    pavement = LaneType.PAVEMENT
    inward, outward = f"pavement.in.{here}", f"pavement.out.{here}"
    corner = f"pavement.corner.{here}"
    return [
        even_lane(
            inward,
            arc_line((ix, iy, angle + math.pi), length, 0.0, count),
            width,
            pavement,
            road=12,
            successors=[corner],
        ),
        even_lane(outward, arc_line((ox, oy, angle), length, 0.0, count), width, pavement, road=12),
        even_lane(
            corner,
            corner_line((ax, ay, angle + math.pi), (bx, by, _ANGLE[right])),
            width,
            pavement,
            road=12,
            successors=[f"pavement.out.{ARMS[right]}"],
        ),
    ]


def _signals(edge: float, outer: float, green: float, amber: float, all_red: float, half: float) -> list[SignalDraft]:
    """Return a head for every approach, past its crossing, and one for walkers at either end of every crossing."""
    half_cycle = green + amber + all_red
    red_amber = min(RED_AMBER, all_red)
    program = [
        (green, SignalColor.GREEN),
        (amber, SignalColor.AMBER),
        (half_cycle + all_red - red_amber, SignalColor.RED),
        (red_amber, SignalColor.RED_AMBER),
    ]
    walk = min(green, max(3.0, half_cycle - 2.0 * half / WALKING_SPEED))
    walkers = [(walk, SignalColor.GREEN), (2.0 * half_cycle - walk, SignalColor.RED)]
    drafts = []
    for arm, angle in enumerate(_ANGLE):
        name, street = ARMS[arm], _street(arm)
        offset = 0.0 if street == "main" else half_cycle
        drafts.append(
            SignalDraft(
                f"signal.{name}",
                _place(angle, edge + 0.2, outer + POLE_CLEARANCE, LAMP_HEIGHT),
                math.remainder(angle, 2.0 * math.pi),
                program,
                offset,
                street,
            )
        )
        across = half_cycle - offset  # the other street's green
        middle = edge + CROSSING_SETBACK + CROSSING_WIDTH
        for side in (-1.0, 1.0):
            drafts.append(
                SignalDraft(
                    f"walk.{name}.{'left' if side > 0.0 else 'right'}",
                    _place(angle, middle, side * (outer + POLE_CLEARANCE), 2.4),
                    math.remainder(angle - side * 0.5 * math.pi, 2.0 * math.pi),
                    walkers,
                    across,
                    f"walk.{street}",
                )
            )
    return drafts


def _signs(outer: float, edge: float, end: float, speed_limit: float, signaled: bool) -> list[SignDraft]:
    """Return the speed limit at the start of every approach and, without signals, who has priority."""
    signs = []
    for arm, angle in enumerate(_ANGLE):
        facing = math.remainder(angle, 2.0 * math.pi)
        place = _place(angle, 0.9 * end + 0.1 * edge, outer + POLE_CLEARANCE, 2.2)
        signs.append(SignDraft(place, facing, f"speed_limit:{round(speed_limit * 3.6)}"))
        if not signaled:
            kind = "priority" if _street(arm) == "main" else "yield"
            place = _place(angle, edge + CROSSING_SETBACK + CROSSING_WIDTH + STOP_SETBACK, outer + POLE_CLEARANCE, 2.2)
            signs.append(SignDraft(place, facing, kind))
    return signs
