"""One followed life as tables and in words: what happened on which day, where it was lived, and what it came to."""

from __future__ import annotations

import datetime
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from agents.hospital.planned import EYES, HEART, JOINT, LISTED, OTHER
from agents.patients import record
from agents.patients.conditions import HELD, SEVERE_SHIFT
from agents.vocabulary import Account, CaseState, Cause, Condition, Funder, Lever, Reason, Setting
from model.following import GONE, IN_HOSPITAL, Life

CAUSES = {
    Cause.ILLNESS: "acute illness",
    Cause.UNMET: "need not met at home",
    Cause.UNMANAGED: "a long-term condition not kept in check",
    Cause.BREAKDOWN: "the carer gave up",
    Cause.LAST_PHASE: "last phase of life",
    Cause.RETURN: "back after a discharge",
    Cause.UNTREATED: "back after an emergency that was not admitted",
}
REASONS = {
    Reason.FURTHER_NHS: "further NHS care",
    Reason.ASSESSMENT: "an assessment",
    Reason.PACKAGE: "home care",
    Reason.RESIDENTIAL: "a place in a residential home",
    Reason.FUNDING: "public funding",
    Reason.CHOICE: "own or family arrangements",
    Reason.NURSING: "a place in a nursing home",
    Reason.EQUIPMENT: "equipment for the home",
    Reason.HOUSING: "housing",
    Reason.DISPUTES: "a dispute over who pays",
}
CONDITIONS = {
    Condition.CHD: "coronary heart disease",
    Condition.STROKE_TIA: "stroke or TIA",
    Condition.COPD: "COPD",
    Condition.CKD: "chronic kidney disease",
    Condition.SMI: "severe mental illness",
}
PLACES = {
    GONE: "",
    IN_HOSPITAL: "hospital",
    Setting.HOME: "home",
    Setting.REABLEMENT: "reablement",
    Setting.INTERMEDIATE: "intermediate care",
    Setting.RESIDENTIAL: "care home",
    Setting.NURSING: "nursing home",
}
AT_HOME = ("home", "reablement", "intermediate care")
IN_CARE_HOME = ("care home", "nursing home")
WAITS_AT_HOME = (CaseState.HOME_ASSESSMENT, CaseState.HOME_PACKAGE, CaseState.HOME_PLACEMENT, CaseState.HOME_CHOICE)
CLAIMS = (CaseState.WAIT_FUNDING, CaseState.HOME_FUNDING)
DISPUTES = (CaseState.WAIT_DISPUTE, CaseState.HOME_DISPUTE)
AFTER_CLAIM = (
    *DISPUTES,
    *(CaseState.WAIT_PACKAGE, CaseState.WAIT_PLACEMENT, CaseState.WAIT_CHOICE),
    *(CaseState.HOME_PACKAGE, CaseState.HOME_PLACEMENT, CaseState.HOME_CHOICE),
)
BED_STATES = ("boarding", "ill", "recovering", "waiting")
LEVER_WORDS = {
    Lever.STRICTNESS: "how strictly need is judged",
    Lever.GENEROSITY: "how many hours are granted",
    Lever.PROACTIVE: "who gets proactive care",
    Lever.COMMUNITY_NURSING: "how many visits nurses make",
    Lever.MENTAL_HEALTH: "how much mental-health care there is",
    Lever.DEMENTIA: "how much help there is with dementia",
    Lever.CARE_HOME_SUPPORT: "which care homes have a health team",
    Lever.GP_ACCESS: "how many appointments general practice has",
    Lever.ADMISSION_THRESHOLD: "how ill one must be to be admitted",
    Lever.DISCHARGE_READINESS: "how ready one must be to be discharged",
}
PLANNED = {OTHER: "", JOINT: " for a joint", HEART: " for the heart", EYES: " for the eyes"}
EVENT_COLUMNS = (
    "date", "day", "kind", "text", "cause", "admitted", "nights", "nights_waiting", "waited_for", "decider",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to the person.

    Parameters
    ----------
    at : position of the day in the life; -1 for what was so at the start
    kind : of event, one word
    text : in a plain sentence
    cause : of an emergency
    admitted : whether an emergency was
    nights, nights_waiting : in hospital, and of them fit to leave
    waited_for : reasons of waits, with the nights of each
    decider : whose setting of a lever made the difference, if anybody's did
    """

    at: int
    kind: str
    text: str
    cause: str = ""
    admitted: bool | None = None
    nights: int | None = None
    nights_waiting: int | None = None
    waited_for: str = ""
    decider: str = ""


def condition_words(bits: int) -> list[str]:
    """Return the names, for a reader, of the conditions in a bit mask."""
    held = [condition for condition in Condition if bits >> condition & 1]
    return [CONDITIONS.get(condition, condition.name.lower().replace("_", " ")) for condition in held]


def hours(minutes: float) -> str:
    """Return weekly minutes as hours in words.

    Examples
    --------
    >>> hours(570), hours(60)
    ('9.5 hours', '1 hour')
    """
    value = round(minutes / 60.0, 1)
    return f"{value:g} hour{'' if value == 1 else 's'}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(1, "night"), count(12, "night")
    ('1 night', '12 nights')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def who_words(life: Life) -> str:
    """Return who the person is as following begins."""
    row = life.nights[0]
    words = condition_words(int(row["conditions"]) & HELD)
    sex = "woman" if row["person"] & record.FEMALE else "man"
    age = (int(life.months[0]) - int(row["birth_month"])) // 12
    alone = "living with a partner" if row["person"] & record.PARTNER else "living without a partner"
    home = "owning the home" if row["person"] & record.OWNER else "not owning the home"
    fifth = (int(row["person"]) >> record.QUINTILE_SHIFT & record.QUINTILE_MASK) + 1
    ill = f"{', '.join(words)}" if words else "no long-term condition"
    return (
        f"a {sex} of {age}, {alone}, {home}, savings £{int(row['capital']):,}, area in deprivation fifth {fifth} "
        f"(1: most deprived); {ill}; frailty {float(row['frailty']):.2f}"
    )


@dataclass
class _Telling:
    """What a teller must remember from one day to the next."""

    life: Life
    places: np.ndarray
    admissions: np.ndarray
    discharges: np.ndarray
    assessments: np.ndarray
    delays: np.ndarray
    asked: int | None = None
    granted: int | None = None
    told: list[Event] = field(default_factory=list)


def events_of(life: Life) -> list[Event]:
    """Return everything that happened to the person, in order of day."""
    telling = _Telling(life, life.places, life.admissions, life.discharges, life.assessments, life.delays)
    telling.told += _start(telling)
    changed = _changed(life)
    for at in np.flatnonzero(changed).tolist():
        for tell in TELLERS:
            telling.told += tell(telling, at)
    return telling.told


def _changed(life: Life) -> np.ndarray:
    """Return the days on which anything that is told about may have happened: a few of all."""
    changed = np.zeros(len(life.days), dtype=bool)
    for name in ("conditions", "person", "flags", "care", "package", "contacts", "handovers", "end_month"):
        changed |= np.diff(life.nights[name].astype(np.int64)) != 0
    changed |= np.diff(life.cases["state"].astype(np.int64)) != 0
    waits = [[(int(wait["trigger"]), int(wait["stage"])) for wait in waits] for waits in life.waits]
    changed |= np.array([was != now for was, now in itertools.pairwise(waits)], dtype=bool)
    return changed | np.isin(life.days, life.calendar["day"])


def _start(telling: _Telling) -> Iterator[Event]:
    row = telling.life.nights[0]
    need, informal, package = int(row["need"]), int(row["informal"]), int(row["package"])
    met = [f"{hours(informal)} from family and friends"] if informal else []
    met += [f"{hours(package)} of home care"] if package else []
    alone = max(need - informal - package, 0)
    met += [f"{hours(alone)} from nobody"] if alone else []
    where = PLACES[int(row["care"]) & record.SETTING_MASK]
    inside = "In hospital; lives" if row["care"] & record.IN_HOSPITAL else "Lives"
    helped = f"needs {hours(need)} of help a week: {', '.join(met)}" if need else "needs no help"
    listed = "; on the proactive-care list" if row["flags"] & record.PROACTIVE else ""
    yield Event(at=-1, kind="start", text=f"{inside} {_in_place(where)}; {helped}{listed}")


def _in_place(place: str) -> str:
    if place == "home":
        return "at home"
    return f"at home, in {place}" if place in AT_HOME else f"in a {place}"


def _health(telling: _Telling, at: int) -> Iterator[Event]:
    was, now = telling.life.nights[at], telling.life.nights[at + 1]
    for words in condition_words(int(now["conditions"] & ~was["conditions"]) & HELD):
        yield Event(at=at, kind="condition", text=f"New condition: {words}")
    for words in condition_words(int(now["conditions"] & ~was["conditions"]) >> SEVERE_SHIFT):
        yield Event(at=at, kind="severe", text=f"Now severe: {words}")
    if was["person"] & record.PARTNER and not now["person"] & record.PARTNER:
        yield Event(at=at, kind="partner", text="No longer lives with a partner")
    for flag, kind, begins, ends in (
        (record.CARER_BROKEN, "carer", "The carer gives up", "Family takes up care again"),
        (record.DYING, "last_phase", "The last phase of life begins", ""),
        (record.PROACTIVE, "proactive", "Put on the proactive-care list", "Off the proactive-care list"),
    ):
        change = int(bool(now["flags"] & flag)) - int(bool(was["flags"] & flag))
        words = begins if change > 0 else ends
        if change and words and telling.life.alive[at]:
            yield Event(at=at, kind=kind, text=words)


def _emergencies(telling: _Telling, at: int) -> Iterator[Event]:
    life = telling.life
    for event in life.avoided(at):
        decider = life.decider(event)
        text = f"An emergency does not happen ({CAUSES[Cause(int(event['cause']))]}){_because(event, decider)}"
        yield Event(at=at, kind="avoided", text=text, cause=_cause(event), decider=decider)
    contacts = life.contacts(at)
    for number, event in enumerate(contacts):
        admitted = bool(telling.admissions[at]) and number == len(contacts) - 1
        decider = life.decider(event)
        lead = f"Emergency ({CAUSES[Cause(int(event['cause']))]}){_because(event, decider)}"
        if not admitted:
            text = f"{lead}: not admitted"
            yield Event(at=at, kind="emergency", text=text, cause=_cause(event), admitted=False, decider=decider)
            continue
        nights, waits, boarding = _stay(telling, at)
        text = f"{lead}: {_stay_words(telling, at, nights, waits, boarding)}"
        yield Event(
            at=at, kind="emergency", text=text, cause=_cause(event), admitted=True, nights=nights,
            nights_waiting=sum(waits.values()), waited_for=_waits_words(waits), decider=decider,
        )  # fmt: skip


def _cause(event: np.void) -> str:
    return Cause(int(event["cause"])).name.lower()


def _because(event: np.void, decider: str) -> str:
    return f", because of {LEVER_WORDS.get(Lever(int(event['lever'])), 'a decision')} ({decider})" if decider else ""


def _stay(telling: _Telling, at: int) -> tuple[int, Counter[Reason], int]:
    """Return the nights of the stay that begins on day `at`, those waited by reason, and those without a bed."""
    nights, boarding, waits = 0, 0, Counter()
    trigger = telling.life.cases["trigger"][1:]  # another one is another stay, begun on the day this one ended
    while at + nights < len(telling.places) and telling.places[at + nights] == IN_HOSPITAL and trigger[at + nights] == trigger[at]:
        reason = telling.delays[at + nights]
        if reason >= 0:
            waits[Reason(int(reason))] += 1
        boarding += telling.life.cases["state"][at + nights + 1] == CaseState.BOARDING
        nights += 1
    return nights, waits, boarding


def _waits_words(waits: Counter[Reason]) -> str:
    return ", ".join(f"{REASONS[reason]} {nights}" for reason, nights in waits.items())


def _stay_words(telling: _Telling, at: int, nights: int, waits: Counter[Reason], boarding: int) -> str:
    words = f"{count(nights, 'night')} in hospital" if nights else "admitted, out the same day"
    if boarding:
        words += f", {boarding} without a bed"
    if waits:
        words += f", {sum(waits.values())} of them fit to leave but waiting ({_waits_words(waits)})"
    end = at + nights
    if end >= len(telling.places):
        return f"{words}, still there at the end"
    if telling.places[end] == GONE:
        return f"{words}, dies there"
    place = PLACES[int(telling.places[end])]
    package = int(telling.life.nights["package"][end + 1])
    on = f"home with {hours(package)} of home care" if package else "home"
    return f"{words}, then {on if place == 'home' else place}"


def _care(telling: _Telling, at: int) -> Iterator[Event]:
    """Tell of asking, assessments, packages, short-term care and care homes."""
    life = telling.life
    was, now, case = life.nights[at], life.nights[at + 1], life.cases[at + 1]
    before, state = CaseState(int(life.cases["state"][at])), CaseState(int(case["state"]))
    place, place_before = int(now["care"]) & record.SETTING_MASK, int(was["care"]) & record.SETTING_MASK
    if life.asked(at):
        telling.asked = at
        yield Event(at=at, kind="asked", text="Asks the council for help")
    if telling.assessments[at] > 0:
        verdict = _verdict(now, case, place)
        yield Event(at=at, kind="assessed", text=f"Assessed{_after(telling.asked, at)}: {verdict}")
        telling.asked, telling.granted = None, at
    if not life.alive[at]:
        return
    if before in CLAIMS and state in AFTER_CLAIM:
        yield Event(at=at, kind="claim", text=_decision(state, Funder(int(case["funder"])), telling, at))
    if place != place_before:
        yield from _moves(telling, at, place_before, place, state, int(case["package"]))
    package, package_before = int(now["package"]), int(was["package"])
    if package and not package_before:
        waited = f", {count(at - telling.granted, 'day')} after it was granted" if telling.granted is not None else ""
        text = f"Home care begins{waited}: {hours(package)} a week, paid for by {_payer(life, at)}"
        yield Event(at=at, kind="package", text=text)
        telling.granted = None
    elif package_before and not package and place == Setting.HOME:
        inside = now["care"] & record.IN_HOSPITAL
        why = "the round is lost during the stay in hospital" if inside else "judged afresh, need is not eligible"
        yield Event(at=at, kind="package", text=f"Home care ends: {why}")
    elif package != package_before and package:
        text = f"Home care now {hours(package)} a week, before {hours(package_before)}"
        yield Event(at=at, kind="package", text=text)
    moved = package != package_before or place != place_before or telling.assessments[at] or telling.admissions[at]
    if before in WAITS_AT_HOME and state == CaseState.CLOSED and not moved:
        yield Event(at=at, kind="gave_up", text="Gives up waiting for care")
        telling.asked = telling.granted = None


def _after(asked: int | None, at: int) -> str:
    return f", {count(at - asked, 'day')} after asking" if asked is not None else ""


def _verdict(now: np.void, case: np.void, place: int) -> str:
    """Return what an assessment came to."""
    state, funder = CaseState(int(case["state"])), Funder(int(case["funder"]))
    if place == Setting.REABLEMENT:
        return "reablement first"
    if state in CLAIMS:
        return "continuing healthcare is asked for"
    if state in (CaseState.WAIT_CHOICE, CaseState.HOME_CHOICE, CaseState.WAIT_PLACEMENT, CaseState.HOME_PLACEMENT):
        if funder == Funder.SELF:
            return "must arrange and pay in full"
        return "not eligible" if funder == Funder.NOBODY else "a care home is agreed"
    if state in (CaseState.WAIT_PACKAGE, CaseState.HOME_PACKAGE):
        held = " (waits for money)" if case["blocked"] else ""
        granted = int(case["package"])
        return f"{hours(granted)} of home care a week granted{held}" if granted else "home care ends"
    return "not eligible" if now["flags"] & record.REFUSED else "nothing new is granted"


def _decision(state: CaseState, funder: Funder, telling: _Telling, at: int) -> str:
    """Return what was decided on a claim to continuing healthcare."""
    if funder == Funder.NHS:
        return f"Continuing healthcare is agreed, paid for by {_payer(telling.life, at, funder)}"
    return f"Continuing healthcare is refused{', which the council disputes' if state in DISPUTES else ''}"


def _moves(
    telling: _Telling, at: int, was: int, place: int, state: CaseState, granted: int
) -> Iterator[Event]:
    if place >= Setting.RESIDENTIAL:
        payer = _payer(telling.life, at)
        how = "Moves for a while into" if state == CaseState.INTERIM else "Moves into"
        yield Event(at=at, kind="care_home", text=f"{how} a {PLACES[place]}, paid for by {payer}")
    elif place in (Setting.REABLEMENT, Setting.INTERMEDIATE):
        if telling.discharges[at]:  # told with the stay that it ends
            return
        yield Event(at=at, kind=Setting(place).name.lower(), text=f"{PLACES[place].capitalize()} begins, at home")
    elif was in (Setting.REABLEMENT, Setting.INTERMEDIATE) and not telling.admissions[at]:
        then = {
            CaseState.HOME_PACKAGE: f"{hours(granted)} of home care a week granted",
            CaseState.HOME_ASSESSMENT: "an assessment is asked for",
        }.get(state, "no more help is arranged")
        if state == CaseState.HOME_PACKAGE:
            telling.granted = at
        if state == CaseState.HOME_ASSESSMENT:
            telling.asked = at
        yield Event(at=at, kind=Setting(was).name.lower(), text=f"{PLACES[was].capitalize()} ends: {then}")


def _payer(life: Life, at: int, funder: Funder | None = None) -> str:
    """Return who pays for the long-term care that the person has after a day, or that `funder` will pay for, by name."""
    economy, row, month = life.economy, life.nights[at + 1], int(life.months[at])
    funder = Funder(int(row["care"] >> record.FUNDER_SHIFT & record.FUNDER_MASK)) if funder is None else funder
    if funder == Funder.SELF:
        return "the person"
    if funder == Funder.NHS:
        return economy.parties.names[economy.payer(Account.COMMUNITY, int(row["consortium"]), month)]
    return economy.parties.names[economy.payer(Account.SOCIAL_CARE, int(row["council"]), month)]


def _planned(telling: _Telling, at: int) -> Iterator[Event]:
    """Tell of referrals, visits to a clinic, operations, and lines that were left."""
    life = telling.life
    happened = life.planned(at)
    listed = {int(wait["trigger"]) for what, wait in happened if what == "listed"}
    for what, wait in happened:
        why, waited = PLANNED[int(wait["kind"])], count(int(life.days[at] - wait["since"]), "day")
        if what == "referred":
            yield Event(at=at, kind="planned", text=f"Referred to a hospital clinic{why}")
        elif what == "seen":
            then = ": listed for an operation" if int(wait["trigger"]) in listed else ""
            yield Event(at=at, kind="planned", text=f"Seen at the clinic{why}, {waited} after the referral{then}")
        elif what == "operated":
            lead = f"Operated on{why}, {waited} after being listed"
            if not life.overnight(wait):
                yield Event(at=at, kind="planned", text=f"{lead}: a day case")
                continue
            nights, waits, boarding = _stay(telling, at)
            text = f"{lead}: {_stay_words(telling, at, nights, waits, boarding)}"
            yield Event(
                at=at, kind="planned", text=text, nights=nights, nights_waiting=sum(waits.values()), waited_for=_waits_words(waits),
            )  # fmt: skip
        elif what == "left" and life.alive[at]:
            line = "be operated on" if wait["stage"] == LISTED else "be seen"
            yield Event(at=at, kind="planned", text=f"Leaves the line to {line}{why}, unserved, after {waited}")


def _funder(telling: _Telling, at: int) -> Iterator[Event]:
    was, now = telling.life.nights[at], telling.life.nights[at + 1]
    funders = [Funder(int(row["care"]) >> record.FUNDER_SHIFT & record.FUNDER_MASK) for row in (was, now)]
    cared_for = now["package"] or now["care"] & record.SETTING_MASK >= Setting.RESIDENTIAL
    if funders == [Funder.SELF, Funder.COUNCIL] and cared_for:
        yield Event(at=at, kind="funder", text=f"Savings are spent down: {_payer(telling.life, at)} pays from now on")


def _end(telling: _Telling, at: int) -> Iterator[Event]:
    life = telling.life
    if life.nights["end_month"][at] != record.ALIVE or life.alive[at]:
        return
    row = life.nights[at + 1]
    age = (int(life.months[at]) - int(row["birth_month"])) // 12
    if row["flags"] & record.LEFT:
        yield Event(at=at, kind="left", text=f"Moves away, aged {age}")
        return
    before = life.nights["care"][at]
    inside = before & record.IN_HOSPITAL or telling.admissions[at]
    where = "in hospital" if inside else _in_place(PLACES[int(before) & record.SETTING_MASK])
    yield Event(at=at, kind="death", text=f"Dies {where}, aged {age}")


TELLERS: tuple[Callable[[_Telling, int], Iterator[Event]], ...] = (
    _health, _emergencies, _care, _planned, _funder, _end,
)  # fmt: skip
"""What is told of a day, in this order."""


def date_of(life: Life, at: int) -> datetime.date:
    """Return the date of a day by its position; the first day's for -1."""
    return life.economy.engine.calendar.origin + datetime.timedelta(days=int(life.days[max(at, 0)]))


def event_table(life: Life) -> pd.DataFrame:
    """Return the events of a life as a tidy frame, one row each: see :class:`Event`; `date` and `day` say when."""
    rows = []
    for event in events_of(life):
        values = {name: getattr(event, name) for name in EVENT_COLUMNS[2:]}
        rows.append({"date": date_of(life, event.at).isoformat(), "day": int(life.days[max(event.at, 0)]), **values})
    frame = pd.DataFrame(rows, columns=list(EVENT_COLUMNS))
    return frame.astype({"admitted": "boolean", "nights": "Int64", "nights_waiting": "Int64"})


def day_table(life: Life) -> pd.DataFrame:
    """Return a row for each day lived: where, in which state in hospital, and who gave how much help.

    Returns
    -------
    DataFrame
        day, date, month, place, bed_state (one of ``BED_STATES``, empty out of hospital), reason (waited for), need,
        informal, package, unmet, elsewhere (met in hospital, short-term care or a care home; the four add up to need),
        all hours a week, and frailty.
    """
    alive = life.alive
    row, places = life.nights[1:][alive], life.places[alive]
    origin = np.datetime64(life.economy.engine.calendar.origin)
    need = row["need"] / 60.0
    home = places == Setting.HOME
    informal = np.where(home, np.minimum(row["informal"] / 60.0, need), 0.0)
    package = np.where(home, np.minimum(row["package"] / 60.0, need - informal), 0.0)
    elsewhere = np.where(home, 0.0, need)
    return pd.DataFrame(
        {
            "day": life.days[alive],
            "date": origin + life.days[alive],
            "month": life.months[alive],
            "place": [PLACES[place] for place in places.tolist()],
            "bed_state": _bed_states(life)[alive],
            "reason": [REASONS[Reason(int(reason))] if reason >= 0 else "" for reason in life.delays[alive]],
            "need": need,
            "informal": informal,
            "package": package,
            "unmet": need - informal - package - elsewhere,
            "elsewhere": elsewhere,
            "frailty": row["frailty"].astype(float),
        }
    )


def _bed_states(life: Life) -> np.ndarray:
    """Return how each night in hospital is spent; waiting for further NHS care is recovering in a bed."""
    states, waits = life.cases["state"][1:], life.delays
    words = np.where(waits >= 0, "waiting", "ill").astype(object)
    words[waits == Reason.FURTHER_NHS] = "recovering"
    words[states == CaseState.BOARDING] = "boarding"
    words[life.places != IN_HOSPITAL] = ""
    return words


def totals_of(life: Life, days: pd.DataFrame, costs: pd.DataFrame) -> dict[str, float]:
    """Return what a life came to: outcomes, days by place, use, and pounds by kind of payer.

    Parameters
    ----------
    days, costs : of the same life, as :func:`day_table` and :meth:`model.following.Life.costs` give
    """
    first, last = life.nights[0], life.nights[-1]
    place = days["place"]
    paid = costs.groupby("payer_kind")["pounds"].sum() if len(costs) else {}
    return {
        "days alive": len(days),
        "days at home": int(place.isin(AT_HOME).sum()),
        "days in hospital": int((place == "hospital").sum()),
        "days in care homes": int(place.isin(IN_CARE_HOME).sum()),
        "days fit to leave hospital": int((life.delays[life.alive] >= 0).sum()),
        "QALYs": (int(last["qalys"]) - int(first["qalys"])) / 1e6,
        "emergencies": int(last["contacts"]) - int(first["contacts"]),
        "emergency admissions": int(life.admissions.sum()),
        "handovers": int(last["handovers"]) - int(first["handovers"]),
        "hours of unmet need": (int(last["unmet"]) - int(first["unmet"])) / 60.0,
        "paid in all": float(costs["pounds"].sum()),
        **{f"paid by {kind}": float(pounds) for kind, pounds in dict(paid).items()},
    }


VISIBLE = ("conditions", "person", "need", "informal", "package", "care", "contacts", "spells", "end_month")


def parting(one: Life, other: Life) -> int | None:
    """Return the position of the first night on which two lives visibly differ; None if they never do."""
    apart = one.cases["state"][1:] != other.cases["state"][1:]
    for name in VISIBLE:
        apart |= one.nights[name][1:] != other.nights[name][1:]
    return int(np.argmax(apart)) if apart.any() else None


def same_life(one: Life, other: Life) -> bool:
    """Return whether two lives are the same to the bit: every night's record and case, whoever paid."""
    return np.array_equal(one.nights, other.nights) and np.array_equal(one.cases, other.cases)
