"""How much memory some work takes at most."""

import tracemalloc
from collections.abc import Callable
from typing import Final

import pyarrow as pa

_MIB: Final = 2**20


def peak_mib(work: Callable[[], object]) -> float:
    """Return the most that some work has taken at once beyond what was there before, in MiB.

    What Python and NumPy allocate is traced; to its peak that of Arrow's own pool is added.
    """
    usual = pa.default_memory_pool()
    counted = pa.proxy_memory_pool(usual)
    pa.set_memory_pool(counted)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        pa.set_memory_pool(usual)
    return (peak - before + (counted.max_memory() or 0)) / _MIB
