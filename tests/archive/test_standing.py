"""What rankings know of the articles beside the database, and what is kept of those shown last."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from archive.archive import Archive
from archive.memory import Memory
from archive.settings import Settings
from archive.shelf import Shelf
from archive.standing import UNDATED, Standings, named_in
from db import Database, articles
from db.records import Draft, Filters, Moment, ParagraphDraft

DRAFT = Draft(title="A title", paragraphs=(ParagraphDraft("Some words."),))

STEPS = st.lists(
    st.tuples(st.sampled_from(("add", "series", "date", "delete", "look")), st.integers(0, 3)), min_size=1, max_size=12
)


def as_in_the_database(standings: Standings, db: Database) -> None:
    with db.read() as conn:
        found = standings.at(conn)
        expected = articles.standing_after(conn, 0)
    assert np.flatnonzero(found.versions).tolist() == sorted(expected)
    for key, one in expected.items():
        assert found.holds(key, one.seq)
        assert not found.holds(key, one.seq + 1)
        assert found.published[key] == (UNDATED if one.published_micros is None else one.published_micros)
        for other, another in expected.items():
            assert (found.texts[key] == found.texts[other]) == (one.text_sha256 == another.text_sha256)
            same = (one.series or "").casefold() == (another.series or "").casefold()
            assert (found.series[key] == found.series[other]) == same


@hypothesis_settings(max_examples=20)
@given(steps=STEPS)
def test_the_columns_say_what_the_database_says(tmp_path_factory, steps: list[tuple[str, int]]) -> None:  # type: ignore[no-untyped-def]
    with Archive(Settings(data_dir=tmp_path_factory.mktemp("standing"), model="hashing")) as archive:
        standings = Standings()
        for step, number in steps:
            draft = replace(DRAFT, external_id=str(number))
            match step:
                case "add":
                    archive.add(replace(draft, title=f"Title {number % 2}"))
                case "series":
                    archive.add(replace(draft, series=("Harbour", "HARBOUR", "Hills")[number % 3]))
                case "date":
                    archive.add(replace(draft, published_at=Moment.at(number * 1_000_000)))
                case "delete":
                    with archive.db.read() as conn:
                        held = articles.keys(conn, Filters()).tolist()
                        known = articles.many(conn, held[:1])
                    for article in known.values():
                        archive.delete(article.id)
                case "look":
                    as_in_the_database(standings, archive.db)
        as_in_the_database(standings, archive.db)


def test_a_database_put_back_from_a_backup_is_read_again(settings: Settings, tmp_path: Path) -> None:
    standings = Standings()
    with Archive(settings) as archive:
        archive.add(replace(DRAFT, external_id="1"))
    shutil.copytree(settings.data_dir, tmp_path / "backup")
    with Archive(settings) as archive:
        archive.add(replace(DRAFT, external_id="2"))
        as_in_the_database(standings, archive.db)
    with Archive(settings.model_copy(update={"data_dir": tmp_path / "backup"})) as archive:
        as_in_the_database(standings, archive.db)


def test_the_shelf_gives_only_the_state_that_is_asked_for(archive: Archive) -> None:
    shelf = Shelf()
    first = archive.add(replace(DRAFT, external_id="1"))
    with archive.db.read() as conn:
        [key] = articles.keys(conn, Filters()).tolist()
        assert shelf.take(conn, {key: first.seq})[key].article.title == "A title"
    second = archive.add(replace(DRAFT, external_id="1", title="Another title"))
    with archive.db.read() as conn:
        assert shelf.take(conn, {key: second.seq})[key].article.title == "Another title"
        assert shelf.take(conn, {key: first.seq, 999: 1}) == {}


@given(sizes=st.lists(st.integers(1, 12), max_size=30))
def test_memory_is_bounded(sizes: list[int]) -> None:
    memory: Memory[int, str] = Memory(20, len)
    for key, size in enumerate(sizes):
        memory.keep(key, "x" * size)
        held = [value for value in map(memory.get, range(key + 1)) if value is not None]
        assert sum(map(len, held)) <= 20
        assert memory.get(key) == "x" * size
    memory.keep(0, "x" * 21)
    assert memory.get(0) is None


@pytest.mark.parametrize(
    ("title", "series"),
    [
        ("The API Briefing: Solar power", "The API Briefing"),
        ("Monthly Call 2021 - Colours", "Monthly Call"),
        ("Harbour Letters, No. 7: The mole", "Harbour Letters, No."),
        ("Ferry: all aboard rescued", None),
        ("What the council voted for", None),
        ("A well-known harbour", None),
    ],
)
def test_a_title_may_name_its_series(title: str, series: str | None) -> None:
    assert named_in(title) == series
