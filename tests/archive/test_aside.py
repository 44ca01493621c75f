"""What may wait waits while something is more urgent, and not for ever."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from archive import aside
from archive.archive import Archive
from archive.aside import Aside


class Steps:
    """Never finds an end of what there is to do."""

    def __init__(self) -> None:
        self.taken = threading.Event()

    def __call__(self) -> int:
        self.taken.set()
        return 1

    def within(self, seconds: float) -> bool:
        self.taken.clear()
        return self.taken.wait(seconds)


@contextmanager
def running(steps: Steps, urgent: threading.Event) -> Iterator[None]:
    work = Aside("test", steps, urgent=urgent.is_set, loading=lambda: False, every=0.01)
    work.start()
    try:
        yield
    finally:
        work.close()


def test_steps_wait_while_something_is_urgent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "LOOKING_S", 0.01)
    steps, urgent = Steps(), threading.Event()
    urgent.set()
    with running(steps, urgent):
        assert not steps.within(0.2)
        urgent.clear()
        assert steps.within(10)


def test_some_are_taken_after_a_while_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "LOOKING_S", 0.01)
    monkeypatch.setattr(aside, "PATIENCE_S", 0.1)
    steps, urgent = Steps(), threading.Event()
    urgent.set()
    with running(steps, urgent):
        assert steps.within(10)


def test_a_job_is_more_urgent(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "LOOKING_S", 0.01)
    steps = Steps()
    archive.worker.working = True
    work = archive._aside("test", steps)
    archive.indexer.require_encoder()
    work.start()
    try:
        assert not steps.within(0.2)
        archive.worker.working = False
        assert steps.within(10)
    finally:
        work.close()
