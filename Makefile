# What a newcomer types. The work is in .ci/, so that every machine does the same.
DESTDIR ?=
PREFIX ?= /usr
CONFIGURATION := release
SWIFT_BUILD := swift build -c $(CONFIGURATION) --explicit-target-dependency-import-check error
PRODUCTS := .build/$(CONFIGURATION)

.PHONY: demo test test-long build bench format clean install setup

demo: build
	$(PRODUCTS)/tulpar drive missions/demo-crossing --profile hw-profiles/j1939-tractor-semitrailer --out out/demo

test:
	@.ci/test

test-long:
	@.ci/test-long

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

format:
	swift format format -i -r Package.swift Sources Tests

clean:
	rm -rf .build .build-* out

# Programs, units and hardware profiles; needs `make build` before it, and no right but to DESTDIR.
install:
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(PRODUCTS)/tulpar $(PRODUCTS)/tulpard $(DESTDIR)$(PREFIX)/bin
	install -m 755 .build-embedded/release/tulpar-guardian $(DESTDIR)$(PREFIX)/bin
	systemd/install.sh '$(DESTDIR)' '$(PREFIX)'
	install -d $(DESTDIR)$(PREFIX)/share/tulpar
	cp -R hw-profiles $(DESTDIR)$(PREFIX)/share/tulpar
