"""Read an environment's settings: values from conf/env/, types and ranges from its model, overrides from keywords."""

from typing import Annotated, Any, Literal, TypeVar

import yaml
from annotated_types import Ge, Le

from simengine.core.errors import ConfigError
from simengine.scenario.config_loader import configuration_root
from simengine.scenario.spec import Spec
from simengine.scenario.wrong_values import explain_validation

Model = TypeVar("Model", bound=Spec)
Weight = Annotated[float, Ge(0.0), Le(1e3)]


class EnvSpec(Spec):
    """The settings that all environments have; units are in `conf/env/`."""

    physics: Literal["batched"]
    driver: Literal["action", "built_in"]
    dt: Annotated[float, Ge(0.01), Le(1.0)]
    substeps: Annotated[int, Ge(1), Le(100)]
    collision_weight: Weight
    comfort_weight: Weight


class DrivingSpec(EnvSpec):
    """The settings that environments of vehicles on a road have besides."""

    action: Literal["discrete", "continuous"]
    speed_weight: Weight
    off_road_weight: Weight


def load_settings(name: str, model: type[Model], overrides: dict[str, Any]) -> Model:
    """Return the settings of `conf/env/<name>.yaml` with some replaced.

    Args:
        name: Of the file.
        model: Whose fields are the file's keys, apart from the environment's `id`.
        overrides: Values by key.

    Raises:
        ConfigError: An unknown key, or a value of a wrong type or out of range; the message says what is allowed.
    """
    tree = yaml.safe_load((configuration_root() / "conf" / "env" / f"{name}.yaml").read_text(encoding="utf-8"))
    tree = {key: value for key, value in {**tree, **overrides}.items() if key != "id"}
    try:
        return model.model_validate(tree)
    except ValueError as error:
        raise explain_validation(error, tree, model) from None


def require(holds: bool, message: str) -> None:
    """Raise a `ConfigError` with `message` unless a relation between settings holds."""
    if not holds:
        raise ConfigError(message)
