"""What happens to one patient: who is admitted, how long a stay lasts, what it does to a frail person, who comes back."""

from __future__ import annotations

import math
from dataclasses import dataclass

from agents.compiled import compiled
from agents.parameter import Checked, parameter


@dataclass(frozen=True, kw_only=True, slots=True)
class HospitalRules(Checked):
    """How emergencies are treated; shared by all hospitals."""

    admission_spread: float = parameter(
        0.12, "how far severity and threshold must differ to settle a decision to admit", unit="severity", low=0.05, high=0.25, positive=True,
        assumption="clinicians differ: the decision is graded")
    crowding_threshold: float = parameter(
        1.0, "severity by which the threshold in use rises where as many people wait in A&E as the hospital has beds", unit="severity", low=0.4, high=2.0,
        assumption="a full hospital sends home whom it would else admit: beds divert as well as delay")
    partner_support: float = parameter(
        0.03, "severity by which a partner at home lowers the case for admission", unit="severity", low=0.0, high=0.08,
        assumption="people who live alone are admitted more readily")
    direct_share: float = parameter(
        0.38, "how often a contact as severe as any goes straight to a ward through a GP", unit="share", low=0.25, high=0.5,
        assumption="with severity: 31% of admissions do not come through A&E (P-B.emerg-017)")
    arrive_by_eight: float = parameter(
        0.14, "share of a day's emergencies that arrive between midnight and eight", unit="share", low=0.10, high=0.20, positive=True,
        assumption="few come at night")
    arrive_by_twenty: float = parameter(
        0.80, "share of a day's emergencies that have arrived by eight in the evening", unit="share", low=0.74, high=0.85, positive=True,
        assumption="most come between late morning and evening")
    ae_minutes: float = parameter(
        136.0, "median minutes in A&E of people under 75 while nobody waits there for a bed", unit="minutes", low=110.0, high=150.0, positive=True,
        evidence="P-B.ae-019")
    ae_minutes_75: float = parameter(
        195.0, "the same of people of 75 and over", unit="minutes", low=160.0, high=215.0, positive=True, evidence="P-B.ae-019")
    ae_shape: float = parameter(
        4.0, "shape of the Weibull distribution of minutes in A&E", unit="shape", low=2.5, high=6.0, positive=True,
        assumption="with the medians some 4% are over four hours before anybody waits for a bed; the standard asks for 5% at most (P-B.tariff-004)")
    ae_use: float = parameter(
        0.6, "use of A&E's places at rest, mean of day and night", unit="share", low=0.4, high=0.8, positive=True,
        assumption="busy days and evenings need twice the places of the mean hour")
    step_up_share: float = parameter(
        0.15, "share of frail people, admitted for an emergency that is not grave, who go to intermediate care where a place is free",
        unit="share", low=0.0, high=0.4, assumption="an alternative to a bed: few places take people straight from A&E")
    unit_days: float = parameter(
        2.0, "longest stay in the assessment unit, if there is room elsewhere", unit="days", low=1.0, high=3.0,
        assumption="units aim at 48 hours")
    outlier_longer: float = parameter(
        0.1, "by how much a stay on a ward of another kind is longer", unit="share", low=0.0, high=0.25,
        assumption="outliers stay longer: direction known, size not")
    boarding_idle: float = parameter(
        0.0, "share of the days waited in A&E for a bed in which treatment stands still, so that the stay is so much longer", unit="share", low=0.0, high=1.0,
        assumption="people are treated in A&E too; that crowding lengthens stays is known in direction only, so the range includes none")
    escalation_bay: float = parameter(
        0.01, "beds opened or closed at a time, as a share of all", unit="share", low=0.005, high=0.02, positive=True,
        assumption="a bay of six beds in a hospital of six hundred")
    stay_shape: float = parameter(
        0.65, "shape of the Weibull distribution of the acute phase", unit="shape", low=0.5, high=0.9, positive=True,
        assumption="about a third of stays without a night (P-B.los-016) and a long tail")
    recovery_ratio: float = parameter(
        0.5, "recovery days for each acute day of a frail person", unit="ratio", low=0.25, high=0.8,
        assumption="the recovery phase may be spent at home, in intermediate care or in a bed")
    frail_from: float = parameter(
        0.2, "frailty from which recovery takes its full length", unit="frailty", low=0.12, high=0.3, positive=True, assumption="moderate frailty (P-A.frail-012)")
    deconditioning: float = parameter(
        0.010, "frailty gained for a day in hospital by a person of frailty one", unit="frailty a day", low=0.0, high=0.03,
        assumption="direction known (P-B.beds-005), size not")
    untreated_death: float = parameter(
        0.10, "chance of death after the gravest emergency that is not admitted", unit="share", low=0.0, high=0.3,
        assumption="its own clock; the prior includes zero")
    untreated_decline: float = parameter(
        0.03, "frailty gained after the gravest emergency that is not admitted", unit="frailty", low=0.0, high=0.1, assumption="care does good")
    untreated_return: float = parameter(
        0.25, "chance that the gravest emergency not admitted is back within days", unit="share", low=0.05, high=0.5, assumption="severity decides")
    boarding_death: float = parameter(
        0.02, "chance of death more for the gravest emergency that finds no bed", unit="share", low=0.0, high=0.06,
        assumption="crowding harms; the prior includes zero")
    return_base: float = parameter(
        0.085, "chance of an emergency return after a discharge at full recovery", unit="share", low=0.05, high=0.12,
        assumption="with other contacts in the month, near 11.5% readmitted (P-B.readm-001)")
    return_by_frailty: float = parameter(
        0.16, "more returns for one unit of frailty", unit="share", low=0.05, high=0.3, assumption="15% readmitted at 65 and over (P-B.readm-004)")
    return_unready: float = parameter(
        0.30, "more returns where the whole recovery is still to come", unit="share", low=0.1, high=0.5,
        assumption="premature discharge returns: direction known")
    return_unsupported: float = parameter(
        0.15, "more returns of people who go home to twenty or more weekly hours of need that nobody meets", unit="share", low=0.0, high=0.35,
        assumption="going home without help brings people back: direction known, the prior includes zero")
    return_days: float = parameter(
        11.0, "mean days from discharge to return", unit="days", low=7.0, high=16.0, assumption="most returns within a month come in its first half")
    intermediate_days: float = parameter(
        28.0, "days in intermediate care", unit="days", low=14.0, high=42.0, assumption="about four weeks of home-based support")
    escalation_share: float = parameter(
        0.04, "beds that can be opened beyond the ordinary ones, as a share of all", unit="share", low=0.0, high=0.08,
        assumption="escalation beds are few and dear")


@compiled
def admission_chance(severity, threshold, partner, rules):
    """Return the chance of admission: rises with severity, falls with the threshold and with support at home."""
    support = rules.partner_support if partner else 0.0
    return 1.0 / (1.0 + math.exp((threshold + support - severity) / rules.admission_spread))


@compiled
def acute_days(u, scale, rules):
    """Return days of the acute phase: Weibull by inversion, `scale` in days."""
    return scale * math.pow(-math.log(u), 1.0 / rules.stay_shape)


@compiled
def minutes_in_ae(u, age, rules):
    """Return minutes in A&E from arrival to decision: Weibull by inversion, by `age` in years."""
    median = rules.ae_minutes_75 if age >= 75 else rules.ae_minutes
    return median * math.pow(-math.log(u) / math.log(2.0), 1.0 / rules.ae_shape)


@compiled
def recovery_days(acute, frailty, rules):
    """Return days of recovery that follow the acute phase, fewer for people who are not frail."""
    return rules.recovery_ratio * acute * min(1.0, frailty / rules.frail_from)


@compiled
def return_chance(frailty, remaining, alone, rules):
    """Return the chance of an emergency return.

    `remaining` is the share of recovery still to come at discharge, `alone` the weekly minutes of need that nobody meets.
    """
    unsupported = rules.return_unsupported * min(alone / 1200.0, 1.0)
    return min(rules.return_base + rules.return_by_frailty * frailty + rules.return_unready * remaining + unsupported, 0.9)


@compiled
def grave(severity):
    """Return how grave an emergency is: 0 up to severity one half, 1 at severity one."""
    above = max(severity - 0.5, 0.0)
    return above * above * 4.0
