"""Randomness is a function of names and counters."""

import ast
from pathlib import Path

import numpy as np

import simengine
from simengine.core.rng import (
    CHILDREN,
    STREAMS,
    generator,
    kernel_seed,
    philox4x32,
    philox_normal,
    philox_uniform,
    stream,
)


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


def test_no_two_kinds_of_draws_share_a_stream_of_one_key():
    for key, streams in STREAMS.items():
        numbers = [number for numbers in streams.values() for number in numbers]
        assert len(numbers) == len(set(numbers)), key


def test_seeds_keep_the_streams_that_they_had():
    found = {(key, name): (one.start, len(one)) for key, streams in STREAMS.items() for name, one in streams.items()}
    assert found[("drivers", "style")] == (101, 4) and found[("behavior", "noise")] == (105, 1)
    assert found[("behavior", "route")] == (110, 1) and found[("inflow", "arrival")] == (302, 1)
    assert [found[("people", name)][0] for name in ("speed", "side", "wish", "turn", "abreast")] == [*range(201, 206)]
    assert stream("sensors camera", "snow") == 2 and stream("sensor lidar", "drop_size") == 3


def _calls():
    for source in Path(simengine.__file__).parent.rglob("*.py"):
        tree = ast.parse(source.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield source, tree, node


def test_every_child_of_a_seed_is_in_the_register():
    for source, _, call in _calls():
        if call.func.id in ("generator", "kernel_seed") and source.name != "rng.py":
            first = call.args[1]
            assert not isinstance(first, ast.Constant) or first.value in CHILDREN, f"{source}: line {call.lineno}"


def test_every_stream_of_a_kernel_is_in_the_register():
    """A literal as second argument of a draw, or a name that this module sets to one, is none of the register."""
    for source, tree, call in _calls():
        if call.func.id not in ("philox_words", "philox_uniform", "philox_normal") or source.name == "rng.py":
            continue
        given = call.args[1]
        assert not isinstance(given, ast.Constant), f"{source}: line {call.lineno}"
        for node in tree.body:
            names = [one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)]
            if isinstance(node, ast.Assign) and isinstance(given, ast.Name) and given.id in names:
                called = [one.func.id for one in ast.walk(node) if isinstance(one, ast.Call)]
                assert called and set(called) == {"stream"}, f"{source}: line {node.lineno}"
