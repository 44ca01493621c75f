"""Connections that go where they were checked to go, end in time, and carry no more than they may.

httpcore speaks HTTP over them; what it is told to connect to is the host's name, and what is connected to is the address that was
checked, so that no second look at the DNS can lead elsewhere, while certificates are verified against the name.
"""

import errno
import os
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import Any, TypeAlias, TypeVar

import httpcore

from fetching.errors import FetchFailed
from fetching.timing import SLICE_S, TimeLimit

CONNECT_S = 5.0
"""For one address; there may be four."""
HANDSHAKE_S = 10.0
IDLE_S = 20.0
"""Without a byte either way."""

Connect: TypeAlias = Callable[[str, int], socket.socket]
"""Begins to connect to an IP address and port. Gives a socket that does not block, and does not wait. Raises OSError."""

T = TypeVar("T")
_UNDER_WAY = {0, errno.EINPROGRESS, errno.EWOULDBLOCK}


def begin_to_connect(address: str, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    made.setblocking(False)
    error = made.connect_ex((address, port))
    if error not in _UNDER_WAY:
        made.close()
        raise OSError(error, os.strerror(error))
    return made


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to the given addresses, whatever host it is asked for; the first that answers is taken."""

    def __init__(self, host: str, addresses: Sequence[str], limit: TimeLimit, most_bytes: int, connect: Connect) -> None:
        self._host = host
        self._addresses = addresses
        self._limit = limit
        self._most_bytes = most_bytes
        self._connect = connect

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        failures = []
        for address in self._addresses:
            try:
                return LimitedStream(self._connected(address, port), self._host, self._limit, self._most_bytes)
            except OSError as error:
                failures.append(error)
        raise _not_connected(self._host, port, failures)

    def _connected(self, address: str, port: int) -> socket.socket:
        made = self._connect(address, port)
        try:
            wait(made, EVENT_WRITE, self._host, self._limit, CONNECT_S)
            error = made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, os.strerror(error))
        except BaseException:
            made.close()
            raise
        return made


class LimitedStream(httpcore.NetworkStream):
    """A connection whose every wait ends with the limit. Raises FetchFailed then, and where more than `most_bytes` arrive."""

    def __init__(self, connected: socket.socket, host: str, limit: TimeLimit, most_bytes: int) -> None:
        self._socket = connected
        self._host = host
        self._limit = limit
        self._bytes_left = most_bytes

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            received = self._when_ready(lambda: self._socket.recv(max_bytes), EVENT_READ, IDLE_S)
        except TimeoutError as error:
            raise _fell_silent(self._host) from error
        except OSError as error:
            raise httpcore.ReadError(str(error)) from error
        self._bytes_left -= len(received)
        if self._bytes_left < 0:
            raise FetchFailed("too_large", f"{self._host} sent more than is taken of one page")
        return received

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        sent = 0
        try:
            while sent < len(buffer):
                sent += self._when_ready(partial(self._socket.send, buffer[sent:]), EVENT_WRITE, IDLE_S)
        except TimeoutError as error:
            raise _fell_silent(self._host) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        try:
            wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname, do_handshake_on_connect=False)
            self._socket = wrapped
            self._when_ready(wrapped.do_handshake, EVENT_READ, HANDSHAKE_S)
        except OSError as error:
            self.close()
            raise _no_tls(self._host, error) from error
        except BaseException:
            self.close()
            raise
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._socket if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket) else None

    def _when_ready(self, act: Callable[[], T], event: int, seconds: float) -> T:
        while True:
            self._limit.left(self._host)  # even where nothing has to be waited for
            try:
                return act()
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
                wait(self._socket, _wanted(error, event), self._host, self._limit, seconds)


def wait(ready: socket.socket, event: int, host: str, limit: TimeLimit, seconds: float) -> None:
    """Until the socket can be read or written. Raises TimeoutError after so many seconds, FetchFailed at the end of the limit."""
    with DefaultSelector() as selector:
        selector.register(ready, event)
        until = limit.clock() + seconds
        while not selector.select(min(SLICE_S, limit.left(host))):
            if limit.clock() >= until:
                raise TimeoutError(errno.ETIMEDOUT, f"nothing for {seconds:g} seconds")


def _wanted(error: OSError, event: int) -> int:
    """TLS may have to write in order to read, and the other way round."""
    if isinstance(error, ssl.SSLWantReadError):
        return EVENT_READ
    return EVENT_WRITE if isinstance(error, ssl.SSLWantWriteError) else event


def _not_connected(host: str, port: int, failures: Sequence[OSError]) -> FetchFailed:
    last = failures[-1]
    if all(isinstance(failure, TimeoutError) for failure in failures):
        return FetchFailed("timeout", f"{host} did not answer at port {port} in {CONNECT_S:g} seconds; try later")
    return FetchFailed("unreachable", f"{host} cannot be reached at port {port} ({last.strerror or last}); try later")


def _fell_silent(host: str) -> FetchFailed:
    return FetchFailed("timeout", f"{host} fell silent for {IDLE_S:g} seconds; try later")


def _no_tls(host: str, error: OSError) -> FetchFailed:
    if isinstance(error, ssl.SSLCertVerificationError):
        return FetchFailed("tls_failed", f"the certificate of {host} cannot be trusted: {error.verify_message.rstrip('.')}")
    if isinstance(error, TimeoutError):
        return FetchFailed("timeout", f"{host} did not finish the TLS handshake in {HANDSHAKE_S:g} seconds; try later")
    if isinstance(error, ssl.SSLError):
        return FetchFailed("tls_failed", f"there is no secure connection to {host}: {error.reason or error}")
    return FetchFailed("unreachable", f"{host} broke off the TLS handshake ({error.strerror or error}); try later")
