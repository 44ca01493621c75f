"""Everything that can go wrong by a caller's doing, or for a time. `api/errors.py` gives each class its status and code."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field. `pointer` is a JSON pointer into the request body, or `/parameter` of the query."""

    pointer: str
    detail: str


class ArchiveError(Exception):
    """The root. `str()` of it is a sentence for the caller: what is wrong, and the cure."""

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class InvalidRequest(ArchiveError):
    """A field has a value that it cannot have."""


class UnreadableArticle(ArchiveError):
    """The bytes or the JSON of an article cannot be read as one."""


class UnsupportedFormat(ArchiveError):
    """No reader for this media type."""


class MalformedRef(ArchiveError):
    """Not of the form `a_…`, `url:…`, `ext:SOURCE:ID` or `sha256:…`."""


class ArticleNotFound(ArchiveError):
    def __init__(self, ref: str) -> None:
        super().__init__(f"No article is known as {ref!r}.")
        self.ref = ref


class AmbiguousRef(ArchiveError):
    """A `url:` or `sha256:` that several articles share."""


class StoryNotFound(ArchiveError):
    """No story has the id, or the article is in none."""


class JobNotFound(ArchiveError):
    def __init__(self, id: str) -> None:
        super().__init__(f"No job has the id {id!r}.")


class SourceNotFound(ArchiveError):
    def __init__(self, id: str) -> None:
        super().__init__(f"No watched source has the id {id!r}.")


class UploadNotFound(ArchiveError):
    def __init__(self, id: str) -> None:
        super().__init__("What was sent is not here any more: it is kept for an hour. Send it again.")
        self.id = id


class ParagraphNotFound(ArchiveError):
    def __init__(self, id: str) -> None:
        super().__init__(f"No paragraph has the id {id!r}.")


class RevisionNotFound(ArchiveError):
    def __init__(self, ref: str, number: int) -> None:
        super().__init__(f"Article {ref!r} has no revision {number}.")


class OriginalNotFound(ArchiveError):
    def __init__(self, ref: str) -> None:
        super().__init__(f"No original bytes are kept for {ref!r}.")


class ArticleExists(ArchiveError):
    def __init__(self, id: str) -> None:
        super().__init__(f"The article is in the archive already, as {id}; send on_conflict=update or skip to accept that.")
        self.id = id


class PreconditionFailed(ArchiveError):
    """`If-Match` names another state of the article than the stored one."""


class MalformedCursor(ArchiveError):
    """Not a cursor of this archive."""


class CursorMismatch(ArchiveError):
    """A cursor of another query."""


class CursorExpired(ArchiveError):
    """The ranking that the cursor continues is gone, and the index has moved on since."""


class UnknownChange(ArchiveError):
    """`since` lies beyond the change log: the database was put back from a backup."""


class EncoderNotReady(ArchiveError):
    """The model is being loaded or cannot be; meaning cannot be searched now."""


class TooManyQueries(ArchiveError):
    """More queries wait for the model than may; none of these is lost by trying again."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("Too many queries are waiting for the model; try again shortly.")
        self.retry_after_s = retry_after_s


class IndexBehind(ArchiveError):
    """The index has not reached `min_seq` in time."""


class IdempotencyMismatch(ArchiveError):
    """The Idempotency-Key was used for another request."""


class IdempotencyInProgress(ArchiveError):
    """The first request with this Idempotency-Key has not ended yet."""


class KeyRequired(ArchiveError):
    """No API key, or not one of ours."""


class KeyExpired(ArchiveError):
    """The API key is past its expiry or revoked."""


class ScopeMissing(ArchiveError):
    """The API key may not do this."""


class KeyNotFound(ArchiveError):
    def __init__(self, id: str) -> None:
        super().__init__(f"No API key has the id {id!r}.")


class ModelMismatch(ArchiveError):
    """The archive's vectors are of another model than the one configured; the message has the command that cures it."""
