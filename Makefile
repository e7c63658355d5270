# For contributors. Everything here is one command that CONTRIBUTING.md also spells out.
.PHONY: venv test lint types check demo bench clean

BIN := .venv/bin

venv: .venv/.made ## make or refresh .venv with everything a contributor needs
.venv/.made: pyproject.toml constraints.txt
	python3 -m venv .venv
	$(BIN)/pip install -q -c constraints.txt -e '.[test,dev,postgres,proof]'
	touch $@

test: venv ## run every test that this machine can run
	$(BIN)/pytest -n auto

lint: venv ## look for faults and untidy code
	$(BIN)/ruff check .

types: venv ## check types, strictly
	$(BIN)/mypy

check: lint types test ## what a change must pass

demo: venv ## run the whole job on the bundled newsroom
	$(BIN)/digest demo

bench: venv ## measure one thing: make bench NAME=job DATA=path/to/data
	$(BIN)/python -m benchmarks $(NAME) $(if $(DATA),--data $(DATA))

clean: ## remove caches and what the demo made
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis htmlcov digest-demo
