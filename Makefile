# The commands people use. The build itself is CMake's (CMakeLists.txt, CMakePresets.json).
#
#   T=pattern    choose tests, torture runs, benches or fuzz targets whose name matches
#   PREFIX=/usr/local DESTDIR=   where `make install` puts things

T       ?=
PREFIX  ?= /usr/local
DESTDIR ?=
JOBS    ?= $(shell nproc)
export CMAKE_BUILD_PARALLEL_LEVEL ?= $(JOBS)
export T
MAKEFLAGS += --no-print-directory

.DEFAULT_GOAL := help
.PHONY: help setup run check build dev test tsan torture bench fuzz fmt lint docs size dup \
        coverage install deb clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install the Debian packages that are missing
	@tools/setup

run: build ## build the release, then run the demo (stays up when there is a terminal)
	@if [ -t 0 ] && [ -t 1 ]; then build/zarish demo --stay; else build/zarish demo; fi

check: setup ## everything a change must pass; the last line counts
	@tools/check

build: setup ## the release binary: build/zarish
	@tools/build release

dev: setup ## the everyday build (ASan and UBSan): build/dev
	@tools/build dev

test: dev ## unit and scenario tests; T=json runs those whose name matches
	@ctest --preset dev -R '$(or $(T),.)'

tsan: setup ## the tests that cross threads, under ThreadSanitizer
	@tools/build tsan zs_tsan_tests
	@ctest --preset tsan -L tsan -R '$(or $(T),.)'

torture: setup ## the long runs: crash loops, failing system calls, failing allocations
	@tools/torture

bench: build ## throughput and latency, with peers measured in the same run
	@tools/bench

fuzz: setup ## each fuzz target for FUZZ_SECONDS (60); T=json chooses
	@tools/build fuzz
	@tools/fuzz

fmt: setup ## format the C sources in place
	@tools/format

lint: setup ## clang-tidy, cppcheck, layers, codes, docs, spelling, shell scripts
	@tools/check lint

docs: build ## write docs/reference anew, from the program's own tables
	@tools/reference

size: setup ## report: the largest files and functions
	@tools/check-size

dup: setup ## report: lines that stand in several places
	@tools/check-dup

coverage: setup ## line coverage of the unit tests: build/coverage/report
	@tools/coverage

install: build ## binary, unit file, man pages, example configuration
	@DESTDIR='$(DESTDIR)' cmake --install build/release --prefix '$(PREFIX)' --strip

deb: build ## a Debian package in build/release
	@cd build/release && cpack -G DEB

clean: ## remove everything that was built
	@rm -rf build
