"""A client that costs little, because it runs on the cores that it measures: a process of its own, bare sockets that are kept,
requests made beforehand, and of each answer only its status, its length and one mark are looked at.

Its cost, measured against a server that gives 16 kB to each of eight connections after 7 ms, on two busy cores: 29 to 35 µs of
processor time an answer, which is 3 % of one core at 1,000 answers a second. Eight threads of `http.client` cost 172 µs.
"""

import json
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Event
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
PATIENCE_S = 300
"""A longer wait is no answer."""
LONGEST_ANSWER = 1 << 22


@dataclass(frozen=True)
class Load:
    """Each path is asked once, in order, by the next client that is free."""

    url: str
    paths: Sequence[str]
    clients: int = 1
    mark: str = ""
    """What each answer has to contain."""
    seconds: float = 3600
    """After which nothing more is asked."""


@dataclass
class Answers:
    """`times_ms`: of each answer, as they came; `seconds`: from the first question to the last answer."""

    times_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    """What asking cost."""
    bytes: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times_ms) / self.seconds


def ask(load: Load, until: Event | None = None) -> Answers:
    """Asks from another process, until all is asked, the time is over, or the event has happened.

    Raises RuntimeError if an answer is not 200, does not come, or is without the mark."""
    command = [sys.executable, "-S", "-m", "evals.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(asdict(load)) + "\n")
        process.stdin.flush()
        while until and process.poll() is None and not until.wait(0.02):
            pass
        if until:
            process.stdin.close()
        written = process.stdout.read()
    found: dict[str, Any] = json.loads(written or '{"problem": "the asking process ended"}')
    if problem := found.get("problem"):
        raise RuntimeError(f"{load.url}: {problem}")
    return Answers(**found)


class Client:
    """A connection with at most one question on its way."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._bytes = bytearray(LONGEST_ANSWER)
        self._buffer = memoryview(self._bytes)
        self._arrived = self._expected = 0
        self._asked = 0.0

    def fileno(self) -> int:
        return self._socket.fileno()

    def ask(self, request: bytes) -> None:
        self._arrived = self._expected = 0
        self._asked = time.perf_counter()
        self._socket.sendall(request)

    def receive(self) -> float | None:
        """Takes what has come; the milliseconds since the question, if that was all. Raises ValueError for no such answer."""
        count = self._socket.recv_into(self._buffer[self._arrived :])
        self._arrived += count
        if not count:
            raise ValueError(f"the answer ended early: {self._content(500)!r}")
        self._expected = self._expected or self._length()
        return 1000 * (time.perf_counter() - self._asked) if self._arrived == self._expected else None

    def size(self, mark: bytes) -> int:
        """Bytes of the answer. Raises ValueError if it lacks the mark."""
        if self._bytes.find(mark, 0, self._arrived) < 0:
            raise ValueError(f"an answer without {mark!r}: {self._content(500)!r}")
        return self._arrived

    def _length(self) -> int:
        """Of head and content, once the whole head is there."""
        head, ended, _ = self._content(4096).partition(b"\r\n\r\n")
        if not ended:
            return 0
        if not head.startswith(b"HTTP/1.1 200"):
            raise ValueError(f"not answered: {self._content(500)!r}")
        return len(head) + 4 + int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])

    def _content(self, longest: int) -> bytes:
        return bytes(self._buffer[: min(self._arrived, longest)])


class Asking:
    """Asks from this process; closing its stdin ends it early."""

    def __init__(self, load: Load) -> None:
        parts = urlsplit(load.url)
        self._requests: Iterator[bytes] = iter(
            [f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode() for path in load.paths]
        )
        self._mark, self._seconds = load.mark.encode(), load.seconds
        clients = [Client(parts.hostname or "", parts.port or 80) for _ in range(load.clients)]
        self._clients = {client.fileno(): client for client in clients}
        self._asking = 0
        self._poll = select.poll()
        self._answers = Answers()

    def answers(self) -> Answers:
        """Raises ValueError for an answer that is none."""
        for number in (*self._clients, sys.stdin.fileno()):
            self._poll.register(number, select.POLLIN)
        cpu, started = time.process_time(), time.perf_counter()
        for client in self._clients.values():
            self._ask(client)
        while self._asking:
            self._receive()
            if time.perf_counter() - started > self._seconds:
                self._requests = iter(())
        self._answers.seconds, self._answers.cpu_seconds = time.perf_counter() - started, time.process_time() - cpu
        return self._answers

    def _ask(self, client: Client) -> None:
        if request := next(self._requests, None):
            client.ask(request)
            self._asking += 1

    def _receive(self) -> None:
        ready = self._poll.poll(1000 * PATIENCE_S)
        if not ready:
            raise ValueError(f"no answer within {PATIENCE_S} s")
        for number, _ in ready:
            if client := self._clients.get(number):
                self._take(client)
            else:
                self._poll.unregister(number)
                self._requests = iter(())

    def _take(self, client: Client) -> None:
        took = client.receive()
        if took is not None:
            self._asking -= 1
            self._answers.bytes += client.size(self._mark)
            self._answers.times_ms.append(took)
            self._ask(client)


def main() -> None:
    """The load as a line of JSON from stdin; the answers, or the `problem`, as one to stdout."""
    load = Load(**json.loads(sys.stdin.readline()))
    try:
        print(json.dumps(asdict(Asking(load).answers())))
    except (OSError, ValueError) as error:
        print(json.dumps({"problem": str(error)}))


if __name__ == "__main__":
    main()
