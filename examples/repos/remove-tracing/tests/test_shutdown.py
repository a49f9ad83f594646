"""The end of the service."""

import sqlite3

from tests.support import AppTest


class StopTest(AppTest):
    def test_everything_is_ended(self):
        self.app.queue.start()
        self.app.stop()
        with self.assertRaises(sqlite3.ProgrammingError):
            self.app.store.count_jobs()

    def test_one_part_that_fails_does_not_keep_the_others_open(self):
        def fail():
            raise RuntimeError("stuck")

        self.app.queue.drain = fail
        with self.assertLogs("depot.shutdown", "ERROR") as logs, self.assertRaisesRegex(RuntimeError, "stuck"):
            self.app.stop()
        self.assertEqual(logs.output, ["ERROR:depot.shutdown:drain of queue failed: stuck"])
        with self.assertRaises(sqlite3.ProgrammingError):
            self.app.store.count_jobs()
