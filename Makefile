# One-word commands from a bare clone; all they need is make and Python 3.11, 3.12 or 3.13.
#   make compare ARGS="--years 5"      options for the command behind a target
#   make test PYTHON=python3.12        an interpreter of your choice

.DEFAULT_GOAL := help
.PHONY: help setup compare validate test test-slow bench lint clean FORCE

ARGS ?=
PYTHON ?=
export PYTHON
VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.set-up-done

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' Makefile

setup: $(STAMP) ## make .venv and install what is needed; again only when the requirements change

compare: $(STAMP) ## the main job: compare commissioning structures for one place, into results/headline
	@$(VENV)/bin/joinedup compare $(ARGS)

validate: $(STAMP) ## the model beside what is published of England, into results/validation
	@$(VENV)/bin/joinedup validate $(ARGS)

test: $(STAMP) ## all tests but the slow ones, doctests included, on two cores
	@$(RUN) -m pytest -q -m "not slow" -n 2 --dist loadscope $(ARGS)

test-slow: $(STAMP) ## only the slow tests, on two cores
	@status=0; $(RUN) -m pytest -q -m slow -n 2 --dist loadscope $(ARGS) || status=$$?; \
	if [ $$status -eq 5 ]; then echo "make test-slow: no slow test was found, so none was run"; status=0; fi; \
	exit $$status

bench: $(STAMP) ## speed and memory
	@$(RUN) -m benchmarks $(ARGS)

lint: $(STAMP) ## style checks
	@$(RUN) -m ruff check $(ARGS) .

clean: ## remove .venv, caches and build leftovers; results stay
	@rm -rf $(VENV) build dist joinedup.egg-info .pytest_cache .ruff_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment also counts as out of date when its interpreter is gone, when it is another than PYTHON, or when the
# checkout was moved.
$(STAMP): pyproject.toml constraints.txt $(if $(shell PYTHON="$(PYTHON)" sh .ci/set-up --stale),FORCE)
	@sh .ci/set-up
