"""The sensors' kernels against other people's renderers: the same rays, the same frames, turn by turn."""

import contextlib
import statistics
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

from simengine.core.errors import ConfigError
from tools.benches.peers import installed_peers
from tools.benches.subjects import RunningSubject, SubjectFailed, start_subjects
from tools.benches.tracing import Seen, agreement, trace
from tools.benches.triangles import TriangleScene
from tools.benches.views import STILL, Views
from tools.benches.workloads import CAMERA_ALL, LIDAR_STATIC, WORKLOADS

OURS = "simengine"
_WARM_UP = (1_000_000, 1_000_001)  # frames that compile and touch everything
_CHECKED = 0  # the frame in which subjects are held against the tracer


class Measured(NamedTuple):
    """What one subject did with one workload."""

    workload: str
    subject: str
    threads: int
    times: tuple[float, ...]  # of each run [ms]
    agreement: float | None  # with an exact tracer; None without one
    digest: str  # of everything it gave in one frame

    @property
    def median(self) -> float:
        """The middle time [ms]."""
        return statistics.median(self.times)

    def record(self) -> dict[str, Any]:
        """Return it as the interface that `--json` prints."""
        return {
            "workload": self.workload, "subject": self.subject, "threads": self.threads,
            "median_ms": round(self.median, 4), "agreement": self.agreement,
        }  # fmt: skip


def _frame_of(workload: str, run: int) -> int:
    return STILL if workload == LIDAR_STATIC else run


class Race:
    """Subjects that take turns; one that fails is told in a line and left out from there on."""

    def __init__(self, subjects: list[RunningSubject]) -> None:
        self.subjects = subjects

    def ask(self, subject: RunningSubject, *question: Any) -> Any:
        """Return a subject's answer, or None when it failed.

        Raises:
            ConfigError: It is ours that failed.
        """
        try:
            return subject.ask(*question)
        except SubjectFailed as error:
            if subject.name == OURS:
                raise ConfigError(str(error)) from None
            print(f"left out: {error}", file=sys.stderr, flush=True)
            subject.close()
            self.subjects.remove(subject)
            return None

    def times(self, workload: str, runs: int) -> dict[RunningSubject, list[float]]:
        """Time a workload with every subject that can do it, one run each in turn [ms]."""
        found: dict[RunningSubject, list[float]] = {subject: [] for subject in self.able(workload)}
        for frame in _WARM_UP:
            for subject in self.able(workload):
                self.ask(subject, "time", workload, _frame_of(workload, frame))
        for run in range(runs):
            for subject in self.able(workload):
                spent = self.ask(subject, "time", workload, _frame_of(workload, run))
                if spent is not None:
                    found[subject].append(spent)
        return {subject: times for subject, times in found.items() if subject in self.subjects}

    def able(self, workload: str) -> list[RunningSubject]:
        """Return the subjects that can do a workload."""
        return [subject for subject in self.subjects if workload in subject.workloads]

    def seen(self, workload: str) -> dict[RunningSubject, tuple[Seen, str]]:
        """Return what every subject sees in the checked frame, and the hash of all of it."""
        found = {}
        for subject in self.able(workload):
            answers = [
                self.ask(subject, "time", workload, _frame_of(workload, _CHECKED)),
                self.ask(subject, "found", workload) if subject in self.subjects else None,
                self.ask(subject, "digest", workload) if subject in self.subjects else None,
            ]
            if subject in self.subjects:
                found[subject] = (answers[1], answers[2])
        return found


def _truth(
    scene: TriangleScene, views: Views, workload: str, seen: dict[RunningSubject, tuple[Seen, str]]
) -> Seen | None:
    """Return what an exact tracer sees: embreex, else Open3D if it takes part."""
    with contextlib.suppress(ImportError):
        return trace(scene, views, workload, _frame_of(workload, _CHECKED))
    return next((found for subject, (found, _) in seen.items() if subject.name == "open3d"), None)


def measure(
    scene: TriangleScene,
    views: Views,
    runs: int,
    threads: Sequence[int],
    peers: bool,
    workloads: Sequence[str] = WORKLOADS,
    **options: Any,
) -> list[Measured]:
    """Time ours and, if asked for, every installed peer, turn by turn.

    Args:
        scene: What is seen.
        views: Through what.
        runs: Of each subject and workload.
        threads: Numbers of threads; each subject runs with each of them.
        peers: Whether others take part.
        workloads: What is done.
        options: Further arguments of `own.OwnSensors`.
    """
    names = [OURS, *(installed_peers() if peers else [])]
    subjects = start_subjects(names, list(threads), scene, views, **options)
    race = Race(subjects)
    found = []
    try:
        for workload in workloads:
            times = race.times(workload, runs)
            seen = race.seen(workload)
            truth = _truth(scene, views, workload, seen)
            for subject, (what, digest) in seen.items():
                share = None
                if truth is not None:
                    share = agreement(what, truth, scene, views, workload, _frame_of(workload, _CHECKED))
                found.append(Measured(workload, subject.name, subject.threads, tuple(times[subject]), share, digest))
    finally:
        for subject in subjects:
            subject.close()
    return found


class Aim(NamedTuple):
    """By how much ours is to be faster than a peer, with one thread."""

    peer: str | None  # None for the best one
    at_least: float
    stretch: float


LARGE = 500_000  # triangles from which the aims of the large scene hold
_SMALL_AIMS = {
    "lidar_dynamic": Aim(None, 5.0, 10.0), "lidar_static": Aim("mitsuba", 0.8, 1.5),
    "camera_ids_dynamic": Aim("moderngl", 2.5, 6.0), CAMERA_ALL: Aim("moderngl", 1.0 / 1.3, 1.0 / 0.7),
}  # fmt: skip
_LARGE_AIMS = {"lidar_dynamic": Aim(None, 2.5, 6.0), "camera_ids_dynamic": Aim("moderngl", 3.0, 8.0)}
SCALING_AIM, SCALING_STRETCH = 1.8, 1.95  # of two threads over one


def aim_of(workload: str, triangles: int) -> Aim | None:
    """Return what a workload is to reach against peers."""
    return (_LARGE_AIMS if triangles >= LARGE else _SMALL_AIMS).get(workload)


def best_peer(found: Sequence[Measured], workload: str, threads: int, name: str | None = None) -> Measured | None:
    """Return the fastest peer, or one by its name, of a workload; None if none took part."""
    peers = [
        one
        for one in found
        if one.workload == workload and one.threads == threads and one.subject != OURS and name in (None, one.subject)
    ]
    return min(peers, key=lambda one: one.median, default=None)


def ours(found: Sequence[Measured], workload: str, threads: int) -> Measured | None:
    """Return our own measurement of a workload."""
    for one in found:
        if (one.workload, one.subject, one.threads) == (workload, OURS, threads):
            return one
    return None
