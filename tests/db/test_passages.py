"""Vectors are kept once for what was encoded, are never lost while used, and never outlive it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from db import articles, changes, passages, totals
from db.records import Draft, ParagraphDraft, PassageDraft
from db.tables import vectors

DIMENSION = 8


def encode(digests) -> np.ndarray:
    """A unit vector for each digest, always the same."""
    seeds = [int(digest[:8], 16) if digest[0] in "0123456789abcdef" else len(digest) for digest in digests]
    raw = np.array([np.random.default_rng(seed).standard_normal(DIMENSION) for seed in seeds], dtype=np.float32)
    raw = raw.reshape(len(digests), DIMENSION)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def model(conn, digest="m") -> int:
    return passages.model_key(conn, digest, "a model", DIMENSION, 256)


def store(conn, key, digests) -> int:
    return passages.store(conn, key, digests, encode(digests))


def _count(conn, table) -> int:
    return conn.execute(select(func.count()).select_from(text(table))).scalar_one()


def article(*texts, title="T") -> Draft:
    return Draft(title=title, paragraphs=tuple(ParagraphDraft(text) for text in texts))


def test_a_model_is_registered_once(database):
    with database.write() as conn:
        assert model(conn) == model(conn) != model(conn, "other")


def test_what_lacks_a_vector_is_pending_in_the_order_of_changes(database, save, split):
    with database.write() as conn:
        key, first, second = model(conn), article("One.", "Two.", "One."), article("Three.", "Two.")
        earlier, later = save(conn, first), save(conn, second)
        digests = [passage.digest for passage in split(first)[:2]] + [split(second)[0].digest]
        waiting = passages.pending(conn, key, 10)
        assert [(text.digest, text.title, text.text, text.tokens) for text in waiting] == [
            (digests[0], "T", "One.", 1),
            (digests[1], "T", "Two.", 1),
            (digests[2], "T", "Three.", 1),
        ]
        assert [text.digest for text in passages.pending(conn, key, 1)] == digests[:1]
        assert (passages.pending_count(conn, key), passages.first_unready(conn, key)) == (3, earlier.seq)
        assert passages.coverage(conn, key) == passages.Coverage(2, 5, 5, 0, 2)
        assert store(conn, key, digests[:2]) == 2
        assert store(conn, key, digests[:2]) == 0
        assert (passages.pending_count(conn, key), passages.first_unready(conn, key)) == (1, later.seq)
        assert passages.coverage(conn, key) == passages.Coverage(2, 5, 5, 4, 1)
        assert store(conn, key, digests) == 1
        assert (passages.pending(conn, key, 10), passages.first_unready(conn, key)) == ([], None)


def test_a_passage_is_cut_out_of_the_paragraphs_it_spans(database, now):
    draft = article("Ünder the 🌍.", "Mid.", "A long last one.", title="🌍")
    body = articles.body(draft.paragraphs)
    spans = [(0, 1, 0, 18), (2, 2, 22, 30), (0, 2, 3, len(body)), (1, 1, 16, 16)]
    parts = [PassageDraft(n, first, first, last, start, end, 1, f"d{n}") for n, (first, last, start, end) in enumerate(spans)]
    with database.write() as conn:
        key = model(conn)
        articles.save(conn, draft, parts, key=None, url_key=None, canonical_key=None, now=now)
        texts = [text.text for text in passages.pending(conn, key, 10)]
    assert texts == [body[start:end] for *_, start, end in spans]


def test_a_title_alone_may_be_a_passage(database, now):
    with database.write() as conn:
        key = model(conn)
        alone = [PassageDraft(0, 0, 0, 0, 0, 0, 2, "d")]
        articles.save(conn, Draft(title="Just this"), alone, key=None, url_key=None, canonical_key=None, now=now)
        assert passages.pending(conn, key, 5) == [passages.PendingText("d", "Just this", "", 2)]


def test_vectors_come_back_for_whole_articles_only(database, save, split):
    with database.write() as conn:
        key, drafts = model(conn), [article("One.", "Two."), article("Three.", "One."), Draft(title="No passages")]
        whole, part, none = (save(conn, draft).key for draft in drafts)
        digests = [passage.digest for passage in split(drafts[0])]
        store(conn, key, digests)
        found = passages.vectors_of(conn, key, [whole, part, none, 999])
        assert list(found) == [whole, part, none, 999]
        keys, encoded = found[whole]
        assert keys.tolist() == [passage.key for passage in passages.of_articles(conn, [whole])[whole]]
        assert encoded.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(encoded, axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(encoded, encode(digests), atol=1e-3)
        assert found[part] is None
        assert found[none][0].tolist() == found[999][0].tolist() == []
        assert found[none][1].shape == (0, DIMENSION)


def test_half_precision_is_enough():
    pairs = np.random.default_rng(1).standard_normal((2_000, 384)).astype(np.float32)
    pairs /= np.linalg.norm(pairs, axis=1, keepdims=True)
    halves = passages._decode([half.tobytes() for half in pairs.astype("<f2")], 384)
    errors = np.abs((pairs[:1000] * pairs[1000:]).sum(axis=1) - (halves[:1000] * halves[1000:]).sum(axis=1))
    assert errors.max() < 1e-4


def test_an_unchanged_paragraph_keeps_its_vector_and_a_lost_one_does_not(database, save, split, now):
    draft = article("One.", "Two.")
    changed = article("One.", "New.")
    with database.write() as conn:
        key, other = model(conn), model(conn, "other")
        saved = save(conn, draft)
        for each in (key, other):
            store(conn, each, [passage.digest for passage in split(draft)])
        save(conn, changed, key=saved.key)
        assert [text.text for text in passages.pending(conn, key, 10)] == ["New."]
        assert conn.scalar(select(func.count()).select_from(vectors)) == 2
        assert store(conn, key, [split(draft)[1].digest]) == 0, "nothing has it any more"
        twin = save(conn, replace(changed, tags=("twin",)))
        articles.delete(conn, saved.key, now)
        assert conn.scalar(select(func.count()).select_from(vectors)) == 2, "its twin still has it"
        articles.delete(conn, twin.key, now)
        assert conn.scalar(select(func.count()).select_from(vectors)) == 0


def test_passages_may_be_split_anew(database, save, split, now):
    draft = article("One.", "Two.")
    with database.write() as conn:
        key, saved = model(conn), save(conn, draft)
        store(conn, key, [passage.digest for passage in split(draft)])
        before = passages.of_articles(conn, [saved.key])[saved.key]
        joined = PassageDraft(0, 0, 0, 1, 0, 10, 2, "joined")
        seq = passages.replace_all(conn, saved.key, [joined, replace(split(draft)[0], ordinal=1)], now)
        after = passages.of_articles(conn, [saved.key])[saved.key]
        assert seq == saved.seq + 1 == changes.seq(conn) == articles.get(conn, saved.key).seq
        assert {passage.key for passage in before} & {passage.key for passage in after} == set()
        assert passages.by_key(conn, [after[0].key, before[0].key]) == {after[0].key: after[0]}
        assert (after[0].article, after[0].first, after[0].last, after[0].end) == (saved.key, 0, 1, 10)
        assert [text.text for text in passages.pending(conn, key, 5)] == ["One.\n\nTwo."]
        assert conn.scalar(select(func.count()).select_from(vectors)) == 1
        with pytest.raises(KeyError):
            passages.replace_all(conn, 999, [], now)


TEXTS = st.lists(st.sampled_from(["One.", "Two.", "Three.", "Four."]), max_size=3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("save"), st.integers(0, 2), TEXTS),
        st.tuples(st.just("delete"), st.integers(0, 2)),
        st.tuples(st.just("encode"), st.integers(1, 3)),
        st.tuples(st.just("resplit"), st.integers(0, 2)),
        st.tuples(st.just("settle")),
    ),
    max_size=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_after_any_history_exactly_what_lacks_a_vector_is_pending(scratch, save, split, now, steps):
    """The mark of completeness never hides anything, and no vector is left without a passage."""
    with scratch() as conn:
        key, stored, drafts, encoded = model(conn), {}, {}, set()
        for step in steps:
            match step:
                case ("save", number, texts):
                    drafts[number] = article(*texts)
                    stored[number] = save(conn, replace(drafts[number], tags=(str(number),)), key=stored.get(number)).key
                case ("delete", number) if number in stored:
                    articles.delete(conn, stored.pop(number), now)
                    del drafts[number]
                case ("encode", limit):
                    digests = [text.digest for text in passages.pending(conn, key, limit)]
                    assert not encoded & set(digests), "nothing is encoded twice"
                    store(conn, key, digests)
                    encoded |= set(digests)
                case ("resplit", number) if number in stored:
                    passages.replace_all(conn, stored[number], split(drafts[number]), now)
                case ("settle",):
                    passages.settle(conn, key)
            used = {number: {passage.digest for passage in split(draft)} for number, draft in drafts.items()}
            encoded &= set().union(*used.values())
            lacking = {number for number, digests in used.items() if digests - encoded}
            standing = articles.standing_after(conn, 0)
            places = [standing[stored[number]].seq for number in lacking]
            assert passages.first_unready(conn, key) == min(places, default=None)
            assert {text.digest for text in passages.pending(conn, key, 99)} == set().union(*used.values()) - encoded
        assert set(conn.execute(select(vectors.c.digest)).scalars()) == encoded
        assert totals.read(conn) == totals.Totals(*(_count(conn, table) for table in ("articles", "paragraphs", "passages")))
        if steps:
            assert passages.pending_count(conn, key) == len(set().union(*used.values()) - encoded)
            assert passages.coverage(conn, key).articles_pending == len(lacking)
            found = passages.vectors_of(conn, key, list(stored.values()))
            assert {number for number in stored if found[stored[number]] is None} == lacking
