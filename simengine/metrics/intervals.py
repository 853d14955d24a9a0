"""How sure a share is that was counted in a sample."""

import math

CONFIDENT = 1.959963984540054  # standard deviations that hold 95 % of a normal


def wilson_interval(count: float, total: float, deviations: float = CONFIDENT) -> tuple[float, float]:
    """Return the interval in which a share lies, by Wilson's score (J. Am. Stat. Assoc. 22, 1927, 209).

    Args:
        count: How many of the sample had it; not whole where the sample stands for fewer independent ones.
        total: Size of the sample, or its effective size; of none nothing is known.
        deviations: Of the normal; the default is an interval of 95 %.
    """
    if total == 0:
        return 0.0, 1.0
    share, square = count / total, deviations * deviations
    middle = (share + 0.5 * square / total) / (1.0 + square / total)
    spread = math.sqrt(share * (1.0 - share) / total + 0.25 * square / (total * total))
    half = deviations * spread / (1.0 + square / total)
    # At the ends of the scale rounding must not leave a sliver: none of n is compatible with exactly none.
    return (0.0 if count == 0 else middle - half), (1.0 if count == total else middle + half)
