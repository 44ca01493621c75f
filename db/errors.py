"""What can go wrong with the database itself."""


class DatabaseError(Exception):
    """Base of everything in this file; the message is for the person who runs the archive."""


class DatabaseBusy(DatabaseError):
    """Another writer held the database for longer than we wait; trying again later may work."""


class DatabaseUnavailable(DatabaseError):
    """The database cannot be reached, opened, read or written; the message names the cause."""


class SchemaTooNew(DatabaseError):
    """The data was written by a newer version of the program, which alone can open it."""


class ExternalIdTaken(DatabaseError):
    """Another article of the same source has that external id; `key` is its key."""

    def __init__(self, key: int) -> None:
        super().__init__("another article has this source and external id")
        self.key = key


class NotStorable(DatabaseError, ValueError):
    """A draft holds what no database of ours keeps unchanged: a NUL, a lone surrogate, a NaN, or nesting without end."""
