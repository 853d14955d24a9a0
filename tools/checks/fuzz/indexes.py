"""Indexes of datasets changed in one place: columns of other types, with gaps, nested, without names, twice."""

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_NAMES = ("../x", "/etc/passwd", "", ".", "x" * 300, "a\nb", "\x00", "-", "a/b")


def change_index(path: Path, chance: random.Random) -> str:
    """Change an index in its place; returns what was done."""
    content, told = _change(path.read_bytes(), chance)
    path.write_bytes(content)
    return told


def changed_index(content: bytes, chance: random.Random) -> bytes:
    """Return an index changed in one place."""
    return _change(content, chance)[0]


def _change(content: bytes, chance: random.Random) -> tuple[bytes, str]:
    table = pq.read_table(pa.BufferReader(content))
    number = chance.randrange(table.num_columns)
    name = table.column_names[number] if chance.random() < 0.6 else "id"
    number = table.column_names.index(name)
    rows = table.num_rows
    others = {
        "nulls": pa.nulls(rows, table.column(number).type),
        "null type": pa.nulls(rows),
        "nested": pa.array([[1, 2]] * rows),
        "struct": pa.array([{"a": 1}] * rows),
        "whole numbers": pa.array([2**62] * rows),
        "numbers": pa.array([float("nan")] * rows),
        "truth values": pa.array([True] * rows),
        "bytes": pa.array([b"\xff\xfe"] * rows),
        "dates": pa.array([0] * rows, pa.timestamp("ns")),
        "texts": pa.array(["x"] * rows),
        "names": pa.array([chance.choice(_NAMES) for _ in range(rows)]),
        "decimals": pa.array([None] * rows, pa.decimal128(20, 3)),
    }
    change = chance.choice((*others, "drop", "rename", "twice", "no rows", "bytes of the file"))
    if change == "bytes of the file":
        raw = bytearray(content)
        for _ in range(chance.randint(1, 6)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        return bytes(raw), change
    if change == "drop":
        table = table.remove_column(number)
    elif change == "rename":
        other = chance.choice(("x", "", "id"))
        table = table.rename_columns([other if one == name else one for one in table.column_names])
    elif change == "twice":
        table = table.append_column(name, table.column(number))
    elif change == "no rows":
        table = table.slice(0, 0)
    else:
        table = table.set_column(number, name, others[change])
    written = pa.BufferOutputStream()
    pq.write_table(table, written)
    return written.getvalue().to_pybytes(), f"{name}: {change}"
