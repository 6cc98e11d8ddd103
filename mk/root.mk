# SPDX-License-Identifier: MPL-2.0
# The root image that goes into the boot bundle: the shell with its utilities, each by its name, and
# the files of services/ramfsd/root.

ROOT_FILES := services/ramfsd/root
# In the sources: APPLET(name, ... and APPLET_NAMED(id, "name", ...
APPLET_NAMES := $(sort $(shell sed -nE -e 's/^APPLET.([a-z0-9]+),.*/\1/p' \
	-e 's/^APPLET_NAMED.\w+, "([^"]+)".*/\1/p' apps/utils/*.c))
ROOT_FOLDERS := dev:755 home/user:755 mnt:755 proc:555 root:700 run:755 run/futura:555 sys:555 \
	tmp:1777 usr/lib:755 usr/local/bin:755 var/tmp:1777
ROOT_LINKS := bin:usr/bin sbin:usr/bin usr/sbin:bin lib:usr/lib usr/bin/sh:fush \
	etc/mtab:/proc/mounts var/run:/run $(APPLET_NAMES:%=usr/bin/%:fush)

$(O)/root.tar: $$(SHELL_BINARY) mk/root.mk tools/mkroot $(wildcard tools/*.py) \
		$(ROOT_FILES) $(wildcard $(ROOT_FILES)/*) $(wildcard $(ROOT_FILES)/*/*)
	$(Q)tools/mkroot -o $@ --arch $(ARCH) --root $(ROOT_FILES) --add $<:/usr/bin/fush \
		$(ROOT_FOLDERS:%=--folder '%') $(ROOT_LINKS:%=--link '%')
BUNDLE_FILES += root.tar=$(O)/root.tar
