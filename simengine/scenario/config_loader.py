"""Where options and scenarios are found: beside or inside the package, and in folders of users."""

from pathlib import Path

import hydra.conf  # noqa: F401  registers Hydra's own schema
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.config_search_path_impl import ConfigSearchPathImpl
from hydra.core.plugins import Plugins
from hydra.core.utils import setup_globals
from omegaconf import OmegaConf

from simengine.core.errors import ConfigError
from simengine.scenario.config_folders import (
    GROUP,
    BoundedLoader,
    FolderOfScenarios,
    OwnFolder,
    YamlFolder,
    register_folders,
)
from simengine.scenario.override_text import is_searchpath, searchpath_folders
from simengine.scenario.references import RESOLVERS

_MOST_OPTIONS, _DEEPEST_FOLDER = 10_000, 8  # files of a group, folders in each other


def configuration_root() -> Path:
    """Return the folder that holds conf/ and scenarios/: the checkout's, else the installed package's."""
    package = Path(__file__).resolve().parents[1]
    for root in (package.parent, package):
        if (root / "conf" / "config.yaml").is_file() and (root / "scenarios").is_dir():
            return root
    raise ConfigError(
        f"conf/ and scenarios/ were found neither beside nor inside {package}: the installation is broken"
    )


def configuration_loader(overrides: list[str] | tuple[str, ...] = ()) -> BoundedLoader:
    """Make a loader that knows conf/, scenarios/ and the folders of a `hydra.searchpath=[…]` override."""
    _set_up()
    root = configuration_root()
    search_path = ConfigSearchPathImpl()
    search_path.append("hydra", "pkg://hydra.conf")
    search_path.append("simengine", f"{OwnFolder.scheme()}://{root / 'conf'}")
    search_path.append("simengine", f"{OwnFolder.scheme()}://{root}")
    for text in overrides:
        if is_searchpath(text):
            for path in searchpath_folders(text):
                search_path.append("user", f"{YamlFolder.scheme()}://{path}")
                if not (path / GROUP).is_dir():
                    search_path.append("user", f"{FolderOfScenarios.scheme()}://{path}")
    search_path.append("schema", "structured://")
    return BoundedLoader(search_path)


def _set_up() -> None:
    Plugins.instance()  # registers the config sources pkg:// and file://
    register_folders()
    setup_globals()
    for name, function in RESOLVERS.items():
        OmegaConf.register_new_resolver(name, function, replace=True)


def group_options(loader: ConfigLoaderImpl, group: str) -> list[str]:
    """Return every option of a config group, subfolders included, as `folder/name`.

    Raises:
        ConfigError: There are far too many, as where a folder holds a link to itself.
    """
    options = list(loader.get_group_options(group))
    for folder in loader.list_groups(group):
        if group.count("/") >= _DEEPEST_FOLDER:
            raise ConfigError(f"{group}/{folder}: more than {_DEEPEST_FOLDER} folders in each other; it may be a link")
        options += [f"{folder}/{option}" for option in group_options(loader, f"{group}/{folder}")]
        if len(options) > _MOST_OPTIONS:
            raise ConfigError(f"{group}/{folder}: more than {_MOST_OPTIONS} files; at most {_MOST_OPTIONS} are allowed")
    return sorted(options)
