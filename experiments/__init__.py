"""What we ask of the world: batches of paired runs, their storage, comparisons, figures and the command."""

from model.surface import lazy_surface

EXPORTS = {
    "RunSpec": "experiments.running:RunSpec",
    "load": "experiments.store:load",
    "run": "experiments.running:run",
}
__all__ = list(EXPORTS)
__getattr__, __dir__ = lazy_surface(__name__, EXPORTS)
