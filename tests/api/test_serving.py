"""The server as a process."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.serving import CannotServe, listening, serve
from archive.archive import Archive
from archive.settings import Settings
from tests.servers import Server

HEAPS = """
import threading
from pathlib import Path
from archive import heaps
heaps.share()
everyone = threading.Barrier(16)
def hold():
    held = [bytes(50_000) for _ in range(20)]
    everyone.wait()
threads = [threading.Thread(target=hold) for _ in range(15)]
for thread in threads:
    thread.start()
size = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmSize:"))
print(int(size.split()[1]) // 1024)
everyone.wait()
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path)
    try:
        yield server
    finally:
        server.kill()


def test_head_leaves_the_connection_in_order(server: Server) -> None:
    with httpx.Client(base_url=server.url, limits=httpx.Limits(max_connections=1)) as http:
        http.post("/v1/articles", json={"title": "Kept"})
        for address in ("/v1/articles", "/v1/export", "/v1/search?q=kept", "/v1/nothing"):
            head, got = http.head(address), http.get(address)
            assert (head.status_code, head.content) == (got.status_code, b"")
            assert got.content
    assert [line["message"] for line in server.stop() if line["level"] == "error"] == []


def test_a_caller_that_goes_away_is_no_failure(server: Server) -> None:
    half = b"POST /v1/articles HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", int(server.url.rsplit(":", 1)[1]))) as caller:
        caller.sendall(half)
        assert httpx.get(f"{server.url}/livez").status_code == 200
    told = server.stop()
    assert [line["message"] for line in told if line["level"] == "error"] == []
    assert [line["status"] for line in told if line.get("method") == "POST"] == [499]


def test_it_says_where_it_listens_and_stops_in_order(server: Server, tmp_path: Path) -> None:
    assert server.url.startswith("http://127.0.0.1:")
    with httpx.Client(base_url=server.url) as http:
        created = http.post("/v1/articles", json={"title": "Kept"}, headers={"Prefer": "wait=20", "X-Request-Id": "mine"})
        assert created.json()["indexing"]["state"] == "searchable"
        waited: list[int] = []
        waiting = threading.Thread(
            target=lambda: waited.append(httpx.get(f"{server.url}/v1/changes?since=1&wait=60", timeout=60).status_code)
        )
        waiting.start()
        time.sleep(0.3)
        began = time.monotonic()
        log = server.stop()
        waiting.join(30)
    assert waited == [200], "a request that waits is answered when the server stops"
    assert time.monotonic() - began < 20
    assert server.process.returncode == 0
    line = next(line for line in log if line.get("request_id") == "mine")
    assert (line["logger"], line["method"], line["route"], line["status"]) == ("backfile.access", "POST", "/v1/articles", 201)
    with Archive(Settings(data_dir=tmp_path, model="hashing")) as archive:
        assert archive.article(created.json()["id"]).title == "Kept"


def test_what_is_no_http_gets_a_problem_too(server: Server) -> None:
    port = int(server.url.rpartition(":")[2])
    for request in (b"GARBAGE\r\n\r\n", b"GET /v1/search?q=" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(request)
            answer = b""
            while part := connection.recv(65536):
                answer += part
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"content-type: application/problem+json" in head.lower()
        assert json.loads(body)["code"] == "bad_request"


def test_a_body_is_refused_while_it_arrives(tmp_path: Path) -> None:
    server = Server(tmp_path, BACKFILE_MAX_BODY_BYTES="4096")
    try:
        large = b'{"title": "' + b"x" * 8_000_000 + b'"}'
        for content in (large, iter([large[at : at + 65536] for at in range(0, len(large), 65536)])):
            answer = httpx.post(f"{server.url}/v1/articles", content=content, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert httpx.get(f"{server.url}/livez").status_code == 200
    finally:
        server.stop()


def test_it_does_not_listen_to_the_world_without_keys(tmp_path: Path) -> None:
    with pytest.raises(CannotServe, match="backfile keys create"):
        serve(Settings(data_dir=tmp_path, model="hashing", host="0.0.0.0", port=0))


def test_it_says_that_a_port_is_taken(tmp_path: Path) -> None:
    with listening("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe, match=str(port)):
            serve(Settings(data_dir=tmp_path, model="hashing", port=port))


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc gives each thread a heap of its own")
def test_threads_share_their_heaps() -> None:
    def megabytes(program: str) -> int:
        return int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)

    assert megabytes(HEAPS) < megabytes(HEAPS.replace("heaps.share()\neveryone", "everyone")) - 100


def test_what_programs_do_not_ask_for_is_not_loaded_with_the_application() -> None:
    late = ["api.room.routes", "jinja2", "archive.parsing.reading", "archive.parsing.article", "sqlalchemy.dialects.postgresql"]
    show = f"import sys, api.server; print([name for name in {late} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True).stdout.strip() == "[]"
