"""Configuration files, good and bad."""

import json
import pathlib
import tempfile
import unittest

from depot.errors import ConfigError
from depot.settings import load

CONFIG = pathlib.Path(__file__).parent.parent / "config"


class Files(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "depot.json"

    def put(self, tree):
        self.path.write_text(json.dumps(tree), encoding="utf-8")
        return self.path

    def test_what_a_file_does_not_say_is_the_default(self):
        settings = load(self.put({"listen": {"port": 9000}}))
        self.assertEqual((settings["listen.port"], settings["listen.host"]), (9000, "127.0.0.1"))

    def test_the_files_that_are_shipped_load(self):
        for path in sorted(CONFIG.glob("*.json")):
            load(path)

    def test_production_is_slower_and_traces_a_part(self):
        settings = load(CONFIG / "production.json")
        self.assertEqual(settings["telemetry.slow_ms"], 400)
        self.assertEqual(settings["telemetry.tracing.sample_rate"], 0.2)

    def test_an_unknown_key_is_refused_by_name(self):
        with self.assertRaisesRegex(ConfigError, "unknown key listen.prot"):
            load(self.put({"listen": {"prot": 1}}))

    def test_a_wrong_type_is_refused_by_name(self):
        with self.assertRaisesRegex(ConfigError, "telemetry.slow_ms has to be of type int, not str"):
            load(self.put({"telemetry": {"slow_ms": "250"}}))

    def test_a_whole_number_will_do_for_a_broken_one(self):
        self.assertEqual(load(self.put({"jobs": {"pause_seconds": 1}}))["jobs.pause_seconds"], 1.0)

    def test_values_out_of_range_are_refused(self):
        cases = [
            ({"listen": {"port": 0}}, "listen.port"),
            ({"jobs": {"attempts": 0}}, "jobs.attempts"),
            ({"telemetry": {"tracing": {"sample_rate": 1.5}}}, "sample_rate has to be from 0 to 1"),
            ({"telemetry": {"tracing": {"batch": 0}}}, "tracing.batch"),
        ]
        for tree, message in cases:
            with self.assertRaisesRegex(ConfigError, message):
                load(self.put(tree))

    def test_the_environment_wins(self):
        environment = {"DEPOT_PORT": "9001", "DEPOT_TRACING_ENDPOINT": "http://here"}
        settings = load(self.put({"listen": {"port": 9000}}), environment)
        self.assertEqual((settings["listen.port"], settings["telemetry.tracing.endpoint"]), (9001, "http://here"))
        with self.assertRaisesRegex(ConfigError, "DEPOT_PORT"):
            load(None, {"DEPOT_PORT": "many"})

    def test_what_cannot_be_read_is_named(self):
        with self.assertRaisesRegex(ConfigError, "cannot be read"):
            load(self.path)
        self.path.write_text("{", encoding="utf-8")
        with self.assertRaisesRegex(ConfigError, "is not JSON"):
            load(self.path)
