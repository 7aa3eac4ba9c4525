"""`python -m tests.mutants`: every mutant must be caught by the test it names."""

import sys
from pathlib import Path

from tests.mutants.mutant import load
from tests.mutants.run import Result, run


def _tell(result: Result) -> None:
    mutant = result.mutant
    mark = "ok  " if result.caught else "FAIL"
    print(f"{mark} {mutant.name:<45} {mutant.test.split('::')[-1]}", flush=True)
    if not result.caught:
        print(f"     {mutant.why}\n     {result.note}", flush=True)


def main() -> int:
    wanted = set(sys.argv[1:])
    mutants = [m for m in load() if not wanted or m.name in wanted]
    unknown = wanted - {m.name for m in mutants}
    if unknown or not mutants:
        print(f"no such mutant: {', '.join(sorted(unknown)) or 'there are none at all'}", file=sys.stderr)
        return 2
    results = run(Path(__file__).parents[2], mutants, _tell)
    caught = sum(result.caught for result in results)
    print(f"{caught} of {len(results)} mutants caught")
    return 0 if caught == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
