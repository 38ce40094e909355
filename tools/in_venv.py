"""Run something in this checkout's own virtual environment, made on first use.

    python3 tools/in_venv.py translate FILE.cu ...     the translator
    python3 tools/in_venv.py test [pytest arguments]   the tests
    python3 tools/in_venv.py COMMAND ...               anything else

The environment is `.venv` in the checkout; it is made again when pyproject.toml changes. Needs
Python 3.10 or newer with its venv module, and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed"
TEST_COMMAND = ["python", "-m", "pytest", "-n", "2", "--dist", "worksteal", "-q"]


def wanted() -> str:
    """What the environment must have been made from."""
    project = (ROOT / "pyproject.toml").read_bytes()
    return f"{sys.version} {ROOT} {hashlib.sha256(project).hexdigest()}"


def make() -> None:
    """Make `.venv` and install the package into it, editable, with what the tests need."""
    print("setting up .venv (once) ...", file=sys.stderr, flush=True)
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True, text=True
    )
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            "cannot make a virtual environment; on Debian and Ubuntu: "
            "apt-get install python3-venv\n" + made.stdout + made.stderr
        )
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    installed = subprocess.run([*pip, "install", "-q", "-e", f"{ROOT}[test,dev]"], check=False)
    if installed.returncode:
        sys.exit("pip could not install the package: see above")
    STAMP.write_text(wanted())


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if not STAMP.exists() or STAMP.read_text() != wanted():
        make()
    command, *arguments = sys.argv[1:]
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    # Bytecode stays in the environment: commands and tests start hundreds of processes, each of
    # which would compile the whole package where Python is told to leave no files in the checkout.
    bytecode = {"PYTHONPYCACHEPREFIX": str(VENV / "bytecode")}
    environment = {**os.environ, **bytecode, "PATH": path, "VIRTUAL_ENV": str(VENV)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if command == "test":
        os.chdir(ROOT)  # pytest's options are relative to it
        command, *arguments = [*TEST_COMMAND, *arguments]
    program = shutil.which(command, path=path)
    if program is None:
        sys.exit(f"no such command: {command}")
    os.execve(program, [command, *arguments], environment)


if __name__ == "__main__":
    main()
