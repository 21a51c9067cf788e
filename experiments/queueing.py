"""What queueing theory says of beds, queues and packages: the answers that both hospital flows are held against.

Loads are in erlangs: arrivals a day times mean days in service, so the mean number of servers (beds, packages) in use
where there are enough. Servers are a whole number; times are in days. Nothing here is simulated.

References
----------
Erlang (1917), Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges, Elektroteknikeren 13 (loss and delay formulas).
Crommelin (1932), Delay probability formulae when the holding times are constant, Post Office Electrical Engineers'
Journal 25 (M/D/c).
Little (1961), A proof for the queuing formula: L = lambda W, Operations Research 9(3).
Gross and Harris, Fundamentals of Queueing Theory (M/M/c, M/G/infinity).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import gammainc

DAYS_A_YEAR = 365.0
SMALL = 1e-16  # chances below this are left out of a distribution


def load(arrivals: float, mean_service: float) -> float:
    """Return the offered load in erlangs; by Little's law also the mean number in service where nobody waits.

    >>> load(20.0, 5.0)
    100.0
    """
    return arrivals * mean_service


# One queue


def erlang_b(servers: int, offered: float) -> float:
    """Return the share of arrivals lost where nobody waits (M/G/c/c).

    >>> erlang_b(1, 1.0)
    0.5
    >>> erlang_b(2, 1.0)
    0.2
    >>> round(erlang_b(3, 2.0) * 19, 12)
    4.0
    """
    lost = 1.0
    for server in range(1, servers + 1):
        lost = offered * lost / (server + offered * lost)
    return lost


def erlang_c(servers: int, offered: float) -> float:
    """Return the share of arrivals that wait (M/M/c); with one server the load itself.

    Raises
    ------
    ValueError
        If the load is not below the servers: the queue then grows without end.

    Examples
    --------
    >>> erlang_c(1, 0.7)
    0.7
    >>> round(erlang_c(2, 1.0) * 3, 12)
    1.0
    >>> round(erlang_c(3, 2.0) * 9, 12)
    4.0
    """
    _check_stable("erlang_c", servers, offered)
    lost = erlang_b(servers, offered)
    return servers * lost / (servers - offered * (1.0 - lost))


def mean_waiting(servers: int, offered: float) -> float:
    """Return the mean number waiting in M/M/c.

    Three doctors, six patients an hour, twenty minutes each: eight ninths of a patient wait.

    >>> round(mean_waiting(3, 2.0) * 9, 12)
    8.0
    """
    return erlang_c(servers, offered) * offered / (servers - offered)


def mean_wait(servers: int, arrivals: float, mean_service: float) -> float:
    """Return the mean wait of all arrivals in M/M/c, in the time unit of `mean_service`.

    The same doctors: eight ninths of a patient at six an hour are eight fifty-fourths of an hour.

    >>> round(mean_wait(3, 6.0, 1.0 / 3.0) * 54, 12)
    8.0
    """
    return mean_waiting(servers, load(arrivals, mean_service)) / arrivals


def wait_exceeds(servers: int, arrivals: float, mean_service: float, wait: float) -> float:
    """Return the share of arrivals that wait longer than `wait` in M/M/c, first come first served.

    >>> wait_exceeds(1, 0.5, 1.0, 0.0)
    0.5
    >>> round(wait_exceeds(1, 0.5, 1.0, 2.0) / math.exp(-1.0), 12)
    0.5
    """
    offered = load(arrivals, mean_service)
    return erlang_c(servers, offered) * math.exp(-(servers - offered) * wait / mean_service)


def mean_waiting_fixed(servers: int, offered: float) -> float:
    """Return the mean number waiting in M/D/c (Crommelin 1932): each service takes the same time, the unit of time here.

    After one service time whoever was in service is gone, and whoever waited is in service or in front of those who came
    since: a chain whose distribution is found by running it until it stands still. One server agrees with Pollaczek and
    Khinchine, half of what exponential services make wait.

    >>> round(mean_waiting_fixed(1, 0.8), 9), round(mean_waiting(1, 0.8) / 2.0, 9)
    (1.6, 1.6)

    Raises
    ------
    ValueError
        If the load is not below the servers.
    """
    _check_stable("mean_waiting_fixed", servers, offered)
    come = _poisson(offered, _room(servers, offered))

    def after(there: np.ndarray) -> np.ndarray:
        left = np.concatenate([[there[: servers + 1].sum()], there[servers + 1 :]])
        return np.convolve(left, come)[: len(there)]

    return _waiting_at_rest(after, servers, len(come))


def mean_waiting_by_day(servers: int, arrivals: float, leaves: float) -> float:
    """Return the mean number waiting in M/M/c that is looked at, and moves, once a day.

    Each day those in service leave, each with the chance `leaves`, so that service takes whole days, 1 / `leaves` on
    average; then a Poisson number arrives, and who waits longest takes what is free. One server has in the mean
    a (2 - a) / (2 (p - a)) in the system at a rate a and a chance p; as days become short beside the service this is M/M/c.

    >>> round(mean_waiting_by_day(1, 0.25, 0.5) + 0.25 / 0.5, 9), 0.25 * (2.0 - 0.25) / (2.0 * (0.5 - 0.25))
    (0.875, 0.875)
    >>> [round(mean_waiting_by_day(3, 2.0 / days, 1.0 / days) / mean_waiting(3, 2.0), 3) for days in (5, 20)]
    [0.901, 0.975]

    Raises
    ------
    ValueError
        If the load is not below the servers.
    """
    offered = arrivals / leaves
    _check_stable("mean_waiting_by_day", servers, offered)
    room = _room(servers, offered)
    come = _poisson(arrivals, room)
    stay = np.zeros((servers + 1, servers + 1))  # chance that of so many in service so many stay
    for number in range(servers + 1):
        for kept in range(number + 1):
            stay[number, kept] = math.comb(number, kept) * (1.0 - leaves) ** kept * leaves ** (number - kept)

    def after(there: np.ndarray) -> np.ndarray:
        left = np.zeros(room)
        left[: servers + 1] = there[: servers + 1] @ stay
        full = np.convolve(there[servers + 1 :], stay[servers])  # one more than these is the number left
        left[1 : 1 + len(full)] += full[: room - 1]
        return np.convolve(left, come)[:room]

    return _waiting_at_rest(after, servers, room)


def _room(servers: int, offered: float) -> int:
    """Return a number in the system that is exceeded about never."""
    return servers + 20 + int(40.0 * servers / (servers - offered))


def _poisson(mean: float, room: int) -> np.ndarray:
    numbers = np.arange(room)
    return np.exp(numbers * math.log(mean) - mean - np.array([math.lgamma(k + 1.0) for k in numbers]))


def _waiting_at_rest(after: Callable[[np.ndarray], np.ndarray], servers: int, room: int) -> float:
    """Return the mean number waiting of the chain that `after` moves by a step."""
    there, before = np.full(room, 1.0 / room), np.zeros(room)
    while np.abs(there - before).max() > SMALL:
        before = there
        there = after(there)
        there /= there.sum()
    return float(there @ np.maximum(np.arange(room) - servers, 0))


def _check_stable(name: str, servers: int, offered: float) -> None:
    if not offered < servers:
        raise ValueError(f"{name} has a steady state for a load below the servers ({servers}), got {offered:g} erlangs")


# Nights


def nights_kept(mean_stay: float, shape: float = 1.0, *, leaves_from: float = 0.0) -> np.ndarray:
    """Return the chance that a Weibull stay from any hour of the day lasts at least k nights, from k = 1 to where it is nought.

    Over the hours of arrival this is the integral of the chance that a stay is longer than x, for x from k - 1 to k: it
    adds up to the mean stay. Where nobody who came in the last share `leaves_from` of a day leaves on that day, those of
    them whose stay ends before midnight spend a night too. With ``math.inf`` for a shape all stays are alike.

    >>> round(float(nights_kept(5.0).sum()), 12), round(float(nights_kept(5.0, 0.65).sum()), 12)
    (5.0, 5.0)
    >>> nights_kept(2.5, math.inf).tolist()
    [1.0, 1.0, 0.5]
    >>> round(float(nights_kept(1.0, leaves_from=0.5).sum()) - math.exp(-0.5), 12)
    0.5
    """
    if math.isinf(shape):
        kept = np.clip(mean_stay - np.arange(math.ceil(mean_stay)), 0.0, 1.0)
        short = max(leaves_from - mean_stay, 0.0)
    else:
        scale = weibull_scale(mean_stay, shape)
        last = int(scale * (-math.log(SMALL)) ** (1.0 / shape)) + 2
        over = mean_stay * gammainc(1.0 / shape, (np.arange(last) / scale) ** shape)
        kept = np.diff(over)
        short = leaves_from - mean_stay * float(gammainc(1.0 / shape, (leaves_from / scale) ** shape))
    kept[:1] += short
    return kept


def weibull_scale(mean_stay: float, shape: float) -> float:
    """Return the scale of a Weibull distribution of this mean.

    >>> weibull_scale(5.0, 1.0)
    5.0
    >>> round(weibull_scale(5.0, 0.5), 12)
    2.5
    """
    return mean_stay / math.gamma(1.0 + 1.0 / shape)


def occupancy_covariance(arrivals: float, kept: np.ndarray, lag: int) -> float:
    """Return the covariance of the midnight occupancies of unlimited beds, `lag` days apart.

    Poisson arrivals of `arrivals` a day, of whom the share ``kept[k]`` is still there at their k-th midnight, from 0.
    What two midnights have in common is those who were there at both; at lag 0 it is the Poisson variance, the mean.

    >>> stays_of_two_nights = np.array([1.0, 1.0, 0.0])
    >>> [occupancy_covariance(3.0, stays_of_two_nights, lag) for lag in (0, 1, 2)]
    [6.0, 3.0, 0.0]
    """
    return float(arrivals * kept[lag:].sum())


def variance_of_mean(arrivals: float, kept: np.ndarray, days: int) -> float:
    """Return the variance of the mean of `days` successive midnight occupancies of unlimited beds.

    >>> stays_of_one_night = np.array([1.0, 0.0])
    >>> variance_of_mean(3.0, stays_of_one_night, 10)
    0.3
    """
    lags = min(days, len(kept))
    covariances = [occupancy_covariance(arrivals, kept, lag) for lag in range(lags)]
    both_ways = math.fsum((days - lag) * covariances[lag] for lag in range(1, lags))
    return (days * covariances[0] + 2.0 * both_ways) / days**2


# Delayed discharge


def packages_held(referrals: float, share: float, package_days: float) -> float:
    """Return how many packages are held at steady state: another load.

    Twenty referrals a day, of whom one in twenty needs a package for two years.

    >>> packages_held(20.0, 0.05, 730.0)
    730.0
    """
    return load(referrals * share, package_days)


def growth_a_year(referrals: float, share: float, package_days: float, packages: float) -> float:
    """Return by how many a year the people who wait for a package come to be more, if nobody leaves the queue; 0 if none.

    One package too few serves 729 / 730 of a person a day: half a person a year is left over.

    >>> growth_a_year(20.0, 0.05, 730.0, 730.0)
    0.0
    >>> round(growth_a_year(20.0, 0.05, 730.0, 729.0), 12)
    0.5
    """
    return DAYS_A_YEAR * max(referrals * share - packages / package_days, 0.0)
