"""A tiny archive behind a real application, in this process."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from archive.archive import Archive
from archive.settings import Settings

ARTICLES: list[dict[str, Any]] = [
    {
        "title": "The ferry that would not sink",
        "dek": "How a crew of four brought the Marten home",
        "text": "On 14 March the Marten lost both engines off the northern mole [1].\n\n"
        "Her crew of four rowed a line ashore, and forty people in raincoats pulled her in.",
        "authors": ["Ada Brandt"],
        "categories": ["Report"],
        "tags": ["ferries", "rescue"],
        "series": "Harbour days",
        "language": "en",
        "source": "harbour-review",
        "external_id": "2021-014",
        "url": "https://harbour-review.example/2021/ferry?id=14&x=related",
        "published_at": "2021-03-15T07:30:00+01:00",
        "references": [{"label": "1", "text": "Harbour Office, log of 14 March 2021"}],
    },
    {
        "title": "A bridge for the island",
        "text": "The council voted for the bridge, nine to two.\n\nThe ferry Marten will be sold when the bridge opens.",
        "authors": ["Ada Brandt", "Jonas Weil"],
        "categories": ["Politics"],
        "tags": ["bridges", "ferries"],
        "language": "en",
        "source": "harbour-review",
        "external_id": "2022-002",
        "published_at": "2022-05-02",
    },
    {
        "title": "Frost in the orchards",
        "text": "Three nights of frost took most of the apple blossom.\n\nGrowers lit fires between the rows.",
        "authors": ["Mira Holt"],
        "categories": ["Report"],
        "tags": ["farming", "weather"],
        "language": "en",
        "source": "valley-post",
        "external_id": "77",
        "published_at": "2022-04-11T06:00:00Z",
    },
]


@pytest.fixture(scope="session")
def articles() -> list[dict[str, Any]]:
    return ARTICLES


def opened(folder: Path) -> Archive:
    archive = Archive(Settings(data_dir=folder, model="hashing", max_body_bytes=1 << 20))
    archive.start()
    return archive


def talking_to(archive: Archive) -> TestClient:
    return TestClient(create_app(archive), base_url="http://localhost")


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An empty archive and one with three articles, closed: copying them is ten times faster than making them."""
    empty, full = (tmp_path_factory.mktemp(name) for name in ("empty", "full"))
    opened(empty).close()
    with opened(full) as archive, talking_to(archive) as client:
        answer = client.post("/v1/articles/batch", json={"items": ARTICLES}, headers={"Prefer": "wait=60"}).json()
        assert answer["searchable"], answer
    return empty, full


@pytest.fixture(scope="session")
def standing(folders: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Of an archive with three articles, for all the tests that change nothing in it."""
    with opened(copytree(folders[1], tmp_path_factory.mktemp("standing") / "archive")) as archive, talking_to(archive) as client:
        yield client


@pytest.fixture
def archive(folders: tuple[Path, Path], tmp_path: Path) -> Iterator[Archive]:
    """Empty."""
    with opened(copytree(folders[0], tmp_path / "archive")) as archive:
        yield archive


@pytest.fixture
def client(archive: Archive) -> Iterator[TestClient]:
    """Of the empty archive."""
    with talking_to(archive) as client:
        yield client


@pytest.fixture
def filled(folders: tuple[Path, Path], tmp_path: Path) -> Iterator[TestClient]:
    """Of an archive with three articles, all of them searchable."""
    with opened(copytree(folders[1], tmp_path / "filled")) as archive, talking_to(archive) as client:
        yield client
