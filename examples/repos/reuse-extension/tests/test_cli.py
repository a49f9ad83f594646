import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent


def sluice(*words):
    """Starts the program; gives exit code, output and errors."""
    ended = subprocess.run([sys.executable, "-B", "-m", "sluice", *words], cwd=HERE, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stdout, ended.stderr


class CommandLine(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.out = Path(holder.name) / "out"

    def test_a_recipe_makes_its_files(self):
        words = ["run", "handover", "--input", "data/postings.csv", "--out", str(self.out)]
        code, out, _ = sluice(*words)
        self.assertEqual(code, 0)
        self.assertEqual(out.splitlines()[0], f"60 postings in 3 files in {self.out}")
        self.assertEqual(sorted(path.name for path in self.out.iterdir()), ["2025-Q4.jsonl", "2026-Q1.jsonl", "SHA256SUMS"])
        code, _, errors = sluice(*words)
        self.assertEqual(code, 2)
        self.assertIn("already has `2025-Q4.jsonl`", errors)

    def test_list_and_show_say_what_there_is(self):
        _, out, _ = sluice("list")
        self.assertIn("checksums   layer      a list of SHA-256 sums", out)
        _, out, _ = sluice("show", "handover")
        self.assertIn("= date-range -> redact -> partition -> json -> checksums", out)

    def test_a_mistake_ends_with_code_2_and_without_files(self):
        for words, message in [
            (["handover", "--set", "until=2026-01-01"], "`handover` has no option `until`; it has `from`, `to`"),
            (["csv", "--set", "columns=id,colour"], "there is no column `colour`"),
        ]:
            code, _, errors = sluice("run", *words, "--input", "data/postings.csv", "--out", str(self.out))
            self.assertEqual(code, 2)
            self.assertIn(message, errors)
            self.assertFalse(self.out.exists())
