"""How many articles are in which language."""

from collections import Counter

from sqlalchemy import Connection, func, select

from db.tables import articles


def counts(conn: Connection) -> Counter[str]:
    """By main subtag (`en` counts `en-GB` too), those whose language is not known left out. Read from the index alone."""
    folded = articles.c.language_folded
    found: Counter[str] = Counter()
    for tag, count in conn.execute(select(folded, func.count()).where(folded.is_not(None)).group_by(folded)):
        found[tag.partition("-")[0]] += count
    return found
