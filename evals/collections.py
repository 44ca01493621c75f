"""Judged collections: articles, queries, and who is right for which."""

import csv
import gzip
import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Collection:
    """`judgments`: query id -> article id -> grade."""

    name: str
    articles: list[dict[str, Any]]
    queries: dict[str, str]
    judgments: dict[str, dict[str, float]]


def data_folder() -> Path:
    """`BACKFILE_COLLECTIONS`, or `../shared/data` beside the project. Raises FileNotFoundError."""
    folder = Path(os.environ.get("BACKFILE_COLLECTIONS", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        raise FileNotFoundError(f"no collections at {folder}: set BACKFILE_COLLECTIONS to the folder that has them")
    return folder


def judged(name: str, part: str = "") -> Collection:
    """A search collection of the data folder; `_train`: with the queries of that part."""
    folder = data_folder() / name
    judgments: dict[str, dict[str, float]] = defaultdict(dict)
    with (folder / f"qrels{part}.tsv").open() as lines:
        for query, article, grade in csv.reader(lines, delimiter="\t"):
            if float(grade) > 0:
                judgments[query][article] = float(grade)
    queries = {item["id"]: item["text"] for item in _objects(folder / f"queries{part}.jsonl")}
    wanted = {query: text for query, text in queries.items() if query in judgments}
    return Collection(name, list(_objects(folder / "articles.jsonl")), wanted, dict(judgments))


def related(name: str) -> Collection:
    """Articles with judgments of which are related, if the collection has them as grades; there are no queries."""
    folder = data_folder() / name
    judgments: dict[str, dict[str, float]] = defaultdict(dict)
    if (folder / "related_qrels.tsv").exists():
        with (folder / "related_qrels.tsv").open() as lines:
            for line in csv.DictReader(lines, delimiter="\t"):
                judgments[line["query_article_id"]][line["doc_id"]] = float(line["relevance"])
    return Collection(name, list(_objects(folder / "articles.jsonl")), {}, dict(judgments))


def samples() -> Collection:
    """The project's own samples, each asked for by its title: enough to see that measuring works."""
    from archive.parsing import paths_under, read_path
    from db.records import Draft

    drafts = [
        draft for path in paths_under(ROOT / "samples") for draft in read_path(path) if isinstance(draft, Draft) and draft.title
    ]
    articles = [
        {"id": str(n), "title": draft.title, "text": "\n\n".join(p.text for p in draft.paragraphs)}
        for n, draft in enumerate(drafts)
    ]
    queries = {article["id"]: article["title"] for article in articles}
    return Collection("samples", articles, queries, {query: {query: 1.0} for query in queries})


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)
