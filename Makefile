# `make run` and `make test` set themselves up; everything they need goes into .venv.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
FEEDS ?=
export ANPR_DATA ?= ../shared/data
export RAY_USAGE_STATS_ENABLED := 0

.DEFAULT_GOAL := help
.PHONY: help install debian feeds run test check format lint types imports protos contracts train peers bench clean

help: ## Say what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

install: $(VENV)/.installed ## Make .venv with pinned dependencies

# pip compiles one file after another, and what nobody loads too: a package's own tests; what this Python cannot compile
# is not loaded either
$(VENV)/.installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --requirement requirements.lock
	$(BIN)/python -m compileall -qq -j 0 -x '/tests/' $(VENV)/lib || true
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

debian: ## Install the Debian packages that some tests and trainings need (as root)
	@missing=$$(grep -vE '^\s*(#|$$)' deploy/debian-packages.txt | while read -r one; do \
	  dpkg-query -W -f='$${Status}' $$one 2>/dev/null | grep -q 'install ok installed' || echo $$one; done); \
	if [ -n "$$missing" ]; then apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing; fi

feeds: install ## Render the sample feeds into var/feeds
	$(BIN)/python -m training.scenes --out var/feeds

ifeq ($(strip $(FEEDS)),)
run: feeds ## Run the main job on the sample feeds, or on FEEDS="name=url …"
	$(BIN)/anpr run --config deploy/demonstration.toml
else
run: install
	$(BIN)/anpr run --config deploy/settings.toml $(foreach feed,$(FEEDS),--feed $(feed))
endif

# one process more than cores, because many tests wait for a disk, a clock or another process; a file's tests share what
# they set up; in the order of their folders, because the longest come first there and the shortest last, which leaves no
# worker idle at the end
test: install ## Run every test
	$(BIN)/python -m pytest -n $$(($$(nproc) + 1)) --maxprocesses 4 --dist loadfile --no-loadscope-reorder --durations 20

check: install lint types imports protos contracts test ## Everything CI checks

format: install ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports

protos: install
	$(BIN)/python -m protos.generate --check

contracts: ## Lint the contracts with buf; where npm cannot install it, that is said and nothing is linted
	@if npm ci --prefix protos --silent --no-audit --no-fund --ignore-scripts --prefer-offline; \
	then protos/node_modules/.bin/buf lint; \
	else echo "SKIPPED: buf, which lints the contracts, needs npm and its registry once"; fi

train: install ## Train both networks from nothing (hours; resumes where it was)
	$(BIN)/python -m training

peers: ## Install the readers that benchmarks compare with into .venv-peers
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check --requirement benchmarks/peers/requirements.txt

bench: install ## Measure end to end; results go to benchmarks/results
	$(BIN)/python -m benchmarks.end_to_end

clean: ## Remove what runs leave behind (not .venv)
	rm -rf var .pytest_cache .ruff_cache .mypy_cache .hypothesis .import_linter_cache
