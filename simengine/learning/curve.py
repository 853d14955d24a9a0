"""The learning curve as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np


def draw_curve(rows: Sequence[Any], title: str, path: Path) -> None:
    """Draw return, collision-free share and speed over steps.

    Args:
        rows: `Progress` of every rollout.
        title: Above the picture.
        path: Of the PNG.
    """
    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 7.0), layout="constrained")
    axes = figure.subplots(3, 1, sharex=True)
    steps = np.array([row.steps for row in rows]) / 1e6
    for axis, field, label in zip(
        axes,
        ("episode_return", "collision_free", "speed"),
        ("return per episode", "share without collision", "speed at the end [m/s]"),
        strict=True,
    ):
        values = np.array([getattr(row, field) for row in rows], float)
        axis.plot(steps, values, color="#b8c7e0", linewidth=1.0)
        window = max(1, len(values) // 30)
        smooth = np.array([np.nanmean(values[max(0, i - window) : i + 1]) if np.isfinite(
            values[max(0, i - window) : i + 1]).any() else np.nan for i in range(len(values))])  # fmt: skip
        axis.plot(steps, smooth, color="#1f4e9c", linewidth=2.0)
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[0].set_title(title)
    axes[-1].set_xlabel("steps [millions]")
    figure.savefig(path, dpi=120, format="png")
