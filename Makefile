# Retoma. `make demo` shows it, `make test` proves it; each sets up whatever it needs in this folder.

PYTHON ?= python3
BIN := .venv/bin
SDK := server/retoma_server/http/static/sdk
JS_SOURCES := $(shell find sdk_js/src -name '*.ts')
REACT_FORM := $(shell find examples/react_form -type f -not -path '*/node_modules/*' -not -path '*/dist/*')

# Servers are started by the dozen in tests: where nothing compiled may be kept, each compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo example-form example-react example-shop test test-js test-python test-unit sdk soak fuzz lint openapi bench screenshots lock clean

help:
	@echo "make demo      play the whole journey and stay up with three live devices (ONCE=1: only play it; LAN=1: join by phone; PORT=8080)"
	@echo "make example-form  a plain HTML form that is never lost (PORT=8090)"
	@echo "make example-react  a form of several steps in React (PORT=8091)"
	@echo "make example-shop  a shop whose cart goes from device to device (PORT=8092)"
	@echo "make test      every test, of Python, TypeScript and the browser (test-js, test-python: one half of them)"
	@echo "make test-unit  the tests of what decides, in seconds: the server's domain, and the SDK without a server"
	@echo "make sdk       build the SDK for browsers, which \`pip install ./server\` takes in"
	@echo "make soak      the long runs"
	@echo "make fuzz      ten million cases for all that reads strangers' bytes (CASES=10000000; SECONDS=600 bounds each target)"
	@echo "make lint      ruff, mypy, tsc, oxlint"
	@echo "make openapi   write openapi/openapi.json, and the types made of it"
	@echo "make bench     measure, and write benchmarks/results.md"
	@echo "make screenshots  paint every page of the staff console into docs/screenshots"
	@echo "make lock      lock the newest versions of the Python packages"

demo: .make/python .make/sdk .make/chromium
	$(BIN)/python -m examples.three_devices.demo $(if $(ONCE),--once) $(if $(LAN),--lan) $(if $(PORT),--port $(PORT))

example-form: .make/python .make/sdk
	$(BIN)/python -m examples.plain_form $(if $(PORT),--port $(PORT))

example-react: .make/python .make/react-form
	$(BIN)/python -m examples.react_form $(if $(PORT),--port $(PORT))

example-shop: .make/python .make/sdk
	$(BIN)/python -m examples.shop $(if $(PORT),--port $(PORT))

# One after the other: browsers beside everything else wait for more than they test. `make -j2 test` does both at once.
test: test-js test-python

test-js: .make/python .make/sdk .make/react-form .make/chromium .make/firefox
	cd sdk_js && npm test
	cd sdk_js && npm run size && npm run check:package
	cd sdk_js && npm run test:real

# Worksteal, so that what a file's tests share is made once, and nobody idles while another does the longest file.
test-python: .make/python .make/sdk .make/react-form .make/chromium .make/firefox
	$(BIN)/pytest -n auto --dist worksteal -m "not soak"

test-unit: .make/python .make/node
	$(BIN)/pytest -n auto tests/domain -m "not soak"
	cd sdk_js && npm test

soak: .make/python .make/sdk .make/chromium
	$(BIN)/pytest -n auto -m soak
	cd sdk_js && RETOMA_KILLS=200 npm run test:real -- test/real/kills.test.ts

fuzz: .make/fuzz
	$(BIN)/python -m benchmarks.fuzzing $(if $(CASES),--cases $(CASES)) $(if $(SECONDS),--seconds $(SECONDS))

lint: .make/python .make/node
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy server/retoma_server sdk_python/retoma
	cd sdk_js && npm run lint

sdk: .make/sdk

openapi: .make/python .make/node
	$(BIN)/retoma-server openapi --output openapi/openapi.json
	cd sdk_js && npm run types

bench: .make/python .make/sdk .make/chromium .make/bench-carts
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.javascript
	$(BIN)/python -m benchmarks.carts
	$(BIN)/python -m benchmarks.timing

screenshots: .make/python .make/sdk .make/chromium
	mkdir -p docs/screenshots && PICTURES=$(CURDIR)/docs/screenshots $(BIN)/pytest -q tests/e2e/test_console.py tests/e2e/test_console_asking.py tests/e2e/test_console_begun.py

# -- what is set up, once and again when its cause changes --------------------------------------

.make/python: constraints.txt pyproject.toml server/pyproject.toml sdk_python/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed.")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -qq --constraint constraints.txt --upgrade pip
	PIP_BUILD_CONSTRAINT=constraints.txt $(BIN)/pip install -qq --constraint constraints.txt \
		--editable server --editable sdk_python --group dev
	@mkdir -p $(@D) && touch $@

.make/fuzz: .make/python
	$(BIN)/pip install -qq --constraint constraints.txt --group fuzz
	@mkdir -p $(@D) && touch $@

.make/node: sdk_js/package.json sdk_js/package-lock.json
	@node -e 'if (Number(process.versions.node.split(".")[0]) < 20) throw "Node 20 or newer is needed."'
	cd sdk_js && npm ci --no-audit --no-fund
	@mkdir -p $(@D) && touch $@

.make/sdk: .make/node sdk_js/tsdown.config.ts sdk_js/tsconfig.json $(JS_SOURCES)
	cd sdk_js && npm run build
	mkdir -p $(SDK) && cp sdk_js/dist/retoma*.js $(SDK)/
	@mkdir -p $(@D) && touch $@

.make/react-form: .make/sdk $(REACT_FORM)
	cd examples/react_form && npm ci --no-audit --no-fund && npm run build
	@mkdir -p $(@D) && touch $@

.make/bench-carts: benchmarks/carts/package.json benchmarks/carts/package-lock.json
	cd benchmarks/carts && npm ci --no-audit --no-fund
	@mkdir -p $(@D) && touch $@

.make/chromium .make/firefox: .make/%: scripts/%
	scripts/$*
	@mkdir -p $(@D) && touch $@

# -- rarely ------------------------------------------------------------------------------------

# Editable installs are left out: a lock names packages and versions, never a place.
lock:
	rm -rf .make/lock && $(PYTHON) -m venv .make/lock
	.make/lock/bin/pip install -qq --upgrade pip setuptools
	.make/lock/bin/pip install -qq --editable server --editable sdk_python --group dev --group fuzz
	.make/lock/bin/pip freeze --all --exclude-editable > constraints.txt
	rm -rf .make/lock

clean:
	rm -rf .venv .make $(SDK) sdk_js/node_modules sdk_js/dist examples/react_form/node_modules examples/react_form/dist benchmarks/carts/node_modules
