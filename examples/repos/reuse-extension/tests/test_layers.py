"""What works on finished files."""

import gzip
import hashlib
import unittest

from sluice.extensions.checksums import Checksums
from sluice.extensions.csv_export import CsvExport
from sluice.extensions.gzip_layer import Gzip
from sluice.extensions.partition import Partition
from tests.support import run


class Packing(unittest.TestCase):
    def test_a_file_is_packed_under_its_name_with_gz(self):
        plain, packed = run(CsvExport()), run(CsvExport(), Gzip())
        self.assertEqual(list(packed), ["all.csv.gz"])
        self.assertEqual(gzip.decompress(packed["all.csv.gz"]), plain["all.csv"])

    def test_the_same_file_gives_the_same_bytes(self):
        packed = run(CsvExport(), Gzip())
        self.assertEqual(packed, run(CsvExport(), Gzip()))
        self.assertEqual(packed["all.csv.gz"][4:8], bytes(4), "no time")


class Sums(unittest.TestCase):
    def test_each_file_is_listed_with_its_sum(self):
        files = run(Partition({"by": "year"}), CsvExport(), Checksums())
        lines = files["SHA256SUMS"].decode().splitlines()
        self.assertEqual(lines, [f"{hashlib.sha256(files[name]).hexdigest()}  {name}" for name in ("2025.csv", "2026.csv")])

    def test_the_list_can_have_another_name(self):
        self.assertIn("sums.txt", run(CsvExport(), Checksums({"file": "sums.txt"})))
