"""Run mypy on the package under its own name, although the repository root is the package.

mypy cannot see setuptools' editable finder, so a view with one link named `ascendify` is made
inside mypy's cache folder. Arguments are passed on to mypy.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

root = Path(__file__).resolve().parent.parent
view = root / ".mypy_cache" / "view"
view.mkdir(parents=True, exist_ok=True)
if not (view / "ascendify").is_symlink():
    (view / "ascendify").symlink_to(root)
done = subprocess.run(
    [sys.executable, "-m", "mypy", "-p", "ascendify", *sys.argv[1:]],
    cwd=root,
    env={**os.environ, "MYPYPATH": str(view)},
    capture_output=True,
    text=True,
)
sys.stdout.write(done.stdout.replace(".mypy_cache/view/ascendify/", ""))
sys.stderr.write(done.stderr)
sys.exit(done.returncode)
