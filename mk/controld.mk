# SPDX-License-Identifier: MPL-2.0
# controld: the system's services, tasks, log and trace as files.

NATIVE_PROGRAMS += services/controld
