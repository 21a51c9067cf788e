"""How fast the model is, and how much memory it takes: ``python -m benchmarks``, or ``make bench``.

Every figure is measured in a process of its own, on one thread; ``docs/reference/benchmarks.md`` says how to read them.
"""
