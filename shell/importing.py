"""Putting articles in: what was named becomes a job, and its way is shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

    from archive.requests import ImportOptions
    from client import answers
    from shell.library import Library


@dataclass(slots=True)
class Report:
    """What an import did."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    failed: list[answers.JobNote] = field(default_factory=list)
    warnings: list[answers.JobNote] = field(default_factory=list)
    seconds: float = 0
    jobs: list[str] = field(default_factory=list)
    canceled: bool = False

    @property
    def read(self) -> int:
        return self.created + self.updated + self.unchanged + self.skipped + len(self.failed)

    @property
    def written(self) -> int:
        return self.created + self.updated

    def note(self, job: answers.Job, notes: Iterable[answers.JobNote]) -> None:
        self.jobs.append(job["id"])
        self.created += job["created"]
        self.updated += job["updated"]
        self.unchanged += job["unchanged"]
        self.skipped += job["skipped"]
        self.canceled |= job["state"] != "succeeded"
        for note in notes:
            (self.failed if note["kind"] == "error" else self.warnings).append(note)

    def as_json(self) -> dict[str, Any]:
        return {
            "read": self.read,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "skipped": self.skipped,
            "failed": [{name: note[name] for name in ("place", "code", "detail", "errors")} for note in self.failed],
            "warnings": [{"place": note["place"], "detail": note["detail"]} for note in self.warnings],
            "seconds": round(self.seconds, 3),
            "jobs": self.jobs,
        }


def told_apart(what: Sequence[str]) -> tuple[list[Path], list[str]]:
    """The files and folders, and the addresses. Raises FileNotFoundError."""
    urls = [each for each in what if each.startswith(("http://", "https://"))]
    paths = [Path(each) for each in what if each not in urls]
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(path)
    return paths, urls


def guessed(paths: Sequence[Path]) -> Mapping[str, str]:
    """What the records of the first file seem to call our fields, where it has records of foreign names."""
    from archive.parsing import Given, mapping_of, paths_under

    for file in (file for path in paths for file in paths_under(path)):
        try:
            with file.open("rb") as stream:
                return mapping_of(stream, Given(name=file.name))
        except OSError:
            continue
    return {}


def bring_in(library: Library, what: Sequence[str], options: ImportOptions, bar: Progress) -> Report:
    """Store the articles and wait until they are searchable. One that cannot be read or stored keeps no other out."""
    paths, urls = told_apart(what)
    report = Report()
    started = time.monotonic()
    reading = bar.add_task("reading", total=None, said="")

    def show(job: answers.Job) -> None:
        read, stored = report.read + job["done"], report.written + job["created"] + job["updated"]
        rest = f", {job['failed']:,} failed" if job["failed"] else ""
        said = f"{read:,} read, {stored:,} stored{rest}"
        bar.update(reading, total=max(job["total"], 1), completed=job["done"], said=said)

    for job, notes in library.import_(paths, urls, options, show, lambda: encode(library, bar)):
        report.note(job, notes)
    bar.update(reading, total=report.read, completed=report.read, said=f"{report.read:,} read, {report.written:,} stored")
    encode(library, bar)
    report.seconds = time.monotonic() - started
    return report


def encode(library: Library, bar: Progress) -> None:
    """Make everything stored searchable."""
    _shown(bar, "encoding", library.catch_up)


def sketch(library: Library, bar: Progress) -> None:
    """Look up near duplicates."""
    _shown(bar, "comparing", library.sketch)


def find_stories(library: Library, bar: Progress) -> None:
    """Find out which articles report the same event."""
    _shown(bar, "finding stories", library.find_stories)


def _shown(bar: Progress, name: str, work: Callable[[Callable[[int, int], None]], None]) -> None:
    """The bar is there while the work begins, and goes if there was nothing to do."""
    task = bar.add_task(name, total=None, said="")

    def show(done: int, whole: int) -> None:
        bar.update(task, completed=done, total=whole, said=f"{done:,} of {whole:,}")

    work(show)
    if not bar.tasks[-1].completed:
        bar.remove_task(task)
