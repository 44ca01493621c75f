"""Putting articles in: files, folders and streams of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from shell.library import Library, Outcome, reason

if TYPE_CHECKING:
    from rich.progress import Progress

    from archive.archive import OnConflict
    from archive.parsing import Unreadable
    from db import Draft

BATCH = 200
BATCH_BYTES = 8 << 20
"""A batch is stored when it has so many articles, or their originals so many bytes."""


@dataclass(frozen=True, slots=True)
class Item:
    """An article on its way in, and where it was found."""

    place: str
    draft: Draft | Unreadable


@dataclass(frozen=True, slots=True)
class Failed:
    place: str
    detail: str


@dataclass(slots=True)
class Report:
    """What an import did."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: list[Failed] = field(default_factory=list)
    warnings: list[Failed] = field(default_factory=list)
    seconds: float = 0
    last: Outcome | None = None

    @property
    def read(self) -> int:
        return self.created + self.updated + self.unchanged + self.skipped + len(self.failed)

    @property
    def written(self) -> int:
        return self.created + self.updated

    def note(self, place: str, outcome: Outcome) -> None:
        self.last = outcome
        if outcome.status == "failed":
            self.failed.append(Failed(place, outcome.detail or "not stored"))
        else:
            setattr(self, outcome.status, getattr(self, outcome.status) + 1)
        self.warnings += [Failed(place, warning) for warning in outcome.warnings]

    def as_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "failed": [{"place": item.place, "detail": item.detail} for item in self.failed],
            "warnings": [{"place": item.place, "detail": item.detail} for item in self.warnings],
            "seconds": round(self.seconds, 3),
        }


Batch: TypeAlias = list[Item]


def found(paths: Iterable[Path], source: str | None) -> Iterator[Item]:
    """Every article under the paths, read when it is asked for. Raises FileNotFoundError before the first."""
    from archive.parsing import Unreadable, paths_under, read_path

    files = [file for path in paths for file in paths_under(path)]
    for file in files:
        for number, draft in enumerate(read_path(file), start=1):
            if isinstance(draft, Unreadable):
                yield Item(_place(file, number, draft.line), draft)
            else:
                yield Item(_place(file, number), draft if draft.source or not source else replace(draft, source=source))


def _place(file: Path, number: int, line: int | None = None) -> str:
    """The file, with the line or, but for the first, the number of the article in it."""
    if line is not None:
        return f"{file}:{line}"
    return f"{file}, article {number}" if number > 1 else str(file)


def batches(items: Iterable[Item]) -> Iterator[Batch]:
    batch: Batch = []
    size = 0
    for item in items:
        batch.append(item)
        original = getattr(item.draft, "original", None)
        size += len(original.content) if original else 0
        if len(batch) >= BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def bring_in(library: Library, items: Iterable[Item], on_conflict: OnConflict, bar: Progress) -> Report:
    """Store the articles and wait until they are searchable. One that cannot be read or stored keeps no other out."""
    report = Report()
    started = time.monotonic()
    reading = bar.add_task("reading", total=None, said="")
    for batch in batches(items):
        _store(library, batch, on_conflict, report)
        bar.update(reading, said=_counts(report))
    bar.update(reading, total=report.read, completed=report.read, said=_counts(report))
    encode(library, bar)
    report.seconds = time.monotonic() - started
    return report


def _store(library: Library, batch: Batch, on_conflict: OnConflict, report: Report) -> None:
    from archive.parsing import Unreadable

    drafts = []
    for item in batch:
        if isinstance(item.draft, Unreadable):
            report.note(item.place, Outcome("failed", detail=reason(item.draft.reason, item.draft.errors)))
        else:
            drafts.append((item.place, item.draft))
    outcomes = library.add_many([draft for _, draft in drafts], on_conflict) if drafts else []
    for (place, _), outcome in zip(drafts, outcomes, strict=True):
        report.note(place, outcome)


def encode(library: Library, bar: Progress) -> None:
    """Make everything stored searchable. The bar is there while the model loads, and goes if there was nothing to do."""
    task = bar.add_task("encoding", total=None, said="")

    def show(done: int, whole: int) -> None:
        bar.update(task, completed=done, total=whole, said=f"{done:,} of {whole:,}")

    library.catch_up(show)
    if not bar.tasks[-1].completed:
        bar.remove_task(task)


def sketch(library: Library, bar: Progress) -> None:
    """Look up near duplicates. The bar goes if there was nothing to do."""
    task = bar.add_task("comparing", total=None, said="")

    def show(done: int, whole: int) -> None:
        bar.update(task, completed=done, total=whole, said=f"{done:,} of {whole:,}")

    library.sketch(show)
    if not bar.tasks[-1].completed:
        bar.remove_task(task)


def _counts(report: Report) -> str:
    return f"{report.read:,} read, {report.written:,} stored"
