"""Sizes of raindrops: N(D) = N₀ e^(−ΛD) with Λ = 4.1 R^−0.21.

Marshall and Palmer, "The distribution of raindrops with size", Journal of Meteorology 5 (1948) 165.
"""

from numba import njit

NUMBER = 8000.0  # N₀ [1/(m³ mm)]


@njit(cache=True, _nrt=False)
def drop_slope(rain_rate: float) -> float:
    """Return Λ of the drops' diameters at a rain rate [mm/h] [1/mm]."""
    return 4.1 * rain_rate**-0.21
