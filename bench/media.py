"""What people send besides words: `python -m bench.media`, or `make media`.

Twenty people send something at once, as large as it may be: pictures of 10 MB, files of 30 MB, or
voice of five minutes. What counts is that all are answered, and how much memory the bot's processes
and those that read the files take meanwhile. Then hostile files are read, one after the other.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.consumption import Sampler, pss_bytes, tree
from bench.places import environment
from bench.running_bot import running_bot
from feishu_simulator import Simulator
from feishu_simulator.ogg_voice import ogg_opus

AT_ONCE = 20
DEADLINE = 240.0
LOOK_SECONDS = 0.1
READER = b"feishu_bot.media.worker"
MOST_READER = 200_000_000
MB = 1_000_000
# As the image and the systemd unit have it.
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "131072"}

# Reads stdin for a worker and tells its peak: that of a child counts from its parent's size on.
_LAUNCHER = """
import os, subprocess, sys
command = [sys.executable, "-E", "-s", "-m", "feishu_bot.media.worker"]
end = subprocess.run(command, stdin=sys.stdin.buffer, capture_output=True, check=False)
import resource
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, end.returncode, end.stdout[:100])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a load went: bytes of memory, and seconds from the first message to the last answer."""

    name: str
    answered: int
    seconds: float
    rest: int
    bot: int
    reader: int


class Peaks(Sampler):
    """Looks at the bot and at the processes that read files, ten times a second."""

    def __init__(self, pid: int) -> None:
        super().__init__(self._note, LOOK_SECONDS)
        self.bot = self.reader = 0
        self._pid = pid

    def _note(self) -> None:
        readers = {pid: pss_bytes(pid) for pid in tree(self._pid) if _is_reader(pid)}
        self.reader = max(self.reader, *readers.values(), 0)
        self.bot = max(self.bot, pss_bytes(self._pid) - sum(readers.values()))


def _is_reader(pid: int) -> bool:
    try:
        return READER in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def picture() -> bytes:
    """A PNG of 10 MB, which compresses as badly as a photograph."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.frombytes("RGB", (1_820, 1_820), os.urandom(1_820 * 1_820 * 3)).save(buffer, "PNG")
    return buffer.getvalue()


def text() -> bytes:
    line = "合同编号，客户名称，金额，日期，备注\n".encode()
    return line * (30 * MB // len(line))


# What is sent: type of the message, content, and the bytes behind its key.
Load = tuple[str, Callable[[str], Mapping[str, Any]], Callable[[], bytes]]
LOADS: Mapping[str, Load] = {
    "pictures of 10 MB": ("image", lambda key: {"image_key": key}, picture),
    "files of 30 MB": ("file", lambda key: {"file_key": key, "file_name": "a.txt"}, text),
    "voice of 5 minutes": (
        "audio",
        lambda key: {"file_key": key, "duration": 300_000},
        lambda: ogg_opus(300_000),
    ),
}


def measure(name: str) -> Outcome:
    """Put a fresh bot under one of the loads."""
    kind, content, make = LOADS[name]
    data = make()
    more = {"TRANSCRIPTION_MODEL": "whisper-1", "MAX_FILE_MB": "31", **MALLOC}
    with running_bot(**more) as (simulator, port, pid):
        feishu = simulator.feishu
        feishu.bot_url = f"http://127.0.0.1:{port}"
        people = [feishu.add_person(f"Person {number}") for number in range(AT_ONCE)]
        store = feishu.add_image if kind == "image" else feishu.add_file
        keys = [store(data) for _ in people]
        rest, began = pss_bytes(pid), time.monotonic()
        with Peaks(pid) as peaks:
            asked = [
                feishu.send(feishu.private_chat(person), person, kind, content(key))
                for person, key in zip(people, keys, strict=True)
            ]
            while (answered := _answered(simulator, asked)) < AT_ONCE:
                if time.monotonic() > began + DEADLINE:
                    break
                time.sleep(LOOK_SECONDS)
        seconds = time.monotonic() - began
    return Outcome(
        name=name,
        answered=answered,
        seconds=seconds,
        rest=rest,
        bot=peaks.bot,
        reader=peaks.reader,
    )


def _answered(simulator: Simulator, asked: list[Any]) -> int:
    """How many have the whole answer of the model: each is one request of it."""
    answers = [simulator.feishu.answers_to(message) for message in asked]
    whole = sum(1 for found in answers if found and not found[0].streaming)
    chats = sum(1 for request in simulator.gateway.requests if "messages" in (request.body or {}))
    return min(whole, chats)


def peak_of(request: Mapping[str, Any], data: bytes) -> tuple[int, str]:
    """Bytes that the reading process takes for a file at most, and the beginning of its answer."""
    with tempfile.TemporaryFile() as stdin:
        stdin.write(json.dumps(request).encode() + b"\n" + data)
        stdin.seek(0)
        end = subprocess.run(
            [sys.executable, "-c", _LAUNCHER],
            stdin=stdin,
            stdout=subprocess.PIPE,
            env=environment(LANG="C.UTF-8"),
            check=True,
            text=True,
        )
    peak, _, answer = end.stdout.strip().split(" ", 2)
    return int(peak) * 1024, answer


def main() -> int:
    """The exit code: 0 unless an answer was lost, or a file took the process over its mark."""
    from bench.hostile_files import hostile_files

    is_good = True
    print("| 20 at once | answered | s | at rest | bot at peak | a reading process at peak |")
    print("|---|---|---|---|---|---|", flush=True)
    for name in LOADS:
        one = measure(name)
        figures = " | ".join(f"{value / MB:.0f} MB" for value in (one.rest, one.bot, one.reader))
        print(f"| {name} | {one.answered} | {one.seconds:.0f} | {figures} |", flush=True)
        is_good &= one.answered == AT_ONCE and one.reader < MOST_READER
    print("\n| Read alone | peak | answer |\n|---|---|---|", flush=True)
    for name, request, make in hostile_files():
        peak, answer = peak_of(request, make())
        print(f"| {name} | {peak / MB:.0f} MB | `{answer[:60]}` |", flush=True)
        is_good &= peak < MOST_READER
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main())
