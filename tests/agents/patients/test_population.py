"""A Population does what a plain Mesa AgentSet of ordinary agents does, and what it adds does what it says."""

import copy
import math
import pickle
import warnings

import mesa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agents.patients.patient import ATTRIBUTES, Patient
from agents.patients.people import People
from agents.patients.population import AgentSet, Groups, Population
from agents.patients.record import ALIVE, LEFT, RECORD
from agents.vocabulary import Condition

NAMES = st.sampled_from([*ATTRIBUTES])
SETTABLE = [name for name, attribute in ATTRIBUTES.items() if attribute.limits]


def some_people(n: int, seed: int = 0) -> np.ndarray:
    """Records of n people with every attribute varied, ties included; frailty and strain are exact in 32 bits."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(n, dtype=RECORD)
    rows["end_month"] = ALIVE
    rows["birth_month"] = -rng.integers(18 * 12, 100 * 12, n)
    rows["conditions"] = rng.integers(0, 4, n) << rng.integers(0, 12, n)
    rows["person"] = rng.integers(0, 2, n) | rng.integers(0, 5, n) << 1 | rng.integers(0, 4, n) << 4
    rows["care"] = rng.integers(0, 5, n) | rng.integers(0, 3, n) << 3 | rng.integers(0, 2, n) << 5
    rows["frailty"] = rng.integers(0, 65, n) / 64
    rows["strain"] = rng.integers(0, 9, n) / 8
    rows["capital"] = rng.integers(-5, 50, n) * 1000
    for field in ("need", "informal", "package", "unmet_recent", "qalys", "unmet", "out_of_pocket", "withheld"):
        rows[field] = rng.integers(0, 600, n)
    for field in ("council", "consortium", "hospital", "contacts", "spells", "small_area", "flags"):
        rows[field] = rng.integers(0, 4, n)
    return rows


class Plain(mesa.Agent):
    """An ordinary agent with the attributes of a patient, copied once."""

    def __init__(self, model: mesa.Model, patient: Patient) -> None:
        super().__init__(model)
        self.row = patient.unique_id
        for name in ATTRIBUTES:
            setattr(self, name, getattr(patient, name))


def row_of(agent: Plain | Patient) -> int:
    return agent.row if isinstance(agent, Plain) else agent.unique_id


def rows_of(agents) -> list[int]:
    return [row_of(agent) for agent in agents]


def halve_frailty(agent: Plain | Patient, times: int = 1) -> float:
    agent.frailty = agent.frailty / 2**times
    return agent.frailty


def outcome(call):
    """What a call returns or raises, so that the two worlds can be compared in both."""
    try:
        return call()
    except (TypeError, ValueError, KeyError, RuntimeWarning) as error:
        return type(error)


def quietly(call):
    """What a call returns that may make Mesa warn of an empty set without a generator."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return call()


class SameAsMesa(RuleBasedStateMachine):
    """Any sequence of operations, done to a Population and to a plain AgentSet of agents with the same attributes."""

    @initialize(n=st.integers(0, 30), seed=st.integers(0, 2**20))
    def build(self, n, seed):
        model, plain_model = mesa.Model(rng=seed), mesa.Model(rng=seed)
        everyone = Population(model, some_people(n, seed))
        self.plain_agents = [Plain(plain_model, patient) for patient in everyone]
        self.ours = everyone.copy()
        self.mesas = AgentSet(self.plain_agents, plain_model.random)
        self.live = everyone

    def follow(self, ours, mesas):
        assert type(ours) is Population
        self.ours, self.mesas = ours, mesas

    def same(self, of):
        assert outcome(lambda: of(self.ours)) == outcome(lambda: of(self.mesas))

    @invariant()
    def same_members_in_the_same_order(self):
        if hasattr(self, "ours"):
            assert rows_of(self.ours) == rows_of(self.mesas)
            assert len(self.ours) == len(self.mesas)

    @invariant()
    def same_values(self):
        if hasattr(self, "ours"):
            assert self.ours.get([*ATTRIBUTES]) == self.mesas.get([*ATTRIBUTES])

    @rule(
        age=st.integers(18, 100),
        at_most=st.one_of(st.sampled_from([math.inf, 1.0]), st.integers(-1, 30), st.floats(0, 1), st.floats(1, 20)),
        inplace=st.booleans(),
        by_mask=st.booleans(),
        everybody=st.booleans(),
    )
    def select(self, age, at_most, inplace, by_mask, everybody):
        old = None if everybody else (lambda agent: agent.age >= age)
        mesas = self.mesas.select(old, at_most=at_most, inplace=inplace)
        if by_mask and isinstance(at_most, int) and not everybody:
            ours = self.ours.select(where=lambda people: people.age >= age, at_most=at_most, inplace=inplace)
        else:
            ours = self.ours.select(old, at_most=at_most, inplace=inplace)
        assert (ours is self.ours) == (mesas is self.mesas) == inplace
        self.follow(ours, mesas)

    @rule(wrong=st.booleans())
    def select_by_type(self, wrong):
        ours = self.ours.select(agent_type=Plain if wrong else Patient)
        mesas = self.mesas.select(agent_type=Patient if wrong else Plain)
        assert rows_of(ours) == rows_of(mesas)
        assert rows_of(self.ours.select(agent_type=mesa.Agent)) == rows_of(self.mesas)

    @rule(name=NAMES, by_function=st.booleans(), ascending=st.booleans(), inplace=st.booleans())
    def sort(self, name, by_function, ascending, inplace):
        key = (lambda agent: (getattr(agent, name), -row_of(agent))) if by_function else name
        self.follow(self.ours.sort(key, ascending, inplace), self.mesas.sort(key, ascending, inplace))

    @rule(inplace=st.booleans())
    def shuffle(self, inplace):
        self.follow(self.ours.shuffle(inplace), self.mesas.shuffle(inplace))

    @rule(name=st.sampled_from(SETTABLE), value=st.integers(0, 4))
    def set(self, name, value):
        value = value if name == "capital_pounds" else value / 4  # what a plain agent is given it keeps as it is
        assert self.ours.set(name, value) is self.ours
        self.mesas.set(name, value)

    @rule(shuffled=st.booleans(), times=st.integers(0, 2))
    def do(self, shuffled, times):
        seen = ([], [])
        for log, agents in zip(seen, (self.ours, self.mesas), strict=True):
            do = agents.shuffle_do if shuffled else agents.do
            noting = lambda agent, n, log=log: log.append((row_of(agent), halve_frailty(agent, times=n)))  # noqa: E731
            assert do(noting, times) is agents
            assert do("__getattribute__", "age") is agents
        assert seen[0] == seen[1]

    @rule(name=NAMES)
    def map(self, name):
        self.same(lambda agents: agents.map("__getattribute__", name))
        self.same(lambda agents: agents.map(lambda agent, n, *, k: (row_of(agent) + n, getattr(agent, k)), 7, k=name))

    @rule(names=st.lists(st.sampled_from([*ATTRIBUTES, "nonsense", "pos"]), max_size=4))
    def get(self, names):
        for handle_missing in ("default", "nonsense"):
            self.same(lambda agents: agents.get(names, handle_missing, -1))  # noqa: B023
        for name in names:
            self.same(lambda agents: agents.get(name, handle_missing="default"))  # noqa: B023

    @rule(name=NAMES)
    def agg(self, name):
        for function in (sum, min, max, len, list, np.mean, np.sum, np.median, np.unique, [min, max, np.std], ()):
            got, wanted = (outcome(lambda: agents.agg(name, function)) for agents in (self.ours, self.mesas))  # noqa: B023
            if len(self.ours):
                assert repr(got) == repr(wanted)  # the type and every bit
            else:  # NumPy takes an empty list for floats; a column of whole numbers stays one
                assert np.array_equal(got, wanted)

    @rule(name=NAMES, by_function=st.booleans(), kind=st.sampled_from(["agentset", "list"]))
    def groupby(self, name, by_function, kind):
        by = (lambda agent: getattr(agent, name)) if by_function else name
        ours, mesas = (agents.groupby(by, result_type=kind) for agents in (self.ours, self.mesas))
        assert isinstance(ours, Groups)
        assert [(key, rows_of(group)) for key, group in ours] == [(key, rows_of(group)) for key, group in mesas]
        assert ours.count() == mesas.count()
        assert len(ours) == len(mesas)
        assert ours.agg("frailty", np.mean) == mesas.agg("frailty", np.mean)
        assert ours.agg("sex", max) == mesas.agg("sex", max)
        assert ours.map(rows_of) == mesas.map(rows_of)
        if kind == "agentset":
            assert ours.do("set", "strain", 0.25) is ours
            mesas.do("set", "strain", 0.25)
            assert ours.map("get", "age") == mesas.map("get", "age")
            assert {type(group) for _, group in ours} <= {Population}

    @rule(data=st.data())
    def combine(self, data):
        rows = data.draw(st.lists(st.integers(0, len(self.plain_agents)), unique=True))
        rows = [row for row in rows if row < len(self.plain_agents)]
        ours = Population(self.live.model, self.live.people, uids=rows)
        mesas = AgentSet([self.plain_agents[row] for row in rows], self.mesas.random)
        for name in ("__and__", "__or__", "__sub__", "__xor__", "__rand__", "__ror__", "__rsub__", "__rxor__"):
            mine = getattr(self.ours, name)(ours)
            assert rows_of(mine) == rows_of(quietly(lambda: getattr(self.mesas, name)(mesas)))  # noqa: B023
            assert rows_of(mine) == rows_of(getattr(self.ours, name)(ours.to_list()))
            assert mine.random is self.ours.random
        for name in ("__le__", "__lt__", "__ge__", "__gt__", "__eq__", "isdisjoint"):
            assert getattr(self.ours, name)(ours) == getattr(self.mesas, name)(mesas)
        name = data.draw(st.sampled_from(["__ior__", "__iand__", "__isub__", "__ixor__"]))
        self.follow(getattr(self.ours, name)(ours), quietly(lambda: getattr(self.mesas, name)(mesas)))

    @rule(data=st.data(), name=st.sampled_from(["add", "discard", "remove"]))
    def change(self, data, name):
        if self.plain_agents:
            row = data.draw(st.integers(0, len(self.plain_agents) - 1))
            ours, mesas = self.live[row], self.plain_agents[row]
            assert (ours in self.ours) == (mesas in self.mesas)
            assert self.ours.count(ours) == self.mesas.count(mesas)
            assert outcome(lambda: getattr(self.ours, name)(ours)) == outcome(lambda: getattr(self.mesas, name)(mesas))

    @rule(clear=st.booleans())
    def empty(self, clear):
        self.same(lambda agents: agents.clear() if clear and len(agents) < 3 else row_of(agents.pop()))

    @rule()
    def read_as_a_sequence(self):
        assert rows_of(reversed(self.ours)) == rows_of(self.mesas)[::-1]
        assert rows_of(self.ours.to_list()) == rows_of(self.mesas)
        for position, patient in enumerate(self.ours):
            assert self.ours.index(patient) == position
            assert self.ours[patient.unique_id] == patient
            assert patient in self.ours

    @rule(how=st.sampled_from([copy.copy, lambda agents: agents.select(), lambda agents: agents | agents]))
    def copied(self, how):
        if len(self.ours):
            before = self.ours
            self.follow(how(self.ours), how(self.mesas))
            assert self.ours is not before


TestSameAsMesa = SameAsMesa.TestCase

# What Population may inherit: Python's own mixins, which use nothing but the methods that it overrides.
SAFE = {
    *("__eq__", "__le__", "__lt__", "__ge__", "__gt__", "isdisjoint"),
    *("__xor__", "__rand__", "__ror__", "__rsub__", "__rxor__"),
    *("__ior__", "__iand__", "__isub__", "__ixor__"),
    "_hash",
}
PLUMBING = {
    *("__abstractmethods__", "__annotations__", "__dict__", "__class_getitem__", "__doc__", "__firstlineno__"),
    *("__init_subclass__", "__module__", "__orig_bases__"),
    *("__parameters__", "__slots__", "__static_attributes__", "__subclasshook__", "__type_params__", "__weakref__"),
    *("_abc_impl", "_is_protocol"),
}


def test_nothing_of_mesas_is_inherited_unawares():
    offered = {name for base in AgentSet.__mro__ if base is not object for name in vars(base)}
    inherited = offered - set(vars(Population)) - PLUMBING
    assert inherited == SAFE
    assert all(getattr(Population, name).__module__ == "collections.abc" for name in SAFE)


def test_a_population_is_an_agent_set():
    population = Population(mesa.Model(rng=1), some_people(3))
    assert isinstance(population, mesa.agent.AgentSet)
    assert all(isinstance(patient, mesa.Agent) for patient in population)
    assert len(population.model.agents) == 0


def world(n: int = 20, seed: int = 0) -> Population:
    model = mesa.Model(rng=seed)
    model.month = 0
    return Population(model, People(some_people(n, seed)))


def test_a_live_population_follows_the_model():
    live = world()
    cohort = live.copy()
    live.people.rows["end_month"][3] = 5
    live.people.rows["end_month"][4] = 2
    assert len(live) == 20
    live.model.month = 3
    assert live.uids.tolist() == [row for row in range(20) if row != 4]
    assert live[4] not in live
    assert live[3] in live
    live.model.month = 6
    assert len(live) == 18
    assert len(live.everyone) == 20
    assert live[4] in live.everyone
    assert len(live.get("age")) == live.column("age").size == 18
    assert len(cohort) == 20, "a selection keeps its dead"
    assert cohort.get("present").count(False) == 2
    first = live.people.append(some_people(2, seed=9))
    assert first == 20
    assert len(live) == 20
    assert live[21] in live
    assert live[21] not in cohort
    with pytest.raises(IndexError, match="not in this selection"):
        _ = cohort[21]


def test_a_live_population_cannot_be_changed_from_outside():
    live = world()
    for change in (
        lambda: live.add(live[0]),
        lambda: live.discard(live[0]),
        lambda: live.remove(live[0]),
        live.pop,
        live.clear,
        lambda: live.shuffle(inplace=True),
        lambda: live.sort("age", inplace=True),
        lambda: live.everyone.select(at_most=3, inplace=True),
        lambda: live._update([]),
    ):
        with pytest.raises(TypeError, match=r"enter and leave through the model; copy\(\) gives"):
            change()
    assert len(live) == 20


def test_a_refused_shuffle_draws_nothing():
    live = world()
    state = live.random.getstate()
    with pytest.raises(TypeError):
        live.shuffle(inplace=True)
    assert live.random.getstate() == state


def test_square_brackets_take_a_row_number():
    live = world()
    selection = live.select(at_most=5).shuffle()
    assert live[np.int64(7)].unique_id == 7
    assert selection[3].unique_id == 3
    for wrong in (20, -1):
        with pytest.raises(IndexError, match="row must be from 0 to 19, got"):
            _ = live[wrong]
    for wrong in (slice(2), 1.5, "a"):
        with pytest.raises(TypeError, match=r"to_list\(\)"):
            _ = live[wrong]


def test_where_chooses_by_columns():
    live = world(200)
    old = live.select(where=lambda people: (people.age >= 65) & (people["need"] > 60) & (people.sex == "female"))
    assert 0 < len(old) < 100
    assert old == live.select(lambda p: p.age >= 65 and p.record["need"] > 60 and p.sex == "female")
    of_old = (live.column("age") >= 65) & (live.columns["need"] > 60) & (live.column("sex") == "female")
    assert old == live.select(where=of_old)
    live.people.rows["end_month"][live.uids[:50]] = -1
    frailest = live.select(where=lambda people: people.frailty >= np.quantile(people.frailty, 0.9))
    assert set(frailest.uids) <= set(range(50, 200)), "columns are the members' only"


@pytest.mark.parametrize("wrong", [np.ones(3, bool), np.ones(20), lambda people: people.age, True])
def test_a_mask_must_fit(wrong):
    with pytest.raises(ValueError, match="where must be 20 truths, one a member"):
        world().select(where=wrong)


def test_a_filter_is_asked_no_more_than_needed():
    asked = []
    world().select(lambda patient: asked.append(patient) or True, at_most=3)
    assert len(asked) == 3


@given(st.integers(0, 2**20))
def test_columns_are_what_views_say(seed):
    live = world(8, seed)
    for name in ATTRIBUTES:
        assert live.column(name).tolist() == [getattr(patient, name) for patient in live]


def test_unknown_names_give_the_nearest():
    live = world()
    for call in (live.column, live.get, lambda name: live.agg(name, sum), lambda name: live.set(name, 1)):
        with pytest.raises(AttributeError, match="no attribute 'frailtee'; nearest: frailty"):
            call("frailtee")
    with pytest.raises(KeyError, match="nearest: birth_month"):
        live.columns["birth_moth"]


def test_only_some_attributes_may_be_set_and_within_limits():
    live = world()
    before = live.people.rows.copy()
    with pytest.raises(AttributeError, match=r"Patient\.age can only be read; what can be set: "):
        live.set("age", 4)
    with pytest.raises(ValueError, match=r"Patient\.frailty must lie in \[0, 1\], got 1.5"):
        live.set("frailty", 1.5)
    with pytest.raises(TypeError, match=r"Patient\.need_hours must be a number, got 'many'"):
        live.set("need_hours", "many")
    assert np.array_equal(live.people.rows, before)
    for name, attribute in ATTRIBUTES.items():
        if attribute.limits:
            for value in (attribute.limits.least, attribute.limits.most):
                assert set(live.set(name, value).get(name)) == {value}


def test_setting_a_selection_leaves_the_others():
    live = world()
    selection = live.select(at_most=5).set("capital_pounds", 12)
    assert live.get("capital_pounds").count(12) == 5
    assert set(selection.get("capital_pounds")) == {12}


def test_organisations_have_the_names_of_the_models_place():
    class Organisation:
        def __init__(self, name):
            self.name = name

    class Place:
        councils = tuple(map(Organisation, ["Avon", "Brent", "Cumbria", "Avon"]))

    live = world()
    assert set(live.get("council")) <= set(range(4))
    by_index = live.groupby("council").count()
    live.model.place = Place()
    assert set(live.get("council")) <= {"Avon", "Brent", "Cumbria"}
    named = live.groupby("council").count()
    assert named["Avon"] == by_index[0] + by_index[3]
    assert named["Brent"] == by_index[1]
    assert set(live.get("hospital")) <= set(range(4)), "a place without hospitals shows indices"


def test_members_must_be_people_of_the_same_store():
    live, other = world(), world()
    selection = live.copy()
    with pytest.raises(ValueError, match="another model's people"):
        selection.add(other[0])
    with pytest.raises(TypeError, match="Patients only"):
        selection.add(Plain(mesa.Model(rng=1), live[0]))
    assert other[0] not in live
    assert "a patient" not in live
    with pytest.raises(IndexError, match=r"Population\.uids must lie from 0 to 19, got 3 to 20"):
        Population(live.model, live.people, uids=[3, 20])
    with pytest.raises(TypeError, match="whole row numbers"):
        Population(live.model, live.people, uids=[0.5])


def test_each_person_is_in_a_selection_once():
    live = world()
    assert Population(live.model, live.people, uids=[5, 3, 5, 4, 3]).uids.tolist() == [5, 3, 4]


@pytest.mark.parametrize("again", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy])
def test_a_copy_of_a_population_has_a_store_of_its_own(again):
    live = world()
    selection = live.sort("age").select(at_most=7)
    assert selection[int(selection.uids[0])] in selection
    live2, selection2 = again((live, selection))
    assert live2.people is selection2.people is not live.people
    assert selection2.uids.tolist() == selection.uids.tolist()
    assert live2.live
    assert live2.get([*ATTRIBUTES]) == live.get([*ATTRIBUTES])
    assert rows_of(live2.shuffle()) == rows_of(live.shuffle())
    live2.set("capital_pounds", 1)
    assert live.get("capital_pounds") != live2.get("capital_pounds")


def test_totals_do_not_overflow():
    rows = some_people(3)
    rows["out_of_pocket"] = 2**32 - 1
    rows["capital"] = 2**31 - 1
    live = Population(mesa.Model(rng=1), rows)
    for total in (sum, np.sum):
        assert live.agg("capital_pounds", total) == 3 * (2**31 - 1)
        assert live.agg("out_of_pocket_pounds", total) == pytest.approx(3 * (2**32 - 1) / 100)


def test_an_empty_store_works():
    live = world(0)
    assert live.to_list() == live.get("age") == live.get(["age", "sex"]) == []
    assert not live
    assert live.groupby("sex").count() == {}
    assert live.agg("need_hours", sum) == 0
    assert live.select(where=lambda people: people.age > 3).sort("sex").shuffle().copy().uids.size == 0


def test_mesas_data_collector_reads_a_population():
    live = world()
    live.model.patients = live

    def demented(model):
        return len(model.patients.select(where=lambda people: people["conditions"] & 1 << Condition.DEMENTIA > 0))

    collector = mesa.DataCollector(model_reporters={"demented": demented})
    collector.collect(live.model)
    wanted = sum("dementia" in patient.conditions for patient in live)
    assert collector.get_model_vars_dataframe()["demented"].tolist() == [wanted]


def test_a_line_says_which_people():
    live = world()
    live.people.rows["end_month"][0] = -1
    live.people.rows["flags"][0] = LEFT
    assert repr(live) == "<Population: 19 people living in the place, 20 rows>"
    assert repr(live.everyone) == "<Population: 20 people all who ever lived in the place, 20 rows>"
    assert repr(live.select(at_most=2)) == "<Population: a selection of 2 people>"
