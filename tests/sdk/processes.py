"""The real programs: the simulator, and the gateway in front of it."""

import os
import pathlib
import queue
import subprocess
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
AGENT = str(pathlib.Path(os.environ.get("AGENT", TARGET / "debug" / "agent")).resolve())

#: Longer than any start takes, in seconds.
PATIENCE = 30

#: Providers that speak one dialect each. All of them have the relay's address.
PROVIDERS = """\
providers:
  messages: {{dialect: anthropic_messages, base_url: "{url}", key_env: [UPSTREAM_KEY], family: anthropic}}
  chat: {{dialect: openai_chat, base_url: "{url}/v1", key_env: [UPSTREAM_KEY], family: openai}}
  responses: {{dialect: openai_responses, base_url: "{url}/v1", key_env: [UPSTREAM_KEY], family: openai}}
  open: {{dialect: openai_chat, base_url: "{url}/v1", key_env: [UPSTREAM_KEY], family: deepseek, chat: {{max_tokens_field: max_tokens, cache_key: false, replay_reasoning_content: true}}}}
"""


class Process:
    """A program that says where it listens in its first line. Ended with `stop`."""

    def __init__(self, arguments, environment=None):
        self._folder = tempfile.TemporaryDirectory()
        home = pathlib.Path(self._folder.name)
        surroundings = {"PATH": os.environ["PATH"], "HOME": str(home), "AGENT_HOME": str(home / "agent")}
        self.process = subprocess.Popen(
            [AGENT, *arguments],
            env=surroundings | (environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._said = queue.Queue()
        self.complaints = []
        threading.Thread(target=self._listen, args=(self.process.stdout, self._said.put), daemon=True).start()
        threading.Thread(target=self._listen, args=(self.process.stderr, self.complaints.append), daemon=True).start()
        self.url = self.says("listening on ").split(" ")[0]

    @staticmethod
    def _listen(stream, put):
        for line in stream:
            put(line.rstrip("\n"))

    def says(self, start):
        """The rest of its next line, which begins so."""
        try:
            line = self._said.get(timeout=PATIENCE)
        except queue.Empty:
            self.stop()
            raise AssertionError(f"{AGENT} did not say {start!r}: {self.complaints}") from None
        assert line.startswith(start), f"{line!r} instead of {start!r}: {self.complaints}"
        return line.removeprefix(start)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self._folder.cleanup()


class Simulator(Process):
    def __init__(self, scenario):
        super().__init__(["simulate", str(scenario)])


class Gateway(Process):
    """A gateway whose providers all stand at one address."""

    def __init__(self, upstream, *arguments):
        self._models = tempfile.NamedTemporaryFile("w", suffix=".yaml")
        self._models.write(PROVIDERS.format(url=upstream))
        self._models.flush()
        flags = ["--listen", "127.0.0.1:0", "--models", self._models.name, *map(str, arguments)]
        super().__init__(["gateway", *flags], {"UPSTREAM_KEY": "sk-of-the-upstream"})
        self.token = self.says("token for clients, shown this once: ")

    def stop(self):
        super().stop()
        self._models.close()
