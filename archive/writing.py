"""Adding, changing and deleting articles: decide what is meant, split it, save it in one transaction, wake the indexer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace as replace_fields
from typing import TYPE_CHECKING, Any

from archive.answers import Added, Deleted
from archive.clock import now
from archive.errors import ArchiveError, ArticleExists, ArticleNotFound, FieldError, PreconditionFailed, UnreadableArticle
from archive.parsing import ParsingFailed, Unreadable, draft_from_json
from archive.passages import context, split
from archive.reading import present, version
from archive.refs import resolve
from archive.urls import normalize
from db import Connection, articles
from db.articles import Incoming
from db.records import Article, Draft, PassageDraft, Saved

if TYPE_CHECKING:
    from archive.archive import Archive, OnConflict

OWN_FIELDS = ("id", "revision", "seq", "sha256", "ingested_at", "updated_at")
"""What a patch may repeat and not change."""

IN_ONE_TRANSACTION = 100
"""Articles a bulk write saves before it commits: longer would keep other writers waiting."""


def add(archive: "Archive", draft: Draft, on_conflict: "OnConflict") -> Added:
    (added,) = add_many(archive, [draft], on_conflict)
    if isinstance(added, ArchiveError):
        raise added
    return added


def add_many(archive: "Archive", drafts: Sequence[Draft | Unreadable], on_conflict: "OnConflict") -> list[Added | ArchiveError]:
    answers: list[Added | ArchiveError] = []
    for at in range(0, len(drafts), IN_ONE_TRANSACTION):
        answers += _add_part(archive, drafts[at : at + IN_ONE_TRANSACTION], on_conflict)
    return answers


def _add_part(archive: "Archive", drafts: Sequence[Draft | Unreadable], on_conflict: "OnConflict") -> list[Added | ArchiveError]:
    """What needs no write is answered without one; the rest is split outside the transaction that saves it."""
    answers: dict[int, Added | ArchiveError] = {
        at: _unreadable(draft) for at, draft in enumerate(drafts) if isinstance(draft, Unreadable)
    }
    incoming = {at: _incoming(draft) for at, draft in enumerate(drafts) if isinstance(draft, Draft)}
    with archive.db.read() as conn:
        for at, each in _others(conn, incoming):
            if answer := _without_saving(conn, each, on_conflict):
                answers[at] = answer
    wanted = {at: _with_passages(archive, each) for at, each in incoming.items() if at not in answers}
    if wanted:
        with archive.db.write() as conn:
            answers |= _stored(conn, wanted, on_conflict)
        archive.indexer.wake()
    return [answers[at] for at in range(len(drafts))]


def _incoming(draft: Draft) -> Incoming:
    return Incoming.of(draft, (), _url_key(draft.url), _url_key(draft.canonical_url))


def _with_passages(archive: "Archive", incoming: Incoming) -> Incoming:
    draft, passages = _split(archive, incoming.draft)
    return replace_fields(incoming, draft=draft, passages=passages)


def _others(conn: Connection, incoming: Mapping[int, Incoming]) -> list[tuple[int, Incoming]]:
    """Those that may be versions of something: of what is stored, or of one before them."""
    new = articles.strangers(conn, [*incoming.values()])
    return [item for item, stranger in zip(incoming.items(), new, strict=True) if not stranger]


def _stored(conn: Connection, wanted: Mapping[int, Incoming], on_conflict: "OnConflict") -> dict[int, Added | ArchiveError]:
    """Looks again, since another may have written in between. What is new goes in together, the others one by one after it."""
    others = dict(_others(conn, wanted))
    new = {at: each for at, each in wanted.items() if at not in others}
    created = articles.create_many(conn, [*new.values()], now()) if new else []
    answers: dict[int, Added | ArchiveError] = {
        at: _added(saved, each.draft) for (at, each), saved in zip(new.items(), created, strict=True)
    }
    return answers | {at: _one_of_many(conn, each, on_conflict) for at, each in others.items()}


def _unreadable(draft: Unreadable) -> UnreadableArticle:
    return UnreadableArticle(draft.reason, [FieldError(pointer, detail) for pointer, detail in draft.errors])


def _without_saving(conn: Connection, incoming: Incoming, on_conflict: "OnConflict") -> Added | ArchiveError | None:
    """The answer, if the article is not to be saved: it is there already, or it is to be left alone."""
    draft = incoming.draft
    key = articles.identify(conn, draft, incoming.url_key, incoming.canonical_key)
    known = None if key is None else articles.get(conn, key, paragraphs=False, references=False, extra=False)
    if known is None:
        return None
    if known.sha256 == incoming.sha256:
        return Added(id=known.id, status="unchanged", revision=known.revision, seq=known.seq, warnings=list(draft.warnings))
    if on_conflict == "error":
        return ArticleExists(known.id)
    if on_conflict == "skip":
        return Added(id=known.id, status="skipped", revision=known.revision, seq=known.seq)
    return None


def _one_of_many(conn: Connection, incoming: Incoming, on_conflict: "OnConflict") -> Added | ArchiveError:
    try:
        with conn.begin_nested():
            if answer := _without_saving(conn, incoming, on_conflict):
                return answer
            key = articles.identify(conn, incoming.draft, incoming.url_key, incoming.canonical_key)
            return _added(_save(conn, incoming.draft, incoming.passages, key), incoming.draft)
    except ArchiveError as error:
        return error


def _save(conn: Connection, draft: Draft, passages: Sequence[PassageDraft], key: int | None) -> Saved:
    url_key, canonical_key = _url_key(draft.url), _url_key(draft.canonical_url)
    return articles.save(conn, draft, passages, key=key, url_key=url_key, canonical_key=canonical_key, now=now())


def _added(saved: Saved, draft: Draft) -> Added:
    return Added(id=saved.id, status=saved.state, revision=saved.revision, seq=saved.seq, warnings=list(draft.warnings))


def _split(archive: "Archive", draft: Draft) -> tuple[Draft, list[PassageDraft]]:
    """With a warning where the passages cannot have the whole title before them."""
    passages = split(draft.title, [paragraph.text for paragraph in draft.paragraphs], archive.encoder)
    head = context(draft.title, archive.encoder)
    if head != draft.title:
        note = f"The title is too long to stand before each passage; its first {len(head)} characters do, words find all of it."
        draft = replace_fields(draft, warnings=(*draft.warnings, note))
    return draft, passages


def _url_key(url: str | None) -> str | None:
    """What the URL is found by; a URL of another kind than http is kept and shown, and found by nothing."""
    try:
        return normalize(url) if url else None
    except ValueError:
        return None


def replace(archive: "Archive", ref: str, draft: Draft, if_match: Collection[str] | None) -> Added:
    draft, passages = _split(archive, draft)
    with archive.db.write() as conn:
        key = resolve(conn, ref)
        _require(conn, key, ref, if_match)
        added = _added(_save_over(conn, draft, passages, key), draft)
    archive.indexer.wake()
    return added


def patch(archive: "Archive", ref: str, changes: Mapping[str, Any], if_match: Collection[str] | None) -> Added:
    with archive.db.read() as conn:
        key = resolve(conn, ref)
        before = _require(conn, key, ref, if_match)
    draft, passages = _split(archive, patched(before, changes))
    with archive.db.write() as conn:
        _require(conn, key, ref, {version(present(before))})  # nobody has written in between
        added = _added(_save_over(conn, draft, passages, key), draft)
    archive.indexer.wake()
    return added


def _save_over(conn: Connection, draft: Draft, passages: Sequence[PassageDraft], key: int) -> Saved:
    """Raises ArticleExists where the draft takes the external id of another article."""
    if draft.external_id is not None:
        others = [other for other in articles.find(conn, "ext", f"{draft.source or ''}:{draft.external_id}") if other != key]
        if others and (other := articles.get(conn, others[0], paragraphs=False, references=False, extra=False)):
            raise ArticleExists(other.id)
    return _save(conn, draft, passages, key)


def delete(archive: "Archive", ref: str, if_match: Collection[str] | None) -> Deleted:
    with archive.db.write() as conn:
        key = resolve(conn, ref)
        gone = _require(conn, key, ref, if_match)
        seq = articles.delete(conn, key, now())
    archive.indexer.wake()
    return Deleted(id=gone.id, seq=seq)


def _require(conn: Connection, key: int, ref: str, if_match: Collection[str] | None) -> Article:
    """The article, in a state that the caller expects. Raises PreconditionFailed."""
    found = articles.get(conn, key)
    if found is None:
        raise ArticleNotFound(ref)
    if if_match is not None and (actual := version(present(found))) not in if_match:
        raise PreconditionFailed(f"The article is at {actual!r} now; read it again and repeat the change on that.")
    return found


def patched(article: Article, changes: Mapping[str, Any]) -> Draft:
    """The article after a JSON merge patch (RFC 7396): null takes a field away, lists are replaced whole."""
    if not isinstance(changes, Mapping):
        raise UnreadableArticle("A merge patch is a JSON object.", [FieldError("", "must be an object")])
    own = [name for name in OWN_FIELDS if name in changes and changes[name] != getattr(present(article), name)]
    if own:
        raise UnreadableArticle(
            f"{', '.join(own)}: the archive's own, and not to be set.",
            [FieldError(f"/{name}", "is the archive's own") for name in own],
        )
    changes = {name: value for name, value in changes.items() if name not in OWN_FIELDS}
    document: dict[str, Any] = {"extra": dict(article.extra)} | _document(article)
    if "text" in changes:
        document.pop("paragraphs")
    merged = _merge(document, changes)
    extra = merged.pop("extra", None) or {}
    try:
        return draft_from_json(extra | merged, strict=True)
    except ParsingFailed as error:
        raise UnreadableArticle(error.reason, [FieldError(pointer, detail) for pointer, detail in error.errors]) from error


def _document(article: Article) -> dict[str, Any]:
    shown = present(article, ("paragraphs", "references")).model_dump()
    writable = (
        "title", "dek", "url", "canonical_url", "source", "external_id", "authors", "categories", "tags", "series", "language",
        "published_at", "modified_at",
    )  # fmt: skip
    document = {name: shown[name] for name in writable if shown[name] is not None}
    document["paragraphs"] = [{name: p[name] for name in ("text", "kind", "citations")} for p in shown["paragraphs"]]
    document["references"] = [{name: r[name] for name in ("label", "text", "url")} for r in shown["references"]]
    return document


def _merge(target: Any, patch: Any) -> Any:
    """RFC 7396, section 2."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merge(merged.get(name), value)
    return merged
