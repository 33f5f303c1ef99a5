"""What a process that serves keeps in memory: libraries that few requests need are loaded by those requests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RARE = (
    *("openpyxl", "fpdf", "PIL", "segno"),  # files, sheets of paper, pictures, codes
    *("alembic", "yaml"),  # the tables' changes, scenarios
    *("processes.services.demo", "processes.services.initial", "engine.testing", "engine.scenarios"),
)
ASK = f"""
import sys
from tasks_ui import cli
print(*(name for name in {RARE} if name in sys.modules))
"""


def test_what_few_need_is_not_loaded_at_the_start() -> None:
    """Import it in the function that uses it, and say why: a library costs each process 2 to 33 MB for all its life."""
    asked = subprocess.run([sys.executable, "-c", ASK], cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.split() == []
