"""The map of an archive: made in the background, kept in a file, and joined to the database when it is asked for."""

import json
import logging
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import BadZipFile

import numpy as np
from filelock import FileLock, Timeout

from archive.answers import MapOut, Region
from archive.charting import Points
from archive.clock import now
from archive.requests import MapRequest
from db import articles, changes, passages
from db.points import points
from db.records import Filters, Keys

if TYPE_CHECKING:
    from archive.archive import Archive

log = logging.getLogger("backfile.maps")

STALE_S: Final = 300.0
"""A map that lacks a few articles is made anew only after so long."""
MOVED: Final = 0.02
"""Share of the articles that makes a map stale at once."""
AT_ONCE: Final = 500


@dataclass(frozen=True)
class Chart:
    """A map as it is kept. `seq`: the state of the archive that it shows."""

    seq: int
    model: str
    computed_at: str
    keys: Keys
    points: Points
    regions: list[dict[str, Any]]

    def save(self, path: Path) -> None:
        head = json.dumps([self.seq, self.model, self.computed_at, self.regions]).encode()
        beside = path.with_suffix(".part")
        with beside.open("wb") as file:
            np.savez(file, keys=self.keys, points=self.points, head=np.frombuffer(head, np.uint8))
        beside.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Chart | None":
        """None where there is none that can be read: it is a cache, and is made again."""
        try:
            with np.load(path) as arrays:
                seq, model, computed_at, regions = json.loads(arrays["head"].tobytes())
                return cls(seq, model, computed_at, arrays["keys"], arrays["points"], regions)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, BadZipFile) as error:
            log.warning("the map cannot be read (%s), drawing it anew", error)
            return None


class Cartographer:
    """Draws the map in a process of its own; one process of a machine does it for an archive."""

    def __init__(self, archive: "Archive") -> None:
        self._archive = archive
        self._path = archive.settings.data_dir / "indexes" / "map.npz"
        self._closing = threading.Event()
        self._seen = (-1, 0.0)
        self._drawn_at = 0.0
        self._chart: Chart | None = None
        self._stamp = 0

    @property
    def chart(self) -> Chart | None:
        """The latest that any process has drawn."""
        stamp = self._path.stat().st_mtime_ns if self._path.exists() else 0
        if stamp != self._stamp:
            self._chart, self._stamp = Chart.load(self._path), stamp
        return self._chart

    def close(self) -> None:
        """What is being drawn is dropped."""
        self._closing.set()

    def step(self) -> int:
        """Draw the map if it is stale, and the archive quiet; how many articles it has then."""
        with self._archive.db.read() as conn:
            seq = changes.seq(conn)
        if seq != self._seen[0]:
            self._seen = (seq, time.monotonic())
        if not self._is_due(seq):
            return 0
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._path.with_suffix(".lock"), timeout=0):
                return self._draw(seq)
        except Timeout:
            return 0

    def _is_due(self, seq: int) -> bool:
        chart = self.chart
        model = self._archive.encoder.digest
        if chart is not None and chart.seq == seq and chart.model == model:
            return False
        if time.monotonic() - self._seen[1] < self._archive.settings.map_quiet_s or self._archive.indexer.vectors.cursor < seq:
            return False
        if chart is None or chart.model != model or time.monotonic() - self._drawn_at > STALE_S:
            return True
        with self._archive.db.read() as conn:
            moved = changes.count_after(conn, chart.seq)
        return moved > MOVED * len(chart.keys)

    def _draw(self, seq: int) -> int:
        keys, vectors, titles = self._gathered()
        before = self._before(keys)
        with tempfile.TemporaryDirectory(prefix="backfile-map-") as folder:
            given, drawn = Path(folder) / "given.npz", Path(folder) / "drawn.npz"
            written = np.frombuffer(json.dumps(titles).encode(), np.uint8)
            np.savez(given, vectors=vectors, before=before, titles=written)
            if not self._run(given, drawn):
                return 0
            with np.load(drawn) as arrays:
                found, regions = arrays["points"], json.loads(arrays["regions"].tobytes())
        for region in regions:
            region["central"] = [int(keys[place]) for place in region["central"]]
        Chart(seq, self._archive.encoder.digest, now().text, keys, found, regions).save(self._path)
        self._drawn_at = time.monotonic()
        return len(keys)

    def _gathered(self) -> tuple[Keys, Points, list[str]]:
        """Of every article that has vectors: its key, the direction of their mean, its title."""
        kept: list[int] = []
        means, titles = [], []
        with self._archive.db.read() as conn:
            every = articles.keys(conn, Filters())
            for start in range(0, len(every), AT_ONCE):
                part = every[start : start + AT_ONCE]
                title = {point.key: point.title for point in points(conn, part, Filters())}
                for key, entries in passages.vectors_of(conn, self._archive.indexer.model, part).items():
                    if entries is not None and len(entries[1]) and key in title:
                        mean = entries[1].mean(axis=0)
                        means.append(mean / max(float(np.linalg.norm(mean)), 1e-9))
                        kept.append(key)
                        titles.append(title[key])
        dimension = self._archive.encoder.dimension
        vectors = np.array(means, np.float32) if means else np.empty((0, dimension), np.float32)
        return np.array(kept, np.int64), vectors, titles

    def _before(self, keys: Keys) -> Points:
        chart = self.chart
        if chart is None or chart.model != self._archive.encoder.digest or not len(chart.keys):
            return np.empty((0, 2), np.float32)
        places = np.searchsorted(chart.keys, keys).clip(0, len(chart.keys) - 1)
        found: Points = np.where((chart.keys[places] == keys)[:, None], chart.points[places], np.float32("nan"))
        return found

    def _run(self, given: Path, drawn: Path) -> bool:
        """Whether it was drawn; not where the archive is being closed."""
        command = [sys.executable, "-m", "archive.charting", str(given), str(drawn)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            while process.poll() is None:
                if self._closing.wait(0.2):
                    return False
            if process.returncode:
                said = process.stderr.read().decode(errors="replace")[-2000:] if process.stderr else ""
                raise RuntimeError(f"the map could not be drawn: {said}")
            return True
        finally:
            process.kill()
            process.wait()
            if process.stderr:
                process.stderr.close()


def shown(archive: "Archive", request: MapRequest) -> MapOut:
    """What is there of what the map has. Articles that were deleted since are not, and those that came since are not yet."""
    chart = archive.cartographer.chart
    with archive.db.read() as conn:
        seq = changes.seq(conn)
        if chart is None or chart.model != archive.encoder.digest:
            return MapOut.nothing(seq)
        found = list(points(conn, chart.keys, request.filters()))
        pending = changes.count_after(conn, chart.seq)
    places = np.searchsorted(chart.keys, [point.key for point in found])
    x, y = chart.points[places].T.round(4).tolist() if len(found) else ([], [])
    by_key = {point.key: point.id for point in found}
    regions = [
        Region(
            text=region["text"], x=round(region["x"], 4), y=round(region["y"], 4),
            central=[by_key[key] for key in region["central"] if key in by_key],
        )
        for region in chart.regions
    ]  # fmt: skip
    return MapOut(
        ids=[point.id for point in found], titles=[point.title for point in found], x=x, y=y,
        days=[point.day for point in found], sources=[point.source for point in found],
        categories=[point.category for point in found],
        regions=regions, count=len(found), seq=chart.seq, pending=pending, computed_at=chart.computed_at,
    )  # fmt: skip
