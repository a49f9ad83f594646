"""Stands between the gateway and the simulator: hands on what passes, byte by byte, and remembers it."""

import asyncio
import json
import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Passed:
    """A request that passed, and how it ended."""

    path: str
    headers: dict
    body: dict
    #: What was answered, with its head.
    answer: bytearray = field(default_factory=bytearray)
    #: The gateway hung up before the answer was whole.
    left: threading.Event = field(default_factory=threading.Event)


class Relay:
    """Listens on a port of its own until `stop`."""

    def __init__(self, upstream):
        self._upstream = urlsplit(upstream)
        self.passed = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.url = "http://127.0.0.1:{}".format(self._server.sockets[0].getsockname()[1])

    def stop(self):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self):
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    @property
    def last(self):
        return self.passed[-1]

    async def _listen(self):
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)

    async def _serve(self, reader, writer):
        try:
            await self._exchange(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader, writer):
        """One request for each connection: the end of the answer is then the end of the connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip("\r\n").split("\r\n")
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        passed = Passed(first.split(" ")[1], headers, json.loads(body or b"{}"))
        self.passed.append(passed)
        kept = [line for line in lines if not line.lower().startswith("connection:")]
        back, forth = await asyncio.open_connection(self._upstream.hostname, self._upstream.port)
        forth.write("\r\n".join([first, *kept, "connection: close", "", ""]).encode("latin-1") + body)
        answer = asyncio.create_task(self._hand_on(back, writer, passed.answer))
        leaving = asyncio.create_task(reader.read(1))
        done, _ = await asyncio.wait([answer, leaving], return_when=asyncio.FIRST_COMPLETED)
        if answer not in done:
            passed.left.set()
        for task in (answer, leaving):
            task.cancel()
        await asyncio.gather(answer, leaving, return_exceptions=True)
        forth.close()

    @staticmethod
    async def _hand_on(reader, writer, answer):
        while chunk := await reader.read(65536):
            answer += chunk
            writer.write(chunk)
            await writer.drain()
        writer.close()
