PYTHON ?= python3
VENV ?= .venv
# What `make run` installs beyond the server; `make run EXTRAS=all` adds MCP servers and PostgreSQL.
EXTRAS ?= acp,anthropic,openai,terminal

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
comma := ,
SERVABLE := $(VENV)/.servable-$(subst $(comma),-,$(EXTRAS))
READY := $(VENV)/.installed

# Whatever the machine is set to, what was compiled is kept: else each start compiles all that it loads.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test test-fault check format bench

# Where everything has been installed, everything is kept up to date.
run: $(or $(wildcard $(READY)),$(SERVABLE))  ## install what is missing and serve on http://127.0.0.1:8080
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

# Nothing is compiled ahead: the first start compiles what it loads, which is a tenth of it.
$(SERVABLE): pyproject.toml | $(BIN)/python
	@echo "Installing what serving needs into $(VENV), with the extras $(EXTRAS) (once; some 20 s) ..."
	@$(PIP) --no-compile -e '.[$(EXTRAS)]'
	@touch $@

$(READY): pyproject.toml | $(BIN)/python
	@echo "Installing everything that tests and checks need into $(VENV) (once; a minute or two) ..."
	@$(PIP) -e '.[all,dev]'
	@touch $@

$(BIN)/python:
	@echo "Making the virtual environment $(VENV) with $(PYTHON) ..."
	@$(PYTHON) -m venv $(VENV)
