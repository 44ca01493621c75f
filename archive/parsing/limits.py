"""How large an article and a file may be, in one place."""

from collections.abc import Iterator
from typing import Final

from archive.parsing.failures import Problem
from db.records import Draft

TITLE: Final = 2_000
DEK: Final = 20_000
LABEL: Final = 300
LABELS: Final = 1_000
IDENTIFIER: Final = 1_000
URL: Final = 4_000
PARAGRAPHS: Final = 20_000
REFERENCES: Final = 20_000
TEXT: Final = 5_000_000
EXTRA: Final = 1_000_000
"""Characters and counts."""

FILE: Final = 256 << 20
LINE: Final = 64 << 20
UNPACKED: Final = 8 << 30
"""Bytes: a file that is read whole, a line of NDJSON, all that a packed file may unpack to."""

DEPTH: Final = 4
"""Levels of containers: a page in a WARC in a gzip in a ZIP has three."""


def violations(draft: Draft) -> Iterator[Problem]:
    """Every limit the draft is beyond, with the pointer of the field."""
    yield from _long_fields(draft)
    yield from _labels("/authors", draft.authors)
    yield from _labels("/categories", draft.categories)
    yield from _labels("/tags", draft.tags)
    yield from _body(draft)
    yield from _references(draft)


def _long_fields(draft: Draft) -> Iterator[Problem]:
    fields = (
        ("title", draft.title, TITLE),
        ("dek", draft.dek, DEK),
        ("series", draft.series, LABEL),
        ("language", draft.language, LABEL),
        ("source", draft.source, LABEL),
        ("external_id", draft.external_id, IDENTIFIER),
        ("url", draft.url, URL),
        ("canonical_url", draft.canonical_url, URL),
    )
    for name, text, limit in fields:
        if text and len(text) > limit:
            yield f"/{name}", f"{len(text):,} characters; at most {limit:,} are stored"


def _labels(pointer: str, labels: tuple[str, ...]) -> Iterator[Problem]:
    if len(labels) > LABELS:
        yield pointer, f"{len(labels):,} entries; at most {LABELS:,} are stored"
        return
    for position, label in enumerate(labels):
        if len(label) > LABEL:
            yield f"{pointer}/{position}", f"{len(label):,} characters; at most {LABEL:,} are stored"


def _references(draft: Draft) -> Iterator[Problem]:
    if len(draft.references) > REFERENCES:
        yield "/references", f"{len(draft.references):,} references; at most {REFERENCES:,} are stored"
    for position, entry in enumerate(draft.references):
        for name, text, limit in (("label", entry.label, LABEL), ("text", entry.text, DEK), ("url", entry.url, URL)):
            if text and len(text) > limit:
                yield f"/references/{position}/{name}", f"{len(text):,} characters; at most {limit:,} are stored"


def _body(draft: Draft) -> Iterator[Problem]:
    if len(draft.paragraphs) > PARAGRAPHS:
        yield "/paragraphs", f"{len(draft.paragraphs):,} paragraphs; at most {PARAGRAPHS:,} are stored"
    length = sum(len(paragraph.text) for paragraph in draft.paragraphs)
    if length > TEXT:
        yield "/paragraphs", f"{length:,} characters; at most {TEXT:,} are stored"
