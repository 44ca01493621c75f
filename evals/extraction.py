"""How well the article of a web page is told from all that stands around it.

    python -m evals.extraction                # 181 real pages with their bodies as people marked them
    python -m evals.extraction --worst 20     # and the pages that are read worst
    python -m evals.extraction --pin          # make this run the pinned one
    python -m evals.extraction --quick        # every twelfth page: seconds

The pages and the measure are those of https://github.com/scrapinghub/article-extraction-benchmark: precision and recall over the
shingles of four words of a body, each the mean over the pages, and F1 of the two means. `exact`: the share of pages whose body is
that of the people, word for word. `blobs`: the share of the pages with several paragraphs that have all their text in one.

`title`: nobody marked the titles, so a page is asked for what it says itself: the headline in its JSON-LD or its markup, its
og:title, its headings of first order, and its title element without the site's name. What two of them agree on, letter by letter,
is a title that the page states. It is right to have one of these; pages without any are not counted.
"""

import argparse
import gzip
import hashlib
import json
import re
import statistics
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

from archive.parsing.encoding import decode
from archive.parsing.failures import ParsingFailed
from archive.parsing.html import fields_of
from evals.collections import data_folder

FOLDER = Path("messy") / "article_extraction_benchmark"
PINNED = Path(__file__).parent / "pinned" / "extraction.json"
QUICK = 12
FLOORS = {"F1": 0.965, "title": 0.95}
CEILINGS = {"refused": 0.0, "blobs": 0.0}
TIMES = ("seconds per page", "slowest page")
"""Of the machine, and not pinned."""
QUICK_FLOORS = {"F1": 0.93, "title": 0.9}

Shingles = Counter[tuple[str, ...]]


class Gold(NamedTuple):
    """A page, and its body as people marked it."""

    name: str
    url: str
    source: str
    body: str


class Outcome(NamedTuple):
    """`title`: None where the page states none."""

    name: str
    url: str
    precision: float
    recall: float
    title: bool | None
    blob: bool
    refused: bool
    seconds: float

    @property
    def f1(self) -> float:
        return harmonic(self.precision, self.recall)


@dataclass
class Figures:
    values: dict[str, float] = field(default_factory=dict)
    digest: str = ""


def pages(every: int = 1) -> Iterator[Gold]:
    """Each so-manieth page of the benchmark. Raises FileNotFoundError."""
    folder = data_folder() / FOLDER
    truth: dict[str, dict[str, str]] = json.loads((folder / "ground-truth.json").read_text())
    for name, page in sorted(truth.items())[::every]:
        content = gzip.decompress((folder / "html" / f"{name}.html.gz").read_bytes())
        yield Gold(name, page["url"], decode(content, page=True).text, page["articleBody"])


# Measures


def shingles(text: str) -> Shingles:
    words = re.findall(r"\w+", text)
    return Counter(shingle for at in range(max(1, len(words) - 3)) if (shingle := tuple(words[at : at + 4])))


def overlap(found: str, wanted: str) -> tuple[float, float]:
    """(precision, recall) over the shingles of four words, as the benchmark's evaluate.py has it."""
    ours, theirs = shingles(found), shingles(wanted)
    if ours == theirs:
        return 1.0, 1.0
    common = (ours & theirs).total()
    return common / max(1, ours.total()), common / max(1, theirs.total())


def harmonic(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def stated(source: str) -> set[str]:
    """The titles, reduced to their letters, that the page states twice."""
    from lxml import html  # type: ignore[import-untyped]

    tree = html.document_fromstring(source.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=True))
    headings = [heading.text_content() for heading in tree.iter("h1")]
    named = map(str, tree.xpath("//meta[@property='og:title' or @name='og:title']/@content")[:1])
    site = next(iter(tree.xpath("//meta[@property='og:site_name']/@content")), "")
    titles = [title.text_content() for title in tree.xpath("//title")[:1]]
    short = [without_site(title, site or _last_part(title)) for title in titles]
    said = [_headlines(tree), headings, [without_site(each, site) for each in named], [*titles, *short]]
    counted = Counter(letters for each in said for letters in {_letters(text) for text in each} if letters)
    return {letters for letters, times in counted.items() if times > 1}


def _headlines(tree: Any) -> list[str]:
    scripts = "\n".join(script.text_content() for script in tree.xpath("//script[contains(@type, 'ld+json')]"))
    linked = [json.loads(found, strict=False) for found in re.findall(r'"headline"\s*:\s*("(?:[^"\\]|\\.)*")', scripts)]
    marked = tree.xpath("//*[contains(@itemprop, 'headline')]")
    return linked + [element.get("content") or element.text_content() for element in marked]


def without_site(title: str, site: str) -> str:
    """The title without the name of the site behind a dash or a bar."""
    before, last = _parts(title)
    return before if last and _letters(last) == _letters(site) else title


def _last_part(title: str) -> str:
    return _parts(title)[1]


def _parts(title: str) -> tuple[str, str]:
    """What stands before the last dash or bar, and what behind it."""
    before, _, last = re.sub(r"\s+[|–—-]\s+(?=[^|–—-]*$)", "\0", title.strip()).partition("\0")
    return before, last


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", unicodedata.normalize("NFKC", unescape(text))).casefold()


def outcome(page: Gold) -> Outcome:
    started = time.perf_counter()
    try:
        fields: dict[str, Any] = fields_of(page.source, page.url)
    except ParsingFailed:
        fields = {}
    seconds = time.perf_counter() - started
    paragraphs = [paragraph["text"] for paragraph in fields.get("paragraphs", [])]
    titles = stated(page.source)
    return Outcome(
        page.name,
        page.url,
        *overlap("\n".join(paragraphs), page.body),
        title=_letters(fields.get("title", "")) in titles if titles else None,
        blob=len(paragraphs) == 1 and len(page.body.split("\n\n")) > 2,
        refused=not fields,
        seconds=seconds,
    )


def figures_of(outcomes: Sequence[Outcome]) -> dict[str, float]:
    precision = statistics.mean(each.precision for each in outcomes)
    recall = statistics.mean(each.recall for each in outcomes)
    titles = [each.title for each in outcomes if each.title is not None]
    return {
        "F1": harmonic(precision, recall),
        "precision": precision,
        "recall": recall,
        "exact": statistics.mean(each.precision == each.recall == 1 for each in outcomes),
        "title": statistics.mean(titles),
        "pages that state a title": len(titles),
        "blobs": statistics.mean(each.blob for each in outcomes),
        "refused": statistics.mean(each.refused for each in outcomes),
        "seconds per page": statistics.mean(each.seconds for each in outcomes),
        "slowest page": max(each.seconds for each in outcomes),
    }


# Report


def report(figures: Figures, pinned: Figures, floors: dict[str, float]) -> int:
    """The number of figures on the wrong side of their bound."""
    before = pinned.values if pinned.digest == figures.digest else {}
    print(f"{'':26} {'':>9} {'pinned':>9}  bound")
    missed = 0
    for name, value in figures.values.items():
        bound = floors.get(name, CEILINGS.get(name))
        good = floors.get(name, value) <= value <= CEILINGS.get(name, value)
        said = "" if bound is None else f"{bound}  {'ok' if good else 'MISSED'}"
        print(f"{name:26} {value:9.4f} {f'{before[name]:9.4f}' if name in before else '':>9}  {said}")
        missed += not good
    return missed


def main(arguments: Sequence[str] | None = None) -> int:
    """The number of figures on the wrong side of their bound."""
    parser = argparse.ArgumentParser(
        prog="python -m evals.extraction", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"every {QUICK}th page")
    parser.add_argument("--worst", type=int, default=10, help="show so many of the pages that are read worst (10)")
    parser.add_argument("--pin", action="store_true", help="what is measured becomes what later runs are compared with")
    options = parser.parse_args(arguments)
    golds = list(pages(QUICK if options.quick else 1))
    outcomes = [outcome(page) for page in golds]
    digest = hashlib.sha256("".join(page.source + page.body for page in golds).encode()).hexdigest()[:16]
    figures = Figures(figures_of(outcomes), digest)
    pinned = Figures(**json.loads(PINNED.read_text())) if PINNED.exists() else Figures()
    missed = report(figures, pinned, QUICK_FLOORS if options.quick else FLOORS)
    for each in sorted(outcomes, key=lambda each: each.f1)[: options.worst]:
        title = "" if each.title in (None, True) else "  another title than the page states"
        print(f"{each.f1:.3f}  precision {each.precision:.3f}  recall {each.recall:.3f}  {each.url}{title}")
    if options.pin:
        figures.values = {name: value for name, value in figures.values.items() if name not in TIMES}
        PINNED.write_text(json.dumps(vars(figures), indent=0) + "\n")
    return missed


if __name__ == "__main__":
    raise SystemExit(main())
