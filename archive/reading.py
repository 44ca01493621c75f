"""Articles, paragraphs and revisions as they are answered."""

import base64
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from archive import cursors
from archive.answers import (
    AlsoIn,
    ArticleOut,
    ArticlePage,
    ArticleParagraphs,
    ChangeOut,
    Changes,
    DraftOut,
    DraftParagraph,
    DraftReference,
    Indexing,
    OriginalOut,
    ParagraphInContext,
    ParagraphOut,
    ReferenceOut,
    RevisionOut,
    Revisions,
)
from archive.errors import ArticleNotFound, MalformedCursor, OriginalNotFound, ParagraphNotFound, RevisionNotFound, UnknownChange
from archive.parsing import citations_without_entry
from archive.refs import resolve
from archive.requests import ArticleListRequest, ChangesRequest, FilterRequest, Include
from db import Connection, aliases, articles, passages
from db import changes as log
from db import revisions as history
from db.records import Article, Draft, Moment, Original, Paragraph, Reference, Revision

if TYPE_CHECKING:
    from archive.archive import Archive

POLL_S = 0.2


def version(article: ArticleOut) -> str:
    """Names the article's state: the same content in the same revision has the same version."""
    return f"{article.sha256[:16]}-{article.revision}"


def article(archive: "Archive", ref: str, include: Collection[Include]) -> ArticleOut:
    with archive.db.read() as conn:
        key = resolve(conn, ref)
        return with_all(archive, conn, _existing(conn, key, ref), include)


def with_all(archive: "Archive", conn: Connection, found: Article, include: Collection[Include]) -> ArticleOut:
    """The article with whatever of it was asked for, and how far it is indexed."""
    kept = articles.original(conn, found.key) if "original" in include else None
    return present(found, include).model_copy(
        update={
            "revisions": [_revision(item) for item in history.history(conn, found.key)] if "revisions" in include else None,
            "original": _original(kept) if kept else None,
            "aliases": [f"{name.kind}:{name.value}" for name in aliases.of(conn, found.key)],
            "indexing": indexing(archive, conn, found),
        }
    )


def present(found: Article, include: Collection[Include] = ()) -> ArticleOut:
    """The article's own fields; paragraphs, references and extra where they are asked for (and were read)."""
    with_paragraphs = "paragraphs" in include or "body" in include
    with_references = "references" in include
    return ArticleOut(
        id=found.id,
        title=found.title,
        dek=found.dek,
        url=found.url,
        canonical_url=found.canonical_url,
        source=found.source,
        external_id=found.external_id,
        authors=list(found.authors),
        categories=list(found.categories),
        tags=list(found.tags),
        series=found.series,
        language=found.language,
        language_detected=found.language_detected,
        published_at=_text(found.published_at),
        modified_at=_text(found.modified_at),
        ingested_at=found.ingested_at.text,
        updated_at=found.updated_at.text,
        revision=found.revision,
        seq=found.seq,
        sha256=found.sha256,
        paragraphs=[paragraph_out(item) for item in found.paragraphs] if with_paragraphs else None,
        references=[_reference(item, found.paragraphs) for item in found.references] if with_references else None,
        citations_without_entry=_without_entry(found) if with_references else None,
        extra=dict(found.extra) if "extra" in include else None,
    )


def drafted(draft: Draft) -> DraftOut:
    """An article that is not stored."""
    own = ("title", "dek", "url", "canonical_url", "source", "external_id", "series", "language")
    return DraftOut(
        **{name: getattr(draft, name) for name in own},
        authors=list(draft.authors),
        categories=list(draft.categories),
        tags=list(draft.tags),
        published_at=_text(draft.published_at),
        modified_at=_text(draft.modified_at),
        paragraphs=[DraftParagraph(kind=each.kind, text=each.text, citations=list(each.citations)) for each in draft.paragraphs],
        references=[DraftReference(label=each.label, text=each.text, url=each.url) for each in draft.references],
        extra=dict(draft.extra),
    )


def also_in(found: Article) -> AlsoIn:
    return AlsoIn(
        id=found.id,
        title=found.title,
        url=found.url,
        source=found.source,
        external_id=found.external_id,
        published_at=_text(found.published_at),
    )


def paragraph_out(item: Paragraph) -> ParagraphOut:
    return ParagraphOut(
        id=item.id,
        ordinal=item.ordinal,
        kind=item.kind,
        text=item.text,
        start=item.start,
        end=item.end,
        citations=list(item.citations),
    )


def indexing(archive: "Archive", conn: Connection, found: Article) -> Indexing:
    indexer = archive.indexer
    indexer.keep_pace()
    parts = passages.of_articles(conn, [found.key]).get(found.key, [])
    searchable = indexer.vectors.index.version(found.key) == found.seq and indexer.reached >= found.seq
    return Indexing(
        state="searchable" if searchable else "pending",
        seq=found.seq,
        passages=len(parts),
        coverage=coverage(found.paragraphs, [(part.start, part.end) for part in parts]),
    )


def coverage(paragraphs: Iterable[Paragraph], stretches: Iterable[tuple[int, int]]) -> float:
    """The share of the body's characters, white space left out, that lies within the stretches of it."""
    body = "\n\n".join(paragraph.text for paragraph in paragraphs)
    total = _printing(body)
    missed = end_of_last = 0
    for start, end in sorted(stretches):
        missed += _printing(body[end_of_last:start])
        end_of_last = max(end_of_last, end)
    missed += _printing(body[end_of_last:])
    return 1 - missed / total if total else 1.0


def _printing(text: str) -> int:
    return sum(map(len, text.split()))


def _text(moment: Moment | None) -> str | None:
    return moment.text if moment else None


def _reference(item: Reference, paragraphs: Sequence[Paragraph]) -> ReferenceOut:
    citing = [p.id for p in paragraphs if item.label is not None and item.label in p.citations]
    return ReferenceOut(label=item.label, text=item.text, url=item.url, cited_by=citing)


def _without_entry(found: Article) -> list[str]:
    return list(citations_without_entry([p.citations for p in found.paragraphs], found.references))


def _original(kept: Original) -> OriginalOut:
    return OriginalOut(
        media_type=kept.media_type,
        charset=kept.charset,
        name=kept.name,
        bytes=len(kept.content),
        content_base64=base64.b64encode(kept.content).decode(),
    )


def _revision(item: Revision) -> RevisionOut:
    return RevisionOut(
        number=item.number,
        at=item.at.text,
        sha256=item.sha256,
        changed=list(item.changed),
        paragraphs_added=item.paragraphs_added,
        paragraphs_removed=item.paragraphs_removed,
        document=dict(item.document) if item.document is not None else None,
    )


def _existing(conn: Connection, key: int, ref: str) -> Article:
    found = articles.get(conn, key)
    if found is None:
        raise ArticleNotFound(ref)
    return found


# Lists


def articles_page(archive: "Archive", request: ArticleListRequest) -> ArticlePage:
    query = cursors.fingerprint(request.fingerprint())
    after = keyset(cursors.read(request.cursor, query)) if request.cursor else None
    wanted = {"body", "paragraphs", "references"} & set(request.include)
    with archive.db.read() as conn:
        filters = request.filters()
        page = articles.page(conn, filters, sort=request.sort, limit=request.limit, after=after)
        extra = "extra" in request.include
        found = articles.many(conn, page.keys, paragraphs=bool(wanted), references=bool(wanted), extra=extra)
        count = articles.count(conn, filters)
        shown = [_listed(conn, found[key], request.include) for key in page.keys]
    following = cursors.write(query, list(page.after)) if page.after else None
    return ArticlePage(items=shown, count=count, next=following)


def _listed(conn: Connection, item: Article, include: Collection[Include]) -> ArticleOut:
    shown = present(item, include)
    update: dict[str, object] = {}
    if "revisions" in include:
        update["revisions"] = [_revision(revision) for revision in history.history(conn, item.key)]
    if "original" in include and (kept := articles.original(conn, item.key)):
        update["original"] = _original(kept)
    return shown.model_copy(update=update) if update else shown


def keyset(position: list[object]) -> tuple[object, int]:
    match position:
        case [None | int() | str() as value, int(key)]:
            return value, key
    raise MalformedCursor("The cursor is not one of this archive's; start again without it.")


def export(archive: "Archive", request: FilterRequest) -> Iterator[ArticleOut]:
    with archive.db.read() as conn:
        for item in articles.export(conn, request.filters()):
            yield present(item, ("paragraphs", "references", "extra"))


def changes(archive: "Archive", request: ChangesRequest) -> Changes:
    deadline = time.monotonic() + request.wait
    while True:
        with archive.db.read() as conn:
            found = log.after(conn, request.since, request.limit + 1)
            latest = log.seq(conn)
        if request.since > latest:
            raise UnknownChange(f"The change log ends at {latest}; begin again with since=0, and compare what you have.")
        if found or time.monotonic() >= deadline:
            break
        time.sleep(min(POLL_S, max(0.0, deadline - time.monotonic())))
    shown = found[: request.limit]
    return Changes(
        items=[ChangeOut(seq=item.seq, id=item.id, deleted=item.deleted, at=item.at.text) for item in shown],
        seq=shown[-1].seq if shown else request.since,
        more=len(found) > request.limit,
    )


# Parts


def original(archive: "Archive", ref: str, revision: int | None) -> Original:
    with archive.db.read() as conn:
        kept = articles.original(conn, resolve(conn, ref), revision)
    if kept is None:
        raise OriginalNotFound(ref)
    return kept


def paragraphs(archive: "Archive", ref: str) -> ArticleParagraphs:
    with archive.db.read() as conn:
        found = _existing(conn, resolve(conn, ref), ref)
    return ArticleParagraphs(article=present(found), items=[paragraph_out(item) for item in found.paragraphs])


def paragraph(archive: "Archive", id: str, around: int) -> ParagraphInContext:
    with archive.db.read() as conn:
        place = articles.paragraph(conn, id)
        if place is None:
            raise ParagraphNotFound(id)
        key, found = place
        home = _existing(conn, key, id)
    near = home.paragraphs
    return ParagraphInContext(
        article=present(home),
        paragraph=paragraph_out(found),
        before=[paragraph_out(item) for item in near[max(0, found.ordinal - around) : found.ordinal]],
        after=[paragraph_out(item) for item in near[found.ordinal + 1 : found.ordinal + 1 + around]],
    )


def revisions(archive: "Archive", ref: str) -> Revisions:
    with archive.db.read() as conn:
        return Revisions(items=[_revision(item) for item in history.history(conn, resolve(conn, ref))])


def revision(archive: "Archive", ref: str, number: int) -> RevisionOut:
    with archive.db.read() as conn:
        found = history.revision(conn, resolve(conn, ref), number)
    if found is None:
        raise RevisionNotFound(ref, number)
    return _revision(found)
