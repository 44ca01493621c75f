"""Kill the server in the middle of an import, again and again, and see that nothing that was acknowledged is lost.

    python -m evals.crash --rounds 20

Each round imports articles over HTTP, kills the server (SIGKILL) at a random moment, hurts the snapshot in some rounds, and
starts it again. Then every acknowledged article must be readable and found, the check of the index clean, and only those
passages encoded that had no vector when the server died.
"""

import argparse
import random
import re
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import httpx

from archive.archive import Archive
from archive.settings import Settings
from client import Backfile, BackfileError
from evals.server import RunningServer, server

BATCH = 10
ENVIRONMENT = {"BACKFILE_MODEL": "hashing", "BACKFILE_SNAPSHOT_INTERVAL_S": "0.2"}


def article(number: int) -> dict[str, object]:
    """With a word that only it has, and paragraphs of its own."""
    paragraphs = [f"Report {number}, part {part}, of the keyword{number} affair in the harbour town. " * 6 for part in range(4)]
    return {"external_id": str(number), "title": f"Report {number}", "paragraphs": [text.strip() for text in paragraphs]}


def import_until_killed(running: RunningServer, numbers: Sequence[int], seconds: float) -> list[str]:
    """The ids that were acknowledged before the server was killed, so many seconds after the first batch."""
    killer = threading.Timer(seconds, running.kill)
    acknowledged: list[str] = []
    killer.start()
    try:
        with Backfile(running.url, timeout=30, retries=0) as backfile:
            for at in range(0, len(numbers), BATCH):
                answer = backfile.create_articles([article(n) for n in numbers[at : at + BATCH]], wait=0)
                acknowledged += [str(item["id"]) for item in answer["items"] if item["status"] < 300]
    except (BackfileError, httpx.HTTPError):
        pass  # it was killed
    killer.join()
    return acknowledged


def hurt(data: Path, how: str) -> None:
    for path in data.rglob("vectors.index"):
        if how == "torn":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        elif how == "deleted":
            path.unlink()


def lacking(data: Path) -> int:
    """Passages without a vector, read from the database itself while no server runs."""
    with Archive(Settings(data_dir=data, model="hashing")) as archive:
        return archive.indexer.pending()


def survived(data: Path, acknowledged: Sequence[str], waiting: int) -> list[str]:
    """What is wrong after a restart; nothing, if all is well."""
    with server(data, ENVIRONMENT) as running, Backfile(running.url, timeout=60) as backfile:
        while backfile.index_status()["pending"]:
            time.sleep(0.05)
        wrong = []
        for id in acknowledged:
            found = backfile.get_article(id)
            word = re.findall(r"keyword\d+", str(found["paragraphs"]))[0]
            if id not in [item["article"]["id"] for item in backfile.search_post(q=word, mode="lexical", limit=5)["items"]]:
                wrong.append(f"{id} is not found by its own word")
        nearest = backfile.search_post(q="the affair in the harbour town", mode="semantic", limit=10)
        if len(nearest["items"]) < min(10, len(acknowledged)):
            wrong.append("meaning finds less than there is")
        report = backfile.check_index()
        if not report["clean"] or report["pending"]:
            wrong.append(f"the check found {report}")
        encoded = re.search(r"^backfile_encoded_passages_total (\S+)", backfile.metrics(), re.MULTILINE)
        if encoded is None or float(encoded[1]) != waiting:
            wrong.append(f"{encoded and encoded[1]} passages were encoded, {waiting} lacked a vector")
    return wrong


def rounds(count: int, articles: int, seed: int) -> int:
    """How many rounds went wrong."""
    random_ = random.Random(seed)
    failed = 0
    for number in range(count):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "data"
            with server(data, ENVIRONMENT) as running:
                moment = random_.uniform(0.02, 0.006 * articles)
                acknowledged = import_until_killed(running, range(articles), moment)
            how = random_.choice(["untouched", "torn", "deleted"])
            hurt(data, how)
            waiting = lacking(data)
            wrong = survived(data, acknowledged, waiting)
        failed += bool(wrong)
        print(
            f"round {number + 1}: killed after {moment:.2f} s with {len(acknowledged)} of {articles} acknowledged and {waiting} "
            f"passages to encode, snapshot {how}: {'; '.join(wrong) or 'nothing lost'}",
            flush=True,
        )
    return failed


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evals.crash", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--articles", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    return rounds(options.rounds, options.articles, options.seed)


if __name__ == "__main__":
    raise SystemExit(main())
