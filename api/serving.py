"""The server process: opens the archive, listens, and lets go of both in order."""

import gc
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from api import logs
from api.app import create_app
from api.auth import is_loopback
from api.protocol import Protocol
from archive.archive import Archive
from archive.settings import Settings

STOPPING_S = 10
"""How long requests under way may take to end when the server is asked to stop."""
COLLECTING_AFTER = 20_000
"""New objects until garbage is looked for. A search makes some thousands, none of them in circles: Python's 700 cost it 8 ms."""

SWITCHING_AFTER_S = 0.0005
"""How long a thread may go on while others wait to run Python. With Python's 5 ms a question that is asked during an import waits
so long again and again: whenever it comes back from the model, an index or the database."""

log = logging.getLogger("backfile.server")


class CannotServe(Exception):
    """The server cannot start; the message says why, and the cure."""


def serve(settings: Settings, announce: Callable[[str], None] = print) -> None:
    """Serve the archive until the process is interrupted or terminated, then close it.

    `announce` is called with the server's URL once it answers; with port 0 that has the port that was free.
    Raises CannotServe, and ModelMismatch where the archive was made with another model."""
    logs.configure(settings.log_level)
    with Archive(settings) as archive:
        refuse_to_listen_openly(archive)
        with listening(settings.host, settings.port) as listener:
            archive.start()
            Server(archive, url_of(listener), announce).run([listener])


def refuse_to_listen_openly(archive: Archive) -> None:
    """Without a single key nobody could use the server, or everybody."""
    host = archive.settings.host
    if not is_loopback(host) and not archive.has_keys():
        raise CannotServe(
            f"Listening on {host} lets other machines in, and there is no API key yet. Make one with "
            "`backfile keys create NAME --scope write`, or listen on 127.0.0.1."
        )


def listening(host: str, port: int) -> socket.socket:
    """A bound socket; listening begins when the server runs."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise CannotServe(f"Cannot listen on {host} port {port}: {error.strerror or error}.") from error
    return listener


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """uvicorn with our application; says when it answers, and tells requests that wait when it stops."""

    def __init__(self, archive: Archive, url: str, announce: Callable[[str], None]) -> None:
        app = create_app(archive)
        app.state.stopping = lambda: self.should_exit
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=STOPPING_S,
            )
        )
        self.url = url
        self.announce = announce

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn does, but the signal is not sent again at the end: it would end the process before the archive is closed."""
        with super().capture_signals():
            try:
                yield
            finally:
                self._captured_signals.clear()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._spare_the_collector()
            sys.setswitchinterval(SWITCHING_AFTER_S)
            log.info("listening on %s", self.url)
            self.announce(self.url)

    @staticmethod
    def _spare_the_collector() -> None:
        """What is there when the server begins stays to the end, and is not looked through again and again."""
        gc.collect()
        gc.freeze()
        gc.set_threshold(COLLECTING_AFTER)
