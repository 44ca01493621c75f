"""uvicorn with our application."""

import gc
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from api.app import create_app
from api.protocol import Protocol
from archive.archive import Archive

STOPPING_S = 10
"""How long requests under way may take to end when the server is asked to stop."""

SWITCHING_AFTER_S = 0.0005
"""How long a thread may go on while others wait to run Python. With Python's 5 ms a question that is asked during an import waits
so long again and again: whenever it comes back from the model, an index or the database."""

log = logging.getLogger("backfile.server")


class Server(uvicorn.Server):
    """Says when it answers, and tells requests that wait when it stops."""

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
            gc.freeze()  # what is there now stays to the end, and is not looked through again and again
            gc.enable()
            sys.setswitchinterval(SWITCHING_AFTER_S)
            log.info("listening on %s", self.url)
            self.announce(self.url)
