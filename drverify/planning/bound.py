"""What a sample without a bad file shows of the set that it was drawn from: exact, in whole numbers. Pure.

Drawn without replacement out of strata, a sample misses all of D bad files with the chance

    product over the strata of C(N - d, n) / C(N, n)

where a stratum has N files of which n are drawn and d are bad, and the d sum up to D. Nobody knows how the
bad ones are spread, so the worst spread counts. Each factor is log-concave in d (one more bad file multiplies
it by 1 - n / (N - d)), so the worst spread puts each further bad file where n / (N - d) is smallest. With one
stratum this is the hypergeometric bound (W. G. Cochran, Sampling Techniques, 3rd edition, 3.6).
"""

import heapq
from collections.abc import Sequence
from fractions import Fraction

ONE_IN = 20
"""1 / (1 - confidence): 95 %."""
PPM = 1_000_000
MOST_FILES = 100_000_000
"""A sample of more is not drawn: computing what it shows would take too long."""
_ONE = 1 << 256
Stratum = tuple[int, int]
"""Files in it, files drawn of it."""


def bad_at_most(strata: Sequence[Stratum]) -> int:
    """The most files that may be bad when none of those drawn is, at 95 % confidence, one-sided.

    The largest number under which such a sample has a chance of more than 1 in 20. ValueError for strata of
    which more are drawn than there are.
    """
    if any(not 0 <= drawn <= files for files, drawn in strata):
        raise ValueError("more files drawn than there are")
    looked_at = [stratum for stratum in strata if stratum[1]]
    low, high = 0, sum(files - drawn for files, drawn in looked_at)
    while low < high:
        middle = (low + high + 1) // 2
        if _likely(looked_at, middle):
            low = middle
        else:
            high = middle - 1
    return low + sum(files for files, drawn in strata if not drawn)


def at_most_ppm(strata: Sequence[Stratum]) -> int:
    """The same as a share of all files, in millionths, rounded up; 0 for no files at all."""
    files = sum(files for files, _ in strata)
    return -(-bad_at_most(strata) * PPM // files) if files else 0


def worst_spread(strata: Sequence[Stratum], bad: int) -> list[int]:
    """How many of the bad files each stratum holds when the sample is least likely to meet one.

    First by the level to which the worst spread fills the strata, the last few one by one. Of every stratum
    at least one file is drawn.
    """
    low, high = Fraction(0), Fraction(max((files for files, _ in strata), default=0) + 1)
    for _ in range(64):
        middle = (low + high) / 2
        if sum(_filled(strata, middle)) > bad:
            low = middle
        else:
            high = middle
    spread = _filled(strata, high)
    heap = [
        (Fraction(n, files - d), at)
        for at, ((files, n), d) in enumerate(zip(strata, spread, strict=True))
        if files - d > n
    ]
    heapq.heapify(heap)
    for _ in range(bad - sum(spread)):
        _, at = heapq.heappop(heap)
        spread[at] += 1
        files, n = strata[at]
        if files - spread[at] > n:
            heapq.heappush(heap, (Fraction(n, files - spread[at]), at))
    return spread


def _filled(strata: Sequence[Stratum], level: Fraction) -> list[int]:
    """The bad files of each stratum when each is filled for as long as (N - d) / n is above the level."""
    return [
        max(0, min(files - drawn, files - level.numerator * drawn // level.denominator))
        for files, drawn in strata
    ]


def _likely(strata: Sequence[Stratum], bad: int) -> bool:
    """Whether a sample without a bad file has a chance of more than 1 in 20 when `bad` are.

    C(N - d, n) / C(N, n) has as many factors as the smaller of d and n. Counted in 256 bits behind the point
    and rounded down: only a chance above 1 in 20 by less than 2 ** -200 would be taken for one that is not.
    """
    chance = _ONE
    for (files, drawn), d in zip(strata, worst_spread(strata, bad), strict=True):
        fewer, more = sorted((d, drawn))
        for at in range(fewer):
            chance = chance * (files - at - more) // (files - at)
            if chance * ONE_IN <= _ONE:
                return False
    return True
