"""Runs a coverage-guided fuzzer (atheris) over a function that takes bytes and must hold for all of them.

`python -m tests.fuzz.line_protocol -max_total_time=180`; every option of libFuzzer is passed on. What it finds is
written to the working folder and named in its output; `python -m tests.fuzz.line_protocol crash-...` shows it again.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

Target = Callable[[bytes], None]

ROOT = Path(__file__).parents[2]
LIMITS = ["-timeout=60", "-rss_limit_mb=1024"]
"""An input that takes longer, or more memory, is a finding like an exception. [s, MB]"""


def golden_payloads(wire_format: str) -> list[bytes]:
    """Return the payloads of a format's golden cases: where the fuzzer starts from."""
    return [
        next(case.glob("message.*")).read_bytes() for case in sorted((ROOT / "tests/cases" / wire_format).iterdir())
    ]


def fuzz(build: Callable[[], Target], seeds: Iterable[bytes]) -> None:
    """Fuzz what `build` returns with the options of the command line; ends the process.

    Parameters
    ----------
    build
        Imports what is to be watched, and returns the function.
    seeds
        Inputs to begin with.
    """
    scratch = Path(tempfile.mkdtemp(prefix="foreworn-fuzz-"))
    tempfile.tempdir = str(scratch)
    corpus = scratch / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed)
    child = os.fork()  # the fuzzer ends its process without a word to Python, so the corpus is taken away by another
    if not child:
        _run(build, corpus)
    _, status = os.waitpid(child, 0)
    shutil.rmtree(scratch)
    sys.exit(os.waitstatus_to_exitcode(status))


def _run(build: Callable[[], Target], corpus: Path) -> None:
    import atheris

    with atheris.instrument_imports(include=["ingestion", "foreworn"]):
        target = build()
    reproducing = any(not argument.startswith("-") for argument in sys.argv[1:])
    atheris.Setup([*sys.argv, *LIMITS, *([] if reproducing else [str(corpus)])], target)
    atheris.Fuzz()
