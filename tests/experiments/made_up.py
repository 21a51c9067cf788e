"""Results made up by a formula, to try stores, comparisons and figures without running the model."""

import json
import math

import pandas as pd

from agents.draws import replication_seed
from experiments.specification import ComparisonSpec, RunSpec
from experiments.store import RunResult
from model.measures import BY_CAUSE, CAUSES, HEADLINE, OF_ORGANISATIONS, REASONS

PARTIES = {
    "treasury": "treasury",
    "Reading": "council",
    "Wokingham": "council",
    "NHS Wokingham CCG": "consortium",
    "Royal Berkshire": "hospital",
    "households": "household",
}

REASONS_OF_A_MOVE = json.dumps(
    {
        "value": 0.48, "direction": 1.0, "steps": 0.0, "norm": -0.8, "qalys": -1e-5, "outcome": -0.2, "concavity": 0.0, "effort": 0.02,
        "stake/acute": 0.0, "price/acute": 1.0, "cost/acute": 3.0, "stake/social_care": 1.0, "price/social_care": 1.5, "cost/social_care": -1.0,
        "rest/acute": 0.0, "rest/social_care": -1.0, "heads": 1000, "forecast/social_care": 43e6, "budget/social_care": 40e6,
    }
)  # fmt: skip
"""A step that saves a pound a head on social care, where money is short, and costs three that nobody feels."""


def comparison(**changes) -> ComparisonSpec:
    return ComparisonSpec(**{"structures": ("separate-budgets", "single-budget"), "replications": 3, "years": 2, "code": "0123456789abcdef", **changes})


def made_up(spec: RunSpec, effect: float = 0.0) -> RunResult:
    """A run's result: every replication differs a little, and `effect` (a share) is added to each measure."""
    luck = math.sin(7.0 * spec.replication + 1.0)
    rows = []
    for month in range(spec.years * 12):
        for place, measure in enumerate(HEADLINE):
            value = (1000.0 * (place + 1) + 10.0 * luck + month) * (1.0 + effect)
            rows.append((month, "place", measure.name, value))
            parts = CAUSES if measure.name in BY_CAUSE else REASONS if measure.name == "delayed_days_true" else ()
            rows += [(month, "place", f"{measure.name}/{part}", value / len(parts)) for part in parts]
        rows.append((month, "place", "people", 1000.0))
        rows += [(month, "place", measure.name, 500.0 * (1.0 + effect)) for measure in OF_ORGANISATIONS]
        rows.append((month, "Reading", "lever/strictness", 0.2 + effect * month))
    month = list(range(spec.years * 12))
    flat = {"month": month, "lever": "strictness", "decider": "Reading", "pounds": 1000.0 * (1.0 + effect)}
    return RunResult(
        spec=spec,
        seed=replication_seed(spec.seed, spec.replication),
        measures=pd.DataFrame(rows, columns=["month", "organisation", "measure", "value"]),
        ledger=pd.DataFrame({"payer": "Reading", "payee": "households", "service": "home_care", **flat}),
        consequences=pd.DataFrame({"payer": "NHS Wokingham CCG", "service": "emergency_spell", **flat}),
        decisions=pd.DataFrame(
            {"month": [3], "organisation": ["Reading"], "lever": ["strictness"], "before": [0.2], "after": [0.22],
             "decider": ["Reading"], "advice": [""], "reasons": [REASONS_OF_A_MOVE]}
        ),
        notes={
            "settlement": "flat in real terms",
            "title": "Berkshire West",
            "parties": PARTIES,
            "accounts": [
                {"organisation": "Reading", "account": "social_care", "published": 40e6, "modelled": 16e6, "committed": 24e6, "status": "data"},
                {"organisation": "Reading", "account": "public_health", "published": None, "modelled": 1e6, "committed": 0.0, "status": "assumed"},
            ],
            "lacking": [{"name": "Trust", "favours": "nobody in particular"}],
        },
    )  # fmt: skip
