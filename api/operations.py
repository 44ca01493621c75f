"""The route class of everything under /v1: key first, then parameters, then body, then the answer."""

from collections.abc import Callable, Coroutine
from inspect import isclass
from typing import Any, ClassVar

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api import idempotency
from api.auth import Scope, authorize
from api.bodies import JsonRequest, refuse_other_than_json
from api.errors import Refusal
from api.parameters import called_at_once
from archive.errors import FieldError


class Operation(APIRoute):
    """What callers with the scope `needs` may do."""

    needs: ClassVar[Scope | None]

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = called_at_once(self.endpoint, self.in_thread) or super().get_route_handler()
        parameters = query_parameters(self.dependant)
        takes_json = self.body_field is not None

        async def handle(request: Request) -> Response:
            if self.needs is not None:
                await authorize(request, self.needs)
            refuse_unknown(request, parameters)
            if takes_json:
                refuse_other_than_json(request)
            return await self.answered(JsonRequest(request.scope, request.receive), answer)

        return handle

    async def answered(self, request: Request, answer: idempotency.Answering) -> Response:
        return await answer(request)

    async def in_thread(self, request: Request, called: Callable[[], Response]) -> Response:
        """Endpoints that are no coroutines."""
        return await run_in_threadpool(called)


class Public(Operation):
    """For everybody, without a key."""

    needs: ClassVar[Scope | None] = None


class Reading(Operation):
    needs: ClassVar[Scope | None] = "read"


class Writing(Operation):
    """A POST with an `Idempotency-Key` acts once, however often it is sent."""

    needs: ClassVar[Scope | None] = "write"

    async def answered(self, request: Request, answer: idempotency.Answering) -> Response:
        return await idempotency.once(request, answer)


class Administering(Writing):
    needs: ClassVar[Scope | None] = "admin"


def query_parameters(dependant: Dependant) -> frozenset[str]:
    """The names that an operation takes in its query string."""
    names: set[str] = set()
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        if isclass(annotation) and issubclass(annotation, BaseModel):
            names |= annotation.model_fields.keys()
        else:
            names.add(field.alias)
    return frozenset(names)


def refuse_unknown(request: Request, known: frozenset[str]) -> None:
    """A misspelt parameter that is ignored would give a wrong answer."""
    if unknown := sorted(set(request.query_params) - known):
        takes = ", ".join(sorted(known)) or "none"
        detail = f"is not a parameter here; known: {takes}"
        raise Refusal("invalid_request", f"{unknown[0]} {detail}.", [FieldError(f"/{name}", detail) for name in unknown])
