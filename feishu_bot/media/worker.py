"""The reading process: one request on stdin, one answer on stdout, then it ends.

It has no secrets in its environment, and limits that no real file meets.
"""

from __future__ import annotations

import resource
import sys
from typing import Any, BinaryIO

from feishu_bot.errors import MediaError
from feishu_bot.media import wire

# Bytes of address space, of which the libraries alone map about 250 MB, and of memory that may be
# written to: with the libraries' code the process stays below 200 MB, whatever it reads.
MOST_MEMORY = 1_000_000_000
MOST_DATA = 180_000_000
MOST_CPU_SECONDS = 60


def main() -> None:
    """Set the limits, then read what stdin brings."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_DATA, MOST_DATA))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_SECONDS, MOST_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    # It writes to its pipe only; a core dump would put people's files on the disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answer = serve(sys.stdin.buffer)
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()


def serve(stream: BinaryIO) -> bytes:
    """The answer to the request on a stream."""
    try:
        # The request first: a file of 30 MB is in memory once.
        request, _ = wire.unpack(stream.readline())
        return _answer(request, stream.read())
    except MediaError as exc:
        return wire.pack_error(exc)
    except (MemoryError, RecursionError) as exc:
        return wire.pack_error(MediaError("media_too_large", type(exc).__name__))
    except Exception as exc:  # noqa: BLE001 (whatever a hostile file makes a library raise)
        return wire.pack_error(MediaError("media_broken", f"{type(exc).__name__}"))


def _answer(request: dict[str, Any], data: bytes) -> bytes:
    match request["read"]:
        case "document":
            from feishu_bot.media.documents.reader import read_document

            document = read_document(
                request["name"], data, chars=request["chars"], first=request["first"]
            )
            return wire.pack_document(document)
        case "picture":
            from feishu_bot.media.images import prepare_picture

            return wire.pack_pictures([prepare_picture(data)])
        case "pages":
            from feishu_bot.media.scans import page_pictures

            return wire.pack_pictures(page_pictures(data, request["numbers"]))
        case other:
            raise ValueError(f"unknown request {other!r}")


if __name__ == "__main__":
    main()
