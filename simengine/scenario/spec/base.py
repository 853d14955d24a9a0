"""What every group's models are made of."""

from typing import Annotated, Any, Union, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    Tag,
    ValidationError,
    model_validator,
)

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Speed = Annotated[float, Field(ge=0.0, le=100.0)]
Duration = Annotated[float, Field(ge=0.0, le=86_400.0)]  # a day is longer than any episode [s]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_\-]*$", max_length=64)]


class Contradiction(ValueError):
    """Settings of one group that do not go together; the text names each with its value and what is allowed.

    `{}` in the text stands for the group's key path with a dot, as in `{}dry = 0.5`.
    """


def name_other_than(*reserved: str) -> Any:
    """Return the type of names that are given to things beside those that have these names already."""

    def free(name: str) -> str:
        if name in reserved:
            raise ValueError(f'"{name}" is the name of something else; choose another')
        return name

    return Annotated[Name, AfterValidator(free)]


def _types(annotation: Any) -> set[Any]:
    """Return the types that an annotation is made of."""
    parts = get_args(annotation)
    return {kind for part in parts for kind in _types(part)} if parts else {annotation}


def _holds_boolean(value: Any, depth: int = 3) -> bool:
    """Say whether a value is a boolean, or a list or mapping that holds one; YAML may nest them without an end."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return isinstance(value, bool) or depth > 0 and any(_holds_boolean(one, depth - 1) for one in inside)


class Spec(BaseModel):
    """A frozen model that refuses unknown keys, NaN and infinity, and a boolean where a number is meant."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _refuse_booleans(cls, values: Any) -> Any:
        """Refuse true and false in fields of numbers: pydantic would take them for 1 and 0."""
        given = values if isinstance(values, dict) else {}
        wrong = [name for name in cls.model_fields if cls._takes_numbers(name) and _holds_boolean(given.get(name))]
        if wrong:
            said = {"error": ValueError("must be a number, not true or false")}
            lines = [{"type": "value_error", "loc": (name,), "input": given[name], "ctx": said} for name in wrong]
            raise ValidationError.from_exception_data(cls.__name__, lines)
        return values

    @classmethod
    def _takes_numbers(cls, name: str) -> bool:
        types = _types(cls.model_fields[name].annotation)
        models = any(isinstance(kind, type) and issubclass(kind, BaseModel) for kind in types)  # they check their own
        return not models and bool not in types and bool(types & {int, float})


class ExtensionSpec(BaseModel):
    """A sensor, action or criterion of an installed package, which checks its own settings."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)
    kind: Name


def kinds_of(union: Any) -> tuple[str, ...]:
    """Return the kinds of the models that a union is made of, in its order; extensions have none of their own."""
    if not isinstance(union, type):
        return tuple(kind for part in get_args(union) for kind in kinds_of(part))
    field = union.model_fields.get("kind") if issubclass(union, Spec) else None
    return get_args(field.annotation) if field is not None else ()


class KindOrExtension:
    """Tells the models of a union apart by their `kind`; any other kind is an extension's."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        built_in = kinds_of(source)

        def tag(value: Any) -> str:
            kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
            return kind if kind in built_in else "extension"

        tagged = [Annotated[model, Tag("".join(kinds_of(model)) or "extension")] for model in get_args(source)]
        return handler.generate_schema(Annotated[Union[tuple(tagged)], Discriminator(tag)])  # noqa: UP007
