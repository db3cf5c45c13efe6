"""What a number of drills can show at most: exact bounds in whole numbers, without a floating point.

Both bounds are one-sided, at 95 % confidence, and hold for a pick by chance only: who picks the workloads
that are sure to come back learns nothing from them. Sources: `lines.Assurance`.
"""

from math import comb

CONFIDENCE_PER_MILLE = 950
_ONE_IN = 20
"""1 / (1 - confidence)."""
_CERTAIN = 1000


def workloads_at_most(*, of: int, shown: int, missed: int) -> int:
    """The most of `of` workloads that may be bad, when `missed` of the `shown` ones are.

    The largest number of bad ones under which a pick of `shown` holds no more than `missed` of them with a
    chance of more than 1 in 20 (hypergeometric). ValueError for numbers that contradict each other.
    """
    if not 0 <= missed <= shown <= of:
        raise ValueError(f"{missed} of {shown} of {of}: not a sample")
    low, high = missed, of - (shown - missed)
    while low < high:
        middle = (low + high + 1) // 2
        if _likely(of, middle, shown, missed):
            low = middle
        else:
            high = middle - 1
    return low


def chance_at_most(*, shown: int, missed: int) -> int:
    """The highest chance to miss, per mille and rounded up, when `missed` of `shown` drills did.

    The smallest per mille under which `missed` misses or fewer come up with a chance of at most 1 in 20
    (binomial, Clopper and Pearson). ValueError for numbers that contradict each other.
    """
    if not 0 <= missed <= shown:
        raise ValueError(f"{missed} of {shown}: not a sample")
    if missed == shown:
        return _CERTAIN
    low, high = 0, _CERTAIN
    while low < high:
        middle = (low + high) // 2
        if _at_most(shown, missed, middle) * _ONE_IN <= _CERTAIN**shown:
            high = middle
        else:
            low = middle + 1
    return low


def _likely(of: int, bad: int, shown: int, missed: int) -> bool:
    """Whether `missed` or fewer bad ones among the shown have a chance of more than 1 in 20."""
    ways = sum(comb(bad, found) * comb(of - bad, shown - found) for found in range(missed + 1))
    return ways * _ONE_IN > comb(of, shown)


def _at_most(shown: int, missed: int, per_mille: int) -> int:
    """The chance of `missed` misses or fewer, times 1000 to the power of `shown`."""
    other = _CERTAIN - per_mille
    if other == 0:
        return 0
    term: int = other**shown
    total = term
    for found in range(missed):
        term = term * (shown - found) * per_mille // ((found + 1) * other)
        total += term
    return total
