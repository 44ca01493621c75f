"""API keys: made, listed, revoked."""

from typing import Annotated

from fastapi import APIRouter, Body, Path
from starlette.responses import Response

from api import examples
from api.answering import answered, encoded
from api.dependencies import OpenArchive
from api.idempotency import Redacted
from api.openapi import problems
from api.operations import Administering
from api.shapes import CreatedKey, NewKeyRequest
from archive.answers import KeyOut, Keys

router = APIRouter(prefix="/v1", tags=["keys"], route_class=Administering)

UNCACHED = {"Cache-Control": "no-store"}


@router.post(
    "/keys",
    operation_id="create_key",
    summary="Make an API key",
    status_code=201,
    response_model=CreatedKey,
    responses=problems(409),
)
def create_key(body: Annotated[NewKeyRequest, Body(openapi_examples=examples.KEYS)], archive: OpenArchive) -> Response:
    """The secret is shown this once and stored as a digest only: a repetition (`Idempotency-Key`) answers without it."""
    key = archive.create_key(body.name, body.scopes, body.expires_at)
    answer = Redacted(encoded(key), 201, UNCACHED, "application/json")
    answer.replay = encoded(CreatedKey(**key.model_dump(exclude={"secret"}), secret=None))
    return answer


@router.get("/keys", operation_id="list_keys", summary="List API keys", response_model=Keys)
def list_keys(archive: OpenArchive) -> Response:
    """All of them, revoked ones too, without their secrets."""
    return answered(archive.keys(), headers=UNCACHED)


@router.delete(
    "/keys/{id}", operation_id="revoke_key", summary="Revoke an API key", response_model=KeyOut, responses=problems(404)
)
def revoke_key(id: Annotated[str, Path(max_length=200)], archive: OpenArchive) -> Response:
    """It stops working at once, and stays in the list."""
    return answered(archive.revoke_key(id))
