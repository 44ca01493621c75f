"""One request and its answer, over a connection of its own."""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpcore

from fetching.connecting import CheckedBackend, Connect
from fetching.decoding import decoder
from fetching.errors import FetchFailed
from fetching.targets import Target
from fetching.timing import TimeLimit

REDIRECTS = frozenset([301, 302, 303, 307, 308])
WITH_CONTENT = frozenset([200, 203])
ROOM_FOR_HEADERS = 1 << 20
"""Bytes that may come on the wire beside the content: headers, the marks between chunks, interim answers."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`content` is unpacked, and read only where the status promises some."""

    status: int
    headers: Sequence[tuple[bytes, bytes]] = field(repr=False)
    content: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> str | None:
        """The first of the name."""
        return next((_text(value) for key, value in self.headers if key.lower() == name.encode()), None)

    def headers_together(self, name: str) -> str | None:
        """All of the name as one list, as HTTP has it for headers that are lists."""
        values = [_text(value) for key, value in self.headers if key.lower() == name.encode()]
        return ", ".join(values) if values else None

    @property
    def location(self) -> str | None:
        """Where to go instead."""
        return (self.header("location") or None) if self.status in REDIRECTS else None


@dataclass(frozen=True, slots=True)
class Reading:
    """How much of the content is taken: all of it, or with `cut` what fits."""

    max_bytes: int
    cut: bool = False


def ask(
    target: Target,
    addresses: Sequence[str],
    headers: Sequence[tuple[str, str]],
    reading: Reading,
    limit: TimeLimit,
    tls: ssl.SSLContext | None,
    connect: Connect,
) -> Answer:
    """GET from the first of the addresses that answers. The connection is closed afterwards. Raises FetchFailed."""
    backend = CheckedBackend(target.host, addresses, limit, reading.max_bytes + ROOM_FOR_HEADERS, connect)
    origin = httpcore.Origin(target.scheme.encode(), target.host.encode(), target.port)
    connection = httpcore.HTTPConnection(origin, ssl_context=tls, network_backend=backend)
    try:
        response = _response(connection, target, headers)
        content = _content(response, reading, target.host) if response.status in WITH_CONTENT else b""
        return Answer(response.status, response.headers, content)
    finally:
        connection.close()


def _response(connection: httpcore.HTTPConnection, target: Target, headers: Sequence[tuple[str, str]]) -> httpcore.Response:
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    request = httpcore.Request(b"GET", url, headers=[("Host", target.authority), *headers, ("Connection", "close")])
    try:
        return connection.handle_request(request)
    except httpcore.ReadError as error:
        raise FetchFailed("unreachable", f"{target.host} broke off the connection ({error}); try later") from error
    except httpcore.RemoteProtocolError as error:
        raise FetchFailed(
            "bad_response", f"{target.host} does not answer as a web server at port {target.port}: {error}"
        ) from error


def _content(response: httpcore.Response, reading: Reading, host: str) -> bytes:
    answer = Answer(response.status, response.headers)
    if not reading.cut and _announced(answer) > reading.max_bytes:
        raise _too_large(host, reading.max_bytes)
    unpacking = decoder(answer.headers_together("content-encoding"), host)
    content, on_the_wire = bytearray(), 0
    try:
        for chunk in response.iter_stream():
            on_the_wire += len(chunk)
            content += unpacking.decode(chunk, reading.max_bytes + 1 - len(content))
            if max(on_the_wire, len(content)) > reading.max_bytes:
                return _cut_off(bytes(content), reading, host)
    except (httpcore.ReadError, httpcore.RemoteProtocolError) as error:
        raise FetchFailed("truncated", f"{host} sent less than it announced; try again") from error
    if not unpacking.is_complete:
        raise FetchFailed("truncated", f"{host} sent packed content without its end; try again")
    return bytes(content)


def _cut_off(content: bytes, reading: Reading, host: str) -> bytes:
    if reading.cut:
        return content[: reading.max_bytes]
    raise _too_large(host, reading.max_bytes)


def _announced(answer: Answer) -> int:
    """Bytes on the wire; h11 has refused what is no number, and two that differ."""
    length = answer.header("content-length")
    return int(length) if length else 0


def _too_large(host: str, most: int) -> FetchFailed:
    return FetchFailed("too_large", f"{host} sent more than the {most:,} bytes that are taken of one page")


def _text(value: bytes) -> str:
    """UTF-8, as some servers write it in Location, or else byte for byte."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")
