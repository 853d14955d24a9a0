"""Tests whose drivers raise, hang, end the process or return no number are told by name, and no other is lost."""

import importlib
import os
import signal
import sys
import threading
from multiprocessing import active_children
from xml.etree import ElementTree

import pytest

from simengine.cli import main
from simengine.scenario.sampling import load_scenario
from simengine.simulation.loop.decisions import unwatched
from simengine.verify.isolation import run_isolated
from simengine.verify.suite import Case, run_case

PACKAGE = '''
import os
import threading

from simengine.behavior.ego.drivers import Control, Driver


class Troubled(Driver):
    """Drives well until its third step."""

    def __init__(self, ego, network, dt):
        self.steps = 0

    def decide(self, observation):
        self.steps += 1
        if self.steps > 3:
            return self.trouble()
        return Control(acceleration=0.0)


class Raises(Troubled):
    def trouble(self):
        raise KeyError("brake pedal")


class Exits(Troubled):
    def trouble(self):
        raise SystemExit(0)


class Hangs(Troubled):
    def trouble(self):
        threading.Event().wait()


class Dies(Troubled):
    def trouble(self):
        os._exit(7)


class ReturnsNan(Troubled):
    def trouble(self):
        return Control(acceleration=float("nan"))


class ReturnsNone(Troubled):
    def trouble(self):
        return None


class CannotBeMade(Troubled):
    def __init__(self, ego, network, dt):
        raise FileNotFoundError(2, "No such file", "weights.pt")
'''
DRIVERS = {
    "raises": "Raises", "exits": "Exits", "hangs": "Hangs", "dies": "Dies", "no_number": "ReturnsNan",
    "none": "ReturnsNone", "unmade": "CannotBeMade",
}  # fmt: skip
BRIEF = ["traffic=none", "physics=batched", "sensors=none", "scenario.duration=0.5"]


@pytest.fixture
def troubled(tmp_path, monkeypatch):
    """Install a package of drivers that fail, as pip does."""
    (tmp_path / "acme_trouble.py").write_text(PACKAGE)
    metadata = tmp_path / "acme_trouble-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-trouble\nVersion: 1.0\n")
    points = "".join(f"acme_{name} = acme_trouble:{kind}\n" for name, kind in DRIVERS.items())
    (metadata / "entry_points.txt").write_text(f"[simengine.drivers]\n{points}")
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    yield
    sys.modules.pop("acme_trouble", None)


def stay_or_leave(case, watch):
    """Be a case that does what it is called."""
    if case == "stuck":
        watch("driver slow", -1, 0.0)
        threading.Event().wait()
    if case == "hung":
        watch("", 4, 0.2)
        threading.Event().wait()
    if case == "gone":
        watch("driver rash", 4, 0.2)
        os.kill(os.getpid(), signal.SIGKILL)
    watch("", 4, 0.2)
    return case.upper()


def test_a_case_that_hangs_or_dies_is_told_and_every_other_has_its_result():
    cases = ["stuck", "fine", "hung", "gone", "good"]
    found = dict(run_isolated(cases, 2, stay_or_leave, 0.1))
    assert set(found) == set(cases) and (found["fine"], found["good"]) == ("FINE", "GOOD")
    assert found["stuck"][:2] == ("hung", "driver slow did not return within 1 s while the scenario was laid out")
    assert found["hung"][:2] == ("hung", "the simulation did not go on within 0.1 s at step 4 (0.20 s)")
    assert found["gone"][:2] == (
        "died", "its worker process died at step 4 (0.20 s), while driver rash decided: SIGKILL (out of memory?)"
    )  # fmt: skip
    assert not [child for child in active_children() if "Pool" not in child.name]


@pytest.mark.parametrize(
    ("driver", "verdict"),
    [
        ("raises", "driver acme_raises raised KeyError: 'brake pedal' in acme_trouble.py line 23 at step 3 (0.15 s)"),
        ("exits", "driver acme_exits raised SystemExit: 0 in acme_trouble.py line 28 at step 3 (0.15 s)"),
        ("no_number", "driver acme_no_number returned acceleration = nan at step 3 (0.15 s): it must be a finite"),
        ("none", "driver acme_none returned None at step 3 (0.15 s): it must be a simengine.Control"),
        ("unmade", "ego.driver = acme_unmade: the package that brings it raised FileNotFoundError: [Errno 2] No such"),
    ],
)
def test_what_a_driver_does_wrong_is_told_with_its_name_step_and_value(troubled, driver, verdict):
    scenario = load_scenario("drive", [*BRIEF, f"ego.driver=acme_{driver}"])
    found = run_case(Case("drive[0]", scenario), unwatched)
    assert (found.mark, found.kind) == ("error", "raised") and found.verdict.startswith(verdict)
    assert "Traceback" in found.detail


def test_a_suite_goes_on_past_drivers_that_hang_and_die(troubled, tmp_path, capfd):
    folder = tmp_path / "scenarios"
    folder.mkdir()
    for name, driver in (("dies", "acme_dies"), ("hangs", "acme_hangs"), ("well", "idm")):
        (folder / f"{name}.yaml").write_text(
            "# @package _global_\n"
            "defaults:\n  - /scenarios/drive\n  - override /traffic: none\n  - override /physics: batched\n  - _self_\n"
            f"scenario: {{name: {name}, duration: 0.5}}\nego: {{driver: {driver}}}\n"
        )
    report = tmp_path / "report.xml"
    assert main(["test", str(folder), "workers=1", "--step-limit", "0.5", "--junit", str(report)]) == 1
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
    assert "ERROR   hangs[1]  driver acme_hangs did not return within 0.5 s at step 3 (0.15 s)" in said.out
    assert "died at step 3 (0.15 s), while driver acme_dies decided: it called exit(7)" in said.out
    assert "passed  well[1]" in said.out
    assert "3 episodes: 1 passed, 0 failed, 2 not run to the end" in said.out
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "0", "2")
    assert [case.find("error").get("type") for case in suite if case.find("error") is not None] == ["died", "hung"]


@pytest.mark.parametrize("workers", [1, 2])
def test_generate_tells_a_drivers_error_in_one_line_and_leaves_nothing_half_written(troubled, tmp_path, capfd, workers):
    folder = tmp_path / "data"
    command = ["generate", "scenario=drive", *BRIEF, "ego.driver=acme_raises", "episodes=2", f"workers={workers}"]
    assert main([*command, f"output={folder}"]) == 1  # the other episodes are tried all the same
    said = capfd.readouterr()
    assert "Traceback" not in said.out + said.err
    lines = [line for line in said.err.splitlines() if "raised" in line]
    assert len(lines) == 2
    for number, line in enumerate(sorted(lines), 1):
        assert f"drive-00000{number}" in line and "driver acme_raises raised KeyError: 'brake pedal'" in line
    assert not folder.exists()


@pytest.mark.parametrize("limit", ["0", "-1", "nan", "inf", "soon"])
def test_a_step_limit_that_is_none_is_refused(capsys, limit):
    try:
        code = main(["test", "highway/cut_in", "--step-limit", limit])
    except SystemExit as exit_:
        code = exit_.code
    assert code == 2 and "--step-limit" in capsys.readouterr().err
