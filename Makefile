# make run    the bot with a simulated Feishu in the browser; with credentials, run it for real
#             (make run ARGS="--port 9300 --no-browser")
# make test   every test; those of the page need Chromium
# make lint   ruff and mypy        make format        reformat the code
# make field  the bot against LiteLLM's proxy and LLMock (installs 800 MB, once)
# make bench  the benchmark        make screenshots   redraw docs/images
# make attack strangers with thousands of connections
# make model  thousands of schedules of kills, freezes and cut links for the queue
# make soak   three replicas on PostgreSQL that are killed, frozen, cut off and restarted
# make proxies  the nginx and Caddy of deploy/ under attack, and with replicas that fail
# make growth a database of 200,000 rows: the first sweep, and PostgreSQL's part of an answer
# make media  twenty large pictures, files and recordings at once, and hostile files
# make planted  the 78 usual mistakes, and what the bot says of each
# make properties  what holds for every text, file and order of events, with thousands of each
# make fuzz   a million hostile deliveries, on SQLite and on PostgreSQL
# make lock   renew the lock files after a change of requirements*.txt; make lock UPGRADE=1 takes
#             the newest version of everything that isn't pinned there
# make clean  remove everything that make has created

# The first Python that is new enough; choose another with make PYTHON=…
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
FIELD := .venv-field
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test lint field bench attack soak proxies growth media model planted properties fuzz screenshots \
	format lock clean

run: $(VENV)/.simulator
	@$(BIN)/python -m feishu_bot run $(ARGS)

test: $(VENV)/.dev
	@[ -n "$$CHROMIUM" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null || \
	command -v google-chrome >/dev/null || echo "No Chromium here, so the tests of the page are skipped." \
	"Debian and Ubuntu: apt-get install chromium"
# Half of a test's time is waiting, so five workers keep two cores busy; each takes some 400 MB.
	$(BIN)/python -m pytest -n 5 --dist worksteal

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

field: $(VENV)/.dev $(FIELD)/.made
	$(BIN)/python -m tests.llm.field $(FIELD)/bin/litellm

bench: $(VENV)/.simulator
	$(BIN)/python -m bench

attack: $(VENV)/.simulator
	$(BIN)/python -m bench.attack

model: $(VENV)/.dev
	$(BIN)/python -m tests.stores.queue_model

soak: $(VENV)/.dev
	$(BIN)/python -m bench.soak $(ARGS)

proxies: $(VENV)/.simulator
	$(BIN)/python -m bench.proxies

growth: $(VENV)/.simulator
	$(BIN)/python -m bench.growth

media: $(VENV)/.simulator
	$(BIN)/python -m bench.media

planted: $(VENV)/.dev
	PLANTED_TABLE=1 $(BIN)/python -m pytest -q tests/planted

properties: $(VENV)/.dev
	HYPOTHESIS_PROFILE=many $(BIN)/python -m pytest -n 3 --dist worksteal -m hypothesis \
	-o timeout=3600

fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz

screenshots: $(VENV)/.dev
	$(BIN)/python -m tests.desk.screenshots docs/images

# For every platform and Python from 3.11 on, with the hash of each file that may be installed. The
# index is the public one, whatever this machine uses: its address is no part of a lock file.
COMPILE = $(BIN)/python -m uv pip compile --quiet --no-config --universal --python-version 3.11 \
	--default-index https://pypi.org/simple --generate-hashes --no-header --no-annotate \
	$(if $(UPGRADE),--upgrade)

lock: $(VENV)/.made
	@$(PIP) uv==0.13.9
	$(COMPILE) requirements.txt -o requirements.lock
	$(COMPILE) -c requirements.lock requirements.txt requirements-simulator.txt \
		-o requirements-simulator.lock
	$(COMPILE) -c requirements-simulator.lock requirements-dev.txt -o requirements-dev.lock

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(FIELD) .pytest_cache .mypy_cache .ruff_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps make the second run instant; they are renewed when a lock file changes.
$(VENV)/.simulator: requirements-simulator.lock $(VENV)/.made
	@echo "Installing what the bot needs. This takes a minute or two, once."
	@$(PIP) --require-hashes -r requirements-simulator.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.simulator
	@echo "Installing what the tests need."
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# LiteLLM pins many packages of its own, so it has an environment of its own.
$(FIELD)/.made: requirements-field.txt $(VENV)/.made
	@echo "Installing LiteLLM's proxy. This takes some minutes, once."
	@$(PYTHON) -m venv --clear $(FIELD)
	@$(FIELD)/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-field.txt
	@touch $@

# On Debian venv can't install pip without the package python3-venv; then the system's pip does it.
$(VENV)/.made:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "feishu_bot needs Python 3.11 or newer; $(or $(PYTHON),$(shell python3 --version 2>&1)) won't do." >&2; \
	echo "Install it, or say where it is: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@if $(PYTHON) -c 'import ensurepip' 2>/dev/null; then $(PYTHON) -m venv --clear $(VENV); \
	else $(PYTHON) -m venv --clear --without-pip $(VENV) \
		&& $(PYTHON) -m pip --python $(BIN)/python install --quiet pip; fi
	@touch $@
