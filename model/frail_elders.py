"""What frail elders cost of each account at rest: the part of it that a pool for their care alone takes in.

People, queues and beds of the starting state say who uses what: each service line is shared out by those who have it today, or
had it in the year before, and an account's part is the mean of its lines weighted by what they came to in the base year. It is of
the modelled lines: what is committed besides is for children, mothers and people of working age.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from agents.patients.frail_elders import FrailElders, are_frail_elders
from agents.patients.record import ALIVE, FEMALE, FUNDER_MASK, FUNDER_SHIFT, PROACTIVE, SETTING_MASK
from agents.vocabulary import OLDEST, YOUNGEST, Account, CaseState, Condition, Funder, Service, Setting
from model.accounts import CarePrices, Costs
from model.engine import Month

AT_A_TIME = 1 << 20  # people that are looked at at a time
DAYS_A_YEAR = 365
DEMENTIA = 1 << int(Condition.DEMENTIA)
MENTAL_ILLNESS = 1 << int(Condition.DEPRESSION) | 1 << int(Condition.SMI)

LINES: Mapping[Account, tuple[str, ...]] = {
    Account.ACUTE: ("emergency", "planned"),
    Account.COMMUNITY: ("intermediate", "proactive", "community_nursing", "continence", "home_support"),
    Account.SOCIAL_CARE: ("home_care", "residential", "nursing", "reablement", "assessment", "brokerage", "charges"),
    Account.CONTINUING_CARE: ("continuing",),
    Account.MENTAL_HEALTH: ("mental_health", "dementia"),
    Account.PUBLIC_HEALTH: ("prevention",),
    Account.PRIMARY_CARE: ("primary_care",),
}
"""Lines of each account that are shared out by who uses them: fields of ``model.accounts.Costs``, but for hospitals' bills."""

BY_CARE = ("assessment", "brokerage", "charges")
"""Lines that follow those who have care at home or in a home from their council."""


def frail_parts(
    arrays: Mapping[str, np.ndarray], costs: Sequence[Costs], year: Sequence[Month], prices: CarePrices, consultations: np.ndarray, frail_from: float, elders: FrailElders
) -> dict[Account, float]:
    """Return the part of each account's modelled lines that frail elders cost at rest, 0 to 1.

    Parameters
    ----------
    arrays : of a starting state: people, cases, and who waits for planned care
    costs, year : months of the base year
    prices : what councils pay for care
    consultations : GP and nurse consultations by sex and age
    frail_from : frailty from which community nurses come
    elders : who counts
    """
    used: dict[str, np.ndarray] = {}
    for name, weight, frail in _uses(arrays, prices, consultations, frail_from, elders):
        used[name] = used.get(name, np.zeros(2)) + np.array([weight[frail].sum(), weight.sum()])
    used |= dict.fromkeys(BY_CARE, sum(used[name] for name in ("home_care", "residential", "nursing")))
    planned = sum(int(month.journal["pence"][np.isin(month.journal["service"], (Service.OUTPATIENT, Service.ELECTIVE))].sum()) for month in year)
    spent = {name: sum(int(getattr(each, name).sum()) for each in costs) for names in LINES.values() for name in names if name not in ("emergency", "planned")}
    spent |= {"charges": -spent["charges"], "planned": planned, "emergency": sum(int(month.journal["pence"].sum()) for month in year) - planned}
    found = {}
    for account, names in LINES.items():
        seen = [name for name in names if used[name][1]]  # in a small place nobody may be found in some line
        whole = sum(spent[name] for name in seen)
        part = sum(spent[name] * used[name][0] / used[name][1] for name in seen) / whole if whole else 0.0
        found[account] = float(min(max(part, 0.0), 1.0))
    return found


def _uses(
    arrays: Mapping[str, np.ndarray], prices: CarePrices, consultations: np.ndarray, frail_from: float, elders: FrailElders
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Yield, line by line and some people at a time, how much each uses of it, and who of them is a frail elder."""
    rows = arrays["rows"]
    for name, who in _queued(arrays):
        yield name, np.ones(len(who)), are_frail_elders(rows[who], elders)
    for low in range(0, len(rows), AT_A_TIME):
        some = np.array(rows[low : low + AT_A_TIME])
        some = some[some["end_month"] == ALIVE]
        frail = are_frail_elders(some, elders)
        setting, funder = some["care"] & SETTING_MASK, some["care"] >> FUNDER_SHIFT & FUNDER_MASK
        council, at_home = funder == Funder.COUNCIL, setting < Setting.RESIDENTIAL
        nursed = at_home & (some["need"] > 0) & (some["frailty"] >= frail_from)
        age = np.clip(-some["birth_month"].astype(np.int64) // 12, YOUNGEST, OLDEST) - YOUNGEST
        uses = {
            "emergency": some["last_discharge"] > -DAYS_A_YEAR,
            "home_care": council * at_home * some["package"] / 60.0 * prices.home_care_hour[some["council"]],
            "residential": council * (setting == Setting.RESIDENTIAL) * prices.residential_week[some["council"]],
            "nursing": council * (setting == Setting.NURSING) * prices.nursing_week[some["council"]],
            "continuing": funder == Funder.NHS,
            "proactive": some["flags"] & PROACTIVE != 0,
            "community_nursing": nursed, "continence": nursed, "home_support": ~at_home,
            "mental_health": some["conditions"] & MENTAL_ILLNESS != 0, "dementia": some["conditions"] & DEMENTIA != 0,
            "prevention": np.ones(len(some)), "primary_care": consultations[some["person"] & FEMALE, age],
        }  # fmt: skip
        for name, weight in uses.items():
            yield name, weight.astype(float), frail


def _queued(arrays: Mapping[str, np.ndarray]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield who is in short-term care, or waits for planned care."""
    state, person = arrays["cases"]["state"], arrays["cases"]["person"]
    yield "reablement", person[state == CaseState.REABLEMENT]
    yield "intermediate", person[state == CaseState.INTERMEDIATE]
    yield "planned", arrays["waiting"]["person"]
