# SPDX-License-Identifier: MPL-2.0
# lib/files: what servers of protocol/file.fipc have in common, an archive that programs take it from.

LIBFILES := $(O)/libfiles.a
LIBFILES_OBJS := $(patsubst %,$(O)/native/%.o,$(wildcard lib/files/*.c))
NATIVE_ARCHIVES += $(LIBFILES)
$(LIBFILES): $(LIBFILES_OBJS)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^
-include $(LIBFILES_OBJS:.o=.d)
