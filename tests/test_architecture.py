"""The floors of the house hold: imports go downwards only, and every vendor has one home."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "simengine"
FLOORS = {
    "core": 0,
    "road": 1, "scenario": 1, "assets": 1,
    "behavior": 2, "physics": 2, "sensors": 2,
    "labels": 3, "metrics": 3,
    "simulation": 4,
    "export": 5, "envs": 5, "learning": 5, "verify": 5,
}  # fmt: skip
# The rooms inside the large folders, lowest first; "" are the folder's own files. A room imports those before it only.
ROOMS = {
    "road": ("files", "network", "ground", "", "commonroad", "procedural", "opendrive"),
    "road/opendrive": ("geometry", "", "parsing", "lanes", "signals"),
    "behavior": ("", "replay", "lanes", "vehicle", "pedestrian", "lane_change", "script", "junction", "traffic", "ego"),
    "physics": ("", "feet", "vehicle", "contact", "bullet", "batched"),
    "sensors": ("base", "scene", "raster", "light", "lidar", "camera", "motion", ""),
    "simulation": ("files", "placement", "world", "episode", "mcap", "pictures", "dataset", "loop", "jobs"),
}
TOP = 6  # the package's own files: the public names and the command line
HOMES = {
    "pybullet": {"physics/bullet/engine.py"},
    "torch": {"learning"},
    "stable_baselines3": {"learning"},
    "matplotlib": {"learning"},
    "gymnasium": {"envs", "learning"},
    "hydra": {"scenario/compose.py", "scenario/config_folders.py"},
    "omegaconf": {"scenario/compose.py", "scenario/config_folders.py"},
    "pydantic": {"scenario", "simulation/files/stored_values.py"},
    "pydantic_core": {"simulation/files/encoding.py", "simulation/files/stored_values.py"},
    "lxml": {"road/files/xml.py"},
    "pyproj": {"road/files/datum.py"},
    "mcap": {"simulation"},
    "google": {"simulation"},
    "foxglove_schemas_protobuf": {"simulation"},
    "pyarrow": {"simulation"},
    "av": {"simulation/pictures/video.py"},
    "pycocotools": {"export/coco.py"},
}
SOURCES = sorted(PACKAGE.rglob("*.py"))


def imports_of(source: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{source}: relative import"
            names.append(node.module or "")
            if node.module == "simengine":
                names += [f"simengine.{alias.name}" for alias in node.names]
    return names


def folder_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(PACKAGE)))
def test_imports_go_to_lower_floors_only(source):
    folder = source.relative_to(PACKAGE).parts[0]
    own_floor = FLOORS.get(folder, TOP)
    for module in imports_of(source):
        if not module.startswith("simengine."):
            continue
        target = folder_of(module)
        if target == folder:
            continue
        assert target in FLOORS or own_floor == TOP, f"{source.name} imports {module}, which is on no floor"
        assert FLOORS.get(target, TOP) < own_floor or (own_floor == TOP), f"{source.name} imports {module}"


@pytest.mark.parametrize("folder", ROOMS)
def test_rooms_import_rooms_below_only(folder):
    order = {room: k for k, room in enumerate(ROOMS[folder])}
    for source in sorted((PACKAGE / folder).rglob("*.py")):
        parts = source.relative_to(PACKAGE / folder).parts
        if parts == ("__init__.py",):
            continue
        own = parts[0] if len(parts) > 1 else ""
        assert own in order, f"{source}: a room that is in no order"
        for module in imports_of(source):
            inside = f"{module}.".removeprefix(f"simengine.{folder.replace('/', '.')}.")
            if inside == f"{module}.":
                continue
            room = inside.split(".")[0]
            room = room if (PACKAGE / folder / room).is_dir() else ""
            assert order[room] <= order[own], f"{source} imports {module}, a room above its own"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(PACKAGE)))
def test_every_vendor_has_one_home(source):
    place = source.relative_to(PACKAGE).as_posix()
    for module in imports_of(source):
        homes = HOMES.get(module.split(".")[0])
        if homes is not None:
            assert place in homes or place.split("/")[0] in homes, f"{place} imports {module}; its home is {homes}"


def test_every_folder_has_a_floor():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(FLOORS)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(PACKAGE)))
def test_what_is_printed_or_written_as_csv_goes_through_safe_text(source):
    if source.relative_to(PACKAGE).as_posix() == "core/safe_text.py":
        return
    calls = [node.func for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    names = {f"{getattr(call.value, 'id', '')}.{call.attr}" for call in calls if isinstance(call, ast.Attribute)}
    names |= {call.id for call in calls if isinstance(call, ast.Name)}
    assert not names & {"print", "csv.writer", "csv.DictWriter", "stdout.write", "stderr.write"}


def test_no_fastmath_in_the_package():
    for source in SOURCES:
        assert "fastmath" not in source.read_text(), source
