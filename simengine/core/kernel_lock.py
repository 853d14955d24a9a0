"""The one lock that every launch of a parallel kernel holds.

Numba's workqueue aborts the process when two threads launch parallel kernels at once.
"""

import threading

LAUNCH_LOCK = threading.Lock()
