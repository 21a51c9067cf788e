"""How hospitals and providers of care are paid: prices, and each rule of payment as a small thing to reckon with.

Rules move income, not resources: what care takes stands in ``model.resources``. Amounts here are in pounds, as a reader
would check them by hand; runs post whole pence by the same rules (``agents.hospital.billing`` the tariff, a spell at a
time, ``model.contracts`` everything else, once a month). Sources are rows of the evidence table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from agents.parameter import Checked, parameter

if TYPE_CHECKING:
    import numpy as np

Pence = TypeVar("Pence", int, "np.ndarray")
PAYMENT_RULES = ("tariff", "block", "capitation", "year-of-care", "alliance")
"""Ways of paying a hospital that a structure may state."""

YEAR_OF_CARE_ROWS = ("P-B.emerg-010", "P-B.emerg-011", "P-B.emerg-012", "P-B.emerg-013", "P-B.emerg-014")
"""Share of adults with an unplanned admission in a year, by number of conditions: 0, 1, 2, 3, 4 or more. Prices of a year
of care stand in the same proportions (an assumption: that other hospital care follows unplanned admissions)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices(Checked):
    """Prices, and options of the tariff, that are the same everywhere; councils' own unit costs come with the place."""

    spell: float = parameter(2358.0, "tariff price of an emergency spell", unit="pounds", low=2250.0, high=2550.0, evidence="P-B.cost-010")
    trim_days: float = parameter(
        28.0, "days that the spell price covers", unit="days", low=15.0, high=40.0, assumption="trim points of long medical stays are three to six weeks")
    excess_day: float = parameter(273.0, "price of a day beyond the trim point", unit="pounds a day", low=250.0, high=313.0, evidence="P-B.cost-019")
    attendance: float = parameter(132.0, "price of an A&E attendance", unit="pounds", low=114.0, high=138.0, evidence="P-B.cost-021")
    assessment: float = parameter(
        500.0, "cost of one social-care assessment that is made", unit="pounds", low=400.0, high=768.0,
        assumption="P-B.cost-008 (552 in 2016/17) at 2014/15 prices, rounded down for reviews within it")
    package_start: float = parameter(
        120.0, "cost of one start of home care that brokers can arrange", unit="pounds", low=60.0, high=250.0,
        assumption="no source: most of a day of somebody who finds a provider and agrees the round; apart from the assessment, which it follows")
    prevention_adult: float = parameter(
        15.0, "what councils spend on preventing illness and falls of adults", unit="pounds an adult a year", low=8.0, high=30.0,
        assumption="the public health grant of 2014/15 was 2.8 billion pounds, more than half of it for sexual health and drug services (King's Fund, NHS in a nutshell, "
        "spending on public health); about half of the rest, over 42.7 million adults")
    intermediate_place_week: float = parameter(
        263.0, "cost of an intermediate-care place, used or not", unit="pounds a week", low=200.0, high=350.0,
        assumption="a home-based spell of 1,050 (P-B.cost-031) over four weeks")
    continuing_week: float = parameter(
        871.0, "cost of a week under continuing healthcare", unit="pounds a week", low=700.0, high=1300.0, evidence="P-B.cost-044")
    proactive_person: float = parameter(
        140.0, "cost of a person on the proactive list", unit="pounds a year", low=70.0, high=250.0, assumption="the 2014 enhanced service paid about this")
    community_nursing_adult: float = parameter(
        31.0, "cost of community nurses' visits at rest", unit="pounds a year per adult", low=20.0, high=60.0,
        assumption="eight visits a year for ten adults, some 35 million in England (recalled, no row), at 39 pounds (P-B.cost-005)")
    mental_health_adult: float = parameter(
        97.0, "cost of contacts of mental-health services at rest", unit="pounds a year per adult", low=78.0, high=194.0,
        assumption="8.3 billion (P-C.nhs-035) over 42.7 million adults is 194; half of it taken for contacts outside wards, since wards are not modelled")
    dementia_person: float = parameter(
        310.0, "cost of dementia services at rest", unit="pounds a year per person with dementia", low=150.0, high=800.0,
        assumption="no source: eight contacts a year at the price of a nurse's visit (P-B.cost-005)")
    continence_person: float = parameter(
        80.0, "cost of continence services at rest", unit="pounds a year per frail person who needs help", low=40.0, high=200.0,
        assumption="no source: two contacts a year at the price of a nurse's visit (P-B.cost-005)")
    home_support_resident: float = parameter(
        195.0, "cost of a health team for care homes", unit="pounds a year per resident looked after", low=100.0, high=400.0,
        assumption="no source: five contact hours of a nurse a year (P-B.cost-006)")
    appointment: float = parameter(
        27.5, "cost of a GP or nurse appointment, taken up or not", unit="pounds", low=24.5, high=44.5,
        assumption="30.3 a consultation (P-B.cost-047) over the tenth more that can be had")
    visit: float = parameter(
        115.0, "price of a first outpatient visit", unit="pounds", low=105.0, high=135.0, assumption="120 in 2016/17 (P-B.cost-017) at 2014/15 prices")
    day_case: float = parameter(
        705.0, "tariff price of a day case", unit="pounds", low=650.0, high=740.0, assumption="738 in 2016/17 (P-B.cost-015) at 2014/15 prices")
    elective: float = parameter(
        3520.0, "tariff price of an operation with a night", unit="pounds", low=3300.0, high=3700.0,
        assumption="3,684 in 2016/17 (P-B.cost-014) at 2014/15 prices")
    market_forces: float = parameter(
        1.0, "multiplies every hospital's prices", unit="ratio", low=1.0, high=1.3, positive=True,
        assumption="market-forces factors ran from 1 to about 1.3; 1 where none is known, since the prices are national means")
    marginal_share: float = parameter(
        0.3, "what a spell beyond the hospital's baseline is paid; 1 takes the rule out of force", unit="share of its bill", low=0.3, high=1.0,
        evidence="P-B.tariff-001")
    baseline_share: float = parameter(
        0.9, "spells a year that are paid in full, of those in the base year", unit="share of base-year spells", low=0.83, high=1.0,
        assumption="six years' growth at 3.2% (T-B-002) put 2008/09, the year of the rule, at 0.83 of 2014/15; baselines since reset are at up to 1; the middle")
    return_share: float = parameter(
        0.75, "what an emergency within 30 days of a discharge is paid; 1 takes the rule out of force", unit="share of its bill", low=0.5, high=1.0,
        assumption="returns above a local threshold are not paid (P-B.tariff-002); locally agreed, no source: three in four below it")
    delay_day: float = parameter(
        100.0, "what a council pays a hospital for a recorded day of delay that awaits social care", unit="pounds a day", low=100.0, high=120.0,
        evidence="P-B.tariff-003")
    reimbursed_share: float = parameter(
        0.5, "of recorded days that await social care, those that hospitals claim from councils where these owe for delay", unit="share of recorded days",
        low=0.0, high=1.0, assumption="a hospital may claim every day (P-B.tariff-003), and many did not, for the sake of the partnership; how often it was claimed is not known")


def pence(pounds: float) -> int:
    """Return whole pence.

    Examples
    --------
    >>> pence(2358.0)
    235800
    """
    return int(round(pounds * 100.0))


@dataclass(frozen=True, kw_only=True, slots=True)
class SpellTariff(Checked):
    """The tariff of an emergency spell: one price up to the trim point, then a price a day (P-B.cost-010, P-B.cost-019).

    Parameters
    ----------
    price : of a spell, in pounds
    trim_days : days that it covers
    excess_day : price of a day beyond them, in pounds
    market_forces : factor on both, for unavoidable local cost

    Examples
    --------
    A stay of 30 days, two of them beyond the trim point, where prices are a quarter above the national ones:

    >>> SpellTariff(price=2000.0, trim_days=28.0, excess_day=300.0, market_forces=1.25).spell(30)
    3250.0
    """

    price: float
    trim_days: float
    excess_day: float
    market_forces: float = field(default=1.0, metadata={"positive": True})

    def spell(self, days: int) -> float:
        """Return the price of a spell of so many days, in pounds."""
        over = max(_amount("days", days) - self.trim_days, 0.0)
        return (self.price + over * self.excess_day) * self.market_forces


@dataclass(frozen=True, kw_only=True, slots=True)
class MarginalRate(Checked):
    """Emergency spells beyond a baseline bring a share of the price: 30% in 2014/15 (P-B.tariff-001).

    Parameters
    ----------
    baseline : spells a year that are paid in full
    share : of the price that a spell beyond is paid, 0 to 1

    Examples
    --------
    >>> MarginalRate(baseline=1000.0, share=0.3).income(1100, price=2000.0)
    2060000.0
    """

    baseline: float
    share: float = field(default=0.3, metadata={"unit": "share"})

    def income(self, spells: int, price: float) -> float:
        """Return what so many spells of one price bring in a year, in pounds."""
        full = min(_amount("spells", spells), self.baseline)
        return (full + (spells - full) * self.share) * _amount("price", price)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReturnRule(Checked):
    """An emergency admission within 30 days of a discharge is not paid above a local threshold (P-B.tariff-002).

    Which return is above the threshold is agreed afterwards and on average, so each is paid the same share.

    Parameters
    ----------
    share : of its bill that a return is paid: the share of returns below the threshold, 0 to 1
    within_days : of a discharge, for an admission to be a return

    Examples
    --------
    >>> rule = ReturnRule(share=0.75)
    >>> rule.bill(2000.0, days_since_discharge=30), rule.bill(2000.0, days_since_discharge=31), rule.bill(2000.0)
    (1500.0, 2000.0, 2000.0)
    """

    share: float = field(metadata={"unit": "share"})
    within_days: float = 30.0

    def bill(self, pounds: float, days_since_discharge: int | None = None) -> float:
        """Return what a spell is paid, in pounds; None for somebody never discharged before."""
        returned = days_since_discharge is not None and _amount("days_since_discharge", days_since_discharge) <= self.within_days
        return _amount("pounds", pounds) * (self.share if returned else 1.0)


def block_month(yearly: int, month: int) -> int:
    """Return a month's part of a block contract: a fixed sum a year, whatever is done.

    Parameters
    ----------
    yearly : pence a year
    month : any whole number; twelve in a row add up to the year to the penny

    Examples
    --------
    >>> [block_month(1000, month) for month in range(12)]
    [83, 83, 84, 83, 83, 84, 83, 83, 84, 83, 83, 84]
    """
    return month_part(int(_amount("yearly", yearly)), month)


def month_part(yearly: Pence, month: int) -> Pence:
    """Return a month's part of yearly pence, whole numbers of either sign; twelve months in a row add up to the year to the penny."""
    at = month % 12
    return yearly * (at + 1) // 12 - yearly * at // 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Capitation(Checked):
    """A price for each head of the population served; the provider bears what they use.

    Parameters
    ----------
    per_head : pounds a year

    Examples
    --------
    >>> Capitation(per_head=600.0).income(heads=50_000, months=1)
    2500000.0
    """

    per_head: float

    def income(self, heads: float, months: int = 12) -> float:
        """Return what a population brings in some months, in pounds."""
        return self.per_head * _amount("heads", heads) * _amount("months", months) / 12.0


@dataclass(frozen=True, kw_only=True, slots=True)
class YearOfCare:
    """A price a year for each person, by band of their number of conditions; the provider keeps the difference to cost.

    Parameters
    ----------
    prices : pounds a year for people with 0, 1, 2 ... conditions; the last is for so many or more

    Raises
    ------
    ValueError
        If no price is given, or one is negative.

    Examples
    --------
    >>> care = YearOfCare(prices=(100.0, 200.0, 800.0))
    >>> care.price(1), care.price(5)
    (200.0, 800.0)
    >>> care.income([1000, 500, 250]), care.kept([1000, 500, 250], cost=380_000.0)
    (400000.0, 20000.0)
    """

    prices: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.prices:
            raise ValueError("YearOfCare.prices must hold at least one price, got ()")
        for band, price in enumerate(self.prices):
            _amount(f"YearOfCare.prices[{band}]", price)

    def price(self, conditions: int) -> float:
        """Return the price a year of a person with so many conditions, in pounds."""
        return self.prices[min(int(_amount("conditions", conditions)), len(self.prices) - 1)]

    def income(self, people: Sequence[float]) -> float:
        """Return what people, by band, bring in a year, in pounds."""
        if len(people) != len(self.prices):
            raise ValueError(f"people must number one a band, that is {len(self.prices)}, got {len(people)}")
        return sum(_amount("people", each) * price for each, price in zip(people, self.prices, strict=True))

    def kept(self, people: Sequence[float], cost: float) -> float:
        """Return what the provider keeps once their care has cost so much (negative: loses), in pounds."""
        return self.income(people) - _amount("cost", cost)


@dataclass(frozen=True, kw_only=True, slots=True)
class Alliance:
    """One contract at a target cost, whose partners share what it comes to above or below that.

    Parameters
    ----------
    target : cost that the contract is priced at, in pounds
    shares : of a gain or a loss, by partner; they add up to 1

    Raises
    ------
    ValueError
        If the target is negative, or a share is outside 0 to 1, or they do not add up to 1.

    Examples
    --------
    Care for a million comes to 40,000 less; the payer has a quarter of it and the hospital the rest:

    >>> contract = Alliance(target=1_000_000.0, shares={"consortium": 0.25, "hospital": 0.75})
    >>> contract.gains(960_000.0)
    {'consortium': 10000.0, 'hospital': 30000.0}
    >>> contract.payment(1_100_000.0, 960_000.0)
    1090000.0
    """

    target: float
    shares: Mapping[str, float]

    def __post_init__(self) -> None:
        _amount("Alliance.target", self.target)
        for partner, share in self.shares.items():
            if not 0.0 <= share <= 1.0:
                raise ValueError(f"Alliance.shares of {partner!r} must lie in [0, 1], got {share!r}")
        total = sum(self.shares.values())
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"Alliance.shares must add up to 1, got {total:g}")

    def gains(self, actual: float) -> dict[str, float]:
        """Return each partner's part of the gain (negative: loss) where care costs `actual`, in pounds."""
        gain = self.target - _amount("actual", actual)
        return {partner: share * gain for partner, share in self.shares.items()}

    def payment(self, contract: float, actual: float, hospital: str = "hospital") -> float:
        """Return what the hospital is paid, in pounds: the contract's sum less what others gain, plus what they bear.

        The hospital spends `actual`, so that just its own part of the gain or loss is left with it. Never below 0.
        """
        others = sum(gain for partner, gain in self.gains(actual).items() if partner != hospital)
        return max(_amount("contract", contract) - others, 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reimbursement(Checked):
    """A council pays the hospital for recorded days of delay that social care answers for (P-B.tariff-003).

    Parameters
    ----------
    day : pounds
    claimed : share of recorded days that hospitals claim, 0 to 1

    Examples
    --------
    100 recorded days of delay, of which hospitals claim half:

    >>> Reimbursement(day=100.0, claimed=0.5).pounds(100)
    5000.0
    """

    day: float
    claimed: float = field(default=1.0, metadata={"unit": "share"})

    def pounds(self, recorded_days: float) -> float:
        """Return what is paid for so many days."""
        return _amount("recorded_days", recorded_days) * self.claimed * self.day


def _amount(name: str, value: float) -> float:
    """Return `value` where it is a finite number of at least zero.

    Raises
    ------
    ValueError
        If it is not; the message names it.
    """
    if not 0.0 <= value < float("inf"):
        raise ValueError(f"{name} must be a number of at least 0, got {value!r}")
    return value
