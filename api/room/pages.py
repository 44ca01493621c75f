"""What all pages share: how they are let in, how their questions are read, how they are rendered."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ClassVar, TypeVar
from urllib.parse import urlencode

from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.auth import Scope, needs_keys
from api.errors import Refusal, fields_of, sentence
from api.room import session
from api.room.calls import Call
from api.room.templating import TEMPLATES, is_list
from archive.archive import Archive
from archive.errors import KeyExpired, KeyRequired

Asked = TypeVar("Asked", bound=BaseModel)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-cache, private",
    "Vary": "Cookie",
}


class Page(APIRoute):
    """A page for who may read. Without a key, where one is needed, it leads to the page to sign in at, and back."""

    needs: ClassVar[Scope] = "read"

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if request.method not in ("GET", "HEAD"):
                session.refuse_foreign(request)
            try:
                await session.admit(request, self.needs)
            except (KeyRequired, KeyExpired):
                return RedirectResponse(f"/sign-in?{urlencode({'to': here(request)})}", 303)
            return await answer(request)

        return handle


class WritingPage(Page):
    """For who may write; forms that are sent to it have to be ours."""

    needs: ClassVar[Scope] = "write"


class AdministeringPage(Page):
    needs: ClassVar[Scope] = "admin"


def render(
    request: Request,
    template: str,
    *,
    calls: Sequence[Call] = (),
    code: int = 200,
    headers: dict[str, str] | None = None,
    **shown: Any,
) -> Response:
    """`calls`: what the HTTP interface would be asked for the same."""
    signed_in = getattr(request.state, "signed_in", False)
    content = TEMPLATES.get_template(template).render(
        request=request, calls=calls, may=may(request), signed_in=signed_in, **shown
    )
    return Response(content, code, {**HEADERS, **(headers or {})}, "text/html")


def may(request: Request) -> tuple[Scope, ...]:
    """What the visitor may do; nothing, where nobody has been let in yet."""
    archive: Archive = request.app.state.archive
    nobody: tuple[Scope, ...] = () if needs_keys(archive.settings) else session.SCOPES
    allowed: tuple[Scope, ...] = getattr(request.state, "may", nobody)
    return allowed


def here(request: Request) -> str:
    """Path and query as they were asked for; where that was no question, the entrance."""
    query = request.scope["query_string"].decode("ascii")
    path: str = request.scope["raw_path"].decode("ascii") if request.method in ("GET", "HEAD") else "/"
    return f"{path}?{query}" if query else path


def asked(request: Request, model: type[Asked], **more: Any) -> Asked:
    """The query string as a request to the archive. Forms send fields that were left empty: those were not asked; what the
    model does not know is not its business. `more` goes before. Raises Refusal for values that cannot be."""
    return filled(request.query_params, model, **more)


def filled(given: ImmutableMultiDict[str, Any], model: type[Asked], **more: Any) -> Asked:
    """As `asked`, of a form."""
    values: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        found = [value for value in given.getlist(name) if value != ""]
        if found:
            values[name] = found if is_list(field.annotation) else found[-1]
    try:
        return model.model_validate(values | more)
    except ValidationError as error:
        fields = fields_of(error.errors(), below=0)
        raise Refusal("invalid_request", sentence(fields[0]), fields) from error


def problem_page(request: Request, problem: dict[str, Any], headers: dict[str, str]) -> Response:
    """A problem for people."""
    return render(request, "problem.html", code=problem["status"], headers=headers, problem=problem)
