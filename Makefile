# SPDX-License-Identifier: BSD-2-Clause
#
#   make            build everything under $(O)
#   make run        install what is missing, build, start the monitor in audit mode
#   make test       unit, host and VM tests
#   make unit       the unit tests alone
#   make install    DESTDIR= and prefix= are honoured; make uninstall undoes it
#   make fuzz       every parser on random input, FUZZ_SECONDS=20 each, FUZZ_JOBS=2 at once
#   make bench      what it costs, beside its peers; QUICK=1: in five minutes
#   make lint       clang-tidy, cppcheck, shellcheck
#   make valgrind   programs of the unit tests under valgrind, in a build of their own
#
#   O=build         where objects go        V=1   show commands
#   SAN=address,undefined                   build user space with sanitizers
#   SECONDS=10      make run ends by itself

O ?= build
prefix ?= /usr/local
sysconfdir ?= /etc
DESTDIR ?=
VERSION := 0.1.0

CC ?= gcc
CLANG ?= clang
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
PKG_CONFIG ?= pkg-config

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-7s %s\n' '$(1)' '$(patsubst $(O)/%,%,$@)')

libraries := libbpf libelf zlib libcrypto jansson inih libseccomp
# Loaded when it is needed (user/lists/archive_library.h), so not linked.
loaded := libarchive

# The library of user space: one directory a subject (user/main.c says which). No two
# headers have the same name, so that each is found by its name alone.
library_directories := base lists policy software scan monitor output
library_sources := $(wildcard $(library_directories:%=user/%/*.c))
includes := -Iinclude -iquote user $(library_directories:%=-iquote user/%)

WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith \
	-Wwrite-strings -Wundef -Wformat=2 -Werror
CFLAGS ?= -O2 -g
HARDENING := -fstack-protector-strong -fPIE $(if $(SAN),,-D_FORTIFY_SOURCE=2)
SANITIZE := $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer)
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(HARDENING) $(SANITIZE) $(CFLAGS) -D_GNU_SOURCE \
	-DINTERDICT_VERSION='"$(VERSION)"' $(includes) -I$(O) $(shell $(PKG_CONFIG) --cflags $(libraries) $(loaded)) \
	-pthread -MMD -MP
LDFLAGS ?=
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now $(SANITIZE) $(LDFLAGS) -pthread
LDLIBS = $(shell $(PKG_CONFIG) --libs $(libraries))

BPF_CFLAGS := -target bpf -mcpu=v3 -O2 -g -std=gnu11 -Wall -Wextra -Wshadow -Werror -Wno-unused-parameter \
	-D__TARGET_ARCH_x86 -Iinclude -Ibpf -I/usr/include/x86_64-linux-gnu -MMD -MP

bpf_objects := $(patsubst bpf/%.bpf.c,$(O)/bpf/%.bpf.o,$(wildcard bpf/*.bpf.c))
skeleton := $(O)/interdict.skel.h
commands := $(wildcard user/cmd_*.c) user/command.c user/main.c
lib_objects := $(patsubst user/%.c,$(O)/user/%.o,$(library_sources))
command_objects := $(patsubst user/%.c,$(O)/user/%.o,$(commands))
unit_tests := $(patsubst tests/unit/test_%.c,$(O)/tests/unit/test_%,$(wildcard tests/unit/test_*.c))

unitdir ?= /lib/systemd/system
statedir := /var/lib/interdict
# Whether it is this machine's systemd that installing has to do with.
systemd_is_here = $(if $(DESTDIR),false,test -d /run/systemd/system)

.PHONY: all vendor-files run test unit valgrind lint install uninstall clean
.DELETE_ON_ERROR:
.SECONDARY:

all: $(O)/interdict $(O)/interdict-demo vendor-files

$(O)/interdict: $(command_objects) $(O)/libinterdict.a
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(O)/libinterdict.a: $(lib_objects)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# Only these include the skeleton; once built, their .d files carry the dependency.
kernel_objects := kernel kernel_maps kernel_pins
$(kernel_objects:%=$(O)/user/monitor/%.o): | $(skeleton)

$(O)/user/%.o: user/%.c
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -c -o $@ $<

$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(O)/interdict.bpf.o: $(bpf_objects)
	$(call say,BPFLINK)
	$(Q)$(BPFTOOL) gen object $@ $^

$(skeleton): $(O)/interdict.bpf.o
	$(call say,SKEL)
	$(Q)$(BPFTOOL) gen skeleton $< name interdict_bpf > $@

$(O)/tests/unit/%: tests/unit/%.c $(O)/libinterdict.a
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(O)/libinterdict.a $(LDLIBS) \
		$(shell $(PKG_CONFIG) --libs cmocka $(loaded))

unit: $(O)/interdict $(unit_tests)
	$(Q)tests/run unit $(O)

# Only programs: the scripts would start interdict without it. Debian's valgrind (3.19) knows neither
# openat2(2) nor seccomp(2), which some of them need and the monitor too, and runs one thread at a
# time, so that what waits for a deadline waits in vain.
valgrind_lacks := hasher output_file package_db privileges process scan scan_walk
valgrind_tests := $(filter-out $(valgrind_lacks:%=$(O)/valgrind/tests/unit/test_%), \
	$(unit_tests:$(O)/%=$(O)/valgrind/%))
valgrind:
	$(Q)$(MAKE) --no-print-directory O=$(O)/valgrind CFLAGS="-O1 -g -DINTERDICT_VALGRIND" \
		$(O)/valgrind/interdict $(valgrind_tests)
	$(Q)rm -f $(valgrind_lacks:%=$(O)/valgrind/tests/unit/test_%)
	$(Q)UNDER="valgrind -q --error-exitcode=97 --leak-check=full --errors-for-leak-kinds=definite \
		--num-callers=40 --suppressions=tests/valgrind.supp" tests/run unit $(O)/valgrind 'test_*'

# The vendor files that ship, with the list of the demo program just built.
demo := $(O)/interdict-demo
vendors := $(O)/etc/vendors.d

$(demo): user/demo/demo.c
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 $(WARNINGS) $(CFLAGS) -o $@ $<

$(vendors)/demo.csv: $(demo)
	$(call say,GEN)
	$(Q)mkdir -p $(@D) && chmod 755 $(@D) && { echo 'sha256,size,product,version,path,source'; \
		printf '%s,%s,demo,$(VERSION),%s,built here\n' \
			"$$(sha256sum $< | cut -d' ' -f1)" "$$(stat -c %s $<)" interdict-demo; } > $@ && chmod 644 $@

$(O)/etc/%: user/etc/%
	$(call say,COPY)
	$(Q)mkdir -p $(@D) && chmod 755 $(@D) && install -m 644 $< $@

# All that is installed below $(sysconfdir)/interdict, by its name there, but for logrotate, which
# is $(sysconfdir)/logrotate.d/interdict.
config_files := $(patsubst user/etc/%,%,interdict.conf logrotate $(wildcard user/etc/vendors.d/* \
	user/etc/vendors.available/* user/etc/warninglists.d/*)) vendors.d/demo.csv

vendor-files: $(config_files:%=$(O)/etc/%)

run:
	$(Q)scripts/deps build
	$(Q)$(MAKE) --no-print-directory all
	@printf '\n%s\n%s\n\n' \
		"In another terminal, as any user: $(abspath $(demo)); a line appears here." \
		"Ctrl-C ends the monitor and leaves nothing attached."
	$(Q)$(if $(SECONDS),timeout --foreground --preserve-status -s INT $(SECONDS)) \
		$(O)/interdict run --release --config $(O)/etc/interdict.conf --vendors $(vendors) --mode audit --format text --events -

install: all
	install -d -m 755 $(DESTDIR)$(prefix)/sbin $(DESTDIR)$(prefix)/libexec/interdict \
		$(DESTDIR)$(sysconfdir)/interdict/vendors.d \
		$(DESTDIR)$(sysconfdir)/interdict/vendors.available \
		$(DESTDIR)$(sysconfdir)/interdict/warninglists.d $(DESTDIR)$(prefix)/share/man/man8 \
		$(DESTDIR)$(prefix)/share/man/man5 $(DESTDIR)$(prefix)/share/man/man7 \
		$(DESTDIR)$(sysconfdir)/logrotate.d $(DESTDIR)$(unitdir)
	install -m 755 $(O)/interdict $(DESTDIR)$(prefix)/sbin/interdict
	install -m 755 $(demo) $(DESTDIR)$(prefix)/libexec/interdict/interdict-demo
	install -m 644 $(wildcard user/man/*.8) $(DESTDIR)$(prefix)/share/man/man8
	install -m 644 $(wildcard user/man/*.5) $(DESTDIR)$(prefix)/share/man/man5
	install -m 644 $(wildcard user/man/*.7) $(DESTDIR)$(prefix)/share/man/man7
	@# What somebody has changed is not replaced: the new one lies beside it. The lists are ours.
	@for file in $(config_files); do to="$(DESTDIR)$(sysconfdir)/interdict/$$file"; new="$$to.new"; \
		case $$file in logrotate) to="$(DESTDIR)$(sysconfdir)/logrotate.d/interdict" ;; esac; \
		case $$file in *.csv) ;; *) ! test -e "$$to" || cmp -s "$(O)/etc/$$file" "$$to" || { \
			echo "$$to was changed and stays; see $$new"; to="$$new"; } ;; \
		esac; \
		install -m 644 "$(O)/etc/$$file" "$$to" || exit; done
	sed 's,@prefix@,$(prefix),g' user/etc/interdict.service.in > $(DESTDIR)$(unitdir)/interdict.service
	chmod 644 $(DESTDIR)$(unitdir)/interdict.service
	@! $(systemd_is_here) || systemctl daemon-reload

uninstall: vendor-files
	@! $(systemd_is_here) || ! test -e $(unitdir)/interdict.service || \
		systemctl disable --now interdict.service
	@# What a daemon that is gone has left in force ends too.
	-@! test -z "$(DESTDIR)" || ! test -x $(prefix)/sbin/interdict || $(prefix)/sbin/interdict stop
	@! test -z "$(DESTDIR)" || { rm -f /run/interdict/lock && rmdir /run/interdict; } 2>/dev/null || true
	rm -f $(DESTDIR)$(prefix)/sbin/interdict $(DESTDIR)$(unitdir)/interdict.service
	rm -rf $(DESTDIR)$(prefix)/libexec/interdict
	rm -f $(patsubst user/man/%,$(DESTDIR)$(prefix)/share/man/man8/%,$(wildcard user/man/*.8)) \
		$(patsubst user/man/%,$(DESTDIR)$(prefix)/share/man/man5/%,$(wildcard user/man/*.5)) \
		$(patsubst user/man/%,$(DESTDIR)$(prefix)/share/man/man7/%,$(wildcard user/man/*.7))
	@# Configuration and lists of the administrator's own stay.
	@for file in $(config_files); do from="$(DESTDIR)$(sysconfdir)/interdict/$$file"; \
		rm -f "$$from.new"; \
		case $$file in logrotate) from="$(DESTDIR)$(sysconfdir)/logrotate.d/interdict" ;; esac; \
		case $$file in *.csv) ;; *) cmp -s "$(O)/etc/$$file" "$$from" || continue ;; esac; \
		rm -f "$$from"; done
	@cd $(DESTDIR)$(sysconfdir) && rmdir interdict/*.d interdict/vendors.available interdict logrotate.d \
		2>/dev/null || true
	@# What was remembered of signed lists stays too: without it older ones would be taken.
	@rm -f $(DESTDIR)$(statedir)/run $(DESTDIR)$(statedir)/policy.cache $(DESTDIR)$(statedir)/.policy.cache.new
	@rmdir $(DESTDIR)$(statedir) 2>/dev/null || ! test -d $(DESTDIR)$(statedir) || \
		echo "$(DESTDIR)$(statedir) is not empty and stays"
	@! $(systemd_is_here) || systemctl daemon-reload

bench_scripts := $(wildcard tests/bench/*.sh) $(addprefix tests/bench/,run root report project)

# What cppcheck calls leaks are _cleanup_ variables; LeakSanitizer looks for real ones.
lint: $(skeleton)
	$(Q)printf '%s\n' $(commands) $(library_sources) | xargs -P2 -n12 sh -c 'clang-tidy --quiet "$$@" -- \
		-std=gnu11 -D_GNU_SOURCE -DINTERDICT_VERSION=\"\" -include .lint.h $(includes) -I$(O) \
		2>/dev/null' clang-tidy
	$(Q)cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,portability,performance -j2 \
		--library=.cppcheck.cfg --inline-suppr --suppress=missingIncludeSystem --suppress=memleak \
		-D_GNU_SOURCE -DINTERDICT_VERSION='""' -Iinclude -Iuser $(library_directories:%=-Iuser/%) user
	$(Q)shellcheck -S warning .ci/run scripts/deps scripts/vm tests/run tests/budget tests/*.sh tests/evasion/*.sh \
		tests/evasion/matrix tests/host/*.sh tests/vm/*.sh tests/vm-systemd/*.sh tests/soak/*.sh \
		tests/unit/*.sh tests/fuzz/run $(bench_scripts)

clean:
	$(Q)rm -rf $(O)

-include $(shell find $(O) -path $(O)/vm -prune -o -type f -name '*.d' -print 2>/dev/null)

# A version that cannot use what this one pins, nor the other way round (INTERDICT_ABI).
other_version := $(O)/tests/probes/interdict-other
other_objects := $(addprefix $(O)/tests/other/,kernel_pins.o pins.o pins_look.o)

$(other_objects): $(O)/tests/other/%.o: user/monitor/%.c | $(skeleton)
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -DINTERDICT_ABI=1000 -c -o $@ $<

$(other_version): $(command_objects) $(other_objects) $(O)/libinterdict.a
	$(call say,LINK)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# What the tests try to run, and what tries it. Not ours to harden: plain flags.
# Each tests/probes/*.c is one, but for what others are made of.
probe_parts := audit library lose_link probe_watched probe_ways rewrite_fuse rewrite_ways rewrite_xfs
probes := $(addprefix $(O)/tests/probes/,libaudit.so libtarget.so lose_link.so $(filter-out $(probe_parts),\
	$(patsubst tests/probes/%.c,%,$(wildcard tests/probes/*.c)))) $(other_version)
probe_flags_probe := -static -pthread tests/probes/probe_watched.c tests/probes/probe_ways.c -luring
probe_flags_overwrite := -static
probe_flags_together := -static
probe_flags_rewrite := -static -pthread tests/probes/rewrite_fuse.c tests/probes/rewrite_ways.c tests/probes/rewrite_xfs.c -luring
probe_flags_hold_attack := -static -pthread
probe_flags_exec_loop := -static
probe_flags_many := -static
probe_flags_stalled := -static -pthread
probe_flags_race := -static
probe_flags_churn := -static
probe_flags_nameless := -static
probe_flags_mounts := -static
probe_flags_fuse_file := -static
probe_flags_program32 := -m32 -static -nostdlib -fno-pie -no-pie -fno-stack-protector -Wl,--build-id=none
probe_flags_execfd := -static
probe_flags_other_exe := -static
probe_flags_target := -static -nostdlib -fno-pie -fno-stack-protector -Wl,--build-id=none
probe_flags_needs_library = -L$(O)/tests/probes -ltarget
probe_flags_load_library := -ldl

probes: $(probes)

$(O)/tests/probes/probe: tests/probes/probe_watched.c tests/probes/probe_ways.c tests/probes/probe.h
$(O)/tests/probes/rewrite: tests/probes/rewrite_fuse.c tests/probes/rewrite_ways.c tests/probes/rewrite_xfs.c tests/probes/rewrite.h

$(O)/tests/probes/needs_library: | $(O)/tests/probes/libtarget.so

$(O)/tests/probes/libtarget.so: tests/probes/library.c
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O2 $(WARNINGS) -shared -fPIC -Wl,-soname,libtarget.so -o $@ $<

$(O)/tests/probes/lose_link.so: tests/probes/lose_link.c
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O2 $(WARNINGS) -D_GNU_SOURCE -shared -fPIC -o $@ $<

$(O)/tests/probes/libaudit.so: tests/probes/audit.c
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O2 $(WARNINGS) -shared -fPIC -o $@ $<

$(O)/tests/probes/%: tests/probes/%.c
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O2 $(WARNINGS) -D_GNU_SOURCE -o $@ $< $(probe_flags_$*)

# Measures the library itself, so it is linked with what ships.
$(O)/tests/bench/scale: tests/bench/scale.c $(O)/libinterdict.a
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $< $(O)/libinterdict.a $(LDLIBS)

# What the benchmark runs and what runs it: tests/bench/*.c, and the programs of tests/bench/*.bpf.c.
bench_sources := $(wildcard tests/bench/*.c)
bench_programs := $(patsubst %.c,$(O)/%,$(filter-out %.bpf.c,$(bench_sources))) \
	$(patsubst %.c,$(O)/%.o,$(filter %.bpf.c,$(bench_sources)))
bench_flags_driver := -static
bench_flags_floor = $(shell $(PKG_CONFIG) --libs libbpf)
bench_flags_program := -static -nostdlib -fno-pie -fno-stack-protector -Wl,--build-id=none

$(O)/tests/bench/floor $(O)/tests/bench/floor.bpf.o: tests/bench/floor.h

$(O)/tests/bench/%.bpf.o: tests/bench/%.bpf.c
	$(call say,BPF)
	$(Q)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -c -o $@ $<

$(O)/tests/bench/%: tests/bench/%.c
	$(call say,CC)
	$(Q)mkdir -p $(@D) && $(CC) -std=gnu11 -O2 $(WARNINGS) -D_GNU_SOURCE -o $@ $< $(bench_flags_$*)

# Beside its peers, here and in a virtual machine; QUICK=1 in five minutes. tests/bench/run --help
bench:
	$(Q)scripts/deps bench
	$(Q)$(MAKE) --no-print-directory all $(bench_programs)
	$(Q)QUICK=$(QUICK) tests/bench/run $(O)

bench-programs: $(bench_programs)

.PHONY: bench bench-programs

test:
	$(Q)scripts/deps test
	$(Q)$(MAKE) --no-print-directory all $(unit_tests) $(probes)
	$(Q)tests/run all $(O)

check-host: all $(probes)
	$(Q)tests/run host $(O)

check-vm: all $(probes)
	$(Q)tests/run vm $(O)

# Minutes each: not part of `test`.
soak: all $(probes)
	$(Q)tests/run soak $(O)
	$(Q)ALL_FILES=yes tests/run vm $(O)
	$(Q)SYSTEMD_KERNELS="6.1 6.12" tests/run vm-systemd $(O)

.PHONY: probes check-host check-vm soak

# Fuzz targets: tests/fuzz/fuzz_NAME.c each, and fuzz_list.c again for every format of lists. The
# library is compiled a second time, by clang with its sanitizers and what guides the fuzzer.
list_formats := $(shell sed -n 's/^\t\.name = "\(.*\)",$$/\1/p' user/lists/list_*.c)
fuzz_targets := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)) \
	$(addprefix list-,$(list_formats))
fuzz_objects := $(patsubst user/%.c,$(O)/fuzz/user/%.o,$(library_sources))
FUZZ_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FUZZ_CFLAGS = -std=gnu11 $(WARNINGS) -O1 -g $(FUZZ_SANITIZE) -D_GNU_SOURCE \
	-DINTERDICT_VERSION='"$(VERSION)"' $(includes) -I$(O) \
	$(shell $(PKG_CONFIG) --cflags $(libraries) $(loaded)) -pthread -MMD -MP
FUZZ_LINK = $(CLANG) -fsanitize=fuzzer $(FUZZ_SANITIZE) -pthread -o $@ $^ $(LDLIBS)

fuzz-targets: $(addprefix $(O)/fuzz/,$(fuzz_targets))

fuzz:
	$(Q)scripts/deps test
	$(Q)$(MAKE) --no-print-directory fuzz-targets
	$(Q)tests/fuzz/run $(O) $(fuzz_targets)

.PHONY: fuzz fuzz-targets

$(kernel_objects:%=$(O)/fuzz/user/monitor/%.o): | $(skeleton)

$(O)/fuzz/user/%.o: user/%.c
	$(call say,FUZZCC)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_CFLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

$(O)/fuzz/libinterdict.a: $(fuzz_objects)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(O)/fuzz/%.o: tests/fuzz/%.c
	$(call say,FUZZCC)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_CFLAGS) -c -o $@ $<

$(O)/fuzz/fuzz_list-%.o: tests/fuzz/fuzz_list.c
	$(call say,FUZZCC)
	$(Q)mkdir -p $(@D) && $(CLANG) $(FUZZ_CFLAGS) -DFUZZ_FORMAT='"$*"' -c -o $@ $<

fuzz_common := $(O)/fuzz/common.o $(O)/fuzz/libinterdict.a

$(O)/fuzz/list $(addprefix $(O)/fuzz/list-,$(list_formats)): $(O)/fuzz/%: $(O)/fuzz/fuzz_%.o \
		$(O)/fuzz/json_mutator.o $(fuzz_common)
	$(call say,FUZZ)
	$(Q)$(FUZZ_LINK)

$(O)/fuzz/%: $(O)/fuzz/fuzz_%.o $(fuzz_common)
	$(call say,FUZZ)
	$(Q)$(FUZZ_LINK)
