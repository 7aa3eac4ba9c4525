"""What a process and its children cost: CPU seconds and memory, as the system counts them."""

import ctypes
import os
import time
from pathlib import Path
from typing import Final

import psutil

_MIB: Final = 1024
_LIBC: Final = ctypes.CDLL(None)


def cpu_seconds(process: int) -> float:
    """Return user and system time of a process, its children and those that have ended. [s].

    Of those that live the kernel tells nanoseconds, threads that have ended included; of children that have ended it
    tells ticks of 10 ms.
    """
    parent = psutil.Process(process)
    ended = parent.cpu_times()
    living = [process, *(child.pid for child in parent.children(recursive=True))]
    return ended.children_user + ended.children_system + sum(time.clock_gettime(_clock_of(each)) for each in living)


def _clock_of(process: int) -> int:
    """Return the id of the clock that counts a process's CPU time.

    Raises
    ------
    ProcessLookupError
        If there is no such process.
    """
    clock = ctypes.c_int()
    if problem := _LIBC.clock_getcpuclockid(process, ctypes.byref(clock)):
        raise ProcessLookupError(problem, os.strerror(problem))
    return clock.value


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
