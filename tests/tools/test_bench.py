"""Benchmarks as a newcomer meets them, and that they measure what they say."""

import json
import math

import pytest

from simengine.core.errors import ConfigError, ScenarioError
from tests.tiny_rig import TINY
from tools.bench import main
from tools.benches import generating, maps, process, starting, stepping
from tools.benches.figure import Figure, describe, format_figure, machine, show


@pytest.mark.parametrize("benchmark", ["generate", "physics", "highway", "start", "maps"])
def test_every_benchmark_explains_itself(capsys, benchmark):
    with pytest.raises(SystemExit) as exit_:
        main([benchmark, "--help"])
    assert exit_.value.code == 0 and "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ([], "BENCHMARK"),
        (["highwy"], "highwy"),
        (["highway", "--envs", "0"], "from 1"),
        (["maps", "no/such/folder"], "no/such/folder"),
        (["generate", "--episodes", "1"], "from 2"),
        (["physics", "--fast"], "--fast"),
    ],
)
def test_wrong_usage_gets_one_line_and_exit_code_2(capsys, arguments, part):
    try:
        code = main(arguments)
    except SystemExit as exit_:
        code = exit_.code
    err = capsys.readouterr().err
    assert code == 2 and part in err and len(err.strip().splitlines()) == 1


def test_a_figure_is_a_median_beside_its_aim():
    fast, slow = Figure("a", (4.0, 9.0, 5.0), "x", 4.5), Figure("b", (4.0, 9.0, 5.0), "s", 4.5, at_least=False)
    assert fast.median == 5.0 and fast.reached and not slow.reached and Figure("c", (1.0,), "s").reached is None
    assert "4–9" in format_figure(fast) and "≥ 4.5: reached" in format_figure(fast)
    assert "NOT REACHED" in format_figure(slow)


def test_json_holds_every_value_and_the_machine(capsys):
    assert show([Figure("a", (1.0, 2.0, 3.0), "s", 2.5, note="why")], "tools/bench.py a", True) == 0
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert found["figures"][0] == {
        "what": "a", "values": [1.0, 2.0, 3.0], "unit": "s", "aim": 2.5, "at_least": True, "note": "why",
        "median": 2.0, "reached": False,
    }  # fmt: skip
    assert found["command"] == "tools/bench.py a" and found["machine"]["cores"] >= 1 and "load_after" in found
    assert "why" in captured.err


def test_a_busy_machine_is_told():
    assert "others are using it" in describe({**machine(), "load": 3.0})
    assert "others" not in describe({**machine(), "load": 0.1})


LINES = [
    "a-000001  5.0 s in 20.0 s  passed", "a-000002  5.0 s in 21.0 s  passed", "a-000003  5.0 s in 10.0 s  failed: x",
    "a-000004  2.0 s in 4.0 s  passed", "12 s simulated in 30 s (0.40x real time)",
]  # fmt: skip


def test_the_pace_leaves_out_what_loads_kernels():
    assert generating.steady_rate(LINES, 1) == pytest.approx(12.0 / 35.0)
    assert generating.steady_rate(LINES, 2) == pytest.approx(2.0 * 7.0 / 14.0)
    with pytest.raises(ConfigError, match="more episodes than workers"):
        generating.steady_rate(LINES, 4)


def test_the_main_job_is_run_and_watched():
    pytest.importorskip("pybullet")
    pace = generating.measure(1, 2, ["sensors=none", "scenario.duration=0.2", "road.length=2000"])
    assert pace.rate > 0.0 and 0.0 < pace.whole < pace.rate and 2 <= pace.actors <= generating.ACTORS
    assert math.isnan(pace.memory) or 0.05 < pace.memory < 8.0


def test_a_command_that_fails_is_an_error_with_its_last_line():
    with pytest.raises(ScenarioError, match="ended with code 3: what it says"):
        process.run(["-c", "import sys; print('what it says', file=sys.stderr); sys.exit(3)"])


def test_memory_and_time_of_a_command_are_those_of_the_command():
    ran = process.run(["-c", "import time; a = b'1' * 200_000_000; time.sleep(0.5); print(len(a))"])
    assert ran.seconds > 0.5 and ran.output == ["200000000"]
    assert ran.own_peak == 0.0 or 0.2 < ran.own_peak < 0.4


def test_physics_and_highway_are_measured():
    pytest.importorskip("pybullet")
    (figure,) = stepping.physics_figures(2, 2, 0.2)
    assert len(figure.values) == 2 and figure.median > 0.0
    rate, metadata = stepping.highway_rate(8, 3, 5, 1, 0)
    assert rate > 0.0 and metadata["vehicles"] == 6


def test_the_first_picture_is_timed(capsys):
    pytest.importorskip("pybullet")
    starting.show_first_frame(TINY)
    assert float(capsys.readouterr().out) > 0.0
    with pytest.raises(ConfigError, match="no picture"):
        starting.show_first_frame(["sensors=none", "traffic=none", "scenario.duration=0.1"])


def test_a_map_is_loaded_twice(capsys):
    pytest.importorskip("pybullet")
    maps.show_load_times("tests/road/fixtures/line.xodr")
    read, world, again, world_again = (float(text) for text in capsys.readouterr().out.split())
    assert min(read, world, again, world_again) > 0.0 and again < 5.0
    with pytest.raises(ScenarioError, match="neither a map nor a folder of maps"):
        maps.map_files(["conf"], maps.Path("."))
    assert [path.name for path in maps.map_files(["tests/road/fixtures"], maps.Path("."))][:1] == ["arc.xodr"]
