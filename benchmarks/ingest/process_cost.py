"""What a process and its children cost: CPU seconds and memory, as the system counts them."""

from pathlib import Path
from typing import Final

import psutil

_MIB: Final = 1024


def cpu_seconds(process: int) -> float:
    """Return user and system time of a process, its children and those that have ended. [s]."""
    parent = psutil.Process(process)
    own = parent.cpu_times()
    living = [child.cpu_times() for child in parent.children(recursive=True)]
    return own.user + own.system + own.children_user + own.children_system + sum(c.user + c.system for c in living)


def peak_memory_mib(process: int) -> float:
    """Return the most memory a process ever had resident. [MiB]."""
    return _status(process, "VmHWM") / _MIB


def memory_mib(process: int) -> float:
    """Return the memory a process has resident now. [MiB]."""
    return _status(process, "VmRSS") / _MIB


def _status(process: int, name: str) -> int:
    """Return an entry of the system's status of a process. [KiB]."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
