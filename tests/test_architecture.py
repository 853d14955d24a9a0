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
    "core": ("space", "", "text"),
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
    "hydra": {f"scenario/{name}.py" for name in ("compose", "config_folders", "config_loader", "overrides")},
    "omegaconf": {f"scenario/{name}.py" for name in ("compose", "config_folders", "config_loader")},
    "pydantic": {"scenario", "simulation/files/stored_values.py"},
    "pydantic_core": {"simulation/files/array_encoding.py", "simulation/files/stored_values.py"},
    "lxml": {"road/files/xml.py"},
    "pyproj": {"road/files/datum.py"},
    "mcap": {"simulation"},
    "google": {"simulation"},
    "foxglove_schemas_protobuf": {"simulation"},
    "pyarrow": {"simulation"},
    "av": {"simulation/pictures/video.py"},
    "pycocotools": {"export/coco.py"},
    "cv2": {
        "simulation/episode",
        "simulation/files/array_encoding.py",
        "simulation/mcap/reader.py",
        "simulation/pictures",
    },
    "PIL": {"simulation/pictures", "envs/drawing.py"},
    "yaml": {"scenario", "envs/settings.py", "simulation/mcap/reader.py"},
    "zstandard": {"simulation/episode", "simulation/mcap"},
    "tqdm": {"simulation/jobs/runner.py"},
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
            folders = [place.rsplit("/", up)[0] for up in range(1, place.count("/") + 1)]
            assert {place, *folders} & homes, f"{place} imports {module}; its home is {homes}"


def test_every_folder_has_a_floor():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(FLOORS)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(PACKAGE)))
def test_what_is_printed_or_written_as_csv_goes_through_safe_text(source):
    if source.relative_to(PACKAGE).as_posix() == "core/text/printable_text.py":
        return
    calls = [node.func for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    names = {f"{getattr(call.value, 'id', '')}.{call.attr}" for call in calls if isinstance(call, ast.Attribute)}
    names |= {call.id for call in calls if isinstance(call, ast.Name)}
    assert not names & {"print", "csv.writer", "csv.DictWriter", "stdout.write", "stderr.write"}


def test_no_fastmath_in_the_package():
    for source in SOURCES:
        assert "fastmath" not in source.read_text(), source


LOADED_BY_NAME = {"__init__.py", "export/registry.py", "export/after_generating.py"}  # of built-in parts only


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(PACKAGE)))
def test_modules_are_named_where_they_are_imported(source):
    if source.relative_to(PACKAGE).as_posix() in LOADED_BY_NAME:
        return
    calls = [node.func for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Call)]
    named = {call.id for call in calls if isinstance(call, ast.Name)}
    named |= {call.attr for call in calls if isinstance(call, ast.Attribute)} - {"eval", "exec"}  # of other things
    assert not named & {"import_module", "__import__", "exec", "eval"}


# What is digested is computed in these. NumPy's variants of these functions differ in their last bits between
# processors, and BLAS sums a row alone otherwise than the same row in a batch; kernels have one of each for all.
DIGESTED = ("core", "road", "assets", "behavior", "physics", "sensors", "labels", "metrics", "simulation")
NOT_DIGESTED = ("simulation/pictures",)
OTHER_BITS = {
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "power", "float_power", "arctan2", "arctan", "tanh",
    "sinh", "cosh", "cbrt", "dot", "vdot", "inner", "matmul", "einsum", "tensordot", "linalg",
}  # fmt: skip


def _outside_kernels(tree: ast.AST):
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and any("njit" in ast.unparse(one) for one in node.decorator_list):
            continue
        yield node
        yield from _outside_kernels(node)


def other_bits(text: str) -> list[str]:
    """Return what a source has outside kernels that may give other bits on another processor or in a batch."""
    found = []
    for node in _outside_kernels(ast.parse(text)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            found.append(f"line {node.lineno}: @")
        named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np"
        if named and node.attr in OTHER_BITS:
            found.append(f"line {node.lineno}: np.{node.attr}")
    return found


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: str(source.relative_to(PACKAGE)))
def test_what_is_digested_has_the_same_bits_on_every_processor(source):
    place = source.relative_to(PACKAGE).as_posix()
    if place.split("/")[0] in DIGESTED and not place.startswith(NOT_DIGESTED):
        assert other_bits(source.read_text()) == []


def test_other_bits_are_found_outside_kernels_only():
    assert other_bits("y = np.exp(x)\nz = a @ b\n") == ["line 1: np.exp", "line 2: @"]
    assert other_bits("@njit(cache=True)\ndef f(x):\n    return np.exp(x)\n\ndef g(x):\n    return np.sqrt(x)\n") == []
