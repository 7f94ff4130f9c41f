from __future__ import annotations

import os

import pytest
from executors_bench import Bench

from uetbuild.executors import tree
from uetbuild.executors.inline import InlineWorkers
from uetbuild.executors.pool import SupervisorPool


@pytest.fixture
def pool(tmp_path):
    """A bench on a pool of two slots."""
    before = tree.children(os.getpid())
    bench = Bench(tmp_path, lambda environ: SupervisorPool(2, environ))
    yield bench
    bench.workers.close()
    assert bench.alive() == []
    assert set(tree.children(os.getpid())) <= set(before)


@pytest.fixture(params=["pool", "inline"])
def bench(request, tmp_path):
    """The contract of `Workers`, for each of them."""
    make = {"pool": lambda environ: SupervisorPool(2, environ), "inline": InlineWorkers}[request.param]
    before = tree.children(os.getpid())
    bench = Bench(tmp_path, make)
    yield bench
    bench.workers.close()
    assert bench.alive() == []
    assert set(tree.children(os.getpid())) <= set(before)
