"""Lets whoever draws or exports an episode tell which one it was whose parts do not fit together."""

import cv2

from simengine.core.errors import ConfigError, describe_error
from simengine.simulation.episode.episode import Episode

# What NumPy, OpenCV, Pillow and our own arithmetic raise for content of the right types that makes no sense.
_SENSELESS = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError, MemoryError, cv2.error)


class content_of:  # noqa: N801  a context manager, used like a function
    """Turn what an episode's senseless content causes within into one `ConfigError` that names the episode.

    Args:
        episode: Whose content is used.
        what: Is done with it, as in "drawn".
    """

    def __init__(self, episode: Episode, what: str) -> None:
        self._episode, self._what = episode, what

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, _SENSELESS) and not isinstance(error, ConfigError):
            raise ConfigError(f"{self._episode.place}: cannot be {self._what}: {describe_error(error)}") from error
