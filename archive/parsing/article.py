"""An article given as named values, which is how every reader ends: one place for aliases, checks and limits."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from archive.parsing import limits
from archive.parsing.characters import paragraphs_of
from archive.parsing.citations import citations_in, reference
from archive.parsing.failures import ParsingFailed
from archive.parsing.fields import Fields
from archive.parsing.html import blocks_of_fragment
from archive.parsing.mapping import is_markup
from archive.parsing.names import authors_in
from db.records import Draft, Kind, Original, ParagraphDraft, Reference

_KINDS: dict[str, Kind] = {
    "paragraph": "paragraph", "heading": "heading", "quote": "quote", "list": "list", "code": "code", "caption": "caption",
}  # fmt: skip
_OWN_ID = re.compile(r"a_[0-9A-Za-z]+")
_OWN_FIELDS = (
    "id", "revision", "sha256", "text_sha256", "seq", "ingested_at", "updated_at", "indexing", "citations_without_entry",
    "revisions", "original", "status", "warnings", "aliases", "language_detected",
)  # fmt: skip
_MARKUP = ("html", "content_html")


def draft_from_json(value: Mapping[str, Any], *, original: Original | None = None, strict: bool = False) -> Draft:
    """The article that the values describe; unknown fields are kept in `extra`.

    `strict`, for those who can correct themselves: a wrong type, an unreadable date or a control character is an error.
    Otherwise, for foreign data: it is a warning, the value is kept in `extra`, and several names in one string are told apart.
    Raises ParsingFailed with all errors; limits hold in both cases."""
    if not isinstance(value, Mapping):
        raise ParsingFailed("an article has to be an object", "")
    given, own = _without_own_fields(value)
    fields = Fields(given, strict=strict)
    fields.warnings += ["/id is one of this archive and was left out: an archive names its articles itself"] if own else []
    draft = _draft(fields, original)
    errors = fields.errors + [(_as_given(pointer, fields), detail) for pointer, detail in limits.violations(draft)]
    if errors:
        raise ParsingFailed.for_errors(errors)
    if draft.extra.get("draft") is True:
        draft = replace(draft, warnings=(*draft.warnings, "/draft says that it is not published yet"))
    if not draft.title and not draft.paragraphs:
        raise ParsingFailed("nothing to store: neither title nor text", "/text")
    return draft


def _without_own_fields(value: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """An article that an archive gave out may come back, with what only the archive says about it."""
    given = {str(name): item for name, item in value.items()}
    own = isinstance(given.get("id"), str) and _OWN_ID.fullmatch(given["id"]) is not None
    if own and given.get("language_detected"):
        given.pop("language", None)  # nobody has stated it
    return {name: item for name, item in given.items() if not (own and name in _OWN_FIELDS)}, own


def _as_given(pointer: str, fields: Fields) -> str:
    """The pointer with the name that the caller used for the field."""
    _, name, *rest = pointer.split("/")
    return "/".join(["", fields.used.get(name, name), *rest])


def _draft(fields: Fields, original: Original | None) -> Draft:
    return Draft(
        title=fields.string("title") or "",
        paragraphs=_body(fields),
        dek=fields.string("dek", "summary"),
        authors=fields.labels("authors", "author", split=authors_in, single=("authors", "author")),
        categories=fields.labels("categories", "category", split=_as_one, single=("category",)),
        tags=fields.labels("tags", "topics", "keywords", split=_by_commas, single=()),
        series=fields.string("series"),
        language=fields.language("language"),
        source=fields.string("source"),
        url=fields.url("url"),
        canonical_url=fields.url("canonical_url"),
        external_id=fields.string("external_id", "id"),
        published_at=fields.moment("published_at", "date"),
        modified_at=fields.moment("modified_at"),
        references=_references(fields),
        extra=fields.extra(),
        original=original,
        warnings=tuple(fields.warnings),
    )


def _as_one(text: str) -> list[str]:
    return [text]


def _by_commas(text: str) -> list[str]:
    return re.split(r"[,;]", text)


def _body(fields: Fields) -> tuple[ParagraphDraft, ...]:
    """The text, or the markup in `html` or `content_html`. Foreign data may have markup in the place of a text."""
    name, value = fields.take("paragraphs", "text", "body", *_MARKUP)
    if fields.strict:
        for other, again in map(fields.take, ("text", "body", *_MARKUP)):
            if again is not None:
                fields.errors.append((f"/{other}", f"the text is given twice, also as /{name}"))
    if isinstance(value, str) and (name in _MARKUP or (not fields.strict and is_markup(value))):
        value = [{"text": block.text, "kind": block.kind} for block in blocks_of_fragment(fields.clean(f"/{name}", value))]
    if isinstance(value, list | tuple):
        items = (_paragraph(fields, f"/{name}/{position}", item) for position, item in enumerate(value))
        return tuple(item for item in items if item.text)
    if name == "paragraphs" and value is not None:
        fields.wrong("/paragraphs", "has to be a list of strings or objects", value)
        return ()
    text = fields.text_of(f"/{name}", value)
    return tuple(ParagraphDraft(block, "paragraph", citations_in(block)) for block in paragraphs_of(text or ""))


def _paragraph(fields: Fields, pointer: str, item: Any) -> ParagraphDraft:
    if not isinstance(item, Mapping):
        text = (fields.text_of(pointer, item) or "").strip()
        return ParagraphDraft(text, "paragraph", citations_in(text))
    kind = _kind(fields, pointer, item.get("kind"))
    text = fields.text_of(f"{pointer}/text", item.get("text")) or ""
    text = text.strip("\n") if kind == "code" else text.strip()
    return ParagraphDraft(text, kind, _citations(fields, pointer, item.get("citations"), text, kind))


def _kind(fields: Fields, pointer: str, kind: Any) -> Kind:
    if kind is None:
        return "paragraph"
    if not isinstance(kind, str) or kind not in _KINDS:
        fields.wrong(f"{pointer}/kind", f"has to be one of {', '.join(_KINDS)}", kind)
        return "paragraph"
    return _KINDS[kind]


def _citations(fields: Fields, pointer: str, given: Any, text: str, kind: Kind) -> tuple[str, ...]:
    if given is None:
        return () if kind == "code" else citations_in(text)
    if not isinstance(given, list | tuple):
        fields.wrong(f"{pointer}/citations", "has to be a list of labels", given)
        return ()
    labels = (fields.text_of(f"{pointer}/citations/{position}", label) for position, label in enumerate(given))
    return tuple(dict.fromkeys(label for label in labels if label))


def _references(fields: Fields) -> tuple[Reference, ...]:
    _, value = fields.take("references")
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        fields.wrong("/references", "has to be a list of objects", value)
        return ()
    entries = (_reference(fields, f"/references/{position}", item) for position, item in enumerate(value))
    return tuple(entry for entry in entries if entry is not None)


def _reference(fields: Fields, pointer: str, item: Any) -> Reference | None:
    if isinstance(item, str):
        return reference(None, fields.clean(pointer, item).strip())
    if not isinstance(item, Mapping):
        fields.wrong(pointer, "has to be an object with label, text and url", item)
        return None
    label, text, url = (fields.text_of(f"{pointer}/{name}", item.get(name)) for name in ("label", "text", "url"))
    if not (label or text or url):
        fields.wrong(pointer, "has neither label nor text nor url", item)
        return None
    return Reference(label, (text or url or "").strip(), url)
