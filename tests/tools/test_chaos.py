"""The chaos check sees processes that are left, exit codes, differences and damage, and a real run survives it."""

import json
import random
import shutil
import signal
import sys

import pytest

from simengine.core.errors import ConfigError
from tests.tools.test_determinism import write
from tools.checks.chaos import tally
from tools.checks.chaos.course import differences, ended, prepare
from tools.checks.chaos.kills import allowed_codes, kills
from tools.checks.chaos.mishaps import mishaps
from tools.checks.chaos.process import Command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")

# Starts a process that is none of its group and outlives it.
LEAVES_ONE = (
    "import subprocess, sys\n"
    "line = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
    "print(subprocess.Popen(line, start_new_session=True).pid, file=sys.stderr)"
)


def run(tmp_path, program):
    return Command([sys.executable, "-c", program], tmp_path / "log")


def test_a_process_that_outlives_its_command_is_found_and_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.checks.chaos.process._LINGER", 0.1)
    running = run(tmp_path, LEAVES_ONE)
    code, faults = ended("x", running, (0,))
    assert code == 0 and faults == ["x: 1 of its processes outlived it"]
    assert running.members() == []


def test_codes_tracebacks_and_commands_that_hang_are_faults(tmp_path, monkeypatch):
    assert ended("x", run(tmp_path, "pass"), (0,)) == (0, [])
    assert ended("x", run(tmp_path, "import sys; sys.exit('no room')"), (0, 2)) == (
        1, ["x: ended with code 1, not 0 or 2: no room"],
    )  # fmt: skip
    assert "x: printed a traceback" in ended("x", run(tmp_path, "1 / 0"), (1,))[1]
    monkeypatch.setattr("tools.checks.chaos.course.PATIENCE", 0.1)
    running = run(tmp_path, "import time; time.sleep(600)")
    monkeypatch.setattr(running, "wait", lambda: None)
    assert ended("x", running, (0,)) == (None, ["x: did not end within 0 s"])
    assert not running.running


def test_a_command_ends_by_the_signal_or_says_why_or_was_done():
    assert allowed_codes("parent", signal.SIGKILL) == (0, -9)
    assert allowed_codes("group", signal.SIGINT) == (0, 130, -2)
    assert allowed_codes("worker", signal.SIGINT) == (0,) and allowed_codes("worker", signal.SIGTERM) == (0, 2)


def test_datasets_that_differ_in_a_byte_or_a_name_do(tmp_path):
    write(tmp_path / "a", 1)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    assert differences(tmp_path / "a", tmp_path / "b") == []
    (tmp_path / "b" / ".simengine.lock").touch()
    assert differences(tmp_path / "a", tmp_path / "b") == ["differs: file .simengine.lock"]
    shutil.rmtree(tmp_path / "b")
    assert differences(tmp_path / "a", tmp_path / "b") == [f"{tmp_path / 'b'}: no such folder"]


def test_counts_add_up_over_runs_and_a_run_that_is_repeated_counts_once(tmp_path):
    good, bad = tally.Trial("kill: parent, SIGKILL", ()), tally.Trial("no space", ("continued: differs: column id",))
    for seed, trials in ((1, [good, good]), (2, [good, bad]), (2, [good, good, bad])):
        tally.keep(tmp_path, tally.summarize(seed, ["workers=2"], trials))
    assert [run["tried"].get("no space", 0) for run in tally.read_runs(tmp_path / tally.RECORD)] == [0, 1]
    page = (tmp_path / tally.PAGE).read_text()
    assert "| kill: parent, SIGKILL | 4 | 0 |" in page and "| no space | 1 | 1 |" in page
    assert "| all | 5 | 1 |" in page and "- no space: continued: differs: column id" in page


def test_a_record_of_something_else_is_one_error(tmp_path):
    (tmp_path / "chaos.json").write_text(json.dumps([{"seed": 1}]))
    with pytest.raises(ConfigError, match=r"chaos\.json: no record of this check"):
        tally.read_runs(tmp_path / "chaos.json")


def test_a_run_that_is_killed_or_disturbed_ends_in_the_same_dataset(tmp_path):
    course = prepare(tmp_path, 2, ["scenario.duration=0.2"])
    draw = random.Random(1)
    trials = [*kills(course, 3, draw), *mishaps(course, 1, draw)]
    assert len(trials) == 7
    assert [trial for trial in trials if trial.faults] == []
