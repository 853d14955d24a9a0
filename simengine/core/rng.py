"""Randomness that depends on names and indices, never on the order of calls.

Outside kernels: `generator(seed, "traffic", 3)` is the same stream whatever else was drawn before. Inside kernels:
`philox_uniform(seed, stream, step, env, item)` is a pure function of its counter (Philox-4x32-10, Salmon et al.,
"Parallel random numbers: as easy as 1, 2, 3", SC 2011).
"""

import math
import zlib

import numpy as np
from numba import njit

# The register of random streams. First, the names that children of an episode's seed begin with.
CHILDREN = (
    "parameter", "placement", "scenery", "prop", "appearance", "drivers", "behavior", "people", "inflow", "sensor",
    "sensors", "fault", "recorded_style",
)  # fmt: skip
# Then, the streams that kernels draw from with the key of such a child: numbers for each kind of draw, which no other
# kind has with the same key. A number that has been used is never given to something else: seeds keep their meaning.
STREAMS = {
    "drivers": {"style": range(101, 105)},
    "behavior": {"noise": range(105, 106), "route": range(110, 111), "chance": range(201, 202)},
    "inflow": {
        "style": range(101, 105), "noise": range(105, 106), "route": range(110, 111), "entry": range(301, 302),
        "arrival": range(302, 303),
    },
    "people": {
        "speed": range(201, 202), "side": range(202, 203), "wish": range(203, 204), "turn": range(204, 205),
        "abreast": range(205, 206),
    },
    "sensors camera": {"noise": range(1), "rain": range(1, 2), "snow": range(2, 3)},
    "sensor lidar": {"noise": range(1, 2), "drop": range(2, 3), "drop_size": range(3, 4)},
    "sensor gnss": {"white": range(1, 2), "drift": range(2, 3)},
    "sensor imu": {"noise": range(1, 2), "walk": range(2, 3)},
    "fault": {"spot": range(1, 2), "point": range(2, 3)},
    "highway": {"placing": range(11, 12), "driver": range(12, 13)},
    "intersection": {"placing": range(21, 22), "driver": range(22, 23), "routing": range(23, 24)},
    "warehouse": {"placing": range(31, 32), "walking": range(32, 33)},
}  # fmt: skip


def stream(key: str, name: str) -> int:
    """Return the number of a kernel's random stream, of several the first.

    Args:
        key: Whose key it is drawn with, in `STREAMS`.
        name: What is drawn.
    """
    return STREAMS[key][name].start


def seed_sequence(seed: int, *path: str | int) -> np.random.SeedSequence:
    """Return the child of `seed` at a path of names and indices."""
    key = tuple(zlib.crc32(part.encode()) if isinstance(part, str) else int(part) for part in path)
    return np.random.SeedSequence(entropy=int(seed), spawn_key=key)


def generator(seed: int, *path: str | int) -> np.random.Generator:
    """Return the generator of the child of `seed` at a path of names and indices (Philox)."""
    return np.random.Generator(np.random.Philox(seed_sequence(seed, *path)))


def kernel_seed(seed: int, *path: str | int) -> np.uint64:
    """Return the 64-bit key that the kernels' counters are drawn with."""
    return np.uint64(seed_sequence(seed, *path).generate_state(1, np.uint64)[0])


@njit(cache=True, _nrt=False)
def philox4x32(key0, key1, c0, c1, c2, c3):
    """Return four 32-bit words of Philox-4x32-10 for a 64-bit key and a 128-bit counter (all given as uint64 < 2³²)."""
    mask = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    m0, m1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
    w0, w1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
    k0, k1 = np.uint64(key0), np.uint64(key1)
    x0, x1, x2, x3 = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    for _ in range(10):
        p0 = m0 * x0
        p1 = m1 * x2
        x0, x1, x2, x3 = (p1 >> shift) ^ x1 ^ k0, p1 & mask, (p0 >> shift) ^ x3 ^ k1, p0 & mask
        k0 = (k0 + w0) & mask
        k1 = (k1 + w1) & mask
    return x0, x1, x2, x3


@njit(cache=True, _nrt=False)
def philox_words(seed, stream, step, env, item):
    """Return four 32-bit words for a 64-bit seed and the counter (stream, step, env, item)."""
    mask = np.uint64(0xFFFFFFFF)
    key = np.uint64(seed)
    return philox4x32(
        key & mask,
        key >> np.uint64(32),
        np.uint64(stream) & mask,
        np.uint64(step) & mask,
        np.uint64(env) & mask,
        np.uint64(item) & mask,
    )


@njit(cache=True, _nrt=False)
def philox_uniform(seed, stream, step, env, item):
    """Return a float64 in [0, 1) with 53 random bits."""
    w0, w1, _, _ = philox_words(seed, stream, step, env, item)
    return ((w0 >> np.uint64(5)) * 67108864.0 + (w1 >> np.uint64(6))) * (1.0 / 9007199254740992.0)


@njit(cache=True, _nrt=False)
def philox_normal(seed, stream, step, env, item):
    """Return a standard normal float64 (Box–Muller)."""
    w0, w1, w2, w3 = philox_words(seed, stream, step, env, item)
    u = ((w0 >> np.uint64(5)) * 67108864.0 + (w1 >> np.uint64(6)) + 1.0) * (1.0 / 9007199254740992.0)
    v = ((w2 >> np.uint64(5)) * 67108864.0 + (w3 >> np.uint64(6))) * (1.0 / 9007199254740992.0)
    return math.sqrt(-2.0 * math.log(u)) * math.cos(2.0 * math.pi * v)
