"""Make-style dependency files as compilers write them."""

import shutil
import subprocess

import pytest

from uetbuild.core.depfile import parse


def test_prerequisites_of_all_rules_in_order_none_twice():
    assert parse("a.o: a.c b.h \\\n  c.h a.c\nb.h:\n\nx: c.h d.h\n") == ["a.c", "b.h", "c.h", "d.h"]


def test_several_targets_and_blanks_before_the_colon():
    assert parse("a.o a.d : a.c\r\n") == ["a.c"]


def test_escapes_of_compilers():
    assert parse(r"a.o: with\ space.h hash\#.h cash$$.h back\slash.h two\\\ three.h") == [
        "with space.h",
        "hash#.h",
        "cash$.h",
        r"back\slash.h",
        "two\\ three.h",
    ]
    assert parse("a.o: even\\\\ b\\") == ["even\\", "b\\"]


def test_a_colon_inside_a_name_ends_no_target():
    assert parse("a:b.o: c:/d.h") == ["c:/d.h"]


def test_an_empty_depfile_names_nothing_and_a_line_that_is_no_rule_is_a_fault():
    assert parse(" \n") == []
    for text in ("garbage", "a.o: a.c\nb.h\n"):
        with pytest.raises(ValueError, match=f"no `:` in the line `{text.split()[-1]}`"):
            parse(text)


def test_lines_with_a_number_sign_are_comments():
    assert parse("# made by hand\na.o: a.c\n# env-dep:HOME=/home/x\n") == ["a.c"]


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
def test_what_the_compiler_writes_is_what_it_read(tmp_path):
    names = ["plain.h", "with space.h", "h#sh.h", "d$llar.h"]
    for name in names:
        (tmp_path / name).write_text("")
    (tmp_path / "a.c").write_text("".join(f'#include "{name}"\n' for name in names))
    subprocess.run(["cc", "-MD", "-MP", "-MF", "a.d", "-c", "a.c", "-o", "a.o"], cwd=tmp_path, check=True)
    assert [name for name in parse((tmp_path / "a.d").read_text()) if not name.startswith("/")] == ["a.c", *names]
