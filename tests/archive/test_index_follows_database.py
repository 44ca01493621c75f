"""The indexes are caches that follow the database; a machine writes, encodes, follows, saves and crashes in any order.

Whatever the order, an index never shows what the database does not have, and ends up equal to it."""

import shutil
import tempfile
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from archive.archive import Archive
from archive.followers import VectorFollower
from archive.requests import SearchRequest
from archive.settings import Settings
from db import changes, passages
from db.records import Draft, ParagraphDraft
from embeddings import VectorIndex

TEXTS = ("harbour ferry", "council budget", "ferry budget harbour")


def draft(name: int, words: str) -> Draft:
    return Draft(
        external_id=str(name), title=f"Title {name}", paragraphs=(ParagraphDraft(words), ParagraphDraft(f"{words} again"))
    )


@cache
def empty_archive() -> Path:
    """Migrated once: that takes longer than all a machine does."""
    folder = Path(tempfile.mkdtemp())
    Archive(Settings(data_dir=folder, model="hashing")).close()
    return folder


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(empty_archive(), self.folder, dirs_exist_ok=True)
        self.archive = self.opened()
        self.expected: dict[int, str] = {}

    def opened(self) -> Archive:
        return Archive(Settings(data_dir=self.folder, model="hashing"))

    def follower(self) -> VectorFollower:
        return self.archive.indexer.vectors

    @rule(name=st.integers(1, 3), words=st.sampled_from(TEXTS))
    def save(self, name: int, words: str) -> None:
        self.archive.add(draft(name, words))
        self.expected[name] = words

    @rule(name=st.integers(1, 3))
    def delete(self, name: int) -> None:
        if self.expected.pop(name, None):
            self.archive.delete(f"ext::{name}")

    @rule(limit=st.integers(1, 2))
    def encode(self, limit: int) -> None:
        self.archive.indexer.encode_some(limit)

    @rule()
    def follow_vectors(self) -> None:
        self.follower().follow()

    @rule()
    def follow_words(self) -> None:
        self.archive.indexer.words.follow()

    @rule()
    def snapshot(self) -> None:
        self.follower().snapshot()

    @rule(lost=st.sampled_from(["nothing", "snapshot torn", "snapshot gone", "words gone"]))
    def crash_and_restart(self, lost: str) -> None:
        self.archive.db.dispose()
        for path in (self.folder / "indexes").rglob("vectors.index"):
            if lost == "snapshot torn":
                path.write_bytes(path.read_bytes()[:-7])
            elif lost == "snapshot gone":
                path.unlink()
        if lost == "words gone":
            for path in (self.folder / "indexes").rglob("words-*"):
                shutil.rmtree(path)
        self.archive = self.opened()

    @invariant()
    def answers_are_of_the_database(self) -> None:
        shown = {item.article.external_id for item in self.archive.search(SearchRequest(q="harbour ferry budget")).items}
        assert shown <= {str(name) for name in self.expected}

    @invariant()
    def a_cursor_never_passes_an_article_without_vectors(self) -> None:
        follower = self.follower()
        with self.archive.db.read() as conn:
            unready = passages.first_unready(conn, follower.model)
            assert follower.cursor <= changes.seq(conn)
        assert unready is None or follower.cursor < unready

    @invariant()
    def what_is_read_is_right(self) -> None:
        report = self.archive.check()
        assert report.clean, report.examples

    def teardown(self) -> None:
        self.archive.catch_up()
        report = self.archive.check()
        self.archive.close()
        shutil.rmtree(self.folder)
        assert report.clean, report.examples
        assert (report.pending, report.articles) == (0, len(self.expected))


class _Hasty(VectorFollower):
    """Moves past articles that lack their vectors, as a follower must not."""

    def apply_next(self, index: VectorIndex) -> int:
        with self.db.read() as conn:
            batch = changes.after(conn, index.cursor, 500)
            vectors = passages.vectors_of(conn, self.model, [change.article for change in batch if not change.deleted])
        for change in batch:
            entries = vectors.get(change.article)
            if entries is None:
                index.drop(change.article)
            else:
                index.replace(change.article, change.seq, *entries)
            index.cursor = change.seq
        return len(batch)


class _HastyMachine(Machine):
    def opened(self) -> Archive:
        archive = super().opened()
        archive.indexer.vectors.__class__ = _Hasty
        return archive


def test_the_follower_that_waits_ends_up_equal() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    quick = settings(max_examples=20, stateful_step_count=12, deadline=None, derandomize=True, suppress_health_check=checks)
    run_state_machine_as_test(Machine, settings=quick)


def test_the_hasty_follower_is_caught() -> None:
    with pytest.raises(AssertionError):
        walk_often(_HastyMachine)


def walk_often(machine: type[Machine]) -> None:
    for seed in range(20):
        walk(machine(), Random(seed))


def walk(machine: Machine, random: Random) -> None:
    """The machine's own rules and invariants, in an order that needs no search for the shortest."""
    steps = (
        lambda: machine.save(random.randint(1, 3), random.choice(TEXTS)),
        lambda: machine.delete(random.randint(1, 3)),
        lambda: machine.encode(1),
        machine.follow_vectors,
        machine.follow_words,
    )
    for _ in range(12):
        random.choice(steps)()
        machine.answers_are_of_the_database()
        machine.a_cursor_never_passes_an_article_without_vectors()
        machine.what_is_read_is_right()
    machine.teardown()
