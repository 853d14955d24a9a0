"""A checkpoint that unpacks to far more than its file is refused before it is unpacked."""

import io
import json
import zipfile

import pytest

torch = pytest.importorskip("torch")

from simengine.core.errors import ConfigError  # noqa: E402
from simengine.learning import checkpoint  # noqa: E402


def packed(path, outer, inner):
    """Write a checkpoint whose zeros are packed in its own zip, or in the one that torch writes within it."""
    stored = io.BytesIO()
    torch.save({"w": torch.zeros(8 << 20)}, stored)  # 32 MiB
    again = io.BytesIO()
    with zipfile.ZipFile(stored) as one, zipfile.ZipFile(again, "w", inner) as other:
        for member in one.infolist():
            other.writestr(member.filename, one.read(member))
    with zipfile.ZipFile(path, "w", outer) as archive:
        archive.writestr("settings.json", json.dumps({"format": checkpoint.FORMAT}))
        archive.writestr("weights.pt", again.getvalue())
    return path


@pytest.mark.parametrize(
    ("outer", "inner"),
    [(zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED), (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)],
    ids=["its own zip", "the tensors within"],
)
def test_zeros_that_are_packed_are_refused_before_they_are_unpacked(tmp_path, monkeypatch, outer, inner):
    path = packed(tmp_path / "policy.zip", outer, inner)
    assert path.stat().st_size < 1 << 20
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was unpacked"))
    with pytest.raises(ConfigError, match=r"policy\.zip: unpacks to \d+ bytes; allowed are \d+"):
        checkpoint.load_checkpoint(path)


def test_weights_as_they_are_saved_are_read(tmp_path):
    checkpoint.save_checkpoint(tmp_path / "policy.zip", {"w": torch.ones(3 << 20)}, {})
    weights, settings = checkpoint.load_checkpoint(tmp_path / "policy.zip")
    assert float(weights["w"].sum()) == 3 << 20 and settings == {"format": checkpoint.FORMAT}
