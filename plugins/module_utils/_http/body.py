# SPDX-FileCopyrightText: 2026 The dataprotection.access authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the body of a response as it arrives: complete, decompressed, and not larger than it may be."""

from __future__ import annotations

import typing as t
import zlib
from collections.abc import Callable, Iterator

if t.TYPE_CHECKING:
    import requests

MAX_BODY_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_NO_BODY = (204, 304)


class BodyTooLarge(Exception):
    """The response is larger than the limit."""


class BodyUnreadable(Exception):
    """The response arrived, but its compression cannot be undone."""


class BodyIncomplete(Exception):
    """The connection ended before the response was complete."""


def read_body(response: requests.Response, write: Callable[[bytes], object], limit: float) -> None:
    """Hand the body to write() piece by piece, and give the connection back for the next request.

    What has arrived is handed over at once, so that it is known even if the rest never comes. Raises BodyTooLarge beyond limit bytes,
    BodyIncomplete, BodyUnreadable, or what the socket raises.
    """
    size = 0
    try:
        for piece in _decompressed(_raw_chunks(response), response.headers.get("Content-Encoding", "")):
            size += len(piece)
            if size > limit:
                raise BodyTooLarge
            write(piece)
    except BaseException:
        response.close()
        raise
    response.raw.release_conn()


def _raw_chunks(response: requests.Response) -> Iterator[bytes]:
    """The bytes of the body as each read of the socket returns them.

    urllib3 waits for a whole chunk (and loses what it has when that does not come), and its release 1.26 neither compares the size with
    Content-Length nor limits what it decompresses. So the body is read from the response of http.client beneath it.
    """
    raw: t.Any = response.raw._original_response
    expected = raw.length
    arrived = 0
    while True:
        chunk = raw.read1(_CHUNK_BYTES)
        if not chunk:
            break
        arrived += len(chunk)
        yield chunk
        if arrived == expected:
            break
    if expected is not None and arrived < expected and response.request.method != "HEAD" and response.status_code not in _NO_BODY:
        raise BodyIncomplete(f"{arrived} of {expected} bytes arrived")
    # Nothing is left to read; this ends the exchange for http.client.
    raw.read()


def _decompressed(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """The body as it was before the server compressed it, which we ask servers not to do."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        yield from chunks
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):
        for _chunk in chunks:
            pass
        raise BodyUnreadable("the response is compressed in a way that was not asked for")
    # 32: gzip and zlib are told apart by their headers.
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                yield inflater.decompress(rest, _CHUNK_BYTES)
                rest = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error:
        raise BodyUnreadable("the compressed response is damaged") from None
    if not inflater.eof or inflater.unused_data:
        raise BodyUnreadable("the compressed response is damaged")
