"""The command line."""

import io
import json
import pathlib
import tempfile
import unittest

from depot.cli import main


class CommandTest(unittest.TestCase):
    def run_command(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        code = main(list(arguments), out, err)
        return code, out.getvalue(), err.getvalue()

    def file(self, text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "file.json"
        path.write_text(text, encoding="utf-8")
        return str(path)

    def test_a_price_is_printed(self):
        self.assertEqual(self.run_command("quote", "10115", "80331", "1200"), (0, "8.50 EUR, zone 3, 3 days\n", ""))

    def test_a_mistake_ends_with_code_2(self):
        code, out, err = self.run_command("quote", "10115", "nowhere", "1200")
        self.assertEqual((code, out, err), (2, "", "depot: 'nowhere' is not a postcode\n"))

    def test_a_configuration_is_checked(self):
        code, out, _ = self.run_command("check-config", self.file('{"jobs": {"attempts": 5}}'))
        self.assertEqual(code, 0)
        self.assertIn("jobs.attempts = 5\n", out)
        code, _, err = self.run_command("check-config", self.file('{"job": 1}'))
        self.assertEqual(code, 2)
        self.assertIn("unknown key job", err)

    def test_saved_spans_are_printed(self):
        span = {"name": "request", "trace_id": "t", "span_id": "1", "parent_id": None, "started": 0, "ended": 0.5,
                "error": None, "attributes": {}}
        self.assertEqual(self.run_command("spans", self.file(json.dumps([span]))), (0, "t\n  request 500 ms\n", ""))
        self.assertEqual(self.run_command("spans", "nowhere.json")[0], 2)
