"""Stories of decisions: what they say of a step's worth is what the rule of deciding reckoned with."""

import dataclasses
import itertools
import json
import math

import pandas as pd
import pytest

from agents.vocabulary import Lever
from experiments.experiment import Arm, ExperimentSpec
from experiments.store import Store
from experiments.story import (
    RETURNS,
    Decided,
    Story,
    StoryError,
    as_plain,
    changed,
    episodes,
    felt,
    in_one_sentence,
    read,
    reasons_in_words,
    stories,
    tipping,
    told,
    worth,
)
from model.parameters import Parameters
from tests.experiments.made_up import REASONS_OF_A_MOVE, comparison, made_up
from tests.strategies import WatchedEconomy, lived

FELT_AT_ONCE = Parameters().with_values({"deciding.price_band": 0.0})
STEP = Decided(
    month=3, organisation="Reading", lever="strictness", before=0.2, after=0.22, decider="Reading", advice="", reasons=json.loads(REASONS_OF_A_MOVE)
)  # fmt: skip


def steps(*after: float, **changes) -> list[Decided]:
    """Steps of strictness from 0.2 on, one a quarter."""
    levels = [0.2, *after]
    return [
        dataclasses.replace(
            STEP, month=3 * at, before=before, after=now, reasons={**STEP.reasons, "direction": 1.0 if now >= before else -1.0}, **changes
        )
        for at, (before, now) in enumerate(itertools.pairwise(levels))
    ]


@pytest.fixture(scope="module", params=["separate-budgets", "single-budget", "aligned-budgets", "board-plus"])
def log(request) -> list[Decided]:
    """What was decided in two years under a structure whose organisations feel every gap at once."""
    found = read(lived(24, scale=0.005, years=2, structure=request.param, parameters=FELT_AT_ONCE).decisions)
    assert len(found) > 10
    return found


# Worth


def test_a_step_is_worth_what_the_log_says(log):
    for each in log:
        assert worth(each) == pytest.approx(each.reasons["value"], rel=1e-9, abs=1e-12)


def test_what_has_changed_since_rest_adds_up_to_what_it_was_worth(log):
    """The norm balances all that was felt at rest, so nothing but the effort is left beside the changes."""
    for each in log:
        assert sum(changed(each).values()) - each.reasons["effort"] == pytest.approx(worth(each), abs=1e-9)


def test_at_the_pound_that_a_story_names_the_step_is_worth_nothing(log):
    told_of = 0
    for each in log:
        found = tipping(each)
        for account, needed in ((found.name, found.needed), (found.partner, found.partner_needed)):
            if not math.isnan(needed):
                assert worth(each, {account: needed}) == pytest.approx(0.0, abs=1e-9)
                told_of += 1
        assert changed(each)[found.name] == max(changed(each).values())
    assert told_of > len(log) / 2


def test_a_made_up_step_hangs_on_what_it_was_made_to_hang_on():
    """It saves a pound where a pound feels like 1.50 and costs three where nothing is felt; the norm balances the saving at rest."""
    assert worth(STEP) == pytest.approx(0.48)
    assert changed(STEP) == pytest.approx({"acute": 0.0, "social_care": 0.5, "people": 0.0, RETURNS: 0.0})
    found = tipping(STEP)
    assert (found.name, found.alone, found.partner) == ("social_care", True, "acute")
    assert (found.felt, found.needed) == pytest.approx((1.5, 1.02))
    assert (found.partner_felt, found.partner_needed) == pytest.approx((0.0, 0.16))
    assert found.in_balance == pytest.approx(-0.02)
    assert felt(STEP, "acute") == 0.0


def test_the_log_reads_back_exactly(tmp_path):
    """From the rule of deciding to the file and back, every number to the last bit."""

    class Noted(WatchedEconomy):
        def log_decision(self, unit, decider, decision, advice=""):
            self.noted = [*getattr(self, "noted", []), (decision.lever, dict(decision.reasons), decider.name, advice)]
            super().log_decision(unit, decider, decision, advice)

    economy = Noted(scale=0.005, years=1, parameters=FELT_AT_ONCE, structure="single-budget")
    economy.run(years=1)
    economy.decisions.to_parquet(tmp_path / "decisions.parquet")
    rows = pd.read_parquet(tmp_path / "decisions.parquet").to_dict("records")
    assert len(rows) == len(economy.noted) > 10
    for row, (lever, reasons, decider, advice) in zip(rows, economy.noted, strict=True):
        numbers = json.loads(row["reasons"])
        assert (Lever[row["lever"].upper()], row["decider"], row["advice"]) == (lever, decider, advice)
        assert {name: numbers[name] for name in reasons} == reasons
        assert set(numbers) - set(reasons) <= {"heads", *(f"{what}/{name.partition('/')[2]}" for what in ("rest", "forecast", "budget") for name in reasons)}


# Episodes


def test_steps_in_a_row_are_one_episode():
    (episode,) = episodes(steps(0.22, 0.24, 0.26, 0.28, 0.3, 0.32))
    assert in_one_sentence(episode) == (
        "From April 2014 to July 2015 Reading raised strictness by six steps, from 0.2 to 0.32 (share of need disregarded)."
    )


def test_a_turn_a_wish_given_up_and_another_decider_begin_an_episode_of_their_own():
    there_and_back = steps(0.22, 0.24, 0.22)
    assert [len(episode.steps) for episode in episodes(there_and_back)] == [2, 1]
    given_up = [*steps(0.22), *(dataclasses.replace(each, month=3) for each in steps(0.2, advice="the board advised against, followed"))]
    sentences = [in_one_sentence(episode) for episode in episodes(given_up)]
    assert sentences[1] == "In July 2014 Reading wanted to raise strictness from 0.2, and left it (the board advised against, followed)."
    handed_over = [*steps(0.22), *(dataclasses.replace(each, month=3, decider="the commissioner") for each in steps(0.22))]
    assert "the commissioner raised strictness of Reading by one step" in in_one_sentence(episodes(handed_over)[1])


def test_no_step_is_lost_or_told_twice(log):
    found = [step for episode in episodes(log) for step in episode.steps]
    assert sorted(found, key=lambda each: (each.month, each.organisation, each.lever)) == log
    for episode in episodes(log):
        levels = [level for step in episode.steps for level in (step.before, step.after)]
        assert levels[2::2] == levels[1:-1:2], "each begins where the one before ended"


def test_what_a_rule_did_is_a_sentence_of_its_own():
    """Nobody decided it, so nothing was weighed and no move is counted; what is decided of the same lever is told as ever."""
    rule = dataclasses.replace(STEP, month=12, lever="eligibility", before=3.0, after=2.0, decider="rules", advice="the national minimum of eligibility", reasons={})
    brought = "In April 2015 the national minimum of eligibility brought eligibility of Reading from 3 to 2 (need band from which care is paid for: 0 low to 3 critical), which nobody decided."
    found = episodes([rule, *steps(0.22)])
    assert [in_one_sentence(episode) for episode in found][1] == brought
    assert reasons_in_words(found[1]) == [brought]
    whose = {"organisation": "Reading", "kind": "council", "structure": "separate-budgets+national-minimum", "replication": 0, "years": 2}
    both = Story(**whose, scale=0.5, episodes=tuple(found))
    assert told(both)[0].endswith(": one move in two years.") and told(both)[-1] == f"- {brought}"
    alone = Story(**whose, scale=0.5, levers=("eligibility",), episodes=tuple(found[1:]))
    assert told(alone)[0].endswith("no move of eligibility in two years; no step was worth making to whoever decides.")
    assert told(alone)[1:] == ["", brought]
    assert [bool(each["hung on"]) for each in as_plain(both)["episodes"]] == [True, False]
    json.dumps(as_plain(both), allow_nan=False)


def test_rules_that_moved_a_lever_of_a_run_are_told():
    economy = lived(13, scale=0.005, years=2, structure="separate-budgets+national-minimum", hold={"eligibility": 3.0}, parameters=FELT_AT_ONCE)
    found = episodes(read(economy.decisions))
    ruled = [in_one_sentence(episode) for episode in found if episode.first.by_rule]
    assert [words.split(" brought ")[0] for words in ruled] == ["In April 2015 the national minimum of eligibility"] * len(economy.councils)
    assert len(found) > len(ruled), "others are decided, and told beside them"


def test_the_reasons_of_a_step_are_told_in_full():
    (episode,) = episodes([STEP])
    assert reasons_in_words(episode) == [
        "In July 2014 Reading raised strictness by one step, from 0.2 to 0.22 (share of need disregarded).",
        "Money: what pays for social care was forecast at £43m a year against £40m, 7.5% over budget; a pound felt like £1.50.",
        "What a step was believed to do in a year, and what of that was felt:",
        "- cost acute care £3k: felt nothing, £0; at rest £0 was felt",
        "- save social care £1k: felt all of it, at £1.50 a pound, £1.5k; at rest £1k was felt",
        "- cost people 0.01 QALYs, weighed at £200",
        "- norm: £800 against such a step, which balanced what was felt at rest",
        "All told it was worth £480 a year to Reading, with £20 less for the effort.",
        "What tipped it: what is felt of social care, compared with rest; without that it would have stayed.",
        "It would have stayed had a pound on social care felt like £1.02 or less, not £1.50.",
        "Or had a pound on acute care, which the step costs money, felt like 16p or more, not 0p.",
        "Had money been in balance, with every price at £1, it would have stayed: the step would have been worth −£20 a year.",
    ]


# Results


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    store = Store(tmp_path_factory.mktemp("results") / "made-up", comparison())
    for run in store.spec.runs():
        store.write(made_up(run))
    return store.results()


def test_there_is_a_story_for_each_structure_unless_one_is_named(results):
    assert [story.structure for story in stories(results, "Reading")] == ["separate-budgets", "single-budget"]
    (story,) = stories(results, "reading", "strictness", "single-budget", 2)
    assert (story.organisation, story.kind, story.replication) == ("Reading", "council", 2)
    assert told(story)[0] == "Reading (council) under single-budget, replication 2: one move of strictness in two years."
    assert len(as_plain(story)["episodes"]) == 1
    json.dumps(as_plain(story), allow_nan=False)


def test_an_alternative_has_a_story_where_it_was_run(tmp_path):
    store = Store(tmp_path, comparison(replications=1, alternatives={"single-budget": {"no-overspend": "single-budget~no-overspend"}}))
    for run in store.spec.runs():
        store.write(made_up(run))
    assert [story.structure for story in stories(store.results(), "Reading")] == ["separate-budgets", "single-budget"]
    (story,) = stories(store.results(), "Reading", structure="single-budget~no-overspend")
    assert story.structure == "single-budget~no-overspend"


def test_who_moved_nothing_has_a_story_too(results):
    (story, _) = stories(results, "Royal Berkshire")
    assert told(story) == [
        "Royal Berkshire (hospital) under separate-budgets, replication 0: no move in two years; no step was worth making to whoever decides."
    ]
    assert told(stories(results, "Reading", "charges")[0])[0].endswith("no move of charges in two years; no step was worth making to whoever decides.")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"organisation": "Redding"}, "unknown organisation 'Redding'; nearest: Reading"),
        ({"organisation": "households"}, "unknown organisation 'households'"),
        ({"organisation": "Reading", "lever": "strictnes"}, "unknown lever 'strictnes'; nearest: strictness"),
        ({"organisation": "Reading", "structure": "single"}, "unknown structure 'single'; nearest: single-budget"),
        ({"organisation": "Reading", "structure": "council-led"}, "unknown structure 'council-led'"),
        ({"organisation": "Reading", "replication": 3}, "replication must be a whole number from 0 to 2"),
    ],
)
def test_what_is_not_there_is_refused_with_the_nearest(results, asked, message):
    with pytest.raises(StoryError, match=message.replace("(", r"\(")):
        stories(results, **asked)


def test_a_story_of_an_experiment_is_of_one_arm(tmp_path):
    spec = ExperimentSpec(
        name="mine", arms={"usual": Arm(), "calm": Arm(parameters={"deciding.price_gain": 0.0})}, places=("wigan",), years=2, replications=2,
        structures=("separate-budgets", "single-budget"), code="0123456789abcdef",
    )  # fmt: skip
    store = Store(tmp_path / "out", spec)
    for run in spec.runs():
        made = made_up(run)
        store.write(made if not run.parameters else dataclasses.replace(made, decisions=made.decisions.iloc[:0]))
    found = {arm: stories(store.results(), "reading", arm=arm) for arm in ("usual", "calm")}
    assert [story.arm for story in found["calm"]] == ["calm", "calm"]
    assert all(story.episodes for story in found["usual"])
    assert not any(story.episodes for story in found["calm"])
    assert stories(store.results(), "reading") == found["usual"], "the control, where none is asked for"
    assert "arm usual" in told(found["usual"][0])[0]
    assert as_plain(found["calm"][0])["arm"] == "calm"
    with pytest.raises(StoryError, match="unknown arm 'clam'; nearest: calm"):
        stories(store.results(), "reading", arm="clam")


def test_a_comparison_has_no_arms(results):
    with pytest.raises(StoryError, match="a comparison has no arms, got 'usual'"):
        stories(results, "reading", arm="usual")
