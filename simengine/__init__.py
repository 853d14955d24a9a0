"""simengine: scenarios are data, running them is physics, what comes out explains itself.

Floors, each importing only from those below it:

    5  export  envs  learning  verify
    4  simulation          world, the step loop, episodes, running many
    3  labels  metrics     what is true, what it means
    2  behavior  physics  sensors
    1  road  scenario  assets
    0  core                state, geometry, randomness, weather
"""

from simengine import _numba_cache as _numba_cache  # sets the kernel cache folder before numba is imported

__version__ = "0.1.0"
