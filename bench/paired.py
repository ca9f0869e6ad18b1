"""Paired measurements on a machine that is not quiet: differences of neighbours in time, and how sure their median is.

What a machine does beside a measurement (other guests, clocks, caches) changes within seconds and by more than what is looked
for. So the two things that are compared take turns in short slices in the order A B B A: whatever grows evenly over the four
falls out of the mean of the As less the mean of the Bs. Such a block gives one difference; many blocks give a median, and the
intervals below say how far it may be off.

Pure: numbers in, numbers out. No source of chance but the seeds.
"""
import math
import random
import statistics

RESAMPLES = 2000
SURE = 0.95


def block_difference(block):
    """Of a block's slices [("a", figure), ("b", figure), ...]: mean of a less mean of b."""
    sides = {"a": [], "b": []}
    for side, figure in block:
        sides[side].append(figure)
    return statistics.fmean(sides["a"]) - statistics.fmean(sides["b"])


def block_order(source):
    """A B B A or B A A B, by chance: what favours who comes first falls out of many blocks."""
    return "abba" if source.random() < 0.5 else "baab"


def sign_rank(count, sure=SURE):
    """Which value from either end bounds the median, by the sign test: the largest k with P(fewer than k below) <= half of
    what is left to chance; 0 when so few values bound nothing. Assumes no shape of their distribution."""
    total, rank = 0, 0
    for k in range(count):
        total += math.comb(count, k)
        if total / 2 ** count > (1 - sure) / 2:
            break
        rank = k + 1
    return rank


def median_interval(values, sure=SURE):
    """(low, high) between which the median of what the values are drawn from lies; None when there are too few to tell."""
    rank = sign_rank(len(values), sure)
    if rank == 0:
        return None
    ordered = sorted(values)
    return ordered[rank - 1], ordered[-rank]


def ratio_interval(above, below, seed=1, sure=SURE):
    """Of median(above) / median(below): the same ratio of values drawn again from both (bootstrap, percentiles); None when the
    divisor is not surely more than nothing."""
    if len(above) < 6 or len(below) < 6:
        return None
    source = random.Random(seed)
    ratios = []
    for _ in range(RESAMPLES):
        divisor = statistics.median(source.choices(below, k=len(below)))
        if divisor <= 0:
            return None
        ratios.append(statistics.median(source.choices(above, k=len(above))) / divisor)
    ratios.sort()
    edge = round(RESAMPLES * (1 - sure) / 2)
    return ratios[edge], ratios[-1 - edge]


def verdict(interval, target):
    """What an interval says about a target that is not to be exceeded."""
    if interval is None:
        return "not decided"
    if interval[1] <= target:
        return "met"
    return "missed" if interval[0] > target else "not decided"


def summary(values):
    """As JSON has it: median, its interval, and the least and most value."""
    interval = median_interval(values)
    return {"median": statistics.median(values), "low": interval and interval[0], "high": interval and interval[1],
            "least": min(values), "most": max(values), "count": len(values)}
