"""Every quantity of the actors is the derivative of the one before, and every id is one actor's.

Between two recorded times a quantity is taken to change evenly, or at the first of them at once (there decisions are
made); so the change of the one below is the mean of its two values, or the second, times the time between. A quarter of
its own change is allowed for where it does neither. What follows a recording has, as the schema of `/state` says, the
slope of its velocity over half a second around for its acceleration.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tools.checks.recorded.file import RecordedFile, States, rotations, wrapped, yaws
from tools.checks.recorded.found import NOTHING, Found, compare

_SHARE = 0.25  # of a quantity's own change between two times
_SPEED, _ACCELERATION, _YAW_RATE = 0.05, 0.4, 0.05  # allowed besides [m/s], [m/s²], [rad/s]
_FIT = 0.5  # half the window of a replayed actor's acceleration [s]
_FIT_OFF = 0.6  # of that acceleration [m/s²], and for each m/s that a noisy velocity changes in a step
_AROUND = 0.25  # before and after a collision nothing is smooth [s]
_UPRIGHT = math.cos(math.radians(30.0))
_CURB = (0.09, 0.15)  # that a vehicle of the batched physics mounts at once [m]
_STOP = (0.02, 0.35)  # speed of who stands, and of who is held by the brakes within a step [m/s]
_FREE = ("cargo", "cone")  # bodies that bounce and chatter on the ground, as those that were struck
_FALLS = ("pedestrian", "animal", "bicycle", "motorcycle")
_JUMP = 1.0  # farther than it drives nobody gets in a step [m]
_DRIVEN = ("car", "truck", "bus", "motorcycle")
_HARD, _SOFT, _FOR = -0.8, 0.0, 0.5  # braking that must light the lamps, none that must not [m/s²], for so long [s]


def collided(file: RecordedFile) -> NDArray[np.bool_]:
    """Return around which states an actor takes part in a collision. Shape (num_states, num_actors)."""
    states = file.states
    hit = np.zeros(states.present.shape, np.bool_)
    for collision in file.events["collisions"]:
        start, end = collision["start_ns"] * 1e-9 - _AROUND, collision["end_ns"] * 1e-9 + _AROUND
        during = (states.time >= start) & (states.time <= end)
        for actor in (collision["actor"], collision["other"]):
            if actor >= 0:
                hit[during, actor] = True
    return hit


def _tumbles(file: RecordedFile) -> NDArray[np.bool_]:
    """Return where somebody lies, slides or bounces: a free body, or who was struck. Shape (num_states, num_actors)."""
    after = np.maximum.accumulate(collided(file), axis=0)
    kinds = np.array(file.actors["kind"])
    return (after & np.isin(kinds, _FALLS)) | np.isin(kinds, _FREE)


def _steps(file: RecordedFile) -> NDArray[np.bool_]:
    """Return the steps over which an actor moves smoothly: there all along, not struck, not handed over."""
    states, hit = file.states, collided(file)
    both = states.present[1:] & states.present[:-1] & (states.replayed[1:] == states.replayed[:-1])
    return both & ~hit[1:] & ~hit[:-1]


def _uneven(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how much a quantity changes over each step, or over the one before or after it if that is more."""
    change = np.linalg.norm(np.diff(values, axis=0), axis=2) if values.ndim == 3 else np.abs(np.diff(values, axis=0))
    change = np.nan_to_num(change)
    padded = np.concatenate([change[:1], change, change[-1:]])
    return np.maximum(padded[1:-1], np.maximum(padded[:-2], padded[2:]))


def _time_steps(states: States) -> NDArray[np.float64]:
    return np.diff(states.time)[:, None]


def _difference(below: NDArray[np.float64], values: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray:
    """Return how far a quantity is from being the change of another over each step. Shape (num_steps, num_actors)."""
    rate = np.diff(below, axis=0) / step[..., None]
    evenly = np.linalg.norm(rate - 0.5 * (values[1:] + values[:-1]), axis=2)
    return np.minimum(evenly, np.linalg.norm(rate - values[1:], axis=2))


def velocities(file: RecordedFile) -> Found:
    """Velocity is the change of the position."""
    states, step = file.states, _time_steps(file.states)
    position = states.position.copy()
    jump = np.diff(position[..., 2], axis=0) - 0.5 * step * (states.velocity[1:, :, 2] + states.velocity[:-1, :, 2])
    driven = np.isin(file.actors["kind"], (*_DRIVEN, "bicycle"))
    curb = np.nan_to_num(jump) * ((np.abs(jump) > _CURB[0]) & (np.abs(jump) < _CURB[1]) & driven)
    position[1:, :, 2] -= np.cumsum(curb, axis=0)
    off = _difference(position, states.velocity, step)
    return compare(off, _SPEED + _SHARE * _uneven(states.velocity), _steps(file), "velocity, m/s", states.time)


def accelerations(file: RecordedFile) -> Found:
    """Acceleration is the change of the velocity; see the module about recordings."""
    states, step = file.states, _time_steps(file.states)
    off = _difference(states.velocity, states.acceleration, step)
    speed = np.linalg.norm(states.velocity, axis=2)
    slow, fast = np.minimum(speed[1:], speed[:-1]), np.maximum(speed[1:], speed[:-1])
    stops = (slow < _STOP[0]) & (fast < _STOP[1]) & (fast - slow > 0.005)
    moves = _steps(file) & ~states.replayed[1:] & ~stops & ~_tumbles(file)[1:]
    moves[0] = False  # before the start nothing was accelerated
    allowed = _ACCELERATION + _SHARE * _uneven(states.acceleration)
    found = compare(off, allowed, moves, "acceleration, m/s²", states.time)
    return found.joined(_fitted(states))


def _fitted(states: States) -> Found:
    """Compare with the slope of the recorded velocity, where its whole window is recorded."""
    if not states.replayed.any() or len(states.time) < 3:
        return NOTHING
    reach = round(_FIT / float(np.median(np.diff(states.time))))
    off, noise = np.full(states.present.shape, math.nan), np.zeros(states.present.shape)
    for k in range(reach, len(states.time) - reach):
        window = slice(k - reach, k + reach + 1)
        whole = np.flatnonzero(states.replayed[window].all(axis=0))
        if len(whole) == 0:
            continue
        time = states.time[window] - states.time[k]
        slope = np.einsum("t,tac->ac", time, states.velocity[window][:, whole]) / (time * time).sum()
        off[k, whole] = np.linalg.norm((slope - states.acceleration[k, whole])[:, :2], axis=1)
        noise[k, whole] = np.linalg.norm(np.diff(states.velocity[window][:, whole], axis=0), axis=2).max(axis=0)
    size = np.linalg.norm(np.nan_to_num(states.acceleration), axis=2)
    allowed = _FIT_OFF * (1.0 + noise) + 0.1 * size
    return compare(off, allowed, np.isfinite(off), "acceleration of a recording, m/s²", states.time)


def yaw_rates(file: RecordedFile) -> Found:
    """The vertical angular velocity of what stands is the change of its heading."""
    states, step = file.states, _time_steps(file.states)
    yaw, rate = yaws(states.orientation), states.angular_velocity[..., 2]
    up = rotations(states.orientation)[..., 2, 2]
    turned = wrapped(np.diff(yaw, axis=0)) / step
    off = np.minimum(np.abs(turned - 0.5 * (rate[1:] + rate[:-1])), np.abs(turned - rate[1:]))
    stands = (up[1:] > _UPRIGHT) & (up[:-1] > _UPRIGHT)
    allowed = _YAW_RATE + _SHARE * _uneven(rate)
    return compare(off, allowed, _steps(file) & stands, "yaw rate, rad/s", states.time)


def ids(file: RecordedFile) -> Found:
    """An id is that of one actor, listed, there for one stretch of time, which never is where it cannot have driven."""
    states = file.states
    listed = len(file.actors["kind"])
    seen = np.flatnonzero(states.present.any(axis=0))
    errors = [f"actor {a} is not listed" for a in seen if a >= listed]
    for a in seen:
        there = np.flatnonzero(states.present[:, a])
        again = np.flatnonzero(np.diff(there) > 1)
        if len(again):
            errors.append(f"id {a} is used again at {states.time[there[again[0] + 1]]:.2f} s")
        step = np.diff(states.time[there])
        speed = np.linalg.norm(states.velocity[there, a], axis=1)
        way = np.linalg.norm(np.diff(states.position[there, a], axis=0), axis=1)
        far = np.flatnonzero(way > 1.5 * np.maximum(speed[1:], speed[:-1]) * step + _JUMP)
        if len(far):
            errors.append(f"actor {a} jumps by {way[far[0]]:.1f} m at {states.time[there[far[0] + 1]]:.2f} s")
    return Found(len(seen), len(errors), errors[0] if errors else "")


def parked(file: RecordedFile) -> Found:
    """What is parked stands still with no lamp lit, unless it is struck."""
    states, hit = file.states, collided(file).any(axis=0)
    still = [a for a, behavior in enumerate(file.actors["behavior"]) if behavior == "parked" and not hit[a]]
    errors = []
    for a in still:
        there = states.present[:, a]
        if not there.any():
            continue
        moved = np.linalg.norm(states.position[there, a] - states.position[there, a][0], axis=1).max()
        if moved > 0.05 or np.linalg.norm(states.velocity[there, a], axis=1).max() > 0.05:
            errors.append(f"actor {a} is parked and moves by {moved:.2f} m")
        if states.lights[there, a].any():
            errors.append(f"actor {a} is parked with lamps lit ({int(states.lights[there, a].max())})")
    return Found(len(still), len(errors), errors[0] if errors else "")


def brake_lamps(file: RecordedFile) -> Found:
    """Who brakes for half a second has brake lamps lit; who does not brake for as long has not."""
    states = file.states
    driven = [
        a for a, (kind, behavior) in enumerate(zip(file.actors["kind"], file.actors["behavior"], strict=True))
        if kind in _DRIVEN and behavior != "parked"
    ]  # fmt: skip
    if not driven or len(states.time) < 3:
        return NOTHING
    ahead = rotations(states.orientation)[..., 0]
    along = (np.nan_to_num(states.acceleration) * np.nan_to_num(ahead)).sum(axis=2)
    demand = np.where(states.replayed, along, states.asked)
    lit = (states.lights & 1) > 0
    steps = max(1, math.ceil(_FOR / float(np.median(np.diff(states.time)))))
    checked, errors, hit = 0, [], collided(file)
    for a in driven:
        for k in range(steps, len(states.time)):
            window = slice(k - steps, k + 1)
            if not states.present[window, a].all() or np.ptp(states.replayed[window, a].astype(int)) or hit[k, a]:
                continue
            wanted = demand[window, a]
            if (wanted < _HARD).all():
                must = True
            elif (wanted > _SOFT).all():
                must = False
            else:
                continue
            checked += 1
            if lit[k, a] != must:
                said = "brakes without lamps" if must else "has brake lamps lit and does not brake"
                errors.append(f"actor {a} {said} at {states.time[k]:.2f} s")
    return Found(checked, len(errors), errors[0] if errors else "")
