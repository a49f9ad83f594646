import tempfile
import unittest
from pathlib import Path

from sluice.errors import FolderError
from sluice.stores import Folder


class Folders(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.path = Path(holder.name) / "out"

    def test_nothing_is_written_before_the_end(self):
        folder = Folder(self.path)
        folder.put("b", b"2")
        folder.put("a", b"1")
        self.assertFalse(self.path.exists())
        self.assertEqual(folder.write(), ["a", "b"])
        self.assertEqual(sorted(path.name for path in self.path.iterdir()), ["a", "b"])

    def test_files_that_are_there_stay_unless_asked(self):
        first = Folder(self.path)
        first.put("a", b"1")
        first.write()
        for replace, kept in ((False, b"1"), (True, b"2")):
            again = Folder(self.path, replace)
            again.put("a", b"2")
            if replace:
                again.write()
            else:
                with self.assertRaisesRegex(FolderError, "already has `a`"):
                    again.write()
            self.assertEqual((self.path / "a").read_bytes(), kept)

    def test_a_name_does_not_leave_the_folder(self):
        for name in ("../a", "x/y", ".hidden"):
            with self.subTest(name), self.assertRaisesRegex(FolderError, "is no name of a file"):
                Folder(self.path).put(name, b"")
