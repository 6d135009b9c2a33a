# The only makefile; `make help` lists its targets. Objects go to build/<variant>/.
MAKEFLAGS += --no-builtin-rules --no-print-directory
# All processors work, unless -j or JOBS says otherwise.
JOBS ?= $(shell nproc)
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(JOBS)
endif
.DEFAULT_GOAL := all
SHELL := /bin/bash

VARIANT ?= normal
V ?= 0
CC := $(if $(filter fuzz,$(VARIANT)),clang,gcc)
BUILD := build/$(VARIANT)
QUIET := $(if $(filter 0,$(V)),@)

PACKAGES := libmicrohttpd libcjson libzip sqlite3 libuv libcbor libcrypto libcurl gsl libpcre2-8 zlib cairo
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
            -Wwrite-strings -Wvla -Wno-overlength-strings -Werror
OPTIMISATION := -O2 -g
# What one machine does otherwise than another: plain char is unsigned on arm64, and a double too large
# for an integer becomes another number there.
ifeq ($(VARIANT),asan)
OPTIMISATION := -O1 -g -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all \
                -fno-omit-frame-pointer -funsigned-char
endif
ifeq ($(VARIANT),fuzz)
OPTIMISATION := -O1 -g -fsanitize=address,undefined,float-cast-overflow,fuzzer-no-link \
                -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
ifeq ($(VARIANT),tsan)
OPTIMISATION := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
endif
# Without contraction a machine that multiplies and adds in one step (arm64) comes to the same numbers.
CFLAGS = -std=gnu11 -ffp-contract=off -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(OPTIMISATION) $(WARNINGS) \
         -include include/banned.h -Iinclude -Iemulator -Iclient -Itests -I$(BUILD)/generated $(PACKAGE_CFLAGS)
LDFLAGS = $(filter -fsanitize%,$(OPTIMISATION)) -Wl,--as-needed
# Asked once, when first used: some targets install the packages.
once = $(eval $(1) := $(2))$($(1))
PACKAGE_CFLAGS = $(call once,PACKAGE_CFLAGS,$(shell pkg-config --cflags $(PACKAGES)))
LIBS = $(call once,LIBS,$(shell pkg-config --libs $(PACKAGES)) -lm -lpthread)
CHECK_LIBS = $(call once,CHECK_LIBS,$(shell pkg-config --libs check))

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

# libcanary: all of the client but its commands. What it uses of the shared code stays inside: only
# the functions of include/canary.h are to be seen from outside.
PREFIX ?= /usr/local
DESTDIR ?=
CANARY_VERSION := $(shell sed -n 's/.*COALMINE_VERSION "\(.*\)"/\1/p' include/version.h)
CANARY_ABI := 1
LIBRARY_SOURCES := $(filter-out client/cli/%,$(CLIENT_SOURCES)) $(BASE_SOURCES)
LIBRARY_OBJECTS := $(patsubst %.c,$(BUILD)/library/%.o,$(LIBRARY_SOURCES))
LIBRARY_PACKAGES := libcurl libcjson gsl libzip libcrypto libpcre2-8 zlib
SHARED_LIB := $(BUILD)/libcanary.so.$(CANARY_ABI)
STATIC_LIB := $(BUILD)/libcanary.a

.PHONY: all library install uninstall setup demo check check-slow check-unit check-api check-asan \
        check-source check-fuzz check-valgrind check-tsan fuzz fuzz-programs bench performance lint analyze \
        operations schema judgement flags format clean help man completion install-docs uninstall-docs
.SECONDARY:

all: build/coalmine build/canary ## build both programs into build/

build/coalmine: $(BUILD)/coalmine
	$(QUIET)install -m 755 $< $@
build/canary: $(BUILD)/canary
	$(QUIET)install -m 755 $< $@

# All objects of the archives: of two functions of one name the linker would take the first it meets.
WHOLE = -Wl,--whole-archive $(filter %.a,$^) -Wl,--no-whole-archive
$(BUILD)/coalmine: $(BUILD)/emulator/main.o $(EMULATOR_LIB) $(BASE_LIB)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $< $(WHOLE) $(LIBS)

$(BUILD)/canary: $(BUILD)/client/main.o $(CLIENT_LIB) $(BASE_LIB)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $< $(WHOLE) $(LIBS)

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
# What the machine's Python makes of its bootstrap: BYTECODE_FILES, rows of workspace.c's table. Another
# Python compiles at each start, and without one here all do.
BYTECODE := $(BUILD)/generated/bytecode
$(BUILD)/generated/bytecode.h: $(wildcard emulator/runtime/bootstrap/coalmine_*.py) Makefile
	$(QUIET)rm -rf $(BYTECODE) && mkdir -p $(BYTECODE) && cp $(filter %.py,$^) $(BYTECODE)
	$(QUIET)[ ! -x /usr/bin/python3 ] || \
	    /usr/bin/python3 -I -m compileall -q --invalidation-mode unchecked-hash $(BYTECODE)
	$(QUIET)rows=; for file in $$(find $(BYTECODE) -name '*.pyc'); do \
	    array=bytecode_$$(basename $$file | tr '.-' '__'); \
	    rows="$$rows { \"__pycache__/$$(basename $$file)\", $$array, sizeof($$array) },"; \
	    echo "static const unsigned char $$array[] = {"; \
	    od -An -v -tx1 $$file | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'; \
	    echo "};"; \
	done > $@; echo "#define BYTECODE_FILES $$rows" >> $@
$(BUILD)/generated/workshop.h: fixtures/functions/myfunction/index.mjs Makefile
	$(embed)
$(BUILD)/emulator/runtime/workspace.o: $(BUILD)/generated/embedded.h $(BUILD)/generated/bytecode.h
$(BUILD)/emulator/lambda/workshop.o: $(BUILD)/generated/workshop.h

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(EMULATOR_LIB) $(CLIENT_LIB) $(BASE_LIB)
	@mkdir -p $(@D)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $< $(CLIENT_LIB) $(EMULATOR_LIB) $(BASE_LIB) $(CHECK_LIBS) $(LIBS)

# False alarms and detection of canary's judges; prints the tables of docs/judgement.md.
$(BUILD)/simulate_judges: $(BUILD)/tests/slow/simulate_judges.o $(CLIENT_LIB) $(BASE_LIB)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# Makes the server's system calls fail when a test says so.
$(BUILD)/tests/fault.so: tests/support/fault.c Makefile
	@mkdir -p $(@D)
	@echo "cc $<"
	$(QUIET)$(CC) $(CFLAGS) -fPIC -shared -o $@ $<

build/fuzz/fuzz/%: build/fuzz/tests/fuzz/%.o $(CLIENT_LIB) $(EMULATOR_LIB) $(BASE_LIB)
	@mkdir -p $(@D)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $< $(CLIENT_LIB) $(EMULATOR_LIB) $(BASE_LIB) $(LIBS)

# Manual pages: the part of commands and options is the program's own.
MAN_PAGES := build/man/canary.1 build/man/coalmine.1 build/man/canary.3
COMPLETIONS := build/completion/canary build/completion/coalmine \
               build/completion/_canary build/completion/_coalmine

build/man/%.1: docs/man/%.1.in build/%
	@mkdir -p $(@D)
	$(QUIET)build/$* manual > $@.options
	$(QUIET)sed -e '/BEGIN OPTIONS/r $@.options' -e '/BEGIN OPTIONS/d' -e '/END OPTIONS/d' $< > $@
	$(QUIET)rm $@.options
build/man/%.3: docs/man/%.3
	@mkdir -p $(@D)
	$(QUIET)install -m 644 $< $@
build/completion/_%: build/%
	@mkdir -p $(@D)
	$(QUIET)build/$* completion zsh > $@
build/completion/%: build/%
	@mkdir -p $(@D)
	$(QUIET)build/$* completion bash > $@

man: $(MAN_PAGES) ## build the manual pages into build/man/
completion: $(COMPLETIONS) ## build the shells' completion scripts into build/completion/

# What stands under PREFIX is quoted: make itself never reads it as a list, so it may hold blanks.
PLACE = $(DESTDIR)$(PREFIX)
SHARE = $(PLACE)/share
install-docs: man completion ## install manual pages and completions (PREFIX, DESTDIR)
	$(QUIET)install -d "$(SHARE)"/man/man1 "$(SHARE)"/man/man3 \
	    "$(SHARE)"/bash-completion/completions "$(SHARE)"/zsh/site-functions
	$(QUIET)install -m 644 build/man/canary.1 build/man/coalmine.1 "$(SHARE)"/man/man1
	$(QUIET)install -m 644 build/man/canary.3 "$(SHARE)"/man/man3
	$(QUIET)install -m 644 build/completion/canary build/completion/coalmine \
	    "$(SHARE)"/bash-completion/completions
	$(QUIET)install -m 644 build/completion/_canary build/completion/_coalmine \
	    "$(SHARE)"/zsh/site-functions
uninstall-docs: ## remove what install-docs has installed
	$(QUIET)rm -f "$(SHARE)"/man/man1/{canary,coalmine}.1 "$(SHARE)"/man/man3/canary.3 \
	    "$(SHARE)"/bash-completion/completions/{canary,coalmine} \
	    "$(SHARE)"/zsh/site-functions/{_canary,_coalmine}

# A server that costs next to nothing, to measure canary's traffic against.
$(BUILD)/tests/stub: tests/support/stub.c Makefile
	@mkdir -p $(@D)
	@echo "cc $<"
	$(QUIET)$(CC) $(filter-out -include include/banned.h,$(CFLAGS)) -o $@ $<

$(BUILD)/library/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo "cc $< (library)"
	$(QUIET)$(CC) $(CFLAGS) -fPIC -fvisibility=hidden -MMD -MP -c -o $@ $<

$(SHARED_LIB): $(LIBRARY_OBJECTS)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -shared -Wl,-soname,$(@F) -Wl,-z,defs -o $@ $^ \
	    $(shell pkg-config --libs $(LIBRARY_PACKAGES)) -lm -lpthread

$(STATIC_LIB): $(LIBRARY_OBJECTS)
	@echo "link $@"
	$(QUIET)ld -r -o $(BUILD)/libcanary.o $^ && objcopy --localize-hidden $(BUILD)/libcanary.o
	$(QUIET)rm -f $@ && ar rcs $@ $(BUILD)/libcanary.o

$(BUILD)/canary.pc: Makefile include/version.h
	@mkdir -p $(@D)
	$(QUIET)printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' \
	    'includedir=$${prefix}/include' '' 'Name: canary' \
	    'Description: canary deployments of AWS Lambda functions' \
	    'Version: $(CANARY_VERSION)' 'Libs: -L"$${libdir}" -lcanary' \
	    'Libs.private: $(shell pkg-config --libs $(LIBRARY_PACKAGES)) -lm -lpthread' \
	    'Cflags: -I"$${includedir}"' > $@

library: $(SHARED_LIB) $(STATIC_LIB) ## build libcanary, shared and static

install: all library install-docs ## install programs, library, header and pages (PREFIX, DESTDIR)
	$(QUIET)rm -f $(BUILD)/canary.pc && $(MAKE) -s $(BUILD)/canary.pc
	$(QUIET)install -d "$(PLACE)"/{bin,lib/pkgconfig,include,share/canary}
	$(QUIET)install -m 755 build/coalmine build/canary "$(PLACE)"/bin
	$(QUIET)install -m 755 $(SHARED_LIB) "$(PLACE)"/lib
	$(QUIET)ln -sf $(notdir $(SHARED_LIB)) "$(PLACE)"/lib/libcanary.so
	$(QUIET)install -m 644 $(STATIC_LIB) "$(PLACE)"/lib
	$(QUIET)install -m 644 $(BUILD)/canary.pc "$(PLACE)"/lib/pkgconfig
	$(QUIET)install -m 644 include/canary.h "$(PLACE)"/include
	$(QUIET)install -m 644 docs/canary.schema.json "$(PLACE)"/share/canary

uninstall: uninstall-docs ## remove what install has installed
	$(QUIET)rm -f "$(PLACE)"/bin/{coalmine,canary} \
	    "$(PLACE)"/lib/{libcanary.a,libcanary.so,$(notdir $(SHARED_LIB)),pkgconfig/canary.pc} \
	    "$(PLACE)"/include/canary.h "$(PLACE)"/share/canary/canary.schema.json

setup: ## install what building, the demo and the tests need (Debian packages, npm)
	$(QUIET)tests/support/install.sh check

demo: ## install what is missing, build, and play a whole canary workshop
	$(QUIET)tests/support/install.sh demo
	$(QUIET)$(MAKE) -s all
	$(QUIET)client/demo.sh

check: ## install what is missing, build, and pass all tests (10 to 15 minutes on two processors)
	$(QUIET)tests/support/install.sh check
	$(QUIET)$(MAKE) all && $(MAKE) check-source && $(MAKE) check-unit && $(MAKE) check-asan && \
	    $(MAKE) check-fuzz && $(MAKE) check-api

check-slow: ## what takes longer (an hour and a half): sanitizers, valgrind, analyzers, crashes, load, fuzzing, simulations
	$(QUIET)tests/support/install.sh slow
	$(QUIET)$(MAKE) $(BUILD)/simulate_judges $(BUILD)/tests/fault.so $(BUILD)/tests/stub
	$(QUIET)tests/slow/judgement.sh $(BUILD)/simulate_judges check
	$(QUIET)$(MAKE) VARIANT=asan build/asan/coalmine build/asan/canary
	$(QUIET)COALMINE=$(CURDIR)/build/asan/coalmine CANARY=$(CURDIR)/build/asan/canary \
	    $(PYTEST) $(ALL_TESTS)
	$(QUIET)$(MAKE) check-valgrind && $(MAKE) check-tsan && $(MAKE) lint && $(MAKE) fuzz
	$(QUIET)$(MAKE) all
	$(QUIET)SLOW=1 $(PYTEST) -s tests/slow

check-source: all ## the source's own rules: layers, headers, sizes, generated pages
	$(QUIET)tests/source/layers.sh
	$(QUIET)tests/source/headers.sh $(CC) $(CFLAGS)
	$(QUIET)tests/source/style.sh
	$(QUIET)tests/source/docs.py

.PHONY: $(UNIT_PROGRAMS:=.run) $(UNIT_PROGRAMS:=.memcheck) $(FUZZ_PROGRAMS:=.run)
# All run, even if one fails.
check-unit: $(UNIT_PROGRAMS) ## unit tests
	$(QUIET)$(MAKE) -k $(UNIT_PROGRAMS:=.run)
$(UNIT_PROGRAMS:=.run): %.run: %
	$(QUIET)$<

check-asan: ## unit tests with AddressSanitizer and UndefinedBehaviorSanitizer
	$(QUIET)$(MAKE) VARIANT=asan check-unit

# valgrind keeps 12 descriptors for itself and lets nobody lower the limit to less than what it leaves:
# a function process, which may have 1,024, would not start. What is said of a process that forked
# changes no test's end, so whatever is said fails.
check-valgrind: $(UNIT_PROGRAMS) ## unit tests under memcheck
	@mkdir -p $(BUILD)/valgrind
	$(QUIET)$(MAKE) -k $(UNIT_PROGRAMS:=.memcheck)
$(UNIT_PROGRAMS:=.memcheck): %.memcheck: %
	$(QUIET)ulimit -n 1036; log=$(BUILD)/valgrind/$(*F).log; \
	    CK_TIMEOUT_MULTIPLIER=20 valgrind -q --error-exitcode=9 --leak-check=full --log-file=$$log \
	        --errors-for-leak-kinds=definite --suppressions=tests/source/valgrind.suppressions $< && \
	    ! grep '^==' $$log

# The thread pool is where there are threads. TSan has a thread of its own, and a process with threads
# cannot enter a user namespace: functions run as plain children, and the tests of pool, storage and
# layers, which need the sandbox, are left out.
TSAN_UNITS := checkpoint event_store package code_link store
TSAN_API := tests/api/test_lambda_functions.py tests/api/test_lambda_s3_code.py \
            tests/api/test_logs_events.py tests/api/test_cloudwatch_put.py
# Of canary it is the thread that sends traffic; its server needs no sanitizer.
TSAN_CLIENT := $(wildcard tests/client/test_rollout*.py) tests/client/test_traffic.py
TSAN_OPTIONS := suppressions=$(CURDIR)/tests/source/tsan.suppressions
check-tsan: all ## what uses the thread pool, some of the API, and canary's traffic with ThreadSanitizer
	$(QUIET)$(MAKE) VARIANT=tsan build/tsan/coalmine build/tsan/canary $(TSAN_UNITS:%=build/tsan/unit/test_%)
	$(QUIET)failed=0; for name in $(TSAN_UNITS); do \
	    TSAN_OPTIONS=$(TSAN_OPTIONS) build/tsan/unit/test_$$name || failed=1; done; exit $$failed
	$(QUIET)TSAN_OPTIONS=$(TSAN_OPTIONS) COALMINE_NO_SANDBOX=1 COALMINE=$(CURDIR)/build/tsan/coalmine \
	    $(PYTEST) $(TSAN_API)
	$(QUIET)TSAN_OPTIONS=$(TSAN_OPTIONS) CANARY=$(CURDIR)/build/tsan/canary \
	    $(PYTEST) $(TSAN_CLIENT)

# fuzz_X.c starts from tests/fuzz/corpus/X; what it finds goes to build/fuzz/corpus/X.
FUZZ_SECONDS ?= 60
FUZZ_OPTIONS ?= -max_total_time=$(FUZZ_SECONDS)
FUZZ_CORPUS ?= corpus
fuzz: ## fuzz every parser for FUZZ_SECONDS (60) each
	$(QUIET)$(MAKE) VARIANT=fuzz fuzz-programs
	$(QUIET)$(MAKE) -k $(FUZZ_PROGRAMS:=.run)
$(FUZZ_PROGRAMS:=.run): build/fuzz/fuzz/fuzz_%.run:
	@mkdir -p build/fuzz/$(FUZZ_CORPUS)/$* build/fuzz/crashes
	$(QUIET)build/fuzz/fuzz/fuzz_$* -timeout=10 -max_len=4096 -artifact_prefix=build/fuzz/crashes/$*- \
	    $(FUZZ_OPTIONS) build/fuzz/$(FUZZ_CORPUS)/$* tests/fuzz/corpus/$* > build/fuzz/$*.log 2>&1 || \
	    { tail -40 build/fuzz/$*.log; exit 1; }
	$(QUIET)echo "fuzz $*: $$(grep '^Done' build/fuzz/$*.log)"

check-fuzz: ## fuzz every parser briefly, the same inputs each time
	$(QUIET)rm -rf build/fuzz/brief
	$(QUIET)$(MAKE) fuzz FUZZ_OPTIONS="-runs=20000 -seed=1" FUZZ_CORPUS=brief

fuzz-programs: $(FUZZ_PROGRAMS)

# What the bench holds the server against, and what it invokes.
BENCH_PROGRAMS := $(addprefix build/bench/,floor bootstrap pipe runtime_loop)
build/bench/%: $(BUILD)/tests/bench/%.o
	@mkdir -p $(@D)
	@echo "link $@"
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $< $(LIBS)

bench: all $(BENCH_PROGRAMS) ## measure in 15 minutes, and print tables of ratios (BENCH="--quick invoke")
	$(QUIET)tests/support/install.sh bench
	$(QUIET)/usr/bin/python3 -m tests.bench $(BENCH)

performance: all $(BENCH_PROGRAMS) ## measure, and write docs/performance.md
	$(QUIET)tests/support/install.sh bench
	$(QUIET)/usr/bin/python3 -m tests.bench --write $(BENCH)

# Tests mostly wait, so there is work for more than the processors; beyond 16 all would wait for the
# longest file, since those of a file share a server.
PYTEST := /usr/bin/python3 -m pytest -q
ALL_TESTS := -n $$(($(JOBS) < 8 ? $(JOBS) * 2 : 16)) --dist loadfile tests
check-api: all library $(BUILD)/tests/fault.so $(BUILD)/tests/stub ## real clients against the real server
	$(QUIET)$(PYTEST) $(ALL_TESTS)

# clang-tidy's word on a file is kept until the file, what it includes or the checks change.
$(BUILD)/lint/%.tidy: %.c .clang-tidy Makefile
	@mkdir -p $(@D)
	@echo "tidy $<"
	$(QUIET)clang-tidy --quiet $< -- $(filter-out -Werror,$(CFLAGS)) 2> $@.log || { cat $@.log; exit 1; }
	$(QUIET)$(CC) $(CFLAGS) -MM -MP -MT $@ -MF $(@:.tidy=.d) $<
	@touch $@

lint: $(BUILD)/generated/embedded.h $(BUILD)/generated/bytecode.h $(BUILD)/generated/workshop.h ## clang-tidy over all C files, then analyze
	$(QUIET)$(MAKE) -k $(patsubst %.c,$(BUILD)/lint/%.tidy,$(shell git ls-files '*.c'))
	$(QUIET)$(MAKE) -s analyze

analyze: $(BUILD)/generated/embedded.h $(BUILD)/generated/bytecode.h $(BUILD)/generated/workshop.h ## cppcheck and gcc's analyzer
	$(QUIET)tests/source/analyze.sh $(CC) $(CFLAGS)

operations: build/coalmine ## write docs/operations.md from the rows
	$(QUIET)build/coalmine operations > docs/operations.md

schema: build/canary ## write docs/canary.schema.json from the rows
	$(QUIET)build/canary schema > docs/canary.schema.json

judgement: $(BUILD)/simulate_judges ## write the tables of docs/judgement.md (minutes)
	$(QUIET)tests/slow/judgement.sh $< write

flags: ## print the compiler's flags (for compiling one file by hand)
	@echo $(CFLAGS)

format: ## lay out the C code by .clang-format, with clang-format 14 as in Debian 12
	@clang-format --version | grep -q ' version 14\.' || { echo "this is not clang-format 14" >&2; exit 1; }
	clang-format -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

clean: ## remove all that was built
	rm -rf build

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "%-14s %s\n", $$1, $$2}' Makefile

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
