"""A server of several processes."""

import os
import pickle
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from api.serving import CannotServe
from api.workers import _to_be_sent
from tests.conftest import START
from tests.servers import Server
from tests.waiting import PATIENCE_S, until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")

MANY = 16
ARTICLES = 6
"""Connections, of which each goes to either of two workers by chance."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, BACKFILE_WORKERS="2", BACKFILE_FOLLOW_INTERVAL_S="3600")
    try:
        yield server
    finally:
        server.kill()


def workers(server: Server) -> list[int]:
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def metrics(server: Server) -> str:
    return httpx.get(f"{server.url}/metrics").text


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_each_finds_what_another_has_made_searchable(server: Server) -> None:
    clients = [httpx.Client(base_url=server.url) for _ in range(MANY)]
    for number in range(ARTICLES):
        name = f"zyzzyva{number}"
        writer, *readers = clients[number:] + clients[:number]
        created = writer.post("/v1/articles", json={"title": name, "text": f"On {name}."}, headers={"Prefer": "wait=20"})
        assert created.json()["indexing"]["state"] == "searchable"
        for reader in readers:
            found = reader.get("/v1/search", params={"q": name, "mode": "lexical"}).json()
            assert [item["article"]["title"] for item in found["items"]] == [name]
            assert (found["index"]["seq"], found["index"]["pending"]) == (number + 1, 0)
            assert reader.get("/v1/index").json()["pending"] == 0
    counted = re.findall(
        r'^backfile_(?:search_seconds_count{mode="lexical"}|repeated_answers_total) (\d+)', metrics(server), re.M
    )
    assert sum(map(int, counted)) == ARTICLES * (MANY - 1), "whichever is asked counts what all have answered"
    both = workers(server)
    log = server.stop()
    assert server.process.returncode == 0
    assert [line["message"] for line in log if line["level"] in ("warning", "error")] == []
    assert {line["process"] for line in log if line["logger"] == "backfile.access"} == set(both)
    assert len(both) == 2
    assert all(gone(pid) for pid in both)


def test_one_that_dies_is_replaced_and_none_outlives_the_one_that_keeps_them(server: Server) -> None:
    first, second = workers(server)
    os.kill(first, signal.SIGKILL)
    assert until(lambda: len(workers(server)) == 2 and first not in workers(server))
    for _ in range(MANY):
        assert httpx.get(f"{server.url}/v1/articles", timeout=PATIENCE_S).status_code == 200
    left = workers(server)
    assert second in left
    server.process.kill()
    assert until(lambda: all(map(gone, left)))


class Odd(Exception):
    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


@pytest.mark.parametrize("failure", [CannotServe("no"), Odd("no", "never")])
def test_any_failure_can_be_sent(failure: Exception) -> None:
    sent = pickle.loads(pickle.dumps(_to_be_sent(failure)))
    assert isinstance(sent, CannotServe)
    assert str(failure) in str(sent)


def test_what_keeps_one_from_answering_is_told_once(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        START,
        "serve",
        "--data",
        str(tmp_path),
        "--host",
        "0.0.0.0",
        "--port",
        "0",
        "--workers",
        "2",
    ]
    done = subprocess.run(
        command, env={**os.environ, "BACKFILE_MODEL": "hashing"}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 3
    assert done.stderr.count("backfile keys create") == 1
    assert "Traceback" not in done.stderr
