# Expunge. `make demo` shows the main job, `make test` proves it; both install missing Debian packages themselves.
# Variants: make SAN=asan|tsan|fuzz ... builds into build/asan, build/tsan, build/fuzz beside build/.

SAN     ?=
OUT     := build$(if $(SAN),/$(SAN))
CC      := gcc
PKGS    := sqlite3 libpq libcrypto libsodium jansson yaml-0.1 zlib
VERSION := $(shell cat VERSION 2>/dev/null || echo 0.0.0)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes \
        -Wpointer-arith -Wcast-qual -Wvla -Wwrite-strings -Wundef -Wimplicit-fallthrough -Wswitch-enum \
        -Wnull-dereference -Werror
# gcc's warnings are the house's; clang is here for its fuzzer.
WARN += $(if $(filter fuzz,$(SAN)),-w)
HARDEN := -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
SANFLAGS_asan := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
SANFLAGS_tsan := -fsanitize=thread -fno-omit-frame-pointer
SANFLAGS_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT := $(if $(SAN),-O1 $(SANFLAGS_$(SAN)) -U_FORTIFY_SOURCE,-O2 $(HARDEN))
CFLAGS  ?= -g
CPPFLAGS := -D_GNU_SOURCE -DEXPUNGE_VERSION='"$(VERSION)"' -Isrc -I.
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
ALL_CFLAGS = -std=gnu17 $(WARN) $(OPT) $(CFLAGS) -pthread $(PKG_CFLAGS)
LDLIBS  = $(PKG_LIBS) -pthread -lm
LDFLAGS += $(if $(SAN),$(SANFLAGS_$(SAN)),-pie -Wl,-z,relro,-z,now)

SRCS := $(sort $(wildcard src/*/*.c))
LIB_SRCS := $(filter-out src/cli/main.c,$(SRCS))
LIB_OBJS := $(LIB_SRCS:%.c=$(OUT)/%.o) $(OUT)/src/engine/embedded.o
UNIT_SRCS := $(sort $(wildcard tests/unit/*.c tests/contract/*.c tests/fault/*.c tests/sim/*.c))
UNITS := $(UNIT_SRCS:%.c=$(OUT)/%)
PEER_SRCS := $(sort $(wildcard tests/peers/*.c))
PEERS := $(PEER_SRCS:%.c=$(OUT)/%)
TEST_LIB_SRCS := $(sort $(wildcard tests/lib/*.c))
TEST_LIB_OBJS := $(TEST_LIB_SRCS:%.c=$(OUT)/%.o)

.PHONY: all units test crash torture peers tsan memcheck fuzz fuzzers references demo bench benches install clean deps
.SECONDARY:
all: $(OUT)/expunge

$(OUT)/expunge: $(OUT)/src/cli/main.o $(OUT)/libexpunge.a
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(OUT)/libexpunge.a: $(LIB_OBJS)
	@echo "  AR    $@"
	@rm -f $@ && ar rcs $@ $^

# Tests may trust what they have just asserted; gcc cannot see it.
$(OUT)/tests/%.o: WARN += -Wno-null-dereference

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Files that the binary carries (.incbin; paths from here).
$(OUT)/%.o: %.S
	@mkdir -p $(@D)
	@echo "  AS    $<"
	@$(CC) $(CPPFLAGS) -c -o $@ $<
$(OUT)/src/engine/embedded.o: examples/template.yaml docs/audit-format.md

$(OUT)/tests/%: $(OUT)/tests/%.o $(TEST_LIB_OBJS) $(OUT)/libexpunge.a
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(TEST_LIB_OBJS) $(OUT)/libexpunge.a $(LDLIBS) -lcmocka

# Fuzz targets. Built by gcc they replay their corpus (tests/fuzz/lib/replay.c has the main); SAN=fuzz is for clang's libFuzzer.
FUZZ_SRCS := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZERS := $(FUZZ_SRCS:%.c=$(OUT)/%)
FUZZ_MAIN := $(if $(filter fuzz,$(SAN)),-fsanitize=fuzzer,$(OUT)/tests/fuzz/lib/replay.o)
FUZZ_OBJS := $(OUT)/tests/fuzz/lib/fuzz.o $(filter %.o,$(FUZZ_MAIN))
$(OUT)/tests/fuzz/fuzz_%: $(OUT)/tests/fuzz/fuzz_%.o $(FUZZ_OBJS) $(TEST_LIB_OBJS) $(OUT)/libexpunge.a
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(FUZZ_OBJS) $(filter -%,$(FUZZ_MAIN)) $(TEST_LIB_OBJS) $(OUT)/libexpunge.a $(LDLIBS) -lcmocka

# FUZZ=NAME... runs these alone; FUZZ_SECONDS for each.
FUZZ_CC ?= clang
fuzz: deps
	@tests/deps.sh fuzz
	@$(MAKE) --no-print-directory -j2 SAN=fuzz CC="$(FUZZ_CC)" fuzzers
	@tests/fuzz/run.sh $(FUZZ)
fuzzers: $(FUZZERS)

# The fault suite: calls of its own stand in front of the linker's and the C library's.
FAULT_LIB_OBJS := $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard tests/fault/lib/*.c)))
FAULT_WRAPS := malloc calloc realloc reallocarray strdup strndup backend_open store_open clock_sleep_ms clock_monotonic_ms
$(OUT)/tests/fault/lib/%.o: OPT += -U_FORTIFY_SOURCE
$(OUT)/tests/fault/%: $(OUT)/tests/fault/%.o $(FAULT_LIB_OBJS) $(TEST_LIB_OBJS) $(OUT)/libexpunge.a
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(FAULT_WRAPS:%=-Wl,--wrap=%) -o $@ $< $(FAULT_LIB_OBJS) $(TEST_LIB_OBJS) $(OUT)/libexpunge.a $(LDLIBS) -lcmocka -ldl

# The simulator puts its own in front of the library: clocks, random source, epoch thread, the gate's reading, every call of
# a registry, the list of store drivers. Only at the link of these programs; nothing of it can get into the product.
SIM_WRAPPED := crypto_random clock_now_ms clock_monotonic_ms clock_sleep_ms epoch_start epoch_stop gate_open backend_open registry_worker_start
SIM_OBJS := $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard tests/sim/parts/*.c))) $(OUT)/tests/sim/replaced/setup.o
$(OUT)/tests/sim/replaced/setup.o: src/store/setup.c tests/sim/replaced/store/drivers.h
	@mkdir -p $(@D)
	@$(CC) -Itests/sim/replaced $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
$(OUT)/tests/sim/%: $(OUT)/tests/sim/%.o $(SIM_OBJS) $(OUT)/libexpunge.a
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) $(SIM_WRAPPED:%=-Wl,--wrap=%) -o $@ $< $(SIM_OBJS) $(OUT)/libexpunge.a $(LDLIBS) -lcmocka

# As many of its worlds as you like: make worlds SEEDS=5000 [FROM=1] [STEPS=600]. And the bugs it must catch.
SEEDS ?= 1000
FROM  ?= 1
STEPS ?= 600
.PHONY: worlds planted
worlds: deps
	@$(MAKE) --no-print-directory -j2 SAN=asan build/asan/tests/sim/test_sim
	@seq $(FROM) 10 $$(($(FROM) + $(SEEDS) - 1)) | xargs -P "$$(nproc)" -I {} build/asan/tests/sim/test_sim --from {} --seeds 10 --steps $(STEPS)
planted: deps
	@$(MAKE) --no-print-directory -j2 build/tests/sim/test_sim
	@RUN_TIMEOUT_S=600 tests/run.sh tests/sim/planted_test.sh

# Benchmarks: ours, a plain baseline and the raw limit in one run (bench/run.sh). No test depends on their times.
BENCH_LIB_OBJS := $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard bench/lib/*.c)))
BENCHES := $(patsubst %.c,$(OUT)/%,$(sort $(wildcard bench/*.c bench/raw/*.c)))
$(OUT)/bench/%: $(OUT)/bench/%.o $(BENCH_LIB_OBJS) $(TEST_LIB_OBJS) $(OUT)/libexpunge.a
	@echo "  LD    $@"
	@$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $< $(BENCH_LIB_OBJS) $(TEST_LIB_OBJS) $(OUT)/libexpunge.a $(LDLIBS) -lcmocka

bench: deps
	@$(MAKE) --no-print-directory -j2 all benches
	@bench/run.sh $(BENCH)
benches: $(BENCHES)

units: $(UNITS) $(PEERS)

# What tests/crash preloads, so that the program dies at a chosen call.
build/tests/crash/stop_at.so: tests/crash/stop_at.c
	@mkdir -p $(@D)
	@echo "  LD    $@"
	@$(CC) -std=gnu17 -D_GNU_SOURCE -O2 -g -Wall -Wextra -Werror -fPIC -shared -o $@ $< -ldl

deps:
	@tests/deps.sh

# Everything that needs no foreign server: tidy rules, unit and contract suites under the address and undefined-behaviour
# sanitizers, then the program itself end to end.
E2E := $(sort $(wildcard tests/e2e/*_test.sh))
test: deps
	@$(MAKE) --no-print-directory -j2 all build/tests/crash/stop_at.so
	@$(MAKE) --no-print-directory -j2 SAN=asan units fuzzers
	@tests/tidy.sh
	@tests/run.sh $(UNIT_SRCS:%.c=build/asan/%) $(FUZZ_SRCS:%.c=build/asan/%) tests/tidy_test.sh tests/run_test.sh tests/planted_test.sh $(E2E) tests/crash/crash_test.py

# Thousands of deaths of the real program (CRASH_KILLS, CRASH_SEED). Part of CI.
crash: deps
	@$(MAKE) --no-print-directory -j2 all build/tests/crash/stop_at.so
	@CRASH_KILLS=$${CRASH_KILLS:-3000} tests/crash/crash_test.py

# As long as one likes: TORTURE multiplies what the short forms in `make test` do.
TORTURE ?= 20
TORTURE_TIMEOUT_S ?= 36000
FAULT_STRIDE ?= 1
FAULT_SRCS := $(sort $(wildcard tests/fault/*.c))
torture: deps
	@$(MAKE) --no-print-directory -j2 all build/tests/crash/stop_at.so
	@$(MAKE) --no-print-directory -j2 SAN=asan units
	@CRASH_KILLS=$$((150 * $(TORTURE))) tests/crash/crash_test.py
	@FAULT_STRIDE=$(FAULT_STRIDE) RUN_TIMEOUT_S=$(TORTURE_TIMEOUT_S) tests/run.sh $(FAULT_SRCS:%.c=build/asan/%)
	@$(MAKE) --no-print-directory worlds SEEDS=$$((50 * $(TORTURE)))

# What needs a real server of somebody else's: a PostgreSQL of our own is started for it. The suites of the registry and of
# the engine run on it as they do on SQLite. Part of CI.
ON_POSTGRESQL := contract/test_registry contract/test_crash $(patsubst %,unit/test_%,registry_claim registry_settle \
	registry_members purge visit verification hold_apply hold_release request_run order_accept shares plan_work shift audit_list registry_copy)
peers:
	@tests/deps.sh peers
	@$(MAKE) --no-print-directory -j2 all
	@$(MAKE) --no-print-directory -j2 SAN=asan units
	@EXPUNGE_TEST_REGISTRY=postgresql RUN_TIMEOUT_S=600 tests/peers/postgresql.sh run tests/run.sh $(PEER_SRCS:%.c=build/asan/%) \
		$(ON_POSTGRESQL:%=build/asan/tests/%) $(sort $(wildcard tests/peers/*_test.sh))

# The concurrent parts under the thread sanitizer; part of CI.
tsan: deps
	@$(MAKE) --no-print-directory -j2 SAN=tsan units
	@PLANTED_SAN=tsan tests/run.sh $(patsubst %.c,build/tsan/%,$(filter-out tests/fault/% tests/sim/%,$(UNIT_SRCS))) tests/planted_test.sh

# The same suites under valgrind's leak check, for a second opinion beside LeakSanitizer. Left out: two that fork children which end without tidying up.
memcheck: deps
	@$(MAKE) --no-print-directory -j2 units
	@tests/memcheck.sh $(filter-out %/test_crash %/test_file %/test_sim $(OUT)/tests/fault/%,$(UNITS))

demo: deps
	@$(MAKE) --no-print-directory -j2 all
	@examples/demo.sh

# The documents that are made from the program's tables. A unit test of each fails when it is stale.
references: all
	@mkdir -p docs/man && rm -f docs/man/*
	@$(OUT)/expunge help --markdown >docs/commands.md
	@$(OUT)/expunge help --options >docs/options.md
	@$(OUT)/expunge help --completion >docs/completion.bash
	@$(OUT)/expunge help --man >docs/man/expunge.1
	@$(OUT)/expunge help expunge.yaml --man >docs/man/expunge.yaml.5
	@for name in $$(awk '/^## [a-z]/ { print $$2 }' docs/commands.md | sort -u); do \
		$(OUT)/expunge help $$name --man >docs/man/expunge-$$name.1 || exit 1; done

PREFIX ?= /usr/local
install: all
	install -D -m 0755 $(OUT)/expunge $(DESTDIR)$(PREFIX)/bin/expunge
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man5
	install -m 0644 docs/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 0644 docs/man/*.5 $(DESTDIR)$(PREFIX)/share/man/man5
	install -D -m 0644 docs/completion.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/expunge
	install -D -m 0644 examples/template.yaml $(DESTDIR)$(PREFIX)/share/expunge/template.yaml
	install -D -m 0755 tests/verify_log.py $(DESTDIR)$(PREFIX)/share/expunge/verify_log.py

clean:
	rm -rf build

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
