"""What is saved comes back, changes are kept apart, and a deleted article is gone."""

import hashlib
import unicodedata
from dataclasses import fields, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from db import aliases, articles, changes, passages
from db.articles import Incoming
from db.errors import ExternalIdTaken, NotStorable
from db.identity import NOT_CONTENT, TELLING_LENGTH, ext_key
from db.records import Draft, Filters, Moment, Original, ParagraphDraft, Reference
from db.tables import metadata, vectors

PROPERTY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
STORED = [field.name for field in fields(Draft) if field.name not in NOT_CONTENT | {"paragraphs"}] + ["language_detected"]
FULL = Draft(
    title="IRAN-US: What’s Next?",
    paragraphs=(ParagraphDraft("One [1].", citations=("1",)), ParagraphDraft("Two.", "heading"), ParagraphDraft("Two.")),
    dek="A dek",
    authors=("Mohammed Mustafa", "Ann"),
    categories=("Analysis",),
    tags=("b", "a"),
    series="S",
    language="en",
    source="paper",
    url="https://e.org/1",
    canonical_url="https://e.org/c",
    external_id="17",
    published_at=Moment("2020-01-03T09:00:00+03:30", 1_578_031_200_000_000),
    modified_at=Moment("2020-01-04", 1_578_096_000_000_000),
    references=(Reference("1", "A source", "https://s.org"), Reference(None, "Another")),
    extra={"k": [1, None, {"ü": "\\u0000"}]},
    original=Original(b"\x00\xffbytes", "text/plain", "utf-8", "a.txt"),
)


@PROPERTY
@given(data=st.data())
def test_what_is_saved_comes_back(scratch, save, drafts, data):
    draft = data.draw(drafts)
    with scratch() as conn:
        saved = save(conn, draft)
        stored = articles.get(conn, saved.key)
        assert {name: getattr(stored, name) for name in STORED} == {name: getattr(draft, name) for name in STORED}
        assert [(part.text, part.kind) for part in stored.paragraphs] == [(part.text, part.kind) for part in draft.paragraphs]
        assert articles.original(conn, saved.key) == draft.original
        body = articles.body(draft.paragraphs)
        assert [body[part.start : part.end] for part in stored.paragraphs] == [part.text for part in draft.paragraphs]
        assert (stored.id, stored.seq, stored.revision) == (saved.id, saved.seq, 1)
        assert stored.sha256 == articles.content_digest(draft)


def test_a_full_article_comes_back(database, save, now):
    with database.write() as conn:
        saved = save(conn, FULL)
    with database.read() as conn:
        stored = articles.get(conn, saved.key)
        assert {name: getattr(stored, name) for name in STORED} == {name: getattr(FULL, name) for name in STORED}
        assert [(part.text, part.kind, part.citations) for part in stored.paragraphs] == [
            ("One [1].", "paragraph", ("1",)),
            ("Two.", "heading", ()),
            ("Two.", "paragraph", ()),
        ]
        assert len({part.id for part in stored.paragraphs}) == 3
        assert articles.original(conn, saved.key) == FULL.original
        assert stored.ingested_at == stored.updated_at == now
        bare = articles.get(conn, saved.key, paragraphs=False, references=False, extra=False)
        assert (bare.paragraphs, bare.references, bare.extra, bare.tags) == ((), (), {}, ("b", "a"))
        assert articles.paragraph(conn, stored.paragraphs[1].id) == (saved.key, stored.paragraphs[1])
        [numbered] = articles.paragraph_keys(conn, [saved.key, 999]).values()
        by_key = articles.paragraphs_by_key(conn, [*numbered, 999])
        assert [by_key[key] for key in numbered] == [(saved.key, part) for part in stored.paragraphs]
        assert len(by_key) == 3
        [whole] = articles.whole(conn, [saved.key, 999]).values()
        assert whole.article == articles.get(conn, saved.key, extra=False)
        assert whole.paragraphs == {key: ordinal for ordinal, key in enumerate(numbered)}
        assert whole.passages == {part.key: part.paragraph for part in passages.of_articles(conn, [saved.key])[saved.key]}
        assert articles.get(conn, 999) is None


def test_the_same_again_writes_nothing(database, save):
    with database.write() as conn:
        first = save(conn, FULL)
    with database.write() as conn:
        again = save(conn, replace(FULL, original=Original(b"other", "text/html"), warnings=("w",)), key=first.key)
        assert again.state == "unchanged"
        assert (again.id, again.seq, again.revision) == (first.id, first.seq, 1)
        assert articles.original(conn, first.key) == FULL.original
        assert changes.seq(conn) == first.seq


def test_a_change_makes_a_revision_and_keeps_the_ids_of_unchanged_paragraphs(database, save):
    changed = replace(FULL, paragraphs=(ParagraphDraft("New."), *FULL.paragraphs[1:]), original=None, source="other")
    with database.write() as conn:
        first = save(conn, FULL)
        before = articles.get(conn, first.key)
        second = save(conn, changed, key=first.key)
        after = articles.get(conn, first.key)
        assert (second.state, second.key, second.id, second.revision) == ("updated", first.key, first.id, 2)
        assert second.seq == first.seq + 1 == after.seq == changes.seq(conn)
        assert [part.id for part in after.paragraphs[1:]] == [part.id for part in before.paragraphs[1:]]
        assert after.paragraphs[0].id != before.paragraphs[0].id
        assert articles.original(conn, first.key, revision=1) == articles.original(conn, first.key) == FULL.original
        assert articles.original(conn, first.key, revision=2) is None
        assert articles.find(conn, "ext", "other:17") == [first.key]


def test_a_deleted_article_leaves_only_its_tombstone(database, save, now):
    with database.write() as conn:
        saved = save(conn, FULL)
        save(conn, replace(FULL, title="Changed"), key=saved.key)
        seq = articles.delete(conn, saved.key, now)
    with database.read() as conn:
        left = {table.name: conn.scalar(select(func.count()).select_from(table)) for table in metadata.sorted_tables}
        assert {name: count for name, count in left.items() if count} == {"changes": 1, "clock": 1}
        [tombstone] = changes.after(conn, 0, 10)
        assert (tombstone.seq, tombstone.article, tombstone.id, tombstone.deleted) == (seq, saved.key, saved.id, True)
    with database.write() as conn:
        with pytest.raises(KeyError):
            articles.delete(conn, saved.key, now)
        assert save(conn, FULL).key != saved.key


def test_references_find_articles(database, save):
    with database.write() as conn:
        saved, other = save(conn, FULL), save(conn, replace(FULL, external_id="18", url="https://e.org/2", original=None))
        stored = articles.get(conn, saved.key)
        assert articles.find(conn, "id", saved.id) == [saved.key]
        assert articles.find(conn, "url", "https://e.org/1") == [saved.key]
        assert articles.find(conn, "url", "https://e.org/c") == [saved.key, other.key]
        assert articles.find(conn, "ext", "paper:17") == articles.find(conn, "ext", ext_key("paper", "17")) == [saved.key]
        assert articles.find(conn, "sha256", stored.sha256) == [saved.key]
        assert articles.find(conn, "sha256", stored.text_sha256) == [saved.key, other.key]
        assert articles.find(conn, "sha256", hashlib.sha256(b"\x00\xffbytes").hexdigest()) == [saved.key]
        assert [articles.find(conn, kind, "no\0\ud800") for kind in ("id", "url", "ext", "sha256")] == [[]] * 4


def identify(conn, draft):
    return articles.identify(
        conn, Incoming.of(draft, (), draft.url, draft.canonical_url, [(each, each) for each in draft.aliases])
    )


@pytest.mark.parametrize(
    ("draft", "same"),
    [
        (replace(FULL, title="Another", url=None), True),
        (replace(FULL, title="Another", external_id="18"), False),
        (replace(FULL, title="Another", external_id=None), True),
        (replace(FULL, title="Another", external_id=None, canonical_url=None), True),
        (replace(FULL, title="Another", external_id=None, canonical_url=None, url="https://e.org/c"), True),
        (replace(FULL, title="Another", external_id=None, canonical_url=None, url="https://e.org/3"), False),
        (
            replace(
                FULL, title="Another", url="https://e.org/3", canonical_url=None, external_id=None, aliases=("https://e.org/1",)
            ),
            True,
        ),
        (replace(FULL, title="Another", source="the same paper under another name"), True),
        (replace(FULL, title="Another", source="else", url="https://e.org/3", canonical_url=None), False),
        (replace(FULL, original=None), True),
    ],
)
def test_a_draft_is_recognised(database, save, draft, same):
    with database.write() as conn:
        saved = save(conn, FULL)
        assert identify(conn, draft) == (saved.key if same else None)


def test_equal_content_is_recognised_without_any_name(database, save):
    plain = Draft(title="T", paragraphs=(ParagraphDraft("Text"),))
    with database.write() as conn:
        saved = save(conn, plain)
        assert identify(conn, plain) == saved.key
        assert identify(conn, replace(plain, tags=("x",))) is None


@pytest.mark.parametrize(
    ("stored", "draft", "same"),
    [
        ({}, {"tags": ("x",)}, True),
        ({"url": "https://e.org/1"}, {}, True),
        ({}, {"external_id": "1"}, True),
        ({"source": "S", "external_id": "1"}, {"source": "T"}, True),
        ({"url": "https://e.org/1"}, {"url": "https://e.org/2"}, False),
        ({"external_id": "1"}, {"url": "https://e.org/2"}, False),
        ({}, {"title": "Another title"}, False),
        ({}, {"paragraphs": (ParagraphDraft("a" * (TELLING_LENGTH - 2)), ParagraphDraft("bb"))}, False),
    ],
)
def test_title_and_text_are_enough_where_one_has_no_name(database, save, stored, draft, same):
    plain = Draft(title="T", paragraphs=(ParagraphDraft("a" * (TELLING_LENGTH - 1)), ParagraphDraft("b")))
    with database.write() as conn:
        saved = save(conn, replace(plain, **stored))
        assert identify(conn, replace(plain, **draft)) == (saved.key if same else None)
        short = replace(plain, paragraphs=(ParagraphDraft("a" * (TELLING_LENGTH - 1)),))
        save(conn, replace(short, url="https://e.org/short"))
        assert identify(conn, short) is None


def test_former_names_lead_to_the_article_for_as_long_as_no_other_has_them(database, save, now):
    renamed = replace(
        FULL, url="https://e.org/new", canonical_url=None, source="other", aliases=("https://e.org/short", "https://e.org/1")
    )
    with database.write() as conn:
        first = save(conn, replace(FULL, aliases=("https://e.org/c", "https://e.org/0")))
        assert [name.value for name in aliases.of(conn, first.key)] == ["https://e.org/0"]
        save(conn, renamed, key=first.key)
        former = {"https://e.org/0", "https://e.org/1", "https://e.org/c", "https://e.org/short", "paper:17"}
        assert {name.value for name in aliases.of(conn, first.key)} == former
        for name in aliases.of(conn, first.key):
            assert articles.find(conn, name.kind, name.key) == [first.key]
        assert identify(conn, Draft(title="x", source="paper", external_id="17")) == first.key
        assert identify(conn, Draft(title="x", url="https://e.org/c")) == first.key
        other = save(conn, Draft(title="Another", url="https://e.org/1"))
        assert articles.find(conn, "url", "https://e.org/1") == [other.key]
        assert identify(conn, Draft(title="x", url="https://e.org/1")) == other.key
        save(conn, FULL, key=first.key)
        assert {name.value for name in aliases.of(conn, first.key)} == {
            "https://e.org/0",
            "https://e.org/new",
            "https://e.org/short",
            "other:17",
        }
        articles.delete(conn, first.key, now)
        assert articles.find(conn, "url", "https://e.org/0") == []


def test_several_articles_may_have_had_a_name(database, save):
    with database.write() as conn:
        keys = [save(conn, Draft(title=title, aliases=("https://e.org/old",))).key for title in "AB"]
        assert articles.find(conn, "url", "https://e.org/old") == keys
        assert list(aliases.of_many(conn, keys)) == keys


@PROPERTY
@given(data=st.data())
def test_strangers_are_those_that_identify_does_not_know(scratch, save, data):
    """All at once, and one after the other."""
    some = st.sampled_from
    text = (ParagraphDraft("t" * TELLING_LENGTH),)
    urls = st.none() | some(["https://e.org/1", "https://e.org/2"])
    made = st.builds(
        Draft,
        title=some("AB"),
        paragraphs=some([(), text]),
        tags=some([(), ("x",)]),
        url=urls,
        canonical_url=urls,
        external_id=st.none() | some("12"),
        aliases=some([(), ("https://e.org/2",), ("https://e.org/3",)]),
    )
    with scratch() as conn:
        for draft in data.draw(st.lists(made, max_size=3)):
            save(conn, draft, key=identify(conn, draft))
        batch = [
            Incoming.of(each, (), each.url, each.canonical_url, [(alias, alias) for alias in each.aliases])
            for each in data.draw(st.lists(made, max_size=4))
        ]
        answers = articles.strangers(conn, batch)
        for incoming, stranger in zip(batch, answers, strict=True):
            key = articles.identify(conn, incoming)
            assert not stranger or key is None
            articles.put(conn, incoming, key, Moment.at(1))


def test_an_external_id_belongs_to_one_article(database, save):
    with database.write() as conn:
        first, second = save(conn, FULL), save(conn, replace(FULL, external_id="18"))
        with pytest.raises(ExternalIdTaken) as taken:
            save(conn, FULL, key=second.key)
        assert taken.value.key == first.key


@pytest.mark.parametrize(
    "draft",
    [
        Draft(title="a\0b"),
        Draft(title="\ud800"),
        Draft(title="T", extra={"n": float("nan")}),
        Draft(title="T", extra={"k\0": 1}),
        Draft(title="T", extra={"at": object()}),
        Draft(title="T", original=Original(b"", "text/plain", None, "a\0.txt")),
    ],
)
def test_what_no_database_keeps_is_refused(database, save, draft):
    with pytest.raises(NotStorable), database.write() as conn:
        save(conn, draft)
    with database.read() as conn:
        assert articles.count(conn, Filters()) == 0


def test_nesting_without_end_is_refused(save, database):
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotStorable), database.write() as conn:
        save(conn, Draft(title="T", extra={"deep": deep}))


def test_enormous_values_are_kept_and_found(database, save):
    # Not compressible, because PostgreSQL compresses what it indexes before it complains.
    huge = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(16_000))
    draft = Draft(
        title=huge,
        paragraphs=(ParagraphDraft(huge),),
        authors=(huge, huge.upper()),
        tags=tuple(f"tag {number}" for number in range(10_000)),
        **dict.fromkeys(("series", "language", "source", "url", "canonical_url", "external_id"), huge),
    )
    with database.write() as conn:
        saved = save(conn, draft)
    with database.read() as conn:
        stored = articles.get(conn, saved.key)
        assert (stored.title, stored.authors, stored.tags) == (draft.title, draft.authors, draft.tags)
        assert articles.find(conn, "url", huge) == articles.find(conn, "ext", f"{huge}:{huge}") == [saved.key]
        assert identify(conn, replace(draft, external_id=None)) == saved.key
        for name in ("source", "series", "language", "author"):
            assert articles.count(conn, Filters(**{name: (huge.upper(),)})) == 1
            assert articles.count(conn, Filters(**{name: (huge[:-1],)})) == 0


def test_many_articles_take_one_statement(database, save):
    with database.write() as conn:
        keys = [save(conn, replace(FULL, title=str(n), external_id=str(n))).key for n in range(30)]
    with database.read() as conn:
        found = articles.many(conn, [*keys, 999], paragraphs=True, references=True, extra=True)
        assert list(found) == keys
        assert all(found[key] == articles.get(conn, key) for key in keys)
        assert sorted(articles.standing_after(conn, 0)) == keys
        standing = articles.standing_after(conn, found[keys[2]].seq)
        assert {keys[3]: standing[keys[3]]} == {
            keys[3]: articles.Standing(found[keys[3]].seq, FULL.published_at.micros, found[keys[3]].text_sha256, "S", "3")
        }
        assert [article.key for article in articles.export(conn, Filters())] == keys
        assert next(articles.export(conn, Filters())) == found[keys[0]]


def test_digests_tell_content_from_words():
    moved = replace(FULL, tags=("c",), original=None, warnings=("w",))
    assert articles.text_digest(FULL) == articles.text_digest(moved)
    assert articles.content_digest(FULL) == articles.content_digest(replace(FULL, original=None, warnings=("w",)))
    different = {
        articles.content_digest(replace(FULL, **{name: None})) for name in ("dek", "series", "language", "source", "url")
    }
    assert len(different | {articles.content_digest(FULL), articles.content_digest(moved)}) == 7
    composed, decomposed = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))
    assert articles.text_digest(Draft(title=composed)) != articles.text_digest(Draft(title=decomposed))


def test_ids_grow_with_time_and_never_repeat(database, save):
    with database.write() as conn:
        ids = [save(conn, Draft(title=str(n)), micros=1_700_000_000_000_000 + n * 1000).id for n in range(50)]
    assert ids == sorted(set(ids))
    assert all(len(id) == 22 and id.startswith("a_") for id in ids)


def test_vectors_are_no_part_of_an_article_without_passages(database, save):
    with database.write() as conn:
        save(conn, Draft(title="Only a title"))
        assert conn.scalar(select(func.count()).select_from(vectors)) == 0
