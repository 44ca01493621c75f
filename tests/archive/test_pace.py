"""What one process has found, all find: here two open archives that look for each other's writes by themselves once an hour."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.archive import Archive
from archive.followers import VectorFollower
from archive.pace import Pace
from archive.requests import RelatedRequest, SearchRequest, Seed
from archive.settings import Settings
from db.records import Draft, ParagraphDraft

PATIENCE_S = 30
SELDOM_S = 3600


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Archive, Archive]]:
    settings = Settings(data_dir=tmp_path, model="hashing", follow_interval_s=SELDOM_S)
    with Archive(settings) as one, Archive(settings) as other:
        for archive in (one, other):
            archive.start()
            while archive.unready():
                time.sleep(0.01)
        yield one, other


def add(archive: Archive, name: str, text: str) -> int:
    """Until it is searchable there."""
    added = archive.add(Draft(external_id=name, title=name, paragraphs=(ParagraphDraft(text),)))
    assert archive.wait(added.seq, PATIENCE_S)
    return added.seq


def found(archive: Archive, q: str, mode: str) -> list[str | None]:
    request = SearchRequest(q=q, mode=mode, min_relevance=0)  # type: ignore[arg-type]
    return [item.article.external_id for item in archive.search(request).items]


@pytest.mark.parametrize("mode", ["semantic", "lexical", "hybrid"])
def test_what_is_searchable_in_one_is_found_in_the_other(two: tuple[Archive, Archive], mode: str) -> None:
    one, other = two
    for number in range(5):
        writer, reader = (one, other)[:: -1 if number % 2 else 1]
        name = f"n{number}"
        add(writer, name, f"zyzzyva number{number}")
        assert name in found(reader, f"zyzzyva number{number}", mode)


def test_all_that_says_what_is_searchable_agrees(two: tuple[Archive, Archive]) -> None:
    one, other = two
    add(one, "a", "a harbour at dawn")
    seq = add(one, "b", "a harbour at dusk")
    assert [
        item.article.external_id for item in other.related(RelatedRequest(seeds=[Seed(ref="ext::a")], min_relevance=0)).items
    ] == ["b"]
    seq = add(one, "c", "a harbour at noon")
    assert other.article("ext::c").indexing.state == "searchable"
    seq = add(one, "d", "a harbour at night")
    assert (other.status().pending, other.status().seq) == (0, seq)
    add(one, "e", "a harbour in fog")
    assert (other.check().clean, other.check().pending) == (True, 0)
    seq = add(one, "f", "a harbour in rain")
    assert other.wait(seq, 0)


def test_an_answer_is_not_that_of_a_moment_when_another_had_read_less(two: tuple[Archive, Archive]) -> None:
    one, other = two
    found(other, "harbour", "lexical")
    before = other.moment()
    add(one, "a", "a harbour at dawn")
    assert other.moment().anywhere > before.anywhere


def test_a_question_does_not_wait_for_rows_to_settle(two: tuple[Archive, Archive], monkeypatch: pytest.MonkeyPatch) -> None:
    one, _ = two
    with Archive(one.settings) as other:  # without threads, which may read by themselves when they start
        assert other.status().seq == 0
        add(one, "a", "a harbour at dawn")
        monkeypatch.setattr(VectorFollower, "crowded", True)
        answer = other.search(SearchRequest(q="harbour", mode="semantic", min_relevance=0))
        assert (answer.index.seq, answer.index.pending, answer.items) == (0, 1, [])
        monkeypatch.undo()
        assert found(other, "harbour", "semantic") == ["a"]


def test_it_only_grows(tmp_path: Path) -> None:
    one, other = Pace(tmp_path), Pace(tmp_path)
    one.note(7)
    other.note(5)
    assert (one.seq, other.seq, Pace(tmp_path).seq) == (7, 7, 7)
