PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed

.PHONY: run test test-fault check format bench

run: $(READY)  ## install what is missing and serve on http://127.0.0.1:8080
	@$(BIN)/agentcast serve $(ARGS)

test: $(READY)  ## every test that needs neither root nor namespaces
	@$(BIN)/pytest -n 2 $(ARGS)

test-fault: $(READY)  ## fault and load cases; some need root, Linux and npm
	@npm ci --ignore-scripts --silent --prefix tests/e2e/clients
	@$(BIN)/pytest -m "fault or load" $(ARGS)

check: $(READY)  ## the whole gate: format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(READY)  ## measure the hot path on a quiet machine
	@$(BIN)/python -m benchmarks.run $(ARGS)

$(READY): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[all,dev]'
	@touch $@
