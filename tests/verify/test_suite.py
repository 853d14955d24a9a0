"""Scenarios as tests: the table, JUnit and the exit code."""

from xml.etree import ElementTree

import pytest

from simengine.cli import main
from simengine.core.errors import ConfigError
from simengine.scenario.sampling import load_scenario, to_yaml
from simengine.verify import suite as scenario_suite
from simengine.verify.library import library
from simengine.verify.suite import Finding, collect


@pytest.fixture
def own_scenarios(tmp_path):
    folder = tmp_path / "scenarios"
    folder.mkdir()
    for name, deceleration in (("gentle", 1.0), ("brutal", 9.0)):
        (folder / f"{name}.yaml").write_text(
            "# @package _global_\n"
            "defaults:\n  - /scenarios/highway/hard_brake\n  - override /traffic: none\n  - _self_\n"
            f"scenario:\n  name: {name}\n  duration: 7.0\n"
            "  actors: {lead: {place: {ahead: 12.0}}}\n"
            f"  events: {{brake: {{when: {{time: 1.0}}, do: {{deceleration: {deceleration}}}}}}}\n"
        )
    return folder


def test_a_failing_scenario_fails_the_suite_and_says_why(own_scenarios, tmp_path, capsys):
    report = tmp_path / "report.xml"
    assert main(["test", str(own_scenarios), "--junit", str(report)]) == 1
    out = capsys.readouterr().out
    assert "passed  gentle[1]" in out.replace("  ", "  ")
    assert "FAILED  brutal[1]" in out and "no_collision" in out
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failure = suite.find("testcase/failure")
    assert "no_collision" in failure.get("message")


def test_names_and_messages_of_any_text_leave_the_report_readable(tmp_path, capsys):
    findings = [
        Finding("=x/\x1b[31m\ud800[1]", "failed", "@SUM(1)\x00\ufffe", 0.0, 0.0),
        Finding("+a[1]", "error", "-1+cmd", 0.0, 0.0, "raised", "line\n  \x1b next"),
        Finding("b\u202e[1]", "passed", "\x07 a remark", 0.0, 0.0),
        Finding("c[1]", "invalid", "\x9b", 0.0, 0.0),
    ]
    scenario_suite._junit(findings, str(tmp_path / "report.xml"))
    cases = ElementTree.parse(tmp_path / "report.xml").getroot().findall("testsuite/testcase")
    assert [(case.get("classname"), case.get("name")) for case in cases] == [
        ("'=x", "\\x1b[31m\\ud800[1]"), ("scenarios", "'+a[1]"), ("scenarios", "b\\u202e[1]"), ("scenarios", "c[1]"),
    ]  # fmt: skip
    assert cases[0].find("failure").get("message") == "'@SUM(1)\\x00\\ufffe"
    assert cases[1].find("error").get("message") == "'-1+cmd" and cases[1].find("error").text == "line\n  \\x1b next"
    scenario_suite._print_table(findings)
    assert not set(capsys.readouterr().out) & set("\x00\x1b\x07\x9b\u202e\ud800")


def test_a_passing_scenario_passes(own_scenarios):
    assert main(["test", str(own_scenarios / "gentle.yaml"), "episodes=2"]) == 0


def test_scenarios_lie_in_folders_of_any_name(tmp_path):
    file = tmp_path / "mine" / "near.yaml"
    file.parent.mkdir()
    file.write_text("# @package _global_\ndefaults: [/scenarios/highway/cut_in, _self_]\nscenario: {name: mine/near}\n")
    for path in (tmp_path, file):
        (case,) = collect([str(path)], ["weather=fog"])
        assert case.scenario.scenario.name == "mine/near" and case.scenario.weather.optical_range <= 200.0


def test_a_concrete_scenario_takes_no_settings_and_a_broken_one_is_named(tmp_path):
    file = tmp_path / "found.yaml"
    scenario = load_scenario("highway/cut_in", seed=4)
    file.write_text(to_yaml(scenario))
    assert collect([str(file)], []) == [("found", scenario)]
    with pytest.raises(ConfigError, match=r"weather=fog: .*found\.yaml is a concrete scenario"):
        collect([str(file)], ["weather=fog"])
    file.write_text("schema_version: 1\nseed: 4\n")
    with pytest.raises(ConfigError, match=r"found\.yaml: these settings are missing: scenario, road, "):
        collect([str(file)], [])


def test_an_invalid_sample_is_neither_pass_nor_fail_and_alone_tests_nothing(own_scenarios, tmp_path, capsys):
    """The lead of `crash` brakes into nothing but is hit by nobody; a car placed ahead of it is what it runs into."""
    (own_scenarios / "brutal.yaml").unlink()
    crash = (own_scenarios / "gentle.yaml").read_text().replace("gentle", "crash").replace("ahead: 12.0", "ahead: 40.0")
    wall = (
        "{kind: truck, behavior: parked, speed: 0.0, present: true, place: {arm: own, lane: 0, ahead: 75.0, "
        "lateral: 0.0, heading_deg: 0.0, height: 0.0}}"
    )
    (own_scenarios / "crash.yaml").write_text(crash.replace("actors: {", f"actors: {{wall: {wall}, "))
    report = tmp_path / "report.xml"
    assert main(["test", str(own_scenarios), "--junit", str(report)]) == 0
    out = capsys.readouterr().out
    assert "INVALID  crash[1]" in out and "lead touched wall at" in out
    assert "2 episodes: 1 passed, 0 failed, 1 invalid (tells nothing of the ego)" in out
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("2", "0", "1")
    assert suite.find("testcase/skipped").get("message").startswith("invalid: lead touched wall")
    assert main(["test", str(own_scenarios / "crash.yaml")]) == 1  # nothing was tested


def test_a_scenario_whose_hazard_never_fires_is_untested_and_alone_tests_nothing(own_scenarios, tmp_path, capsys):
    report = tmp_path / "report.xml"
    words = ["scenario.duration=0.5", "--junit", str(report)]
    assert main(["test", str(own_scenarios / "gentle.yaml"), *words]) == 1
    out = capsys.readouterr().out
    assert "UNTESTED  gentle[1]  hazard brake never fired\n" in out
    assert "1 episode: 0 passed, 0 failed, 1 untested (no hazard happened)" in out
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "1")
    assert suite.find("testcase/skipped").get("message") == "untested: hazard brake never fired"


def test_every_scenario_says_what_it_tests():
    for entry in library():
        assert entry.tests.endswith(".") and entry.tags


def test_a_scenario_that_cannot_be_placed_is_an_error_and_the_others_are_judged(own_scenarios, tmp_path, capsys):
    (own_scenarios / "brutal.yaml").write_text(
        "# @package _global_\n"
        "defaults:\n  - /scenarios/highway/hard_brake\n  - override /traffic: none\n  - _self_\n"
        "scenario: {name: brutal, actors: {lead: {place: {ahead: 1999.0}}}}\n"
    )
    report = tmp_path / "report.xml"
    assert main(["test", str(own_scenarios), "road.length=900", "--junit", str(report)]) == 2
    out = capsys.readouterr().out
    assert "ERROR   brutal[1]" in out and "the road ends before that" in out and "passed  gentle[1]" in out
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "0", "1")
