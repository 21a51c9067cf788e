"""Every measure, defined once: what it counts, its unit, and whose definition it follows.

A breakdown is written ``measure/part``, e.g. ``emergency_contacts/unmet`` or ``delayed_days_true/package``. What the
national return of delays has is broken down twice, by reason (``delayed_days_recorded/package``) and by the body that
is responsible (``delayed_days_recorded/by_social_care``): parts of one kind add up to the whole. The tidy
frame of a run has the columns ``month, organisation, measure, value``; organisation ``place`` is the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.patients.groups import N_FIFTHS
from agents.vocabulary import Cause, Reason, Responsible, Unmet


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One measure.

    Parameters
    ----------
    name : key in data
    label : words for a reader
    unit : of the monthly value
    kind : ``flow`` (months add up to a year), ``stock`` (a year is the mean of its months) or ``yearly`` (told once, in March)
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
    Measure(name="emergency_admissions_acs", label="Ambulatory-care-sensitive admissions", unit="spells", kind="flow", better="less", definition="emergency admissions for conditions that primary care might have kept quiet: every unmanaged crisis and, of other illness, the share that makes one admission in six at the start (Tian 2012, narrow list, P-B.emerg-018)"),
    Measure(name="discharges", label="Discharges after emergencies", unit="spells", kind="flow", definition="emergency spells that ended, in death too"),
    Measure(name="older_discharges", label="Discharges after emergencies, 65 and over", unit="people", kind="flow", definition="people of 65 and over who left hospital alive after an emergency"),
    Measure(name="older_reabled", label="Discharges to reablement, 65 and over", unit="people", kind="flow",
            definition="of those, people whom the council's reablement or the NHS's intermediate care took over on the day (ASCOF 2B)"),
    Measure(name="reablement_followed", label="Follow-ups after reablement, 65 and over", unit="people", kind="flow",
            definition="people of 65 and over whose 91st day after such a discharge fell in the month, the dead among them; not those who have moved away (ASCOF 2B, of all months: the return follows discharges of October to December)"),
    Measure(name="reablement_at_home", label="At home 91 days after reablement, 65 and over", unit="people", kind="flow", better="more",
            definition="of those, people alive who were neither in hospital nor in a care home that day (ASCOF 2B)"),
    Measure(name="older_care_home_admissions", label="Council-supported care-home admissions, 65 and over", unit="people", kind="flow", better="less",
            definition="people of 65 and over who move into a care home for good at the council's cost (ASCOF 2A); not those whose savings run out there"),
    Measure(name="days_at_home", label="Days at home", unit="days", kind="flow", better="more", definition="days that adults live neither in hospital nor in a care home, short-term support at home included"),
    Measure(name="strained_carers", label="Carers under strain", unit="people", kind="stock", better="less",
            definition="people whose family and friends give more hours, net of what services take off them, than can be given without growing strain (`living.comfortable_hours`: by default 20 a week, from which caring is counted as intensive, P-C.carer-006)"),
    Measure(name="carer_breakdowns", label="Carers giving up", unit="people", kind="flow", better="less", definition="people whose carers give up in the month (P-C.carer-008)"),
    Measure(name="carers_lost", label="People whose carer has given up", unit="people", kind="stock", better="less", definition="people outside care homes who need help and whose carers have given up earlier and not come back"),
    Measure(name="paying_people", label="People who pay for their own care", unit="people", kind="stock", definition="people who pay in full for home care or a care home as the month begins; not those who are charged a part"),
    Measure(name="out_of_pocket", label="Care paid for by people themselves", unit="pounds", kind="flow", better="less",
            definition="what those people pay, to the day; household cost less the charges of councils"),
    Measure(name="dear_lives", label="Deaths after dear care", unit="people", kind="flow", better="less",
            definition="deaths of people who had paid 100,000 pounds or more for care, the threshold of P-C.means-006 (Dilnot 2011); only what was paid since the start is known"),
    Measure(name="assessments", label="Assessments", unit="assessments", kind="flow", definition="visits of social workers to people who asked or wait in hospital; yearly reviews not counted"),
    Measure(name="handovers", label="Handovers", unit="handovers", kind="flow", better="less",
            definition="assessments, emergency admissions, discharges after them, and moves straight to intermediate care: times that somebody new takes a person on"),
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

OF_GROUPS: tuple[Measure, ...] = (
    Measure(name="people_midyear", label="Adults at mid-year", unit="people", kind="yearly", definition="alive and resident at the end of September; in the place also by fifth of deprivation"),
    Measure(name="older_people_midyear", label="People of 65 and over at mid-year", unit="people", kind="yearly", definition="of those, people of 65 and over"),
    Measure(name="paid_dearly_midyear", label="People who have paid dearly for care", unit="people", kind="yearly", better="less",
            definition="people alive then who have paid 100,000 pounds or more for care since the start (as of deaths after dear care)"),
    *(
        Measure(name=f"{name}_{which}", label=f"{label}, {which}", unit=unit, kind="yearly", definition=f"{label.lower()} of the year, {words}")
        for name, label, unit in (
            ("emergency_admissions", "Emergency admissions", "spells"), ("emergency_admissions_acs", "Ambulatory-care-sensitive admissions", "spells"),
            ("deaths", "Deaths", "people"), ("unmet_need", "Unmet need", "hours a week"),
        )
        for which, words in (
            ("observed", "in the place also by fifth of deprivation"),
            ("expected", "had the people of mid-year the place's own rates of the time before the start in each of five bands of age; in the place also by fifth"),
        )
    ),
)
"""What is counted by fifth of deprivation and band of age, told in March for the place and each council."""

OF_PAIRS: tuple[Measure, ...] = (
    Measure(name="trust", label="Trust", unit="share", kind="stock", better="more",
            definition="how far organisations trust each other, 0 to 1, by kinds of pair (`trust/consortium-council` and so on): the mean over pairs as they share people"),
)
"""Of pairs of organisations: told by kinds of pair for the place, and for each pair that shares many people."""

MEASURES = {measure.name: measure for measure in HEADLINE + OTHER + OF_ORGANISATIONS + OF_PAIRS}

BY_CAUSE = ("emergency_contacts", "emergency_admissions", "emergency_bed_days")
CAUSES = tuple(cause.name.lower() for cause in Cause)
UNMET = tuple(reason.name.lower() for reason in Unmet)
REASONS = tuple(reason.name.lower() for reason in Reason)
FIFTHS = tuple(f"fifth_{number}" for number in range(1, N_FIFTHS + 1))
"""Fifths of deprivation, the most deprived first."""
BY_BODY = tuple(f"by_{body.name.lower()}" for body in Responsible)


def kind(measure: str) -> str:
    """Return ``flow`` where a measure's months add up to a year, else ``stock``; a breakdown is what its measure is."""
    known = MEASURES.get(measure.partition("/")[0])
    return "flow" if known is not None and known.kind == "flow" else "stock"
