# The only makefile; `make help` lists its targets. Objects go to build/<variant>/.
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := all
SHELL := /bin/bash

VARIANT ?= normal
V ?= 0
CC := $(if $(filter fuzz,$(VARIANT)),clang,gcc)
BUILD := build/$(VARIANT)
QUIET := $(if $(filter 0,$(V)),@)

PACKAGES := libmicrohttpd libcjson libzip sqlite3 libuv libcbor libcrypto libcurl gsl libpcre2-8 zlib
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wwrite-strings -Wvla -Wno-overlength-strings -Werror
OPTIMISATION := -O2 -g
ifeq ($(VARIANT),asan)
OPTIMISATION := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifeq ($(VARIANT),fuzz)
OPTIMISATION := -O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all \
                -fno-omit-frame-pointer
endif
CFLAGS = -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(OPTIMISATION) $(WARNINGS) \
         -include include/banned.h -Iinclude -Iemulator -Iclient -Itests -I$(BUILD)/generated $(PACKAGE_CFLAGS)
LDFLAGS = $(filter -fsanitize%,$(OPTIMISATION)) -Wl,--as-needed
PACKAGE_CFLAGS = $(shell pkg-config --cflags $(PACKAGES))
LIBS = $(shell pkg-config --libs $(PACKAGES)) -lm -lpthread
CHECK_LIBS = $(shell pkg-config --libs check)

BASE_SOURCES := $(wildcard emulator/base/*.c)
EMULATOR_SOURCES := $(filter-out $(BASE_SOURCES) emulator/main.c,$(wildcard emulator/*.c emulator/*/*.c))
CLIENT_SOURCES := $(filter-out client/main.c,$(wildcard client/*.c client/*/*.c))
UNIT_SOURCES := $(wildcard tests/unit/test_*.c)
FUZZ_SOURCES := $(wildcard tests/fuzz/fuzz_*.c)
# Files of the function side (node and Python bootstraps) that the server carries inside itself.
EMBEDDED := $(wildcard emulator/runtime/bootstrap/*)

objects = $(patsubst %.c,$(BUILD)/%.o,$(1))
BASE_LIB := $(BUILD)/libbase.a
EMULATOR_LIB := $(BUILD)/libemulator.a
CLIENT_LIB := $(BUILD)/libclient.a
FUZZ_PROGRAMS := $(patsubst tests/fuzz/%.c,build/fuzz/fuzz/%,$(FUZZ_SOURCES))
UNIT_PROGRAMS := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))

.PHONY: all setup demo check check-slow check-unit check-api check-asan check-source \
        check-fuzz fuzz fuzz-programs bench performance lint operations flags format clean help
.SECONDARY:

all: build/coalmine build/canary ## build both programs into build/

build/coalmine: $(BUILD)/coalmine
	$(QUIET)install -m 755 $< $@
build/canary: $(BUILD)/canary
	$(QUIET)install -m 755 $< $@

$(BUILD)/coalmine: $(BUILD)/emulator/main.o $(EMULATOR_LIB) $(BASE_LIB)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BUILD)/canary: $(BUILD)/client/main.o $(CLIENT_LIB) $(BASE_LIB)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(BASE_LIB): $(call objects,$(BASE_SOURCES))
$(EMULATOR_LIB): $(call objects,$(EMULATOR_SOURCES))
$(CLIENT_LIB): $(call objects,$(CLIENT_SOURCES))
%.a:
	$(QUIET)rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "cc $<"
	$(QUIET)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# Each embedded file becomes a C array `embedded_<name>`; the emulator carries them inside itself.
define embed
	@mkdir -p $(@D)
	$(QUIET)for file in $(filter-out Makefile,$^); do \
	    echo "static const unsigned char embedded_$$(basename $$file | tr '.-' '__')[] = {"; \
	    od -An -v -tx1 $$file | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; \
	    echo "};"; \
	done > $@
endef
$(BUILD)/generated/embedded.h: $(EMBEDDED) Makefile
	$(embed)
$(BUILD)/generated/workshop.h: fixtures/functions/myfunction/index.mjs Makefile
	$(embed)
$(BUILD)/emulator/runtime/workspace.o: $(BUILD)/generated/embedded.h
$(BUILD)/emulator/lambda/workshop.o: $(BUILD)/generated/workshop.h

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(EMULATOR_LIB) $(CLIENT_LIB) $(BASE_LIB)
	@mkdir -p $(@D)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $< $(CLIENT_LIB) $(EMULATOR_LIB) $(BASE_LIB) $(CHECK_LIBS) $(LIBS)

# Makes the server's system calls fail when a test says so.
$(BUILD)/tests/fault.so: tests/support/fault.c Makefile
	@mkdir -p $(@D)
	@echo "cc $<"
	$(QUIET)$(CC) $(CFLAGS) -fPIC -shared -o $@ $<

build/fuzz/fuzz/%: build/fuzz/tests/fuzz/%.o $(CLIENT_LIB) $(EMULATOR_LIB) $(BASE_LIB)
	@mkdir -p $(@D)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< $(CLIENT_LIB) $(EMULATOR_LIB) $(BASE_LIB) $(LIBS)

setup: ## install what building, the demo and the tests need (Debian packages, npm)
	$(QUIET)tests/support/install.sh check

demo: ## install what is missing, build, and play a whole canary workshop
	$(QUIET)tests/support/install.sh demo
	$(QUIET)$(MAKE) -s all
	$(QUIET)client/demo.sh

check: ## install what is missing, build, and pass all tests (minutes)
	$(QUIET)tests/support/install.sh check
	$(QUIET)$(MAKE) all check-source check-unit check-asan check-fuzz check-api

check-slow: ## what takes longer: the API and flow tests on a build with sanitizers
	$(QUIET)tests/support/install.sh check
	$(QUIET)$(MAKE) VARIANT=asan build/asan/coalmine build/asan/canary
	$(QUIET)COALMINE=$(CURDIR)/build/asan/coalmine CANARY=$(CURDIR)/build/asan/canary \
	    /usr/bin/python3 -m pytest -q tests

check-source: all ## the source's own rules: layers, headers, sizes, generated pages
	$(QUIET)tests/source/layers.sh
	$(QUIET)tests/source/headers.sh $(CC) $(CFLAGS)
	$(QUIET)tests/source/style.sh
	$(QUIET)tests/source/docs.sh

check-unit: $(UNIT_PROGRAMS) ## unit tests
	$(QUIET)failed=0; for program in $(UNIT_PROGRAMS); do $$program || failed=1; done; exit $$failed

check-asan: ## unit tests with AddressSanitizer and UndefinedBehaviorSanitizer
	$(QUIET)$(MAKE) VARIANT=asan check-unit

check-api: all $(BUILD)/tests/fault.so ## real clients against the real server

# fuzz_X.c starts from tests/fuzz/corpus/X; what it finds goes to build/fuzz/corpus/X.
FUZZ_SECONDS ?= 60
define run_fuzz
	$(QUIET)$(MAKE) VARIANT=fuzz fuzz-programs
	$(QUIET)for program in $(FUZZ_PROGRAMS); do \
	    name=$${program##*/fuzz_}; \
	    log=build/fuzz/$$name.log; \
	    mkdir -p build/fuzz/$(2)/$$name build/fuzz/crashes; \
	    $$program -timeout=10 -max_len=4096 -artifact_prefix=build/fuzz/crashes/$$name- $(1) \
	        build/fuzz/$(2)/$$name tests/fuzz/corpus/$$name > $$log 2>&1 || { tail -40 $$log; exit 1; }; \
	    echo "fuzz $$name: $$(grep '^Done' $$log)"; \
	done
endef

fuzz: ## fuzz every parser for FUZZ_SECONDS (60) each
	$(call run_fuzz,-max_total_time=$(FUZZ_SECONDS),corpus)

check-fuzz: ## fuzz every parser briefly, the same inputs each time
	$(QUIET)rm -rf build/fuzz/brief
	$(call run_fuzz,-runs=20000 -seed=1,brief)

fuzz-programs: $(FUZZ_PROGRAMS)

# What the bench holds the server against, and what it invokes.
BENCH_PROGRAMS := build/bench/floor build/bench/bootstrap
build/bench/%: $(BUILD)/tests/bench/%.o
	@mkdir -p $(@D)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $< $(LIBS)

bench: all $(BENCH_PROGRAMS) ## measure in 5 minutes, and print a table of ratios (BENCH="--quick invoke")
	$(QUIET)tests/support/install.sh bench
	$(QUIET)/usr/bin/python3 -m tests.bench $(BENCH)

performance: all $(BENCH_PROGRAMS) ## measure, and write docs/performance.md
	$(QUIET)tests/support/install.sh bench
	$(QUIET)/usr/bin/python3 -m tests.bench --write $(BENCH)

check-api: all ## real clients against the real server
	$(QUIET)/usr/bin/python3 -m pytest -q tests

lint: ## clang-tidy over all C files
	$(QUIET)clang-tidy --quiet $$(git ls-files '*.c') -- $(filter-out -Werror,$(CFLAGS))

operations: build/coalmine ## write docs/operations.md from the rows
	$(QUIET)build/coalmine operations > docs/operations.md

flags: ## print the compiler's flags (for compiling one file by hand)
	@echo $(CFLAGS)

format: ## lay out the C code by .clang-format
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

clean: ## remove all that was built
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-14s %s\n", $$1, $$2}' Makefile

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
