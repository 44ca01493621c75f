"""What the readers make of real files, where the folder of real articles is there."""

import json
from pathlib import Path

from archive.parsing import read_path
from db.records import Draft
from evals import extraction


def test_digitalgov(data: Path) -> None:
    path = data / "digitalgov" / "articles.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    drafts = [item for item in read_path(path) if isinstance(item, Draft)]
    assert len(drafts) == len(rows) == 2427
    for row, draft in zip(rows, drafts, strict=True):
        published = draft.published_at.text if draft.published_at else None
        assert published == row.get("date")
        assert draft.tags == tuple(dict.fromkeys(row.get("topics", [])))
        assert (draft.dek, draft.title, draft.external_id) == (
            row.get("summary", "").strip() or None,
            row.get("title", "").strip(),
            row["id"],
        )
        assert len(draft.authors) == len({name.strip() for name in row.get("author", "").replace("&#39;", "'").split(";")} - {""})
        assert "\n\n".join(paragraph.text for paragraph in draft.paragraphs).split() == row["text"].split()
        assert (draft.extra, draft.warnings) == ({}, ())


def test_bodies_and_titles_of_real_pages(data: Path) -> None:
    """Over all 181 pages `python -m evals.extraction` has F1 0.970; trafilatura alone has a published 0.958."""
    assert (data / extraction.FOLDER).is_dir()
    pages = list(extraction.pages(9))
    figures = extraction.figures_of([extraction.outcome(page) for page in pages])
    assert len(pages) == 21
    assert figures["F1"] > 0.94
    assert figures["title"] > 0.9
    assert figures["refused"] == figures["blobs"] == 0
