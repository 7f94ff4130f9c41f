"""SQLite is loaded without `functools`, and nobody notices but the clock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import uetbuild

PACKAGE = str(Path(uetbuild.__file__).parent.parent)


def said(code: str) -> str:
    """What this prints in a bare interpreter."""
    script = f"import sys; sys.path.insert(0, {PACKAGE!r}); {code}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_sqlite_works_without_functools_which_is_itself_for_whoever_asks_for_it_afterwards():
    assert (
        said(
            "from uetbuild.state.sqlite import connect; "
            "print({'collections', 'functools'} & set(sys.modules)); "
            "store = connect(':memory:'); "
            "print([store.execute(f'select {number % 200}').fetchone()[0] for number in range(400)] == [*range(200)] * 2); "
            "import functools; print(functools.lru_cache(3)(len)('four'))"
        )
        == "set()\nTrue\n4"
    )


def test_functools_stays_who_it_is_where_it_was_loaded_before():
    assert said("import functools; before = functools; import uetbuild.state.sqlite; print(sys.modules['functools'] is before)") == "True"
