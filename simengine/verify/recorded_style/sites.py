"""Which recordings are of one site, which show the same vehicles, and which a fit may see.

Recordings of one site often are excerpts of a longer one: a vehicle then appears in several of them. Those that share a
vehicle stay together, so that no driver is on both sides.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from simengine.core.errors import ScenarioError
from simengine.core.text.bounded_files import holds, home_path
from simengine.road.files.recording import RecordedTracks
from simengine.verify.recorded_style.roads import RecordedRoad

ALIKE = 0.011  # a vehicle keeps its size to this between recordings [m]


def recordings(paths: Sequence[str]) -> list[Path]:
    """Return the CommonRoad files of paths, folders opened.

    Raises:
        ScenarioError: No path, one that is not there, a folder without files, a file given twice.
    """
    if not paths:
        raise ScenarioError("no recording given; name CommonRoad files, or folders of them")
    found: list[Path] = []
    for path in map(home_path, paths):
        files = sorted(path.glob("*.xml")) if holds(Path.is_dir, path) else [path]
        if not files or not holds(Path.is_file, files[0]):
            raise ScenarioError(f"{path}: neither a CommonRoad file nor a folder that holds some (*.xml)")
        found += files
    names = [path.stem for path in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ScenarioError(f"{twice}: this recording is given twice")
    return found


def site_of(name: str) -> str:
    """Return the site of a recording by its name: what comes before the first hyphen ("USA_US101-3_3_T-1")."""
    return name.partition("-")[0]


def share_vehicle(a: RecordedTracks, b: RecordedTracks) -> bool:
    """Say whether two recordings of a site show a vehicle of the same id and size."""
    for row in range(len(a.id)):
        for other in np.flatnonzero(b.id == a.id[row]).tolist():
            longer, wider = a.length[row] - b.length[other], a.width[row] - b.width[other]
            if abs(float(longer)) < ALIKE and abs(float(wider)) < ALIKE:
                return True
    return False


def groups_of(roads: Sequence[RecordedRoad]) -> list[list[RecordedRoad]]:
    """Return a site's recordings in groups that share no vehicle, each group and all of them in order of names."""
    groups: list[list[RecordedRoad]] = []
    for road in sorted(roads, key=lambda one: one.name):
        joined = [group for group in groups if any(share_vehicle(road.tracks, one.tracks) for one in group)]
        merged = sorted([road, *(one for group in joined for one in group)], key=lambda one: one.name)
        groups = [group for group in groups if all(group is not one for one in joined)] + [merged]
    return sorted(groups, key=lambda group: group[0].name)


Sites = dict[str, list[RecordedRoad]]


def split(roads: Sequence[RecordedRoad]) -> tuple[Sites, Sites]:
    """Return the recordings to fit to and those held out, by site: every second group is held out, the first is not."""
    fitted: Sites = {}
    held_out: Sites = {}
    for site in sorted({site_of(road.name) for road in roads}):
        groups = groups_of([road for road in roads if site_of(road.name) == site])
        for number, group in enumerate(groups):
            (held_out if number % 2 else fitted).setdefault(site, []).extend(group)
    return fitted, held_out


def vehicles(roads: Sequence[RecordedRoad]) -> int:
    """Return how many vehicles of some recordings are driven and compared."""
    return sum(int((road.recorded.watched > 0.0).sum()) for road in roads)


def with_vehicles(sites: Sites) -> Sites:
    """Return the sites with vehicles to compare."""
    return {site: roads for site, roads in sites.items() if vehicles(roads)}


def refuse_too_few(fitted: Sites) -> None:
    """Refuse recordings that nothing can be fitted to.

    Raises:
        ScenarioError: They show fewer than two vehicles that can be compared.
    """
    if sum(vehicles(roads) for roads in fitted.values()) < 2:
        raise ScenarioError(
            "the recordings to fit to show fewer than two vehicles that follow somebody; give more or longer ones"
        )
