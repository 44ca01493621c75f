"""The client that measures: what it asks, what it counts, and what it refuses."""

import socketserver
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Event, Lock, Thread, Timer

import pytest

from evals.load import Load, ask

Respond = Callable[[str], bytes]
Serve = Callable[[Respond], AbstractContextManager[str]]


def answer(content: bytes, status: str = "200 OK") -> bytes:
    return b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n" % (status.encode(), len(content)) + content


@contextmanager
def served(respond: Respond) -> Iterator[str]:
    """A server that keeps its connections, and sends for each path what it is told to."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                while self.rfile.readline().strip():
                    pass
                for byte in respond(line.split()[1].decode()).split(b"~"):  # what comes in pieces
                    self.wfile.write(byte)
                    self.wfile.flush()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_each_path_is_asked_once_by_so_many_clients_at_once() -> None:
    asked: list[str] = []
    waiting, most, lock = 0, 0, Lock()

    def respond(path: str) -> bytes:
        nonlocal waiting, most
        with lock:
            asked.append(path)
            waiting += 1
            most = max(most, waiting)
        time.sleep(0.005)
        with lock:
            waiting -= 1
        return answer(b"x" * 100_000)

    paths = [f"/{number}" for number in range(40)]
    with served(respond) as url:
        answers = ask(Load(url, paths, clients=4))
    assert sorted(asked) == sorted(paths)
    assert 1 < most <= 4
    assert len(answers.times_ms) == 40
    assert min(answers.times_ms) >= 5
    assert answers.bytes == 40 * len(answer(b"x" * 100_000))
    assert answers.rate == pytest.approx(40 / answers.seconds)


def test_an_answer_in_pieces_is_one_answer() -> None:
    whole = answer(b"found by meaning")
    with served(lambda path: b"~".join(whole[at : at + 7] for at in range(0, len(whole), 7))) as url:
        answers = ask(Load(url, ["/a", "/b"], mark="meaning"))
    assert answers.bytes == 2 * len(whole)


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (answer(b"too busy", "503 Service Unavailable"), "not answered: .*503 Service Unavailable.*too busy"),
        (answer(b'{"degraded":true}'), "an answer without b'\"degraded\":false'"),
    ],
)
def test_what_is_no_full_answer_is_not_counted_but_raised(sent: bytes, problem: str) -> None:
    with served(lambda path: sent) as url, pytest.raises(RuntimeError, match=problem):
        ask(Load(url, ["/a"], mark='"degraded":false'))


def test_a_server_that_is_not_there_is_told() -> None:
    with served(lambda path: b"") as url:
        pass
    with pytest.raises(RuntimeError, match="refused"):
        ask(Load(url, ["/a"]))


def test_asking_ends_when_it_is_told_to_or_the_time_is_over() -> None:
    paths, over = ["/a"] * 100_000, Event()
    with served(lambda path: answer(b"x")) as url:
        Timer(0.3, over.set).start()
        assert 0 < len(ask(Load(url, paths), until=over).times_ms) < len(paths)
        assert 0 < len(ask(Load(url, paths, clients=2, seconds=0.1)).times_ms) < len(paths)


def test_fewer_questions_than_clients_are_answered_too() -> None:
    with served(lambda path: answer(b"x")) as url:
        assert len(ask(Load(url, ["/a", "/b"], clients=8)).times_ms) == 2
