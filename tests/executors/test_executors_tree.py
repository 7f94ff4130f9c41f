from __future__ import annotations

import os
import subprocess

import pytest
from executors_bench import wait_until

from uetbuild.executors import tree


@pytest.fixture
def family():
    """A shell, its child, and a grandchild in a session of its own."""
    shell = subprocess.Popen(["bash", "-c", "setsid sleep 60 & sleep 60 & wait"], env=dict(os.environ) | {"UET_TEST_TREE": "1"})
    wait_until(lambda: len(tree.descendants([shell.pid])) == 2)
    yield shell
    for pid in [*tree.descendants([shell.pid]), shell.pid]:
        tree.send(pid, 9)
    shell.wait()


def test_descendants_are_found_across_sessions(family):
    assert family.pid in tree.children(os.getpid())
    assert len(tree.descendants([family.pid])) == 2


def test_descendants_are_found_on_kernels_that_list_no_children(family):
    assert sorted(tree._children_by_parent(family.pid)) == sorted(tree.children(family.pid))


def test_a_process_is_its_pid_and_its_start(family):
    start = tree.start_time(family.pid)
    assert start > 0
    assert tree.start_time(2**30) == 0
    seen = tree.census()[family.pid]
    assert (seen.pid, seen.parent, seen.start, seen.is_dead) == (family.pid, os.getpid(), start, False)


def test_the_dead_are_dead_before_anybody_waited_for_them():
    child = subprocess.Popen(["true"])
    wait_until(lambda: tree.is_dead(child.pid))
    child.wait()
    assert tree.is_dead(child.pid)


def test_signals_to_nobody_are_no_error():
    assert tree.send(2**22 + 1, 15)
    tree.send_group(2**22 + 1, 15)


def test_a_c_function_that_is_not_there_gives_minus_one():
    assert tree.call_c("no_such_function_at_all") == -1
    assert tree._call_with_ctypes("no_such_function_at_all", ()) == -1
    assert tree._call_with_ctypes("getpid", ()) == os.getpid()


def test_the_boot_has_an_id():
    assert len(tree.boot_id()) == 36
