"""`python -m simulators.golden [FOLDER]` writes the golden history; without a folder, where it ships."""

import sys
from pathlib import Path

from simulators.golden.generate import write_golden
from simulators.golden.place import folder

if __name__ == "__main__":
    write_golden(Path(sys.argv[1]) if len(sys.argv) > 1 else folder().parent)
