"""What people see: tables, highlighted passages, progress bars. What scripts read is JSON on stdout."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import Progress

    from client import answers
    from shell.importing import Report
    from shell.library import Outcome

COUNTS = frozenset(["articles", "relevance", "stored", "failed"])

EXCERPT = 320
"""Characters of a passage that are shown."""


def out() -> Console:
    return Console(highlight=False)


def err() -> Console:
    return Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def print_line(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    sys.stdout.write("\n")


def print_facts(facts: Mapping[str, object]) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(Text(name, style="dim"), Text(_plain(value)))
    out().print(table)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def table_of(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in COUNTS else "left"
        table.add_column(column, overflow="fold", no_wrap=column == "id", justify=justify)
    for row in rows:
        table.add_row(*(Text("" if cell is None else _plain(cell)) for cell in row))
    return table


def print_articles(page: answers.ArticlePage) -> None:
    rows = [(item["id"], _day(item), item["title"], ", ".join(item["authors"]), item["source"]) for item in page["items"]]
    out().print(table_of(("id", "published", "title", "authors", "source"), rows))
    out().print(f"{page['count']:,} articles, {len(rows)} shown", style="dim")
    _print_notes([], page["next"])


def print_duplicates(page: answers.DuplicatesPage) -> None:
    console = out()
    for group in page["items"]:
        console.print(Text(f"{group['count']:,} articles, {group['kind']}", style="bold"))
        for item in group["items"]:
            console.print(Padding(_duplicate(item), (0, 0, 0, 4)))
    console.print(f"{page['count']:,} groups, {len(page['items'])} shown", style="dim")
    _print_notes(_looking_up(page["pending"]), page["next"])


def print_duplicates_of(answer: answers.ArticleDuplicates) -> None:
    console = out()
    for item in answer["items"]:
        console.print(_duplicate(item))
    first = "this was first" if answer["first"] == answer["article"]["id"] else f"{answer['first']} was first"
    console.print(f"{answer['count']:,} duplicates, {len(answer['items'])} shown; {first}", style="dim")
    _print_notes(_looking_up(answer["pending"]), None)


def _duplicate(item: answers.Duplicate) -> Text:
    line = Text(f"{_day(item['article']) or '(no date)':10}  {item['article']['title'] or '(no title)'}  ")
    if item["relation"] is None:
        said = "first"
    elif item["relation"] == "exact":
        said = "exact"
    else:
        said = f"near {item['resemblance'] or 0:.2f}"
    return line.append(f"{item['article']['id']}  {said}", style="dim")


def print_reuse(answer: answers.ReuseAnswer) -> None:
    console = out()
    for paragraph in answer["items"]:
        line = Text(f"{paragraph['ordinal']:>3}. ")
        line.append(excerpt(paragraph["text"], []))
        console.print(line)
        first = paragraph["first"]
        console.print(Text(f"     in {paragraph['articles']:,} others; first in {first['id']}  {first['title']}", style="dim"))
        for use in paragraph["items"]:
            said = "verbatim" if use["kind"] == "verbatim" else f"near {use['resemblance']:.2f}"
            when = (use["article"]["published_at"] or "(no date)")[:10]
            console.print(Text(f"     {when}  {said}  {use['article']['title']}  {use['paragraph_id']}", style="dim"))
    console.print(f"{answer['reused']:,} of {answer['paragraphs']:,} paragraphs are in other articles too", style="dim")
    _print_notes(_looking_up(answer["pending"]), None)


def _looking_up(pending: int) -> list[str]:
    return [f"{pending:,} articles are not looked up yet"] if pending else []


def print_stories(page: answers.StoryPage) -> None:
    rows = [(item["id"], item["active_at"][:10], item["articles"], item["title"]) for item in page["items"]]
    out().print(table_of(("id", "active", "articles", "title"), rows))
    out().print(f"{page['count']:,} stories, {len(rows)} shown", style="dim")
    _print_notes(_judging(page["pending"]), page["next"])


def print_story(story: answers.StoryTimeline) -> None:
    out().print(Text(story["title"] or "(no title)", style="bold"))
    rows = [(_day(item), item["title"], item["source"], item["id"]) for item in story["items"]]
    out().print(table_of(("published", "title", "source", "id"), rows))
    out().print(f"{story['id']}: {story['articles']:,} articles, {len(rows)} shown", style="dim")
    _print_notes(_judging(story["pending"]), story["next"])


def _judging(pending: int) -> list[str]:
    return [f"{pending:,} changes have not been judged yet."] if pending else []


def print_found(answer: answers.SearchAnswer) -> None:
    console = out()
    for item in answer["items"]:
        console.print(_headline(item["rank"], item["article"], item["relevance"]))
        for match in item["matches"][:1]:
            console.print(Padding(excerpt(match["text"], match["highlights"]), (0, 0, 0, 4)))
        _print_copies(console, item["also_in"])
    count = answer["count"]
    about = "" if count["relation"] == "eq" else "at least "
    console.print(f"{about}{count['value']:,} found, {len(answer['items'])} shown, {answer['took_ms']:.0f} ms", style="dim")
    _print_notes(answer["warnings"], answer["next"])


def print_related(answer: answers.RelatedAnswer) -> None:
    console = out()
    for item in answer["items"]:
        console.print(_headline(item["rank"], item["article"], item["relevance"], _words(item["relation"])))
        if item["why"] is not None:
            console.print(Padding(_because(item["why"]), (0, 0, 0, 4)))
        _print_copies(console, item["also_in"])
    for copy in answer["also_in"]:
        console.print(Text(f"already there: {copy['id']}  {copy['title']}", style="dim"))
    console.print(f"{answer['count']['value']:,} related, {len(answer['items'])} shown, {answer['took_ms']:.0f} ms", style="dim")
    _print_notes(answer["warnings"], answer["next"])


def _words(relation: answers.Relation | None) -> str:
    return (relation or "").replace("_", " ")


def _headline(rank: int, article: answers.Article, relevance: float, relation: str = "") -> Text:
    line = Text(f"{rank:>2}. ")
    line.append(article["title"] or "(no title)", style="bold")
    about = [_day(article), ", ".join(article["authors"]), article["id"], f"relevance {relevance:.2f}", relation]
    return line.append("\n    " + " · ".join(part for part in about if part), style="dim")


def _day(article: answers.Article) -> str:
    return (article["published_at"] or "")[:10]


def excerpt(text: str, highlights: Sequence[Sequence[int]]) -> Text:
    """Up to EXCERPT characters of the text around its first highlighted word, its highlighted words bold."""
    whole = Text(text.replace("\n", " "))
    for start, end in highlights:
        whole.stylize("bold yellow", start, end)
    first = highlights[0][0] if highlights else 0
    begin = 0 if first < EXCERPT - 80 else text.rfind(" ", 0, first - 80) + 1
    shown = whole[begin : begin + EXCERPT]
    return Text("…" if begin else "").append(shown).append("…" if begin + EXCERPT < len(text) else "")


def _because(why: answers.Why) -> Text:
    lines = [f"{pair['similarity']:.2f}  {_short(pair['seed_text'])}\n      {_short(pair['text'])}" for pair in why["pairs"]]
    shared = [*why["shared_terms"], *(f"#{tag}" for tag in why["shared_tags"]), *why["shared_authors"]]
    lines += ["shared: " + ", ".join(shared)] if shared else []
    lines += [f"{why['days_apart']} days apart"] if why["days_apart"] is not None else []
    lines += ["cites it"] if why["cites"] else []
    lines += ["is cited by it"] if why["cited_by"] else []
    return Text("\n".join(lines))


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 110 else plain[:109] + "…"


def _print_copies(console: Console, copies: Sequence[answers.AlsoIn]) -> None:
    for copy in copies:
        console.print(Text(f"    also {copy['id']} {copy['source'] or copy['url'] or ''}", style="dim"))


def _print_notes(warnings: Sequence[str], following: str | None) -> None:
    console = err()
    for warning in warnings:
        console.print(Text(warning, style="yellow"))
    if following is not None:
        console.print(Text(f"more: --cursor {following}", style="dim"), soft_wrap=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar on stderr; nothing where that is not a terminal."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[said]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console = err()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        yield bar


def print_report(report: Report, most: int) -> None:
    """What an import did, and up to `most` of what failed and of what it warned about."""
    counts = {name: getattr(report, name) for name in ("read", "created", "updated", "unchanged", "skipped")}
    shown = {name: count for name, count in counts.items() if count or name in ("read", "created")}
    print_facts({**shown, "failed": len(report.failed), "seconds": f"{report.seconds:.1f}"})
    _print_listed("failed", report.failed, most, "red")
    _print_listed("warning", report.warnings, most, "yellow")


def _print_listed(word: str, listed: Sequence[answers.JobNote], most: int, style: str) -> None:
    console = err()
    for item in listed[:most]:
        console.print(Text(word, style=style).append(f" {said(item)}", style="default"), soft_wrap=True)
    if len(listed) > most:
        console.print(f"… and {len(listed) - most:,} more; --json has them all", style="dim")


def said(note: answers.JobNote) -> str:
    """Where, and what: the fields that are to blame where there are any, else the whole."""
    named = [f"{error['pointer']} {error['detail']}" for error in note["errors"]]
    return f"{note['place']}: {'; '.join(named) or note['detail']}"


def print_preview(preview: answers.Preview) -> None:
    """What an import would begin with."""
    console = out()
    print_map(preview["map"])
    for item in preview["items"]:
        console.print(Text(item["place"], style="dim"), soft_wrap=True)
        if item["article"] is None:
            problem = item["problem"]
            console.print(Text("  failed", style="red").append(f" {problem['detail'] if problem else ''}", style="default"))
        else:
            console.print(Padding(_understood(item["article"]), (0, 0, 0, 2)))
        for warning in item["warnings"]:
            console.print(Text(f"  {warning}", style="yellow"))
    console.print(f"about {preview['expected']:,} in all; nothing was stored", style="dim")


def _understood(article: answers.Draft) -> Text:
    about = [", ".join(article["authors"]), article["published_at"], article["source"], article["language"], article["url"]]
    text = Text(article["title"] or "(no title)", style="bold")
    text.append("\n" + "  ".join(part for part in about if part), style="dim not bold")
    count = len(article["paragraphs"])
    first = _short(article["paragraphs"][0]["text"]) if count else ""
    return text.append(f"\n{count} paragraphs  {first}", style="not bold")


def print_map(fields: Mapping[str, str]) -> None:
    """Which fields of the records are taken for which of ours."""
    if fields:
        said = ", ".join(f"{ours}={theirs}" for ours, theirs in fields.items())
        err().print(Text(f"fields: {said} (--map says otherwise)", style="dim"), soft_wrap=True)


def print_job(job: answers.Job) -> None:
    shown = ("id", "kind", "state", "detail", "total", "done", "created", "updated", "unchanged", "skipped", "failed", "warnings")
    rest = {"rate": job["rate"], "remaining_s": job["remaining_s"]} if job["remaining_s"] is not None else {}
    said: Mapping[str, object] = dict(job)
    times = {name: said[name] for name in ("created_at", "started_at", "finished_at") if said[name]}
    print_facts({name: said[name] for name in shown if said[name] is not None} | rest | times)


def print_jobs(page: answers.JobPage) -> None:
    columns = ("id", "begun", "state", "done", "stored", "failed")
    rows = [
        (job["id"], job["created_at"][:16].replace("T", " "), job["state"], f"{job['done']:,} of {job['total']:,}",
         job["created"] + job["updated"], job["failed"])
        for job in page["items"]
    ]  # fmt: skip
    out().print(table_of(columns, rows))
    _print_notes([], page["next"])


def print_sources(page: answers.SourcePage) -> None:
    columns = ("id", "url", "state", "stored", "due", "trouble")
    rows = [
        (source["id"], source["url"], source["state"], source["created"] + source["updated"],
         (source["due_at"] or "")[:16].replace("T", " "), source["detail"])
        for source in page["items"]
    ]  # fmt: skip
    out().print(table_of(columns, rows))
    _print_notes([], page["next"])


def print_added(article: answers.Article, outcome: Outcome) -> None:
    out().print(Text(f"{outcome.status} {article['id']}  ").append(article["title"], style="bold"))
    _print_notes(outcome.warnings, None)
