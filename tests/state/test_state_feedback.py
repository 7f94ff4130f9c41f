"""Files of what gates said, with real files."""

import pytest

from uetbuild.errors import UetError
from uetbuild.state.feedback import FeedbackFiles
from uetbuild.state.layout import Layout


@pytest.fixture
def files(tmp_path):
    layout = Layout(str(tmp_path))
    layout.ensure()
    layout.ensure_run("r1")
    return FeedbackFiles(layout)


def test_what_is_kept_is_read_again_and_what_is_not_there_is_empty(files):
    path = files.path("r1", "obj[a/b]")
    assert path.endswith("/.uet/runs/r1/logs/obj%5Ba%2Fb%5D.feedback") and files.read(path) == ""
    files.write(path, "gäte \udcff\n")
    assert files.read(path) == "gäte \udcff\n"


def test_what_cannot_be_written_is_told(files):
    with pytest.raises(UetError, match=r"cannot write `.uet/runs/r2/logs/a.feedback`: No such file"):
        files.write(files.path("r2", "a"), "x")


def test_of_a_log_only_the_end_is_read_and_never_what_was_told_before(files):
    with open(files.path("r1", "g")[:-9] + ".log", "wb") as log:
        log.write(b"first\nsecond\xff\n")
    assert files.tail("r1", "g", 0, 100) == ("first\nsecond\ufffd\n", 14)
    assert files.tail("r1", "g", 6, 100) == ("second\ufffd\n", 14)
    assert files.tail("r1", "g", 0, 2) == ("\ufffd\n", 14)
    assert files.tail("r1", "nobody", 3, 100) == ("", 3)
