"""Related articles: candidates and copies, however the index and the texts lie."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import likeness
from archive.archive import Archive
from archive.collapsing import each_once
from archive.copies import Middles, Resemblances
from archive.likeness import Likeness
from archive.relatives import Relatives
from archive.requests import RelatedRequest, Seed
from archive.seeds import sources
from archive.settings import Settings
from archive.shingles import resemblance, shingles
from db.records import Draft, ParagraphDraft
from embeddings import ExactIndex

SUBJECTS = ("ferry", "harbour", "bridge", "orchard", "frost", "market", "council", "school", "theatre", "railway")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """More articles than are candidates, of one to six paragraphs; some in a series, some the same text."""
    rng = np.random.default_rng(7)

    def text(number: int) -> str:
        subject = SUBJECTS[number % len(SUBJECTS)]
        return " ".join([subject, *(f"word{rng.zipf(1.4) % 900}" for _ in range(40)), subject])

    with Archive(Settings(data_dir=tmp_path_factory.mktemp("crowd"), model="hashing")) as archive:
        drafts = [
            Draft(
                title=f"Report {number} of the {SUBJECTS[number % len(SUBJECTS)]}",
                paragraphs=tuple(ParagraphDraft(text(number)) for _ in range(1 + number % 6)),
                external_id=str(number),
                series="Letters" if number % 9 == 0 else None,
            )
            for number in range(260)
        ]
        archive.add_many([*drafts, Draft(title="Again", paragraphs=drafts[5].paragraphs, external_id="again")])
        archive.catch_up()
        yield archive


def answer(archive: Archive, *refs: str, **options: Any) -> Any:
    archive.rankings = type(archive.rankings)(1)  # nothing is remembered of the question before
    request = RelatedRequest(seeds=[Seed(ref=f"ext::{ref}", weight=1 + n) for n, ref in enumerate(refs)], limit=200, **options)
    return archive.related(request)


def shown(found: Any) -> list[tuple[str, float, float]]:
    return [(item.article.id, round(item.score, 4), round(item.similarity, 3)) for item in found.items]


@pytest.mark.parametrize("seeds", [("3",), ("11", "30"), ("5", "6", "8")])
@pytest.mark.parametrize("options", [{}, {"avoid": ["ext::17"]}, {"diversity": 0.4}, {"missing": ["series"], "per_series": None}])
def test_a_large_archive_is_answered_as_a_small_one(
    crowd: Archive, monkeypatch: pytest.MonkeyPatch, seeds: tuple[str, ...], options: dict[str, Any]
) -> None:
    multiplied = answer(crowd, *seeds, **options)
    monkeypatch.setattr(likeness, "MULTIPLIED", 0)
    monkeypatch.setattr(likeness, "WORDS_AT_ONCE", likeness.NEAREST)
    searched = answer(crowd, *seeds, **options)
    assert shown(multiplied) == shown(searched)
    assert multiplied.count == searched.count


def test_no_more_of_a_series_than_asked(crowd: Archive) -> None:
    for most in (1, 3):
        series = Counter(item.article.series for item in answer(crowd, "1", per_series=most).items)
        assert 0 < series["Letters"] <= most
        assert series[None] > most


def test_the_same_text_stands_once(crowd: Archive) -> None:
    found = {item.article.external_id: item for item in answer(crowd, "15").items}
    (first,) = found.keys() & {"5", "again"}
    assert [copy.external_id for copy in found[first].also_in] == ["again" if first == "5" else "5"]
    assert "again" in {copy.external_id for copy in answer(crowd, "5").also_in}


def test_what_was_changed_or_deleted_since_is_not_shown(tmp_path: Path) -> None:
    with Archive(Settings(data_dir=tmp_path, model="hashing")) as archive:
        drafts = [Draft(paragraphs=(ParagraphDraft(f"the ferry and pier {n}, storm {n}"),), external_id=str(n)) for n in range(6)]
        archive.add_many(drafts)
        archive.catch_up()
        before = {item.article.external_id for item in answer(archive, "0").items}
        archive.delete("ext::1")
        archive.add(Draft(paragraphs=(ParagraphDraft("the ferry and pier 2, after the storm"),), external_id="2"))
        assert {item.article.external_id for item in answer(archive, "0").items} == before - {"1", "2"}
        assert {item.article.external_id for item in answer(archive, "2").items} == before - {"1", "2"} | {"0"}
        archive.catch_up()
        assert "2" in {item.article.external_id for item in answer(archive, "0").items}


def test_copies_are_told_by_what_the_articles_say_now(tmp_path: Path) -> None:
    report = "the council decided on monday evening to close the swing bridge for repairs until the end of spring"
    with Archive(Settings(data_dir=tmp_path, model="hashing")) as archive:
        keys = [archive.add(Draft(paragraphs=(ParagraphDraft(report + end),))) for end in ("", " says the mayor", " and summer")]
        known = Resemblances()
        with archive.db.read() as conn:
            states = [(number, added.seq) for number, added in enumerate(keys, 1)]
            gone = (1, 99)
            pairs = dict.fromkeys([(states[0], states[1]), (states[1], states[2]), (gone, states[1])], 0.99)
            assert known.copies(conn, pairs) == [True, True, False]
            assert known.copies(conn, pairs) == [True, True, False]
            same, unlike = sources(archive, conn, [Seed(text=report), Seed(text="a record catch of herring")], whole=False)
            assert known.copies_of(conn, same, {states[2]: 0.99, gone: 0.99}) == [True, False]
            assert known.copies_of(conn, unlike, dict.fromkeys(states, 0.99)) == [False, False, False]


@given(one=st.text("ab \n", max_size=60), other=st.text("ab \n", max_size=60))
def test_resemblance_is_the_share_of_runs_in_common(one: str, other: str) -> None:
    def runs(text: str) -> set[tuple[str, ...]]:
        words = text.split()
        return {tuple(words[at : at + 4]) for at in range(len(words) - 3)} or {(*words, *[""] * (4 - len(words)))}

    common = runs(one) & runs(other)
    expected = len(common) / len(runs(one) | runs(other))
    assert resemblance(shingles(one), shingles(other)) == pytest.approx(expected)


def test_middles_are_those_of_the_versions_asked_for() -> None:
    rng = np.random.default_rng(3)
    index, known = ExactIndex(8, "a model"), Middles(4)
    for turn in range(6):  # keys share places, and each turn changes some
        for key in range(1, 10):
            if (key + turn) % 3 == 0 or not turn:
                index.replace(key, 10 * turn + 1, np.arange(2) + 100 * key, rng.normal(size=(2, 8)).astype(np.float32))
        keys = rng.permutation(np.arange(1, 10))
        versions = np.array([index.version(int(key)) for key in keys], np.int64)
        sums = [index.entries([int(key)]).vectors.sum(axis=0) for key in keys]
        expected = [total / np.linalg.norm(total) for total in sums]
        assert known.of(index, keys, versions) == pytest.approx(np.array(expected), abs=1e-5)


@settings(deadline=None)
@given(
    texts=st.lists(st.integers(0, 6), min_size=1, max_size=12),
    pairs=st.sets(st.tuples(st.integers(0, 11), st.integers(0, 11))),
    of_seeds=st.sets(st.integers(0, 11)),
    seed=st.integers(0, 20),
)
def test_each_copy_stands_in_one_place(texts: list[int], pairs: set[tuple[int, int]], of_seeds: set[int], seed: int) -> None:
    count = len(texts)
    articles = np.random.default_rng(seed).permutation(count) + 1
    partners: dict[int, list[int]] = {}
    for one, other in pairs:
        if one < other < count:
            partners.setdefault(other, []).append(one)
    left_out = sorted(row for row in of_seeds if row < count)
    found = each_once(articles, np.array(texts, np.uint64), partners, left_out)
    stand = found.stand.tolist()
    also = [row for others in found.also.values() for row in others]
    assert sorted([*stand, *also, *left_out]) == list(range(count))
    assert set(found.also) <= set(stand)
    assert len({texts[row] for row in stand}) == len(stand)
    assert not any(one in stand and other in stand for other, others in partners.items() for one in others)
    for place, others in found.also.items():
        assert all(place < row and (texts[place] == texts[row] or place in partners[row]) for row in others)


@given(series=st.lists(st.integers(0, 3), max_size=20), most=st.integers(1, 4))
def test_the_first_of_a_series_stay(series: list[int], most: int) -> None:
    numbers = np.arange(len(series))
    floats = np.zeros(len(series))
    found = Relatives.ranked(Likeness(numbers, numbers, floats, floats), floats, floats)
    kept = found.within(most, np.array(series, np.int32)).articles.tolist()
    expected = [row for row, name in enumerate(series) if not name or series[:row].count(name) < most]
    assert kept == expected
