"""Compose a Hydra configuration from a name and overrides: the one home of Hydra and OmegaConf.

Composing is a plain function: it builds its own loader and touches no global state, so it works in threads and inside
another Hydra program. It returns nested dicts with references (`${…}`) still unresolved, because distributions have to
be drawn before they are copied.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from simengine.core.errors import ConfigError
from simengine.scenario.config_folders import (
    BoundedLoader,
    Stamp,
    stamp_of,
)
from simengine.scenario.config_loader import _set_up, configuration_loader, configuration_root, group_options
from simengine.scenario.defaults_lists import explain_defaults, refuse_other_shapes
from simengine.scenario.override_text import as_typed
from simengine.scenario.overrides import hydra_message, parse_overrides, refuse_sweep
from simengine.scenario.references import RESOLVERS, expand_references, refuse_calls, refuse_explosion
from simengine.scenario.unknown_keys import explain_key, explain_reference, explain_settings, value_at


def _explain(error: Exception, loader: BoundedLoader, primary: str, overrides: list[Override]) -> ConfigError:
    """Find out what the user got wrong, since Hydra's messages name neither the nearest key nor what is allowed."""
    files, bare = loader.files_of_users(), loader.files_without_package()  # before the loader is asked again
    known = OmegaConf.to_container(loader.load_configuration(primary, [], RunMode.RUN, from_shell=False), resolve=False)
    groups = {group: group_options(loader, group) for group in {*known, "scenarios"} - {"hydra", "scenario"}}
    wrong = explain_settings(overrides, groups, set(known) - {"hydra"})
    if wrong:
        return ConfigError(wrong)
    causes = (error, *(one for one in (error.__cause__, error.__context__) if isinstance(one, OmegaConfBaseException)))
    said = dict.fromkeys(filter(None, map(hydra_message, causes)))
    if "ConfigTypeError" in str(error):
        refuse_other_shapes([path for path in files if path not in bare], known)
    told = ": ".join(said) or type(error).__name__
    told = explain_defaults(told, files, lambda group: group_options(loader, group))
    if any(str(path) in told for path in files) or any(override.key_or_group in told for override in overrides):
        return ConfigError(told)
    return ConfigError(f"{as_typed(', '.join(override.input_line or '' for override in overrides))}: {told}")


def _is_group(loader: ConfigLoaderImpl, override: Override) -> bool:
    """Return whether an override chooses an option of a group rather than a value."""
    key = override.key_or_group
    return override.package is not None or ("." not in key and loader.repository.group_exists(key))


def _check_choices(loader: ConfigLoaderImpl, primary: str, overrides: list[Override]) -> None:
    """Refuse a group that is given a list, or two options.

    Raises:
        ConfigError: Of which only one would be taken.
    """
    chosen: dict[str, Any] = {}
    for override in overrides:
        if override.is_delete():
            continue
        key, value = override.key_or_group, override.value()
        shown = "scenario" if key == "scenarios" else key
        if isinstance(value, list):
            given = ",".join(str(one) for one in value)
            sweep = f" (generate -m {shown}={given} runs one after the other)" if primary == "config" else ""
            options = ", ".join(group_options(loader, key))
            raise ConfigError(f"{shown}=[{given}]: one option is taken, not a list{sweep}; allowed: {options}")
        place = f"{key}@{override.package}" if override.package else key
        if str(chosen.setdefault(place, value)) != str(value):
            raise ConfigError(f"{shown} is given twice, as {chosen[place]} and as {value}; give one of them")


def _compose(primary: str, overrides: tuple[str, ...]) -> DictConfig:
    """Return a composed configuration, made anew where a file that it was read from has changed."""
    tree, stamps = _composed(primary, overrides)
    if any(stamp_of(path) != stamp for path, stamp in stamps.items()):
        _composed.cache_clear()
        tree, _ = _composed(primary, overrides)
    return tree


@lru_cache(maxsize=256)
def _composed(primary: str, overrides: tuple[str, ...]) -> tuple[DictConfig, Mapping[Path, Stamp]]:
    """Return a composed configuration, and how the files that it was read from or looked for in stood then."""
    loader = configuration_loader(overrides)
    return _compose_with(loader, primary, overrides), loader.stamps()


def _compose_with(loader: BoundedLoader, primary: str, overrides: tuple[str, ...]) -> DictConfig:
    parsed = [o for o in parse_overrides(overrides) if o.key_or_group != "hydra.searchpath"]
    try:
        chosen = [o for o in parsed if _is_group(loader, o)]
        _check_choices(loader, primary, chosen)
        values = [o for o in parsed if not o.is_hydra_override() and o not in chosen]
        choices = [_choice(o) if o in chosen else o.input_line or "" for o in parsed if o not in values]
        tree = loader.load_configuration(primary, choices, RunMode.RUN, from_shell=False)
        if "scenarios" in set(tree):  # asking the tree itself would leave an exception that holds all callers
            bare = ", ".join(map(str, loader.files_without_package())) or "a scenario's file"
            raise ConfigError(f"{bare}: the first line of a scenario's file must be `# @package _global_`")
        gone = {o.key_or_group for o in chosen if o.is_delete()}
        for group in set(tree) - set(tree.hydra.runtime.choices) - gone - {"hydra"}:
            if loader.repository.group_exists(str(group)):  # a list in a file; Hydra takes all, one over the other
                options = ", ".join(group_options(loader, str(group)))
                raise ConfigError(f"{group}: a defaults list gives several options; one is taken; allowed: {options}")
        _apply(values, tree)
    except ConfigError:
        raise
    except RecursionError:
        raise ConfigError("defaults lists of files name each other, or settings are nested too deeply") from None
    except (HydraException, OmegaConfBaseException, ValueError, TypeError, AttributeError, LookupError) as error:
        # Other than the first two: Hydra's own, of `weather=null` and of defaults lists that hold other than names.
        raise _explain(error, loader, primary, parsed) from None
    except OSError as error:  # a name that is too long for any file, or a folder that may not be read
        name, why = as_typed(Path(str(error.filename or "")).name), (error.strerror or str(error)).lower()
        raise ConfigError(f"{name}: cannot be looked for: {why}") from None
    return tree


def _choice(override: Override) -> str:
    """Return the text that chooses an option, in quotation marks where a name such as 2024 looks like a number."""
    text, value = override.input_line or "", override.value()
    if isinstance(value, bool | int | float):
        key, _, name = text.partition("=")
        return f"{key}='{name.strip()}'"
    return text


def _apply(overrides: list[Override], tree: DictConfig) -> None:
    """Set values of a composed tree in order, below references to mappings too."""
    plain: dict[str, Any] | None = None  # made anew only where its shape may have changed: it takes 10 ms
    for override in overrides:
        key = override.key_or_group
        if plain is None:
            plain = OmegaConf.to_container(tree, resolve=False)
        found = list(expand_references(plain, key))
        for path, node in found:
            OmegaConf.update(tree, path, node, merge=False, force_add=True)
        try:
            ConfigLoaderImpl._apply_overrides_to_config([override], tree)
        except HydraException as error:
            if isinstance(error.__cause__, TypeError | ValueError) and isinstance(value_at(plain, key), dict):
                keys = ", ".join(map(str, value_at(plain, key))) or "none yet"
                shown = f"{key}={override.value()}"
                raise ConfigError(f"{shown}: is a mapping, whose keys are set one by one; there are: {keys}") from None
            if override.is_delete() and isinstance(above := value_at(plain, key.rpartition(".")[0]), dict):
                if key.rpartition(".")[2] in above:
                    raise ConfigError(f"{as_typed(override.input_line or '')}: it has no value already") from None
            elif "Could not override" not in str(error) or key.split(".")[0] not in plain:
                raise
            raise explain_key(key, OmegaConf.to_container(tree, resolve=False), configuration_root()) from None
        if found or override.is_add() or override.is_delete() or not isinstance(override.value(), bool | int | float):
            plain = None


def compose(primary: str, overrides: list[str] | tuple[str, ...] = ()) -> dict[str, Any]:
    """Compose a primary configuration of conf/ into nested dicts, references unresolved, Hydra's own node left out.

    Composing takes about 150 ms; results are kept by name and overrides for as long as no file of theirs changes.

    Raises:
        ConfigError: An unknown key, group option or malformed override; the message names the nearest right one.
    """
    refuse_sweep(overrides)
    tree = OmegaConf.to_container(_compose(primary, tuple(overrides)), resolve=False)
    tree.pop("hydra", None)
    refuse_calls(tree, tuple(RESOLVERS))
    refuse_explosion(tree)
    return tree


def resolve(tree: dict[str, Any]) -> dict[str, Any]:
    """Resolve every reference of a composed tree.

    Raises:
        ConfigError: A reference names nothing, leads round in a circle, or unfolds into too much.
    """
    _set_up()
    refuse_calls(tree, tuple(RESOLVERS))  # again: distributions have put other values into it
    refuse_explosion(tree)
    try:
        resolved = OmegaConf.to_container(OmegaConf.create(tree), resolve=True)
    except (OmegaConfBaseException, RecursionError, TypeError, ValueError) as error:
        raise ConfigError(explain_reference(error)) from None
    return resolved


def hydra_settings(primary: str, overrides: list[str] | tuple[str, ...]) -> dict[str, Any]:
    """Return the resolved output folders of Hydra: `run_dir`, `sweep_dir`."""
    configuration = _compose(primary, tuple(overrides))
    OmegaConf.set_readonly(configuration, False)
    return {
        "run_dir": str(OmegaConf.select(configuration, "hydra.run.dir")),
        "sweep_dir": str(OmegaConf.select(configuration, "hydra.sweep.dir")),
    }


def chosen_option(primary: str, overrides: list[str] | tuple[str, ...], group: str) -> str:
    """Return which option of a group a composed configuration takes."""
    return str(_compose(primary, tuple(overrides)).hydra.runtime.choices[group])


def scenario_names(overrides: list[str] | tuple[str, ...] = ()) -> list[str]:
    """Return the names of the scenario library, the user's search path included.

    A folder of the user's may hold scenarios and options side by side: `my/traffic/rush.yaml` is an option, as it would
    be in `conf/`.
    """
    groups = {path.name for path in (configuration_root() / "conf").iterdir() if path.is_dir()}
    names = group_options(configuration_loader(overrides), "scenarios")
    return [name for name in names if name.partition("/")[0] not in groups]


def yaml_text(tree: dict[str, Any]) -> str:
    """Write nested dicts as YAML."""
    return OmegaConf.to_yaml(OmegaConf.create(tree))
