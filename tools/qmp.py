# SPDX-License-Identifier: MPL-2.0
"""A client of QEMU's machine protocol: one JSON object a line, each command answered in order."""
import json
import socket


class QmpError(Exception):
	pass


class Qmp:
	def __init__(self, path, timeout=60):
		self.socket = socket.socket(socket.AF_UNIX)
		self.socket.settimeout(timeout)
		self.socket.connect(path)
		self.stream = self.socket.makefile("rw")
		self.events = []
		self._read()	# the greeting
		self.command("qmp_capabilities")

	def _read(self):
		line = self.stream.readline()
		if not line:
			raise QmpError("QEMU closed the connection")
		return json.loads(line)

	def command(self, name, **arguments):
		"""Do `name`; returns its result. Events that arrive before it go to `events`."""
		json.dump({"execute": name, "arguments": arguments}, self.stream)
		self.stream.write("\n")
		self.stream.flush()
		while True:
			answer = self._read()
			if "event" in answer:
				self.events.append(answer)
			elif "error" in answer:
				raise QmpError(f"{name}: {answer['error']['desc']}")
			else:
				return answer["return"]

	def monitor(self, line):
		"""A command of QEMU's human monitor, such as `info registers`; returns its text."""
		return self.command("human-monitor-command", **{"command-line": line})

	def screenshot(self, path):
		self.command("screendump", filename=path)

	def close(self):
		self.stream.close()
		self.socket.close()
