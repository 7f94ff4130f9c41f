"""Which manifest rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from uetbuild.errors import UetError
from uetbuild.manifest.discover import find


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_yaml", ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(start: Path, file: str | None = None) -> tuple[str, str, str]:
    result = find(str(start), file)
    return result.root, result.manifest, result.here


def test_the_nearest_manifest_in_this_folder_or_above_is_taken(tmp_path: Path) -> None:
    write(tmp_path, Uetfile_yaml="version: 1\n", a__b__x="")
    assert found(tmp_path) == (str(tmp_path), "Uetfile.yaml", "")
    assert found(tmp_path / "a/b") == (str(tmp_path), "Uetfile.yaml", "")


@pytest.mark.parametrize(
    "include",
    [
        "include: [packages/api/Uetfile.yaml]",
        "include: packages/api/Uetfile.yaml",
        "include:\n- x/none.yaml\n\n# why\n- {path: packages/api/Uetfile.yaml, as: api}\nworkstreams: {}",
        'include: ["packages/*/Uetfile.yaml"]',
        'version: 1\ninclude:\n  - "packages/**/Uetfile.yaml"\nvars: {a: "{{{{"}',
        "include: [ci/all.yaml]",
        "x-a: &a [packages/api/Uetfile.yaml]\ninclude: *a",
        "{version: 1, include: [packages/api/Uetfile.yaml]}",
    ],
)
def test_the_outermost_manifest_that_includes_it_rules(tmp_path: Path, include: str) -> None:
    write(
        tmp_path,
        Uetfile_yaml=include + "\n",
        packages__api__Uetfile_yaml="version: 1\n",
        ci__all_yaml="include: [../packages/api/Uetfile.yaml]\n",
    )
    assert found(tmp_path / "packages/api") == (str(tmp_path), "Uetfile.yaml", "packages/api")


def test_a_manifest_above_that_does_not_include_it_does_not_rule(tmp_path: Path) -> None:
    write(tmp_path, Uetfile_yaml='include: ["packages/*/Uetfile.yaml"]\n', packages__api__deep__Uetfile_yaml="version: 1\n")
    assert found(tmp_path / "packages/api/deep")[0] == str(tmp_path / "packages/api/deep")
    write(tmp_path, Uetfile_yaml="version: 1\n# include: [packages/api/deep/Uetfile.yaml]\n")
    assert found(tmp_path / "packages/api/deep")[0] == str(tmp_path / "packages/api/deep")
    write(tmp_path, Uetfile_yaml="include: [packages/api/deep/Uetfile.yaml, }\n")
    assert found(tmp_path / "packages/api/deep")[0] == str(tmp_path / "packages/api/deep")


def test_one_in_the_middle_rules_when_the_outermost_does_not_include_it(tmp_path: Path) -> None:
    write(
        tmp_path, Uetfile_yaml="version: 1\n", a__Uetfile_yaml="include: [b/Uetfile.yaml]\n", a__b__Uetfile_yaml="version: 1\n"
    )  # fmt: skip
    assert found(tmp_path / "a/b") == (str(tmp_path / "a"), "Uetfile.yaml", "b")


def test_of_two_that_include_it_the_outermost_rules(tmp_path: Path) -> None:
    write(tmp_path, Uetfile_yaml="include: [a/b/Uetfile.yaml]\n", a__Uetfile_yaml="include: [b/Uetfile.yaml]\n", a__b__Uetfile_yaml="")
    assert found(tmp_path / "a/b") == (str(tmp_path), "Uetfile.yaml", "a/b")


def test_manifests_that_include_each_other_are_no_endless_search(tmp_path: Path) -> None:
    write(tmp_path, Uetfile_yaml="include: [o.yaml]\n", o_yaml="include: [Uetfile.yaml]\n", a__Uetfile_yaml="version: 1\n")
    assert found(tmp_path / "a")[0] == str(tmp_path / "a")


def test_a_file_that_is_named_is_the_root_manifest(tmp_path: Path) -> None:
    write(tmp_path, Uetfile_yaml="include: [a/other.yaml]\n", a__other_yaml="version: 1\n", b__x="")
    assert found(tmp_path / "b", "../a/other.yaml") == (str(tmp_path / "a"), "other.yaml", "")
    with pytest.raises(UetError) as caught:
        find(str(tmp_path), "none.yaml")
    assert caught.value.message == "there is no manifest `none.yaml`"
    with pytest.raises(UetError) as caught:
        find(str(tmp_path.parent), tmp_path.name)
    assert caught.value.hint == f"did you mean `{tmp_path.name}/Uetfile.yaml`?"


def test_no_manifest_is_an_error_that_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(UetError) as caught:
        find(str(tmp_path))
    assert caught.value.message == "there is no `Uetfile.yaml` in this folder or above"
    assert caught.value.hint == "`uetbuild init` writes one for what lies here"
    (tmp_path / "uetfile.yml").write_text("")
    with pytest.raises(UetError) as caught:
        find(str(tmp_path))
    assert caught.value.hint == "rename `uetfile.yml` to `Uetfile.yaml`"
