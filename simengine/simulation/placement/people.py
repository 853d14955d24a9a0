"""People on the pavements around the ego: who is in company, who walks, who stands and who waits at a curb.

Sizes of groups are a Poisson distribution without 0 (Moussaïd et al. 2010, figure 1). If a share c of the people are in
company, its parameter is −ln(1 − c): those alone are P(1) / E[n] = exp(−λ) of all people.
"""

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simengine.behavior.pedestrian.company import ROW_GAP, WALL_ROOM, abreast, place_in_group, place_on_pavement
from simengine.behavior.pedestrian.crosswalk import Crosswalks, make_strips, make_zebras
from simengine.behavior.pedestrian.walk_across import CURB_ROW
from simengine.behavior.pedestrian.walk_along import EDGE
from simengine.core.state import Behavior
from simengine.physics.vehicle.catalog import model_named
from simengine.road.network.frenet import lane_width
from simengine.road.network.network import LaneType
from simengine.simulation.placement.corridors import in_corridor
from simengine.simulation.placement.placer import ActorPlan, Placer
from simengine.simulation.placement.scripted import clear_of_script

MOST_TOGETHER = 6  # people in a group
CHILDREN = 0.12  # share of the people
_START_SPEED = 1.2  # of those who walk [m/s]
_TRIES = 20  # places looked at for a group before it is left out
_GAP = 0.3  # to everybody else and to walls [m]
_HEADWAY = 1.5  # to those who come towards one [s]
_PASSAGE = 1.6  # between the middles of those who stand and of who passes farthest from them: two can pass [m]
_STANDING_APART = 3.0  # people who do not belong together, so that they do not close a pavement [m]
_CURB_FREE = 2.5  # round a place at a curb where nobody stands about [m]


class _Spot(NamedTuple):
    """A place on a pavement, against it and on the ground."""

    lane: int
    s: float  # [m]
    t: float  # [m]
    heading: float  # against the pavement's direction [rad]


class _Pavements:
    """The pavements around the ego, and where people wait at crossings."""

    def __init__(self, placer: Placer) -> None:
        lanes, ego = placer.lanes, placer.plans[0]
        self.lanes = lanes
        self.radius = placer.scenario.traffic.radius
        self.ego = (ego.x, ego.y)
        self.lane = np.flatnonzero(lanes.lane_type == LaneType.PAVEMENT)
        self.length = lanes.lane_length[self.lane].astype(np.float64)
        self.zebras: Crosswalks = make_zebras(placer.network, make_strips(lanes))
        self.curbs = [
            2 * c + end
            for c in range(len(self.zebras.curb_lane)) for end in range(2)
            if self.zebras.curb_lane[c, end] >= 0 and self._is_near(self.zebras.line[c, 2 * end : 2 * end + 2])
        ]  # fmt: skip

    def _is_near(self, place: NDArray[np.float64]) -> bool:
        return math.hypot(float(place[0]) - self.ego[0], float(place[1]) - self.ego[1]) <= self.radius

    def half(self, lane: int, s: float) -> float:
        """Return how far from the middle of a pavement somebody's middle may be [m]."""
        return max(0.0, 0.5 * float(lane_width(self.lanes, lane, s)) - EDGE)

    def away_from_road(self, lane: int) -> float:
        """Return on which side of a pavement there is no lane: 1 left, −1 right, 0 unknown."""
        left, right = self.lanes.lane_left[lane] >= 0, self.lanes.lane_right[lane] >= 0
        return 0.0 if left == right else -1.0 if left else 1.0

    def at_curb(self, x: float, y: float) -> bool:
        """Say whether a place is where people wait to cross."""
        line = self.zebras.line
        ends = np.concatenate([line[:, 0:2], line[:, 2:4]])
        return bool((np.hypot(ends[:, 0] - x, ends[:, 1] - y) < _CURB_FREE).any())


def group_size(random: np.random.Generator, share: float) -> int:
    """Draw how many people a group has, 1 for somebody alone, such that a share of all people is in company."""
    if share <= 0.0:
        return 1
    rate = -math.log(1.0 - share)
    draw, n, total, weight = float(random.random()) * (math.exp(rate) - 1.0), 0, 0.0, 1.0
    while n < MOST_TOGETHER and (n == 0 or draw >= total):
        n += 1
        weight *= rate / n
        total += weight
    return n


def place_people(placer: Placer) -> None:
    """Spread people over the pavements near the ego, in groups, as many as asked for or as find room."""
    spec = placer.scenario.pedestrians
    if spec.density <= 0.0 or spec.max_people == 0:
        return
    pavements, random = _Pavements(placer), placer.random
    if len(pavements.lane) == 0:
        placer.tell(f"pedestrians.density = {spec.density:g}: the road has no pavement, nobody is placed")
        return
    counts = random.poisson(spec.density * pavements.length / 1000.0)
    spots = [
        (int(lane), float(random.uniform(0.0, length)))
        for lane, length, count in zip(pavements.lane, pavements.length, counts, strict=True)
        for _ in range(int(count))
    ]
    spots = [spot for spot in spots if _within(placer, pavements, *spot)]
    asked = min(len(spots), spec.max_people)
    random.shuffle(spots)
    placed = group = failed = 0
    while placed < asked and failed < 10:
        size = min(group_size(random, spec.group_share), asked - placed)
        plans = _place_group(placer, pavements, spots, size)
        if not plans:
            failed += 1
            continue
        for plan in plans:
            number = group if size > 1 else -1
            placer.plans.append(replace(plan, name=f"person_{placed}", group=number))
            placed += 1
        group += size > 1
        failed = 0
    if placed < asked:
        placer.tell(f"pedestrians: {placed} of {asked} people placed, there is no room for more")


def _within(placer: Placer, pavements: _Pavements, lane: int, s: float) -> bool:
    plan = placer.on_lane("", model_named("pedestrian"), Behavior.WALKER, lane, s, 0.0, 0.0, color=(0.0, 0.0, 0.0))
    return math.hypot(plan.x - pavements.ego[0], plan.y - pavements.ego[1]) <= pavements.radius


def _place_group(placer: Placer, pavements: _Pavements, spots: list[tuple[int, float]], size: int) -> list[ActorPlan]:
    """Return plans of a group somewhere, or none if there is no room for it."""
    spec, random = placer.scenario.pedestrians, placer.random
    kind = float(random.random())
    stands = kind < spec.standing_share
    waits = not stands and kind < spec.standing_share + spec.waiting_share and len(pavements.curbs) > 0
    models = ["child" if random.random() < CHILDREN else "pedestrian" for _ in range(size)]
    colors = [placer.paint(model_named(model).kind) for model in models]
    for attempt in range(_TRIES):
        if attempt == _TRIES // 2:  # nowhere to stand: then they walk, or large groups would be rarer than asked for
            stands = waits = False
        lane, s = spots[int(random.integers(len(spots)))]
        if attempt > 0:  # near a place drawn before
            s = float(random.uniform(0.0, float(placer.lanes.lane_length[lane])))
        item = pavements.curbs[int(random.integers(len(pavements.curbs)))] if waits else -1
        if waits:
            found = _at_curb(pavements, item, size, spec.group_spacing)
        elif stands:
            found = _standing(pavements, random, lane, s, size, spec.group_spacing)
        else:
            found = _walking(pavements, random, lane, s, size, spec.group_spacing)
        plans = [
            replace(
                placer.on_lane("", model_named(model), Behavior.WALKER, spot.lane, spot.s, spot.t,
                               0.0 if stands or waits else _START_SPEED, spot.heading, color),
                stands=stands, crossing=item,
            )
            for spot, model, color in zip(found, models, colors, strict=False)
        ]  # fmt: skip
        if len(plans) == size and all(_has_room(placer, pavements, plan) for plan in plans):
            return plans
    return []


def _has_room(placer: Placer, pavements: _Pavements, plan: ActorPlan) -> bool:
    if math.hypot(plan.x - pavements.ego[0], plan.y - pavements.ego[1]) > pavements.radius:
        return False
    if plan.stands and pavements.at_curb(plan.x, plan.y):
        return False
    if plan.stands and any(
        other.stands and math.hypot(other.x - plan.x, other.y - plan.y) < _STANDING_APART for other in placer.plans
    ):
        return False
    if not placer.free(plan, _GAP, headway=_HEADWAY):
        return False
    return clear_of_script(placer, plan) and not in_corridor(placer, plan)


def _on_pavement(pavements: _Pavements, spots: list[_Spot]) -> list[_Spot]:
    """Return the spots if all of them are on the pavement, else none."""
    for spot in spots:
        length, half = float(pavements.lanes.lane_length[spot.lane]), pavements.half(spot.lane, spot.s)
        if not EDGE < spot.s < length - EDGE or abs(spot.t) > half + 1e-9:
            return []
    return spots


def _walking(
    pavements: _Pavements, random: np.random.Generator, lane: int, s: float, size: int, spacing: float
) -> list[_Spot]:
    """Return spots side by side, in rows where the pavement is too narrow."""
    room, forwards = pavements.half(lane, s), random.random() < 0.5
    if size > 1:
        room = max(0.0, room - WALL_ROOM)
    per_row = abreast(size, 2.0 * room, spacing, False)
    reach = room - 0.5 * (per_row - 1) * spacing
    middle = float(random.uniform(-1.0, 1.0)) * max(0.0, reach)
    heading, direction = (0.0, 1) if forwards else (math.pi, -1)
    spots = []
    for rank in range(size):
        left, behind = place_on_pavement(rank, size, per_row, spacing, direction)
        spots.append(_Spot(lane, s - direction * behind, middle + left, heading))
    return _on_pavement(pavements, spots)


def _standing(
    pavements: _Pavements, random: np.random.Generator, lane: int, s: float, size: int, spacing: float
) -> list[_Spot]:
    """Return spots of people who stand: before a front or at the curb alone, in a ring or a row in company."""
    half = pavements.half(lane, s)
    if 2.0 * half < _PASSAGE:
        return []
    outward = pavements.away_from_road(lane) or (1.0 if random.random() < 0.5 else -1.0)
    place, turn = float(random.random()), float(random.uniform(-0.5, 0.5))
    if size == 1:
        # Looking at a front, with the back to it, or looking at the road from the curb as at a stop.
        side = outward if place < 0.75 else -outward
        looks = outward if place < 0.4 else -outward
        return _on_pavement(pavements, [_Spot(lane, s, side * half, 0.5 * math.pi * looks + turn)])
    radius = 0.5 * spacing / math.sin(math.pi / size)
    across = 0.0 if size == 2 else 2.0 * radius
    if 2.0 * half - across >= _PASSAGE:
        first = 0.0 if size == 2 else 2.0 * math.pi * place
        middle = outward * (half - 0.5 * across)
        return _on_pavement(pavements, [
            _Spot(lane, s + radius * math.cos(angle), middle + radius * math.sin(angle), angle + math.pi)
            for angle in (first + 2.0 * math.pi * k / size for k in range(size))
        ])  # fmt: skip
    return _on_pavement(pavements, [
        _Spot(lane, s + (k - 0.5 * (size - 1)) * spacing, outward * half, -0.5 * math.pi * outward + turn)
        for k in range(size)
    ])  # fmt: skip


def _at_curb(pavements: _Pavements, item: int, size: int, spacing: float) -> list[_Spot]:
    """Return spots where a crossing begins, looking over it; rows stand away from the road."""
    zebras, c, end = pavements.zebras, item // 2, item % 2
    lane = int(zebras.curb_lane[c, end])
    s, t = (float(value) for value in zebras.curb_place[c, end])
    half = pavements.half(lane, s)
    room = max(0.0, 0.5 * float(zebras.line[c, 4]) - 2.0 * EDGE)
    per_row = abreast(size, 2.0 * room, spacing, False)
    spots = []
    for rank in range(size):
        left, behind = place_in_group(rank, size, per_row, spacing)
        deeper = CURB_ROW * round(behind / ROW_GAP)
        across = t - deeper if t > 0.0 else t + deeper
        heading = 0.5 * math.pi if t > 0.0 else -0.5 * math.pi
        spots.append(_Spot(lane, s + left, min(half, max(-half, across)), heading))
    return _on_pavement(pavements, spots)
