"""An internet of our own: names and public addresses that lead to servers on loopback. Only the outside world is faked."""

import errno
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from fetching import Fetcher
from fetching.connecting import begin_to_connect
from tests.sites import Site

PUBLIC = "93.184.216.34"
USER_AGENT = "Backfile/1.0 (+https://archive.example/about)"


class RawSite:
    """A server that sends bytes as they are given, with pauses, whatever it is asked, and closes unless it is to `keep_open`."""

    def __init__(self, pieces: Sequence[bytes], pause_s: float = 0.0, keep_open: bool = False) -> None:
        self._pieces, self._pause_s, self._keep_open = pieces, pause_s, keep_open
        self._stopped = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
            self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65536)
                for piece in self._pieces:
                    connection.sendall(piece)
                    if self._stopped.wait(self._pause_s):
                        return
                if self._keep_open:
                    self._stopped.wait()
            except OSError:
                return  # the fetcher has gone

    def stop(self) -> None:
        self._stopped.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()


class Time:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class World:
    """`names` is the DNS: each answer a list of addresses; where there are several, each is given once, the last for ever."""

    def __init__(self) -> None:
        self.time = Time()
        self.names: dict[str, list[list[str]]] = {}
        self.looked_up: list[str] = []
        self.dialled: list[tuple[str, int]] = []
        self.connected: list[Any] = []
        self._where: dict[tuple[str, int], int] = {}
        self._servers: list[Site | RawSite] = []
        self._fetchers: list[Fetcher] = []

    def server(self) -> Site:
        """On loopback, and nowhere else."""
        return self._started(Site(self.time.clock))

    def site(self, name: str = "public.example", address: str = PUBLIC, port: int = 80) -> Site:
        """At a public address, to which the name leads."""
        site = self.server()
        self.lead(name, address, port, site.port)
        return site

    def raw(self, *pieces: bytes, name: str = "public.example", address: str = PUBLIC, **options: Any) -> RawSite:
        site = self._started(RawSite(pieces, **options))
        self.lead(name, address, 80, site.port)
        return site

    def lead(self, name: str, address: str, port: int, local_port: int) -> None:
        self.names[name] = [[address]]
        self._where[address, port] = local_port

    def fetcher(self, **options: Any) -> Fetcher:
        chosen = {"delay_s": 0.0, "resolve": self.resolve, "connect": self.connect, **options}
        self._fetchers.append(Fetcher(USER_AGENT, **chosen))
        return self._fetchers[-1]

    def patient_fetcher(self, **options: Any) -> Fetcher:
        return self.fetcher(**{"clock": self.time.clock, "sleep": self.time.sleep, **options})

    def resolve(self, host: str, port: int, family: int = 0, type: int = 0, /) -> list[tuple[Any, ...]]:
        self.looked_up.append(host)
        if host not in self.names:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        answers = self.names[host]
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]

    def connect(self, address: str, port: int) -> socket.socket:
        self.dialled.append((address, port))
        if (address, port) not in self._where:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return begin_to_connect("127.0.0.1", self._where[address, port])

    def stop(self) -> None:
        for stopping in [*(fetcher.close for fetcher in self._fetchers), *(server.stop for server in self._servers)]:
            stopping()

    def _started(self, server: Any) -> Any:
        self._servers.append(server)
        return server


_worlds: list[World] = []


def _write_down(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        for world in _worlds:
            world.connected.append(arguments[1])


sys.addaudithook(_write_down)  # sees every connect of this process, whoever makes it; it cannot be taken away again


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    _worlds.append(made)
    yield made
    _worlds.remove(made)
    made.stop()
