"""MIGPT's loop, told again from a description of it: how it listens, cuts, speaks and waits.

MIGPT itself is not on PyPI and cannot be run beside the others. This is no copy: its behaviour was written down once
(poll without a pause; one status request before each sentence, which is dropped if the speaker still plays; waiting by
status alone; endless waiting for a punctuation mark) and is programmed here anew, with MiService below as there. Where
the description leaves a choice, the one that is better for it was taken:

- it forgets no tokens that come while its lock is held;
- speakers that ubus cannot speak through are spoken to by MIoT in this process, not by a new one for each sentence;
- the listening has no start command: it is switched on from the beginning.

It runs as a process of its own, below `benchmarks.launcher`: it blocks its event loop, as MIGPT does.
"""

import asyncio
from http.client import HTTPConnection
import json
from pathlib import Path
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from miservice import MiAccount, MiIOService, MiNAService

RECORDS_URL = (
    "https://userprofile.mina.mi.com/device_profile/v2/conversation"
    "?source=dialogu&hardware={hardware}&timestamp={now}&limit=2"
)
WITH_COMMAS = "，。？！；,.?!;"
"""In the order in which they are looked for: a comma before a full stop, wherever both stand."""
WITHOUT_COMMAS = "。？！；.?!;"
COMMAS = 3
"""So many phrases may end at a comma."""
PROMPT = "，请用100字以内回答"


class Stream(threading.Thread):
    """Reads the model's answer in a thread of its own."""

    def __init__(self, base_url: str, key: str, question: str) -> None:
        super().__init__(daemon=True)
        self.lock = threading.Lock()
        self.fresh = ""
        """What has come and has not been taken."""
        self.done = False
        self._url = urlsplit(base_url)
        self._key = key
        self._question = question

    def run(self) -> None:
        """Ask, and collect what comes."""
        connection = HTTPConnection(self._url.netloc, timeout=120)
        body = {
            "model": "gpt-4o-mini",
            "stream": True,
            "messages": [{"role": "user", "content": self._question + PROMPT}],
        }
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        connection.request("POST", f"{self._url.path}/chat/completions", json.dumps(body), headers)
        for line in connection.getresponse():
            if not line.startswith(b"data: {"):
                continue
            for choice in json.loads(line[6:])["choices"]:
                with self.lock:
                    self.fresh += choice["delta"].get("content") or ""
        self.done = True


def cut(text: str, delimiters: str) -> tuple[str, str]:
    """Return the beginning of `text` up to the last of the first delimiter that occurs, and the rest."""
    for delimiter in delimiters:
        position = text.rfind(delimiter)
        if position >= 0:
            return text[: position + 1], text[position + 1 :]
    return "", text


class Loop:
    """The program: one speaker, one question at a time."""

    def __init__(self, options: dict[str, Any], session: aiohttp.ClientSession) -> None:
        self._options = options
        self._session = session
        self._account = MiAccount(session, options["account"], options["password"], str(Path.home() / ".mi.token"))
        self._mina = MiNAService(self._account)
        self._miot = MiIOService(self._account)
        self._device_id = ""
        self._newest = int(time.time() * 1000)

    async def run(self) -> None:
        """Log in and listen for ever, without a pause between two requests."""
        await self._account.login("micoapi")
        for device in await self._mina.device_list():
            if device["miotDID"] == self._options["did"]:
                self._device_id = device["deviceID"]
        while True:
            record = await self._record()
            if record is None or record["time"] <= self._newest:
                continue
            self._newest = record["time"]
            # XiaoAI may not have begun, or the status may not show it yet: then it is not silenced.
            if await self._is_playing():
                await self._mina.player_pause(self._device_id)
            await self._answer(record["query"])

    async def _answer(self, question: str) -> None:
        stream = Stream(self._options["base_url"], self._options["key"], question)
        stream.start()
        text, commas = "", 0
        while True:
            sentence = ""
            while not sentence:
                if stream.lock.acquire(blocking=False):
                    taken, stream.fresh, done = stream.fresh, "", stream.done
                    stream.lock.release()
                    sentence, text = cut(text + taken, WITH_COMMAS if commas <= COMMAS else WITHOUT_COMMAS)
                    if done and not text and not sentence:
                        return
                # The whole program waits, and for ever if the answer ends without a punctuation mark.
                time.sleep(0.01)  # noqa: ASYNC251 - as MIGPT does
            commas += sentence[-1] in "，,"
            if await self._is_playing():
                continue  # the sentence is lost
            await self._say(sentence)
            while await self._is_playing():
                record = await self._record()
                if record is not None and record["time"] > self._newest:
                    return  # the main loop takes the new question
                await asyncio.sleep(0.1)

    async def _record(self) -> dict[str, Any] | None:
        """Return the newest of the last two records."""
        token = self._account.token
        url = RECORDS_URL.format(hardware=self._options["hardware"], now=int(time.time() * 1000))
        cookies = {
            "deviceId": self._device_id,
            "serviceToken": token["micoapi"][1],
            "userId": str(token["userId"]),
        }
        async with self._session.get(url, cookies=cookies) as response:
            data = (await response.json(content_type=None)).get("data")
        records = json.loads(data)["records"] if data else []
        return records[0] if records else None

    async def _is_playing(self) -> bool:
        status = await self._mina.player_get_status(self._device_id)
        return bool(json.loads(status["data"]["info"])["status"] == 1)

    async def _say(self, text: str) -> None:
        if command := self._options["play_text"]:
            await self._miot.miot_action(self._options["did"], command, [text])
        else:
            await self._mina.text_to_speech(self._device_id, text)


async def _main(options: dict[str, Any]) -> None:
    # The plain resolver: the launcher redirects it, and aiohttp's other one it does not.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver())) as session:
        await Loop(options, session).run()


if __name__ == "__main__":
    asyncio.run(_main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
