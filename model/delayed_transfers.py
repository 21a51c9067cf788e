"""The national return of delayed transfers of care: how many days England's hospitals recorded, why, and who answered.

A patient counts who is ready for transfer, by a clinical decision and by that of a multi-disciplinary team, and safe
to go, and is still in a bed (LG Inform, metric 3632). Children are not meant to be counted (King's Fund, "Delayed
transfers of care: a quick guide"); the published figures tell no ages.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from agents.vocabulary import N_REASONS, N_RESPONSIBLE, Reason, Responsible
from model.place_data import read_table

FILE = "dtoc_england_month_reason_org.csv"
ACUTE, NON_ACUTE = "Acute", "Non-Acute"
FIRST_MONTH, LAST_MONTH = "2014-04", "2015-03"  # the base year

REASON_WORDS = {
    "further_nhs_care": Reason.FURTHER_NHS,
    "assessment": Reason.ASSESSMENT,
    "care_package_home": Reason.PACKAGE,
    "residential_home": Reason.RESIDENTIAL,
    "public_funding": Reason.FUNDING,
    "patient_family_choice": Reason.CHOICE,
    "nursing_home": Reason.NURSING,
    "community_equipment": Reason.EQUIPMENT,
    "housing": Reason.HOUSING,
    "disputes": Reason.DISPUTES,
}
"""The file's words for the reasons."""


@lru_cache(maxsize=4)
def recorded_days(*care: str, first: str = FIRST_MONTH, last: str = LAST_MONTH) -> np.ndarray:
    """Return the delayed days that England recorded, by reason and responsible body, shape (10, 3).

    Parameters
    ----------
    care : kinds of care, `ACUTE` or `NON_ACUTE` or both
    first, last : months, such as ``"2014-04"``, both counted; the file has April 2011 to March 2015

    Raises
    ------
    ValueError
        If the kind of care or the months are not in the file.
    """
    table = read_table(FILE)
    for given, column in ((care, "care"), ((first, last), "month")):
        missing = sorted(set(given) - set(table[column].tolist()))
        if missing or not given:
            known = sorted(set(table[column].tolist()))
            raise ValueError(f"{column} must be from {known[0]} to {known[-1]}, got {', '.join(missing) or 'none'}")
    which = np.isin(table["care"], care) & (table["month"] >= first) & (table["month"] <= last)
    reason = np.array([REASON_WORDS[word] for word in table["reason"][which].tolist()], dtype=np.int64)
    body = np.array([Responsible[word.upper()] for word in table["responsible"][which].tolist()], dtype=np.int64)
    days = np.zeros((N_REASONS, N_RESPONSIBLE))
    np.add.at(days, (reason, body), table["delayed_days"][which])
    days.flags.writeable = False
    return days


def all_over_acute() -> np.ndarray:
    """Return recorded days in all care over those in acute care, by reason and body, shape (10, 3); 1 where none is."""
    acute, every = recorded_days(ACUTE), recorded_days(ACUTE, NON_ACUTE)
    return np.divide(every, acute, out=np.ones_like(every), where=acute > 0)
