"""Tracks drawn by hand for the tests of labels."""

import math

import numpy as np

from simengine.core.state import ActorTable, Behavior, Light, Mobility, empty_actors, empty_state
from simengine.labels.tracks import Tracks, tracks_of_states

STEP = 0.1  # [s]


def make_actors(count) -> ActorTable:
    """Cars of 4 × 2 × 1.5 m that drive."""
    actors = empty_actors(1, count)
    actors.present[:] = True
    actors.length[:], actors.width[:], actors.height[:] = 4.0, 2.0, 1.5
    actors.mobility[:] = Mobility.WHEELED
    actors.behavior[:] = Behavior.TRAFFIC
    return actors


def make_tracks(paths, steering=None, valid=None, pedal=True) -> Tracks:
    """Each path is (num_frames, 2) places [m]; velocity and heading follow from them (at rest the heading stays).

    Whoever slows down has its brake lamps lit, unless `pedal` is False: then something else slows it.
    """
    paths = [np.asarray(path, float) for path in paths]
    num_frames, count = len(paths[0]), len(paths)
    states = []
    yaw = np.zeros(count)
    for f in range(num_frames):
        state = empty_state(1, count)
        state.valid[0] = True if valid is None else valid[f]
        for a, path in enumerate(paths):
            nxt, before = min(f + 1, num_frames - 1), min(f, num_frames - 2)
            velocity = (path[nxt] - path[before]) / STEP
            if math.hypot(*velocity) > 0.05:
                yaw[a] = math.atan2(velocity[1], velocity[0])
            if pedal and f > 0 and math.hypot(*velocity) < math.hypot(*states[-1].velocity[0, a, :2]) - 0.3 * STEP:
                state.lights[0, a] = Light.BRAKE
            state.position[0, a] = (*path[f], 0.75)
            state.velocity[0, a, :2] = velocity
            state.orientation[0, a] = (math.cos(0.5 * yaw[a]), 0.0, 0.0, math.sin(0.5 * yaw[a]))
        if steering is not None:
            state.steering[0, 0] = steering[f]
        states.append(state)
    times = [round(f * STEP * 1e9) for f in range(num_frames)]
    return tracks_of_states(times, states, make_actors(count))


def drive(start, speeds, y=0.0):
    """Return a path along x whose speed over step k is `speeds[k]` [m/s]."""
    x = start + np.concatenate([[0.0], np.cumsum(np.asarray(speeds, float) * STEP)])
    return np.stack([x, np.full(len(x), y)], 1)
