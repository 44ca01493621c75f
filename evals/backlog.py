"""A whole backlog in one job, with the server killed on the way: that nothing is lost and nothing is done twice, how much memory
it takes, and what the same files cost a second time.

    python -m evals.backlog                          # digitalgov and lctt_en, ten kills: the better part of an hour
    python -m evals.backlog --kills 3 FILE...
    python -m evals.backlog --model all-MiniLM-L6-v2 --kills 0 FILE...
    python -m evals.backlog --quick                  # seconds, with articles of its own

The files are uploaded in one request to a server that is left alone, and once more when they are in. Then another server gets
them; it is killed (SIGKILL) at random moments, each time started again. Both archives must have the same articles in the same
number of revisions, and both jobs the same counts and the same errors.

Memory is that of the server's process, looked at four times a second: resident pages (those of mapped files included), and the
part of it that is its own (anonymous). The encoder hashes words unless a model is named: what is measured is everything else.
"""

import argparse
import gzip
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from archive.archive import Archive
from archive.settings import Settings
from client import Backfile, answers
from db import articles
from db.records import Filters
from evals.collections import data_folder
from evals.server import RunningServer, server

POLL_S = 0.25
FIRST = 1000
"""Articles. What they take is what it takes at all; from then on memory should not grow."""
PATIENCE_S = 6 * 3600


@dataclass
class Memory:
    """Megabytes, the most seen: while the first thousand articles came in, and after that."""

    first: dict[str, float] = field(default_factory=lambda: {"RssAnon": 0.0, "VmRSS": 0.0})
    later: dict[str, float] = field(default_factory=lambda: {"RssAnon": 0.0, "VmRSS": 0.0})

    def look(self, pid: int, done: int) -> None:
        seen = self.first if done < FIRST else self.later
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in seen:
                seen[name] = max(seen[name], int(value.split()[0]) / 1000)

    def growth(self, name: str) -> float:
        return self.later[name] - self.first[name]


@dataclass(frozen=True)
class Outcome:
    """What there is in the end: content digests with revision numbers, the job's counts, and its errors."""

    contents: Counter[tuple[str, int]]
    counts: tuple[int, ...]
    errors: Counter[tuple[str, str]]
    seconds: float
    searchable_s: float
    memory: Memory


def imported(data: Path, files: Sequence[Path], model: str, kills: Sequence[float]) -> Outcome:
    """`kills`: how much of the job is done when the server is killed, ascending."""
    environment = {"BACKFILE_MODEL": model, "BACKFILE_LOG_LEVEL": "warning"}
    memory, id, left = Memory(), "", list(kills)
    started = time.monotonic()
    while True:
        with server(data, environment) as running, Backfile(running.url, timeout=120, retries=5) as backfile:
            if not id:
                started = time.monotonic()
                id = uploaded(backfile, files)["id"]
            job = until(backfile, running, id, left[0] if left else None, memory)
            if job is None:
                left.pop(0)
                continue
            seconds = time.monotonic() - started
            while backfile.index_status()["pending"]:
                time.sleep(POLL_S)
                memory.look(running.process.pid, job["done"])
            searchable_s = time.monotonic() - started
            check = backfile.check_index()
            if not check["clean"]:
                raise AssertionError(f"the check found {check}")
            errors = Counter((note["place"], note["code"]) for note in backfile.job_errors(id))
        counts = tuple(int(job[name]) for name in ("done", "created", "updated", "unchanged", "skipped", "failed"))
        return Outcome(contents_of(data, model), counts, errors, seconds, searchable_s, memory)


def uploaded(backfile: Backfile, files: Sequence[Path]) -> answers.Job:
    with ExitStack() as stack:
        return backfile.create_import(files=[(path.name, stack.enter_context(path.open("rb"))) for path in files])


def until(backfile: Backfile, running: RunningServer, id: str, share: float | None, memory: Memory) -> answers.Job | None:
    """The job when it has ended; None if the server was killed, when so much of it was done."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        job = backfile.get_job(id)
        if job["finished_at"] is not None:
            return job
        memory.look(running.process.pid, job["done"])
        if share is not None and job["done"] >= share * job["total"]:
            time.sleep(random.random() * POLL_S)  # in the middle of whatever it is doing
            running.kill()
            return None
        time.sleep(POLL_S)
    raise TimeoutError(f"the job {id} did not end in {PATIENCE_S} s")


def contents_of(data: Path, model: str) -> Counter[tuple[str, int]]:
    with Archive(Settings(data_dir=data, model=model)) as archive, archive.db.read() as conn:
        keys = articles.keys(conn, Filters())
        found: Counter[tuple[str, int]] = Counter()
        for at in range(0, len(keys), 1000):
            part = articles.many(conn, keys[at : at + 1000])
            found.update((article.sha256, article.revision) for article in part.values())
        return found


def again(data: Path, files: Sequence[Path], model: str) -> tuple[float, answers.Job]:
    """Seconds that the same files take a second time."""
    environment = {"BACKFILE_MODEL": model, "BACKFILE_LOG_LEVEL": "warning"}
    with server(data, environment) as running, Backfile(running.url, timeout=120) as backfile:
        started = time.monotonic()
        job = until(backfile, running, uploaded(backfile, files)["id"], None, Memory())
        assert job is not None
        while backfile.index_status()["pending"]:
            time.sleep(POLL_S)
        return time.monotonic() - started, job


def differences(one: Outcome, other: Outcome) -> list[str]:
    wrong = []
    if one.contents != other.contents:
        wrong.append(f"{len((one.contents - other.contents) + (other.contents - one.contents))} articles differ")
    if one.counts != other.counts:
        wrong.append(f"the counts are {one.counts} and {other.counts}")
    if one.errors != other.errors:
        wrong.append("the errors differ")
    return wrong


@contextmanager
def few_articles(count: int) -> Iterator[list[Path]]:
    """Some lines, good and bad, in two files, for the quick mode."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / "one.ndjson", Path(folder) / "two.ndjson.gz"]
        lines = [
            b"{broken"
            if number % 50 == 7
            else json.dumps({"title": f"Report {number}", "text": f"Of {number} reports. " * 40}).encode()
            for number in range(count)
        ]
        paths[0].write_bytes(b"\n".join(lines[: count // 2]))
        paths[1].write_bytes(gzip.compress(b"\n".join(lines[count // 2 :])))
        yield paths


def measured(files: Sequence[Path], model: str, kills: int, seed: int) -> int:
    """Prints what it finds; 0 if all is well."""
    chance = random.Random(seed)
    moments = sorted(chance.uniform(0.02, 0.98) for _ in range(kills))
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        plain = imported(Path(folder) / "plain", files, model, ())
        tell("undisturbed", plain)
        seconds, job = again(Path(folder) / "plain", files, model)
        ratio = plain.searchable_s / seconds
        print(f"the same again: {seconds:.1f} s, {ratio:.0f}x faster; {job['unchanged']:,} unchanged, {job['created']} created")
        if job["created"] or job["updated"]:
            wrong.append("the same files again were written again")
        if kills:
            killed = imported(Path(folder) / "killed", files, model, moments)
            tell(f"killed {kills} times, at {', '.join(f'{moment:.0%}' for moment in moments)}", killed)
            wrong += differences(plain, killed)
    print("; ".join(wrong) or "the end state is the same")
    return len(wrong)


def tell(title: str, outcome: Outcome) -> None:
    done, created, *_, failed = outcome.counts
    memory = outcome.memory
    print(
        f"{title}: {done:,} items, {created:,} created, {failed} failed, in {outcome.seconds:.0f} s, searchable after "
        f"{outcome.searchable_s:.0f} s; after the first {FIRST:,} articles memory grows from {memory.first['RssAnon']:.0f} MB "
        f"of its own ({memory.first['VmRSS']:.0f} resident) by {memory.growth('RssAnon'):.0f} ({memory.growth('VmRSS'):.0f})",
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.backlog", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--model", default="hashing")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    if options.quick:
        with few_articles(300) as files:
            return measured(files, options.model, 1, options.seed)
    files = options.files or [data_folder() / "digitalgov" / "articles.jsonl", data_folder() / "lctt_en" / "articles.jsonl.gz"]
    return measured(files, options.model, options.kills, options.seed)


if __name__ == "__main__":
    raise SystemExit(main())
