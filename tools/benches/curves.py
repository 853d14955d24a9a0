"""Cost against triangles, beams, pixels and actors, with the exponent of each, as a figure of four panels."""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from simengine.core.errors import ConfigError, ScenarioError
from tools.benches.figure import describe, machine
from tools.benches.street import make_street
from tools.benches.subjects import RunningSubject, SubjectFailed
from tools.benches.triangles import TriangleScene
from tools.benches.views import Views
from tools.benches.workloads import CAMERA_IDS, LIDAR_DYNAMIC

_TRIANGLES = 60_112  # of the street whose beams and pixels are varied
NAMES = {LIDAR_DYNAMIC: "LiDAR", CAMERA_IDS: "camera, depth and instance"}


class Curve(NamedTuple):
    """The cost of one workload against one quantity."""

    axis: str  # what is varied
    workload: str
    amount: tuple[int, ...]
    median: tuple[float, ...]  # [ms]

    @property
    def exponent(self) -> float:
        """The slope of the logarithms by least squares: 1 is proportional; amounts of 0 do not count."""
        kept = [(a, m) for a, m in zip(self.amount, self.median, strict=True) if a > 0]
        x, y = (np.array([math.log(value) for value in values]) for values in zip(*kept, strict=True))
        return float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())


def _by_triangles(amount: int) -> tuple[TriangleScene, Views]:
    return make_street(amount), Views()


def _by_beams(amount: int) -> tuple[TriangleScene, Views]:
    return make_street(_TRIANGLES), Views(columns=amount // Views().channels)


def _by_pixels(amount: int) -> tuple[TriangleScene, Views]:
    width = round(math.sqrt(amount * 16 / 9))
    return make_street(_TRIANGLES), Views(width=width, height=amount // width)


def _by_actors(amount: int) -> tuple[TriangleScene, Views]:
    """Return the same street with so many cars, its other instances the same, so triangles grow by 608 a car."""
    return make_street(_TRIANGLES + 608 * (amount - 40), amount), Views()


class Axis(NamedTuple):
    """A quantity that is varied."""

    name: str
    amounts: tuple[int, ...]
    make: Callable[[int], tuple[TriangleScene, Views]]
    workloads: tuple[str, ...]


AXES = (
    Axis(
        "triangles", (10_000, 30_000, 60_112, 180_000, 500_000, 1_000_000), _by_triangles, (LIDAR_DYNAMIC, CAMERA_IDS)
    ),
    Axis("beams", tuple(64 * columns for columns in (256, 512, 1024, 2048, 4096)), _by_beams, (LIDAR_DYNAMIC,)),
    Axis("pixels", tuple(w * w * 9 // 16 for w in (320, 640, 1280, 1920, 2560)), _by_pixels, (CAMERA_IDS,)),
    Axis("actors", (0, 10, 20, 40, 80, 160), _by_actors, (LIDAR_DYNAMIC, CAMERA_IDS)),
)  # fmt: skip


def measure(runs: int, axes: Sequence[Axis] = AXES) -> Iterator[Curve]:
    """Time ours with one thread along every axis; a point is the median of runs in different frames."""
    subject = RunningSubject("simengine", 1, by_clock=False)
    try:
        for axis in axes:
            medians: dict[str, list[float]] = {workload: [] for workload in axis.workloads}
            for amount in axis.amounts:
                subject.build(*axis.make(amount))
                for workload, values in medians.items():
                    for frame in range(2):
                        subject.ask("time", workload, 1_000_000 + frame)
                    values.append(statistics.median(subject.ask("time", workload, frame) for frame in range(runs)))
            for workload, values in medians.items():
                yield Curve(axis.name, workload, axis.amounts, tuple(values))
    except SubjectFailed as error:
        raise ConfigError(str(error)) from None
    finally:
        subject.close()


def show(curves: Iterator[Curve], path: Path) -> int:
    """Print curves as they are measured, then draw them; returns 0.

    Raises:
        ScenarioError: The file cannot be written, or is neither .svg nor .png.
    """
    if path.suffix not in (".svg", ".png"):
        raise ScenarioError(f"{path}: not a picture's name; it has to end in .svg or .png")
    if not path.parent.is_dir():
        raise ScenarioError(f"{path}: there is no folder {path.parent}")
    print(describe(machine()), flush=True)
    found = []
    for curve in curves:
        found.append(curve)
        points = ", ".join(f"{a:,}: {m:.2f}" for a, m in zip(curve.amount, curve.median, strict=True))
        print(f"{curve.workload} against {curve.axis}: exponent {curve.exponent:.2f}; ms by {points}", flush=True)
    draw(found, path)
    print(path)
    return 0


def _short(value: float) -> str:
    """Return a number as an axis shows it."""
    if value < 1000:
        return f"{value:g}"
    return f"{value / 1e3:.3g} k" if value < 1e6 else f"{value / 1e6:.2g} M"


def draw(curves: Sequence[Curve], path: Path) -> None:
    """Draw one panel for each axis.

    Raises:
        ImportError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError:
        raise ImportError('the figure needs matplotlib: pip install "simengine[learn]"') from None
    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

    style: Any = {
        "font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.alpha": 0.3,
        "svg.hashsalt": "curves", "legend.frameon": False,
    }  # fmt: skip
    names = list(dict.fromkeys(curve.axis for curve in curves))
    rows = math.ceil(len(names) / 2)
    plain = FuncFormatter(lambda value, _: _short(value))
    with matplotlib.rc_context(style):
        figure, panels = pyplot.subplots(rows, 2, figsize=(8.6, 3.2 * rows), squeeze=False)
        for panel, name in zip(panels.flat, names, strict=False):
            chosen = [curve for curve in curves if curve.axis == name]
            for curve in chosen:
                color = "C0" if curve.workload == LIDAR_DYNAMIC else "C1"
                label = f"{NAMES[curve.workload]}: exponent {curve.exponent:.2f}"
                panel.plot(curve.amount, curve.median, "o-", color=color, label=label, markersize=4)
            if min(chosen[0].amount) > 0:
                panel.set_xscale("log")
                panel.set_yscale("log")
                panel.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            else:
                panel.set_ylim(bottom=0.0)
            panel.set_xticks(chosen[0].amount, labels=[_short(amount) for amount in chosen[0].amount])
            panel.xaxis.set_minor_locator(NullLocator())
            panel.yaxis.set_minor_formatter(NullFormatter())
            panel.yaxis.set_major_formatter(plain)
            low, high = panel.get_ylim()
            panel.set_ylim(low, high * (3.0 if panel.get_yscale() == "log" else 1.3))  # room for the legend
            panel.set_xlabel(name)
            panel.set_ylabel("one thread [ms]")
            panel.legend(loc="upper left")
        for panel in panels.flat[len(names) :]:
            panel.remove()
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None, dpi=150)
        pyplot.close(figure)
