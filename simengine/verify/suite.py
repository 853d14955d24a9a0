"""Scenarios as tests: each runs against its own criteria; the verdicts are a table, JUnit XML and an exit code."""

import time
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from simengine.core.errors import ConfigError, ScenarioError
from simengine.scenario.compose import compose, configuration_root, nearest, resolve, scenario_names
from simengine.scenario.sampling import concretize, from_yaml, read_concrete, to_yaml
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.atomic import complete_or_absent
from simengine.simulation.generate import whole_number
from simengine.simulation.runner import Job, Outcome, default_workers, progress, run_jobs

_RUN_SETTINGS = ("episodes", "seed", "workers")


class Case(NamedTuple):
    """One test: a scenario with a seed."""

    name: str
    scenario: ConcreteScenario


class Finding(NamedTuple):
    """What a test found."""

    case: str
    mark: str  # passed, failed, n/a, or error where it could not be run
    verdict: str
    simulated: float  # [s]
    seconds: float  # of wall time


def _library_name(path: Path, named: Path) -> tuple[Path, str]:
    """Return the search path root and the scenario name of a file; `named` is the path that the user gave."""
    path, named = path.resolve(), named.resolve()
    for parent in path.parents:
        if parent.name == "scenarios":
            return parent.parent, path.relative_to(parent).with_suffix("").as_posix()
    root = named if named.is_dir() else named.parent
    return root, path.relative_to(root).with_suffix("").as_posix()


def _is_concrete(path: Path) -> bool:
    return any(line.startswith("schema_version:") for line in path.read_text(errors="replace").splitlines())


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*.yaml"))
        if not found:
            raise ConfigError(f"{path}: holds no scenario (*.yaml)")
        return found
    if path.is_file():
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
    run = [text for text in overrides if text.split("=")[0] in _RUN_SETTINGS]
    settings = resolve({key: compose("config", run)[key] for key in _RUN_SETTINGS})
    if not any(text.startswith("episodes=") for text in run):
        settings["episodes"] = 1
    episodes, first = whole_number(settings, "episodes", 1, 1_000_000), whole_number(settings, "seed", 0, 2**62)
    # Verdicts need no pictures; whoever wants sensors names them.
    quiet = [] if any(text.startswith("sensors=") for text in overrides) else ["sensors=none"]
    cases = []
    for path in paths:
        for file in _files(Path(path)):
            if _is_concrete(file):
                changes = [text for text in overrides if text not in run]
                if changes:
                    raise ConfigError(f"{changes[0]}: {file} is a concrete scenario, which takes no overrides")
                cases.append(Case(file.stem, read_concrete(file)))
                continue
            root, name = _library_name(file, Path(path))
            search = [] if root == configuration_root() else [f"hydra.searchpath=[file://{root}]"]
            tree = compose("config", (*search, f"scenario={name}", *quiet, *overrides))
            for number in range(episodes):
                seed = first + number
                cases.append(Case(f"{name}[{seed}]", concretize(tree, seed)))
    return cases


def run_case(job: Job) -> Outcome:
    """Simulate one test without keeping anything."""
    from simengine.simulation.simulator import simulate

    start = time.perf_counter()
    try:
        episode = simulate(from_yaml(job.scenario_yaml), keep_frames=False)
    except (ConfigError, ScenarioError) as error:
        return Outcome(job.id, "", f"error|{error}", "", 0.0, time.perf_counter() - start)
    mark = {True: "passed", False: "failed", None: "n/a"}[episode.verdict.passed]
    text = f"{mark}|{episode.verdict.reason}"
    return Outcome(job.id, "", text, episode.digest, episode.duration, time.perf_counter() - start)


def _count(findings: list[Finding], mark: str) -> int:
    return sum(finding.mark == mark for finding in findings)


def _junit(findings: list[Finding], path: str) -> None:
    suite = ElementTree.Element(
        "testsuite", name="simengine", tests=str(len(findings)), failures=str(_count(findings, "failed")),
        errors=str(_count(findings, "error")), skipped=str(_count(findings, "n/a")),
        time=f"{sum(finding.seconds for finding in findings):.3f}",
    )  # fmt: skip
    for finding in findings:
        folder, _, name = finding.case.rpartition("/")
        case = ElementTree.SubElement(
            suite, "testcase", classname=folder or "scenarios", name=name, time=f"{finding.seconds:.3f}"
        )
        if finding.mark in ("failed", "error"):
            kind = "failure" if finding.mark == "failed" else "error"
            ElementTree.SubElement(case, kind, message=finding.verdict).text = finding.verdict
        elif finding.mark == "n/a":
            ElementTree.SubElement(case, "skipped", message="no criterion applied")
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    with complete_or_absent(Path(path)) as hidden:
        ElementTree.ElementTree(root).write(hidden, encoding="utf-8", xml_declaration=True)


def run_suite(paths: list[str], overrides: list[str], junit: str | None) -> int:
    """Run scenarios against their criteria; returns 2 if one could not be run, else 1 if one fails, else 0.

    Raises:
        ConfigError: A path that holds no scenario, or a wrong setting.
        ScenarioError: A scenario that is named twice.
    """
    if not paths:
        raise ConfigError("name a folder or file of scenarios, such as scenarios/")
    if junit is not None and not Path(junit).resolve().parent.is_dir():
        raise ConfigError(f"--junit {junit}: its folder does not exist")
    cases = collect(paths, overrides)
    if len({case.name for case in cases}) < len(cases):
        raise ScenarioError("a scenario is named twice; name each path once")
    settings = resolve({"workers": compose("config", [o for o in overrides if o.startswith("workers=")])["workers"]})
    workers = default_workers() if settings["workers"] is None else whole_number(settings, "workers", 1, 1024)
    jobs = [Job(case.name, to_yaml(case.scenario), "") for case in cases]
    findings = {}
    with progress(len(jobs), "scenario") as bar:
        for outcome in run_jobs(jobs, workers, run_case):
            mark, _, reason = outcome.verdict.partition("|")
            findings[outcome.id] = Finding(outcome.id, mark, reason, outcome.simulated, outcome.seconds)
            bar.update()
    ordered = [findings[case.name] for case in cases]
    wide = max(len(finding.case) for finding in ordered)
    for finding in ordered:
        mark = finding.mark if finding.mark in ("passed", "n/a") else finding.mark.upper()
        print(f"{mark:6}  {finding.case:{wide}}  {finding.verdict}".rstrip())
    failed, errors = _count(ordered, "failed"), _count(ordered, "error")
    well = len(ordered) - failed - errors
    print(
        f"{well} of {len(ordered)} scenarios passed or did not apply, {failed} failed"
        + (f", {errors} could not be run" if errors else "")
    )
    if junit is not None:
        _junit(ordered, junit)
    return 2 if errors else 1 if failed else 0
