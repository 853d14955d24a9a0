"""How people on a pavement make room for others: who comes is passed on the right, who stands on the wider side.

A pavement's width is shared: two companies that meet divide it, each as many abreast as leaves the other as much, with
`ROOM` between them, so that nobody has to walk between companions. In company people rather "bend" their row, and walk
behind each other when the street is full (M. Moussaïd et al., PLoS ONE 5(4) e10047, 2010, figure 3); that oncoming
people of a street keep to sides is Helbing & Molnár 1995, figure 2. Who makes room goes where it means to within the
pavement's edges, and is not pushed from there by walls.
"""

from numba import njit
from numpy.typing import NDArray

from simengine.behavior.lanes.occupancy import VX, VY, Places, X, Y
from simengine.behavior.pedestrian.company import ROW_MOST, WALL_ROOM, abreast
from simengine.behavior.pedestrian.walker_state import COMPANY, FREE_LEFT, FREE_RIGHT, LEADER, MAKES_ROOM, MOST_ABREAST

ROOM = 0.75  # between the middles of two who pass each other [m]
AHEAD_SEEN = 8.0  # others are made room for from this distance [m]
MAKE_ROOM_TIME = 2.0  # for which room is made after the last look [s]
COMING = 0.3  # who is faster than this against one's way comes; slower ones stand [m/s]
CLUSTER = 2.0  # along the way: who stands this near to the nearest who stands is passed with it [m]


@njit(cache=True, _nrt=False)
def side_by_side(room: float, theirs: int, spacing: float) -> int:
    """Return how many may walk side by side when they meet others.

    Args:
        room: Across the pavement, between the outermost middles of people [m].
        theirs: How many the others are side by side if nobody hinders them.
        spacing: Between neighbors in company [m].
    """
    gaps = int(max(0.0, room - ROOM) / spacing + 1e-9)
    return 1 + max(gaps // 2, gaps - (theirs - 1))


@njit(cache=True, _nrt=False)
def look_ahead(
    places: Places,
    on_foot: NDArray,
    choice: NDArray,
    a: int,
    ex: float,
    ey: float,
    offset: float,
    half: float,
    spacing: float,
) -> tuple[int, float, float]:
    """Return how many may walk side by side, and between which offsets their middles may be, past those ahead.

    Offsets are from the middle of the pavement, to the left of one's way [m]. With nobody ahead these are `ROW_MOST`
    and the whole width.

    Args:
        places: Of all actors.
        on_foot: Who is on foot. Shape (num_actors,).
        choice: Of all actors, columns of `walker_state`.
        a: Who looks: somebody alone or the first of a group.
        ex, ey: Direction of the pavement, as one walks.
        offset: One's own [m].
        half: How far from the middle of the pavement somebody's middle may be [m].
        spacing: Between neighbors in company [m].
    """
    first, count = choice[a, LEADER], choice[a, COMPANY]
    own = places.pose[a]
    theirs, nearest = 0, AHEAD_SEEN
    left, right = -half, half  # of those who stand
    for standing_too in range(2):
        for b in range(len(places.seen)):
            if not places.seen[b] or not on_foot[b] or first <= b < first + count:
                continue
            dx, dy = places.pose[b, X] - own[X], places.pose[b, Y] - own[Y]
            along, there = dx * ex + dy * ey, offset + dy * ex - dx * ey
            if not 0.0 < along < AHEAD_SEEN or abs(there) > half + 0.3:
                continue
            speed = places.pose[b, VX] * ex + places.pose[b, VY] * ey
            if speed <= -COMING:
                if count > 1 or choice[b, COMPANY] > 1:  # two alone need no arrangement
                    theirs = max(theirs, abreast(max(1, choice[b, COMPANY]), 2.0 * (half - WALL_ROOM), spacing, False))
            elif speed < COMING:
                if standing_too == 0:
                    nearest = min(nearest, along)
                elif along < nearest + CLUSTER and count > 1:
                    left, right = max(left, there), min(right, there)
    most, low, high = ROW_MOST, -half, half
    if left >= right:
        if half - left > right + half:
            low = min(half, left + ROOM)
        else:
            high = max(-half, right - ROOM)
        most = 1 + int((high - low) / spacing + 1e-9)
    if theirs > 0:
        most = min(most, side_by_side(2.0 * half, theirs, spacing))
        ours = (min(abreast(count, 2.0 * (half - WALL_ROOM), spacing, False), most) - 1) * spacing
        others = (min(theirs, side_by_side(2.0 * half, count, spacing)) - 1) * spacing
        slack = max(0.0, 2.0 * half - ours - others - ROOM)
        high = min(high, max(low, -half + ours + 0.5 * slack))
    return most, low, high


@njit(cache=True, _nrt=False)
def make_room(mind: NDArray, most: int, low: float, high: float, half: float, dt: float) -> None:
    """Keep in mind for a while what `look_ahead` found, so that a row does not widen between two who come.

    Args:
        mind: Of the one who looked; updated.
        most, low, high: See `look_ahead`.
        half: See there.
        dt: Since the last look [s].
    """
    mind[MAKES_ROOM] = max(0.0, mind[MAKES_ROOM] - dt)
    if most < ROW_MOST or low > -half or high < half:
        mind[MOST_ABREAST] = min(most, mind[MOST_ABREAST]) if mind[MAKES_ROOM] > 0.0 else most
        mind[MAKES_ROOM] = MAKE_ROOM_TIME
        mind[FREE_RIGHT], mind[FREE_LEFT] = low, high


@njit(cache=True, _nrt=False)
def middle_of_row(mind: NDArray, liked: float, width: float, half: float) -> float:
    """Return the offset of the middle of a row, to the left of its way: as liked, or where room is made [m].

    Args:
        mind: Of the one who looks for all.
        liked: Offset without others [m].
        width: Of the row, between the outermost middles [m].
        half: See `look_ahead`.
    """
    low, high = -half, half
    if mind[MAKES_ROOM] > 0.0:
        low, high = mind[FREE_RIGHT], mind[FREE_LEFT]
    low, high = low + 0.5 * width, high - 0.5 * width
    if low > high:  # no row is as narrow as the room: as near to the edge as it may
        low = high = 0.5 * (low + high)
    most = max(0.0, half - 0.5 * width)
    return min(most, max(-most, min(high, max(low, liked))))
