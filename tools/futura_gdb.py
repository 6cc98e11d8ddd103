# SPDX-License-Identifier: MPL-2.0
"""Commands for gdb that show the kernel's objects: type `help futura`. `make gdb` loads them."""
import os
import re

import gdb

PLACE_FIRST_BIT = 6	# kernel/handle.h
BASE = re.compile(r"kernel base (0x[0-9a-fA-F]+)")


def value(expression):
	return gdb.parse_and_eval(expression)


def variable(name):
	"""The kernel's global of that name, whatever the function we stopped in calls so."""
	return gdb.lookup_global_symbol(name).value()


def pointer_to(name):
	return gdb.lookup_type(f"struct {name}").pointer()


def container(link, name, field):
	"""The structure `name` whose field `field` is at the pointer `link`."""
	bits, = [f.bitpos for f in gdb.lookup_type(f"struct {name}").fields() if f.name == field]
	return (link.cast(gdb.lookup_type("char").pointer()) - bits // 8).cast(pointer_to(name))


def members(head, name, field):
	"""Every structure in a `struct list`. A list that was never initialised is empty."""
	at = head["next"]
	while int(at) not in (0, int(head.address)):
		yield container(at, name, field)
		at = at["next"]


def tree_members(node, name, field):
	"""Every structure in a `struct tree`, in order."""
	if int(node) == 0:
		return
	yield from tree_members(node["left"], name, field)
	yield container(node, name, field)
	yield from tree_members(node["right"], name, field)


def text(array):
	return array.string(errors="replace") if array.type.code == gdb.TYPE_CODE_ARRAY else str(array)


def plain(enumerator):
	"""THREAD_READY -> ready"""
	return str(enumerator).split("_", 1)[-1].lower()


def tasks():
	return members(value("'kernel/task.c'::tasks"), "task", "link")


def task_of(argument):
	"""The task of a number or a name; without an argument, of the thread that runs here."""
	if not argument:
		current = variable("cpus")[0]["current"]
		if int(current) == 0:
			raise gdb.GdbError("no thread runs; give a task's number or name")
		return current["task"]
	for task in tasks():
		if argument in (str(int(task["object"]["id"])), text(task["name"])):
			return task
	raise gdb.GdbError(f"there is no task {argument}")


def rights(bits):
	names = []
	for field in gdb.lookup_type("enum right").fields():
		if bits & field.enumval and field.enumval & (field.enumval - 1) == 0:
			names.append(plain(field.name))
	return "+".join(names)


def show_tasks(_):
	"""tasks: every task, with its threads, handles and memory."""
	print(f"{'id':>6} {'name':20} {'state':8} {'threads':>7} {'handles':>7} {'mapped':>12}")
	for t in tasks():
		print(f"{int(t['object']['id']):6} {text(t['name']):20} {plain(t['state']):8} "
			f"{int(t['nthreads']):7} {int(t['handles']['nused']):7} "
			f"{int(t['space']['mapped']):12}")


def show_threads(argument):
	"""threads [TASK]: every thread of a task, or of all, and what it waits for."""
	print(f"{'id':>6} {'task':20} {'state':10} {'prio':>4} {'cpu':>3} address of struct thread")
	for task in [task_of(argument)] if argument else tasks():
		for t in members(task["threads"], "thread", "link"):
			waits = f" for {plain(t['waits'])}" if "WAITING" in str(t["state"]) else ""
			print(f"{int(t['object']['id']):6} {text(task['name']):20} "
				f"{plain(t['state']):10} {int(t['priority']):4} {int(t['cpu']):3} "
				f"{int(t):#x}{waits}")


def show_handles(argument):
	"""handles [TASK]: the handles of a task: number, object, rights."""
	table = task_of(argument)["handles"]
	for bit in range(PLACE_FIRST_BIT, int(table["end_bit"])):
		for place in range(1 << bit, 2 << bit):
			slot = (table["places"][bit] + place).dereference()
			if int(slot["object"]) == 0:
				continue
			o = slot["object"]
			print(f"{int(slot['number']):#10x} {plain(o['type']):10} #{int(o['id']):<6} "
				f"{int(o):#x} {rights(int(slot['rights']))}")


def show_mappings(argument):
	"""mappings [TASK]: the address space of a task."""
	for m in tree_members(task_of(argument)["space"]["mappings"]["root"], "mapping", "node"):
		flags = int(m["flags"])
		access = "".join(letter if flags & int(value(name)) else "-" for letter, name in
			(("r", "MAP_READ"), ("w", "MAP_WRITE"), ("x", "MAP_EXEC")))
		start = int(m["address"])
		memory = f" vmo #{int(m['vmo']['object']['id'])} + {int(m['offset']):#x}" \
			if int(m["vmo"]) else ""
		print(f"{start:#018x} {start + int(m['size']):#018x} {access} "
			f"{plain(m['kind'])}{memory}")


def show_queues(_):
	"""queues: on each CPU who runs, and who is ready, by priority."""
	for n in range(int(variable("ncpus"))):
		cpu = variable("cpus")[n]
		current = cpu["current"]
		who = f"#{int(current['object']['id'])} of {text(current['task']['name'])}" \
			if int(current) else "nobody"
		print(f"cpu {n}: {who} runs")
		for priority in reversed(range(64)):
			if int(cpu["ready"]) >> priority & 1:
				names = [f"#{int(t['object']['id'])} of {text(t['task']['name'])}" for t
					in members(cpu["queues"][priority], "thread", "queue")]
				print(f"  {priority:2}: {', '.join(names)}")


def relocate(argument):
	"""relocate [BASE]: move the symbols to where the kernel is; by default the log tells."""
	elf = gdb.objfiles()[0].filename
	base = argument or logged_base()
	if not base:
		raise gdb.GdbError("the log has no `kernel base 0x...` yet; give the base")
	# It is told as an address, or as the distance from where the kernel was linked to be.
	slide = int(base, 16) - LINKED if int(base, 16) >= LINKED else int(base, 16)
	gdb.execute(f"symbol-file {elf} -o {slide:#x}", to_string=True)
	RELOCATED.append(base)


def logged_base():
	path = os.environ.get("FUTURA_CONSOLE", "")
	m = BASE.search(open(path, errors="replace").read()) if os.path.exists(path) else None
	return m[1] if m else None


def relocate_once():
	"""Move the symbols, once, as soon as the kernel has said where it is."""
	if not RELOCATED and logged_base():
		relocate("")


def linked_base():
	sections = gdb.execute("info files", to_string=True)
	return min((int(x, 16) for x in re.findall(r"^\s*(0x[0-9a-f]+) - 0x[0-9a-f]+ is \.",
		sections, re.M)), default=0) & ~0xfff


LINKED = linked_base()
RELOCATED = []
COMMANDS = (show_tasks, show_threads, show_handles, show_mappings, show_queues, relocate)


class Command(gdb.Command):
	def __init__(self, function):
		self.function = function
		self.__doc__ = function.__doc__
		super().__init__(function.__doc__.split()[0].rstrip(":"), gdb.COMMAND_DATA)

	def invoke(self, argument, from_tty):
		del from_tty
		if self.function is not relocate:
			relocate_once()
		self.function(argument.strip())


class Help(gdb.Command):
	__doc__ = "What helps with Futura's kernel:\n\n" + "\n".join(f.__doc__ for f in COMMANDS)


Help("futura", gdb.COMMAND_DATA)
for command in COMMANDS:
	Command(command)
gdb.execute("define hook-stop\npython relocate_once()\nend")
