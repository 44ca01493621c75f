"""How rows settle: those that came lately, and what is left of those that had settled before, go to a new file."""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

from embeddings import settled
from embeddings.encoder import Vectors
from embeddings.halves import Halves, encoded
from embeddings.index import Ids
from embeddings.lists import SAMPLE_PER_LIST, Lists, wanted
from embeddings.rows import Rows
from embeddings.settled import Settled

_AT_ONCE = 512
_OUTGROWN = 3
"""Lists are made anew for so many times the rows that they were made of: until then their number still fits."""


def settle(path: Path, model: str, old: tuple[Settled, Rows] | None, young: Rows, between: Callable[[], None]) -> Settled:
    """All that is live in both, in a new file at `path`. Nothing that is given changes, so searches and writes may go on.

    `between` is called between steps that take a second or so; what it raises ends the work."""
    parts = [(rows, np.flatnonzero(rows.live)) for rows in ([old[1], young] if old else [young])]
    count = sum(len(kept) for _, kept in parts)
    if old and count < _OUTGROWN * old[0].trained:
        trained, lists = old[0].trained, old[0].lists.without(~old[1].live)
        added = parts[1:]
    else:
        sample = _sample(path.parent, parts, wanted(count) * SAMPLE_PER_LIST)
        trained, lists = count, Lists.trained(sample, wanted(count), between)
        del sample
        added = parts
    for rows, at in _blocks(added):
        between()
        lists.add(rows.vectors_at(at))
    columns = [np.concatenate([getattr(rows, name)[kept] for rows, kept in parts]) for name in ("ids", "groups", "versions")]
    dimension = young.vectors.shape[1]
    settled.write(path, model, trained, columns, _halves(parts, between), lists)
    del lists, columns  # they come again, from the file
    return settled.load(path, dimension=dimension, model=model)


def _blocks(parts: list[tuple[Rows, Ids]]) -> Iterator[tuple[Rows, Ids]]:
    for rows, kept in parts:
        for start in range(0, len(kept), _AT_ONCE):
            yield rows, kept[start : start + _AT_ONCE]


def _halves(parts: list[tuple[Rows, Ids]], between: Callable[[], None]) -> Iterator[Halves]:
    for rows, at in _blocks(parts):
        between()
        found = rows.vectors[at]
        yield found if found.dtype == np.float16 else encoded(found)


def _sample(folder: Path, parts: list[tuple[Rows, Ids]], size: int) -> Vectors:
    """Rows at random, always the same ones of the same rows; in a file without a name, of which the system may write out and
    forget what it has no room for: 200 MB of 10^6 rows."""
    rng = np.random.default_rng(0)
    share = min(1.0, size / sum(len(kept) for _, kept in parts))
    chosen = [(rows, np.sort(rng.choice(kept, int(len(kept) * share), replace=False))) for rows, kept in parts]
    shape = sum(len(at) for _, at in chosen), parts[0][0].vectors.shape[1]
    with TemporaryFile(dir=folder) as file:
        if hasattr(os, "posix_fallocate"):  # a full disk is an error here, and would be the end of the process later
            os.posix_fallocate(file.fileno(), 0, 4 * math.prod(shape))
        sample: Vectors = np.asarray(np.memmap(file, np.float32, "w+", shape=shape))
    start = 0
    for rows, at in _blocks(chosen):
        sample[start : start + len(at)] = rows.vectors_at(at)
        start += len(at)
    return sample
