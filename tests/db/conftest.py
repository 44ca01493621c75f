"""Drafts, and how the tests store them."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import pytest
from hypothesis import strategies as st
from sqlalchemy import Connection

from db import articles
from db.records import Draft, Moment, Original, ParagraphDraft, PassageDraft, Reference, Saved
from db.session import Database

NOW = 1_700_000_000_000_000


@pytest.fixture
def now() -> Moment:
    return Moment.at(NOW)


Passages = list[PassageDraft]


@pytest.fixture(scope="session")
def split() -> Callable[[Draft], Passages]:
    """One passage for each paragraph; the digest is that of title and text."""

    def split(draft: Draft) -> Passages:
        found, start = [], 0
        for ordinal, part in enumerate(draft.paragraphs):
            digest = hashlib.sha256(f"{draft.title}\n{part.text}".encode()).hexdigest()
            end = start + len(part.text)
            found.append(PassageDraft(ordinal, ordinal, ordinal, ordinal, start, end, len(part.text.split()), digest))
            start = end + 2
        return found

    return split


@pytest.fixture(scope="session")
def save(split: Callable[[Draft], Passages]) -> Callable[..., Saved]:
    """Stores a draft with its passages, under its URLs as they are."""

    def save(conn: Connection, draft: Draft, key: int | None = None, micros: int = NOW) -> Saved:
        aliases = [(each, each) for each in draft.aliases]
        keys = {"key": key, "url_key": draft.url, "canonical_key": draft.canonical_url, "alias_keys": aliases}
        return articles.save(conn, draft, split(draft), **keys, now=Moment.at(micros))

    return save


@pytest.fixture(scope="session")
def drafts() -> st.SearchStrategy[Draft]:
    """Drafts out of few values, so that equal ones and ties are common; any character that can be stored may be in them."""
    names = st.sampled_from(["Ann", "ANN", "ann", "Straße", "STRASSE", "Bo", "Émile", "50%", "a_b"])
    optional = st.none() | names
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
    labels = st.lists(names, max_size=3).map(tuple)
    moments = st.none() | st.sampled_from(
        [
            Moment("2020-02-29T23:30:00-05:00", 1_583_037_000_000_000),
            Moment("2020-03-01", 1_583_020_800_000_000),
            Moment("2021-12-31T00:00:00Z", 1_640_908_800_000_000),
            Moment("1969-07-20T20:17:40Z", -14_182_940_000_000),
        ]
    )
    return st.builds(
        Draft,
        title=st.sampled_from(["", "News", "news", "Zoo"]) | text,
        paragraphs=st.lists(st.builds(ParagraphDraft, st.sampled_from(["One.", "Two.", ""]) | text), max_size=4).map(tuple),
        dek=optional,
        authors=labels,
        categories=labels,
        tags=labels,
        series=optional,
        language=optional,
        source=optional,
        url=optional,
        canonical_url=optional,
        published_at=moments,
        modified_at=moments,
        references=st.lists(st.builds(Reference, optional, text, optional), max_size=2).map(tuple),
        extra=st.dictionaries(text, st.none() | st.integers() | text | st.lists(text, max_size=2), max_size=2),
        original=st.none() | st.builds(Original, st.binary(max_size=20), st.just("text/plain"), st.just("utf-8"), optional),
    )


class _Undo(Exception):
    pass


@pytest.fixture
def scratch(database: Database) -> Callable[[], AbstractContextManager[Connection]]:
    """A block whose writes are undone at its end: an empty archive for each example of a property."""

    @contextmanager
    def scratch() -> Iterator[Connection]:
        with suppress(_Undo), database.write() as conn:
            yield conn
            raise _Undo

    return scratch
