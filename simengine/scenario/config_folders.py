"""Folders of YAML files as Hydra's sources of configuration, read as files that strangers wrote.

Hydra's own source reads whatever lies there: pipes, tags, aliases without an end. A file of a user may neither choose
code nor read the environment, so it has no part in Hydra's own settings and calls no function but `RESOLVERS`.
"""

import io
import os
import re
from pathlib import Path

import yaml
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.types import Override
from hydra.plugins.config_source import ConfigResult, ConfigSource
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from simengine.core.errors import ConfigError
from simengine.core.text.bounded_files import holds
from simengine.scenario.references import RESOLVERS, explain_call
from simengine.scenario.yaml_files import TEXT_TAG, compose_node, read_text

GROUP = "scenarios"  # the folder that the command line's `scenario=` means
MAX_FILES = 400  # that one composition may read, a file that is named twice counted twice
_OWN_CALLS = (*RESOLVERS, "now")  # of the package's own files, whose output folders bear the date
_HYDRA = re.compile(r"(^|[/@:.\s])hydra($|[/@:.\s])")


Stamp = tuple[int, int, int, int] | None  # of a file that is there; differs once it was written to, or replaced


def stamp_of(path: Path) -> Stamp:
    """Return what tells whether a file changed; None if there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):  # ValueError: a name with a null character
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


class YamlFolder(ConfigSource):
    """A folder of options and scenarios; it notes how the files stood that were looked for in it."""

    own = False  # whether the package's own files lie in it, which may set up Hydra

    def __init__(self, provider: str, path: str) -> None:
        super().__init__(provider, path)
        self.stamps: dict[Path, Stamp] = {}
        self.bare: list[Path] = []  # files that were read and say nothing of their package

    @staticmethod
    def scheme() -> str:
        return "yaml"

    def load_config(self, config_path: str) -> ConfigResult:
        path = self._file(config_path)
        self.stamps.setdefault(path, stamp_of(path))
        text = read_text(path)
        _check_file(text, str(path), self.own)
        try:
            header = self._get_header_dict(text[:512])
            config = OmegaConf.load(io.StringIO(text))
        except (OmegaConfBaseException, yaml.YAMLError, ValueError, RecursionError) as error:
            raise ConfigError(f"{path}: {' '.join(str(error).split())}") from None
        package = header.get("package")
        if package is None:
            self.bare.append(path)
        if package is not None and not self.own and (_HYDRA.search(package) or not _is_package(package)):
            raise ConfigError(f"{path}, line 1: # @package {package}: allowed: _global_ or a key path")
        return ConfigResult(provider=self.provider, path=f"{self.scheme()}://{self.path}", config=config, header=header)

    def _file(self, config_path: str) -> Path:
        return Path(self.path, self._normalize_file_name(config_path))

    def available(self) -> bool:
        return self.is_group("")

    def is_group(self, config_path: str) -> bool:
        return holds(Path.is_dir, Path(self.path, config_path))

    def is_config(self, config_path: str) -> bool:
        # A folder, a pipe, a device or a link to nowhere is a configuration too: reading tells what is wrong with it.
        path = self._file(config_path)
        self.stamps.setdefault(path, stamp_of(path))
        return os.path.lexists(path)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        files: list[str] = []
        for name in os.listdir(Path(self.path, config_path)):
            if results_filter == ObjectType.CONFIG and not self._is_listed(Path(self.path, config_path, name)):
                continue
            self._list_add_result(files, os.path.join(config_path, name), name, results_filter)
        return sorted(set(files))

    @staticmethod
    def _is_listed(path: Path) -> bool:
        """Say whether a file is an option that is offered: no hidden one, as editors and file systems put beside it."""
        hidden = path.name.startswith(".")
        return path.suffix == ".yaml" and not hidden and holds(Path.exists, path) and not path.is_dir()


class OwnFolder(YamlFolder):
    """The package's own folder of options and scenarios."""

    own = True

    @staticmethod
    def scheme() -> str:
        return "own"


class FolderOfScenarios(ConfigSource):
    """A user's folder that holds scenarios right away, shown to Hydra as the group `scenarios`."""

    def __init__(self, provider: str, path: str) -> None:
        super().__init__(provider, path)
        self.files = YamlFolder(provider, f"{YamlFolder.scheme()}://{self.path}")

    @staticmethod
    def scheme() -> str:
        return "scenarios"

    @staticmethod
    def _within(config_path: str) -> str | None:
        """Return a path in the folder, or None if it is not of the group."""
        group, _, rest = config_path.partition("/")
        return rest if group == GROUP else None

    def load_config(self, config_path: str) -> ConfigResult:
        return self.files.load_config(self._within(config_path) or "")

    def available(self) -> bool:
        return self.files.available()

    def is_group(self, config_path: str) -> bool:
        within = self._within(config_path)
        return config_path == "" if within is None else self.files.is_group(within)

    def is_config(self, config_path: str) -> bool:
        within = self._within(config_path)
        return bool(within) and self.files.is_config(within)

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        within = self._within(config_path)
        if within is not None:
            return self.files.list(within, results_filter)
        return [GROUP] if config_path == "" and results_filter in (None, ObjectType.GROUP) else []


def register_folders() -> None:
    """Make the kinds of folders known to Hydra; may be called any number of times."""
    for source in (YamlFolder, OwnFolder, FolderOfScenarios):
        SourcesRegistry.instance().register(source)


class BoundedLoader(ConfigLoaderImpl):
    """Hydra's loader, which files that name each other cannot keep busy without an end."""

    asked: CachingConfigRepository | None = None  # with copies of the sources, in which files were looked for last

    def stamps(self) -> dict[Path, Stamp]:
        """Return how the files stood that the last configuration was read from, or looked for in."""
        return {path: stamp for folder in self._folders() for path, stamp in folder.stamps.items()}

    def files_of_users(self) -> list[Path]:
        """Return the files of users' folders that the last configuration was read from, those in question last."""
        folders = [folder for folder in self._folders() if not folder.own]
        return [path for folder in folders for path, stamp in folder.stamps.items() if stamp is not None]

    def files_without_package(self) -> list[Path]:
        """Return those of `files_of_users` that say nothing of their package."""
        return [path for folder in self._folders() if not folder.own for path in folder.bare]

    def _folders(self) -> list[YamlFolder]:
        sources = self.asked.get_sources() if self.asked is not None else ()
        folders = (source.files if isinstance(source, FolderOfScenarios) else source for source in sources)
        return [folder for folder in folders if isinstance(folder, YamlFolder)]

    def _parse_overrides_and_create_caching_repo(
        self, config_name: str | None, overrides: list[str]
    ) -> tuple[list[Override], CachingConfigRepository]:
        parsed, _ = super()._parse_overrides_and_create_caching_repo(config_name, overrides)
        self.asked = _CountingRepository(self.repository)
        return parsed, self.asked


class _CountingRepository(CachingConfigRepository):
    """Counts how often a file is asked for."""

    def load_config(self, config_path: str) -> ConfigResult | None:
        self._asked = getattr(self, "_asked", 0) + 1
        if self._asked > MAX_FILES:
            raise ConfigError(f"{config_path}: the defaults lists name more than {MAX_FILES} files, or each other")
        return super().load_config(config_path)


def _is_package(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z_][\w.]*", text) is not None


def _place(file: str, node: yaml.Node) -> str:
    return f"{file}, line {node.start_mark.line + 1}, column {node.start_mark.column + 1}: "


def _check_file(text: str, file: str, own: bool) -> None:
    """Refuse what a file may not say: calls, code, Hydra's own settings, a malformed defaults list.

    Raises:
        ConfigError: With line and column.
    """
    root = compose_node(text, file)
    calls = _OWN_CALLS if own else tuple(RESOLVERS)
    waiting: list[yaml.Node] = [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            fault = explain_call(node.value, calls) if "${" in node.value else ""
            if fault:
                raise ConfigError(f"{_place(file, node)}{fault}")
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
        else:
            for key, value in node.value:
                code = key.value.startswith("_target_") or node is root and _HYDRA.search(key.value)
                if code and not own:
                    raise ConfigError(
                        f"{_place(file, key)}{key.value}: a file of scenarios or options chooses no code and does not "
                        "set up Hydra"
                    )
                if node is root and key.value == "defaults":
                    _check_defaults(value, file, own)
                waiting.append(value)


def _check_defaults(node: yaml.Node, file: str, own: bool) -> None:
    if not isinstance(node, yaml.SequenceNode):
        raise ConfigError(f"{_place(file, node)}defaults must be a list, as in [/scenarios/drive, _self_]")
    for one in node.value:
        pairs = one.value if isinstance(one, yaml.MappingNode) else [(one, one)]
        if isinstance(one, yaml.SequenceNode):
            pairs = []
        values = [two for _, two in pairs for two in (two.value if isinstance(two, yaml.SequenceNode) else [two])]
        if len(pairs) != 1 or not all(isinstance(value, yaml.ScalarNode) for value in values):
            raise ConfigError(f"{_place(file, one)}an entry of defaults is an option, as in `override /weather: fog`")
        texts = [pairs[0][0].value, *(value.value for value in values)]
        if isinstance(one, yaml.ScalarNode) and (one.tag != TEXT_TAG or not one.value):
            raise ConfigError(f"{_place(file, one)}an entry of defaults is an option, as in /scenarios/drive")
        if any("\0" in text for text in texts) or any(_HYDRA.search(text) for text in texts) and not own:
            shown = f"{_place(file, one)}{' '.join(texts)}"
            raise ConfigError(f"{shown}: a file of scenarios or options cannot set up Hydra")
