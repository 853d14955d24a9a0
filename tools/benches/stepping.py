"""How fast physics and vector environments step on one core."""

import time
from collections.abc import Iterator

import numpy as np

from tools.benches.figure import Figure
from tools.checks.motion.proving_ground import RATE, drive_many


def physics_figures(runs: int, vehicles: int, seconds: float) -> Iterator[Figure]:
    """Measure rigid bodies alone."""
    drive_many(2, 0.2)
    factors = tuple(drive_many(vehicles, seconds) for _ in range(runs))
    what = f"bullet, {vehicles} vehicles, {RATE} Hz, one core"
    yield Figure(what, factors, "x real time", 4.0, note="of processor time")


def highway_rate(num_envs: int, steps: int, vehicles: int, threads: int, seed: int) -> tuple[float, dict]:
    """Return the ego-steps per second of a vector highway under random actions, and its metadata.

    The second is of processor time with one thread, which other people's work leaves alone, else of the clock.
    """
    import gymnasium as gym
    import numba

    import simengine  # noqa: F401  registers the environment

    numba.set_num_threads(threads)
    envs = gym.make_vec("simengine/Highway-v0", num_envs=num_envs, vehicles=vehicles)
    actions = np.random.default_rng(seed).integers(0, 5, (steps, num_envs))
    envs.reset(seed=seed)
    envs.step(actions[0])
    clock = time.process_time if threads == 1 else time.perf_counter
    begin = clock()
    for action in actions:
        envs.step(action)
    spent = clock() - begin
    metadata = dict(envs.metadata)
    envs.close()
    return num_envs * steps / spent, metadata


def highway_figures(runs: int, num_envs: int, steps: int) -> Iterator[Figure]:
    """Measure the vector highway on one core and on all."""
    import numba

    vehicles = 19  # and the ego
    cores = numba.config.NUMBA_NUM_THREADS
    highway_rate(num_envs, 2, vehicles, cores, 0)
    for threads in dict.fromkeys((1, cores)):
        measured = [highway_rate(num_envs, steps, vehicles, threads, seed) for seed in range(runs)]
        metadata = measured[0][1]
        note = f"{num_envs} worlds of {metadata['vehicles']}, dt {metadata['dt']} s, {metadata['substeps']} substeps"
        rates = tuple(rate / threads for rate, _ in measured)
        what = "Highway-v0, one core" if threads == 1 else f"Highway-v0, {threads} threads, of each core"
        note += ", of processor time" if threads == 1 else ""
        yield Figure(what, rates, "ego-steps/s", 0.5e6 if threads == 1 else None, note=note)
