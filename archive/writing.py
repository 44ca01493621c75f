"""Adding, changing and deleting articles: decide what is meant, split it, save it in one transaction, wake the indexer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from typing import TYPE_CHECKING, Any, Literal

from archive import parsing
from archive.answers import Added, Deleted
from archive.clock import now
from archive.errors import ArchiveError, ArticleExists, ArticleNotFound, FieldError, PreconditionFailed, UnreadableArticle
from archive.parsing import ParsingFailed, Unreadable
from archive.parsing.language import with_language
from archive.passages import context, split
from archive.reading import present, version
from archive.refs import resolve
from archive.urls import keys_of
from db import Connection, ExternalIdTaken, aliases, articles
from db.aliases import Name
from db.articles import Incoming
from db.records import Article, Draft, PassageDraft, Saved

if TYPE_CHECKING:
    from archive.archive import Archive
    from archive.requests import OnConflict

OWN_FIELDS = ("id", "revision", "seq", "sha256", "ingested_at", "updated_at", "language_detected")
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


Also = Callable[[Connection, Sequence[Added | ArchiveError]], None]
"""Called with the answers, in the transaction that saves what they are about."""


def add_together(archive: "Archive", drafts: Sequence[Draft], on_conflict: "OnConflict", also: Also) -> None:
    """As `add_many` for as many as are to be stored in one transaction, in which `also` writes what belongs to them.

    Bytes that an article was read from before are not news: an import never brings back an older state, and the same files again
    change nothing, also where they contradict themselves."""
    _add_part(archive, drafts, on_conflict, also)


def replace_together(archive: "Archive", drafts: Sequence[tuple[int, Draft]], also: Also) -> None:
    """Put each draft in the place of the article with its key, all in one transaction, in which `also` writes too. The same
    content changes nothing."""
    split_drafts = [(key, *_split(archive, draft)) for key, draft in drafts]
    with archive.db.write() as conn:
        also(conn, [_replaced(conn, key, _incoming(draft, passages)) for key, draft, passages in split_drafts])
    archive.indexer.wake()


def _replaced(conn: Connection, key: int, incoming: Incoming) -> Added | ArchiveError:
    known = articles.known(conn, key)
    if known is None:
        return ArticleNotFound(incoming.draft.title)
    if known.sha256 == incoming.sha256:
        return _left(known, "unchanged", incoming.draft.warnings)
    try:
        with conn.begin_nested():
            return _put(conn, incoming, key)
    except ArchiveError as error:
        return error


def _add_part(
    archive: "Archive", drafts: Sequence[Draft | Unreadable], on_conflict: "OnConflict", also: Also | None = None
) -> list[Added | ArchiveError]:
    """What needs no write is answered without one; the rest is split outside the transaction that saves it."""
    answers: dict[int, Added | ArchiveError] = {
        at: _unreadable(draft) for at, draft in enumerate(drafts) if isinstance(draft, Unreadable)
    }
    incoming = {at: _incoming(draft) for at, draft in enumerate(drafts) if isinstance(draft, Draft)}
    with archive.db.read() as conn:
        for at, each in _others(conn, incoming):
            judged = _judged(conn, each, on_conflict, once=also is not None)
            if judged.answer and not judged.news:
                answers[at] = judged.answer
    wanted = {at: _with_passages(archive, each) for at, each in incoming.items() if at not in answers}
    archive.language_model.give_back()
    if wanted or also:
        with archive.db.write() as conn:
            answers |= _stored(conn, wanted, on_conflict, once=also is not None) if wanted else {}
            if also:
                also(conn, [answers[at] for at in range(len(drafts))])
    if wanted:
        archive.indexer.wake()
    return [answers[at] for at in range(len(drafts))]


def _incoming(draft: Draft, passages: Sequence[PassageDraft] = ()) -> Incoming:
    keys = keys_of(draft.url, draft.canonical_url, draft.aliases)
    return Incoming.of(draft, passages, keys.url, keys.canonical, keys.aliases)


def _with_passages(archive: "Archive", incoming: Incoming) -> Incoming:
    return incoming.split(*_split(archive, incoming.draft))


def _others(conn: Connection, incoming: Mapping[int, Incoming]) -> list[tuple[int, Incoming]]:
    """Those that may be versions of something: of what is stored, or of one before them."""
    new = articles.strangers(conn, [*incoming.values()])
    return [item for item, stranger in zip(incoming.items(), new, strict=True) if not stranger]


def _stored(
    conn: Connection, wanted: Mapping[int, Incoming], on_conflict: "OnConflict", *, once: bool
) -> dict[int, Added | ArchiveError]:
    """Looks again, since another may have written in between. What is new goes in together, the others one by one after it."""
    others = dict(_others(conn, wanted))
    new = {at: each for at, each in wanted.items() if at not in others}
    created = articles.create_many(conn, [*new.values()], now()) if new else []
    answers: dict[int, Added | ArchiveError] = {
        at: _added(saved, each.draft) for (at, each), saved in zip(new.items(), created, strict=True)
    }
    return answers | {at: _one_of_many(conn, each, on_conflict, once=once) for at, each in others.items()}


def _unreadable(draft: Unreadable) -> UnreadableArticle:
    return UnreadableArticle(draft.reason, [FieldError(pointer, detail) for pointer, detail in draft.errors])


@dataclass(frozen=True)
class _Judged:
    """What is to become of a draft. `known`: the article it is a version of. `answer`: None where it is to be saved, in the form
    of `incoming`, with what it keeps. `news`: names of the article that are to be remembered."""

    incoming: Incoming
    known: articles.Known | None = None
    answer: Added | ArchiveError | None = None
    news: Sequence[Name] = ()


def _judged(conn: Connection, incoming: Incoming, on_conflict: "OnConflict", *, once: bool) -> _Judged:
    """`once`: whether bytes that were read into the article before are to be left alone."""
    key = articles.identify(conn, incoming)
    known = None if key is None else articles.known(conn, key)
    if known is None:
        return _Judged(incoming)
    if known.sha256 == incoming.sha256 and not incoming.further:
        return _Judged(incoming, known, _left(known, "unchanged", incoming.draft.warnings))
    leads = aliases.of(conn, known.key)
    kept = _kept(conn, incoming, known, leads)
    read_before = once and articles.was_read_from(conn, known.key, incoming.draft.original)
    if kept.sha256 == known.sha256 or incoming.draft.partial or read_before:
        # What is only a summary contradicts nothing, whatever it says: the article is as it was.
        answer = _left(known, "unchanged", incoming.draft.warnings)
        return _Judged(kept, known, answer, _news(incoming, known.names, leads))
    if on_conflict == "error":
        return _Judged(kept, known, ArticleExists(known.id))
    if on_conflict == "skip":
        return _Judged(kept, known, _left(known, "skipped"))
    return _Judged(kept, known, None, _news(incoming, kept.names, leads))


def _kept(conn: Connection, incoming: Incoming, known: articles.Known, leads: Sequence[Name]) -> Incoming:
    stored = articles.get(conn, known.key) if articles.alike(incoming, known) else None
    return articles.kept(articles.complemented(incoming, stored) if stored else incoming, known, leads)


def _news(incoming: Incoming, present: Sequence[Name], leads: Sequence[Name]) -> list[Name]:
    old = {(name.kind, name.key) for name in (*present, *leads)}
    return [name for name in (*incoming.names, *incoming.further) if (name.kind, name.key) not in old]


def _left(known: articles.Known, status: Literal["unchanged", "skipped"], warnings: Sequence[str] = ()) -> Added:
    return Added(id=known.id, status=status, revision=known.revision, seq=known.seq, warnings=list(warnings))


def _one_of_many(conn: Connection, incoming: Incoming, on_conflict: "OnConflict", *, once: bool) -> Added | ArchiveError:
    try:
        with conn.begin_nested():
            judged = _judged(conn, incoming, on_conflict, once=once)
            key = judged.known.key if judged.known else None
            if key is not None:
                aliases.remember(conn, [(key, name) for name in judged.news])
            return judged.answer or _put(conn, judged.incoming, key)
    except ArchiveError as error:
        return error


def _put(conn: Connection, incoming: Incoming, key: int | None) -> Added:
    """Raises ArticleExists where the draft takes the external id of another article."""
    try:
        return _added(articles.put(conn, incoming, key, now()), incoming.draft)
    except ExternalIdTaken as taken:
        holder = articles.known(conn, taken.key)
        assert holder is not None, "whoever holds it was seen in this transaction"
        raise ArticleExists(holder.id) from taken


def _added(saved: Saved, draft: Draft) -> Added:
    return Added(id=saved.id, status=saved.state, revision=saved.revision, seq=saved.seq, warnings=list(draft.warnings))


def _split(archive: "Archive", draft: Draft) -> tuple[Draft, list[PassageDraft]]:
    """In the language it is in; with a warning where the passages cannot have the whole title before them."""
    draft = with_language(draft, archive.language_model)
    passages = split(draft.title, [paragraph.text for paragraph in draft.paragraphs], archive.encoder)
    head = context(draft.title, archive.encoder)
    if head != draft.title:
        note = f"The title is too long to stand before each passage; its first {len(head)} characters do, words find all of it."
        draft = replace_fields(draft, warnings=(*draft.warnings, note))
    return draft, passages


def replace(archive: "Archive", ref: str, draft: Draft, if_match: Collection[str] | None) -> Added:
    draft, passages = _split(archive, draft)
    with archive.db.write() as conn:
        key = resolve(conn, ref)
        _require(conn, key, ref, if_match)
        added = _put(conn, _incoming(draft, passages), key)
    archive.indexer.wake()
    return added


def patch(archive: "Archive", ref: str, changes: Mapping[str, Any], if_match: Collection[str] | None) -> Added:
    with archive.db.read() as conn:
        key = resolve(conn, ref)
        before = _require(conn, key, ref, if_match)
    draft, passages = _split(archive, patched(before, changes))
    with archive.db.write() as conn:
        _require(conn, key, ref, {version(present(before))})  # nobody has written in between
        added = _put(conn, _incoming(draft, passages), key)
    archive.indexer.wake()
    return added


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
        return parsing.draft_from_json(extra | merged, strict=True)
    except ParsingFailed as error:
        raise UnreadableArticle(error.reason, [FieldError(pointer, detail) for pointer, detail in error.errors]) from error


def _document(article: Article) -> dict[str, Any]:
    shown = present(article, ("paragraphs", "references")).model_dump()
    writable = (
        "title", "dek", "url", "canonical_url", "source", "external_id", "authors", "categories", "tags", "series", "language",
        "published_at", "modified_at",
    )  # fmt: skip
    document = {name: shown[name] for name in writable if shown[name] is not None}
    if article.language_detected:
        del document["language"]
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
