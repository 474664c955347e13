"""``python -m benchmarks.sizing``: what AudioSet's size would take, as a page under ``benchmarks/results/`` and in
docs/scaling.md, from the newest measurements that are kept there.

python -m benchmarks.sizing --measure HOME DISSECTION    # measures the units first, on a finished dissection
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.pipeline.results import KEPT
from benchmarks.sizing.inputs import MissingInputError, newest
from benchmarks.sizing.page import DOCUMENT, keep, put_into
from dagster_and.foundation.home import Home


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure where that is asked for, then write."""
    parser = argparse.ArgumentParser(description="What a dissection takes at sizes that nobody here can run.")
    parser.add_argument("--measure", nargs=2, metavar=("HOME", "DISSECTION"), help="measure the units first")
    chosen = parser.parse_args(arguments)
    if chosen.measure:
        from benchmarks.sizing.measuring import measure

        home, dissection = chosen.measure
        found = measure(Home(Path(home)), dissection)
        (KEPT / f"units-{found['date']}.json").write_text(json.dumps(found, indent=1) + "\n")
    try:
        inputs = newest()
    except MissingInputError as missing:
        print(missing, file=sys.stderr)
        return 1
    put_into(DOCUMENT, inputs)
    print(f"kept in {keep(inputs)}, and in {DOCUMENT}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
