"""A place's levers at rest: every lever of every organisation once, at the levels that a run starts from."""

from agents.deciding import LEVER_RANGES
from model.economy import HealthEconomy
from model.levers_at_rest import levers_at_rest


def test_every_lever_is_listed_at_the_level_that_runs_start_from():
    rows = levers_at_rest("wigan", 0.01)
    economy = HealthEconomy("wigan", "single-budget", scale=0.01, years=1)
    started = {
        (holder.name, lever.name.lower()): (level, LEVER_RANGES[lever].unit, holder.norms[lever])
        for holder in (*economy.councils, *economy.consortia, *economy.hospitals)
        for lever, level in holder.levers.items()
    }
    assert {(row.organisation, row.lever): (row.level, row.unit, row.norm) for row in rows} == started
    assert {(row.organisation, row.lever) for row in rows if row.how} == {row[:2] for row in economy.levers_solved}
