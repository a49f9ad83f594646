"""The command line."""

import io

from kiln.cli import main
from tests.support import GOLDEN, SCHEMAS, SchemaTest


class Commands(SchemaTest):
    def run_command(self, *arguments):
        out, err = io.StringIO(), io.StringIO()
        code = main([str(argument) for argument in arguments], out, err)
        return code, out.getvalue(), err.getvalue()

    def test_a_module_is_printed_or_written(self):
        code, out, _ = self.run_command(SCHEMAS / "menu.json")
        self.assertEqual(code, 0)
        self.assertTrue(out.startswith("# Made by kiln from menu.json."))
        target = self.folder / "models.py"
        self.assertEqual(self.run_command(SCHEMAS / "menu.json", "-o", target), (0, "", ""))
        self.assertEqual(target.read_text(encoding="utf-8"), out)

    def test_a_file_is_compared(self):
        self.assertEqual(self.run_command(SCHEMAS / "menu.json", "--check", GOLDEN / "menu.py"), (0, "", ""))
        old = self.folder / "old.py"
        old.write_text((GOLDEN / "menu.py").read_text(encoding="utf-8").replace("title: str", "title: int"), encoding="utf-8")
        code, out, _ = self.run_command(SCHEMAS / "menu.json", "--check", old)
        self.assertEqual(code, 1)
        self.assertIn("-    title: int\n+    title: str\n", out)

    def test_a_mistake_ends_with_code_2(self):
        path = self.write({"$defs": {"A": {"type": "object", "properties": {"x": {"not": {}}}}}})
        self.assertEqual(
            self.run_command(path), (2, "", "kiln: schema.json#/$defs/A/properties/x/not: not is not supported\n")
        )
        code, _, err = self.run_command(SCHEMAS / "menu.json", "--check", self.folder / "none.py")
        self.assertEqual(code, 2)
        self.assertIn("none.py: No such file", err)
