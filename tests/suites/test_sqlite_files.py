# SPDX-License-Identifier: MPL-2.0
"""Python's sqlite3 and what it wants of files: journals, locks between processes, mapped memory,
recovery of a killed writer. Debian's test package has no sqlite tests; this runs in their place, as a
module of it, here and on Linux."""
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest

# Begins a transaction too large for the cache, so that pages are in the file, and waits to be killed.
WRITER = """
import sqlite3, sys, time
d = sqlite3.connect(sys.argv[1], isolation_level=None)
d.execute("pragma cache_size=5")
d.execute("begin immediate")
d.execute("update t set b = 'spoiled'")
print("spoiled", flush=True)
time.sleep(100)
"""
# Adds one, a hundred times, each in a transaction of its own.
ADDER = """
import sqlite3, sys
d = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
for _ in range(100):
	d.execute("begin immediate")
	(n,) = d.execute("select n from c").fetchone()
	d.execute("update c set n = ?", (n + 1,))
	d.execute("commit")
"""


class Files(unittest.TestCase):
	def setUp(self):
		self.folder = tempfile.TemporaryDirectory()
		self.addCleanup(self.folder.cleanup)
		self.path = os.path.join(self.folder.name, "d")

	def connect(self, path=None, **options):
		d = sqlite3.connect(path or self.path, isolation_level=None, **options)
		self.addCleanup(d.close)
		return d

	def filled(self, rows=2000):
		d = self.connect()
		d.execute("create table t(a integer primary key, b)")
		d.execute("begin")
		d.executemany("insert into t values(?, ?)", ((i, f"row {i}" * 10) for i in range(rows)))
		d.execute("commit")
		return d

	def check(self, rows=2000, path=None):
		d = self.connect(path)
		self.assertEqual(d.execute("pragma integrity_check").fetchone(), ("ok",))
		self.assertEqual(d.execute("select count(*), sum(a) from t").fetchone(), (rows, rows * (rows - 1) // 2))
		self.assertEqual(d.execute("select count(*) from t where b = 'spoiled'").fetchone(), (0,))

	def python(self, script, **options):
		return subprocess.Popen([sys.executable, "-c", script, self.path], **options)

	def journal(self, mode):
		d = self.filled()
		self.assertEqual(d.execute(f"pragma journal_mode={mode}").fetchone(), (mode,))
		d.execute("begin")
		d.execute("update t set b = 'other'")
		d.execute("rollback")
		self.check()
		d.execute("delete from t where a >= 1000")
		d.execute("vacuum")
		self.check(1000)

	def test_journal_delete(self):
		self.journal("delete")
		self.assertEqual(os.listdir(self.folder.name), ["d"])

	def test_journal_truncate(self):
		self.journal("truncate")
		self.assertEqual(os.path.getsize(self.path + "-journal"), 0)

	def test_journal_persist(self):
		self.journal("persist")
		self.assertGreater(os.path.getsize(self.path + "-journal"), 0)

	def test_journal_memory(self):
		self.journal("memory")

	def test_journal_wal(self):
		self.journal("wal")
		self.assertTrue(os.path.exists(self.path + "-wal") and os.path.exists(self.path + "-shm"))

	def test_wal_readers_see_their_snapshot(self):
		d = self.filled()
		d.execute("pragma journal_mode=wal")
		reader = self.connect()
		reader.execute("begin")
		self.assertEqual(reader.execute("select count(*) from t").fetchone(), (2000,))
		d.execute("delete from t where a < 100")
		self.assertEqual(reader.execute("select count(*) from t").fetchone(), (2000,))
		reader.execute("commit")
		self.assertEqual(reader.execute("select count(*) from t").fetchone(), (1900,))

	def killed_writer(self, mode):
		self.filled().execute(f"pragma journal_mode={mode}")
		with self.python(WRITER, stdout=subprocess.PIPE) as writer:
			self.assertEqual(writer.stdout.readline(), b"spoiled\n")
			writer.send_signal(signal.SIGKILL)
		self.check()

	def test_killed_writer_is_rolled_back(self):
		self.killed_writer("delete")

	def test_killed_writer_is_rolled_back_with_wal(self):
		self.killed_writer("wal")

	def test_a_writer_keeps_others_out(self):
		self.filled()
		with self.python(WRITER, stdout=subprocess.PIPE) as writer:
			self.assertEqual(writer.stdout.readline(), b"spoiled\n")
			d = self.connect(timeout=0.2)
			with self.assertRaisesRegex(sqlite3.OperationalError, "locked"):
				d.execute("insert into t values(5000, '')")
			writer.kill()
		self.check()

	def adders(self, mode):
		d = self.connect()
		d.execute(f"pragma journal_mode={mode}")
		d.execute("create table c(n)")
		d.execute("insert into c values(0)")
		running = [self.python(ADDER) for _ in range(4)]
		self.assertEqual([p.wait() for p in running], [0] * 4)
		self.assertEqual(d.execute("select n from c").fetchone(), (400,))

	def test_processes_take_turns(self):
		self.adders("delete")

	def test_processes_take_turns_with_wal(self):
		self.adders("wal")

	def test_threads_take_turns(self):
		d = self.connect()
		d.execute("create table c(n)")
		d.execute("insert into c values(0)")
		def add():
			own = sqlite3.connect(self.path, timeout=60, isolation_level=None)
			for _ in range(50):
				own.execute("update c set n = n + 1")
			own.close()
		threads = [threading.Thread(target=add) for _ in range(4)]
		for t in threads:
			t.start()
		for t in threads:
			t.join()
		self.assertEqual(d.execute("select n from c").fetchone(), (200,))

	def test_mapped(self):
		d = self.filled()
		self.assertEqual(d.execute("pragma mmap_size=1000000000").fetchone(), (1000000000,))
		d.execute("update t set b = b || '!'")
		d.execute("delete from t where a >= 500")
		d.execute("vacuum")	# the file shrinks below its mapping
		self.assertEqual(d.execute("select count(*) from t where b like '%!'").fetchone(), (500,))
		self.check(500)

	def test_backup(self):
		other = self.path + "2"
		with self.connect(other) as d:
			self.filled().backup(d, pages=7)
		self.check(path=other)

	def test_blobs_in_place(self):
		d = self.connect()
		d.execute("create table t(b)")
		d.execute("insert into t values(zeroblob(1000000))")
		with d.blobopen("t", "b", 1) as blob:
			blob.seek(999990)
			blob.write(b"0123456789")
		self.assertEqual(d.execute("select substr(b, -4) from t").fetchone(), (b"6789",))

	def test_temporary_files(self):
		d = self.filled()
		d.execute("pragma temp_store=file")
		d.execute("pragma cache_size=5")
		rows = d.execute("select b from t order by b desc").fetchall()
		self.assertEqual(rows, sorted(rows, reverse=True))

	def test_read_only(self):
		self.filled()
		d = self.connect(f"file:{self.path}?mode=ro", uri=True)
		with self.assertRaisesRegex(sqlite3.OperationalError, "readonly"):
			d.execute("delete from t")

	def test_attached(self):
		d = self.filled()
		d.execute("attach ? as other", (self.path + "2",))
		d.execute("begin")
		d.execute("create table other.t as select * from main.t")
		d.execute("commit")
		self.check(path=self.path + "2")

	def test_full(self):
		d = self.filled()
		(pages,) = d.execute("pragma page_count").fetchone()
		d.execute(f"pragma max_page_count={pages}")
		with self.assertRaisesRegex(sqlite3.OperationalError, "full"):
			d.execute("insert into t select a + 10000, b from t")
		self.check()

	def test_interrupted(self):
		d = self.connect(check_same_thread=False)
		threading.Timer(0.1, d.interrupt).start()
		with self.assertRaisesRegex(sqlite3.OperationalError, "interrupted"):
			d.execute("with recursive c(i) as (select 1 union all select i + 1 from c) select count(*) from c")

	def test_not_a_database(self):
		with open(self.path, "wb") as f:
			f.write(b"no database" * 1000)
		with self.assertRaises(sqlite3.DatabaseError):
			self.connect().execute("select * from t")


if __name__ == "__main__":
	unittest.main()
