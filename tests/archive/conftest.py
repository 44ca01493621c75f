"""A small archive with the deterministic encoder, for tests where the way matters and not the meaning."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", model="hashing")


@pytest.fixture
def archive(settings: Settings) -> Iterator[Archive]:
    with Archive(settings) as opened:
        yield opened
