"""Randomness is a function of names and counters."""

import numpy as np

from simengine.core.rng import generator, kernel_seed, philox4x32, philox_normal, philox_uniform


def test_philox_gives_the_published_words():
    # Known answers of Random123 (kat_vectors, philox4x32 10).
    full = np.uint64(0xFFFFFFFF)
    assert [int(w) for w in philox4x32(0, 0, 0, 0, 0, 0)] == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert [int(w) for w in philox4x32(full, full, full, full, full, full)] == [
        0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD,
    ]  # fmt: skip


def test_streams_do_not_depend_on_each_other():
    first = generator(7, "traffic").random(4)
    generator(7, "weather").random(100)
    assert np.array_equal(first, generator(7, "traffic").random(4))
    assert not np.array_equal(first, generator(7, "traffic", 1).random(4))
    assert not np.array_equal(first, generator(8, "traffic").random(4))


def test_uniform_and_normal_have_their_moments():
    seed = kernel_seed(3, "moments")
    uniform = np.array([philox_uniform(seed, 1, step, 0, 0) for step in range(20_000)])
    normal = np.array([philox_normal(seed, 2, step, 0, 0) for step in range(20_000)])
    assert uniform.min() >= 0.0 and uniform.max() < 1.0
    assert abs(uniform.mean() - 0.5) < 0.01 and abs(uniform.var() - 1 / 12) < 0.002
    assert abs(normal.mean()) < 0.03 and abs(normal.std() - 1.0) < 0.02
