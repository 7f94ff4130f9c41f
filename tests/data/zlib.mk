# zlib as the manifest of docs/how-to/c.md builds it, in the usual way of GNU make: a pattern rule, and dependencies that the compiler generates.
CC = cc
CFLAGS = -O0 -D_LARGEFILE64_SOURCE=1 -DHAVE_HIDDEN -include build/zconf.h -I.
names = $(basename $(wildcard *.c))
programs = $(foreach kind,static shared large,build/example-$(kind) build/minigzip-$(kind))

all: $(programs)

build/zconf.h: configure Makefile.in zconf.h.in zlib.h zlib.pc.in
	mkdir -p build/static build/shared
	cd build && ../configure

build/static/%.o: %.c build/zconf.h
	$(CC) $(CFLAGS) -MD -MF $(@:.o=.d) -c $< -o $@
build/shared/%.o: %.c build/zconf.h
	$(CC) $(CFLAGS) -fPIC -MD -MF $(@:.o=.d) -c $< -o $@

build/libz.a: $(names:%=build/static/%.o)
	rm -f $@
	ar rc $@ $^
build/libz.so.1: $(names:%=build/shared/%.o) zlib.map
	$(CC) -shared -Wl,-soname,libz.so.1,--version-script,zlib.map $(filter %.o,$^) -o $@

build/%-static: test/%.c build/libz.a build/zconf.h
	$(CC) $(CFLAGS) -MD -MF $@.d $(filter-out %.h,$^) -o $@
build/%-shared: test/%.c build/libz.so.1 build/zconf.h
	$(CC) $(CFLAGS) -fPIC -MD -MF $@.d $(filter-out %.h,$^) -o $@
build/%-large: test/%.c build/libz.a build/zconf.h
	$(CC) $(CFLAGS) -D_FILE_OFFSET_BITS=64 -MD -MF $@.d $(filter-out %.h,$^) -o $@

-include $(wildcard build/*.d build/*/*.d)
