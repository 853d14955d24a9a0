"""A trained policy on disk: weights as tensors and settings as JSON in one zip, so that loading runs no code.

Stable-Baselines3's own archive holds pickled objects; ours holds `settings.json` (environment, agent, version) and
`weights.pt`, which is read with `weights_only=True`.
"""

import io
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import torch

from simengine.core.errors import ConfigError, ScenarioError
from simengine.core.text.bounded_files import holds, open_regular
from simengine.simulation.files.whole_files import complete_or_absent

FORMAT = 1
_LARGEST = 1 << 30  # of the weights, unpacked [bytes]
_FREE, _TIMES = 8 << 20, 2  # what a member may unpack to: so much, and so many times the file [bytes]
_LARGEST_SETTINGS = 1 << 20  # [bytes]


def save_checkpoint(path: Path, weights: dict[str, torch.Tensor], settings: dict[str, Any]) -> None:
    """Write a checkpoint; the file gets its name only when it is complete.

    Args:
        path: Of the file.
        weights: The policy's state.
        settings: What is needed to build the policy again, as JSON values.

    Raises:
        ConfigError: It cannot be written.
    """
    buffer = io.BytesIO()
    torch.save(weights, buffer)
    with complete_or_absent(path) as unfinished, zipfile.ZipFile(unfinished, "w") as archive:
        archive.writestr("settings.json", json.dumps({"format": FORMAT, **settings}, indent=2, sort_keys=True))
        archive.writestr("weights.pt", buffer.getvalue())


def _plain(name: object, value: object) -> bool:
    """Say whether a value is a tensor whose numbers all lie in the file: a view could show one number as billions."""
    return (
        isinstance(name, str) and type(value) is torch.Tensor and value.layout == torch.strided
        and value.device.type == "cpu" and not value.is_quantized and value.is_contiguous()
    )  # fmt: skip


def _refuse_packed(path: Path, archive: zipfile.ZipFile, size: int) -> None:
    """Refuse a zip that unpacks to far more than its file: a few bytes may stand for a gigabyte of zeros.

    Args:
        path: Of the file.
        archive: It, or the one of the tensors within it.
        size: Of the file [bytes].
    """
    unpacked, most = sum(member.file_size for member in archive.infolist()), _FREE + _TIMES * size
    if unpacked > most:
        raise ConfigError(f"agent = {path}: unpacks to {unpacked} bytes; allowed are {most} (8 MiB and twice the file)")


def load_checkpoint(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read a checkpoint, or the `policy.zip` of the folder that training wrote.

    Raises:
        ConfigError: There is no such file, or it is not a checkpoint of this format.
    """
    if holds(Path.is_file, path / "policy.zip"):
        path = path / "policy.zip"
    if not holds(Path.exists, path) or path.is_dir():
        raise ConfigError(f"agent = {path}: there is no such file")
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            for member, largest in (("settings.json", _LARGEST_SETTINGS), ("weights.pt", _LARGEST)):
                if archive.getinfo(member).file_size > largest:
                    raise ConfigError(f"agent = {path}: its {member} is larger than {largest >> 20} MiB")
            size = os.fstat(file.fileno()).st_size
            _refuse_packed(path, archive, size)
            settings = json.loads(archive.read("settings.json"))
            stored = io.BytesIO(archive.read("weights.pt"))
            with zipfile.ZipFile(stored) as tensors:  # which torch unpacks, whatever they unpack to
                _refuse_packed(path, tensors, size)
            stored.seek(0)
            weights = torch.load(stored, map_location="cpu", weights_only=True)
    except ConfigError:
        raise
    except ScenarioError as error:
        raise ConfigError(f"agent = {error}") from None
    except Exception as error:  # zip, JSON and torch each raise their own; all mean the same to the user
        what = " ".join(str(error).split())[:200] or type(error).__name__
        raise ConfigError(f"agent = {path}: not a checkpoint ({what})") from None
    if not isinstance(settings, dict) or settings.get("format") != FORMAT:
        raise ConfigError(f"agent = {path}: not a checkpoint of format {FORMAT}")
    if not isinstance(weights, dict) or not all(_plain(name, value) for name, value in weights.items()):
        raise ConfigError(f"agent = {path}: its weights are not plain tensors by name")
    return weights, settings
