"""What a LiDAR receives from the air itself: the soft echo of a turbid volume, and single drops and flakes.

Powers are relative to a white Lambertian target at 1 m in clear air.

Soft echo: Hahner et al., "Fog simulation on real LiDAR point clouds", ICCV 2021, eq. 8: (β / β₀) ∫ sin²(π t / 2τ_H)
e^(−2αr) ξ(r) / r² dt with r = R − c t / 2, τ_H = 20 ns. Like the hard echo's, its range is that of the pulse's middle.
Two departures. They set β₀ = 1e-6 / π for every target, which stands for a sensor nobody knows; here the hard target is
white and Lambertian, whose response is δ(r − R₀) / π over range, and 2 / (c π) once it is integrated over time: the
echo is then β π ∫ … dr. And ξ is that of transmitter and receiver side by side (Rasshofer et al., "Influences of
weather phenomena on automotive laser radar systems", 2011, eq. 11 and 12), 0.1 m apart, of 2° and 3.5° field of view
and 1 cm radius, the values that Hahner et al. list: it rises from 0 at 1.67 m to 1 at 7.64 m, not from 0.9 m to 1 m.

Drops: after Kilic et al., "LISA" (2021): a particle of diameter D in a beam of width w returns ρ (D / w)² e^(−2αr) / r²
with ρ = |(n − 1) / (n + 1)|². Instead of drawing all of them, the number that outshine a threshold is integrated over
range once an episode; a beam then meets the first of them as a Poisson process does. Rain: Marshall–Palmer,
N = 8000 e^(−4.1 R^−0.21 D) 1/(m³ mm). Snow: Gunn–Marshall, N = 7600 R^−0.87 e^(−2.55 R^−0.48 D), D of the melted flake.
(A reflectance of 0.9, as in Hahner et al., CVPR 2022, would light up nine in ten beams into an empty sky at 1 mm/h.)
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from simengine.core.raindrops import NUMBER, drop_slope
from simengine.core.weather import Weather, backscatter, extinction

_LIGHT_SPEED = 299_792_458.0  # [m/s]
_HALF_PULSE = 20e-9  # τ_H [s]
_HARD_BACKSCATTER = 1.0 / math.pi  # of a white Lambertian target [1/sr]
_OVERLAP_START, _OVERLAP_FULL = 1.67, 7.64  # [m]
SOFT_STEP, SOFT_BINS = 0.05, 800  # of the range tables [m]; the echo's peak lies within the first 10 m

_BEAM_WIDTH, _BEAM_DIVERGENCE = 0.011, 2.1e-3  # at the exit [m], [rad]: geometric means of the VLP-16's two axes
_RAIN_REFLECTANCE = ((1.33 - 1.0) / (1.33 + 1.0)) ** 2
_SNOW_REFLECTANCE = ((1.31 - 1.0) / (1.31 + 1.0)) ** 2
_DROP_START, _DROP_STEP, _DROP_BINS = 1.0, 0.25, 160  # [m]: drops beyond 41 m outshine nothing
_THRESHOLD_BINS, _THRESHOLD_RATIO = 64, 1.2  # thresholds from the least detectable power upwards


class AirReturns(NamedTuple):
    """Tables of one episode's air."""

    extinction: float  # α, all that the air holds [1/m]
    soft_power: NDArray[np.float64]  # strongest soft echo before a target in a range bin. (SOFT_BINS,)
    soft_range: NDArray[np.float64]  # where it appears [m]. (SOFT_BINS,)
    drop_count: NDArray[np.float64]  # mean drops brighter than a threshold up to a range. (thresholds, ranges)
    drop_slope: float  # Λ of the diameters [1/m], 0 where nothing falls
    drop_reflectance: float
    threshold: float  # the least detectable power, the first threshold


@njit(cache=True)
def integrate_soft_echo(
    alpha: float, beta: float, soft_power: NDArray[np.float64], soft_range: NDArray[np.float64]
) -> None:
    """Write the strongest soft echo before a target in each range bin, and its range.

    Args:
        alpha: Extinction [1/m].
        beta: Backscatter of the turbid air [1/m].
        soft_power: Relative power. Shape (num_bins,).
        soft_range: [m]. Shape (num_bins,).
    """
    num_bins = soft_power.shape[0]
    half_length = 0.5 * _LIGHT_SPEED * _HALF_PULSE
    pulse_bins = int(2.0 * half_length / SOFT_STEP)
    weight = beta / _HARD_BACKSCATTER * SOFT_STEP
    air = np.zeros(num_bins)
    for i in range(num_bins):
        r = (i + 0.5) * SOFT_STEP
        overlap = min(1.0, max(0.0, (r - _OVERLAP_START) / (_OVERLAP_FULL - _OVERLAP_START)))
        air[i] = overlap * math.exp(-2.0 * alpha * r) / (r * r)
        soft_power[i] = 0.0
        soft_range[i] = 0.0
    for i in range(num_bins):  # received at R = (i + 1) steps
        total = 0.0
        for j in range(max(0, i + 1 - pulse_bins), num_bins):  # a target behind bin j
            if j <= i:
                phase = (i + 0.5 - j) * SOFT_STEP / (2.0 * half_length)
                pulse = math.sin(math.pi * phase)
                total += weight * pulse * pulse * air[j]
            reported = (i + 1) * SOFT_STEP - half_length
            if total > soft_power[j] and 0.0 < reported <= j * SOFT_STEP:
                soft_power[j] = total
                soft_range[j] = reported


@njit(cache=True)
def count_bright_drops(
    number: float, slope: float, reflectance: float, alpha: float, threshold: float, out: NDArray[np.float64]
) -> None:
    """Write the mean number of particles brighter than each threshold up to each range.

    Args:
        number: N₀ of the diameters [1/m⁴].
        slope: Λ of the diameters [1/m].
        reflectance: ρ of a particle.
        alpha: Extinction [1/m].
        threshold: First threshold; each next one is greater by a fixed ratio.
        out: Shape (num_thresholds, num_ranges).
    """
    for t in range(out.shape[0]):
        power = threshold * _THRESHOLD_RATIO**t
        total = 0.0
        for i in range(out.shape[1]):
            r = _DROP_START + (i + 0.5) * _DROP_STEP
            width = _BEAM_WIDTH + _BEAM_DIVERGENCE * r
            fill = r * math.sqrt(power * math.exp(2.0 * alpha * r) / reflectance)
            if fill < 1.0:
                least = width * fill
                density = number / slope * math.exp(-slope * least)
                total += density * 0.25 * math.pi * width * width * _DROP_STEP
            out[t, i] = total


def air_returns(weather: Weather, threshold: float) -> AirReturns:
    """Tabulate what the air of an episode sends back.

    Args:
        weather: The physical weather state.
        threshold: The least power that the receiver detects.
    """
    alpha = extinction(weather)
    turbid = backscatter(weather._replace(rain_rate=0.0, snow_rate=0.0))
    soft_power, soft_range = np.zeros(SOFT_BINS), np.zeros(SOFT_BINS)
    integrate_soft_echo(alpha, turbid, soft_power, soft_range)
    drops = np.zeros((_THRESHOLD_BINS, _DROP_BINS))
    number = slope = reflectance = 0.0
    if weather.snow_rate > 0.0:  # sleet counts as snow: flakes are the larger
        number, slope = 7600.0 * weather.snow_rate**-0.87 * 1e3, 2.55 * weather.snow_rate**-0.48 * 1e3
        reflectance = _SNOW_REFLECTANCE
    elif weather.rain_rate > 0.0:
        number, slope = NUMBER * 1e3, drop_slope(weather.rain_rate) * 1e3
        reflectance = _RAIN_REFLECTANCE
    if number > 0.0:
        count_bright_drops(number, slope, reflectance, alpha, threshold, drops)
    return AirReturns(alpha, soft_power, soft_range, drops, slope, reflectance, threshold)


@njit(cache=True)
def soft_echo(air: AirReturns, distance: float) -> tuple[float, float]:
    """Return power and range [m] of the soft echo before a target at `distance` [m] (infinite: no target)."""
    last = air.soft_power.shape[0] - 1
    bin_of_target = last if distance >= last * SOFT_STEP else int(distance / SOFT_STEP)
    return air.soft_power[bin_of_target], air.soft_range[bin_of_target]


@njit(cache=True)
def first_bright_drop(
    air: AirReturns, to_beat: float, distance: float, uniform: float, uniform_size: float
) -> tuple[float, float]:
    """Return power and range [m] of the first drop before a target that outshines a power; power 0 if there is none.

    Args:
        air: What falls through it.
        to_beat: The power of the brightest echo otherwise, at least the threshold.
        distance: Of the target [m].
        uniform: In [0, 1), decides whether and where.
        uniform_size: In [0, 1), decides how large.
    """
    drop_count = air.drop_count
    row = 0
    bound = air.threshold
    while bound * _THRESHOLD_RATIO <= to_beat:
        bound *= _THRESHOLD_RATIO
        row += 1
        if row >= drop_count.shape[0]:
            return 0.0, 0.0
    wanted = -math.log(1.0 - uniform)
    last = drop_count.shape[1] - 1
    if wanted >= drop_count[row, last]:
        return 0.0, 0.0
    low, high = 0, last
    while low < high:
        middle = (low + high) >> 1
        if drop_count[row, middle] <= wanted:
            low = middle + 1
        else:
            high = middle
    before = drop_count[row, low - 1] if low > 0 else 0.0
    r = _DROP_START + (low + (wanted - before) / (drop_count[row, low] - before)) * _DROP_STEP
    if r >= distance:
        return 0.0, 0.0
    width = _BEAM_WIDTH + _BEAM_DIVERGENCE * r
    loss = math.exp(-2.0 * air.extinction * r) / (r * r)
    diameter = width * math.sqrt(bound / (loss * air.drop_reflectance)) - math.log(1.0 - uniform_size) / air.drop_slope
    fill = min(1.0, diameter / width)
    return air.drop_reflectance * fill * fill * loss, r
