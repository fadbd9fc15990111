# Streetwork on one page. A fresh machine needs Python 3.11 or newer and make; everything else goes into .venv.
#
#   make run     install and start everything: web chat, desk, worker
#   make test    all tests in under ten minutes        make check   format, lint, types, imports, docs, bot
#   make soak    the long runs                         make bench   measurements beside other frameworks
#   make embed   install the text encoder for the FAQ search (optional, 91 MB)
#   make docs    regenerate what is generated          make lock    resolve the dependencies anew
#   make clean   take .venv and caches away; var/, where conversations live, stays

PYTHON ?= python3
VENV ?= .venv
BENCH_VENV ?= .venv-bench
BIN := $(VENV)/bin
# Further arguments for pytest or the server: make test ARGS="-k settings -x"
ARGS ?=
# Processes that the tests may use at once.
JOBS ?= 2
# Seconds: the whole of `make soak`, and one of its tests.
SOAK_SECONDS ?= 2700
SOAK_TEST_SECONDS ?= 1800

PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
RUN_STAMP := $(VENV)/.installed-run
DEV_STAMP := $(VENV)/.installed-dev
BENCH_STAMP := $(BENCH_VENV)/.installed
FORMATTED := core i18n flows handlers handoff store bots tests docs

export PYTHONUTF8 := 1

.PHONY: help setup embed run test check soak bench docs catalogues lock clean \
	check-format check-lint check-types check-imports check-house check-docs check-bot check-catalogues check-deploy

help:
	@sed -n 's/^# \{0,1\}//p' Makefile | sed -n '1,8p'

# -- installing ---------------------------------------------------------------------------------------------

setup: $(RUN_STAMP)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 or newer is needed; $(PYTHON) is not. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv $(VENV) \
		|| { rm -rf $(VENV); echo "This Python cannot make environments; on Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(RUN_STAMP): requirements/run.lock pyproject.toml | $(BIN)/python
	@echo "Installing what the bot needs into $(VENV) (the first time takes a minute)"
	@$(PIP) install --require-hashes -r requirements/run.lock
	@$(PIP) install --no-deps -e .
	@touch $@

$(DEV_STAMP): requirements/dev.lock $(RUN_STAMP)
	@echo "Installing what the tests and checks need into $(VENV)"
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@touch $@

$(BENCH_STAMP): requirements/bench.lock | $(BIN)/python
	@echo "Installing the frameworks to compare with into $(BENCH_VENV)"
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(BENCH_VENV)/bin/python -m pip --disable-pip-version-check -qq install --require-hashes -r requirements/bench.lock
	@touch $@

# The text encoder, 91 MB: FAQ questions are understood better. The bot works without it.
embed: setup
	@$(PIP) install --require-hashes -r requirements/embed.lock

# -- running ------------------------------------------------------------------------------------------------

# One simple command, so that make starts the server itself and passes signals on to it.
run: setup
	@$(BIN)/streetwork run $(ARGS)

test: $(DEV_STAMP)
	$(BIN)/python -m pytest -q -n $(JOBS) -m "not soak and not bench" $(ARGS)

soak: $(DEV_STAMP)
	$(BIN)/python -m pytest -q -n $(JOBS) -m soak \
		--timeout=$(SOAK_TEST_SECONDS) --session-timeout=$(SOAK_SECONDS) $(ARGS)

bench: $(DEV_STAMP) $(BENCH_STAMP)
	$(BIN)/python -m tests.bench --peers $(BENCH_VENV)/bin/python $(ARGS)

# -- checking -----------------------------------------------------------------------------------------------

check: check-format check-lint check-types check-imports check-house check-docs check-bot check-catalogues check-deploy

check-format: $(DEV_STAMP)
	$(BIN)/ruff format --check $(FORMATTED)

check-lint: $(DEV_STAMP)
	$(BIN)/ruff check $(FORMATTED)

check-types: $(DEV_STAMP)
	$(BIN)/mypy

check-imports: $(DEV_STAMP)
	$(BIN)/lint-imports

check-house: $(DEV_STAMP)
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/test_house.py tests/test_house_docs.py

check-docs: $(DEV_STAMP)
	$(BIN)/python docs/build.py --check

check-bot: $(DEV_STAMP)
	$(BIN)/streetwork check flows/berlin

check-catalogues: $(DEV_STAMP)
	$(BIN)/python docs/catalogues.py

# Dockerfile, compose file, dashboard and alerts: linted, and every name in them is one.
check-deploy: $(DEV_STAMP)
	$(BIN)/python -m pytest -q -p no:cacheprovider tests/docs/test_deploy.py

docs: $(DEV_STAMP)
	$(BIN)/python docs/build.py

# Brings the catalogues up to the flows' texts; what changed is marked fuzzy for the translators.
catalogues: $(DEV_STAMP)
	@mkdir -p build
	$(BIN)/pybabel -q extract -F babel.cfg --no-wrap --sort-by-file --project Streetwork -o build/berlin.pot flows/berlin
	$(BIN)/pybabel -q update --no-wrap --ignore-pot-creation-date -i build/berlin.pot -d flows/berlin/locales
	$(BIN)/pybabel -q extract -F babel.cfg --no-wrap --project Streetwork -o build/streetwork.pot flows/texts.py
	$(BIN)/pybabel -q update --no-wrap --ignore-pot-creation-date -i build/streetwork.pot -d i18n/locales

# -- care ---------------------------------------------------------------------------------------------------

# Only those who change pyproject.toml need this; users install from the locks with plain pip.
LOCK := .venv-lock/bin/uv pip compile --quiet --no-emit-index-url --no-emit-find-links --generate-hashes --python-version 3.11
lock:
	@test -x .venv-lock/bin/uv || { $(PYTHON) -m venv .venv-lock && .venv-lock/bin/python -m pip --quiet install uv; }
	$(LOCK) pyproject.toml --extra fast -o requirements/run.lock
	$(LOCK) pyproject.toml --extra fast --extra embed -c requirements/run.lock -o requirements/embed.lock
	$(LOCK) pyproject.toml --extra fast --extra embed --group dev -c requirements/embed.lock -o requirements/dev.lock
	$(LOCK) --group bench -o requirements/bench.lock

clean:
	rm -rf $(VENV) $(BENCH_VENV) .venv-lock build dist *.egg-info \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
