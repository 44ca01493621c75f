"""The server process: opens the archive, listens, and lets go of both in order."""

import gc
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

from api import logs
from archive import heaps
from archive.settings import Settings

if TYPE_CHECKING:
    from archive.archive import Archive
    from embeddings import Encoder


class CannotServe(Exception):
    """The server cannot start; the message says why, and the cure."""


def serve(settings: Settings, announce: Callable[[str], None] = print) -> None:
    """Serve the archive until the process is interrupted or terminated, then close it.

    `announce` is called with the server's URL once it answers; with port 0 that has the port that was free.
    Raises CannotServe, and ModelMismatch where the archive was made with another model."""
    if settings.workers > 1:
        from api import workers

        workers.serve(settings, announce)
    else:
        answer(settings, announce, lambda: listening(settings.host, settings.port))


def answer(settings: Settings, announce: Callable[[str], None], listener: Callable[[], socket.socket]) -> None:
    """As `serve`, in this process, on the socket that `listener` gives."""
    heaps.share()
    logs.configure(settings.log_level)
    gc.disable()  # until the server runs: what is imported and opened is no garbage, and to look through it takes 0.06 s
    try:
        _answer(settings, announce, listener)
    finally:
        gc.enable()


def _answer(settings: Settings, announce: Callable[[str], None], listener: Callable[[], socket.socket]) -> None:
    _aside("modules", import_module, "api.server")  # FastAPI and our routes take as long as the model
    encoder = settings.encoder()
    _aside("model", _load, encoder)
    from archive.archive import Archive

    with Archive(settings, encoder) as archive:
        archive.start()
        from api.server import Server

        refuse_to_listen_openly(archive)
        with listener() as listening_on:
            Server(archive, url_of(listening_on), announce).run([listening_on])


def _aside(name: str, work: Callable[..., object], *given: object) -> None:
    threading.Thread(target=work, args=given, name=f"backfile-{name}", daemon=True).start()


def _load(encoder: "Encoder") -> None:
    """What goes wrong here goes wrong again where the archive needs the model, and is told there."""
    with suppress(Exception):
        encoder.load()


def refuse_to_listen_openly(archive: "Archive") -> None:
    """Without a single key nobody could use the server, or everybody."""
    from api.auth import is_loopback

    host = archive.settings.host
    if not is_loopback(host) and not archive.has_keys():
        raise CannotServe(
            f"Listening on {host} lets other machines in, and there is no API key yet. Make one with "
            "`backfile keys create NAME --scope write`, or listen on 127.0.0.1."
        )


def listening(host: str, port: int, *options: int) -> socket.socket:
    """A bound socket, with those options of its own level set; listening begins when the server runs."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        for option in (socket.SO_REUSEADDR, *options):
            listener.setsockopt(socket.SOL_SOCKET, option, 1)
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
