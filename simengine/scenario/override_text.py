"""What a user types as `key=value`, put into Hydra's grammar: paths of any characters, search paths, `scenario=`."""

import re
from collections.abc import Callable
from pathlib import Path

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import holds, home_path
from simengine.core.text.printable_text import visible

_SETTING = re.compile(r"(?P<sign>\+{0,2}|~)(?P<key>[^=\s'\"]+?)=(?P<value>.*)", re.S)
_WORD = re.compile(r"(\+{0,2}|~)[A-Za-z_][\w./@:\-]*=")
_FOLDERS = ("output", "hydra.run.dir", "hydra.sweep.dir")  # always one path, whatever its characters mean to Hydra
_PATHS = (*_FOLDERS, "road.file", "scenario", "scenarios")
_LONGEST = 200  # characters of a setting that a message repeats
_SEARCH = re.compile(r"\+{0,2}hydra\.searchpath=")


def quote(value: str) -> str:
    """Return a text in quotation marks, as Hydra reads it back to the same text."""
    return "'" + re.sub(r"(\\*)('|$)", lambda found: found[1] * 2 + ("\\'" if found[2] else ""), value) + "'"


def _is_quoted(value: str) -> bool:
    return len(value) > 1 and value[0] in "'\"" and value[-1] == value[0]


def unquote(value: str) -> str:
    """Return a text without the quotation marks that a user put around it."""
    value = value.strip()
    if not _is_quoted(value):
        return value
    mark = value[0]
    return re.sub(rf"(\\+)({mark}|$)", lambda found: "\\" * (len(found[1]) // 2) + found[2], value[1:-1])


def as_typed(text: str) -> str:
    """Return what a user typed as a message of one line repeats it: cut short, control characters shown."""
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    return visible(cut)


def setting(key: str, value: str) -> str:
    """Return the override that sets a text."""
    return f"{key}={quote(value)}"


def key_of(text: str) -> str:
    """Return the key of an override, without the signs that Hydra takes before it."""
    return text.lstrip("+~").partition("=")[0]


def is_searchpath(text: str) -> bool:
    """Say whether an override sets the folders in which scenarios and options are looked for."""
    return _SEARCH.match(text) is not None


def split_settings(words: list[str]) -> tuple[list[str], list[str]]:
    """Part the words of a command into paths and settings; what lies on the disk is a path, whatever it looks like."""
    settings = [
        word
        for word in words
        if (_WORD.match(word) or word.startswith("~") and not word.startswith("~/"))
        and not holds(Path.exists, home_path(word))
    ]
    return [str(home_path(word)) for word in words if word not in settings], settings


def searchpath_folders(text: str) -> list[Path]:
    """Return the folders of a `hydra.searchpath=[…]` override.

    Raises:
        ConfigError: It is no list of folders, or one is not there.
    """
    wrong = ConfigError(f"{as_typed(text)}: must be a list of folders, as in hydra.searchpath=[file://FOLDER]")
    value = text.partition("=")[2].strip()
    if not (value.startswith("[") and value.endswith("]")):
        raise wrong
    inside = value[1:-1].strip()
    folders = []
    # A comma parts two folders only where another begins, so that names may hold commas.
    for part in re.split(r",\s*(?=['\"]?[a-z]+://)", inside) if inside else ():
        typed = unquote(part)
        if not typed.startswith("file://"):
            raise wrong
        folder = home_path(typed.removeprefix("file://"))
        if not holds(Path.is_dir, folder):
            raise ConfigError(f"hydra.searchpath: {as_typed(str(folder))} is not a folder")
        folders.append(folder.resolve())
    return folders


def hydra_text(text: str, readable: Callable[[str], bool]) -> str:
    """Return an override in Hydra's grammar and with the group names that follow from the folders.

    Args:
        text: As typed.
        readable: Says whether Hydra can read an override.

    Raises:
        ConfigError: A search path that is none.
    """
    if is_searchpath(text):
        return f"hydra.searchpath=[{','.join(quote(f'file://{folder}') for folder in searchpath_folders(text))}]"
    text = re.sub(r"^(\+{0,2}|~)scenario(=|$)", r"\1scenarios\2", text)
    found = _SETTING.fullmatch(text)
    if found is None or found["key"] not in _PATHS or not found["value"] or _is_quoted(found["value"]):
        return text
    is_map = found["key"] == "road.file" and holds(Path.is_file, home_path(found["value"]))
    path = found["key"] in _FOLDERS or is_map
    if path or not readable(text):
        return f"{found['sign']}{found['key']}={quote(found['value'])}"
    return text


def how_to_quote(text: str) -> str:
    """Say how a value that Hydra cannot read is put in quotation marks; empty where that would not help."""
    found = _SETTING.fullmatch(text)
    if found is None or not found["value"] or len(text) > _LONGEST or found["value"][0] in "'\"[{":
        return ""
    quoted = as_typed(f"{found['sign']}{found['key']}={quote(found['value'])}")
    return f'; text with special characters is quoted twice, for the shell and for the setting: "{quoted}"'
