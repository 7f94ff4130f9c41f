"""Fuzzes the manifest loader: `python -m tests.fuzz_manifest [SECONDS] [options of libFuzzer]`.

With atheris (`pip install -e '.[fuzz]'`) the bytes are guided by coverage, starting from the real manifests; without it they are made up at
random.
What is judged is the same as in the tests (`bad_input.answer`). Ends with a traceback at the first answer that may not be.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path


def main(words: list[str]) -> None:
    """Fuzz for so many seconds (60)."""
    seconds = int(words[0]) if words else 60
    try:
        import atheris
    except ImportError:
        print("atheris is not installed: manifests are made up at random")
        _at_random(seconds)
        return
    with atheris.instrument_imports(include=["uetbuild"]):
        from tests.reliability import bad_input

    with tempfile.TemporaryDirectory() as corpus:
        for number, text in enumerate(bad_input.corpus()):
            Path(corpus, str(number)).write_text(text)
        atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", "-timeout=10", *words[1:], corpus], bad_input.answer)
        atheris.Fuzz()


def _at_random(seconds: int) -> None:
    from tests.reliability import bad_input

    seed = random.randrange(1 << 32)
    end, cases, slowest = time.monotonic() + seconds, 0, (0.0, 0)
    while time.monotonic() < end:
        maker = bad_input.Maker(random.Random(seed + cases))
        text = maker.text(maker.manifest()) if cases % 2 else maker.random.choice(bad_input.corpus())
        content = maker.mutated(text).encode("utf-8", "surrogatepass")
        before = time.process_time()
        try:
            bad_input.answer(content)
        except BaseException:
            print(f"seed {seed + cases}: {content!r}")
            raise
        slowest = max(slowest, (time.process_time() - before, seed + cases))
        cases += 1
    print(f"{cases} manifests from seed {seed}; the slowest took {slowest[0]:.3f} s of processor time (seed {slowest[1]})")


if __name__ == "__main__":
    main(sys.argv[1:])
