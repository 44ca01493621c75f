"""Every word index does what the plain one does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from lexical import Bm25Index, Document, TantivyIndex, WordIndex, Words

FIELDS = {"title": 2.5, "body": 1.0}
VOCABULARY = ["war", "wars", "Peace", "the", "général", "iran’s", "soup", "日本", "x" * 120]

texts = st.lists(st.sampled_from(VOCABULARY), max_size=9).map(" ".join)
documents = st.fixed_dictionaries({}, optional={"title": texts, "body": texts})
groups = st.integers(0, 6)
writes = st.lists(st.tuples(groups, st.none() | st.lists(documents, max_size=4)), max_size=12)
queries = st.builds(Words, texts, st.lists(texts, max_size=2).map(tuple))
filters = st.none() | st.sets(st.integers(0, 8))


def numbered(group: int, contents) -> list[Document]:
    return [Document(group + 7 * place, fields) for place, fields in enumerate(contents)]


def apply(index: WordIndex, steps) -> None:
    for version, (group, contents) in enumerate(steps):
        if contents is None:
            index.drop(group)
        else:
            index.replace(group, version, numbered(group, contents))


def keys(wanted) -> np.ndarray | None:
    return None if wanted is None else np.array(sorted(wanted), np.int64)


@settings(max_examples=120, deadline=None)
@given(st.dictionaries(groups, st.lists(documents, max_size=4)), queries, st.integers(0, 30), filters, st.integers(1, 6))
def test_a_fresh_index_scores_as_the_definition(contents, words, k, wanted, most_words):
    plain, fast = Bm25Index(FIELDS, most_words=most_words), TantivyIndex(None, FIELDS, most_words=most_words)
    for index in (plain, fast):
        apply(index, contents.items())
        index.commit(41)
    expected, hits = (index.search(words, k, groups=keys(wanted)) for index in (plain, fast))
    assert hits.ids.tolist() == expected.ids.tolist()
    assert hits.groups.tolist() == expected.groups.tolist()
    assert hits.versions.tolist() == expected.versions.tolist()
    assert hits.total == expected.total
    assert_allclose(hits.scores, expected.scores, rtol=1e-4)
    assert fast.ceiling(words) == pytest.approx(plain.ceiling(words), rel=1e-5)
    assert fast.ceiling(words) >= hits.scores.max(initial=0)
    (of_fast, of_plain) = (index.scale(words) for index in (fast, plain))
    assert (of_fast.full, of_fast.deviation) == pytest.approx((of_plain.full, of_plain.deviation), rel=1e-5)
    (mine,), (theirs,) = fast.weights([words.text]), plain.weights([words.text])
    assert mine == pytest.approx(theirs, rel=1e-5)
    assert (len(fast), fast.versions(), fast.cursor) == (len(plain), plain.versions(), 41)


@settings(max_examples=40, deadline=None)
@given(st.lists(writes, min_size=1, max_size=3), queries, filters)
def test_after_changes_the_same_documents_match(commits, words, wanted):
    plain, fast = Bm25Index(FIELDS), TantivyIndex(None, FIELDS)
    for cursor, steps in enumerate(commits, 1):
        for index in (plain, fast):
            apply(index, steps)
            index.commit(cursor)
    expected, hits = (index.search(words, 100, groups=keys(wanted)) for index in (plain, fast))
    assert hits.total == expected.total == len(hits)
    columns = [sorted(zip(found.ids, found.groups, found.versions, strict=True)) for found in (hits, expected)]
    assert columns[0] == columns[1]
    assert (np.diff(hits.scores) <= 0).all()
    assert (len(fast), fast.versions(), fast.cursor) == (len(plain), plain.versions(), len(commits))


@pytest.fixture(params=["plain", "memory", "disk"])
def index(request, tmp_path) -> WordIndex:
    if request.param == "plain":
        return Bm25Index(FIELDS)
    return TantivyIndex(None if request.param == "memory" else tmp_path / "words", FIELDS)


def test_nothing_is_seen_before_the_commit(index):
    index.replace(1, 1, [Document(10, {"title": "War", "body": "and peace"})])
    assert len(index) == 0
    assert index.cursor == 0
    index.commit(5)
    assert index.search(Words("wars"), 5).ids.tolist() == [10]
    assert (len(index), index.cursor, index.versions()) == (1, 5, {1: 1})
    index.commit(6)
    assert (len(index), index.cursor) == (1, 6)


def test_in_one_commit_the_last_change_of_a_group_wins(index):
    for version in (1, 2, 3):
        index.replace(1, version, [Document(10 + version, {"body": "war"})])
    index.replace(2, 1, [Document(20, {"body": "war"})])
    index.drop(2)
    index.commit(1)
    hits = index.search(Words("war"), 9)
    assert (hits.ids.tolist(), hits.versions.tolist(), hits.total) == ([13], [3], 1)


def test_equal_scores_are_ordered_by_id_and_counted(index):
    for group in range(300):
        index.replace(group, 1, [Document(1_000 - group, {"body": "the same words"})])
        if group % 50 == 0:
            index.commit(group)
    index.commit(300)
    hits = index.search(Words("words"), 120)
    assert hits.ids.tolist() == list(range(701, 821))
    assert hits.total == 300
    assert len(set(hits.scores.tolist())) == 1
    assert index.search(Words("words"), 0).total == 300


def test_a_filter_does_not_change_scores(index):
    for group in range(40):
        index.replace(group, 1, [Document(group, {"title": f"number {group}", "body": "war " * (group + 1)})])
    index.commit(1)
    everywhere = dict(
        zip(*[getattr(index.search(Words("war number"), 40), name).tolist() for name in ("ids", "scores")], strict=True)
    )
    narrow = index.search(Words("war number"), 40, groups=np.arange(5, 9))
    assert narrow.total == 4
    for key, score in zip(narrow.ids.tolist(), narrow.scores.tolist(), strict=True):
        assert score == pytest.approx(everywhere[key], rel=1e-5)
    assert index.search(Words("war"), 40, groups=np.array([], np.int64)).total == 0


def test_phrases_must_stand_whole_in_one_field(index):
    index.replace(1, 1, [Document(1, {"title": "Side", "body": "feature"}), Document(2, {"body": "a Side Feature, and more"})])
    index.replace(2, 1, [Document(3, {"title": "side features"}), Document(4, {"body": "feature side side"})])
    index.commit(1)
    assert sorted(index.search(Words("", ("side feature",)), 9).ids.tolist()) == [2, 3]
    assert sorted(index.search(Words("more", ("side feature",)), 9).ids.tolist()) == [2, 3]
    assert index.search(Words("", ("side feature", "more")), 9).ids.tolist() == [2]
    assert index.search(Words("side", ("nowhere",)), 9).total == 0
    assert index.search(Words("", ("!?",)), 9).total == 0
    assert index.search(Words("!?"), 9).total == 0


def test_a_whole_article_is_a_query(index):
    article = " ".join(f"word{number}" for number in range(3_000))
    index.replace(1, 1, [Document(1, {"body": article}), Document(2, {"body": "word7 word8"})])
    index.commit(1)
    assert index.search(Words(article), 9).ids.tolist()[0] == 1


def test_a_document_of_unknown_fields_is_refused_and_the_next_commit_is_whole(index):
    with pytest.raises(KeyError):
        index.replace(1, 1, [Document(1, {"body": "war"}), Document(2, {"footnote": "war"})])
    index.replace(2, 1, [Document(3, {"body": "war"})])
    index.commit(1)
    assert index.search(Words("war"), 9).ids.tolist() == [3]
