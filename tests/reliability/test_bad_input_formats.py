"""Bad input beside the manifest: words of the command line, patterns, units, depfiles, usage files, and every file of our own that is damaged."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from decimal import Decimal
from marshal import dumps
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from transcript import Folder

from uetbuild import front
from uetbuild.cli.argv import parse, settle
from uetbuild.cli.options import BY_FLAG, COMMANDS
from uetbuild.core import depfile, globs, usage
from uetbuild.core.paths import resolve
from uetbuild.errors import UetError
from uetbuild.manifest import units
from uetbuild.state import compiled
from uetbuild.state.layout import Layout
from uetbuild.state.sealed import seal, unseal

ANY = st.text(st.characters(exclude_categories=()), max_size=12)

_FLAGS = st.sampled_from(
    [
        *BY_FLAG,
        "-",
        "--",
        "-j",
        "-j4",
        "-jx",
        "-kj",
        "-C",
        "-C=",
        "--jobs=",
        "--jobs=-1",
        "--profile=",
        "--nope",
        "---",
        "-é",
        "--=x",
        "=",
        "a=b",
        "1=2",
        *COMMANDS,
    ]
)


@given(st.lists(_FLAGS | ANY, max_size=6), st.dictionaries(st.sampled_from(["UET_STATE", "UET_JOBS", "UET_PROFILE"]), ANY, max_size=2))
def test_any_words_are_a_command_line_or_an_error(words: list[str], environ: dict[str, str]) -> None:
    try:
        parsed = parse(words, environ)
        options = settle(parsed, parsed.command or parsed.maybe_command)
        assert all(isinstance(word, str) for word in options.targets)
    except UetError as error:
        assert error.code == 2
        assert error.message


_PATTERN = st.text(st.sampled_from("ab/*?[]{},!^-.\\\0é\n \udcff"), max_size=24)


@given(_PATTERN, st.text(st.sampled_from("ab/.é\n \udcff-"), min_size=1, max_size=12).filter(lambda path: path[-1] != "/"))
@example("{a,b}" * 40, "a")
@example("{" * 500, "a")
@example("*a" * 200 + "b", "a" * 250)
@example("?*" * 200 + "[!a]", "a" * 250)
@example("**/" * 200 + "b", "a/" * 120 + "a")
@example("[a-" + "\U0010ffff]", "z")
def test_what_is_no_fault_of_a_pattern_matches_or_does_not(pattern: str, path: str) -> None:
    wrong = globs.fault(pattern)
    assert wrong is None or (wrong and not wrong.endswith("."))
    whole = resolve("", pattern)
    if wrong is None and whole is not None:
        assert globs.matcher(whole)(path) in (True, False)


@given(st.text(st.sampled_from("ab:\\$# \t\r\n%\0\udcff"), max_size=60) | ANY)
def test_a_depfile_is_read_or_is_none(text: str) -> None:
    try:
        names = depfile.parse(text)
    except ValueError as error:
        assert "`:`" in str(error)
    else:
        assert len(set(names)) == len(names)
        assert all(names)


@pytest.mark.parametrize("read", [units.duration, units.size, units.count])
@given(text=st.text(st.sampled_from("0123456789.kMGTihmsd-+e_ ٣\n"), max_size=24) | ANY)
@example("9" * 5000)
@example("." + "9" * 5000 + "k")
@example("9" * 400 + "h")
@example("1" + "0" * 308 + "d")
def test_an_amount_is_read_or_its_form_is_told(read: object, text: str) -> None:
    try:
        assert read(text) >= 0  # type: ignore[operator]
    except ValueError as error:
        assert not str(error).startswith(("invalid", "Exceeds", "could not"))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "m", "-1", 10**40]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["model", "usd", *usage.COUNTS, "x"]), inner, max_size=4),
    max_leaves=6,
)


@given(
    st.binary(max_size=40)
    | _JSON.map(lambda tree: json.dumps(tree).encode())
    | st.text(st.sampled_from('{}[]":,1eE+-.\n usdmodel'), max_size=40).map(str.encode)
)
@example(b"[" * 200_000)
@example(b'{"usd": 1e999999999}')
@example(b'{"usd": 1e-999999999}')
@example(b'{"input_tokens": ' + b"9" * 5000 + b"}")
@example(b'{"usd": ' + b"9" * 5000 + b"}")
@example(b'{"usd": 0.' + b"1" * 100_000 + b"}")
@example(b'{"usd": 1, "model": "\\udcff"}')
def test_a_usage_file_is_read_or_what_is_wrong_is_told(content: bytes) -> None:
    try:
        used = usage.parse(content, {"m": ("1", "0.5", "2")})
    except ValueError as error:
        assert type(error) is ValueError
        assert str(error)
    else:
        assert all(one.tokens >= 0 and (one.usd is None or Decimal(0) <= one.usd) for one in used)


# --- files of our own ----------------------------------------------------------------------------------------------------------

_ROWS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(_ROWS, st.binary(min_size=1, max_size=8))
def test_a_sealed_row_of_any_shape_is_read_and_a_damaged_one_is_not(row: object, tail: bytes) -> None:
    blob = seal(row, b"key")
    assert repr(unseal(blob, b"key")) == repr(row)
    assert unseal(blob + tail, b"key") is None


class Door:
    """A state folder with a record for the fast door that holds, to be damaged."""

    def __init__(self, root: Path) -> None:
        self.state = root / ".uet"
        self.state.mkdir(mode=0o700)
        (self.state / "state.db").touch()
        database = front.SIGNATURE(os.lstat(self.state / "state.db"))
        empty = hash(())
        self.row = (
            str(root),
            "",
            [],
            b"up to date\n",
            b"",
            [],
            ([], front.env_hash([], {})),
            [],
            b"",
            0,
            [],
            [],
            [],
            ([], empty),
            [],
            database,
        )

    def put(self, body: bytes) -> None:
        """A record with a right magic, length and sum, whatever it holds."""
        head = front.MAGIC + len(body).to_bytes(4, "little") + crc32(body).to_bytes(4, "little")
        (self.state / "plan.bin").write_bytes(head + body)
        (self.state / "plan.bin").chmod(0o600)


@pytest.fixture
def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Door:
    monkeypatch.chdir(tmp_path)
    made = Door(tmp_path)
    made.put(dumps(made.row))
    assert front.look([], {}) == b"up to date\n"
    return made


@given(st.integers(0, 15), _ROWS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_fast_door_raises_nothing_whatever_has_a_right_sum(door: Door, place: int, value: object) -> None:
    row = list(door.row)
    row[place] = value
    door.put(dumps(tuple(row)))
    said = front.look([], {})
    assert type(said) is not bytes or said == (value if place == 3 else b"up to date\n")


HOSTILE = """
import random, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))  # a length in a marshal may ask for all memory
from marshal import dumps
from zlib import crc32
from uetbuild import front
from uetbuild.state.sealed import unseal
good, told = bytes.fromhex(sys.argv[1]), 0
for seed in range(int(sys.argv[2])):
    draw = random.Random(seed)
    body = bytearray(good if seed % 3 else draw.randbytes(draw.randrange(30)))
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(body) + 1)
        body[at : at + draw.randrange(3)] = draw.randbytes(draw.randrange(3))
    with open(".uet/plan.bin", "wb") as file:
        file.write(front.MAGIC + len(body).to_bytes(4, "little") + crc32(body).to_bytes(4, "little") + body)
    said = front.look([], {})
    assert said is None or type(said) in (bytes, front.Differing)
    unseal(crc32(body, crc32(b"")).to_bytes(4, "little") + body)
    told += 1
print(told)
"""


def test_bytes_with_a_right_sum_that_are_no_marshal_of_ours_are_passed_over(door: Door, request: pytest.FixtureRequest) -> None:
    rounds = (request.config.getoption("--soak") or 1) * 200
    done = subprocess.run(
        [sys.executable, "-c", HOSTILE, dumps(door.row).hex(), str(rounds)],
        cwd=door.state.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"{rounds}\n", "")


def test_a_compiled_manifest_that_is_not_whole_is_passed_over(folder: Folder) -> None:
    folder.manifest("workstreams: {a: {outputs: [b], run: touch b}}")
    assert folder("a").code == 0
    (kept,) = (folder.root / ".uet").glob("graph-*.bin")
    whole = kept.read_bytes()
    assert compiled.load(Layout(str(folder.root)), kept.name[6:-4], lambda seen: True) is not None
    draw = random.Random(1)
    for _ in range(60):
        made = bytearray(whole)
        at = draw.randrange(len(made))
        made[at : at + draw.choice((1, 1, 5, len(made)))] = draw.randbytes(draw.randrange(3))
        kept.write_bytes(made)
        assert made == whole or compiled.load(Layout(str(folder.root)), kept.name[6:-4], lambda seen: True) is None
    assert folder("a").text == "up to date (1 workstream)\n"
