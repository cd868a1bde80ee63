# Everything by one word. Needs Python 3.11 or later, make and git; `setup` fetches the rest as locked in uv.lock.

BIN = .venv/bin
READY = .venv/.ready

.PHONY: help setup demo test static check conformance crash tryton audit bench clean

help:
	@echo "make demo    the whole way from a closed milestone to an invoice, without accounts or network"
	@echo "make test    all tests, the documentation and the packages included"
	@echo "make check   everything that must be right before a change goes in"
	@echo "make conformance  write docs/conformance.md anew: what the suites see of each connector"
	@echo "make crash   kills, faults and power cuts everywhere; some hours on two cores, goes on where it was interrupted"
	@echo "make tryton  install a real Tryton into .tryton and bill into it; needs the network the first time"
	@echo "make bench   the figures that performance claims rest on"
	@echo "make audit   the locked packages against the known vulnerabilities; needs the network"
	@echo "make setup   the locked environment in .venv (the others do it by themselves)"
	@echo "make clean   remove what the others made"

setup: $(READY)

$(READY): pyproject.toml uv.lock tools/setup.sh tools/bootstrap.py
	@sh tools/setup.sh
	@touch $(READY)

demo: $(READY)
	@$(BIN)/tracker2invoice demo

test: $(READY)
	$(BIN)/pytest -n auto

static: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/pyright

check: static test

conformance: $(READY)
	$(BIN)/pytest -n auto tests/connectors --ignore tests/connectors/test_capability_table.py --conformance docs/conformance.md

crash: $(READY)
	@$(BIN)/python -m tests.crash

tryton: $(READY)
	@sh tools/tryton.sh
	$(BIN)/pytest tests/connectors/test_tryton_real.py tests/connectors/test_tryton_sandbox.py

audit: $(READY)
	@$(BIN)/uv audit --locked --preview-features audit-command

bench: $(READY)
	@$(BIN)/python -m bench

clean:
	rm -rf .venv .tryton dist .crash .mypy_cache .ruff_cache .pytest_cache .hypothesis
