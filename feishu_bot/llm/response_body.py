"""The chunks of a response with status 200: a stream, a whole answer, or neither."""

from __future__ import annotations

import json
from collections.abc import Iterator

import openai

from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import error_in_body, model_error, request_id_of

# Bytes. An answer of a hundred thousand tokens fits; of a web page the beginning will do.
LARGEST_BODY = 4 * 1024 * 1024


def chunks_of(stream: openai.Stream[object]) -> Iterator[object]:
    """The chunks of the response; a whole answer in JSON counts as one chunk.

    Raises ModelError for a web page and for JSON that is no answer, which openai would read as
    an empty stream, or one of `FAILURES`. Servers that name no content type, or plain text,
    are taken at their word that they stream.
    """
    headers = stream.response.headers
    content_type = headers.get("content-type", "").lower()
    if "html" in content_type:
        raise model_error(
            ModelErrorKind.NOT_A_GATEWAY,
            f"content-type={content_type}",
            request_id=request_id_of(headers),
        )
    if "application/json" in content_type:
        yield _whole_answer(stream)
    else:
        yield from stream


def _whole_answer(stream: openai.Stream[object]) -> object:
    body = b""
    for data in stream.response.iter_bytes():
        body += data
        if len(body) > LARGEST_BODY:
            break
    request_id = request_id_of(stream.response.headers)
    answer = json.loads(body) if body.strip() else None
    if isinstance(answer, dict) and answer.get("error"):
        raise error_in_body(answer["error"], request_id=request_id)
    if isinstance(answer, dict) and answer.get("choices"):
        return answer
    raise model_error(ModelErrorKind.NOT_A_GATEWAY, "JSON that is no answer", request_id=request_id)
