# Everything to work on Watchkeeper: each target sets up what it needs by itself.
# Needs python3 (3.11 or newer; another one with PYTHON=...) and, for all tests, java and gcloud's emulators.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
STAMP := .venv/.installed
CHECKOV := .venv/checkov/.installed-3.3.30
REQUIREMENTS := requirements.txt requirements-local.txt requirements-dev.txt

# The tests start hundreds of processes: without byte code each of them compiles everything anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help setup demo test soak bench mutants check lint format coverage clean tables
.PHONY: terraform-test terraform-policy terraform-schema
.PHONY: lint-form lint-rules lint-types lint-layers lint-terraform

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv and install what requirements-dev.txt names, if that changed

$(STAMP): $(REQUIREMENTS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip --disable-pip-version-check --quiet install -r requirements-dev.txt
	@touch $@

demo: $(STAMP) ## watch a simulated Google on this machine and tell what happens
	@$(BIN)/python main.py demo $(ARGS)

test: $(STAMP) $(CHECKOV) ## run the tests, four files at a time: many wait more than they work (ARGS="-k token -x" to choose)
	@$(BIN)/python -m pytest -n 4 --dist loadfile --no-loadscope-reorder $(ARGS)

soak: $(STAMP) ## run the tests that take minutes: renewals, kills and many watches, in real processes
	@WATCHKEEPER_SOAK=1 $(BIN)/python -m pytest -m soak $(ARGS)

bench: $(STAMP) ## measure side by side and write docs/benchmarks.md: about 7 minutes (ARGS="--only receive")
	@$(BIN)/python -m tests.bench $(ARGS)

mutants: $(STAMP) ## plant each defect of tests/mutants/defects and see a test notice it (ARGS="cursor-* --json")
	@$(BIN)/python -m tests.mutants $(ARGS)

fuzz: $(STAMP) ## feed hostile input by what it reaches in the code (ARGS=60: seconds)
	@$(BIN)/python -c 'import atheris' 2>/dev/null || $(BIN)/python -m pip --disable-pip-version-check --quiet install \
	  atheris==3.0.0 || { echo "atheris cannot be installed for this Python: nothing is fuzzed"; exit 1; }
	@$(BIN)/python -m tests.hostile.fuzz $(ARGS)

check: lint test ## run the tests and all checks of form, rules, types and layers

terraform-test: $(STAMP) $(CHECKOV) ## test the deployment alone, and that each guard notices what it guards against
	@WATCHKEEPER_SOAK=1 $(BIN)/python -m pytest tests/terraform $(ARGS)

terraform-policy: $(STAMP) $(CHECKOV) ## scan terraform/ for what is commonly done wrong
	@$(BIN)/python -m pytest tests/terraform/test_policy.py $(ARGS)

terraform-schema: $(STAMP) ## write the rules for watches anew for terraform/
	@$(BIN)/python -m tests.terraform.schema

# In an environment of its own: it pins what we pin differently. Without it that test is skipped.
$(CHECKOV): | $(STAMP)
	@rm -rf .venv/checkov
	@($(PYTHON) -m venv .venv/checkov && .venv/checkov/bin/python -m pip --disable-pip-version-check --quiet install \
	  checkov==3.3.30 && touch $@) || echo "checkov cannot be installed: its test will be skipped"

lint: lint-form lint-rules lint-types lint-layers lint-terraform ## check form, rules, types and layers

lint-form: $(STAMP)
	$(BIN)/ruff format --check .

lint-rules: $(STAMP)
	$(BIN)/ruff check .

lint-types: $(STAMP)
	$(BIN)/mypy

lint-layers: $(STAMP)
	$(BIN)/lint-imports

lint-terraform:
	@if [ -d terraform ] && command -v terraform >/dev/null; then \
	  echo "terraform fmt" && terraform -chdir=terraform fmt -check -recursive; fi

tables: $(STAMP) ## write the README's tables and the events' schemas from the code
	@$(BIN)/python -m infra.machine.readme_tables
	@$(BIN)/python -m infra.machine.event_schemas

format: $(STAMP) ## bring all code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only --quiet .
	@if [ -d terraform ] && command -v terraform >/dev/null; then terraform -chdir=terraform fmt -recursive; fi

coverage: $(STAMP) $(CHECKOV) ## run the tests and show which branches none of them takes
	@$(BIN)/python -m pytest --cov --cov-report=term-missing $(ARGS)

clean: ## remove .venv, caches and reports; state and secrets stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
