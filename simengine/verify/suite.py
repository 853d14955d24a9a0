"""Scenarios as tests: each runs against its own criteria; the verdicts are a table, JUnit XML and an exit code."""

import math
import time
import traceback
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from simengine.core.errors import ConfigError, PartError, ScenarioError, describe_error, nearest
from simengine.core.text.bounded_files import holds
from simengine.core.text.printable_text import cell, one_line, say, visible
from simengine.core.text.wording import counted
from simengine.scenario.compose import compose, resolve, scenario_names
from simengine.scenario.config_loader import configuration_root
from simengine.scenario.override_text import key_of, setting
from simengine.scenario.sampling import concretize, read_concrete
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.files.whole_files import complete_or_absent, refuse_unwritable
from simengine.simulation.jobs.generate import whole_number
from simengine.simulation.jobs.runner import default_workers, progress
from simengine.simulation.loop.decisions import Watch
from simengine.simulation.loop.driver_checks import moment
from simengine.simulation.loop.simulator import Simulator
from simengine.verify.isolation import Lost, run_isolated
from simengine.verify.scenario_files import find_name, is_concrete

_RUN_SETTINGS = ("episodes", "seed", "workers")
STEP_LIMIT = 30.0  # a step takes milliseconds, with six cameras about a second [s]


class Case(NamedTuple):
    """One test: a scenario with a seed."""

    name: str
    scenario: ConcreteScenario


class Finding(NamedTuple):
    """What a test found."""

    case: str
    mark: str  # passed, failed, n/a, untested (no hazard happened), invalid (it says nothing about the ego) or error
    verdict: str  # why it failed, what was not tested, or what went wrong
    simulated: float  # [s]
    seconds: float  # of wall time
    kind: str = ""  # of an error: refused (could not be laid out), raised, hung or died
    detail: str = ""  # of an error: where it came from


def _files(path: Path) -> list[Path]:
    if holds(Path.is_dir, path):
        # No hidden ones: editors and file systems put such beside the files that are meant, as in `.#mine.yaml`.
        found = sorted(file for file in path.rglob("*.yaml") if not file.name.startswith("."))
        if not found:
            raise ConfigError(f"{path}: holds no scenario (*.yaml)")
        return found
    if holds(Path.exists, path):
        return [path]
    names = scenario_names()
    if str(path) in names:
        return [configuration_root() / "scenarios" / f"{path}.yaml"]
    raise ConfigError(f"{path}: neither a file or folder nor a scenario of the library{nearest(str(path), names)}")


def collect(paths: list[str], overrides: list[str]) -> list[Case]:
    """Find every test of some paths.

    Raises:
        ConfigError: A path that holds no scenario, or a wrong setting.
    """
    run = [text for text in overrides if key_of(text) in _RUN_SETTINGS]
    settings = resolve({key: compose("config", run).get(key) for key in _RUN_SETTINGS})
    if not any(key_of(text) == "episodes" for text in run):
        settings["episodes"] = 1
    episodes, first = whole_number(settings, "episodes", 1, 1_000_000), whole_number(settings, "seed", 0, 2**62)
    # Verdicts need no pictures; whoever wants sensors names them.
    quiet = [] if any(key_of(text) == "sensors" for text in overrides) else ["sensors=none"]
    cases = []
    for path in paths:
        for file in _files(Path(path)):
            if is_concrete(file):
                changes = [text for text in overrides if text not in run]
                if changes:
                    raise ConfigError(f"{changes[0]}: {file} is a concrete scenario, which takes no overrides")
                cases.append(Case(file.stem, read_concrete(file)))
                continue
            name, search = find_name(file, Path(path))
            tree = compose("config", (*search, setting("scenario", name), *quiet, *overrides))
            for number in range(episodes):
                seed = first + number
                cases.append(Case(f"{name}[{seed}]", concretize(tree, seed)))
    return cases


def run_case(case: Case, watch: Watch) -> Finding:
    """Simulate one test without keeping anything; whatever is raised is the test's finding.

    Args:
        case: What is run.
        watch: Told what is under way.
    """
    start, simulator = time.perf_counter(), None

    def found(mark: str, verdict: str, kind: str = "", detail: str = "") -> Finding:
        steps = simulator.time_ns * 1e-9 if simulator is not None and begun else 0.0
        return Finding(case.name, mark, verdict, steps, time.perf_counter() - start, kind, detail)

    begun = False
    try:
        simulator = Simulator(case.scenario, watch=watch)
        simulator.reset()
        begun = True
        while not simulator.done:
            simulator.step()
        verdict, untested = simulator.verdict, simulator.untested
    except (ConfigError, ScenarioError) as error:
        refused = not begun and not isinstance(error, PartError)
        return found("error", str(error), "refused" if refused else "raised", traceback.format_exc())
    except Exception as error:  # a bug, of simengine or a package: it must not take the other results with it
        at = f" at {moment(simulator.steps, simulator.time_ns * 1e-9)}" if begun else " while it was laid out"
        return found("error", describe_error(error) + at, "raised", traceback.format_exc())
    finally:
        if simulator is not None:
            simulator.close()
    mark = "n/a" if verdict.outcome == "not applicable" else verdict.outcome
    return found(mark, "; ".join(dict.fromkeys([*filter(None, [verdict.reason]), *untested])))


def _count(findings: list[Finding], mark: str) -> int:
    return sum(finding.mark == mark for finding in findings)


def _junit(findings: list[Finding], path: str) -> None:
    suite = ElementTree.Element(
        "testsuite", name="simengine", tests=str(len(findings)), failures=str(_count(findings, "failed")),
        errors=str(_count(findings, "error")),
        skipped=str(sum(_count(findings, mark) for mark in ("n/a", "untested", "invalid"))),
        time=f"{sum(finding.seconds for finding in findings):.3f}",
    )  # fmt: skip
    for finding in findings:
        folder, _, name = finding.case.rpartition("/")
        case = ElementTree.SubElement(
            suite, "testcase", classname=cell(folder) or "scenarios", name=cell(name), time=f"{finding.seconds:.3f}"
        )
        if finding.mark in ("failed", "error"):
            tag = "failure" if finding.mark == "failed" else "error"
            kind, message = finding.kind or "verdict", cell(finding.verdict)
            told = ElementTree.SubElement(case, tag, message=message, type=kind)
            told.text = visible(finding.detail or finding.verdict, "\n\t")
        elif finding.mark == "n/a":
            ElementTree.SubElement(case, "skipped", message="no criterion applied")
        elif finding.mark == "passed" and finding.verdict:
            ElementTree.SubElement(case, "system-out").text = visible(finding.verdict, "\n\t")
        elif finding.mark in ("untested", "invalid"):
            ElementTree.SubElement(case, "skipped", message=visible(f"{finding.mark}: {finding.verdict}"))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    with complete_or_absent(Path(path)) as hidden:
        ElementTree.ElementTree(root).write(hidden, encoding="utf-8", xml_declaration=True)


def run_suite(paths: list[str], overrides: list[str], junit: str | None, step_limit: float = STEP_LIMIT) -> int:
    """Run scenarios against their criteria, each in a worker process that is killed when it hangs.

    Args:
        paths: Folders and files of scenarios.
        overrides: In Hydra's grammar.
        junit: File for the verdicts as JUnit XML, or None.
        step_limit: How long a step of a scenario may take [s].

    Returns:
        The exit code: 2 if a scenario cannot be laid out, else 1 if one fails or its driver does, or if nothing was
        tested because each is invalid, untested or has no criterion that applies, else 0. Among others such a one
        counts neither way.

    Raises:
        ConfigError: A path that holds no scenario, or a wrong setting.
        ScenarioError: A scenario that is named twice.
    """
    if not paths:
        raise ConfigError("name a folder or file of scenarios, such as scenarios/")
    if not 0.0 < step_limit < math.inf:
        raise ConfigError(f"--step-limit {step_limit:g}: must be a number of seconds above 0")
    if junit is not None and not holds(Path.is_dir, Path(junit).absolute().parent):
        raise ConfigError(f"--junit {junit}: its folder does not exist")
    if junit is not None:
        refuse_unwritable(Path(junit), f"--junit {junit}")
    cases = collect(paths, overrides)
    if len({case.name for case in cases}) < len(cases):
        raise ScenarioError("a scenario is named twice; name each path once")
    settings = resolve({"workers": compose("config", [o for o in overrides if key_of(o) == "workers"]).get("workers")})
    workers = default_workers() if settings["workers"] is None else whole_number(settings, "workers", 1, 1024)
    findings = {}
    with progress(len(cases), "scenario") as bar:
        for case, found in run_isolated(cases, workers, run_case, step_limit):
            if isinstance(found, Lost):
                found = Finding(case.name, "error", found.reason, 0.0, found.seconds, found.kind)
            findings[case.name] = found
            bar.update()
    ordered = [findings[case.name] for case in cases]
    _print_table(ordered)
    if junit is not None:
        _junit(ordered, junit)
    if any(finding.kind == "refused" for finding in ordered):
        return 2
    nothing_tested = all(finding.mark in ("invalid", "untested", "n/a") for finding in ordered)
    return 1 if nothing_tested or any(finding.mark in ("failed", "error") for finding in ordered) else 0


def _print_table(findings: list[Finding]) -> None:
    wide = max(len(visible(finding.case)) for finding in findings)
    column = max(6, *(len(finding.mark) for finding in findings))
    for finding in findings:
        mark = finding.mark if finding.mark in ("passed", "n/a") else finding.mark.upper()
        say(f"{mark:{column}}  {visible(finding.case):{wide}}  {one_line(finding.verdict)}".rstrip())
    failed, errors, invalid = (_count(findings, mark) for mark in ("failed", "error", "invalid"))
    passed, idle, unmet = (_count(findings, mark) for mark in ("passed", "n/a", "untested"))
    say(
        f"{counted(len(findings), 'episode')}: {passed} passed, {failed} failed"
        + (f", {idle} without a criterion that applies" if idle else "")
        + (f", {unmet} untested (no hazard happened)" if unmet else "")
        + (f", {invalid} invalid (tells nothing of the ego)" if invalid else "")
        + (f", {errors} not run to the end" if errors else "")
    )
