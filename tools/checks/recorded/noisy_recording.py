"""A CommonRoad file of recorded traffic as noisy as measured ones: braking, changing lane, walking, cycling."""

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

STEP, STEPS = 0.1, 71  # [s]
_NOISE = 0.03  # of positions [m]
_TURN_NOISE = 0.004  # of headings [rad]


def _tracks() -> dict[int, tuple[str, tuple[float, float], NDArray[np.float64]]]:
    """Return kind, length and width [m], and x, y, heading, speed of every obstacle. Shape (STEPS, 4)."""
    time = np.arange(STEPS) * STEP
    braking = np.clip(time - 2.0, 0.0, 2.5)
    x = 70.0 + 15.0 * time - 1.5 * braking * braking - 3.0 * 2.5 * np.clip(time - 4.5, 0.0, None)
    speed = 15.0 - 3.0 * braking
    zeros = np.zeros(STEPS)
    share = np.clip((time - 1.5) / 4.0, 0.0, 1.0)
    aside = 3.5 * (share * share * (3.0 - 2.0 * share))
    slope = np.gradient(aside, STEP) / 16.0
    crossing = -9.0 + 1.3 * time
    return {
        10: ("car", (4.6, 1.8), np.stack([x, zeros + 1.75, zeros, speed], 1)),
        11: ("truck", (9.0, 2.5), np.stack([10.0 + 16.0 * time, 1.75 + aside, np.arctan(slope), zeros + 16.0], 1)),
        12: ("car", (4.3, 1.7), np.stack([220.0 - 14.0 * time, zeros - 1.75, zeros + math.pi, zeros + 14.0], 1)),
        13: ("bicycle", (1.8, 0.6), np.stack([60.0 + 5.0 * time, zeros + 0.6, zeros, zeros + 5.0], 1)),
        14: ("pedestrian", (0.5, 0.6), np.stack([zeros + 150.0, crossing, zeros + 0.5 * math.pi, zeros + 1.3], 1)),
    }


def _state(tag: str, row: NDArray[np.float64], step: int) -> str:
    x, y, heading, speed = row.tolist()
    return (
        f"<{tag}><position><point><x>{x:.3f}</x><y>{y:.3f}</y></point></position><orientation><exact>{heading:.5f}"
        f"</exact></orientation><time><exact>{step}</exact></time><velocity><exact>{speed:.2f}</exact></velocity></{tag}>"
    )


def write(path: Path) -> None:
    """Write the file."""
    random = np.random.Generator(np.random.PCG64(9))
    lines = [f'<commonRoad benchmarkID="ZAM_Noisy-1_1_T-1" commonRoadVersion="2020a" timeStepSize="{STEP}">']
    for name, y, way in ((1, 1.75, 1), (2, 5.25, 1), (3, -1.75, -1)):
        ends = (0, 400) if way > 0 else (400, 0)
        lines.append(f'<lanelet id="{name}">')
        for side, offset in (("leftBound", 1.75 * way), ("rightBound", -1.75 * way)):
            points = "".join(f"<point><x>{x}</x><y>{y + offset}</y></point>" for x in ends)
            lines.append(f"<{side}>{points}</{side}>")
        if name < 3:
            side = "adjacentLeft" if name == 1 else "adjacentRight"
            lines.append(f'<{side} ref="{3 - name}" drivingDir="same"/>')
        lines.append("<laneletType>urban</laneletType></lanelet>")
    for name, (kind, (length, width), track) in _tracks().items():
        noisy = track.copy()
        noisy[:, :2] += _NOISE * random.standard_normal((STEPS, 2))
        noisy[:, 2] += _TURN_NOISE * random.standard_normal(STEPS)
        lines.append(f'<dynamicObstacle id="{name}"><type>{kind}</type>')
        lines.append(f"<shape><rectangle><length>{length}</length><width>{width}</width></rectangle></shape>")
        lines.append(_state("initialState", noisy[0], 0))
        states = "".join(_state("state", row, step) for step, row in enumerate(noisy[1:], 1))
        lines.append(f"<trajectory>{states}</trajectory></dynamicObstacle>")
    start = _state("initialState", np.array([30.0, 5.25, 0.0, 14.0]), 0).replace(
        "</initialState>", "<yawRate><exact>0</exact></yawRate><slipAngle><exact>0</exact></slipAngle></initialState>"
    )
    goal = "<goalState><time><intervalStart>60</intervalStart><intervalEnd>90</intervalEnd></time></goalState>"
    lines.append(f'<planningProblem id="100">{start}{goal}</planningProblem></commonRoad>')
    path.write_text("\n".join(lines))
