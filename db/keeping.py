"""What a draft keeps of the stored article that it is a version of. Pure functions.

A page that is read after the entry of a feed that led to it has no id, a file has no address, and the same page is met under
several. None of that is news of the article: it keeps its names, and a name that leads to it already takes no other's place.
"""

from collections.abc import Collection
from dataclasses import fields, replace
from typing import Any

from db import identity
from db.aliases import Name
from db.identifying import Known
from db.identity import NOT_CONTENT
from db.incoming import Incoming
from db.records import Article, Draft, ParagraphDraft

_NAMES = {"source", "url", "canonical_url", "external_id"}


def kept(incoming: Incoming, known: Known, aliases: Collection[Name]) -> Incoming:
    """The draft with the names that it keeps."""
    leads = {(name.kind, name.key) for name in aliases}
    draft = incoming.draft
    source, external_id = _id(draft, known, leads)
    url, url_key = _url(incoming, known, leads)
    canonical, canonical_key = _canonical(incoming, known, leads)
    draft = replace(draft, source=source, external_id=external_id, url=url, canonical_url=canonical)
    if draft == incoming.draft:
        return incoming
    return Incoming.of(draft, incoming.passages, url_key, canonical_key, incoming.alias_keys)


_Leads = Collection[tuple[str, str]]
_Address = tuple[str | None, str | None]
"""As it is written, and its normal form."""


def _id(draft: Draft, known: Known, leads: _Leads) -> tuple[str | None, str | None]:
    """The source and its id. An id stays with the name of the source that gave it: under another it would be another's."""
    if not known.external_id:
        return draft.source or known.source, draft.external_id
    is_former = draft.external_id and ("ext", identity.ext_key(draft.source, draft.external_id)) in leads
    if not draft.external_id or is_former or (not draft.source and draft.external_id == known.external_id):
        return known.source, known.external_id
    return draft.source, draft.external_id


def _url(incoming: Incoming, known: Known, leads: _Leads) -> _Address:
    """The stored one, unless the draft has another that is news; in the spelling that is stored, too."""
    key, stored = incoming.url_key, known.url_key
    same_page = known.canonical_key is not None and known.canonical_key == _short(incoming.canonical_key)
    leads_here = ("url", _short(key)) in leads or (key and _short(key) in (stored, known.canonical_key)) or same_page
    if known.url and (not incoming.draft.url or leads_here):
        return known.url, stored
    return incoming.draft.url, key


def _canonical(incoming: Incoming, known: Known, leads: _Leads) -> _Address:
    key, stored = incoming.canonical_key, known.canonical_key
    leads_here = key and (("url", _short(key)) in leads or _short(key) in (stored, known.url_key))
    if known.canonical_url and (not incoming.draft.canonical_url or leads_here):
        return known.canonical_url, stored
    return incoming.draft.canonical_url, key


def _short(key: str | None) -> str | None:
    return identity.index_key(key) if key else None


def alike(incoming: Incoming, known: Known) -> bool:
    """Whether it is by title and text alone that they are one article."""
    nameless = identity.is_nameless(incoming.draft) or identity.is_nameless(known)
    return nameless and incoming.draft.title == known.title and incoming.text_sha256 == known.text_sha256


def complemented(incoming: Incoming, stored: Article) -> Incoming:
    """Of two that are `alike` what either says. Where both say something, the draft is believed, unless only the stored one has
    a name: a file that somebody kept tells less than what has an address. No paragraph's text changes."""
    given, there = _said(incoming.draft), _said(stored)
    poorer, better = (
        (given, there) if identity.is_nameless(incoming.draft) and not identity.is_nameless(stored) else (there, given)
    )
    whole = poorer | {name: value for name, value in better.items() if value}
    whole["extra"] = {**poorer["extra"], **better["extra"]}
    whole |= {"language_detected": False} if whole["language"] else {"language": incoming.draft.language}
    draft = replace(incoming.draft, **whole)
    return Incoming.of(draft, incoming.passages, incoming.url_key, incoming.canonical_key, incoming.alias_keys)


def _said(article: Draft | Article) -> dict[str, Any]:
    """All that it says beside its names."""
    said = {field.name: getattr(article, field.name) for field in fields(Draft) if field.name not in NOT_CONTENT | _NAMES}
    parts = tuple(ParagraphDraft(part.text, part.kind, part.citations) for part in article.paragraphs)
    return said | {"paragraphs": parts, "language": None if article.language_detected else article.language}
