"""Putting in: files, addresses or a text; what was understood of it is shown before it is saved."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Final

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.dependencies import OpenArchive
from api.incoming import unreadable
from api.receiving import received
from api.room.calls import Call
from api.room.pages import WritingPage, filled, render
from api.room.templating import article_path
from archive.answers import DraftOut, Preview
from archive.archive import Archive
from archive.errors import FieldError, InvalidRequest
from archive.parsing import ParsingFailed, draft_from_json
from archive.requests import ImportOptions, UrlImport
from archive.spool import Upload
from db.records import Draft

router = APIRouter(route_class=WritingPage, include_in_schema=False)

LONGEST_TEXT: Final = 2 << 20
"""Bytes of a text that is pasted; a longer one goes in as a file."""
EDITABLE: Final = ("title", "dek", "authors", "published_at", "source", "categories", "tags", "series", "language", "url")
LISTS: Final = frozenset({"authors", "categories", "tags"})
PASTED: Final = "pasted"


@router.get("/put-in")
def page(request: Request) -> Response:
    return render(request, "put_in.html", calls=[Call("create_import", body={"urls": ["https://…"]})])


@router.post("/put-in")
async def understand(request: Request, archive: OpenArchive) -> Response:
    """What was sent stays on disk, so that it need not be sent again to be saved."""
    upload = archive.upload()
    try:
        body = await received(request, upload, None, longest_field=LONGEST_TEXT)
        return await run_in_threadpool(_understood, request, archive, upload, ImmutableMultiDict(body.fields))
    except BaseException:
        await run_in_threadpool(upload.discard)
        raise


def _understood(request: Request, archive: Archive, upload: Upload, form: ImmutableMultiDict[str, str]) -> Response:
    upload.files = [file for file in upload.files if file.name or archive.spool.path(upload.id, file.location).stat().st_size]
    urls, text = form.get("urls", "").split(), form.get("text", "").strip()
    if sum(map(bool, (urls, text, upload.files))) != 1:
        raise InvalidRequest("Give one of these: files, addresses, or a text.", [FieldError("/text", "or files, or addresses")])
    if urls:
        upload.discard()
        return _shown(request, archive, None, urls, form)
    if text:
        with upload.file(PASTED, None) as stream:
            stream.write(text.encode())
    upload.keep()
    return _shown(request, archive, upload, (), form)


def _shown(
    request: Request, archive: Archive, upload: Upload | None, urls: Sequence[str], form: ImmutableMultiDict[str, str]
) -> Response:
    options = _options(form)
    if upload is None:
        preview = archive.preview_urls(UrlImport(urls=list(urls), **options.model_dump()))
    else:
        preview = archive.preview_upload(upload, options)
    alone = _alone(preview, upload)
    return render(
        request, "put_in_preview.html", preview=preview, alone=alone, urls=urls, options=options,
        upload=upload.id if upload else "",
        names=[file.name or "a file" for file in upload.files] if upload else [], fields=_fields(alone) if alone else [],
        calls=[Call("create_import", body={"urls": list(urls)})] if urls else [],
    )  # fmt: skip


def _alone(preview: Preview, upload: Upload | None) -> DraftOut | None:
    """The article of a text that was pasted: a single one may be corrected before it is saved."""
    if upload is None or len(upload.files) != 1 or len(preview.items) != 1 or preview.expected > 1:
        return None
    return preview.items[0].article


def _fields(article: DraftOut) -> list[tuple[str, str]]:
    return [(name, _written(getattr(article, name))) for name in EDITABLE]


def _written(value: Any) -> str:
    return "; ".join(value) if isinstance(value, list) else value or ""


def _options(form: ImmutableMultiDict[str, str]) -> ImportOptions:
    """`map` comes one pair a line; the field of a form that is not known is not its business."""
    pairs = [line.strip() for given in form.getlist("map") for line in given.splitlines() if line.strip()]
    kept = ImmutableMultiDict([(name, value) for name, value in form.multi_items() if name != "map"])
    return filled(kept, ImportOptions, map=pairs)


@router.post("/put-in/save")
async def save(request: Request, archive: OpenArchive) -> Response:
    form = ImmutableMultiDict([(name, str(value)) for name, value in (await request.form()).multi_items()])
    return await run_in_threadpool(_saved, request, archive, form)


def _saved(request: Request, archive: Archive, form: ImmutableMultiDict[str, str]) -> Response:
    urls = form.get("urls", "").split()
    upload = None if urls else archive.kept_upload(form.get("upload", ""))
    if form.get("act") == "again":
        return _shown(request, archive, upload, urls, form)
    options = _options(form)
    if upload is None:
        return RedirectResponse(f"/jobs/{archive.import_urls(UrlImport(urls=urls, **options.model_dump())).id}", 303)
    if form.get("act") == "article":
        added = archive.add(_corrected(archive.draft_of(upload, options), form), on_conflict=options.on_conflict)
        upload.discard()
        return RedirectResponse(article_path(added.id), 303)
    return RedirectResponse(f"/jobs/{archive.import_files(upload, options).id}", 303)


def _corrected(draft: Draft, form: ImmutableMultiDict[str, str]) -> Draft:
    """With the fields as they stand in the form; one that was emptied is empty. Raises UnreadableArticle for what cannot be."""
    given: dict[str, Any] = {name: _read(name, form[name].strip()) for name in EDITABLE if name in form}
    try:
        read = draft_from_json(
            {**{name: value for name, value in given.items() if value}, "text": "-"}, original=None, strict=True
        )
    except ParsingFailed as failure:
        raise unreadable(failure) from failure
    corrected = replace(draft, **{name: getattr(read, name) for name in given})
    return replace(corrected, language_detected=draft.language_detected and corrected.language == draft.language)


def _read(name: str, written: str) -> Any:
    return _parts(written.split(";")) if name in LISTS else written


def _parts(parts: Iterable[str]) -> list[str]:
    return [part.strip() for part in parts if part.strip()]
