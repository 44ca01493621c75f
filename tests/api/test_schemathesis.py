"""Requests made from the OpenAPI document, right and wrong ones, against a server on loopback: no failure of ours, no answer that
the document does not know."""

import threading
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.openapi import from_path

from api.server import Server
from api.serving import listening, url_of
from archive.archive import Archive
from archive.settings import Settings

NAMES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)


load_all_checks()
UNDOCUMENTED = CHECKS.get_by_names(NAMES)


def bounded() -> Any:
    """The committed document, for a fixed sample: `schemathesis run URL/openapi.json` makes thousands of requests more."""
    document = from_path(Path(__file__).parents[2] / "docs" / "openapi.json")
    document.config.phases.coverage.enabled = False
    document.config.generation.update(deterministic=True)
    return document


@pytest.fixture(scope="module")
def url(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Of a server in a thread of its own."""
    folder = copytree(folders[1], tmp_path_factory.mktemp("schemathesis") / "archive")
    with Archive(Settings(data_dir=folder, model="hashing", write_wait_s=0.1)) as archive, listening("127.0.0.1", 0) as listener:
        archive.start()
        ready = threading.Event()
        server = Server(archive, url_of(listener), lambda _: ready.set())
        running = threading.Thread(target=server.run, args=([listener],))
        running.start()
        try:
            assert ready.wait(30)
            yield server.url
        finally:
            server.should_exit = True
            running.join()


@bounded().parametrize()
@settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_no_answer_is_undocumented(case: Any, url: str) -> None:
    for waits in ("wait", "min_seq"):  # for a change, and for an index: 503 is the answer to that, and here a failure
        (case.query or {}).pop(waits, None)
    case.call_and_validate(base_url=url, checks=UNDOCUMENTED, timeout=30)
