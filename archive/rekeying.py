"""Addresses are found by their normal form. When what counts as one page changes, what is stored is brought to the new form."""

from archive.urls import keys_of
from db import Database, addresses, meta
from db.addresses import Addresses

FORM = "2"
"""Of `archive.urls.keys_of`; to be counted up whenever that gives another result for any address."""
_NAME = "url_form"


def rekey(db: Database) -> None:
    """Afterwards every article is found by the addresses that `keys_of` gives today. Once done, it costs one question."""
    with db.read() as conn:
        if meta.get(conn, _NAME) == FORM:
            return
    with db.write() as conn:
        if meta.get(conn, _NAME) != FORM:
            for some in addresses.every(conn):
                addresses.rekey(conn, [new for each in some if (new := _new(each)) != each])
            meta.set(conn, _NAME, FORM)


def _new(stored: Addresses) -> Addresses:
    keys = keys_of(stored.url, stored.canonical_url)
    return stored._replace(url_key=keys.url, canonical_key=keys.canonical)
