"""What pairs of organisations meet is read from ledger, levers and structure, and moves trust to where it matters."""

import numpy as np
import pytest

from agents.trusting import PAIRS
from agents.vocabulary import Account, Lever, Party
from model.holders import Holders
from model.parameters import Parameters
from model.relationships import joint_share
from model.structures import Payment, Pool, load_structure
from tests.strategies import ALL_HELD, NO_BELIEFS, lived, series, small_economy

OWN, OF_COUNCIL, OF_CONSORTIUM = PAIRS
STILL = Parameters().with_values({"trusting.leaders": 0.0, "trusting.turnover": 0.0})
BASELINE = load_structure("separate-budgets")


def structure(**facts):
    """Separate budgets with other facts."""
    return BASELINE.model_copy(update=facts)


def pool(accounts, overspend, **facts):
    return Pool(name="together", accounts=accounts, overspend=overspend, **facts)


def trust_after(months: int, **options) -> dict:
    economy = lived(months, beliefs=NO_BELIEFS, settlement="flat", demography="frozen", **({"parameters": STILL} | options))
    return economy.relationships.trust


def mean(trust: np.ndarray) -> float:
    return float(trust.mean())


def test_nothing_moves_trust_in_a_place_at_rest_whose_leaders_stay():
    economy = small_economy(beliefs=NO_BELIEFS, settlement="flat", demography="frozen", parameters=STILL, scale=0.02)
    start = {kinds: trust.copy() for kinds, trust in economy.relationships.trust.items()}
    for _ in range(24):
        economy.step()
    for kinds in PAIRS:
        assert np.abs(economy.relationships.trust[kinds] - start[kinds]).max() < 0.01, kinds
    assert np.abs(economy.engine.organisations.councils["dispute_factor"] - 1.0).max() < 0.01


def test_leaders_who_come_and_go_move_it_a_little():
    economy = small_economy(beliefs=NO_BELIEFS, settlement="flat", demography="frozen")
    start = economy.relationships.trust[OF_CONSORTIUM].copy()
    for _ in range(13):
        economy.step()
    moved = np.abs(economy.relationships.trust[OF_CONSORTIUM] - start)
    assert 0.001 < moved.max() < 0.1


def test_trust_is_mutual_and_held_still_within_a_quarter():
    economy = lived(4)
    relations = economy.relationships
    council, consortium = relations.of(Party.COUNCIL, 0), relations.of(Party.CONSORTIUM, 0)
    assert set(council) == {Party.CONSORTIUM, Party.HOSPITAL}
    assert set(consortium) == {Party.COUNCIL, Party.HOSPITAL}
    partners = np.flatnonzero(economy.holders.people[Party.CONSORTIUM, Party.COUNCIL][:, 0])
    assert relations.trust[OWN][partners, 0].min() <= council[Party.CONSORTIUM] <= relations.trust[OWN][partners, 0].max()
    stakes = economy.world.stakes(economy.councils[0])
    economy.step()
    assert economy.world.stakes(economy.councils[0]) is stakes
    economy.step()
    economy.step()
    assert economy.world.stakes(economy.councils[0]) is not stakes


# Depth


def test_what_is_spent_together():
    whole = {Party.COUNCIL: 0.5, Party.CONSORTIUM: 0.5}
    both = (Account.SOCIAL_CARE, Account.COMMUNITY)
    assert joint_share(BASELINE, Account.SOCIAL_CARE, OWN) == 0.0
    assert joint_share(structure(pools=(pool(both, whole),)), Account.COMMUNITY, OWN) == 1.0
    assert joint_share(structure(pools=(pool(both, whole, share=0.3),)), Account.COMMUNITY, OWN) == 0.3
    assert joint_share(structure(pools=(pool(both, whole, share=0.3),)), Account.ACUTE, OWN) == 0.0
    elders = structure(pools=(pool(both, whole, people="frail_elders"),))
    assert joint_share(elders, Account.COMMUNITY, OWN, {Account.COMMUNITY: 0.4}) == 0.4
    shared = structure(pools=(pool((Account.ACUTE,), {Party.CONSORTIUM: 0.5, Party.HOSPITAL: 0.5}),))
    assert joint_share(shared, Account.ACUTE, OF_CONSORTIUM) == 1.0
    assert joint_share(shared, Account.ACUTE, OWN) == 0.0
    alliance = structure(payment=Payment(hospital="alliance", shares={Party.HOSPITAL: 0.5, Party.CONSORTIUM: 0.5}))
    assert [joint_share(alliance, Account.ACUTE, kinds) for kinds in PAIRS] == [0.0, 0.0, 1.0]
    assert joint_share(load_structure("single-budget"), Account.ACUTE, OWN) == 1.0


@pytest.mark.parametrize(("name", "depth"), [("separate-budgets", 0.0), ("aligned-budgets", 0.0), ("single-budget", 1.0), ("council-led", 1.0)])
def test_the_depth_of_a_structure(name, depth):
    economy = small_economy(structure=name)
    relations = economy.relationships
    shared = economy.holders.people[OWN] > 0.0
    found = relations.depth(OWN)
    assert (found >= 0.0).all()
    assert (found <= 1.0).all()
    joint_scheme = relations.depth(OWN, Holders(BASELINE, economy.place, economy.parties))
    assert (joint_scheme[shared] < 0.2).all(), "what consortia paid of social care in the base year"
    assert np.allclose(found[shared], 1.0 if depth else joint_scheme[shared])
    for kinds in (OF_COUNCIL, OF_CONSORTIUM):
        assert (relations.depth(kinds) == 0.0).all()


def test_a_larger_contribution_deepens_and_builds():
    rest, more = (trust_after(13, hold=ALL_HELD | {"contribution": level}) for level in (None, 0.5))
    assert mean(more[OWN]) > mean(rest[OWN])
    assert (more[OF_CONSORTIUM] == rest[OF_CONSORTIUM]).all()


def test_a_contribution_that_is_cut_breaks_an_agreement():
    trusts = []
    for cut in (False, True):
        economy = small_economy(beliefs=NO_BELIEFS, hold={**ALL_HELD, "contribution": 0.5}, parameters=STILL, settlement="flat", demography="frozen")
        for month in range(7):
            if cut and month == 3:
                for consortium in economy.consortia:
                    consortium.levers[Lever.CONTRIBUTION] = 0.25
            economy.step()
        trusts.append(mean(economy.relationships.trust[OWN]))
    assert trusts[1] < trusts[0]


# What wears


def test_an_overspend_that_the_ledger_puts_down_to_a_partner_wears_trust():
    """A hospital that admits everybody costs consortia money that they do not have."""
    felt = {"deciding.price_band": 0.0}
    options = {"scale": 0.02, "parameters": STILL.with_values(felt)}
    rest = trust_after(13, **options, hold=ALL_HELD)
    admitted = trust_after(13, **options, hold=ALL_HELD | {"admission_threshold": 0.0})
    assert mean(admitted[OF_CONSORTIUM]) < mean(rest[OF_CONSORTIUM]) - 0.003


def test_shared_books_spare_a_partner_suspicion():
    """Councils whose money is cut overspend by nobody's doing: who sees the partner's books knows."""
    cut = STILL.with_values({"settlement.council_growth": -0.035, "deciding.price_band": 0.0})
    options = {"parameters": cut, "beliefs": NO_BELIEFS, "hold": ALL_HELD}
    apart, shared = (lived(18, structure=structure(information_shared=known), **options).relationships.trust for known in (False, True))
    assert mean(apart[OWN]) < mean(shared[OWN])
    no_blame = lived(18, structure=BASELINE, **(options | {"parameters": cut.with_values({"trusting.blame": 0.0})})).relationships.trust
    assert mean(apart[OWN]) < mean(no_blame[OWN])


def test_what_is_imposed_builds_less():
    agreed, imposed = (trust_after(13, structure=structure(mandate=mandate)) for mandate in ("agreed", "imposed"))
    for kinds in PAIRS:
        assert mean(imposed[kinds]) < mean(agreed[kinds])


# What it matters to


def test_trust_is_told_for_the_place_and_for_pairs():
    economy = lived(5)
    frame = economy.measures[economy.measures["measure"].str.startswith("trust/")]
    assert set(frame["measure"]) == {"trust/consortium-council", "trust/hospital-council", "trust/hospital-consortium"}
    pairs = frame[frame["organisation"] != "place"]
    assert pairs["organisation"].str.contains(" and ").all()
    for measure, own in frame.groupby("measure"):
        place = own[own["organisation"] == "place"].set_index("month")["value"]
        each = own[own["organisation"] != "place"].groupby("month")["value"]
        assert list(place.index) == [0, 1, 2, 3, 4]
        assert ((each.min() - 0.02 <= place) & (place <= each.max() + 0.02)).all(), measure
        assert place[0] == place[1] == place[2]


def test_disputes_last_longer_without_trust():
    """Trust that leaders wear down lengthens disputes; the parameter at nought leaves them as they are."""
    economy = lived(14)
    now, start = economy.relationships.of_councils()
    factor = economy.engine.organisations.councils["dispute_factor"]
    assert (factor != 1.0).any()
    assert ((factor > 1.0) == (now < start)).all()
    indifferent = lived(14, parameters=Parameters().with_values({"trusting.disputes": 0.0}))
    assert (indifferent.engine.organisations.councils["dispute_factor"] == 1.0).all()


def with_teams(**there: bool):
    return structure(teams=BASELINE.teams.model_copy(update=there))


STRONG = Parameters().with_values({"reorganising.capability_at_start": 1.0, "deciding.trust": 0.9, "deciding.trust_spread": 0.0, "teamwork.proactive": 4.0})


def test_teams_reach_people():
    """Each team with the same luck, at full capability and much trust."""
    options = {"beliefs": NO_BELIEFS, "scale": 0.05, "parameters": STRONG}
    alone = lived(6, **options)
    team = {kind: lived(6, structure=with_teams(**{kind: True}), **options) for kind in ("single_assessment", "shared_record", "co_location", "multidisciplinary")}

    def summed(economy, measure: str) -> float:
        return float(series(economy, measure).sum())

    assert summed(team["single_assessment"], "assessments") < 0.9 * summed(alone, "assessments")
    assert summed(team["single_assessment"], "handovers") < summed(alone, "handovers")
    assert summed(team["shared_record"], "delayed_days_true/assessment") < summed(alone, "delayed_days_true/assessment")
    assert summed(team["co_location"], "delayed_days_true/package") < summed(alone, "delayed_days_true/package")
    assert summed(team["multidisciplinary"], "emergency_contacts/unmanaged") < summed(alone, "emergency_contacts/unmanaged")


def test_staff_in_one_place_build_trust():
    agreed = {"structure": structure(), "together": with_teams(co_location=True)}
    apart, together = (trust_after(13, structure=facts)[OWN] for facts in agreed.values())
    assert mean(together) > mean(apart)


def test_a_shared_record_shows_partners_more():
    economy = small_economy(structure=with_teams(shared_record=True))
    plain = small_economy()
    for here, there in ((economy.councils[0], plain.councils[0]), (economy.consortia[0], plain.consortia[0])):
        assert economy.world.sight(here) > plain.world.sight(there)
    assert economy.world.sight(economy.hospitals[0]) == plain.world.sight(plain.hospitals[0])


def test_handovers_are_those_of_the_record():
    economy = lived(6, beliefs=NO_BELIEFS, scale=0.01)
    assert series(economy, "handovers").sum() == economy.engine.people.rows["handovers"].astype(int).sum()


def test_members_of_an_executive_board_put_nothing_down_to_each_other_and_hospitals_do_to_all_of_them():
    board = BASELINE.board.model_copy(update={"power": "executive", "members": (Party.COUNCIL, Party.CONSORTIUM)})
    kept = {"hold": {**ALL_HELD, "strictness": 0.3, "proactive": 0.6}, "beliefs": NO_BELIEFS, "scale": 0.02}
    together, apart = (lived(9, structure=facts, **kept) for facts in (structure(board=board), BASELINE))
    councils, consortia, hospitals = ([unit.index for unit in units] for units in (apart.councils, apart.consortia, apart.hospitals))
    one, two = (economy.relationships._put_down(range(9)) for economy in (together, apart))
    assert two[np.ix_(consortia, councils)].any() and (two == apart.ledger.caused(range(9))).all()
    for council, people in zip(councils, together.holders.people[Party.COUNCIL, Party.CONSORTIUM], strict=True):
        partners = [index for index, shared in zip(consortia, people, strict=True) if shared]
        assert not one[np.ix_(partners, [council])].any() or len(partners) > 1
    assert one[hospitals].sum() == pytest.approx(two[hospitals].sum())
    shunted = [economy.ledger.shunts().loc[[unit.name for unit in economy.consortia]].drop(columns=[unit.name for unit in economy.hospitals]) for economy in (together, apart)]
    assert shunted[1].to_numpy().any() and abs(shunted[0].to_numpy()).sum() < abs(shunted[1].to_numpy()).sum()


def test_the_log_names_the_executive_board():
    board = BASELINE.board.model_copy(update={"power": "executive", "members": (Party.COUNCIL, Party.CONSORTIUM)})
    economy = lived(6, structure=structure(board=board), parameters=Parameters().with_values({"reorganising.capability_at_start": 1.0}))
    log = economy.decisions
    assert len(log[log["organisation"] == "Reading"]) > 0
    for row in log.itertuples():
        assert (row.decider == row.advice.removeprefix("decided by ")) == bool(row.advice), row
    assert {council.name for council in economy.councils}.isdisjoint(log["decider"])
