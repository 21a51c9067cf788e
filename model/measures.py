"""Every measure, defined once: what it counts, its unit, and whose definition it follows.

A breakdown is written ``measure/part``, e.g. ``emergency_contacts/unmet`` or ``delayed_days_true/package``. What the
national return of delays has is broken down twice, by reason (``delayed_days_recorded/package``) and by the body that
is responsible (``delayed_days_recorded/by_social_care``): parts of one kind add up to the whole. The tidy
frame of a run has the columns ``month, organisation, measure, value``; organisation ``place`` is the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.vocabulary import Cause, Reason, Responsible, Unmet


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One measure.

    Parameters
    ----------
    name : key in data
    label : words for a reader
    unit : of the monthly value
    kind : ``flow`` (months add up to a year) or ``stock`` (a year is the mean of its months)
    definition : what is counted, and after whom
    better : ``less``, ``more`` or ``neither``: whether a fall is good in itself
    """

    name: str
    label: str
    unit: str
    kind: str
    definition: str
    better: str = "neither"


HEADLINE: tuple[Measure, ...] = (
    Measure(name="emergency_contacts", label="Emergency contacts", unit="contacts", kind="flow", better="neither",
            definition="A&E attendances and emergency referrals straight to a ward, adults"),
    Measure(name="emergency_admissions", label="Emergency admissions", unit="spells", kind="flow", better="neither",
            definition="emergency admission episodes of adults, including those without a night (HES)"),
    Measure(name="emergency_bed_days", label="Emergency bed-days", unit="days", kind="flow", better="neither",
            definition="nights that adults spend in a bed or in A&E after an emergency admission (HES)"),
    Measure(name="delayed_days_true", label="Delayed days (true)", unit="days", kind="flow", better="less",
            definition="days in hospital beyond fitness to leave, whatever the return records (NAO 2016)"),
    Measure(name="delayed_days_recorded", label="Delayed days (recorded)", unit="days", kind="flow", better="less",
            definition="delayed days of the stays that the national return records (monthly return of delayed transfers of care; its share of true days: evidence P-B.dtoc-001); broken down by reason, and by responsible body"),
    Measure(name="care_home_entries", label="Care-home entries", unit="people", kind="flow", better="less",
            definition="people who move into a care home for good, whoever pays"),
    Measure(name="unmet_hours", label="Hours of unmet need", unit="hours", kind="flow", better="less",
            definition="need less informal and formal help of people not in hospital, weighted by day"),
    Measure(name="qalys", label="QALYs", unit="QALYs", kind="flow", better="more",
            definition="EQ-5D quality-adjusted life years lived by the adults of the place"),
    Measure(name="deaths", label="Deaths", unit="people", kind="flow", better="less", definition="deaths of adults of the place"),
    Measure(name="public_spending", label="Public spending", unit="pounds", kind="flow", better="neither",
            definition="what consortia and councils pay providers in the modelled lines, net of charges to households"),
    Measure(name="household_cost", label="Household cost", unit="pounds", kind="flow", better="less",
            definition="charges and care bought by people themselves; carers' hours are never mixed in"),
    Measure(name="spillover", label="Spillover between service lines", unit="pounds", kind="flow", better="less",
            definition="consequences of decisions, against reference settings, that fall in another service line than the decision's own, attributed"),
)

OTHER: tuple[Measure, ...] = (
    Measure(name="people", label="Adults living in the place", unit="people", kind="stock", definition="alive and resident at the month's end"),
    Measure(name="package_people", label="People with home care", unit="people", kind="stock", definition="people with a formal package of home care, whoever pays"),
    Measure(name="care_home_residents", label="Care-home residents", unit="people", kind="stock", definition="residential and nursing, whoever pays"),
    Measure(name="occupied_beds", label="Occupied beds", unit="beds", kind="stock", definition="beds used by adult emergency patients of the place, daily mean"),
    Measure(name="delayed_patients", label="Delayed patients (recorded)", unit="people", kind="stock", better="less",
            definition="recorded patients who are delayed at midnight on the last Thursday of the month (the same return); broken down as the days are"),
    Measure(name="ae_attendances", label="A&E attendances", unit="attendances", kind="flow", definition="emergency contacts of adults that come through A&E"),
    Measure(name="ae_over_four_hours", label="A&E visits over four hours", unit="attendances", kind="flow", better="less",
            definition="attendances that leave A&E, for home or a bed, more than four hours after arriving (the four-hour standard)"),
    Measure(name="boarding_days", label="Days waiting in A&E for a bed", unit="days", kind="flow", better="less", definition="admitted, no bed free"),
    Measure(name="out_of_hospital_waiting", label="People waiting at home for care", unit="people", kind="stock", better="less", definition="asked for or granted, not started"),
    Measure(name="unmet_need", label="Unmet need", unit="hours a week", kind="stock", better="less",
            definition="weekly hours of need of people at home that nobody meets, at the month's start; broken down by reason"),
    Measure(name="readmissions", label="Returns admitted within 30 days", unit="spells", kind="flow", better="less", definition="emergency admissions within 30 days of discharge (NHS Outcomes Framework 3b, all adults)"),
    Measure(name="gp_consultations", label="GP and nurse consultations", unit="consultations", kind="flow", definition="consultations had in general practice, adults (Hobbs 2016)"),
    Measure(name="outpatient_visits", label="First outpatient visits", unit="visits", kind="flow", definition="first visits after a referral; follow-ups are not modelled"),
    Measure(name="elective_admissions", label="Elective admissions", unit="spells", kind="flow", definition="operations, day cases and with nights (HES)"),
    Measure(name="waiting_for_operation", label="People waiting for an operation", unit="people", kind="stock", better="less", definition="listed after an outpatient visit and not yet operated on, at the month's end"),
    Measure(name="elective_cancellations", label="Cancelled operations", unit="operations", kind="flow", better="less", definition="operations with a night put off because the hospital was full"),
    Measure(name="scrqol", label="Social-care-related quality of life", unit="years", kind="flow", better="more",
            definition="years lived by the adults of the place, weighted by social-care-related quality of life (after ASCOT; 1 for whoever needs no help); apart from QALYs"),
    Measure(name="emergency_admissions_acs", label="Ambulatory-care-sensitive admissions", unit="spells", kind="flow", better="less", definition="emergency admissions for conditions that primary care might have kept quiet (Tian 2012, narrow list)"),
)

OF_ORGANISATIONS: tuple[Measure, ...] = (
    Measure(name="committed_spending", label="Committed spending", unit="pounds", kind="flow",
            definition="what is published of organisations' accounts beyond the modelled lines, by the holder that pays it"),
    Measure(name="management_cost", label="Management", unit="pounds", kind="flow", better="less",
            definition="what it costs to run the organisations that commission"),
    Measure(name="transition_cost", label="Transition", unit="pounds", kind="flow", better="less",
            definition="what changing over to the structure costs, paid out of the same budgets"),
    Measure(name="resource_cost", label="Resource cost", unit="pounds", kind="flow", better="less",
            definition="what the modelled care takes at 2014/15 prices, whoever pays and whatever is paid, by the area whose people or hospital it is"),
    Measure(name="overspend", label="Overspends at year end", unit="pounds", kind="flow", better="less",
            definition="what purses of consortia, councils and commissioners spent beyond budget and balances brought forward, told in March"),
    Measure(name="underspend", label="Underspends at year end", unit="pounds", kind="flow",
            definition="what those purses left unspent, told in March"),
    Measure(name="hospital_deficit", label="Deficits of hospitals", unit="pounds", kind="flow", better="less",
            definition="by how much hospitals' margins fell short of those at rest, told in March"),
    Measure(name="carried_balance", label="Balances carried", unit="pounds", kind="stock", better="more",
            definition="money of earlier years that may be spent besides the budget; of a debt, what may not"),
)
"""Money of organisations: told for each of them that has any, and for the place."""

MEASURES = {measure.name: measure for measure in HEADLINE + OTHER + OF_ORGANISATIONS}

BY_CAUSE = ("emergency_contacts", "emergency_admissions", "emergency_bed_days")
CAUSES = tuple(cause.name.lower() for cause in Cause)
UNMET = tuple(reason.name.lower() for reason in Unmet)
REASONS = tuple(reason.name.lower() for reason in Reason)
BY_BODY = tuple(f"by_{body.name.lower()}" for body in Responsible)
