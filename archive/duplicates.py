"""Articles that are the same text, or nearly so, in groups, with who was first."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import numpy as np

from archive import cursors
from archive.answers import ArticleDuplicates, DuplicateGroup, DuplicateOut, DuplicatesPage
from archive.copies import ALIKE, MARGIN, RESEMBLANCE, are_copies, elsewhere
from archive.errors import ArticleNotFound, MalformedCursor
from archive.reading import present
from archive.refs import resolve
from archive.requests import ArticleDuplicatesRequest, DuplicatesRequest
from db import Connection, articles, changes, sketches
from db.records import Article
from db.sketches import Piece

if TYPE_CHECKING:
    from archive.archive import Archive

Kind = Literal["exact", "near"]

REMEMBERED: Final = 8
"""Questions whose groups are kept while the archive stays what it is."""


class Relation(NamedTuple):
    """How two articles resemble each other: the share of common runs of words, and the cosine of the middles. Without numbers:
    they are the very same text."""

    one: int
    other: int
    resemblance: float = 1.0
    similarity: float | None = None

    @property
    def kind(self) -> Kind:
        return "exact" if self.similarity is None else "near"


@dataclass(frozen=True, slots=True)
class Group:
    """Articles of which each is related to another of the group, the first one first. `relations`: for each but the first, to
    which of them it is related closest."""

    keys: list[int]
    relations: dict[int, Relation]
    kind: Kind

    def named(self, members: int) -> set[int]:
        """The first so many, and the articles that those are related to."""
        shown = self.keys[:members]
        return {*shown, *(key for other in shown[1:] for key in self.relations[other][:2])}


def duplicates(archive: "Archive", request: DuplicatesRequest) -> DuplicatesPage:
    query = cursors.fingerprint(request.fingerprint())
    before = _place(cursors.read(request.cursor, query)) if request.cursor else None
    with archive.db.read() as conn:
        found = _remembered(archive, conn, request)
        left = [group for group in found if before is None or group.keys[0] < before]
        page = left[: request.limit]
        shown = articles.many(conn, sorted({key for group in page for key in group.named(request.members)}))
        pending = sketches.pending(conn)
    return DuplicatesPage(
        items=[_group_out(group, shown, request.members) for group in page],
        count=len(found),
        pending=pending,
        next=cursors.write(query, [page[-1].keys[0]]) if len(left) > len(page) else None,
    )


def duplicates_of(archive: "Archive", ref: str, request: ArticleDuplicatesRequest) -> ArticleDuplicates:
    """The copies of one article itself, not what those have as copies besides."""
    with archive.db.read() as conn:
        key = resolve(conn, ref)
        own = articles.get(conn, key, paragraphs=False)
        if own is None:
            raise ArticleNotFound(ref)
        relations = _of_article(conn, own, request.kind)
        pieces = sketches.pieces(conn, [key, *relations])
        order = sorted(relations, key=lambda other: (pieces[other].since, other))
        first = min([key, *order[:1]], key=lambda other: (pieces[other].since, other))
        shown = articles.many(conn, [first, *order[: request.limit]])
        pending = sketches.pending(conn)
    return ArticleDuplicates(
        article=present(own),
        first=shown[first].id,
        items=[_duplicate(shown[other], relations[other], own.id) for other in order[: request.limit]],
        count=len(order),
        pending=pending,
    )


def _of_article(conn: Connection, own: Article, kind: Kind | None) -> dict[int, Relation]:
    relations: dict[int, Relation] = {}
    if kind != "exact":
        known = sketches.resembling(conn, [own.key])
        others = np.unique(np.concatenate([known.one, known.other]))
        found = near(conn, sketches.resembling(conn, others))
        relations = {_other(pair, own.key): pair for pair in found if own.key in (pair.one, pair.other)}
    same = [other for other in sketches.with_text(conn, own.text_sha256) if other != own.key]
    if kind == "near":
        return {other: pair for other, pair in relations.items() if other not in same}
    return relations | {other: Relation(own.key, other) for other in same}


# Grouping


def _remembered(archive: "Archive", conn: Connection, request: DuplicatesRequest) -> list[Group]:
    """The groups of the question, the newest first. What they depend on is named by the key they are kept under."""
    question = cursors.fingerprint(request.model_dump(exclude={"cursor", "limit", "members"}))
    state = question, changes.seq(conn), sketches.done(conn)
    found = archive.duplicate_groups.get(state)
    if found is None:
        found = _groups(conn, request)
        archive.duplicate_groups.keep(state, found)
    return found


def _groups(conn: Connection, request: DuplicatesRequest) -> list[Group]:
    filters = request.filters()
    allowed = set(articles.keys(conn, filters).tolist()) if filters else None
    relations = [] if request.kind == "exact" else near(conn, sketches.every_resemblance(conn))
    same = sketches.same_texts(conn).values()
    pairs = [pair for pair in relations if allowed is None or (pair.one in allowed and pair.other in allowed)]
    texts = [keys for group in same if len(keys := [key for key in group if allowed is None or key in allowed]) > 1]
    parts = _connected([*((pair.one, pair.other) for pair in pairs), *((keys[0], key) for keys in texts for key in keys[1:])])
    pieces = sketches.pieces(conn, [key for part in parts for key in part])
    by_article: dict[int, list[Relation]] = defaultdict(list)
    for pair in pairs:
        by_article[pair.one].append(pair)
        by_article[pair.other].append(pair)
    groups = [_group(part, pieces, by_article) for part in parts]
    return sorted(
        (group for group in groups if request.kind in (None, group.kind)), key=lambda group: group.keys[0], reverse=True
    )


def near(conn: Connection, found: sketches.Resemblances) -> list[Relation]:
    """Of articles that resemble each other those that are copies, though not of the very same text. `found` has to have all that
    either of them resembles."""
    most = elsewhere(found)
    beyond = np.array([[most.get(key, 0.0) for key in column.tolist()] for column in (found.one, found.other)]).max(axis=0)
    likely = (found.resemblance >= RESEMBLANCE) & (found.similarity >= ALIKE) & (found.resemblance > beyond + MARGIN)
    columns = (found.one, found.other, found.resemblance, found.similarity)
    pairs = [Relation(*row) for row in zip(*(column[likely].tolist() for column in columns), strict=True)]
    pieces = sketches.pieces(conn, sorted({key for pair in pairs for key in (pair.one, pair.other)}))
    return [
        pair
        for pair in pairs
        if (one := pieces[pair.one]).text_sha256 != (other := pieces[pair.other]).text_sha256
        and are_copies(pair.resemblance, pair.similarity or 0.0, one, other)
    ]


def _connected(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """The keys that pairs lead from one to another, together."""
    leads: dict[int, int] = {}

    def end(key: int) -> int:
        while (following := leads.setdefault(key, key)) != key:
            leads[key] = leads[following]
            key = following
        return key

    for one, other in pairs:
        leads[end(one)] = end(other)
    parts: dict[int, list[int]] = defaultdict(list)
    for key in list(leads):
        parts[end(key)].append(key)
    return list(parts.values())


def _group(part: Sequence[int], pieces: Mapping[int, Piece], near: Mapping[int, Sequence[Relation]]) -> Group:
    keys = sorted(part, key=lambda key: (pieces[key].since, key))
    place = {key: number for number, key in enumerate(keys)}
    by_text: dict[str, list[int]] = defaultdict(list)
    for key in keys:
        by_text[pieces[key].text_sha256].append(key)
    relations = {}
    for key in keys[1:]:
        twins = by_text[pieces[key].text_sha256]
        exact = [Relation(key, next(twin for twin in twins if twin != key))] if len(twins) > 1 else []
        relations[key] = max(
            [*exact, *near.get(key, ())],
            key=lambda pair: (place[_other(pair, key)] < place[key], pair.resemblance, -place[_other(pair, key)]),
        )
    return Group(keys, relations, "exact" if len(by_text) == 1 else "near")


def _other(pair: Relation, key: int) -> int:
    return pair.other if pair.one == key else pair.one


# Showing


def _group_out(group: Group, shown: Mapping[int, Article], members: int) -> DuplicateGroup:
    ids = {key: article.id for key, article in shown.items()}
    first, *others = group.keys[:members]
    return DuplicateGroup(
        kind=group.kind,
        first=ids[first],
        count=len(group.keys),
        items=[
            DuplicateOut(article=present(shown[first]), relation=None, of=None),
            *(_duplicate(shown[key], group.relations[key], ids[_other(group.relations[key], key)]) for key in others),
        ],
    )


def _duplicate(article: Article, relation: Relation, of: str | None) -> DuplicateOut:
    return DuplicateOut(
        article=present(article),
        relation=relation.kind,
        of=of,
        resemblance=round(relation.resemblance, 4),
        similarity=None if relation.similarity is None else round(relation.similarity, 4),
    )


def _place(position: list[object]) -> int:
    match position:
        case [int(key)]:
            return key
    raise MalformedCursor("The cursor is not one of this archive's; start again without it.")
