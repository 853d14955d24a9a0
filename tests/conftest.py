"""Settings that every test shares."""

from hypothesis import settings

# A kernel's first call compiles it, and a failure must come again on every machine.
settings.register_profile("simengine", deadline=None, derandomize=True)
settings.load_profile("simengine")
