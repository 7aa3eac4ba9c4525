"""A disk small enough to fill: a tmpfs, where we may mount one."""

import errno
import os
import subprocess
from pathlib import Path
from typing import Final

SIZE_MIB: Final = 24
_FILLER = "filler"
_PIECE = bytes(1 << 16)


class SmallDisk:
    """A mounted tmpfs of 24 MiB.

    Parameters
    ----------
    folder
        Where it is mounted; made where missing.

    Raises
    ------
    OSError
        If it cannot be mounted; `can_mount` tells before.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if done.returncode:
            raise OSError(errno.EPERM, f"no tmpfs could be mounted: {done.stderr.decode().strip()}", str(folder))

    def fill(self) -> None:
        """Write until there is no byte left."""
        with (self.folder / _FILLER).open("ab", buffering=0) as filler:
            for piece in (_PIECE, bytes(4096), b"\0"):
                try:
                    while filler.write(piece):
                        pass
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self) -> None:
        """Make room again."""
        (self.folder / _FILLER).unlink(missing_ok=True)

    def unmount(self) -> None:
        """Take it away with all that is on it."""
        subprocess.run(["umount", "-l", str(self.folder)], check=True)


def can_mount() -> bool:
    """Tell whether this process may mount."""
    if os.name != "posix" or os.geteuid() != 0:
        return False
    probe = subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False)
    return probe.returncode == 0
