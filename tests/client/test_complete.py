"""The client has everything that the interface has, under the same names."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from api import shapes
from archive import answers as core_answers
from archive import requests as core_requests
from client import AsyncBackfile, Backfile, answers, operations, requests
from client.calls import Call, PagedCall

DOCUMENT = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "create_article": ({"title": "A"},),
    "create_articles": ([{"title": "A"}],),
    "replace_article": ("ext:a:b/c", {"title": "A"}),
    "patch_article": ("ext:a:b/c", {"title": "A"}),
    "get_article_as": ("ext:a:b/c", "text/plain"),
    "get_paragraph": ("p_1",),
    "get_revision": ("ext:a:b/c", 2),
    "related_post": ([{"ref": "a_1"}],),
    "related_batch": ([{"ref": "a_1"}],),
    "get_story": ("s_1",),
    "archive_year": (2024,),
    "archive_month": (2024, 2),
    "archive_day": (2024, 2, 1),
    "suggest": ("fer",),
    "create_import": (b"x",),
    "get_job": ("j_1",),
    "job_errors": ("j_1",),
    "job_events": ("j_1",),
    "cancel_job": ("j_1",),
    "create_source": ("https://a.example/feed.xml",),
    "get_source": ("w_1",),
    "change_source": ("w_1",),
    "check_source": ("w_1",),
    "delete_source": ("w_1",),
    "create_key": ("me", ["read"]),
    "revoke_key": ("k_1",),
}
NEEDS_REF = {
    "get_article", "delete_article", "lookup_article", "get_original", "list_paragraphs", "list_revisions", "article_related",
    "article_story", "article_duplicates", "article_reuse",
}  # fmt: skip
SHAPES = {
    **vars(shapes),
    **vars(core_answers),
    **{name.removesuffix("Out"): model for name, model in vars(core_answers).items() if name.endswith("Out")},
    "ProblemDocument": shapes.Problem,
}
ANSWERS = {name: kind for name, kind in vars(answers).items() if isinstance(kind, type) and kind.__module__ == answers.__name__}


def call_of(name: str) -> Call[Any]:
    build = getattr(operations, name)
    call: Call[Any] = build(*(("url:https://a.example/b?c=d",) if name in NEEDS_REF else ARGUMENTS.get(name, ())))
    return call


@pytest.mark.parametrize("client", [Backfile, AsyncBackfile])
def test_every_operation_is_a_method(client: type) -> None:
    assert [name for name in OPERATIONS if not callable(getattr(client, name, None))] == []


@pytest.mark.parametrize("client", [Backfile, AsyncBackfile])
def test_every_operation_that_answers_with_pages_has_an_iterator(client: type) -> None:
    paged = {f"{name}_all" for name in OPERATIONS if isinstance(call_of(name), PagedCall)}
    assert paged == {name for name in vars(client) if name.endswith("_all")}
    assert len(paged) == 14


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_call_goes_to_the_address_of_its_operation(name: str) -> None:
    method, path, _ = OPERATIONS[name]
    call = call_of(name)
    assert call.method == method
    assert re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", path), call.path)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_parameter_that_a_call_sends_is_one_of_its_operation(name: str) -> None:
    known = {parameter["name"] for parameter in OPERATIONS[name][2].get("parameters", []) if parameter["in"] == "query"}
    assert set(call_of(name).query) <= known


@pytest.mark.parametrize("name", ANSWERS)
def test_every_answer_has_the_fields_of_the_interface(name: str) -> None:
    assert set(ANSWERS[name].__annotations__) == set(SHAPES[name].model_fields)


@pytest.mark.parametrize(
    ("ours", "theirs", "apart"),
    [
        (requests.Filters, core_requests.FilterRequest, set()),
        (requests.ListQuery, core_requests.ArticleListRequest, set()),
        (requests.SearchQuery, core_requests.SearchRequest, {"q"}),
        (requests.RelatedQuery, core_requests.RelatedRequest, {"seeds"}),
        (requests.Seed, core_requests.Seed, set()),
        (requests.NewArticle, shapes.ArticleIn, set()),
        (requests.SourceChanges, core_requests.SourceChange, set()),
    ],
)
def test_every_request_has_the_fields_of_the_interface(ours: type, theirs: Any, apart: set[str]) -> None:
    assert set(ours.__annotations__) == set(theirs.model_fields) - apart


def test_it_imports_httpx_and_none_of_ours() -> None:
    show = "import sys, client; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True).stdout.split()
    roots = {name.partition(".")[0] for name in loaded}
    assert "httpx" in roots
    assert roots & {"api", "archive", "db", "embeddings", "lexical", "shell", "pydantic", "numpy", "sqlalchemy"} == set()
