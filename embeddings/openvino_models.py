"""Models as OpenVINO runs them on the CPU. Nothing else imports it.

Queries and bulk work have a compiled model each, over the same weights on disk. That of bulk work belongs to threads of low
priority: a query need not wait for a slice to end, the operating system lets it go first. The measurements are in
docs/decisions/0007-encoder-under-load.md.
"""

import ctypes
import hashlib
import mmap
import os
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from embeddings.encoder import Vectors
from embeddings.slices import FEW, SHORT, TOGETHER, filled_to, padded, slices
from embeddings.together import Row, Running
from embeddings.token_table import INPUT, TokenTable
from embeddings.turns import Turns

_BULK_TOKENS = 384
"""Of a slice on one thread, 0.05 s. Larger slices are no faster and take more memory: 512 tokens 10 MB more."""
_BULK_STREAMS = 8
"""At most; each takes about 20 MB."""
_LONG_KEPT_S = 10.0
"""A hundred times as long as it takes to make it again."""
_LOW_PRIORITY = 10
"""As `nice` counts: a query gets nine tenths of a contested core."""

IDS, MASK = "input_ids", "attention_mask"
"""What models call their inputs: the tokens' ids, and which of them are not filled up."""

Result = TypeVar("Result")


class Converted:
    """A model in OpenVINO's format, in a folder that this may keep what it compiles in."""

    def __init__(self, folder: Path, *, padding: int, most: int) -> None:
        """`padding`: the token that fills up; `most`: how many tokens the model reads, special ones counted."""
        self._openvino = import_openvino()
        self._core = self._openvino.Core()
        self._core.set_property({"CACHE_DIR": str(folder / "compiled")})
        self._folder = folder
        self._padding = padding
        self._most = most
        self._weights: set[Path] = set()
        self._table: TokenTable | None = None
        with suppress(FileNotFoundError):
            self._table = TokenTable(folder)
        self._short = [length for length in SHORT if (folder / file_name(length)).exists()]

    def precisions(self) -> list[str]:
        """What this processor computes fast in, fastest first."""
        return ["bf16", "f32"] if "BF16" in self._capabilities() else ["f32"]

    def processor(self) -> str:
        """Tells processors apart that may compute differently."""
        facts = [self._core.get_property("CPU", "FULL_DEVICE_NAME"), *self._capabilities()]
        return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]

    def for_queries(self, precision: str, cores: int) -> Callable[[Sequence[Row]], Running]:
        """Begins to encode a few texts, one call after the other, on that many cores at most.

        In 32 bits a short text that is alone goes through two threads: 8.5 ms become 5, for 1 ms of processor time more. In bf16
        that gains less (3.4 ms instead of 4.1), and nothing beside other work. Texts together are there because others wait for
        the other core."""

        def request(length: int | None) -> Any:
            alone_on_two = precision == "f32" and length is not None and cores > 1
            return self._compiled(precision, threads=2 if alone_on_two else 1, length=length)[0]

        requests = Requests(request)

        def begin(rows: Sequence[Row]) -> Running:
            length = self._own_length(rows[0])
            # A number of texts is prepared for anew, as a length is: short ones are filled up to always the same number.
            fillers = [] if length is None or len(rows) == 1 else [[self._padding]] * (TOGETHER - len(rows))
            inputs, model = self._inputs([*rows, *fillers]), requests.of(length if len(rows) == 1 else None)
            model.start_async(inputs, share_inputs=True)

            def vectors() -> Vectors:
                model.wait()
                _ = inputs  # which the model reads until now
                return unit(model.get_output_tensor().data[: len(rows)])

            return vectors

        def run(rows: Sequence[Row]) -> Running:
            """The first part is begun; the others follow when it is done."""
            alike: dict[int | None, list[int]] = defaultdict(list)
            for at, row in enumerate(rows):
                alike[self._own_length(row)].append(at)
            parts = [part for length, found in alike.items() for part in self._parts(length, found)]
            first, *others = ([rows[at] for at in part] for part in parts)
            running = begin(first)

            def vectors() -> Vectors:
                found: Vectors = np.concatenate([running(), *(begin(part)() for part in others)])
                return found[np.argsort(np.concatenate(parts))]

            return vectors

        requests.of(min(self._short, default=None))
        return run

    def for_bulk(self, precision: str) -> "Bulk":
        streams = min(available_cores(), _BULK_STREAMS)
        return Bulk(at_low_priority(lambda: self._compiled(precision, streams, streams)), self._inputs)

    def _parts(self, length: int | None, rows: list[int]) -> list[list[int]]:
        """Which of the rows, all of that length, go through a model at once."""
        return [[row] for row in rows] if length is not None and len(rows) <= FEW else [rows]

    def _own_length(self, row: Row) -> int | None:
        """Of the model that the text goes through by itself; None: of the one for any texts."""
        return next((length for length in self._short if length == filled_to(len(row))), None)

    def _compiled(self, precision: str, threads: int, streams: int = 1, length: int | None = None) -> list[Any]:
        """A request for each stream of the model for any texts, or for one text of that length.

        In bulk each stream is one thread: 137 paragraphs a second on two cores, one stream of two threads 112. Each request is
        run once: that arranges the weights for the processor, 0.03 s."""
        settings = {
            "INFERENCE_PRECISION_HINT": precision,
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": threads,
            "ENABLE_CPU_PINNING": False,  # a pinned thread waits for its core while the other one is free
            "CACHE_MODE": "OPTIMIZE_SIZE",  # the plan, 0.5 MB, without another copy of the weights
        }
        model = self._folder / file_name(length)
        compiled = self._core.compile_model(model, "CPU", settings)
        requests = [compiled.create_infer_request() for _ in range(streams)]
        for request in requests:
            request.start_async(self._inputs([[0] * (length or 1)]))
        for request in requests:
            request.wait()
        self._weights.add(model.with_suffix(".bin"))
        self.give_back()
        return requests

    def give_back(self) -> None:
        """Of the files of weights, what was read of them: 22 MB a model when it is loaded, and of the table of tokens what was
        looked up."""
        for file in list(self._weights):
            let_go(file)
        if self._table is not None:
            self._table.give_back()

    def _inputs(self, rows: Sequence[Row]) -> dict[str, Any]:
        filled, mask = padded(rows, self._padding, self._most)
        inputs: dict[str, Any] = {IDS: filled, MASK: mask}
        return inputs if self._table is None else {**inputs, INPUT: self._table.rows(filled)}

    def _capabilities(self) -> list[str]:
        capabilities: list[str] = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return capabilities


def file_name(length: int | None = None) -> str:
    """Of the model for any texts, or for one text of that length."""
    return "model.xml" if length is None else f"model-{length}.xml"


class Requests:
    """Those of queries, by the length of text that they are for; None: for any. Each is made when it is first needed, in 0.1 s,
    and takes 35 MB; the last, which most who search have no use for, goes when it has not been needed for a while."""

    def __init__(self, make: Callable[[int | None], Any]) -> None:
        self._make = make
        self._made: dict[int | None, Any] = {}
        self._long_used = 0.0

    def of(self, length: int | None) -> Any:
        """For one thread at a time."""
        now = time.monotonic()
        if length is None:
            self._long_used = now
        elif now - self._long_used > _LONG_KEPT_S:
            self._made.pop(None, None)
        request = self._made.get(length)
        if request is None:
            request = self._made[length] = self._make(length)
        return request


class Bulk:
    """Encodes many texts on all cores, a slice on each."""

    def __init__(self, requests: Sequence[Any], inputs: Callable[[Sequence[Row]], dict[str, Any]]) -> None:
        self._requests = requests
        self._inputs = inputs
        self._turns = Turns()

    def __call__(self, rows: Sequence[Row], vectors: Vectors) -> None:
        """Fill in the vector of each row."""
        cut = list(slices([len(row) for row in rows], tokens=_BULK_TOKENS))
        running: list[tuple[Any, list[int]]] = []
        with self._turns:
            try:
                for number, positions in enumerate(cut):
                    if len(running) == len(self._requests):
                        _finish(*running.pop(0), vectors)
                    request = self._requests[number % len(self._requests)]
                    request.start_async(self._inputs([rows[position] for position in positions]))
                    running.append((request, positions))
            finally:
                for request, positions in running:
                    _finish(request, positions, vectors)


def _finish(request: Any, positions: list[int], vectors: Vectors) -> None:
    request.wait()
    vectors[positions] = unit(request.get_output_tensor().data)


def unit(vectors: Vectors) -> Vectors:
    """A copy at unit length."""
    at_unit_length: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return at_unit_length


def at_low_priority(work: Callable[[], Result]) -> Result:
    """What `work` returns. The threads that it starts inherit its low priority, where the system has priorities of threads."""

    def run() -> Result:
        if sys.platform == "linux":
            nice = os.getpriority(os.PRIO_PROCESS, 0)
            with suppress(PermissionError):  # in a sandbox; bulk work then is as important as queries
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), min(nice + _LOW_PRIORITY, 19))
        return work()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(run).result()


def let_go(file: Path) -> None:
    """What was read of a file mapped into memory no longer counts as this process's: 22 MB a model. What is read again comes
    from the system's cache. Only mappings that cannot be written to are touched."""
    if sys.platform != "linux":
        return
    advise = ctypes.CDLL(None, use_errno=True).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    wanted = str(file.resolve())
    for line in Path("/proc/self/maps").read_text().splitlines():
        if not line.endswith(wanted):
            continue
        addresses, permissions, *_, name = line.split(maxsplit=5)
        if name == wanted and "w" not in permissions:
            start, end = (int(address, 16) for address in addresses.split("-"))
            advise(start, end - start, mmap.MADV_DONTNEED)


def available_cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def import_openvino(*, to_convert: bool = False) -> Any:
    """Importing OpenVINO would report to Google Analytics that it was imported; without its reporter it reports nothing.

    Its converter, without which it imports as well, is nearly half of what there is to import."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    left_out = not to_convert and "openvino" not in sys.modules
    if left_out:
        sys.modules["openvino.tools.ovc"] = None  # type: ignore[assignment]
    import openvino

    if left_out:
        del sys.modules["openvino.tools.ovc"]
    return openvino
