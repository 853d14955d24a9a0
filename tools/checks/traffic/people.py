"""People in streets against published figures: company, spacing, speeds, standing, and that nobody is walked into."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from simengine.metrics.intervals import wilson_interval
from simengine.verify.crowd import CrowdRun

# Moussaïd, Perozo, Garnier, Helbing & Theraulaz, PLoS ONE 5(4) e10047 (2010): up to 70 % of people in groups; speeds
# −0.04 n + 1.26 and −0.08 n + 1.24 m/s for groups of n at low and moderate density (figure 2); d₀ = 0.8 m.
# The given inputs are the share in company, the size of groups and the spacing within them: rows of these tell whether
# placing and walking keep to them, not that the model predicts them.
SHARE = (0.6, 0.7)  # of the people in company in a busy street: the published most, and a little less
_NEAREST = (0.7, 1.2)
# Of published mean walking speeds, alone (1.34 m/s: Helbing & Molnár 1995), in pairs, in larger groups.
SPEEDS = ((1.16, 1.34), (1.08, 1.18), (0.76, 1.14))
TOLERANCE = 0.05  # beside these [m/s]: the standard error of a mean of some 30 people who differ by 0.26 m/s


def share_interval(sizes: Mapping[int, int]) -> tuple[float, float]:
    """Return the 95 % interval of the share of people in company, from the groups that were counted.

    People of a group are not drawn one by one: the interval is Wilson's (1927) of as many people as N² / Σ n², with N
    people in groups of n (Kish's effective sample size).

    Args:
        sizes: Groups by size, 1 for who is alone.
    """
    people = sum(size * count for size, count in sizes.items())
    if people == 0:
        return 0.0, 1.0
    share = sum(size * count for size, count in sizes.items() if size > 1) / people
    drawn = people**2 / sum(size**2 * count for size, count in sizes.items())
    return wilson_interval(share * drawn, drawn)


class PlaceFigures(NamedTuple):
    """What all runs of one place showed together."""

    people: int
    company: float  # share of the people in groups
    sizes: dict[int, int]  # groups by size
    nearest: tuple[float, float, float]  # of people in company to the nearest person: quartiles [m]
    alone: tuple[float, float, float]  # of people alone to the nearest person: quartiles [m]
    speeds: tuple[float, float, float]  # of people alone, in pairs, in larger groups: means [m/s]
    standing: float  # share
    stuck: int
    split: int
    contacts: tuple[int, int, int]  # people with people, with vehicles, with scenery
    meetings: tuple[int, int]  # of companies that came towards each other: passed, walked through
    crossed: int  # people who stepped onto a crossing

    @property
    def as_often_in_company(self) -> bool:
        """Whether the published shares are within what the people counted leave open."""
        low, high = share_interval(self.sizes)
        return low <= SHARE[1] and high >= SHARE[0]

    @property
    def as_fast(self) -> bool:
        """Whether mean walking speeds are within the published ranges and `TOLERANCE`; of nobody they are."""
        return all(
            math.isnan(speed) or low - TOLERANCE <= speed <= high + TOLERANCE
            for speed, (low, high) in zip(self.speeds, SPEEDS, strict=True)
        )

    @property
    def good(self) -> bool:
        """Whether nobody touches anybody, nobody is stuck, and company and speeds are as published."""
        spaced = _NEAREST[0] <= self.nearest[1] <= _NEAREST[1]
        unhurt = sum(self.contacts) == self.stuck == self.split == 0
        return unhurt and spaced and self.as_often_in_company and self.as_fast


def _quartiles(samples: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """Return the quartiles of all samples together; NaN of none."""
    values = np.concatenate([np.asarray(one, np.float64) for one in samples])
    if len(values) == 0:
        return math.nan, math.nan, math.nan
    low, middle, high = np.percentile(values, [25, 50, 75]).tolist()
    return low, middle, high


def together(runs: Sequence[CrowdRun]) -> PlaceFigures:
    """Add up the runs of one place."""
    sizes: dict[int, int] = {}
    for run in runs:
        for size, count in run.sizes.items():
            sizes[int(size)] = sizes.get(int(size), 0) + count
    people = sum(size * count for size, count in sizes.items())
    nearest = _quartiles([run.nearest for run in runs])
    speeds = [np.concatenate([run.speeds[key] for run in runs]) for key in ("1", "2", "3+")]
    return PlaceFigures(
        people=people,
        company=sum(size * count for size, count in sizes.items() if size > 1) / max(1, people),
        sizes=dict(sorted(sizes.items())),
        nearest=nearest,
        alone=_quartiles([run.nearest_alone for run in runs]),
        speeds=tuple(float(values.mean()) if len(values) else math.nan for values in speeds),
        standing=float(np.average([run.standing for run in runs], weights=[max(1, run.people) for run in runs])),
        stuck=sum(run.stuck for run in runs),
        split=sum(run.split for run in runs),
        contacts=tuple(sum(run.contacts[key] for run in runs) for key in ("people", "vehicles", "scenery")),
        meetings=(sum(run.meetings[0] for run in runs), sum(run.meetings[1] for run in runs)),
        crossed=sum(run.crossed for run in runs),
    )  # type: ignore[arg-type]


def gather(runs: Iterable[tuple[str, CrowdRun]]) -> dict[str, PlaceFigures]:
    """Add up runs by their place."""
    by_place: dict[str, list[CrowdRun]] = {}
    for place, run in runs:
        by_place.setdefault(place, []).append(run)
    return {place: together(found) for place, found in by_place.items()}


# Label, what is given to the model, what is published, what the figure has to be, the figure.
_ROWS = (
    ("people", "", "", "", lambda f: f"{f.people}"),
    ("share of people in company (95 % interval)", "67 %", "up to 70 % ¹", "interval reaches 60–70 %",
     lambda f: f"{100 * f.company:.0f} % ({100 * share_interval(f.sizes)[0]:.0f}–"
               f"{100 * share_interval(f.sizes)[1]:.0f} %)"),
    ("groups of 1, 2, 3, 4, 5, 6 people", "zero-truncated Poisson", "zero-truncated Poisson ¹", "",
     lambda f: ", ".join(str(f.sizes.get(n, 0)) for n in range(1, 7))),
    ("nearest person of those in company, median (quartiles) [m]", "0.8", "0.8 ¹", "median 0.7–1.2",
     lambda f: f"{f.nearest[1]:.2f} ({f.nearest[0]:.2f}–{f.nearest[2]:.2f})"),
    ("nearest person of those alone, median (quartiles) [m]", "", "", "",
     lambda f: f"{f.alone[1]:.2f} ({f.alone[0]:.2f}–{f.alone[2]:.2f})"),
    ("mean walking speed, alone [m/s]", "", "1.16–1.22 ¹, 1.34 ²", "1.11–1.39", lambda f: f"{f.speeds[0]:.2f}"),
    ("mean walking speed, in pairs [m/s]", "", "1.08–1.18 ¹", "1.03–1.23", lambda f: f"{f.speeds[1]:.2f}"),
    ("mean walking speed, in groups of three to six [m/s]", "", "0.76–1.14 ¹", "0.71–1.19",
     lambda f: f"{f.speeds[2]:.2f}"),
    ("share of people who stand, also at curbs", "", "", "", lambda f: f"{100 * f.standing:.0f} %"),
    ("groups torn apart at the end", "", "", "0", lambda f: f"{f.split}"),
    ("companies that met and passed on one side", "", "", "", lambda f: f"{f.meetings[0]}"),
    ("companies that met and walked through each other", "", "", "", lambda f: f"{f.meetings[1]}"),
    ("people who stepped onto a crossing", "", "", "", lambda f: f"{f.crossed}"),
    ("people held up for the last 20 s", "", "", "0", lambda f: f"{f.stuck}"),
    ("people touching people", "", "", "0", lambda f: f"{f.contacts[0]}"),
    ("people and vehicles touching", "", "", "0", lambda f: f"{f.contacts[1]}"),
    ("people touching scenery", "", "", "0", lambda f: f"{f.contacts[2]}"),
)  # fmt: skip


def as_table(found: dict[str, PlaceFigures]) -> list[str]:
    """Return the lines of a table, a column a place."""
    lines = ["| | given | published | has to be | " + " | ".join(found) + " |", "|---|" + "---:|" * (3 + len(found))]
    for name, *told, cell in _ROWS:
        cells = [*(text or "–" for text in told), *(cell(figures) for figures in found.values())]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def document(found: dict[str, PlaceFigures], command: str, seeds: Sequence[int], duration: float, physics: str) -> str:
    """Return the page of docs/."""
    head = [
        "# People on foot",
        "",
        f"A shopping street's crowd (`pedestrians=crowd`) with town traffic in `{physics}`, seeds {seeds[0]} to "
        f"{seeds[-1]}, {duration:g} s each,",
        "looked at twice a second.",
        "",
        f"Made by `{command}`.",
        "",
    ]
    foot = [
        "",
        "¹ M. Moussaïd, N. Perozo, S. Garnier, D. Helbing, G. Theraulaz, PLoS ONE 5(4) e10047 (2010), low and",
        "moderate density. ² D. Helbing, P. Molnár, Physical Review E 51, 4282 (1995), from which desired speeds are",
        "drawn. Speeds are of everybody while walking faster than 0.5 m/s, after the first 5 s. On the narrow street",
        "(pavements 2 m wide) nobody stands, because two could not pass. Companies that meet take as many abreast as",
        "leaves the other as much; walked through counts meetings in which somebody passed between companions: no",
        "figure is published, so that it has no bound. *Inputs:* the share in company (67 %), the sizes of groups and",
        "the spacing within them are given, as are the speeds that people like; the rows tell whether placing and",
        "walking distort them, not that a model predicts them. The share's bound is weak: 60–70 % has to reach into",
        "the 95 % interval of the people counted (Wilson's, of N² / Σ n² people in groups of n), which is some 25",
        "points wide.",
        f"Speeds have to be within the published ranges and {TOLERANCE:g} m/s beside them, about the standard error of",
        "a mean of 30 people; those of groups of n = 3 to 6 lie between −0.08 n + 1.24 and −0.04 n + 1.26 m/s ¹.",
        "",
        "What is modeled: groups of up to six, side by side up to three with the middle one behind (the V of ¹), in",
        "rows beyond; one decision a group; waiting for who is behind, 20 s at most; standing alone and in rings,",
        "waiting at curbs. What is not: people who enter buildings or vehicles, stop on the way or change company.",
        "",
    ]
    return "\n".join([*head, *as_table(found), *foot])
