"""What handlers are given."""

from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Path
from pydantic import AfterValidator
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request

from api.metrics import Metrics
from archive.archive import Archive

# These are async because what is not is given a thread to run in, which costs more than they do.


async def _archive(request: Request) -> Archive:
    archive: Archive = request.app.state.archive
    return archive


async def _metrics(request: Request) -> Metrics:
    metrics: Metrics = request.app.state.metrics
    return metrics


OpenArchive = Annotated[Archive, Depends(_archive)]
OwnMetrics = Annotated[Metrics, Depends(_metrics)]

REF_HELP = (
    "`a_…` (id), `url:https://…`, `ext:SOURCE:ID` or `sha256:…`. Percent-encode it (`url%3Ahttps%3A%2F%2F…`): "
    "unencoded slashes are taken in `url:` and `ext:` refs, but an unencoded `?` or `#` ends the path."
)


PARTS = r"related|duplicates|reuse|story|original|paragraphs|revisions(?:/[^/]+)?"
"""What an article has below its own address: a path that ends so names that, and not another article."""
VERBS = "batch|lookup"


class RefConvertor(Convertor[str]):
    """One path segment, or several where the ref is of a kind that has slashes in it."""

    regex = rf"(?:url|ext)(?::|%3[Aa])(?:(?!/(?:{PARTS})$).)+|(?!(?:{VERBS})(?:/|$))[^/]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("ref", RefConvertor())

PathRef = Annotated[
    str,
    Path(description=REF_HELP, min_length=1, max_length=12_000, examples=["ext:harbour-review:2021-014"]),
    AfterValidator(unquote),
]
"""A ref in a path below /v1/articles, which is routed as it was sent, percent-encoded (see `api.inlet`)."""
