"""Budgets, phases and prices: from the manifest to the project, and what is wrong with them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from manifest_disk import project, told

from uetbuild.core.policies import Limit
from uetbuild.core.prices import PRICES, READ, SOURCES

AGENT = """
    tools: {t: {adapter: command, cmd: t, model: unheard-of}}
    workstreams:
      a: {phase: p, agent: {tool: t, prompt: x}, outputs: [out]%s}
"""


def test_limits_of_run_phase_and_workstream_are_exact() -> None:
    loaded = project("""
    budgets: {run: {usd: 100.10, tokens: 5M, time: 2h, warn_at: 0.5, on_exceeded: warn, shrink_jobs: true}}
    phases: {p: {budget: {usd: 20}}, q: {title: Free}}
    models: {b: {input_per_1k: 0.1, output_per_1k: 2}, a: {input_per_1k: 1, cached_per_1k: 0.5, output_per_1k: 3}}
    defaults: {budget: {tokens: 60k}}
    workstreams:
      a: {run: x, budget: {usd: 2.50, time: 90s, on_exceeded: continue}}
      b: {run: x}
      c: {run: x, budget: {}}
    """)
    settings = loaded.settings
    assert settings.budget == Limit(usd="100.10", tokens=5_000_000, time=7200.0, warn_at=0.5, on_exceeded="warn", shrink_jobs=True)
    assert settings.phases == (("p", Limit(usd="20")),)
    assert settings.prices == (("a", "1", "0.5", "3"), ("b", "0.1", "0.1", "2"))
    limits = {node.id: node.budget for node in loaded.nodes}
    assert limits == {"a": Limit(usd="2.50", time=90.0, on_exceeded="continue"), "b": Limit(tokens=60_000), "c": None}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{usd: -1}", "`usd` expects an amount in USD"),
        ("{usd: $5}", "`usd` expects an amount in USD"),
        ("{usd: 1e3}", "`usd` expects an amount in USD"),
        ("{tokens: many}", "`tokens` expects a count of tokens"),
        ("{warn_at: 2}", "unknown key `warn_at` in budget"),
        ("{on_exceeded: stop}", "`on_exceeded` expects one of"),
    ],
)
def test_what_is_no_budget_is_refused(line: str, message: str) -> None:
    assert message in told(f"workstreams: {{a: {{run: x, budget: {line}}}}}")[0]


def test_a_part_is_between_nothing_and_all() -> None:
    assert "`warn_at` expects a number from 0 to 1" in told("budgets: {run: {warn_at: 80}}\nworkstreams: {a: {run: x}}")[0]


def test_a_group_has_no_budget() -> None:
    assert "has `budget` but no `run`" in told("workstreams: {a: {run: x}, g: {depends_on: [a], budget: {usd: 1}}}")[0]


@pytest.mark.parametrize("more", ["budgets: {run: {usd: 1}}", "phases: {p: {budget: {usd: 1}}}", ""], ids=["run", "phase", "workstream"])
def test_a_limit_in_usd_needs_the_price_of_the_model(more: str) -> None:
    text = f"    {more}\n" + AGENT % ("" if more else ", budget: {usd: 1}")
    (said,) = told(text)
    assert "`a` has a budget in USD, but the model `unheard-of` has no price" in said
    assert "models: {unheard-of: {input_per_1k" in said
    assert project(text + "    models: {unheard-of: {input_per_1k: 1, output_per_1k: 1}}\n").nodes


def test_without_a_limit_in_usd_no_price_is_needed() -> None:
    assert project("    budgets: {run: {tokens: 5}}\n" + AGENT % "").nodes


@pytest.mark.parametrize("model", ["gpt-4o", "claude-opus-4-1"])
def test_a_model_with_a_built_in_price_may_be_limited_in_usd(model: str) -> None:
    assert project("    budgets: {run: {usd: 1}}\n" + (AGENT % "").replace("unheard-of", model)).nodes


def test_the_built_in_prices_are_those_of_the_reference_and_dated() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/prices.md").read_text(encoding="utf-8")
    rows = [[cell.strip(" `") for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| `")]
    assert {model: tuple(rates) for model, *rates in rows} == PRICES
    assert READ in page
    assert all(url in page for url in SOURCES.values())


def test_cached_input_is_never_dearer_than_other_input() -> None:
    for plain, cached, output in PRICES.values():
        assert 0 < Decimal(cached) <= Decimal(plain) <= Decimal(output)
