"""Which random numbers a kernel draws."""

from typing import NamedTuple


class RandomCounter(NamedTuple):
    """What Philox counts by, for one purpose in one picture; see `core.rng.philox_words`."""

    key: int  # seed of the sensor
    stream: int  # of the key: 0 the sensor's noise, 1 rain, 2 snow
    frame: int  # number of the picture
