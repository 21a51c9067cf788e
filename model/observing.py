"""Measures of a month, for the place and each council, from whole-number totals (definitions: ``model.measures``)."""

from __future__ import annotations

import numpy as np

from agents.hospital.planned import CANCELLED_OUT, OPERATED_OUT, SEEN_OUT, WAITING_OUT
from agents.hospital.state import (
    ADMISSIONS_OUT,
    AMBULATORY_OUT,
    ASSESSED_OUT,
    AT_HOME_OUT,
    ATTENDED_OUT,
    BED_DAYS_OUT,
    BOARDING_OUT,
    CONTACTS_OUT,
    DEATHS_OUT,
    DELAYED_OUT,
    DIED_DEARLY_OUT,
    DISCHARGED_OUT,
    ENTRIES_OUT,
    FOLLOWED_UP_OUT,
    HANDOVERS_OUT,
    LATE_OUT,
    OLDER_DISCHARGED_OUT,
    OLDER_ENTRIES_OUT,
    OLDER_REABLED_OUT,
    READMITTED_OUT,
    RECORDED_OUT,
    SNAPSHOT_OUT,
    WAITING_HOME_OUT,
)
from agents.patients.living import (
    BROKEN,
    CARE_HOME_DAYS,
    GAVE_UP,
    HOSPITAL_DAYS,
    MICRO_QALYS,
    PAYING,
    PERSON_DAYS,
    SCRQOL_LOST,
    SELF_PENCE,
    STRAINED,
    UNMET_BY_REASON,
    UNMET_MINUTES,
)
from agents.vocabulary import N_CAUSES, N_REASONS, N_RESPONSIBLE, N_UNMET
from model.accounts import Costs
from model.engine import CARE_HOME_COUNT, LIVING_COUNT, PACKAGE_COUNT, Month
from model.measures import BY_BODY, CAUSES, REASONS, UNMET

OUT_COLUMNS = {
    "emergency_admissions_acs": AMBULATORY_OUT,
    "discharges": DISCHARGED_OUT,
    "older_discharges": OLDER_DISCHARGED_OUT,
    "older_reabled": OLDER_REABLED_OUT,
    "reablement_followed": FOLLOWED_UP_OUT,
    "reablement_at_home": AT_HOME_OUT,
    "older_care_home_admissions": OLDER_ENTRIES_OUT,
    "dear_lives": DIED_DEARLY_OUT,
    "assessments": ASSESSED_OUT,
    "handovers": HANDOVERS_OUT,
}
"""Measures that are a column of what the days of care count."""


def measure_month(month: Month, costs: Costs, paid_by_consortia: np.ndarray) -> dict[str, np.ndarray]:
    """Return each measure by council, shape (n_councils,); the place is their sum.

    Parameters
    ----------
    month, costs : of the month
    paid_by_consortia : pence that fell on the accounts of consortia for each council's residents
    """
    out, totals, counts = month.out, month.totals, month.counts
    found: dict[str, np.ndarray] = {}
    for name, first in (("emergency_contacts", CONTACTS_OUT), ("emergency_admissions", ADMISSIONS_OUT), ("emergency_bed_days", BED_DAYS_OUT)):
        found[name] = out[:, first : first + N_CAUSES].sum(axis=1)
        for cause, label in enumerate(CAUSES):
            found[f"{name}/{label}"] = out[:, first + cause]
    delayed = out[:, DELAYED_OUT : DELAYED_OUT + N_REASONS]
    found["delayed_days_true"] = delayed.sum(axis=1)
    for reason, label in enumerate(REASONS):
        found[f"delayed_days_true/{label}"] = delayed[:, reason]
    for name, first in (("delayed_days_recorded", RECORDED_OUT), ("delayed_patients", SNAPSHOT_OUT)):
        found |= _as_returned(name, out[:, first : first + N_REASONS * N_RESPONSIBLE])
    found["care_home_entries"] = out[:, ENTRIES_OUT]
    by_reason = totals[:, UNMET_BY_REASON : UNMET_BY_REASON + N_UNMET] / 60.0
    found["unmet_need"] = by_reason.sum(axis=1)
    for reason, label in enumerate(UNMET):
        found[f"unmet_need/{label}"] = by_reason[:, reason]
    found["unmet_hours"] = totals[:, UNMET_MINUTES] / 60.0
    found["qalys"] = totals[:, MICRO_QALYS] / 1e6
    found["scrqol"] = totals[:, PERSON_DAYS] / 365.25 - totals[:, SCRQOL_LOST] / 1e6
    found["deaths"] = out[:, DEATHS_OUT]
    found["public_spending"] = (costs.social_care + costs.prevention + paid_by_consortia) / 100.0
    found["household_cost"] = costs.households / 100.0
    found["people"] = counts[:, LIVING_COUNT]
    found["package_people"] = counts[:, PACKAGE_COUNT]
    found["care_home_residents"] = counts[:, CARE_HOME_COUNT]
    found["occupied_beds"] = found["emergency_bed_days"] / month.days
    found["ae_attendances"] = out[:, ATTENDED_OUT]
    found["ae_over_four_hours"] = out[:, LATE_OUT]
    found["boarding_days"] = out[:, BOARDING_OUT]
    found["out_of_hospital_waiting"] = out[:, WAITING_HOME_OUT] / month.days
    found["readmissions"] = out[:, READMITTED_OUT]
    found["gp_consultations"] = month.consultations.sum(axis=1)
    for name, column in (("outpatient_visits", SEEN_OUT), ("elective_admissions", OPERATED_OUT), ("waiting_for_operation", WAITING_OUT), ("elective_cancellations", CANCELLED_OUT)):
        found[name] = month.planned[:, column]
    for name, column in OUT_COLUMNS.items():
        found[name] = out[:, column]
    found["days_at_home"] = totals[:, PERSON_DAYS] - totals[:, HOSPITAL_DAYS] - totals[:, CARE_HOME_DAYS]
    for name, column in (("strained_carers", STRAINED), ("carer_breakdowns", GAVE_UP), ("carers_lost", BROKEN), ("paying_people", PAYING)):
        found[name] = totals[:, column]
    found["out_of_pocket"] = totals[:, SELF_PENCE] / 100.0
    return found


def _as_returned(name: str, columns: np.ndarray) -> dict[str, np.ndarray]:
    """Return a number of the national return in all, by reason and by responsible body.

    Parameters
    ----------
    name : of the measure
    columns : by council, reason and body, shape (n_councils, 30)
    """
    cells = columns.reshape(-1, N_REASONS, N_RESPONSIBLE)
    found = {name: cells.sum(axis=(1, 2))}
    found |= {f"{name}/{label}": cells[:, reason].sum(axis=1) for reason, label in enumerate(REASONS)}
    return found | {f"{name}/{label}": cells[:, :, body].sum(axis=1) for body, label in enumerate(BY_BODY)}
