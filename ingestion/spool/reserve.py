"""Room on the disk that is kept for emptying a spool, because a full SQLite file cannot even forget."""

import os
from pathlib import Path


class SpoolReserve:
    """A file of no content, given up when the disk is full so that what waits can be forwarded and forgotten.

    Parameters
    ----------
    path
        The file; it may be there from before.
    size
        How much room it keeps. [bytes]
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path, self._size = path, size
        self._held = path.exists() and path.stat().st_size >= size

    @property
    def is_held(self) -> bool:
        """Whether the room is kept."""
        return self._held

    def take(self) -> None:
        """Keep the room, if it is not kept already.

        Raises
        ------
        OSError
            If there is none.
        """
        if self._held:
            return
        try:
            with self._path.open("wb") as file:
                if hasattr(os, "posix_fallocate"):
                    os.posix_fallocate(file.fileno(), 0, self._size)
                else:
                    file.write(bytes(self._size))
                os.fsync(file.fileno())
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        self._held = True

    def release(self) -> None:
        """Give the room back to the disk."""
        self._path.unlink(missing_ok=True)
        self._held = False
