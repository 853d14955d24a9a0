"""Small changes to plain values: what a JSON message, a table's row or a setting can wrongly be."""

import random
from typing import Any

# In the place of any value; the last is JSON that no writer of ours would write.
_STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 3, 255, 2**31, 2**63, 2**64, 10**400, 0.5, -1e308, 1e308, "", "x", "../../x", "/etc/x",
    "a\nb", "\x00", "é" * 40, "x" * 5_000, "NaN", [], {}, [[]], [None], {"x": 1}, [1, "x"], [0.0] * 3, [[0.0] * 4] * 4,
)  # fmt: skip


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the paths of all values in nested lists and mappings, of long lists the first and the last few."""
    found = [here]
    if isinstance(value, dict):
        for key, one in value.items():
            found += places(one, (*here, key))
    elif isinstance(value, list):
        for number in sorted({*range(min(3, len(value))), *range(max(0, len(value) - 2), len(value))}):
            found += places(value[number], (*here, number))
    return found


def mutate(value: Any, chance: random.Random) -> tuple[Any, str]:
    """Change nested lists and mappings in one place.

    Args:
        value: A copy of its own.
        chance: Chooses place and change.

    Returns:
        The changed value and what was done.
    """
    path = chance.choice(places(value))
    if not path:
        strange = chance.choice(_STRANGE)
        return strange, f"all of it became {str(strange)[:20]!r}"
    around = value
    for key in path[:-1]:
        around = around[key]
    key, told = path[-1], ".".join(map(str, path))
    change = chance.choice(("drop", "strange", "strange", "strange", "rename", "twice", "other"))
    if change == "drop":
        del around[key]
    elif change == "rename" and isinstance(around, dict):
        around[f"{key}x"] = around.pop(key)
    elif change == "twice" and isinstance(around, list):
        around.insert(key, around[key])
    elif change == "other" and isinstance(around[key], int | float) and not isinstance(around[key], bool):
        around[key] = chance.choice((-around[key], around[key] + 1, around[key] * 1e6, str(around[key])))
    else:
        around[key] = chance.choice(_STRANGE)
        change = f"became {str(around[key])[:20]!r}"
    return value, f"{told}: {change}"
