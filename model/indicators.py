"""Rates, shares and spreads of a year by official definitions, worked out from measures (:mod:`model.measures`).

An indicator is a numerator over a denominator, both totals of a year. *Spreads* say how far a rate differs between the councils of a
place; *gradients* how far it differs between fifths of deprivation at equal age. What cannot be told (a spread of a single council,
a rate of nobody) is left out of the frame rather than put at zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from model.groups import MONTHS, SUBJECTS
from model.measures import FIFTHS, MEASURES, kind

PLACE = "place"


@dataclass(frozen=True, kw_only=True, slots=True)
class Indicator:
    """One indicator of a year.

    Parameters
    ----------
    name : key in data
    label : words for a reader
    unit : of the value
    definition : what is told, and after whom
    better : ``less``, ``more`` or ``neither``
    """

    name: str
    label: str
    unit: str
    definition: str
    better: str = "neither"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate(Indicator):
    """An indicator that is a rate: told for the place and for each council.

    Parameters
    ----------
    numerator : measures that are added up
    denominator : measure
    per : so many of the denominator
    """

    numerator: tuple[str, ...]
    denominator: str
    per: float = 1.0


HUNDRED_THOUSAND = 100_000.0

RATES: tuple[Rate, ...] = (
    Rate(name="admissions_rate", label="Emergency admissions", unit="per 100,000 adults", numerator=("emergency_admissions",), denominator="people", per=HUNDRED_THOUSAND,
         definition="emergency admissions of adults (HES) for each 100,000 adults"),
    Rate(name="acs_rate", label="Ambulatory-care-sensitive admissions", unit="per 100,000 adults", numerator=("emergency_admissions_acs",), denominator="people",
         per=HUNDRED_THOUSAND, better="less",
         definition="as NHS Outcomes Framework 2.3 and 3a, which count them on wider lists and for all ages; here adults, on the narrow list (Tian 2012, P-B.emerg-018)"),
    Rate(name="readmission_share", label="Returns admitted within 30 days", unit="% of discharges", numerator=("readmissions",), denominator="discharges", per=100.0, better="less",
         definition="as NHS Outcomes Framework 3b, which is of all discharges; here of adults after emergencies, deaths in hospital among the discharges (T-B-024)"),
    Rate(name="delayed_days_rate", label="Delayed days (recorded)", unit="days per 100,000 adults", numerator=("delayed_days_recorded",), denominator="people", per=HUNDRED_THOUSAND,
         better="less", definition="days of the monthly return of delayed transfers of care for each 100,000 adults"),
    Rate(name="delayed_transfers", label="Delayed transfers of care", unit="per 100,000 adults", numerator=("delayed_patients",), denominator="people", per=HUNDRED_THOUSAND,
         better="less", definition="ASCOF 2C, first part: patients delayed on the last Thursday of the month, mean of the months, for each 100,000 adults (T-C-015); of acute hospitals, where the published figure is of all care"),
    Rate(name="delayed_transfers_social_care", label="Delayed transfers, social care", unit="per 100,000 adults",
         numerator=("delayed_patients/by_social_care", "delayed_patients/by_both"), denominator="people", per=HUNDRED_THOUSAND, better="less",
         definition="ASCOF 2C, second part: those for which social care answers, alone or with the NHS (T-C-015)"),
    Rate(name="care_home_admission_rate", label="Council-supported care-home admissions", unit="per 100,000 people of 65 and over", numerator=("older_care_home_admissions",),
         denominator="older_people_midyear", per=HUNDRED_THOUSAND, better="less",
         definition="ASCOF 2A, second part: permanent admissions of people of 65 and over at the council's cost for each 100,000 of that age at mid-year (T-C-013)"),
    Rate(name="at_home_after_reablement", label="At home 91 days after reablement", unit="% of people followed", numerator=("reablement_at_home",), denominator="reablement_followed",
         per=100.0, better="more",
         definition="ASCOF 2B, first part: share of people of 65 and over discharged to reablement or intermediate care who live at home 91 days later; of all months, not of October to December alone (T-C-014)"),
    Rate(name="offered_reablement", label="Discharged to reablement", unit="% of discharges at 65 and over", numerator=("older_reabled",), denominator="older_discharges", per=100.0, better="more",
         definition="ASCOF 2B, second part: share of discharges at 65 and over to reablement or intermediate care; of discharges after emergencies, not of all (note of T-C-014)"),
    Rate(name="qalys_each", label="QALYs", unit="QALYs a person", numerator=("qalys",), denominator="people", better="more", definition="EQ-5D quality-adjusted life years lived in the year by each adult"),
    Rate(name="days_at_home_each", label="Days at home", unit="days a person", numerator=("days_at_home",), denominator="people", better="more", definition="days neither in hospital nor in a care home for each adult"),
    Rate(name="unmet_hours_each", label="Hours of unmet need", unit="hours a person", numerator=("unmet_hours",), denominator="people", better="less", definition="hours of unmet need in the year for each adult"),
    Rate(name="strained_share", label="Carers under strain", unit="per 1,000 adults", numerator=("strained_carers",), denominator="people", per=1000.0, better="less",
         definition="people whose carers are under strain for each 1,000 adults"),
    Rate(name="breakdown_share", label="Carers giving up", unit="% of carers under strain", numerator=("carer_breakdowns",), denominator="strained_carers", per=100.0, better="less",
         definition="carers who give up in a year for each 100 under strain (P-C.carer-008); strain that is fading makes some give up who are no longer counted below"),
    Rate(name="paid_each", label="Out-of-pocket cost of those who pay", unit="pounds a year", numerator=("out_of_pocket",), denominator="paying_people", better="less",
         definition="what people pay who pay in full for their care, for each of them and year"),
    Rate(name="paid_dearly_share", label="People who have paid dearly", unit="per 1,000 people of 65 and over", numerator=("paid_dearly_midyear",), denominator="older_people_midyear", per=1000.0,
         better="less", definition="people alive at mid-year who have paid 100,000 pounds or more since the start, of any age, for each 1,000 of 65 and over: rises with the length of the run"),
    Rate(name="dear_deaths_share", label="Lives that ended after dear care", unit="% of deaths", numerator=("dear_lives",), denominator="deaths", per=100.0, better="less",
         definition="catastrophic cost as Dilnot 2011 told it: lifetime care costs of 100,000 pounds or more, which one in ten face at 65 (P-C.means-006); only what was paid since the start is known, so early years tell too little"),
    Rate(name="assessments_each", label="Assessments", unit="per 1,000 adults", numerator=("assessments",), denominator="people", per=1000.0, definition="assessments of social care in the year for each 1,000 adults"),
    Rate(name="handovers_each", label="Handovers", unit="a person", numerator=("handovers",), denominator="people", better="less", definition="handovers in the year for each adult"),
    *(
        Rate(name=f"{subject}_standardised", label=f"{MEASURES[subject].label}, standardised", unit="% of expected", numerator=(f"{subject}_observed",), denominator=f"{subject}_expected",
             per=100.0, better="less",
             definition=f"{MEASURES[subject].label.lower()} over what is expected of people of these ages, indirectly standardised in five bands: 100 is the place's own people before the start")
        for subject in SUBJECTS
    ),
)  # fmt: skip

SPREAD = tuple(
    rate for rate in RATES
    if rate.name in ("delayed_transfers", "care_home_admission_rate", "at_home_after_reablement", "unmet_hours_each", *(f"{subject}_standardised" for subject in SUBJECTS))
)  # fmt: skip
"""Rates whose spread between councils is told."""

SPREADS: tuple[Indicator, ...] = tuple(
    indicator
    for rate in SPREAD
    for indicator in (
        Indicator(name=f"{rate.name}_variation", label=f"{rate.label}: variation between councils", unit="%", better="less",
                  definition=f"standard deviation of the councils' rates of {rate.label.lower()} over their mean, each council counted once; chance is part of it"),
        Indicator(name=f"{rate.name}_span", label=f"{rate.label}: highest over lowest council", unit="times", better="less",
                  definition=f"highest council's rate of {rate.label.lower()} over the lowest's"),
    )
)  # fmt: skip

GRADIENTS: tuple[Indicator, ...] = tuple(
    indicator
    for subject, unit in zip(SUBJECTS, ("per 100,000 adults", "per 100,000 adults", "per 100,000 adults", "hours a week per 100,000 adults"), strict=True)
    for indicator in (
        Indicator(name=f"{subject}_slope", label=f"{MEASURES[subject].label}: slope of inequality", unit=unit, better="less",
                  definition=f"slope index of inequality: difference in {MEASURES[subject].label.lower()} between the most and the least deprived, by a line through the five fifths' rates, standardised for age, over their places in the ranking of people; above 0: more among the deprived"),
        Indicator(name=f"{subject}_gap", label=f"{MEASURES[subject].label}: most over least deprived fifth", unit="times",
                  definition=f"{MEASURES[subject].label.lower()} of the most deprived fifth over the least deprived, each standardised for age"),
    )
)  # fmt: skip

INDICATORS: tuple[Indicator, ...] = RATES + SPREADS + GRADIENTS


def yearly_totals(measures: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return totals of measures by year (from 1): a flow's months add up, a stock's are averaged.

    Parameters
    ----------
    measures : columns of `keys`, ``measure`` among them, then month (from 0), value
    keys : by which rows are told apart, the year aside

    Returns
    -------
    DataFrame
        The keys, year, value.
    """
    frame = measures.assign(year=measures["month"] // MONTHS + 1)
    yearly = frame.groupby([*keys, "year"], observed=True, sort=True)["value"].agg(["sum", "mean"]).reset_index()
    yearly["value"] = np.where(is_flow(yearly["measure"]), yearly["sum"], yearly["mean"])
    return yearly[[*keys, "year", "value"]]


def is_flow(names: pd.Series) -> pd.Series:
    """Return of each measure whether it is a flow."""
    return names.map({name: kind(name) == "flow" for name in names.unique()})


def needed(indicators: Iterable[Rate] = RATES) -> set[str]:
    """Return the measures that indicators are worked out from."""
    of_rates = {name for rate in indicators for name in (*rate.numerator, rate.denominator)}
    by_fifth = {f"{subject}_{which}/{fifth}" for subject in SUBJECTS for which in ("observed", "expected") for fifth in FIFTHS}
    return of_rates | by_fifth | {f"people_midyear/{fifth}" for fifth in FIFTHS}


def indicators(totals: pd.DataFrame) -> pd.DataFrame:
    """Return all indicators that totals of measures allow.

    Parameters
    ----------
    totals : organisation, measure, year, value, and any columns that tell runs apart (structure, replication)

    Returns
    -------
    DataFrame
        The columns of `totals`, with indicators in the place of measures. Spreads and gradients are the place's.
    """
    keys = [column for column in totals.columns if column not in ("organisation", "measure", "value")]
    totals = totals[totals["measure"].isin(needed())]
    wide = totals.pivot(index=[*keys, "organisation"], columns="measure", values="value")
    found = pd.DataFrame({rate.name: _rate(wide, rate) for rate in RATES}, index=wide.index)
    is_place = wide.index.get_level_values("organisation") == PLACE
    councils = found[~is_place & wide.get("people", pd.Series(np.nan, wide.index)).notna()]
    place = found[is_place].join(_spreads(councils, keys)).join(_gradients(wide[is_place]))
    told = pd.concat([place, found[~is_place]]).reset_index().melt([*keys, "organisation"], var_name="measure").dropna(subset="value")
    return told[list(totals.columns)].sort_values([*keys, "organisation", "measure"], kind="stable", ignore_index=True)


def _rate(wide: pd.DataFrame, rate: Rate) -> pd.Series:
    if not {*rate.numerator, rate.denominator} <= set(wide.columns):
        return pd.Series(np.nan, wide.index)
    below = wide[rate.denominator]
    return rate.per * wide[list(rate.numerator)].sum(axis=1, skipna=False) / below.where(below > 0.0)


def _spreads(councils: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return the spreads between councils, by run and year, for the place; none of fewer than two councils."""
    columns = {}
    for rate in SPREAD:
        by_run = councils[rate.name].groupby(level=list(keys), sort=False)
        several = by_run.count() > 1
        mean, low = by_run.mean(), by_run.min()
        columns[f"{rate.name}_variation"] = (100.0 * by_run.std(ddof=0) / mean.where(mean > 0.0)).where(several)
        columns[f"{rate.name}_span"] = (by_run.max() / low.where(low > 0.0)).where(several)
    frame = pd.DataFrame(columns)
    return frame.assign(organisation=PLACE).set_index("organisation", append=True)


def _gradients(wide: pd.DataFrame) -> pd.DataFrame:
    """Return the gradients between fifths of deprivation of the place."""
    columns = {}
    for subject in SUBJECTS:
        names = [[f"{prefix}/{fifth}" for fifth in FIFTHS] for prefix in ("people_midyear", f"{subject}_observed", f"{subject}_expected")]
        people, observed, expected = (wide.reindex(columns=each).to_numpy(float) for each in names)
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.where((people > 0.0) & (expected > 0.0), observed / expected, np.nan)
            crude = HUNDRED_THOUSAND * np.nansum(observed, axis=1) / np.nansum(people, axis=1)
            columns[f"{subject}_gap"] = np.where(ratio[:, -1] > 0.0, ratio[:, 0] / ratio[:, -1], np.nan)
            mean = np.nansum(observed, axis=1) / np.nansum(expected, axis=1)
        columns[f"{subject}_slope"] = [slope_index(rate, heads) for rate, heads in zip(ratio / mean[:, None] * crude[:, None], people, strict=True)]
    return pd.DataFrame(columns, index=wide.index)


def slope_index(rates: np.ndarray, people: np.ndarray) -> float:
    """Return the slope index of inequality: how much higher the rate is at the most deprived end of the ranking of people.

    A line is laid through the groups' rates, over the middle of each group's place in the ranking (0 the most deprived end, 1 the
    least), each group weighing as many people as it has.

    Parameters
    ----------
    rates : of groups, the most deprived first; NaN where there is nobody
    people : of each group

    Returns
    -------
    float
        NaN with fewer than two groups.

    Examples
    --------
    >>> round(slope_index(np.array([90.0, 70.0, 50.0, 30.0, 10.0]), np.full(5, 1000.0)), 6)
    100.0
    """
    known = ~np.isnan(rates) & (people > 0.0)
    if known.sum() < 2:
        return float("nan")
    rates, share = rates[known], people[known] / people[known].sum()
    middle = np.cumsum(share) - share / 2.0
    middle = middle - (share * middle).sum()
    return float(-(share * middle * rates).sum() / (share * middle**2).sum())
