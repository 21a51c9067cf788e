"""The world the agents act in: real places, commissioning structures, money, and one month after another."""

from model.surface import lazy_surface

EXPORTS = {
    "HealthEconomy": "model.economy:HealthEconomy",
    "Ledger": "model.ledger:Ledger",
    "places": "model.place:places",
    "structures": "model.structures",
}
__all__ = list(EXPORTS)
__getattr__, __dir__ = lazy_surface(__name__, EXPORTS)
