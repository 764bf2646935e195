"""CPU of reading streamed answers, without Feishu: `python -m bench.stream`.

A server in a process of its own sends the chunks of each answer at an even pace, each in a write
of its own, as gateways do; with --tls each is a record of its own, too. What is measured is the
CPU time of this process, which reads them through the real openai client.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path

from bench.certificate import certificate_at
from feishu_bot.core.chat_model import ChatMessage, Prompt, TextDelta
from feishu_bot.llm.gateway import Gateway

KEY = "sk-bench"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each load."""
    parser = argparse.ArgumentParser(prog="python -m bench.stream", description=__doc__)
    parser.add_argument("--between", type=float, default=0.02, help="seconds between chunks (0.02)")
    parser.add_argument("--tls", action="store_true", help="encrypted, as services are")
    parser.add_argument(
        "loads",
        nargs="*",
        default=["1x200", "50x200", "200x200", "1x2000"],
        metavar="ANSWERSxCHUNKS",
    )
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        certificate = certificate_at(Path(folder, "certificate.pem")) if given.tls else None
        if certificate:
            os.environ["SSL_CERT_FILE"] = str(certificate)
        _measure(given.loads, given.between, certificate)
    return 0


def _measure(loads: Sequence[str], between: float, certificate: Path | None) -> None:
    for load in loads:
        answers, chunks = map(int, load.split("x"))
        with _Server(chunks, between, certificate) as url:
            cpu, late = _read(url, answers, chunks)
        print(
            f"{load:>9}: {1000 * cpu / answers:6.1f} ms CPU an answer, "
            f"{1e6 * cpu / answers / chunks:5.1f} µs a chunk, "
            f"the end noticed after {1000 * late:.0f} ms",
            flush=True,
        )


def _read(url: str, answers: int, chunks: int) -> tuple[float, float]:
    """CPU seconds of all answers, and the worst seconds from a last chunk to its event."""
    gateway = Gateway(api_url=url, keys=[KEY], model="bench")
    late: list[float] = []

    def read() -> None:
        text, seen = "", 0.0
        for event in gateway.stream(Prompt(messages=[ChatMessage("user", "hello")])):
            if isinstance(event, TextDelta):
                text += event.text
                seen = time.monotonic()
        words = text.split()
        assert len(words) == chunks, f"{len(words)} of {chunks} chunks"
        late.append(seen - float(words[-1]))

    read()  # opens a connection, fills caches
    late.clear()
    threads = [threading.Thread(target=read) for _ in range(answers)]
    before = time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu = time.process_time() - before
    gateway.close()
    return cpu, max(late)


class _Server:
    """The gateway; each word is the monotonic time at which it was sent."""

    def __init__(self, chunks: int, between: float, certificate: Path | None) -> None:
        self._scheme = "https" if certificate else "http"
        self._ours, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(theirs, chunks, between, certificate), daemon=True
        )

    def __enter__(self) -> str:
        self._process.start()
        return f"{self._scheme}://127.0.0.1:{self._ours.recv()}"

    def __exit__(self, *exc_info: object) -> None:
        self._process.terminate()
        self._process.join()


def _serve(pipe: Connection, chunks: int, between: float, certificate: Path | None) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                writer.close()
                return
            size = next(
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length")
            )
            await reader.readexactly(size)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                b"Transfer-Encoding: chunked\r\n\r\n"
            )
            for number in range(chunks):
                await asyncio.sleep(between)
                _send(writer, _chunk(f"{time.monotonic()} ", number == chunks - 1))
            _send(writer, "[DONE]")
            writer.write(b"0\r\n\r\n")

    async def serve() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if context and certificate:
            context.load_cert_chain(certificate)
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024, ssl=context)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def _send(writer: asyncio.StreamWriter, data: str) -> None:
    body = f"data: {data}\n\n".encode()
    writer.write(b"%x\r\n%s\r\n" % (len(body), body))


def _chunk(text: str, is_last: bool) -> str:
    return json.dumps(
        {
            "id": "chatcmpl-9d9f1c2f6e5b4f0f8a7d",
            "object": "chat.completion.chunk",
            "created": 1_700_000_000,
            "model": "bench",
            "system_fingerprint": "fp_0123456789",
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": text},
                    "logprobs": None,
                    "finish_reason": "stop" if is_last else None,
                }
            ],
        }
    )


if __name__ == "__main__":
    sys.exit(main())
