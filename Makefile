# Almanac: operational runbooks as programs that can stop, crash and go on.
#
#   make            build/almanac
#   make demo       a release goes to a simulated devnet, from preflight to verify, in a minute
#   make test       every test; SANITIZE=1 with the address and undefined sanitizers
#   make fuzz       a minute of each fuzz target (FUZZ_SECONDS=N, TARGETS="yaml json"); needs clang
#   make install    the program, its manual pages, completion, documents and examples, below PREFIX
#                   (/usr/local); make uninstall takes just these away
#   make deb        a package of Debian
#   make docs       the reference, the stubs and luacheck's globals, from stdlib/public; the gallery, from real runs
#   make site       the pages as HTML, with search, into build/site/
#   make check      layers, formatting, luacheck, a build with -Werror
#   make deps       what the above need, into .deps/ (Debian: apt packages too)
#
# CFLAGS, CPPFLAGS, LDFLAGS and LDLIBS are yours: what the build itself needs is in ALM_*.
# V=1 shows the commands; -jN sets how many at once, instead of one for each processor.

CC ?= cc
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
DESTDIR ?=

VERSION := 0.1.0
# Of a tree without git (a source package) COMMIT=… says it.
ifndef COMMIT
COMMIT := $(shell git describe --always --dirty --abbrev=9 --exclude='*' 2>/dev/null)
endif

ifeq ($(MAKELEVEL),0)
at_once := $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
MAKEFLAGS += $(at_once)
endif

# One short line a file: $(call say,CC,name), silent under -s.
silent = $(findstring s,$(filter-out -%,$(firstword $(MAKEFLAGS))))
ifeq ($(V),1)
say = @:
else
Q := @
say = @$(if $(silent),:,printf '  %-5s %s\n' $(1) $(2))
endif

# SANITIZE=1 builds a second tree, so that switching back and forth recompiles nothing.
# FUZZ=1 is a third one, for libFuzzer.
ifeq ($(FUZZ),1)
B := build/fuzz
CC := $(if $(findstring ccache,$(CC)),ccache )clang
ALM_SANITIZE := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else ifeq ($(SANITIZE),1)
B := build/asan
ALM_SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
else
B := build
ALM_SANITIZE :=
endif

MODULES := lua5.4 lua5.4-cjson libuv sqlite3 yaml-0.1 libcurl libmicrohttpd libssl libcrypto

# What is small and ours alone is linked statically: each shared library costs about a tenth of a
# millisecond at every start. libcurl and libcrypto stay shared, so that the distribution's fixes
# reach them. STATIC=0 links everything shared.
STATIC ?= 1
libdir = $(shell $(PKG_CONFIG) --variable=libdir libuv 2>/dev/null)
archive = $(if $(and $(filter 1,$(STATIC)),$(wildcard $(libdir)/lib$(1).a)),-l:lib$(1).a,$(2))
lua_library = $(call archive,lua5.4,-llua5.4)

ALM_CPPFLAGS = -D_GNU_SOURCE -DALMANAC_VERSION='"$(VERSION)"' -iquote runtime \
	$(shell $(PKG_CONFIG) --cflags $(MODULES))
ALM_CFLAGS := -std=gnu11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	-fno-strict-aliasing $(ALM_SANITIZE)
ALM_LDFLAGS := -Wl,--as-needed -Wl,-O1 $(ALM_SANITIZE)
# --wrap hands us the function by which a static Lua draws the seed of its hashes (engine/vm.c).
ALM_LDLIBS = -Wl,--wrap=luaS_hash $(call archive,lua5.4-cjson,-llua5.4-cjson) $(lua_library) \
	$(call archive,uv_a,-luv) $(call archive,sqlite3,-lsqlite3) $(call archive,yaml,-lyaml) \
	$(call archive,microhttpd,-lmicrohttpd) $(shell $(PKG_CONFIG) --libs libcurl libssl libcrypto) \
	-lgnutls -lz -lm -ldl -lpthread

EMBED_WRITE := runtime/engine/embed_write.c
SOURCES := $(filter-out $(EMBED_WRITE),$(sort $(wildcard runtime/*.c runtime/*/*.c)))
OBJECTS := $(SOURCES:runtime/%.c=$(B)/obj/%.o)
# Everything but main(): what the unit tests link, each what it uses.
LIBRARY := $(B)/libalmanac.a
LUA_FILES := $(sort $(shell find stdlib runbooks -name '*.lua' -not -path 'runbooks/tests/*' 2>/dev/null))
UNIT_TESTS := $(patsubst tests/runtime/%.c,$(B)/unit/%,$(sort $(wildcard tests/runtime/*/*_test.c)))

FUZZ_TARGETS := gzip journal json kubeconfig needles plan watch websocket yaml

.PHONY: build demo test docs site check bench install uninstall man completion deb clean deps fmt unit fuzz fuzzers FORCE
.DELETE_ON_ERROR:
.SECONDARY:

build: $(B)/almanac

unit: $(UNIT_TESTS) $(FUZZ_TARGETS:%=$(B)/replay/%)

$(B)/almanac: $(OBJECTS) $(B)/obj/embedded.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALM_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@.new $^ $(ALM_LDLIBS) $(LDLIBS)
	$(Q)mv $@.new $@ # whoever runs the old one goes on with it

$(B)/obj/%.o: runtime/%.c $(B)/have-modules
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALM_CPPFLAGS) $(CPPFLAGS) -include runtime/base/banned.h -MMD -MP $(ALM_CFLAGS) $(CFLAGS) \
		-c -o $@ $<

# Says what is missing in one line, instead of a page from the compiler.
$(B)/have-modules:
	@mkdir -p $(@D)
	@$(PKG_CONFIG) --exists --print-errors $(MODULES) || \
		{ echo "almanac: libraries to build with are missing: run 'make deps'" >&2; exit 1; }
	@touch $@

# The embedded Lua files: a table in C, the bytes by .incbin; compiled as well where Lua is linked
# statically (another release may take a shared one's place). The list is compared with the one of
# the last build, so that a file added or removed is noticed too.
$(B)/embedded.list: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(LUA_FILES) | cmp -s - $@ || printf '%s\n' $(LUA_FILES) > $@

$(B)/embed_write: $(EMBED_WRITE) $(B)/have-modules
	$(call say,CC,$<)
	$(Q)$(CC) $(ALM_CPPFLAGS) $(CPPFLAGS) $(ALM_CFLAGS) $(CFLAGS) $(ALM_LDFLAGS) $(LDFLAGS) -o $@ $< \
		$(lua_library) -lm -ldl

$(B)/embedded.c: $(B)/embedded.list $(B)/embed_write $(LUA_FILES)
	$(call say,EMBED,$@)
	$(Q)$(B)/embed_write $(if $(filter -l:%,$(lua_library)),$(B)/embedded.luac) < $(B)/embedded.list > $@

# The commit is known to one file only, which is compiled again when it is another.
$(B)/commit.h: FORCE
	@mkdir -p $(@D)
	@printf '#define ALMANAC_COMMIT "%s"\n' '$(COMMIT)' | cmp -s - $@ || \
		printf '#define ALMANAC_COMMIT "%s"\n' '$(COMMIT)' > $@

$(B)/obj/native/process.o: $(B)/commit.h
$(B)/obj/native/process.o: ALM_CPPFLAGS += -include $(B)/commit.h

$(B)/obj/embedded.o: $(B)/embedded.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALM_CPPFLAGS) $(CPPFLAGS) -include runtime/engine/embed_bytes.h -MMD -MP $(ALM_CFLAGS) $(CFLAGS) -c -o $@ $<

$(LIBRARY): $(filter-out $(B)/obj/main.o,$(OBJECTS)) $(B)/obj/embedded.o
	@rm -f $@
	$(call say,AR,$@)
	$(Q)$(AR) rcs $@ $^

$(B)/unit/%: $(B)/obj/unit/%.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALM_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ALM_LDLIBS) $(LDLIBS)

$(B)/obj/unit/%.o: tests/runtime/%.c $(B)/have-modules
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALM_CPPFLAGS) $(CPPFLAGS) -iquote tests/runtime -include runtime/base/banned.h -MMD -MP $(ALM_CFLAGS) \
		$(CFLAGS) -c -o $@ $<

# A target reads its corpus with the program beside it, and what libFuzzer makes up with libFuzzer.
$(B)/obj/fuzz/%.o: tests/fuzz/%.c $(B)/have-modules
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(ALM_CPPFLAGS) $(CPPFLAGS) -iquote tests/runtime -include runtime/base/banned.h -MMD -MP $(ALM_CFLAGS) \
		$(CFLAGS) -c -o $@ $<

$(B)/replay/%: $(B)/obj/fuzz/%.o $(B)/obj/fuzz/replay.o $(B)/obj/fuzz/vm.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALM_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ALM_LDLIBS) $(LDLIBS)

$(B)/target/%: $(B)/obj/fuzz/%.o $(B)/obj/fuzz/vm.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALM_LDFLAGS) -fsanitize=fuzzer $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ALM_LDLIBS) $(LDLIBS)

fuzzers: $(FUZZ_TARGETS:%=$(B)/target/%)

fuzz: deps
	@$(MAKE) --no-print-directory FUZZ=1 fuzzers
	@sh tests/fuzz/run.sh build/fuzz $(or $(TARGETS),$(FUZZ_TARGETS))

$(B)/bench/%: tests/bench/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALM_CPPFLAGS) $(CPPFLAGS) $(ALM_CFLAGS) $(CFLAGS) $(ALM_LDFLAGS) $(LDFLAGS) -o $@ $^ \
		$(ALM_LDLIBS) $(LDLIBS)

# deps may install the libraries that the rest of this file asks pkg-config for: build afterwards,
# in a make of its own.
deps:
	@sh tests/deps/deps.sh

demo:
	@sh tests/deps/deps.sh demo
	@$(MAKE) --no-print-directory build
	@bash tests/demo.sh

# TESTS narrows it: make test TESTS="tests/stdlib/run/undo_list_test.lua tests/runtime/proc/proc_test.c"
test: deps
	@$(MAKE) --no-print-directory build unit
	@[ "$(SANITIZE)" != 1 ] || ! command -v clang >/dev/null || $(MAKE) --no-print-directory SANITIZE= FUZZ=1 fuzzers
	@sh tests/run.sh $(B) $(TESTS)

# What is made from stdlib/public, which make check compares; and the gallery, from real runs, which a test compares.
docs: deps
	@$(MAKE) --no-print-directory build
	@$(B)/almanac lua docs/generate.lua .
	@GOLDEN=update sh tests/run.sh $(B) tests/docs/gallery_test.lua

# The pages as HTML, in build/site: to be read from the disk, or put on any server.
site: deps
	@$(MAKE) --no-print-directory build
	@sh docs/site/site.sh $(B) $(B)/site

check: deps
	@CC="$(CC)" MAKE="$(MAKE)" sh tests/check/check.sh

bench: deps
	@$(MAKE) --no-print-directory build $(B)/bench/journal_bench
	@sh tests/bench/bench.sh $(B)

fmt:
	clang-format -i $(wildcard runtime/*.[ch] runtime/*/*.[ch] tests/runtime/*.[ch] tests/runtime/*/*.[ch])

# The manual pages are dated by what they were built from.
DATE := $(shell git log -1 --format=%cs 2>/dev/null || date +%F)

man: build
	$(call say,MAN,$(B)/man)
	@rm -rf $(B)/man
	@$(B)/almanac lua docs/man.lua $(B)/man $(DATE)

completion: build
	@mkdir -p $(B)/completion
	@for shell in bash fish zsh; do $(B)/almanac completion $$shell > $(B)/completion/$$shell || exit 1; done

install: build man completion
	@sh docs/install.sh install $(B) "$(DESTDIR)$(PREFIX)"

uninstall:
	@sh docs/install.sh uninstall $(B) "$(DESTDIR)$(PREFIX)"

# For a package: with every library shared, so that the distribution's fixes reach them all, and the embedded files
# as sources, since what they are compiled for is Lua as it is here.
$(B)/package/embedded.c: $(B)/embedded.list $(B)/embed_write $(LUA_FILES)
	@mkdir -p $(@D)
	$(call say,EMBED,$@)
	$(Q)$(B)/embed_write < $(B)/embedded.list > $@

$(B)/package/embedded.o: $(B)/package/embedded.c
	$(call say,CC,$<)
	$(Q)$(CC) $(ALM_CPPFLAGS) $(CPPFLAGS) -include runtime/engine/embed_bytes.h $(ALM_CFLAGS) $(CFLAGS) -c -o $@ $<

$(B)/package/almanac: STATIC := 0
$(B)/package/almanac: $(OBJECTS) $(B)/package/embedded.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALM_LDFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ALM_LDLIBS) $(LDLIBS)

# A package of Debian, build/almanac_VERSION_ARCHITECTURE.deb.
deb: $(B)/package/almanac man completion
	@sh docs/deb.sh $(B) $(VERSION) $(DATE)

clean:
	rm -rf build

FORCE:

-include $(wildcard $(B)/obj/fuzz/*.d) $(OBJECTS:.o=.d) $(B)/obj/embedded.d $(patsubst $(B)/unit/%,$(B)/obj/unit/%.d,$(UNIT_TESTS))
