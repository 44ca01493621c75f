"""A server of several processes: one that keeps the others running, and those, which all answer on one port.

One process runs Python on one core at a time. Each worker is a whole server with the archive open; that they answer alike is for
the archive to see to (`archive.pace`), and that what needs a single hand is done once.
"""

import copy
import logging
import multiprocessing
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Final

from api import logs
from api.serving import CannotServe, answer, listening
from archive.settings import Settings

RETRY_S: Final = 1.0
"""Before another one is started in the place of a worker that ended before it answered."""

OWN_SOCKETS: Final = sys.platform == "linux"
"""Linux deals connections out to sockets that listen on one port. From one socket that all share, a worker that is awake may take
all that come at once: eight clients were served by one of two. Elsewhere there is no other way."""

log = logging.getLogger("backfile.workers")

_new = multiprocessing.get_context("spawn")  # threads of the libraries do not survive a fork


def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """As `api.serving.serve`, by `settings.workers` processes. Raises what keeps the first of them from answering."""
    if sys.platform == "win32":
        raise CannotServe("On Windows a server is one process: leave BACKFILE_WORKERS and --workers out.")
    logs.configure(settings.log_level)
    with (
        listening(settings.host, settings.port) as port,
        tempfile.TemporaryDirectory(prefix="backfile-metrics-") as metrics,
        Stopping() as stopping,
    ):
        if OWN_SOCKETS:
            port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # only now: nobody else listens there
        Workers(lambda: Worker(settings, port, metrics), stopping).run(settings.workers, announce)


class Stopping:
    """Readable once the process has been asked to stop. Asked again, it calls `at_once`."""

    def __init__(self) -> None:
        self.asked = False
        self.at_once: Callable[[], None] = _nothing
        self._reading, self._writing = socket.socketpair()

    def fileno(self) -> int:
        return self._reading.fileno()

    def __enter__(self) -> "Stopping":
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._reading.close()
        self._writing.close()

    def _ask(self, *_: object) -> None:
        if self.asked:
            self.at_once()
        self.asked = True
        self._writing.send(b".")


class Worker:
    """A process that answers. What it says: its URL when it does, or an exception that keeps it from it; and nothing more when it
    has ended."""

    def __init__(self, settings: Settings, port: socket.socket, metrics: str) -> None:
        self.url: str | None = None
        self.failure: Exception | None = None
        self._said, saying = _new.Pipe(duplex=False)
        self._process = _new.Process(target=_work, args=(settings, port, metrics, saying), name="backfile-worker")
        self._process.start()
        saying.close()

    def __str__(self) -> str:
        return f"worker {self._process.pid}"

    def fileno(self) -> int:
        return self._said.fileno()

    def listen(self) -> bool:
        """To what it says next; False where it has ended."""
        try:
            said = self._said.recv()
        except EOFError:
            self._process.join()
            return False
        if isinstance(said, str):
            self.url = said
        else:
            self.failure = said
        return True

    @property
    def ended_with(self) -> str:
        code = self._process.exitcode or 0
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"

    def ask_to_end(self) -> None:
        self._process.terminate()

    def kill(self) -> None:
        self._process.kill()

    def join(self) -> None:
        self._process.join()


class Workers:
    """Those that run."""

    def __init__(self, start: Callable[[], Worker], stopping: Stopping) -> None:
        self._start = start
        self._stopping = stopping
        self._running: list[Worker] = []
        self._announced = False
        stopping.at_once = self._kill

    def run(self, count: int, announce: Callable[[str], None]) -> None:
        """Keep so many running until the process is asked to stop. `announce` is called once all of them answer; until then,
        what keeps one from it is raised."""
        self._running = [self._start() for _ in range(count)]
        try:
            while not self._stopping.asked:
                for one in _readable(self._stopping, *self._running):
                    if isinstance(one, Worker) and not one.listen():
                        self._replace(one)
                self._announce(announce)
        finally:
            self._end()

    def _announce(self, announce: Callable[[str], None]) -> None:
        urls = [worker.url for worker in self._running if worker.url is not None]
        if len(urls) == len(self._running) and not self._announced:
            self._announced = True
            announce(urls[0])

    def _replace(self, ended: Worker) -> None:
        self._running.remove(ended)
        if not self._announced:
            raise ended.failure or CannotServe(f"A {ended} ended with {ended.ended_with} before it answered.")
        log.error("%s ended with %s, starting another", ended, ended.ended_with, exc_info=ended.failure)
        if ended.url is None:
            _readable(self._stopping, within=RETRY_S)
        self._running.append(self._start())

    def _end(self) -> None:
        """Returns when all have ended in order."""
        for worker in self._running:
            worker.ask_to_end()
        for worker in self._running:
            worker.join()

    def _kill(self) -> None:
        for worker in self._running:
            worker.kill()


def _readable(*those: Stopping | Worker, within: float | None = None) -> list[Stopping | Worker]:
    ready, _, _ = select.select(those, (), (), within)
    return ready


def _nothing() -> None:
    """Nobody is there to be told yet."""


def _work(settings: Settings, port: socket.socket, metrics: str, parent: Connection) -> None:
    os.setpgrp()  # Ctrl-C is for the one that keeps the workers, which tells them
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
    threading.Thread(target=_end_with_parent, name="backfile-parent", daemon=True).start()
    try:
        answer(settings, parent.send, lambda: _listening_too(port))
    except Exception as failure:
        parent.send(_to_be_sent(failure))
        sys.exit(1)


def _listening_too(port: socket.socket) -> socket.socket:
    if not OWN_SOCKETS:
        return port
    host, number = port.getsockname()[:2]
    return listening(host, number, socket.SO_REUSEPORT)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _to_be_sent(failure: Exception) -> Exception:
    """With where it came from, for it is raised again elsewhere."""
    try:
        sent = copy.copy(failure)
    except TypeError:  # it is not made of its `args` alone
        sent = CannotServe(f"{type(failure).__name__}: {failure}")
    sent.add_note("".join(traceback.format_tb(failure.__traceback__)))
    return sent
