"""Drafts on their way into the database, with what they are recognised by. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from db import identity
from db.aliases import Name
from db.identity import Named
from db.records import Draft, PassageDraft


@dataclass(frozen=True)
class Incoming:
    """A draft with its passages and the normal forms of its addresses. `sha256` is its content digest.

    `alias_keys`: of each further address its normal form, and itself."""

    draft: Draft
    passages: Sequence[PassageDraft]
    url_key: str | None
    canonical_key: str | None
    alias_keys: Sequence[tuple[str, str]]
    sha256: str

    @classmethod
    def of(
        cls,
        draft: Draft,
        passages: Sequence[PassageDraft],
        url_key: str | None,
        canonical_key: str | None,
        alias_keys: Sequence[tuple[str, str]] = (),
    ) -> "Incoming":
        """Raises NotStorable."""
        return cls(draft, passages, url_key, canonical_key, alias_keys, identity.content_digest(draft))

    @cached_property
    def text_sha256(self) -> str:
        return identity.text_digest(self.draft)

    def split(self, draft: Draft, passages: Sequence[PassageDraft]) -> "Incoming":
        """With its passages, and the draft with what was found out about it, which is no content. Digests are not made again."""
        split = replace(self, draft=draft, passages=passages)
        if "text_sha256" in self.__dict__:
            split.__dict__["text_sha256"] = self.text_sha256
        return split

    @property
    def names(self) -> list[Name]:
        """Those that it has as an article's present ones."""
        return list(names_of(self.draft, self.url_key, self.canonical_key))

    @property
    def others(self) -> list[Name]:
        """The further ones that are none of its names."""
        own = {name.key for name in self.names if name.kind == "url"}
        return [name for name in self.further if name.key not in own]

    @property
    def further(self) -> list[Name]:
        """The other addresses it was found under."""
        return [Name("url", identity.index_key(key), value) for key, value in self.alias_keys]


def names_of(article: Named, url_key: str | None, canonical_key: str | None) -> Iterator[Name]:
    """The canonical address first."""
    for key, value in ((canonical_key, article.canonical_url), (url_key, article.url)):
        if key and value:
            yield Name("url", identity.index_key(key), value)
    if article.external_id:
        value = f"{article.source or ''}:{article.external_id}"
        yield Name("ext", identity.index_key(value), value)
