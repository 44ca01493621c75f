"""Problems (RFC 9457): one table of statuses, and how every failure becomes a document of it."""

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from archive import errors
from archive.errors import ArchiveError, FieldError
from db.errors import DatabaseBusy, DatabaseError, DatabaseUnavailable, ExternalIdTaken, NotStorable, SchemaTooNew

log = logging.getLogger("backfile.errors")

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: what callers may switch on (`code`), and what the page of errors says about it."""

    status: int
    code: str
    title: str
    help: str
    retry_after: int | None = None


KINDS = {
    kind.code: kind
    for kind in (
        Kind(400, "bad_request", "The request cannot be read", "Malformed HTTP, a NUL byte, or bytes that are not UTF-8."),
        Kind(400, "malformed_json", "The body is not JSON", "Send one JSON value in UTF-8; NaN and Infinity are not JSON."),
        Kind(400, "malformed_cursor", "The cursor is not one of ours", "Start again without `cursor`."),
        Kind(
            400,
            "cursor_mismatch",
            "The cursor belongs to another query",
            "Keep every other parameter, or start without `cursor`.",
        ),
        Kind(401, "key_required", "An API key is needed", "Send `Authorization: Bearer bf_…`."),
        Kind(401, "key_expired", "The API key is no longer valid", "Ask for a new key: `backfile keys create`."),
        Kind(403, "scope_missing", "The API key may not do this", "Use a key with the scope that the operation names."),
        Kind(403, "cross_origin", "Writes from other sites' pages are refused", "Write from a program, or require API keys."),
        Kind(404, "not_found", "There is nothing at this address", "See `/docs` for all addresses."),
        Kind(404, "article_not_found", "No such article", "The ref names no article, or it was deleted."),
        Kind(404, "story_not_found", "No such story", "The story has fallen apart, or the article is in none, so far."),
        Kind(404, "job_not_found", "No such job", "`GET /v1/jobs` lists them; a job is kept for 30 days after it has ended."),
        Kind(404, "source_not_found", "No such watched source", "`GET /v1/sources` lists them."),
        Kind(404, "upload_not_found", "What was sent is gone", "It is kept for an hour; send it again."),
        Kind(404, "paragraph_not_found", "No such paragraph", "The id names no paragraph, or its text changed."),
        Kind(404, "revision_not_found", "No such revision", "`GET /v1/articles/{ref}/revisions` lists them."),
        Kind(404, "original_not_found", "No original bytes are kept", "The article was not made from a document."),
        Kind(404, "key_not_found", "No such API key", "`GET /v1/keys` lists them."),
        Kind(405, "method_not_allowed", "The address does not take this method", "The `Allow` header has those it takes."),
        Kind(406, "not_acceptable", "No such representation", "The operation names the media types that it can answer in."),
        Kind(409, "ambiguous_ref", "Several articles have this ref", "Name the article by its id."),
        Kind(
            409, "article_exists", "The article is in the archive already", "Send `on_conflict=update` or `skip` to accept that."
        ),
        Kind(409, "idempotency_in_progress", "The first request with this key is not done", "Try again shortly.", 1),
        Kind(410, "cursor_expired", "The ranking that the cursor continues is gone", "Start again without `cursor`."),
        Kind(
            410, "unknown_change", "The change log does not go that far", "Begin again with `since=0`, and compare what you have."
        ),
        Kind(412, "precondition_failed", "The article has changed meanwhile", "Read it again and use its new `ETag`."),
        Kind(413, "body_too_large", "The body is too large", "Send less at once; `BACKFILE_MAX_BODY_BYTES` is the limit."),
        Kind(
            415, "unsupported_media_type", "The body has a media type that is not read here", "Send one that the operation names."
        ),
        Kind(
            421, "misdirected_request", "The Host header is not this server", "Open it by its loopback name, or require API keys."
        ),
        Kind(
            422,
            "invalid_request",
            "A field has a value that it cannot have",
            "`errors` has a JSON pointer and the reason for each.",
        ),
        Kind(422, "unreadable_article", "The article cannot be read", "`errors` says what is wrong with it, field by field."),
        Kind(422, "malformed_ref", "Not a ref", "Refs are `a_…`, `url:https://…`, `ext:SOURCE:ID`, `sha256:…`."),
        Kind(
            422,
            "idempotency_key_reused",
            "The Idempotency-Key belongs to another request",
            "Make a new key for each new request.",
        ),
        Kind(
            500,
            "internal_error",
            "Something went wrong here",
            "The log has the cause under the request id.",
        ),
        Kind(503, "encoder_not_ready", "Meaning cannot be searched now", "Use `mode=lexical`, or try again shortly.", 2),
        Kind(
            503,
            "too_many_queries",
            "More queries are waiting than may",
            "Try again after `Retry-After` seconds; `BACKFILE_MAX_WAITING_QUERIES` is the limit. `mode=lexical` needs no model.",
            1,
        ),
        Kind(503, "overloaded", "More is asked than can be answered", "Try again after `Retry-After` seconds, not faster.", 1),
        Kind(503, "index_behind", "The index has not read that far yet", "Try again shortly, or leave out `min_seq`.", 1),
        Kind(
            503, "model_mismatch", "The archive's vectors are of another model", "The detail has the command that cures it.", 60
        ),
        Kind(503, "database_busy", "The database is busy", "Another writer holds it; try again shortly.", 1),
        Kind(503, "database_unavailable", "The database cannot be used", "The log has the cause. Try again later.", 5),
        Kind(
            503, "not_ready", "The archive cannot answer everything yet", "`reasons` says why. Words can be searched already.", 2
        ),
    )
}

CODES: dict[type[ArchiveError], str] = {
    errors.InvalidRequest: "invalid_request",
    errors.UnreadableArticle: "unreadable_article",
    errors.UnsupportedFormat: "unsupported_media_type",
    errors.MalformedRef: "malformed_ref",
    errors.ArticleNotFound: "article_not_found",
    errors.AmbiguousRef: "ambiguous_ref",
    errors.StoryNotFound: "story_not_found",
    errors.JobNotFound: "job_not_found",
    errors.SourceNotFound: "source_not_found",
    errors.UploadNotFound: "upload_not_found",
    errors.ParagraphNotFound: "paragraph_not_found",
    errors.RevisionNotFound: "revision_not_found",
    errors.OriginalNotFound: "original_not_found",
    errors.ArticleExists: "article_exists",
    errors.PreconditionFailed: "precondition_failed",
    errors.MalformedCursor: "malformed_cursor",
    errors.CursorMismatch: "cursor_mismatch",
    errors.CursorExpired: "cursor_expired",
    errors.UnknownChange: "unknown_change",
    errors.EncoderNotReady: "encoder_not_ready",
    errors.TooManyQueries: "too_many_queries",
    errors.IndexBehind: "index_behind",
    errors.IdempotencyMismatch: "idempotency_key_reused",
    errors.IdempotencyInProgress: "idempotency_in_progress",
    errors.KeyRequired: "key_required",
    errors.KeyExpired: "key_expired",
    errors.ScopeMissing: "scope_missing",
    errors.KeyNotFound: "key_not_found",
    errors.ModelMismatch: "model_mismatch",
}

DATABASE_CODES: dict[type[DatabaseError], str] = {
    DatabaseBusy: "database_busy",
    DatabaseUnavailable: "database_unavailable",
    SchemaTooNew: "database_unavailable",
    ExternalIdTaken: "article_exists",
    NotStorable: "unreadable_article",
}

_BY_STATUS = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}


class Refusal(HTTPException):
    """A request that HTTP itself refuses, before the archive is asked. `code` is one of `KINDS`."""

    def __init__(
        self,
        code: str,
        detail: str,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extensions: Any,
    ) -> None:
        super().__init__(KINDS[code].status, detail, headers)
        self.code = code
        self.errors = tuple(errors)
        self.extensions = extensions


def invalid(pointer: str, detail: str) -> Refusal:
    """A parameter or header with a value that it cannot have."""
    field = FieldError(pointer, detail)
    return Refusal("invalid_request", sentence(field), [field])


def sentence(field: FieldError) -> str:
    return f"{field.pointer.lstrip('/')}: {field.detail}" if field.pointer else field.detail


def document(
    code: str, detail: str, errors: Sequence[FieldError] = (), *, instance: str = "", request_id: str = "", **extensions: Any
) -> dict[str, Any]:
    """The problem as JSON values. `instance` and `request_id` are left out where they are empty (the items of a batch)."""
    kind = KINDS[code]
    problem: dict[str, Any] = {
        "type": f"/docs/errors#{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail,
        "code": code,
    }
    if instance:
        problem["instance"] = instance
    if errors:
        problem["errors"] = [{"pointer": error.pointer, "detail": error.detail} for error in errors]
    if request_id:
        problem["request_id"] = request_id
    return problem | extensions


def of(error: ArchiveError) -> dict[str, Any]:
    """The problem of one item of a batch."""
    return document(CODES[type(error)], error.detail, error.errors)


def respond(request: Request, refusal: Refusal) -> Response:
    """The problem as the answer to `request`: a document, or a page where a browser asked for one."""
    problem = document(
        refusal.code,
        refusal.detail,
        refusal.errors,
        instance=instance_of(request.scope),
        request_id=request.scope.get("request_id", ""),
        **refusal.extensions,
    )
    headers = headers_of(refusal)
    if wants_page(request):
        page: Response = request.app.state.problem_page(request, problem, headers)
        return page
    return Response(orjson.dumps(problem), refusal.status_code, headers, MEDIA_TYPE)


def wants_page(request: Request) -> bool:
    """Whether a browser asks for something that is not of the HTTP interface."""
    return "text/html" in request.headers.get("accept", "") and not request.scope["path"].startswith("/v1/")


def headers_of(refusal: Refusal) -> dict[str, str]:
    headers = dict(refusal.headers or {})
    if refusal.status_code == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="backfile"'
    if (seconds := KINDS[refusal.code].retry_after) is not None:
        headers.setdefault("Retry-After", str(seconds))
    return headers | {"Cache-Control": "no-store"}


def instance_of(scope: Mapping[str, Any]) -> str:
    """The path as it was sent, percent-encoded."""
    raw: bytes = scope.get("raw_path") or b"/"
    return raw.decode("ascii", "backslashreplace")


async def answer_archive_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ArchiveError)
    refusal = Refusal(CODES[type(error)], error.detail, error.errors)
    if isinstance(error, errors.ArticleExists):
        refusal.extensions["id"] = error.id
    if isinstance(error, errors.TooManyQueries):
        refusal.headers = {"Retry-After": str(math.ceil(error.retry_after_s))}
    return respond(request, refusal)


async def answer_database_error(request: Request, error: Exception) -> Response:
    """The message may name files and servers: it goes to the log, and the caller gets the kind of problem."""
    assert isinstance(error, DatabaseError)
    code = DATABASE_CODES.get(type(error), "database_unavailable")
    log.warning("database: %s", error, extra={"request_id": request.scope.get("request_id")})
    return respond(request, Refusal(code, f"{KINDS[code].title}."))


async def answer_http_exception(request: Request, error: Exception) -> Response:
    """Refusals, and what Starlette raises by itself: unknown addresses, wrong methods."""
    assert isinstance(error, HTTPException)
    if not isinstance(error, Refusal):
        error = _of_starlette(request, error)
    return respond(request, error)


def _of_starlette(request: Request, error: HTTPException) -> Refusal:
    code = _BY_STATUS.get(error.status_code, "bad_request")
    if code == "not_found":
        return Refusal(code, f"There is nothing at {instance_of(request.scope)}.")
    if code == "method_not_allowed":
        allow = ", ".join(methods_at(request))
        return Refusal(code, f"{request.method} is not possible here; {allow} is.", headers={"Allow": allow})
    return Refusal(code, f"{error.detail}.")


def methods_at(request: Request) -> list[str]:
    """The methods that the address takes, over all its routes."""
    methods: set[str] = set()
    for route in request.scope["router"].routes:
        match, _ = route.matches(request.scope)
        if match.value:
            methods |= route.methods
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


async def answer_invalid_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = fields_of(error.errors())
    return respond(request, Refusal("invalid_request", sentence(fields[0]), fields))


def fields_of(found: Sequence[Any], below: int = 1) -> list[FieldError]:
    """Pydantic's errors with JSON pointers; `below` leaves out the first parts of each location (`body`, `query`)."""
    return [FieldError(pointer(error["loc"][below:]), _reason(error)) for error in found]


def pointer(location: Sequence[int | str]) -> str:
    """RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _reason(found: Mapping[str, Any]) -> str:
    if found["type"] == "extra_forbidden":
        return "is not a field of this request"
    return str(found["msg"]).removeprefix("Value error, ")


HANDLERS = {
    ArchiveError: answer_archive_error,
    DatabaseError: answer_database_error,
    HTTPException: answer_http_exception,
    RequestValidationError: answer_invalid_parameters,
}
