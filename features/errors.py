"""The root of the error tree: every error a user can meet says what, where and what to do."""

import errno
from typing import ClassVar, Final, Self

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class ShukeError(Exception):
    """Anything this project raises on purpose.

    Parameters
    ----------
    what
        What went wrong, as one sentence without a full stop.
    where
        The file, table, row, column or id it happened at.
    todo
        What the reader can do about it.
    """

    code: ClassVar[str] = "error"

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def again(self) -> Self:
        """Return the same error anew, for another who meets it."""
        return type(self)(self.what, where=self.where, todo=self.todo)

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        advice = f" {self.todo}" if self.todo else ""
        return f"{self.what}{place}.{advice}"


class InputError(ShukeError):
    """The caller gave something that cannot be used."""

    code = "bad-input"


class StateError(ShukeError):
    """Something has to be done first."""

    code = "not-ready"


class UnreachableError(StateError):
    """A server, file or disk this needs does not answer now; the same call may succeed later.

    Attributes
    ----------
    after
        Whole seconds until it is worth to try again.
    """

    after: ClassVar[int] = 5


class StorageFullError(ShukeError):
    """There is no room left to write."""

    code = "storage-full"


def is_no_room(error: Exception) -> bool:
    """Say whether a disk is full, a quota used up, or a file as large as this process may write."""
    full = isinstance(error, OSError) and error.errno in _NO_ROOM
    return full or isinstance(error, StorageFullError)


def is_away(error: Exception) -> bool:
    """Say whether a failure passes with a server that comes back, or with room on the disk."""
    return isinstance(error, UnreachableError) or is_no_room(error)


class ContractError(InputError):
    """A file or frame cannot be read as the table it claims to be."""

    code = "contract-broken"


class EmptyDataError(InputError):
    """There is nothing to work on."""

    code = "empty-data"


class CutoffError(InputError):
    """A cutoff lies outside the data."""

    code = "cutoff-outside-data"


class TableMissingError(StateError):
    """A lake table was never imported."""

    code = "table-missing"


class FeaturesMissingError(StateError):
    """Features were not built, applied or materialized yet."""

    code = "features-missing"
