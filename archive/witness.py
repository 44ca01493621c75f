"""Whether a folder of indexes and a database have the same past.

A database put back from a backup may have gone on to the very numbers that the indexes have read, with other articles behind
them. So the indexes' folder remembers one change they have read: its number, and whose it was. A database without it has another
past.
"""

from pathlib import Path

import orjson

from db import Connection, changes

FILE = "witness.json"


def remember(conn: Connection, folder: Path, cursor: int) -> None:
    """Note the latest change up to the cursor."""
    change = changes.latest(conn, cursor)
    if change is not None:
        temporary = folder / f"{FILE}.new"
        temporary.write_bytes(orjson.dumps({"seq": change.seq, "article": change.id}))
        temporary.replace(folder / FILE)


def agrees(conn: Connection, folder: Path) -> bool:
    """Whether the database has the remembered change, or a later one of the same article; also when none is remembered."""
    try:
        noted = orjson.loads((folder / FILE).read_bytes())
        seq, article = int(noted["seq"]), str(noted["article"])
    except FileNotFoundError:
        return True
    except (ValueError, KeyError, TypeError):
        return False
    place = changes.place(conn, article)
    return place is not None and place >= seq
