"""What the exit codes mean, and one line for everything that can go wrong."""

from collections.abc import Sequence
from enum import IntEnum


class Exit(IntEnum):
    """0: done. The others are below."""

    INCOMPLETE = 1
    """Nothing is known by that name, an item could not be read, or the index is not clean."""
    MISUSE = 2
    """An argument or option has a value that it cannot have."""
    UNAVAILABLE = 3
    """The archive cannot be opened, or the server gives no answer."""
    REFUSED = 4
    """The server wants an API key, or one that may do more."""
    INTERRUPTED = 130


class Stop(Exception):
    """Ends the command with a line on stderr and an exit code."""

    def __init__(self, line: str, code: Exit) -> None:
        super().__init__(line)
        self.line = line
        self.code = code


def explained(failure: Exception) -> Stop | None:
    """What to tell about a failure; None if it is a fault of the program, which is better shown whole."""
    if isinstance(failure, Stop):
        return failure
    return _of_archive(failure) or _of_client(failure) or _of_system(failure)


def _of_archive(failure: Exception) -> Stop | None:
    from archive import errors
    from archive.parsing import ParsingFailed

    if isinstance(failure, ParsingFailed):
        return Stop(failure.reason, Exit.INCOMPLETE)
    if not isinstance(failure, errors.ArchiveError):
        return None
    line = _line(failure.detail, [(error.pointer, error.detail) for error in failure.errors])
    match failure:
        case errors.ArticleNotFound() | errors.ParagraphNotFound() | errors.RevisionNotFound() | errors.OriginalNotFound():
            return Stop(line, Exit.INCOMPLETE)
        case (
            errors.StoryNotFound()
            | errors.JobNotFound()
            | errors.SourceNotFound()
            | errors.KeyNotFound()
            | errors.UnreadableArticle()
            | errors.UnsupportedFormat()
            | errors.ArticleExists()
        ):
            return Stop(line, Exit.INCOMPLETE)
        case errors.EncoderNotReady() | errors.TooManyQueries() | errors.IndexBehind() | errors.ModelMismatch():
            return Stop(line, Exit.UNAVAILABLE)
    return Stop(line, Exit.MISUSE)


def _of_client(failure: Exception) -> Stop | None:
    import client

    if isinstance(failure, client.Unreachable):
        return Stop(str(failure), Exit.UNAVAILABLE)
    if not isinstance(failure, client.Problem):
        return None
    line = _line(failure.detail, [(error["pointer"], error["detail"]) for error in failure.errors])
    match failure:
        case client.Unauthorized() | client.Forbidden():
            return Stop(line, Exit.REFUSED)
        case client.NotFound() | client.Conflict() | client.Unsupported() | client.TooLarge():
            return Stop(line, Exit.INCOMPLETE)
        case client.Unavailable() | client.ServerFailed():
            return Stop(f"{line} (request {failure.request_id})", Exit.UNAVAILABLE)
    return Stop(line, Exit.INCOMPLETE if failure.code == "unreadable_article" else Exit.MISUSE)


def _of_system(failure: Exception) -> Stop | None:
    from pydantic import ValidationError

    from db import DatabaseError, NotStorable
    from embeddings import EncoderUnavailable

    match failure:
        case ValidationError():
            return Stop("\n".join(_field(failure.title, error["loc"], error["msg"]) for error in failure.errors()), Exit.MISUSE)
        case NotStorable():
            return Stop(str(failure), Exit.INCOMPLETE)
        case DatabaseError() | EncoderUnavailable():
            return Stop(str(failure), Exit.UNAVAILABLE)
        case FileNotFoundError():
            return Stop(f"There is no {str(failure.filename or failure)!r}.", Exit.INCOMPLETE)
        case OSError():
            return Stop(str(failure), Exit.UNAVAILABLE)
    return None


def _field(model: str, location: tuple[int | str, ...], said: str) -> str:
    """Settings by their variables, what was asked for by JSON pointers."""
    where = "/".join(map(str, location))
    return f"{f'BACKFILE_{where.upper()}' if model == 'Settings' else f'/{where}'}: {said.removeprefix('Value error, ')}"


def _line(detail: str, errors: Sequence[tuple[str, str]]) -> str:
    """The detail, and below it the fields that it does not name itself."""
    return "\n".join([detail, *(f"  {pointer}: {said}" for pointer, said in errors if pointer and pointer not in detail)])
