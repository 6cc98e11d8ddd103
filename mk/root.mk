# SPDX-License-Identifier: MPL-2.0
# The root image that goes into the boot bundle: the shell with its utilities, each by its name, the
# files of services/ramfsd/root, and those commands that are Debian's (docs/decisions/0010).

ROOT_FILES := services/ramfsd/root
# In the sources: APPLET(name, ... and APPLET_NAMED(id, "name", ...
APPLET_NAMES := $(sort $(shell sed -nE -e 's/^APPLET.([a-z0-9]+),.*/\1/p' \
	-e 's/^APPLET_NAMED.\w+, "([^"]+)".*/\1/p' apps/utils/*.c))
ROOT_FOLDERS := dev:755 home/user:755 mnt:755 proc:555 root:700 run:755 run/futura:555 sys:555 \
	tmp:1777 usr/lib:755 usr/local/bin:755 var/tmp:1777
ROOT_LINKS := bin:usr/bin sbin:usr/bin usr/sbin:bin lib:usr/lib usr/bin/sh:fush \
	etc/mtab:/proc/mounts var/run:/run $(APPLET_NAMES:%=usr/bin/%:fush)

# Debian's commands by the names that are typed, what they are linked with, what they know of
# characters and terminals, and their licences. mk/setup fetched the packages.
ROOT_LINKS += usr/bin/awk:mawk usr/bin/nawk:mawk usr/bin/ex:vim.tiny usr/bin/vi:vim.tiny \
	usr/bin/view:vim.tiny usr/bin/pager:less
ROOT_LINKS_x86_64 := lib64:usr/lib64
ROOT_LIBRARIES := c m readline selinux acl pcre2-8 tinfo
ROOT_TAKEN := usr/bin/mawk usr/bin/bc usr/bin/dc usr/bin/vim.tiny usr/bin/less etc/vim/* \
	lib*/ld-linux-* $(ROOT_LIBRARIES:%=*/lib%.so.*) lib/terminfo/* \
	usr/lib/locale/C.utf8/* usr/share/doc/*/copyright
DEBIAN_x86_64 := amd64
DEBIAN_arm64 := arm64
ROOT_PACKAGES := $(sort $(wildcard $(patsubst %,build/packages/*_%.deb, \
	$(DEBIAN_$(ARCH)) all)))

$(O)/root.tar: $$(SHELL_BINARY) $$(FUTFS_GUEST) mk/root.mk tools/mkroot $(wildcard tools/*.py) \
		$(ROOT_FILES) $(wildcard $(ROOT_FILES)/*) $(wildcard $(ROOT_FILES)/*/*) \
		$(ROOT_PACKAGES)
	$(Q)tools/mkroot -o $@ --arch $(ARCH) --root $(ROOT_FILES) --add $<:/usr/bin/fush \
		$(foreach t,$(FUTFS_GUEST),--add $t:/usr/bin/$(notdir $t)) \
		$(ROOT_FOLDERS:%=--folder '%') $(ROOT_PACKAGES:%=--package '%') \
		$(ROOT_TAKEN:%=--take '%') $(addprefix --link ,$(ROOT_LINKS) $(ROOT_LINKS_$(ARCH)))
BUNDLE_FILES += root.tar=$(O)/root.tar
