"""Web servers of the tests' own, on loopback."""

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    at: float


class Site:
    """A web server that answers from a table, 404 for what is not in it, and writes down what it was asked."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.replies: dict[str, Reply | Callable[[Asked], Reply]] = {}
        self.asked: list[Asked] = []
        self.accepted = 0
        self._server = _server_of(self, clock)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def page(self, path: str, body: bytes = b"<p>Hello", **headers: str) -> None:
        self.replies[path] = Reply(200, {"Content-Type": "text/html", **headers}, body)

    def redirect(self, path: str, location: str, status: int = 302) -> None:
        self.replies[path] = Reply(status, {"Location": location.encode().decode("latin-1")})

    def robots(self, text: str) -> None:
        self.replies["/robots.txt"] = Reply(200, {"Content-Type": "text/plain"}, text.encode())

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _server_of(site: Site, clock: Callable[[], float]) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = Asked(self.path, {name.lower(): value for name, value in self.headers.items()}, clock())
            site.asked.append(asked)
            found = site.replies.get(self.path, Reply(404))
            reply = found if isinstance(found, Reply) else found(asked)
            self.send_response(reply.status)
            for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[socket.socket, Any]:
            site.accepted += 1
            return super().get_request()

    return Server(("127.0.0.1", 0), Handler)
