"""The map: near is alike, the same again is the same, and nothing is on it that is not in the archive."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from archive import charting
from archive.archive import Archive
from archive.maps import Cartographer, Chart
from archive.parsing import draft_from_json
from archive.requests import MapRequest
from archive.settings import Settings


def clouds(each: int, of: int, seed: int = 0) -> np.ndarray:
    """Unit vectors around some centres."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(of, 32))
    vectors = np.repeat(centres, each, axis=0) + 0.3 * random.normal(size=(each * of, 32))
    return (vectors / np.linalg.norm(vectors, axis=1)[:, None]).astype(np.float32)


def kept_together(points: np.ndarray, each: int) -> float:
    """Share of the points whose nearest other point is of the same cloud."""
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    nearest = distances.argmin(axis=1)
    return float((nearest // each == np.arange(len(points)) // each).mean())


def test_what_is_alike_lies_together() -> None:
    points = charting.layout(clouds(20, 5))
    assert points.shape == (100, 2)
    assert np.abs(points).max() == pytest.approx(1, abs=1e-5)
    assert kept_together(points, 20) > 0.95


def test_the_same_again_is_the_same() -> None:
    vectors = clouds(10, 3)
    assert np.array_equal(charting.layout(vectors), charting.layout(vectors))


def test_of_many_some_are_laid_out_and_the_others_put_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charting, "LANDMARKS", 60)
    points = charting.layout(clouds(40, 4))
    assert np.isfinite(points).all()
    assert kept_together(points, 40) > 0.9


def test_a_map_that_is_made_anew_looks_like_the_one_before() -> None:
    vectors = clouds(20, 4)
    before = charting.layout(vectors)
    more = np.concatenate([vectors, clouds(1, 4, seed=3)])
    after = charting.layout(more, np.concatenate([before, np.full((4, 2), np.nan, np.float32)]))
    moved = np.median(np.linalg.norm(after[:80] - before, axis=1))
    turned = np.median(np.linalg.norm(after[:80] + before, axis=1))
    assert moved < turned


@pytest.mark.parametrize("count", [0, 1, 2, 3, charting.FEWEST - 1, charting.FEWEST])
def test_few_articles_have_places_too(count: int) -> None:
    points = charting.layout(clouds(count, 1) if count else np.empty((0, 32), np.float32))
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()


def test_regions_are_named_by_what_only_their_titles_say() -> None:
    points = np.concatenate([np.full((30, 2), -1.0), np.full((30, 2), 1.0)]).astype(np.float32)
    points += np.random.default_rng(0).normal(size=points.shape) * 0.01
    titles = [f"Harbour news: ferry {n}" for n in range(30)] + [f"Harbour news: orchard {n}" for n in range(30)]
    found = sorted(charting.regions(points, titles), key=lambda region: region["x"])
    assert ["ferry" in found[0]["text"], "orchard" in found[1]["text"]] == [True, True]
    assert all(place < 30 for place in found[0]["central"])
    assert charting.regions(points, ["", *["x"] * 59]) == []


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the process of its own is not what is tested: it gives way to all others."""
    monkeypatch.setattr(Cartographer, "_run", lambda self, given, drawn: charting.draw(given, drawn) or True)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    with Archive(Settings(data_dir=tmp_path, model="hashing", map_quiet_s=0)) as opened:
        for number in range(15):
            opened.add(
                draft_from_json(
                    {"title": f"Report {number}", "text": f"Of ferry {number} and its crew."}, original=None, strict=True
                )
            )
        opened.catch_up()
        yield opened


def test_the_map_is_drawn_when_it_is_quiet_and_knows_what_is_gone(archive: Archive) -> None:
    empty = archive.map(MapRequest())
    assert (empty.computed_at, empty.count, empty.pending) == (None, 0, 15)
    assert archive.cartographer.step() == 15
    assert archive.cartographer.step() == 0  # it is up to date
    drawn = archive.map(MapRequest())
    assert (drawn.count, drawn.pending, drawn.seq) == (15, 0, 15)
    assert len(drawn.ids) == len(drawn.x) == len(drawn.y) == len(drawn.titles) == 15
    archive.delete(drawn.ids[3])
    left = archive.map(MapRequest())
    assert drawn.ids[3] not in left.ids
    assert left.pending == 1
    place = left.ids.index(drawn.ids[4])
    assert (left.x[place], left.y[place]) == (drawn.x[4], drawn.y[4])


@pytest.mark.usefixtures("in_this_process")
def test_filters_choose_what_of_the_map_is_answered(archive: Archive) -> None:
    fields = {
        "title": "Another",
        "text": "Of sport.",
        "categories": ["Sport", "News"],
        "tags": ["cup"],
        "published_at": "2024-05-06",
    }
    archive.add(draft_from_json(fields, original=None, strict=True))
    archive.catch_up()
    assert archive.cartographer.step() == 16
    found = archive.map(MapRequest(category=["news"], tag=["cup"], has=["category"], missing=["author"]))
    assert (found.count, found.categories, found.days) == (1, ["Sport"], ["2024-05-06"])
    assert archive.map(MapRequest(missing=["category"])).count == 15
    assert archive.map(MapRequest(has=["author"])).count == 0


@pytest.mark.usefixtures("in_this_process")
def test_a_damaged_map_is_made_again(archive: Archive) -> None:
    archive.cartographer.step()
    path = archive.settings.data_dir / "indexes" / "map.npz"
    path.write_bytes(path.read_bytes()[:100])
    assert archive.map(MapRequest()).computed_at is None
    assert archive.cartographer.step() == 15
    assert Chart.load(path) is not None


def test_closing_does_not_wait_for_the_map(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    running: list[subprocess.Popen[bytes]] = []
    start: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen

    def slow(command: list[str], **options: object) -> subprocess.Popen[bytes]:
        running.append(start(["sleep", "60"], **options))
        archive.cartographer.close()
        return running[-1]

    monkeypatch.setattr("archive.maps.subprocess.Popen", slow)
    began = time.monotonic()
    assert archive.cartographer.step() == 0
    assert time.monotonic() - began < 30
    assert running[0].poll() is not None
