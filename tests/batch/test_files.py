"""Which files are sources, and what their outcomes depend on."""

from __future__ import annotations

import pytest

from ascendify.batch.files import sources_below
from ascendify.batch.inputs import Inputs
from ascendify.batch.settings import Settings


def test_sources_in_order(tree):
    root = tree({"b/k.cu": "", "a/k.cu": "", "a/x.cuh": "", "readme": "", ".git/z.cu": ""})
    assert sources_below(root) == (["a/k.cu", "b/k.cu"], ["a/x.cuh"])


def test_links(tree):
    root = tree({"a/k.cu": ""})
    (root / "a" / "loop").symlink_to(root)
    (root / "same.cu").symlink_to(root / "a" / "k.cu")
    (root / "broken.cu").symlink_to(root / "nothing")
    assert sources_below(root) == (["same.cu"], []) or sources_below(root) == (["a/k.cu"], [])


@pytest.mark.parametrize("glob", ["third_party", "third_party/", "third_party/*", "*/v.cu", "v.cu"])
def test_exclude(tree, glob):
    root = tree({"k.cu": "", "third_party/v.cu": ""})
    assert sources_below(root, [glob]) == (["k.cu"], [])


def test_translations_are_no_sources(tree):
    root = tree({"k.cu": "", "k-cpu/.ascendify.json": "{}", "k-cpu/failures/k/source/k.cu": ""})
    assert sources_below(root) == (["k.cu"], [])


def key(root, file: str = "a.cu", **options: object) -> str:
    settings = Settings(root, options)
    return Inputs(root).key(settings.work(root, file))


def test_key_changes_with_what_is_read(tree):
    root = tree({"a.cu": '#include "x.h"\n', "inc/x.h": "#include <y.h>\n", "inc/y.h": "1"})
    first = key(root)
    assert key(root) == first
    (root / "inc" / "y.h").write_text("2")
    second = key(root)
    assert second != first
    (root / "x.h").write_text("")
    assert key(root) != second


def test_key_does_not_change_with_other_files(tree):
    root = tree({"a.cu": '#include "x.h"\n', "x.h": ""})
    first = key(root)
    (root / "z.h").write_text("")
    (root / "b.cu").write_text("")
    assert key(root) == first


def test_key_of_an_include_that_a_macro_names(tree):
    root = tree({"a.cu": "#define H <z.h>\n#include H\n", "z.h": ""})
    first = key(root)
    (root / "z.h").write_text("1")
    assert key(root) != first


def test_key_changes_with_options_and_settings(tree):
    root = tree({"a.cu": ""})
    keys = {key(root), key(root, defines=("N",)), key(root, verify=False)}
    (root / "a.toml").write_text("")
    assert len(keys | {key(root)}) == 4


def test_headers_outside_the_folder(tree):
    root = tree({"src/a.cu": '#include "../inc/x.h"\n', "inc/x.h": "", "far/y.h": ""})
    first = key(root / "src")
    (root / "inc" / "x.h").write_text("1")
    assert key(root / "src") != first


def test_headers_elsewhere_in_the_project(tree):
    root = tree({".git/HEAD": "", "src/a.cu": "#include <far/y.h>\n", "x/far/y.h": "1"})
    first = key(root / "src")
    (root / "x" / "far" / "y.h").write_text("2")
    assert key(root / "src") != first
