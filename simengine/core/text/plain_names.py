"""Names that files are called after: the ids of episodes, sensors and whatever is attached to an episode."""

import re

from simengine.core.errors import ConfigError

LONGEST = 200  # characters: with its ending, hidden while it is written, the name of a file stays below 255 bytes
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


def plain_name(name: object, what: str) -> str:
    """Return a name that is safe to call a file after: no folder, no hidden file, nothing that needs quoting.

    Args:
        name: Letters, digits, `_`, `-` and `.`, not beginning with a dot, at most 200 characters.
        what: It is, for the error.

    Raises:
        ConfigError: It is something else.
    """
    if isinstance(name, str) and len(name) <= LONGEST and _PLAIN.fullmatch(name):
        return name
    shown = ascii(name)
    shown = shown if len(shown) <= 60 else f"{shown[:50]}… ({len(shown)} characters)"
    raise ConfigError(
        f"{what} = {shown}: is no plain name; allowed are up to {LONGEST} letters, digits, _, - and ., "
        "the first of them no dot"
    )


def made_plain(text: str) -> str:
    """Return the nearest plain name of a text: what is not allowed becomes a hyphen."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text)[-LONGEST:].lstrip(".") or "-"
