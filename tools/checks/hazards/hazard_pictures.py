"""Sheets of a hazard: each chosen sample at onset and outcome, from above and through the ego's camera."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from simengine.core.errors import ConfigError
from simengine.core.history import NANOSECONDS
from simengine.core.space.geometry import boxes_gap, yaw_from_quaternion
from simengine.core.state import EGO
from simengine.labels.annotation import Interval
from simengine.scenario.compose import compose
from simengine.scenario.override_text import setting
from simengine.scenario.sampling import concretize, draw_parameters
from simengine.scenario.spec import ConcreteScenario
from simengine.simulation.episode.episode import Episode
from simengine.simulation.loop.execution import simulate
from simengine.simulation.pictures import appearance as style
from simengine.simulation.pictures.camera_pictures import camera_picture
from simengine.simulation.pictures.from_above import MapView, frame_at, scene_picture
from simengine.verify.difficulty import TUNING_SEED

PANEL = (480, 270)
NEAR_EXTREME = 0.05  # share of the samples at either end of a parameter that stand for its extreme
_SIDES = ("scenario.parameters.side", ".place.arm", ".do.lanes")  # drawn values that mirror a scenario
_HEADER, _GAP, _MARGIN = 44, 8, 20
_ROOM = 9.0  # around ego and hazard [m]
_WIDEST = 90.0  # of half a drawing [m]
_RIG = {"width": 480, "height": 270, "rate_hz": 10.0}  # of the camera, whatever the scenario's is


class Sheet(NamedTuple):
    """What became of a scenario's samples."""

    image: Image.Image
    told: list[str]  # a word on each sample
    faults: list[str]  # samples that show no hazard, in words


class Moments(NamedTuple):
    """When a hazard began and what became of it."""

    onset_ns: int
    outcome_ns: int
    cause: int  # who acted
    actor: int  # whom the ego met, or came nearest to
    words: str  # what the outcome is


def _side(drawn: Mapping[str, Any]) -> str:
    """Return which of its mirror images a sample is."""
    return " ".join(str(value) for key, value in sorted(drawn.items()) if key.endswith(_SIDES))


def choose_seeds(drawn: Mapping[int, Mapping[str, Any]], rows: int) -> list[int]:
    """Return seeds that show each drawn value of a scenario near its smallest and its largest, on every side.

    Each next seed is the one that shows most extremes not shown yet, so that few episodes show all; of several, the
    smallest.

    Args:
        drawn: Values by key path of every seed there is.
        rows: How many seeds at most.
    """
    left: dict[tuple[str, str, str], set[int]] = {}
    for side in sorted({_side(values) for values in drawn.values()}):
        seeds = [seed for seed, values in drawn.items() if _side(values) == side]
        for key in sorted({key for seed in seeds for key in drawn[seed] if not key.endswith(_SIDES)}):
            values = {seed: drawn[seed][key] for seed in seeds if key in drawn[seed]}
            if all(isinstance(value, (int, float)) for value in values.values()):
                order = np.sort(np.array(list(values.values()), np.float64))
                reach = max(0, math.ceil(NEAR_EXTREME * len(order)) - 1)
                low, high = order[reach], order[-1 - reach]
                left[side, key, "low"] = {seed for seed, value in values.items() if value <= low}
                left[side, key, "high"] = {seed for seed, value in values.items() if value >= high}
            else:
                for word in sorted({str(value) for value in values.values()}):
                    left[side, key, word] = {seed for seed, value in values.items() if str(value) == word}
        left[side, "", ""] = set(seeds)
    chosen: list[int] = []
    while left and len(chosen) < rows:
        shown = {side for seed in chosen for side in [_side(drawn[seed])]}
        worth = {
            seed: (_side(drawn[seed]) not in shown, sum(seed in seeds for seeds in left.values()), -seed)
            for seed in drawn if seed not in chosen
        }  # fmt: skip
        if not worth:
            break
        best = max(worth, key=lambda seed: worth[seed])
        chosen.append(best)
        left = {key: seeds for key, seeds in left.items() if best not in seeds}
    return chosen


def _own(key: str) -> bool:
    """Say whether a drawn value is of the scenario itself: not of its road, weather or chance actors."""
    return key.startswith("scenario.")


def _with_camera(scenario: ConcreteScenario) -> ConcreteScenario:
    """Leave a scenario's first camera alone, and make its picture small."""
    found = [(name, sensor) for name, sensor in scenario.sensors.items() if sensor.kind == "camera"]
    if not found:
        raise ConfigError(f"{scenario.scenario.name}: has no camera; give a rig, as in sensors=camera_lidar")
    name, camera = found[0]
    return scenario.model_copy(update={"sensors": {name: camera.model_copy(update=_RIG)}})


def _gap(episode: Episode, frame: int, actor: int) -> float:
    """Return the gap between the ego's box and another's in plan view [m]."""
    tracks, sides = episode.tracks, []
    for a in (EGO, actor):
        x, y = tracks.position[frame, a, :2].tolist()
        yaw = yaw_from_quaternion(*tracks.orientation[frame, a].tolist())
        sides.append((x, y, yaw, *tracks.size[a, :2].tolist()))
    return boxes_gap(*sides[0], *sides[1])


def _heeded(episode: Episode, hazards: Sequence[Interval]) -> list[int]:
    """Return whom the ego has to heed: the hazards' own, or where that is only itself all of the scenario's own."""
    spec, found = episode.scenario.scenario, set()
    row = {name: 1 + k for k, name in enumerate(spec.actors)}
    for interval in hazards:
        named = spec.events[interval.name.removeprefix("hazard:")].hazard
        found |= {interval.actor} if isinstance(named, bool) else {row[name] for name in named}
    return sorted(found - {EGO}) or sorted(row.values())


def find_moments(episode: Episode) -> Moments | None:
    """Return when an episode's hazard began and what became of it; None if none fired.

    The outcome is the ego's first collision from then on, else when it came nearest to one whom it has to heed. A
    parked car that hides a child is passed nearer than the child, and is nothing that became of the hazard.
    """
    hazards = [i for i in episode.intervals if i.name.startswith("hazard:")]
    if not hazards:
        return None
    first = min(hazards, key=lambda interval: interval.start_ns)
    onset, cause = first.start_ns, first.actor
    hits = [c for c in episode.collisions if EGO in (c.actor, c.other) and c.start_ns >= onset]
    if hits:
        hit = min(hits, key=lambda c: c.start_ns)
        return Moments(onset, hit.start_ns, cause, hit.other if hit.actor == EGO else hit.actor, "touches")
    tracks = episode.tracks
    heeded = _heeded(episode, hazards)
    nearest = (math.inf, frame_at(episode, onset), cause)
    for frame in range(frame_at(episode, onset), len(tracks.time_ns)):
        for actor in heeded:
            if tracks.valid[frame, actor]:
                nearest = min(nearest, (round(_gap(episode, frame, actor), 2), frame, actor))
    gap, frame, actor = nearest
    return Moments(onset, int(tracks.time_ns[frame]), cause, actor, f"nearest, {gap:.1f} m")


def _view(episode: Episode, time_ns: int, actor: int) -> MapView:
    """Return a view from above that holds the ego and another at a time [ns], the ego's direction to the right."""
    tracks, now = episode.tracks, frame_at(episode, time_ns)
    x, y = tracks.position[now, EGO, :2].tolist()
    yaw = yaw_from_quaternion(*tracks.orientation[now, EGO].tolist())
    ox, oy = tracks.position[now, actor, :2].tolist() if actor >= 0 and tracks.valid[now, actor] else (x, y)
    c, s = math.cos(yaw), math.sin(yaw)
    along, aside = abs((ox - x) * c + (oy - y) * s), abs((oy - y) * c - (ox - x) * s)
    half = min(_WIDEST, max(0.5 * along + _ROOM, (0.5 * aside + 0.6 * _ROOM) * PANEL[0] / PANEL[1]))
    return MapView(0.5 * (x + ox), 0.5 * (y + oy), yaw, 0.5 * PANEL[0] / half, PANEL)


def _row(episode: Episode, drawn: Mapping[str, Any], moments: Moments) -> Image.Image:
    """Draw a sample: a line of words, and below it onset and outcome from above and through the camera."""
    width = 4 * PANEL[0] + 3 * _GAP
    image = Image.new("RGB", (width, _HEADER + PANEL[1]), style.BACKGROUND)
    draw = ImageDraw.Draw(image)
    verdict = episode.verdict
    told = verdict.invalid or verdict.reason or verdict.outcome
    draw.text(
        (0, 10),
        f"seed {episode.seed}  {told}".replace("²", "2"),
        font=style.font(15),
        anchor="lm",
        fill=style.verdict_color(verdict.passed),
    )
    words = "  ".join(
        f"{key.split('.')[-1] if 'parameters' in key else key[9:]} {_short(value)}"
        for key, value in sorted(drawn.items())
        if _own(key)
    )
    draw.text((0, 32), style.shorten(words, 13, width), font=style.font(13), fill=style.MUTED, anchor="lm")
    frames = episode.frames(episode.sensors[0])
    panels = []
    met = moments.actor
    for word, time_ns in (("onset", moments.onset_ns), (moments.words, moments.outcome_ns)):
        there = met >= 0 and episode.tracks.valid[frame_at(episode, time_ns), met]  # a load is not, until it drops
        above = scene_picture(episode, time_ns, _view(episode, time_ns, met if there else moments.cause), True)
        panels.append(style.caption(above, word, f"{time_ns / NANOSECONDS:.2f} s"))
        frame = frames.nearest(time_ns)
        seen = style.caption(camera_picture(frame, PANEL), "camera", f"{frame.capture_ns / NANOSECONDS:.2f} s")
        panels.append(seen)
    for k, panel in enumerate(panels):
        image.paste(panel, (k * (PANEL[0] + _GAP), _HEADER))
    return image


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _stack(rows: Iterable[Image.Image], title: str, sentence: str) -> Image.Image:
    """Put rows below each other, with the scenario's name and sentence above."""
    kept = list(rows)
    width = 4 * PANEL[0] + 3 * _GAP + 2 * _MARGIN
    height = 2 * _MARGIN + 50 + sum(row.height + _GAP for row in kept)
    sheet = Image.new("RGB", (width, height), style.BACKGROUND)
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, _MARGIN + 8), title, font=style.font(22), fill=style.TEXT, anchor="lm")
    draw.text((_MARGIN, _MARGIN + 34), sentence, font=style.font(15), fill=style.MUTED, anchor="lm")
    y = _MARGIN + 50
    for row in kept:
        sheet.paste(row, (_MARGIN, y))
        y += row.height + _GAP
    return sheet


def draw(name: str, seeds: Sequence[int] | None, among: int, rows: int, overrides: Sequence[str]) -> Sheet:
    """Run samples of a scenario and draw them.

    Args:
        name: Of the library, or on a search path among the overrides.
        seeds: Which samples; None: those that show its extremes.
        among: How many seeds these are chosen among, from `TUNING_SEED`.
        rows: How many of these are drawn at most.
        overrides: Further settings.
    """
    tree = compose("config", (setting("scenario", name), *overrides))
    drawn = {seed: draw_parameters(tree, seed)[1] for seed in seeds or range(TUNING_SEED, TUNING_SEED + among)}
    own = {seed: {key: value for key, value in values.items() if _own(key)} for seed, values in drawn.items()}
    images, told, faults, sentence = [], [], [], ""
    for seed in seeds or choose_seeds(own, rows):
        episode = simulate(_with_camera(concretize(tree, seed)))
        sentence, moments = episode.scenario.scenario.tests, find_moments(episode)
        told.append(f"{seed} {episode.verdict.outcome}")
        if episode.verdict.invalid:
            faults.append(f"{seed} is invalid: {episode.verdict.invalid}")
        if moments is None:
            faults.append(f"{seed} does not fire")
            moments = Moments(0, int(episode.tracks.time_ns[-1]), EGO, EGO, "end")
        images.append(_row(episode, drawn[seed], moments))
    return Sheet(_stack(images, name, sentence), told, faults)
