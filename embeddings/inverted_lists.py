"""FAISS's inverted lists in a file of their own, which is mapped: to open them reads only a table, they take no memory that the
system could not have back, and several processes share it.

FAISS maps lists of plain codes (OnDiskInvertedLists). It searches packed ones there just as well, but does not write them; so
that is done here. The file is: for each list its codes, in blocks of rows, and the rows' numbers (8 bytes each), with room for as
many as the blocks hold; how many rows each list has (8 bytes each); the index without its lists, as FAISS writes it; its length
(8 bytes). Numbers are little-endian.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import faiss
import numpy as np
from numpy.typing import NDArray

from embeddings.index import Ids

Index: TypeAlias = Any
"""An IndexIVFPQFastScan. FAISS's type hints are of its C++ methods, not of these."""


def write(index: Index, path: Path) -> None:
    sizes = np.zeros(index.nlist, "<i8")
    with path.open("wb") as file:
        for number in range(index.nlist):
            codes, rows = _list(index, number)
            sizes[number] = len(rows)
            file.write(codes.data)
            file.write(rows.data)
            file.write(bytes(8 * (_room(index, len(rows)) - len(rows))))
        bare = faiss.serialize_index(_without_lists(index, index.quantizer))
        for part in (sizes, bare, np.array([len(bare)], "<i8")):
            file.write(part.data)


def read(path: Path) -> Index:
    """The index with its lists in the file. Its bytes are believed: whoever reads has compared a checksum."""
    with path.open("rb") as file:
        file.seek(-8, 2)
        bare_size = int(np.fromfile(file, "<i8", 1)[0])
        file.seek(-8 - bare_size, 2)
        index: Index = faiss.deserialize_index(np.fromfile(file, np.uint8, bare_size))
        file.seek(-8 - bare_size - 8 * index.nlist, 2)
        sizes = np.fromfile(file, "<i8", index.nlist)
    mapped: Any = faiss.OnDiskInvertedLists(index.nlist, _row_bytes(index), str(path))
    mapped.lists.clear()
    for size in sizes.tolist():
        entry: Any = faiss.OnDiskOneList()
        entry.size, entry.capacity, entry.offset = size, _room(index, size), mapped.totsize
        mapped.lists.push_back(entry)
        mapped.totsize += entry.capacity * (_row_bytes(index) + 8)
    mapped.read_only, mapped.prefetch_nthread = True, 0  # FAISS would start 32 threads for each search, 1.4 ms
    if mapped.totsize:
        mapped.do_mmap()
    mapped.this.disown()
    index.replace_invlists(mapped, True)
    return index


def in_memory(index: Index) -> Index:
    """A copy that can be changed."""
    centres: Any = faiss.clone_index(index.quantizer)
    copy = _without_lists(index, centres)
    centres.this.disown()
    copy.own_fields = True
    for number in range(index.nlist):
        codes, rows = _list(index, number)
        if len(rows):
            copy.invlists.resize(number, len(rows))
            own_codes, own_rows = _list(copy, number)
            own_codes[:], own_rows[:] = codes, rows
    return copy


def rows_of(index: Index) -> Iterator[Ids]:
    """The numbers of the rows in each list; in the place where they are."""
    for number in range(index.nlist):
        yield _list(index, number)[1]


def _list(index: Index, number: int) -> tuple[NDArray[np.uint8], Ids]:
    """Codes, whole blocks of them, and the rows' numbers; in the place where they are."""
    lists = index.invlists
    size = lists.list_size(number)
    if not size:
        return np.empty(0, np.uint8), np.empty(0, np.int64)
    codes = faiss.rev_swig_ptr(lists.get_codes(number), _room(index, size) * _row_bytes(index))
    return codes, faiss.rev_swig_ptr(lists.get_ids(number), size)


def _without_lists(index: Index, quantizer: Any) -> Index:
    """As it was trained, its lists empty; it is not the owner of the quantizer."""
    empty: Index = faiss.IndexIVFPQFastScan(quantizer, index.d, index.nlist, index.pq.M, index.pq.nbits, index.metric_type)
    empty.pq = index.pq
    empty.is_trained = True
    empty.ntotal = index.ntotal
    return empty


def _row_bytes(index: Index) -> int:
    return int(index.M2) // 2


def _room(index: Index, size: int) -> int:
    """Rows of as many blocks as so many rows take."""
    block = int(index.bbs)
    return -(-size // block) * block
