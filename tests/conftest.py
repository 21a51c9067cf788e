"""How Hypothesis draws: always the same examples, so that a failure seen once is seen by everybody.

``pytest --hypothesis-profile=fresh`` draws new and more examples, for a nightly run.
"""

from hypothesis import HealthCheck, settings

# Compiling a kernel on its first call takes seconds, which says nothing about the rule under test.
TOLERANT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

settings.register_profile("steady", derandomize=True, max_examples=50, **TOLERANT)
settings.register_profile("fresh", max_examples=500, **TOLERANT)
settings.load_profile("steady")
