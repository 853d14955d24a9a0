"""The signals of the intersection and the time that they go by."""

from numba import njit

from simengine.core.rng import philox_uniform
from simengine.envs.intersection.layout import AMBER, DARK, EPISODE, GREEN, PLACING, RED, STEP


@njit(cache=True)
def signal_at(time, axis, settings):
    """Return what the signals of an axis (0 west–east, 1 south–north) show."""
    if not settings.signaled:
        return DARK
    phase = settings.green + settings.amber + settings.all_red
    inside = (time + (0.0 if axis == 0 else phase)) % (2.0 * phase)
    if inside < settings.green:
        return GREEN
    return AMBER if inside < settings.green + settings.amber else RED


@njit(cache=True)
def world_time(e, settings, clock, keys):
    """Return the time on a world's signal program [s]; it begins at a draw."""
    period = 2.0 * (settings.green + settings.amber + settings.all_red)
    return clock[e, STEP] * settings.step + period * philox_uniform(keys[e], PLACING, 99, clock[e, EPISODE], 0)
