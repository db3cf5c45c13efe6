# Every target works from a clean clone on Debian 12/13 or Ubuntu 24.04, as root or with sudo.
PYTHON := .venv/bin/python
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo -E)
RUN := $(SUDO) env PATH="$(CURDIR)/.venv/bin:$(PATH)"

# Processes that each take whole files: one more than two cores, since guests spend most of their time waiting.
PROCESSES := 3
# not $(MAKE) in the recipe: make runs such a line even when it is only asked what it would do
LINT := $(MAKE) --no-print-directory lint
PYTEST := -m pytest -p no:cacheprovider -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

.PHONY: help demo demo-pve demo-metal demo-site demo-migrate demo-night test soak unit lint bench eval doctor lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: ## a real drill: lab server -> backup -> isolated restore and boot -> verdicts -> signed evidence
	@lab/bootstrap.sh demo
	@$(RUN) $(PYTHON) -m lab.demo

demo-pve: ## the same on a stand-in for a Proxmox VE cluster: vzdump, restore by its API, drill, evidence
	@lab/bootstrap.sh demo
	@$(RUN) $(PYTHON) -m lab.demo_pve

demo-migrate: ## a planned migration verified: drills on the target hardware and back, go or no-go, signed
	@lab/bootstrap.sh demo
	@$(RUN) $(PYTHON) -m lab.demo_migrate

demo-site: ## a site of six guests lost at once: recovery times foretold against measured
	@lab/bootstrap.sh demo
	@$(RUN) $(PYTHON) -m lab.demo_site

demo-night: ## a whole night of fifteen workloads by drverify alone, its worker killed twice, and the page of it
	@lab/bootstrap.sh night
	@$(RUN) $(PYTHON) -m lab.demo_night

demo-metal: ## a server on other hardware: from an image with BIOS, one with UEFI, and rebuilt from its files
	@lab/bootstrap.sh demo
	@$(RUN) $(PYTHON) -m lab.demo_metal

test: ## the whole suite: lint (beside the tests, told last), unit, property, conformance, faults and the real parts
	@lab/bootstrap.sh test
	@nice $(LINT) >.venv/lint.log 2>&1 & lint=$$!; trap 'kill $$lint' INT TERM; \
	  $(RUN) $(PYTHON) $(PYTEST) -m "not soak" --durations=15; tested=$$?; \
	  wait $$lint; linted=$$?; echo "lint:"; cat .venv/lint.log; [ $$tested = 0 ] && [ $$linted = 0 ]

soak: ## more instants of the same: kills at other moments, whatever takes long and shows little new
	@lab/bootstrap.sh test
	@$(RUN) $(PYTHON) $(PYTEST) -m soak --durations=15

unit: ## the quick part of the tests: no root, no guests
	@lab/bootstrap.sh test
	@$(PYTHON) $(PYTEST) -m "not (soak or needs_root or needs_restic or needs_libvirt or needs_lab)"

lint: ## ruff, mypy, import directions
	@lab/bootstrap.sh test
	@$(PYTHON) -m ruff check .
	@$(PYTHON) -m ruff format --check .
	@$(PYTHON) -m mypy
	@.venv/bin/lint-imports --no-cache >.venv/layers.log || { cat .venv/layers.log; exit 1; }

bench: ## drverify against the same work done by hand (prints a table, asserts nothing)
	@lab/bootstrap.sh test
	@$(RUN) $(PYTHON) -m lab.bench

eval: ## how well agreements are read, against labels made by hand (prints tables)
	@lab/bootstrap.sh test
	@$(PYTHON) -m lab.evaluation

doctor: ## what this machine has and lacks
	@lab/bootstrap.sh demo
	@$(RUN) .venv/bin/drverify doctor

lock: ## pin the Python packages anew (needs uv)
	uv pip compile --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header \
	  --all-extras --quiet -o requirements/all.txt pyproject.toml requirements/build.in

clean: ## stop the lab and remove everything it made
	@lab/bootstrap.sh demo
	@$(RUN) .venv/bin/drverify lab down --purge
	@$(RUN) .venv/bin/drverify lab down --pve --purge
