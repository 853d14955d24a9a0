"""What is just avoidable and what just is not, in small worlds whose boundary follows from the regulation's figures.

Each world has an ego that drives on at a constant speed and one or two others. The boundary is worked out here, by
formulas of this file alone, from the others' tracks: when the clock starts, how far the ego comes from there, and so
how near the other may be. The same world with a little more room must be told to be avoidable, with a little less not.
The little is what the simulation may add: 1 % of the braking distance, by which wheels that roll and pitch stop later
in Bullet than a point does, and a tenth of a meter, for corners that are looked at once a control step. A reaction or a
braking that is wrong by a tenth moves every limit by more, but for a robot's brakes, which its motors bound.
"""

import math
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from simengine.core.space.geometry import yaw_from_quaternion
from simengine.core.state import EGO
from simengine.scenario.compose import compose
from simengine.scenario.sampling import concretize
from simengine.simulation.loop.simulator import Simulator
from simengine.verify.difficulty import Sample, judge_sample

# UN Regulation 157, Annex 4, Appendix 3.
DELAY = 0.4 + 0.75  # perception and reaction [s]
JERK = 12.65  # [m/s³]
FULL = 0.774 * 9.81  # [m/s²]
ROAD = 0.9  # friction: the usual dry road's 0.75 would hold less than this, and hide an error of it
WANDER = 0.375  # [m]
CRITICAL = 2.0  # time to collision [s]
HARD = 5.0  # slowing of a leader that is a risk at once [m/s²]
SHARE = 0.25  # of somebody that must be seen

DT = 0.05  # control step [s]
LANE = 3.75  # [m]
BOTH = pytest.mark.parametrize("physics", ["batched", "bullet"])


def braked_way(speed: float, seconds: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return the way in a time from when the brakes act [m]: rising by `JERK` to `FULL`, to standstill."""
    rise = FULL / JERK
    assert speed > 0.5 * FULL * rise  # faster than what is lost while braking rises
    stop = rise + (speed - 0.5 * FULL * rise) / FULL
    t = np.clip(seconds, 0.0, stop)
    r = np.minimum(t, rise)
    rising = speed * r - JERK * r**3 / 6.0
    return rising + (speed - 0.5 * FULL * rise) * (t - r) - 0.5 * FULL * (t - r) ** 2


def little(closing: float) -> float:
    """Return how much more or less room decides for sure [m]."""
    return 0.01 * float(braked_way(closing, 99.0)) + 0.1


class Tracks(NamedTuple):
    """Everybody as seen from where the ego's center starts: x ahead, y to the left. Arrays of (steps, actors)."""

    time: NDArray[np.float64]  # (steps,)
    x: NDArray[np.float64]  # [m]
    y: NDArray[np.float64]
    yaw: NDArray[np.float64]
    size: NDArray[np.float64]  # length, width. (actors, 2) [m]

    def gap(self, other: int) -> float:
        """Return the room between bumpers of an actor and the ego at the start [m]."""
        return float(self.x[0, other] - 0.5 * self.size[other, 0] - 0.5 * self.size[EGO, 0])

    def corners(self, other: int, k: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return x and y of the four corners of an actor at a step [m]."""
        along, left = (0.5 * self.size[other] * np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])).T
        c, s = math.cos(self.yaw[k, other]), math.sin(self.yaw[k, other])
        return self.x[k, other] + along * c - left * s, self.y[k, other] + along * s + left * c


def world(physics: str, speed: float, *more: str) -> Simulator:
    """Return an ego at a constant speed in the middle of three lanes, and what else is given."""
    base = (
        "scenario=drive", "sensors=none", "traffic=none", "pedestrians=none", "criteria=collision", "ego=sedan",
        "ego.driver=constant", "ego.lane=1", "scenario.duration=12.0", f"physics={physics}", f"ego.speed={speed}",
    )  # fmt: skip
    simulator = Simulator(concretize(compose("config", (*base, *more)), 1))
    simulator.world.ground.friction[:] = ROAD
    return simulator


def actor(name: str, kind: str, ahead: float, **values: object) -> str:
    """Return the override that adds an actor; `ahead` of the ego's center [m]."""
    what = {"behavior": "scripted", "speed": 0.0, "lane": 0, "lateral": 0.0, "heading_deg": 0.0, **values}
    return (
        f"+scenario.actors.{name}={{kind: {kind}, behavior: {what['behavior']}, speed: {what['speed']}, present: true, "
        f"place: {{arm: own, lane: {what['lane']}, ahead: {ahead}, lateral: {what['lateral']}, "
        f"heading_deg: {what['heading_deg']}, height: 0.0}}}}"
    )


def event(name: str, action: str, time: float = 1.0) -> str:
    """Return the override that lets an actor do something at a time [s]."""
    when = f"{{kind: time, time: {time}}}"
    return f"+scenario.events.act={{actor: {name}, when: {when}, do: {action}, hazard: true}}"


def tracks(simulator: Simulator) -> Tracks:
    """Return how everybody moves while the ego only drives on."""
    rows, snapshot = [], simulator.reset()
    while not simulator.done:
        state = snapshot.state
        yaw = [yaw_from_quaternion(*q) for q in state.orientation[0].tolist()]
        rows.append((snapshot.observation.time, state.position[0, :, 0].copy(), state.position[0, :, 1].copy(), yaw))
        snapshot = simulator.step()
    actors = simulator.world.actors
    size = np.stack([actors.length[0], actors.width[0]], axis=1)
    simulator.close()
    time, x, y, turned = (np.array(column) for column in zip(*rows, strict=True))
    return Tracks(time, x - x[0, EGO], y - y[0, EGO], turned, size)


def judged(simulator: Simulator) -> Sample:
    """EgoMonitor a world; the driver under test, who does nothing, must have failed."""
    sample = judge_sample(simulator)
    simulator.close()
    assert sample.failed and sample.fired and not sample.invalid, sample
    return sample


def first(time: NDArray[np.float64], holds: NDArray[np.bool_]) -> float:
    """Return the first time at which something holds [s]."""
    assert holds.any()
    return float(time[int(np.argmax(holds))])


def own_speed(seen: Tracks, time: float) -> float:
    """Return the ego's speed at a time [m/s]: its driver lets air and wheels take a little of what is asked."""
    return float(np.interp(time, seen.time, np.gradient(seen.x[:, EGO], DT)))


def least_gap(seen: Tracks, brakes: float, other: int) -> float:
    """Return the gap at the start from which the ego, braking from a time on [s], just does not touch another [m]."""
    fine = np.arange(0.0, seen.time[-1], 1e-3)
    came = np.interp(fine, seen.time, seen.x[:, other] - seen.x[0, other])
    way = np.interp(np.minimum(fine, brakes), seen.time, seen.x[:, EGO])
    way += braked_way(own_speed(seen, brakes), np.maximum(0.0, fine - brakes))
    return float((way - came).max())


@BOTH
def test_a_cut_in_is_avoidable_from_21_m_at_10_m_s_of_closing(physics):
    """From the wander of 0.375 m: 1.15 s · 10 m/s = 11.5 m, then 5.54 m of rising and 7.72² / 15.19 = 3.92 m."""
    speed, slower = 20.0, 10.0
    move = "{kind: change_lane, lanes: -1, duration: 3.5, max_lateral_speed: 1.8, max_lateral_acceleration: 2.0}"

    def cut_in(ahead: float) -> Simulator:
        return world(physics, speed, actor("other", "car", ahead, speed=slower, lane=1), event("other", move))

    seen = tracks(cut_in(150.0))
    wanders = first(seen.time, LANE - seen.y[:, 1] > WANDER)
    gap = least_gap(seen, wanders + DELAY, 1)
    at_wander = gap - (speed - slower) * wanders
    assert at_wander == pytest.approx(20.96, abs=0.8)  # its course slants, so that it comes on a little slower
    assert (at_wander - 0.4 * (speed - slower)) / (speed - slower) < CRITICAL  # urgent as soon as it is perceived
    ahead = gap + 0.5 * (seen.size[0, 0] + seen.size[1, 0])
    room = little(speed - slower)
    assert judged(cut_in(ahead + room)).avoidable
    assert not judged(cut_in(ahead - room)).avoidable


@BOTH
def test_a_leader_that_brakes_with_6_m_s2_needs_the_difference_of_both_ways(physics):
    """The clock starts when it slows by more than 5 m/s², somewhat after its brakes begin to act."""
    speed = 20.0
    brake = "{kind: brake, deceleration: 6.0, duration: 0.0}"

    def follow(ahead: float) -> Simulator:
        return world(physics, speed, actor("other", "car", ahead, speed=speed), event("other", brake))

    seen = tracks(follow(200.0))
    slowing = -np.gradient(np.gradient(seen.x[:, 1], DT), DT)
    slows = first(seen.time, slowing > HARD)
    assert 1.0 <= slows < 1.5
    gap = least_gap(seen, slows + DELAY, 1)
    # Both stand: about 20 · 1.15 m, 11.54 m of rising and 17.72² / 15.19 m, less what the leader still comes.
    left = float(seen.x[-1, 1]) - float(np.interp(slows, seen.time, seen.x[:, 1]))
    lead = float(np.interp(slows, seen.time, seen.x[:, 1] - seen.x[0, 1] - seen.x[:, EGO]))
    assert gap == pytest.approx(stop_way(own_speed(seen, slows)) - left - lead, abs=0.1)
    ahead = gap + 0.5 * (seen.size[0, 0] + seen.size[1, 0])
    room = little(speed)
    assert judged(follow(ahead + room)).avoidable
    assert not judged(follow(ahead - room)).avoidable


def stop_way(speed: float) -> float:
    """Return the way from first sight to standstill [m]."""
    return speed * DELAY + float(braked_way(speed, 99.0))


@BOTH
def test_a_cut_out_bares_what_stands_ahead_when_a_quarter_shows_past_the_leader(physics):
    """At 14 m/s a stop takes 33.2 m from when the leader's edge leaves a quarter of the standing car's rear bare."""
    speed, between = 14.0, 12.0
    move = "{kind: change_lane, lanes: 1, duration: 2.5, max_lateral_speed: 1.8, max_lateral_acceleration: 3.0}"

    def cut_out(ahead: float) -> Simulator:
        return world(
            physics, speed, actor("other", "car", between + 4.5, speed=speed), event("other", move),
            actor("wreck", "car", ahead, behavior="parked"),
        )  # fmt: skip

    seen = tracks(cut_out(300.0))
    rear, half = 0.5 * seen.size[2, 0], 0.5 * seen.size[2, 1]

    def room_at_sight(ahead: float) -> float:
        """Return the room before the ego when a quarter of a car shows that stands so far ahead of its start [m]."""
        for k in range(len(seen.time)):
            eye = seen.x[k, EGO] + 0.1 * seen.size[EGO, 0]
            x, y = seen.corners(1, k)
            bare = half + float((y / (x - eye)).min()) * (ahead - rear - eye)  # right of the leader's edge
            if bare >= SHARE * 2.0 * half:
                return ahead - rear - seen.x[k, EGO] - 0.5 * seen.size[EGO, 0]
        raise AssertionError("the leader never bares it")

    stop, low, high = stop_way(own_speed(seen, 2.0)), 30.0, 120.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if room_at_sight(middle) < stop else (low, middle)
    room = little(speed)
    assert judged(cut_out(high + room)).avoidable
    assert not judged(cut_out(low - room)).avoidable


@BOTH
def test_who_steps_out_from_behind_a_truck_is_avoidable_from_21_m_at_10_m_s(physics):
    """From when a quarter of the walker shows past the truck's far corner; the walker stops in the ego's lane."""
    speed, pace = 10.0, 2.0
    walk = f"{{kind: walk, heading_deg: 90.0, speed: {pace}, distance: 7.5}}"

    def steps_out(ahead: float) -> Simulator:
        return world(
            physics, speed, actor("other", "pedestrian", ahead, lateral=-7.5, heading_deg=90.0),
            event("other", walk, 0.5), actor("truck", "truck", ahead - 7.5, behavior="parked", lane=-1, lateral=-0.5),
        )  # fmt: skip

    seen = tracks(steps_out(120.0))

    def room_at_sight(ahead: float) -> float:
        """Return the room before the ego when a quarter shows of a walker who crosses so far ahead of its start [m]."""
        nearer = ahead - seen.x[0, 1]
        for k in range(len(seen.time)):
            eye = seen.x[k, EGO] + 0.1 * seen.size[EGO, 0]
            (tx, ty), (wx, wy) = seen.corners(2, k), seen.corners(1, k)
            edge = float((ty / (tx + nearer - eye)).max())  # of the truck, as a slope from the eye
            slopes = wy / (wx + nearer - eye)
            if slopes.max() - max(edge, slopes.min()) >= SHARE * (slopes.max() - slopes.min()):
                return float(wx.min() + nearer - seen.x[k, EGO] - 0.5 * seen.size[EGO, 0])
        raise AssertionError("the truck hides the walker for ever")

    assert stop_way(speed) == pytest.approx(20.96, abs=0.05)
    stop, low, high = stop_way(own_speed(seen, 2.0)), 25.0, 80.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if room_at_sight(middle) < stop else (low, middle)
    room = little(speed)
    assert judged(steps_out(high + room)).avoidable
    assert not judged(steps_out(low - room)).avoidable


@BOTH
def test_a_robot_avoids_what_its_own_limits_let_it_avoid(physics):
    """A sweep of 0.1 s, its reaction, here 0.6 s, and its brakes at once: 2.0 · 0.7 + 2.0² / 2a."""
    speed, reaction = 2.0, 0.6

    def appears(ahead: float) -> Simulator:
        show = "{actor: other, when: {kind: time, time: 1.0}, do: {kind: appear}, hazard: true}"
        person = actor("other", "pedestrian", ahead).replace("present: true", "present: false")
        tree = compose(
            "config",
            (
                "scenario=drive", "road=warehouse", "sensors=none", "traffic=none", "pedestrians=none", "ego=robot",
                "criteria=collision", "ego.driver=constant", f"ego.speed={speed}", "scenario.duration=8.0",
                f"physics={physics}", f"ego.reaction_time={reaction}", person, f"+scenario.events.show={show}",
            ),
        )  # fmt: skip
        return Simulator(concretize(tree, 1))

    simulator = appears(8.0)
    actors = simulator.world.actors
    strength, length = float(actors.max_deceleration[0, EGO]), float(actors.length[0, EGO])
    person = float(actors.length[0, 1])
    simulator.close()
    stop = speed * (0.1 + reaction) + speed * speed / (2.0 * strength)
    ahead = speed * (1.0 + DT) + stop + 0.5 * (length + person)  # it is seen at the step after it appears
    room = 0.03  # less than a third of the way of a control step, within which it stops short or not
    assert judged(appears(ahead + room)).avoidable
    assert not judged(appears(ahead - room)).avoidable
