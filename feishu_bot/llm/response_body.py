"""The chunks of a response with status 200: a stream, a whole answer, or neither.

The first bytes tell which: what the content type says is often wrong.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from feishu_bot.errors import ModelError
from feishu_bot.llm.chunks import unwrapped
from feishu_bot.llm.error_body import ErrorBody, error_in
from feishu_bot.llm.error_kinds import ModelErrorKind
from feishu_bot.llm.error_mapping import error_in_body, model_error, request_id_of
from feishu_bot.llm.error_rules import kind_of
from feishu_bot.llm.keys import mask_keys
from feishu_bot.llm.sse import DONE, NotAStream, events


def chunks_of(
    received: Iterable[bytes], headers: Mapping[str, str], keys: Collection[str] = ()
) -> Iterator[list[object]]:
    """The chunks that came together, `DONE` last where it comes; a whole answer is one chunk.

    `keys` are masked in what is raised, after the chunks before it: ModelError for an error, for
    a web page and for JSON that is no answer, or one of `CLIENT_ERRORS`.
    """
    is_empty = True
    try:
        for datas in events(received):
            is_empty = False
            chunks: list[object] = []
            try:
                chunks += _chunks_in(datas, keys)
            except ModelError:
                yield chunks
                raise
            yield chunks
    except NotAStream as exc:
        beginning = mask_keys(exc.args[0], keys)
        raise model_error(
            _kind_of_text(exc.args[0]), f"no stream: {beginning}", request_id=request_id_of(headers)
        ) from exc
    if is_empty and "application/json" in headers.get("content-type", ""):
        raise model_error(
            ModelErrorKind.NOT_A_GATEWAY, "no JSON at all", request_id=request_id_of(headers)
        )


def _chunks_in(datas: Sequence[str], keys: Collection[str]) -> Iterator[object]:
    together = _parsed_together(datas)
    for place, data in enumerate(datas):
        if data == DONE:
            yield DONE
            return
        parsed = together[place] if together else _parsed(data, keys)
        # Some services stream an array, or send the whole stream as one.
        chunks = parsed if isinstance(parsed, list) else (parsed,)
        for chunk in map(unwrapped, chunks):
            if (error := error_in(chunk)) is not None:
                raise _error(error, keys)
            yield chunk


def _parsed_together(datas: Sequence[str]) -> list[object]:
    """The objects of all events, for half of what each by itself costs; none where one is odd."""
    objects = datas[:-1] if datas[-1] == DONE else datas
    if not all(data[:1] == "{" and data[-1:] == "}" for data in objects):
        return []
    try:
        parsed: list[object] = json.loads(f"[{','.join(objects)}]")
    except (ValueError, RecursionError):
        return []
    return parsed if len(parsed) == len(objects) else []


def _parsed(data: str, keys: Collection[str]) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as exc:
        raise _error_in_words(data, keys) from exc


def _error(chunk: object, keys: Collection[str]) -> ModelError:
    failure = error_in_body(chunk, keys=keys)
    is_page = isinstance(chunk, dict) and chunk.get("success") is False
    if is_page and failure.kind == ModelErrorKind.UPSTREAM_FAILED:
        # The web interface of a gateway, in no words of a model's failure.
        return model_error(ModelErrorKind.NOT_A_GATEWAY, failure.detail)
    return failure


def _error_in_words(data: str, keys: Collection[str]) -> ModelError:
    """What stands in place of JSON: the words of an error, or an event that was cut."""
    is_cut = data.lstrip().startswith(("{", "["))
    kind = ModelErrorKind.NOT_A_GATEWAY if is_cut else _kind_of_text(data)
    if kind == ModelErrorKind.NOT_A_GATEWAY:
        kind = ModelErrorKind.STREAM_BROKEN
    return model_error(kind, f"no JSON: {mask_keys(data, keys)}")


def _kind_of_text(text: str) -> ModelErrorKind:
    """A page is a wrong address, but an error may come as plain text, too."""
    if text.lstrip().startswith("<"):
        return ModelErrorKind.NOT_A_GATEWAY
    kind = kind_of(ErrorBody(message=text))
    return ModelErrorKind.NOT_A_GATEWAY if kind == ModelErrorKind.UPSTREAM_FAILED else kind
