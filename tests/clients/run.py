"""Real tools through the gateway, each with an upstream of another dialect than its own.

    run.py [TOOL ...] [--keep DIR]

Installs claude, codex, opencode and aider (or those that are named) under `target/clients`, points each at a gateway of its own by
`agent gateway setup TOOL --write`, and lets it do a small task: read a file, mend a word in it. The simulator plays the model by
the tool's scenario beside this file. Each tool has a home of its own. `--keep` writes what passed between gateway and upstream.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "sdk"))

from processes import AGENT, TARGET, Gateway, Simulator  # noqa: E402
from relay import Relay  # noqa: E402
from upstreams import CHAT, MESSAGES, RESPONSES, Upstream  # noqa: E402

INSTALLED = TARGET / "clients"

#: Longer than any tool takes, in seconds.
PATIENCE = 180

BEFORE = "# Greeting\n\nhello wrld\n"
AFTER = "# Greeting\n\nhello world\n"

TASK = "The file {file} has a spelling mistake. Read it, mend the word, and say what you did."


@dataclass
class Tool:
    """A program that is installed, pointed at the gateway and given a task."""

    name: str
    version: str
    #: Its name for `agent gateway setup`.
    setup: str
    #: Models that it asks for, as its users would, and who serves them: somebody whose dialect it does not speak itself.
    plays: list
    npm: str = ""
    pip: str = ""
    #: What stands behind the program's name; `{task}`, `{file}` and `{model}` are filled in.
    command: tuple = ()
    environment: tuple = ()
    #: Programs that it calls.
    needs: tuple = ()

    @property
    def folder(self):
        return INSTALLED / f"{self.name}-{self.version}"

    @property
    def program(self):
        return self.folder / ("bin" if self.pip else "node_modules/.bin") / self.name

    def install(self):
        missing = [name for name in (*self.needs, "npm" if self.npm else "python3") if not shutil.which(name)]
        if missing:
            raise SystemExit(f"{self.name} needs {', '.join(missing)}")
        if self.program.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.npm:
            run("npm", "install", "--no-audit", "--no-fund", "--prefix", self.folder, f"{self.npm}@{self.version}")
        else:
            run(sys.executable, "-m", "venv", self.folder)
            run(self.folder / "bin/pip", "install", "--quiet", f"{self.pip}=={self.version}")


TOOLS = [
    Tool(
        name="claude",
        version="2.1.197",
        setup="claude-code",
        plays=[("claude-opus-5-5", CHAT), ("claude-opus-5-5", RESPONSES)],
        npm="@anthropic-ai/claude-code",
        command=("-p", "{task}", "--model", "{model}", "--dangerously-skip-permissions"),
        environment=(
            ("IS_SANDBOX", "1"),
            ("DISABLE_AUTOUPDATER", "1"),
            ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ),
    ),
    Tool(
        name="codex",
        version="0.169.0",
        setup="codex",
        # The newer models have their tools in the input, in groups, and a tool whose argument is a program.
        plays=[("gpt-5.5", MESSAGES), ("gpt-5.5", CHAT), ("gpt-6.1-sol", MESSAGES)],
        npm="@openai/codex",
        command=("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "-m", "{model}", "{task}"),
    ),
    Tool(
        name="opencode",
        version="1.18.33",
        setup="opencode",
        plays=[("claude-opus-5-5", MESSAGES), ("claude-opus-5-5", RESPONSES)],
        npm="opencode-ai",
        command=("run", "{task}"),
        environment=(("OPENCODE_DISABLE_AUTOUPDATE", "1"), ("OPENCODE_PERMISSION", '{"*":"allow"}')),
        needs=("rg",),
    ),
    Tool(
        name="aider",
        version="0.86.2",
        setup="aider",
        plays=[("gpt-5.5", MESSAGES), ("gpt-5.5", RESPONSES)],
        pip="aider-chat",
        command=(
            "--no-check-update",
            "--analytics-disable",
            "--no-show-model-warnings",
            "--no-show-release-notes",
            "--yes-always",
            "--no-pretty",
            "--message",
            "{task}",
            "{file}",
        ),
        needs=("git",),
    ),
]


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")


def policy(model: str, upstream: Upstream):
    """The model is served by that upstream."""
    return f"version: 1\ngateway:\n  models:\n    {model}: {upstream.name}\n"


def play(tool, model, upstream, keep):
    """Lets a tool do its task. Gives what went wrong."""
    simulator = Simulator(HERE / f"{tool.name}.yaml")
    relay = Relay(simulator.url)
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place).resolve()
        rules = place / "policy.yaml"
        rules.write_text(policy(model, upstream))
        gateway = Gateway(relay.url, "--policy", rules)
        try:
            done, file = work(tool, model, gateway, place)
            problems = check(upstream, relay, done, file)
        finally:
            for process in (gateway, relay, simulator):
                process.stop()
    if keep:
        keep_all(keep / f"{tool.name}-{model}-{upstream.speaks}", relay, done)
    return problems, len(relay.passed)


def work(tool, model, gateway, place):
    home, project = place / "home", place / "project"
    home.mkdir()
    project.mkdir()
    file = project / "greeting.md"
    file.write_text(BEFORE)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "AGENT_HOME": str(home / "agent"),
        "TERM": "dumb",
        "LANG": "C.UTF-8",
        "AGENT_GATEWAY_TOKEN": gateway.token,
        "OPENAI_API_KEY": gateway.token,
        **dict(tool.environment),
    }
    setup = [AGENT, "gateway", "setup", tool.setup, "--write", "--url", gateway.url, "--model", model]
    subprocess.run(setup, env=environment, cwd=project, check=True, capture_output=True)
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "start"]):
        subprocess.run([*git, *words], env=environment, cwd=project, check=True)
    filled = [word.format(task=TASK.format(file=file), file=file, model=model) for word in tool.command]
    done = subprocess.run(
        [str(tool.program), *filled],
        env=environment,
        cwd=project,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=PATIENCE,
    )
    return done, file.read_text()


def check(upstream, relay, done, file):
    problems = []
    if done.returncode != 0:
        problems.append(f"exit code {done.returncode}")
    if file != AFTER:
        problems.append(f"the file says {file!r}")
    if "I have mended the word." not in done.stdout:
        problems.append("the last words of the model are not shown")
    elsewhere = {passed.path for passed in relay.passed} - {upstream.path}
    if elsewhere:
        problems.append(f"sent to {', '.join(sorted(elsewhere))} instead of {upstream.path}")
    if problems:
        problems.append("it said:\n" + done.stdout[-4000:])
    return problems


def keep_all(folder, relay, done):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "said.txt").write_text(done.stdout)
    for n, passed in enumerate(relay.passed):
        (folder / f"{n}.request.json").write_text(json.dumps(passed.body, indent=1, ensure_ascii=False))
        (folder / f"{n}.answer.txt").write_bytes(bytes(passed.answer))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tools", nargs="*", metavar="TOOL")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR")
    asked = parser.parse_args()
    unknown = set(asked.tools) - {tool.name for tool in TOOLS}
    if unknown:
        parser.error(f"{', '.join(unknown)}: the tools are {', '.join(tool.name for tool in TOOLS)}")
    failed = passed = 0
    for tool in TOOLS:
        if asked.tools and tool.name not in asked.tools:
            continue
        tool.install()
        for model, upstream in tool.plays:
            begun = time.monotonic()
            problems, requests = play(tool, model, upstream, asked.keep)
            took = time.monotonic() - begun
            verdict = "; ".join(problems) or "done"
            print(f"{tool.name} {tool.version}, {model} at {upstream.speaks}: {requests} requests, {took:.1f} s: {verdict}", flush=True)
            failed, passed = failed + bool(problems), passed + (not problems)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
