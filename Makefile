# make demo   everything set up, demo data loaded, served at http://127.0.0.1:8000 (FRESH=1: loaded anew)
# make test   everything set up, all tests that can run here
# make check  linters, types, import directions, locks, translations
# make bench  the budgets of DESIGN.md §4        make soak  the long tests (kill, race, property)
# make drawings  some hundred diagrams of other people, out of published packages, for make soak
# make serve  the application on its own data    make lock  new constraints.txt and package-lock.json
# make migration NAME="add a column"             a new migration from the difference between tables and database
#
# Targets are files where they can be: what is up to date is not made again.

PYTHON ?= python3
BIN := .venv/bin
VENV := .venv/.installed
DIST := tasks_ui/static/dist/.stamp
SHIPPED := $(shell find tasks_ui/editor -path '*/node_modules' -prune -o -type f -print 2>/dev/null)
CATALOGUES := $(wildcard tasks_ui/translations/*/*.po)
MESSAGES := tasks_ui/translations/zh_Hans_CN/LC_MESSAGES/messages.mo
JOBS ?= 2
# Compiled modules are kept whatever the machine's habit is: the tests start many processes of the product.
export PYTHONDONTWRITEBYTECODE :=
DEMO_PORT ?= 8000
DEMO_SIZE ?= demo
FRESH ?=

.PHONY: demo demo-data test check bench soak drawings serve lock migration clean
.DELETE_ON_ERROR:

$(VENV): constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Keyturn needs Python 3.11 or later, this is " + sys.version) if sys.version_info < (3, 11) else None'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DIST): $(VENV) $(SHIPPED)
	$(BIN)/python tasks_ui/editor/build.py
	@touch $@

$(MESSAGES): $(VENV) $(CATALOGUES) tasks_ui/i18n.py
	$(BIN)/python -m tasks_ui.i18n
	@touch $@

demo: $(VENV) $(DIST) $(MESSAGES)
	$(BIN)/keyturn demo --size $(DEMO_SIZE) --port $(DEMO_PORT) $(if $(FRESH),--fresh)

serve: $(VENV) $(DIST) $(MESSAGES)
	$(BIN)/keyturn serve

test: $(VENV) $(DIST) $(MESSAGES)
	$(BIN)/pytest -n $(JOBS) --dist worksteal -q -m "not soak"

soak: $(VENV) $(DIST) $(MESSAGES)
	$(BIN)/pytest -q -m soak

drawings: $(VENV)
	$(BIN)/python -m tests.conformance.fetch_drawings

bench: $(VENV) $(DIST) $(MESSAGES)
	$(BIN)/python -m tests.bench

check: $(VENV) $(DIST) $(MESSAGES)
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q tests/rules

lock: $(VENV)
	$(BIN)/pip-compile --quiet --all-extras --generate-hashes --allow-unsafe --strip-extras --no-header --no-emit-options \
	  --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file constraints.txt pyproject.toml
	cd tasks_ui/editor && npm install --package-lock-only --ignore-scripts

migration: $(VENV)
	$(BIN)/keyturn migration "$(NAME)"

clean:
	rm -rf .venv build tasks_ui/static/dist tasks_ui/editor/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
