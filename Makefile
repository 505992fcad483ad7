# make help    list these targets, as make alone does
# make demo    set up, then run the main job on the files that ship with the app
# make run     the live view, for as long as you like
# make test    set up, then run all tests
# make pi      on a Raspberry Pi: its packages, a venv that sees its camera, a smoke test
# make test-tflite-runtime   the edge tests on the old runtime, in a venv of its own
# make test-arm64   as root: on emulated Pi 4 and Pi 5 processors, their answers beside x86-64's
# make test-debian12, make test-debian13   as root: set-up and tests on a bare Debian
# make lint    style and types
# make bench   speed of the parts, by hand
# make soak MINUTES=60   everything at once for an hour: what grows, what is lost
# make lock    the wheels of a Pi and of the image with their hashes, from systemd/*.in
# make base-digest   write the digest of the image's base into the Dockerfile
# make audit   ask PyPI for known holes of the locked wheels
# make clean   remove the venvs and what demo, soak and builds left
# make fuzz N=1000   so many seeded attacks on each kind of input (KINDS=cards: on one)
VENV ?= .venv
OUT  ?= demo
BIN  := $(VENV)/bin

# Set python to the first one that is neither too old nor too new; PYTHON=... overrides.
define find_python
	for python in $(or $(PYTHON),python3 python3.13 python3.12 python3.11); do \
		$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' \
			2>/dev/null && break; \
		python=; \
	done
endef

# apt_install PACKAGES: as root, with sudo, or by telling the one line that does it.
define apt_install
	command -v apt-get >/dev/null || { echo "please install: $(1)"; exit 1; }; \
	if [ "$$(id -u)" = 0 ]; then do=""; \
	elif sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; then do="sudo"; \
	else echo "please run as root: apt-get install -y $(1)"; exit 1; fi; \
	echo "installing system packages: $${do:+$$do }apt-get install $(1)"; \
	$$do apt-get update -qq && $$do env DEBIAN_FRONTEND=noninteractive \
		apt-get install -y -qq --no-install-recommends $(1) >/dev/null || exit 1
endef

.PHONY: help demo run pi test test-tflite-runtime test-arm64 test-debian12 test-debian13 lint bench soak fuzz lock \
	base-digest audit clean

# The lines at the top of this file.
help:
	@sed -n '/^# make/!q; s/^# //p' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.app
	$(BIN)/edge-app demo --out $(OUT)
	@echo "  make run opens the live view, too"

# Ctrl-C reaches the shell and make as well: it is the usual end, and no error.
run: $(VENV)/.app
	@echo $(BIN)/edge-app run --loop
	@trap : INT; $(BIN)/edge-app run --loop || [ $$? = 130 ]

pi:
	@sh systemd/pi.sh $(VENV)

# Two at a time, by files: TensorFlow takes a gigabyte in each, and files share what they convert.
test: $(VENV)/.dev
	@echo "running some 6,600 tests (a quarter of an hour on two idle cores)"
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.dev
	$(BIN)/edge-app bench --model mnist --allow-throttled
	$(BIN)/python -m tests.benchmarks.bench_overlay
	$(BIN)/python -m tests.benchmarks.bench_line
	$(BIN)/python -m tests.benchmarks.bench_bare
	$(BIN)/python -m tests.benchmarks.bench_endtoend
	$(BIN)/python -m tests.benchmarks.bench_switch
	$(BIN)/python -m tests.benchmarks.bench_flood

MINUTES ?= 60
soak: $(VENV)/.dev
	$(BIN)/python -m tests.soak --minutes $(MINUTES)

# In a venv of their own: their packages have nothing to do with the app's.
$(VENV)-tools/.tools: $(VENV)/.venv
	$(BIN)/python -m venv $(VENV)-tools
	$(VENV)-tools/bin/python -m pip install --quiet --disable-pip-version-check \
		uv==0.13.9 pip-audit==2.10.1
	@touch $@

lock: $(VENV)-tools/.tools
	@sh systemd/lock.sh $(VENV)-tools/bin/uv $(VENV)-tools/bin/python

# By the digest of all its architectures; needs docker or skopeo, and the network.
base-digest:
	@image=$$(sed -n 's/^ARG BASE=\([^@]*\).*/\1/p' Dockerfile.arm64); \
	digest=$$(docker buildx imagetools inspect "$$image" --format '{{.Manifest.Digest}}' \
		2>/dev/null || skopeo inspect --format '{{.Digest}}' "docker://$$image" 2>/dev/null); \
	echo "$$digest" | grep -Eqx 'sha256:[0-9a-f]{64}' || { \
		echo "no digest of $$image: neither docker nor skopeo got one; try with a network"; \
		exit 1; \
	}; \
	sed -i "s|^ARG BASE=.*|ARG BASE=$$image@$$digest|" Dockerfile.arm64; \
	grep '^ARG BASE=' Dockerfile.arm64

# --strict: a package that PyPI does not answer for is a failure, not a pass.
audit: $(VENV)-tools/.tools
	@for name in pi-bookworm pi-trixie container; do \
		echo "$$name"; \
		$(VENV)-tools/bin/pip-audit --strict --disable-pip --require-hashes \
			--requirement systemd/$$name.txt || exit 1; \
	done

fuzz: $(VENV)/.dev
	$(BIN)/python -m tests.fuzz.campaign $(KINDS) --count $(or $(N),1000) --seed $(or $(SEED),0)

$(VENV)/.venv:
	@$(find_python); \
	$${python:-false} -c 'import ensurepip, venv' 2>/dev/null || { \
		package=$${python:-python3}-venv; package=$${package##*/}; \
		$(call apt_install,$$package); \
		$(find_python); \
	}; \
	[ -n "$$python" ] || { echo "please install Python 3.11, 3.12 or 3.13"; exit 1; }; \
	$$python -m venv $(VENV)
	@touch $@

# The OpenCV wheel brings no libGL and no glib; desktop systems have them, small ones do not.
$(VENV)/.app: setup.cfg setup.py $(VENV)/.venv
	@echo "installing the app and its packages into $(VENV) (0.5 GB; some minutes)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[serve]'
	@$(BIN)/python -c 'import cv2' 2>/dev/null || { $(call apt_install,libgl1 libglib2.0-0); }
	@$(BIN)/python -c 'import cv2'
	@touch $@

$(VENV)/.dev: $(VENV)/.app
	@echo "installing TensorFlow and the tools of the tests into $(VENV) (3 GB; some minutes)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --use-pep517 \
		--editable '.[dev,host,cluster]'
	@touch $@

# tflite-runtime stopped at Python 3.11 and numpy 1, so it cannot share the other venv.
test-tflite-runtime:
	test -x $(VENV)-tflite/bin/python || python3.11 -m venv $(VENV)-tflite
	$(VENV)-tflite/bin/python -m pip install --quiet --disable-pip-version-check \
		--editable '.[tflite-runtime]' pytest pytest-timeout
	$(VENV)-tflite/bin/python -m pip uninstall --quiet --yes ai-edge-litert
	$(VENV)-tflite/bin/python -m pytest tests/edge -k "interpreter or network or runtimes or engine or preprocess or decode"
	$(VENV)-tflite/bin/python -m pip install --quiet --disable-pip-version-check ai-edge-litert
	$(VENV)-tflite/bin/python -m pytest tests/edge/model/interpreter/test_runtime_agreement.py

# Debian trees and an emulator instead of a board; the script tells what it takes and leaves.
test-arm64:
	@sh tests/arm64.sh

# A minimal tree by debootstrap, with nothing but make; the script names its variables.
test-debian12:
	@RELEASE=bookworm sh tests/debian.sh

test-debian13:
	@RELEASE=trixie sh tests/debian.sh

clean:
	rm -rf $(VENV) $(VENV)-tflite $(VENV)-tools demo soak build dist *.egg-info
