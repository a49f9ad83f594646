"""Where files end up."""

import os
from pathlib import Path

from sluice.errors import FolderError


class Memory:
    """Files in memory, by name."""

    def __init__(self):
        self.files: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        if name in self.files:
            raise FolderError(f"two files are called `{name}`")
        self.files[name] = data


class Folder:
    """A folder. Files are collected first and written at the end, so that a failure leaves nothing half done."""

    def __init__(self, path: Path, replace: bool = False):
        self._path = path
        self._replace = replace
        self._memory = Memory()

    def put(self, name: str, data: bytes) -> None:
        if "/" in name or name.startswith("."):
            raise FolderError(f"`{name}` is no name of a file in a folder")
        self._memory.put(name, data)

    def write(self) -> list[str]:
        """Writes everything. Gives the names, sorted."""
        names = sorted(self._memory.files)
        there = [name for name in names if (self._path / name).exists()]
        if there and not self._replace:
            raise FolderError(f"{self._path} already has `{there[0]}`; choose another folder or give --replace")
        self._path.mkdir(parents=True, exist_ok=True)
        for name in names:
            beside = self._path / f".{name}.part"
            beside.write_bytes(self._memory.files[name])
            os.replace(beside, self._path / name)
        return names
