# What a newcomer types. The work is in .ci/, so that every machine does the same.
DESTDIR ?=
PREFIX ?= /usr
CONFIGURATION := release
SWIFT_BUILD := swift build -c $(CONFIGURATION) --explicit-target-dependency-import-check error
PRODUCTS := .build/$(CONFIGURATION)

# Every parser's fuzz test: ten times the cases of `make test`, or TULPAR_FUZZ times, then under the
# address sanitizer. TULPAR_FUZZ_SEED=n gives others, TULPAR_FUZZ_CASE=0x... one alone.
FUZZED := CAN,DBC,J1939,GPSD,Plant,Vehicle,SiteMap,DriveConfiguration,SocketCAN,Supervisor,SafeStop,Replay,Hosts,Recording
FUZZ = TULPAR_TESTS=$(FUZZED) TULPAR_FUZZ=$${TULPAR_FUZZ:-10} swift test --disable-xctest --filter Fuzz

.PHONY: demo test test-long fuzz build bench format clean install setup

demo: build
	$(PRODUCTS)/tulpar drive missions/demo-crossing --profile hw-profiles/j1939-tractor-semitrailer --out out/demo

test:
	@.ci/test

test-long:
	@.ci/test-long

fuzz: setup
	$(FUZZ) -c release --disable-testable-imports --scratch-path .build-fuzz
	LSAN_OPTIONS=suppressions=.ci/leaks:print_suppressions=0 $(FUZZ) --sanitize address --scratch-path .build-address

# The guardian is shipped from the embedded build, which has no heap to lose.
build: setup
	@echo "== Building the programs (the first time takes minutes)"
	$(SWIFT_BUILD)
	@echo "== Building the guardian as Embedded Swift without allocations"
	TULPAR_EMBEDDED=1 swift build -c release --scratch-path .build-embedded --product tulpar-guardian

setup:
	@.ci/setup build

bench: build
	$(PRODUCTS)/tulpar bench

# What the simulated truck does, drawn beside references; the report's picture in README.md; how honest
# the estimator's covariance is over 1,000 runs with each receiver.
plots: build demo
	TULPAR_TESTS=Estimation TULPAR_CONSISTENCY_RUNS=1000 TULPAR_PLOTS=out swift test -c release \
	  --disable-testable-imports --scratch-path .build-plots --disable-xctest --filter ConsistencyTests
	$${TULPAR_PYTHON:-python3} Tests/Plots/plant_page.py $(PRODUCTS)/tulpar out/plant.html
	$${TULPAR_PYTHON:-python3} Tests/Plots/report_picture.py out/demo/report.html missions/demo-crossing/report.png 150.6

format:
	swift format format -i -r Package.swift Sources Tests

clean:
	rm -rf .build .build-* out

# Programs with the parts of the Swift runtime they need, units and hardware profiles; needs
# `make build` before it, and no right but to DESTDIR.
install:
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/tulpar $(DESTDIR)$(PREFIX)/share/tulpar
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/doc/tulpar README.md LICENSE Sources/Recording/reading.md
	install -m 755 $(PRODUCTS)/tulpar $(PRODUCTS)/tulpard $(PRODUCTS)/tulpar-bus $(DESTDIR)$(PREFIX)/bin
	install -m 755 .build-embedded/release/tulpar-guardian $(DESTDIR)$(PREFIX)/bin
	ldd $(PRODUCTS)/tulpar $(PRODUCTS)/tulpard $(PRODUCTS)/tulpar-bus | sed -nE 's/.*=> (.*\/usr\/lib\/swift\/.*) \(.*/\1/p' | sort -u | \
	  xargs -r install -m 644 -t $(DESTDIR)$(PREFIX)/lib/tulpar
	cp -R hw-profiles $(DESTDIR)$(PREFIX)/share/tulpar
	systemd/install.sh '$(DESTDIR)' '$(PREFIX)'
