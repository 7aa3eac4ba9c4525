"""Random numbers that belong to a thing, not to the order in which things happen.

Policies are compared on common random numbers [1]_: every component's k-th life, every machine's load and
every site's weather draws from its own generator, keyed by what it is. Acting earlier or later on one
machine never changes the luck of another, nor that of the next life.

References
----------
.. [1] A. M. Law, *Simulation Modeling and Analysis*, 5th ed., McGraw-Hill, 2015, chapter 11.2.
"""

import hashlib

import numpy as np


def generator(seed: int, *key: str | int) -> np.random.Generator:
    """Return the generator of the thing that `key` names; the same key begins at the same draw.

    Examples
    --------
    >>> generator(1, "pump-1", "bearing", 0).random() == generator(1, "pump-1", "bearing", 0).random()
    True
    >>> generator(1, "pump-1", "bearing", 0).random() == generator(1, "pump-1", "bearing", 1).random()
    False
    """
    text = "\x1f".join([str(seed), *map(str, key)])
    digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))
