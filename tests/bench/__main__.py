"""Run the benchmarks: `python -m tests.bench` all of them, `python -m tests.bench engine` one part.

All of them together write bench.json and BENCHMARKS.md in the repository's root.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import batches, database, editors, engine, moves, reports, web
from tests.bench.figures import Figure, keep, report

ROOT = Path(__file__).parents[2]
PARTS = {
    "engine": engine.all_figures,
    "web": web.all_figures,
    "inbox": database.inbox,
    "timers": database.timers,
    "batches": batches.spawning,
    "moves": moves.all_figures,
    "reports": reports.monthly,
    "editors": editors.all_figures,
}


def about(seconds: float) -> str:
    """Say on what and when they were run."""
    load = os.getloadavg()[0]
    return (
        f"Last run {datetime.now(UTC):%Y-%m-%d %H:%M} UTC in {seconds:.0f} s: Python {platform.python_version()}, "
        f"{os.cpu_count()} cores with the load generator and the database on them, load average {load:.1f} at the end "
        f"(what else ran on the machine slows the times and disturbs the ratios)."
    )


def main(chosen: list[str]) -> None:
    """Run parts and print their figures; the last line and BENCHMARKS.md say which budgets are missed."""
    began, found = time.perf_counter(), list[Figure]()
    for name in chosen or PARTS:
        print(f"— {name}", flush=True)
        for figure in PARTS[name]():
            one = Figure(**{**vars(figure), "part": name})
            found.append(one)
            print(one.line(), flush=True)
    if not chosen:
        keep(found, ROOT / "bench.json")
        text = report(found, about(time.perf_counter() - began))
        (ROOT / "BENCHMARKS.md").write_text(text, encoding="utf-8")
    missed = [one.name for one in found if one.met is False]
    print(f"{len(found)} figures, {len(missed)} budgets missed{': ' if missed else ''}{'; '.join(missed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
