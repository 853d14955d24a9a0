"""CommonRoad files for tests: one street of lanelets, obstacles and planning problems, written as text."""

from pathlib import Path


def _points(xs, y):
    return "".join(f"<point><x>{x}</x><y>{y}</y></point>" for x in xs)


def lanelet(name, right, left, xs=(0.0, 100.0, 200.0, 300.0), inside="", mark="", backwards=False):
    """Return a lanelet along x between y = right and y = left [m]; `mark` is of both bounds."""
    if backwards:
        xs, right, left = tuple(reversed(xs)), left, right
    marking = f"<lineMarking>{mark}</lineMarking>" if mark else ""
    return (
        f'<lanelet id="{name}"><leftBound>{_points(xs, left)}{marking}</leftBound>'
        f"<rightBound>{_points(xs, right)}{marking}</rightBound>{inside}</lanelet>"
    )


def street(lanes=2, inside="", mark="solid", width=3.5):
    """Return lanelets 1, 2, … from the right, side by side in one direction."""
    text = ""
    for k in range(lanes):
        beside = f'<adjacentLeft ref="{k + 2}" drivingDir="same"/>' if k + 1 < lanes else ""
        beside += f'<adjacentRight ref="{k}" drivingDir="same"/>' if k else ""
        text += lanelet(k + 1, k * width, (k + 1) * width, inside=beside + inside, mark=mark)
    return text


def state(tag, step, x, y, heading=0.0, speed=10.0):
    return (
        f"<{tag}><position><point><x>{x}</x><y>{y}</y></point></position><orientation><exact>{heading}</exact>"
        f"</orientation><time><exact>{step}</exact></time><velocity><exact>{speed}</exact></velocity></{tag}>"
    )


def shape(length=4.5, width=1.8, turn=None, center=None):
    """Return a rectangle."""
    more = f"<orientation>{turn}</orientation>" if turn is not None else ""
    more += f"<center><x>{center[0]}</x><y>{center[1]}</y></center>" if center else ""
    return f"<rectangle><length>{length}</length><width>{width}</width>{more}</rectangle>"


def obstacle(name, body, kind="car", outline=None, static=False):
    tag = "staticObstacle" if static else "dynamicObstacle"
    return f'<{tag} id="{name}"><type>{kind}</type><shape>{outline or shape()}</shape>{body}</{tag}>'


def car(name, x, y=1.75, speed=10.0, first=0, last=60, **more):
    """Return a car that drives along x at a constant speed, recorded from step `first` to `last` of 0.1 s."""
    states = [state("state", k, x + 0.1 * speed * (k - first), y, speed=speed) for k in range(first + 1, last + 1)]
    trajectory = f"<trajectory>{''.join(states)}</trajectory>" if states else ""
    return obstacle(name, state("initialState", first, x, y, speed=speed) + trajectory, **more)


def goal(begin=0, end=100, x=(100.0, 120.0), y=(0.0, 3.5), more=""):
    corners = ((x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1]))
    polygon = "".join(f"<point><x>{a}</x><y>{b}</y></point>" for a, b in corners)
    time = f"<time><intervalStart>{begin}</intervalStart><intervalEnd>{end}</intervalEnd></time>"
    return f"<goalState>{time}<position><polygon>{polygon}</polygon></position>{more}</goalState>"


def problem(name, x, y=1.75, step=0, speed=10.0, goals=None):
    start = state("initialState", step, x, y, speed=speed)
    return f'<planningProblem id="{name}">{start}{goal() if goals is None else goals}</planningProblem>'


def write(folder: Path, *parts, country="ZAM", name="drawn.xml"):
    """Write a file of format 2020a with steps of 0.1 s; return its path."""
    path = folder / name
    head = f'<commonRoad benchmarkID="{country}_Test-1_1_T-1" commonRoadVersion="2020a" timeStepSize="0.1">'
    path.write_text(f'<?xml version="1.0"?>{head}{"".join(parts)}</commonRoad>')
    return path
