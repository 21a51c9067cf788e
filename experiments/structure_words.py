"""A commissioning structure in words: its facts, and in what it differs from another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agents.vocabulary import HELD_ACCOUNTS, Account, Lever, Party
from model.structures import Board, CommissioningStructure, Payment, Pool

POWERS = {"advise": "it advises", "consent": "it has to consent to moves that shift cost to a member", "executive": "it decides"}
DUTIES = {"none": "no duty", "consult": "a duty to consult", "have_regard": "a duty to have regard", "integrate": "a duty to integrate"}
TEAMS = {
    "single_assessment": "one assessment for health and social care", "shared_record": "a shared record",
    "co_location": "staff of both in one place", "multidisciplinary": "teams with social workers for the heaviest users",
}  # fmt: skip
AREAS = {"place": "one for the whole place", "council": "one for each council's area"}
PEOPLE = {"several_conditions": "people with several conditions", "frail_elders": "frail elders"}
"""Kinds of people that a purse or a payment is for, where it is not for everybody."""
ACCOUNTS = {Account.ACUTE: "acute care", Account.COMMUNITY: "community services", Account.HOSPITAL: "the hospital's margin"}
"""Accounts that their names alone do not tell."""
ENTITLED: dict[str, dict[str, str]] = {
    "eligibility": {"national_minimum": "one national minimum of eligibility", "local": "eligibility is each council's own"},
    "free_from": {"none": "social care is free at no band of need"},
    "personal_care": {"free": "personal care is free", "means_tested": "personal care is means-tested"},
    "lifetime_cap": {},
    "choice": {"personal_budgets": "personal budgets", "commissioned": "care is commissioned for people"},
}
"""Facts of an entitlement, and what words do for those that have no number or band."""
PASSIVE = {"holds": "held", "decides": "decided"}
ABBREVIATIONS = {"chc": "CHC", "gp": "GP"}


def as_words(name: str) -> str:
    """Return the name of a code or key as words.

    Examples
    --------
    >>> as_words("gp_access"), as_words("social_care")
    ('GP access', 'social care')
    """
    return " ".join(ABBREVIATIONS.get(word, word) for word in name.split("_"))


def facts_in_words(structure: CommissioningStructure) -> dict[str, str]:
    """Return what a structure states, in words by what each fact is about; facts that say nothing are left out."""
    told = {
        "bodies it makes": _listed(f"{body.name}, {AREAS[body.scope]}" for body in structure.bodies),
        "outcomes frameworks": f"{structure.outcomes_frameworks} that all answer to" if structure.outcomes_frameworks == "one" else "three, each with its own",
        "information": "organisations see each other's accounts" if structure.information_shared else "organisations see their own accounts",
        "pools": "; ".join(_pool(structure, pool) for pool in structure.pools),
        "ring-fences": _listed(as_words(account.name.lower()) for account in structure.ring_fences),
        "waits when money runs out": _listed(f"new {as_words(account.name.lower())} that is not critical" for account in structure.gives_way),
        "kept at year end by": _listed(_kind(structure, kind) for kind in structure.carry_forward) or "nobody",
        "may overspend": _limits(structure),
        "hospitals are paid by": _payment(structure, structure.payment),
        "duties": "; ".join(f"{_kind(structure, duty.on)} towards {_kind(structure, duty.towards)}: {DUTIES[duty.duty]}" for duty in structure.duties),
        "health and wellbeing board": _board(structure, structure.board),
        "teams": _listed(TEAMS[name] for name, there in structure.teams if there),
        "entitlement": _entitlement(structure),
        "community providers": "people choose among any that are willing" if structure.any_willing_provider else "",
        "mandate": "imposed from above" if structure.mandate == "imposed" else "",
        "boundaries": "consortia are redrawn along those of councils" if structure.boundaries == "redrawn" else "",
        "fixed by rule": _listed(as_words(lever.name.lower()) for lever in structure.fixed),
        "transition": _transition(structure),
    }
    held = {f"{_kind(structure, kind)} holds": _names(structure.accounts_of(kind)) for kind in structure.kinds}
    decided = {f"{_kind(structure, kind)} decides": _names(lever for lever in Lever if structure.deciders.get(lever) == kind) for kind in structure.kinds}
    return {about: words for about, words in {**held, **decided, **told}.items() if words}


def differences_in_words(structure: CommissioningStructure, other: CommissioningStructure) -> list[str]:
    """Return in what a structure differs from another, one line for each fact: who holds, who decides, and the rest."""
    lines = []
    for verb, ours, theirs in (("holds", structure.holders, other.holders), ("decides", structure.deciders, other.deciders)):
        codes = HELD_ACCOUNTS if verb == "holds" else tuple(Lever)[1:]
        moved: dict[tuple[Party, Party], list[Account | Lever]] = {}
        for code in codes:
            if ours[code] != theirs[code]:
                moved.setdefault((ours[code], theirs[code]), []).append(code)
        lines += [
            f"{PASSIVE[verb]} by {_kind(structure, now)} instead of {_kind(other, before)}: {_names(names)}" for (now, before), names in moved.items()
        ]
    here, there = facts_in_words(structure), facts_in_words(other)
    for about in dict.fromkeys([*here, *there]):
        if not about.endswith((" holds", " decides")) and here.get(about) != there.get(about):
            lines.append(f"{about}: {here.get(about, 'none')} (there: {there.get(about, 'none')})")
    return lines


def _kind(structure: CommissioningStructure, kind: Party) -> str:
    return structure.bodies[0].name if kind == Party.COMMISSIONER and structure.bodies else kind.name.lower()


def _names(codes: Iterable[Account | Lever]) -> str:
    return _listed(ACCOUNTS.get(code, as_words(code.name.lower())) if isinstance(code, Account) else as_words(code.name.lower()) for code in codes)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


def _shares(structure: CommissioningStructure, shares: Mapping[Party, float]) -> str:
    return _listed(f"{_kind(structure, kind)} {100.0 * share:g}%" for kind, share in shares.items() if share > 0.0)


def _pool(structure: CommissioningStructure, pool: Pool) -> str:
    part = "" if pool.share == 1.0 else f"{100.0 * pool.share:g}% of "
    whose = "" if pool.people == "everybody" else f" for {PEOPLE[pool.people]}"
    return f"{pool.name}: {part}{_names(pool.accounts)}{whose}; an overspend is borne by {_shares(structure, pool.overspend)}"


def _limits(structure: CommissioningStructure) -> str:
    limits = [f"{_kind(structure, kind)} {f'{100.0 * limit:g}% of its budget' if limit else 'nothing'}" for kind, limit in structure.deficit_limits.items()]
    return _listed([*limits, *(f"{_kind(structure, kind)} without limit" for kind in structure.kinds if kind not in structure.deficit_limits and structure.accounts_of(kind))])


def _payment(structure: CommissioningStructure, payment: Payment) -> str:
    words = payment.hospital.replace("-", " ")
    if payment.kind is not None:
        words += f" for {PEOPLE[payment.people]}, by the tariff for everybody else"
    if payment.shares:
        words += f", gain and loss shared: {_shares(structure, payment.shares)}"
    return words + (", councils reimburse recorded delays" if payment.delays == "reimbursed" else "")


def _board(structure: CommissioningStructure, board: Board | None) -> str:
    if board is None:
        return "none"
    return f"of {_listed(_kind(structure, kind) for kind in board.members)}; {POWERS[board.power]}; members have {DUTIES[board.duty]}"


def _entitlement(structure: CommissioningStructure) -> str:
    facts = structure.entitlement
    first = [_entitled(key, getattr(facts, key)) for key, field in type(facts).model_fields.items() if key in ENTITLED and getattr(facts, key) != field.default]
    later = [f"from {step.begins} on {_entitled(key, value)}" for step in facts.steps for key, value in step.stated.items()]
    return _listed([*first, *later])


def _entitled(key: str, value: Any) -> str:
    """Return one fact of an entitlement in words."""
    if key == "lifetime_cap":
        return f"a cap of £{value:,.0f} on what care costs a person in a life" if value else "no cap on what care costs a person"
    return ENTITLED[key].get(value) or f"social care is free at {value} need"


def _transition(structure: CommissioningStructure) -> str:
    facts = structure.transition
    if facts is None:
        return ""
    over = "" if facts.months is None else f", over {facts.months} months"
    return f"announced in {facts.announced}, from {facts.start}{over}; until then {facts.replaces}"


def as_plain(structure: CommissioningStructure, other: CommissioningStructure) -> dict[str, Any]:
    """Return a structure as plain values: labels, what its document leaves open, facts in words, and in what it differs from another."""
    return {
        "name": structure.name,
        "title": structure.title,
        "family": structure.family,
        "source": " ".join(structure.source.split()),
        "alternatives": [{"name": name, "says": each.says, **({"see": each.see} if each.see else {})} for name, each in structure.alternatives.items()],
        "open_questions": list(structure.open_questions),
        "facts": facts_in_words(structure),
        f"differs from {other.name} in": differences_in_words(structure, other),
    }
