"""Puts the book of a build together: what was spent before, limits, prices; and checks a budget against the forecast.

Only loaded where there is a budget, or something was spent.
"""

from __future__ import annotations

import os
from decimal import Decimal

from uetbuild.cli.clock import SystemClock
from uetbuild.core.events import lasted
from uetbuild.core.forecast import costs, estimates, past_costs
from uetbuild.core.ledger import UNLIMITED, Entry, Ledger, folded, settled
from uetbuild.core.prices import PRICES
from uetbuild.core.usage import parse
from uetbuild.engine.book import Book
from uetbuild.errors import UetError
from uetbuild.report.amounts import dollars
from uetbuild.state import reports
from uetbuild.state.ledger import LedgerFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from uetbuild.core.events import Event
    from uetbuild.core.nodes import Node, Settings
    from uetbuild.core.outlook import Past
    from uetbuild.core.secrets import Secrets
    from uetbuild.core.usage import Prices
    from uetbuild.state.layout import Layout

MOST_DIGITS = 9  # before and behind the point


def open_book(
    layout: Layout, settings: Settings, run: str, budgeted: bool, earlier: Sequence[Event], models: Mapping[str, str],
    warn: Callable[[str], None], secrets: Secrets,
) -> Book:  # fmt: skip
    """The book of a run, open for writing. `earlier`: the events of a run that goes on; `models`: those of agents, by node id; `secrets`:
    what no entry holds. Raises UetError where the ledger cannot be used, under a budget also where it is damaged."""
    file = LedgerFile(layout, writable=True, strict=budgeted)
    for text in file.warnings:
        warn(text)
    prices = known_prices(settings)
    entries = file.entries()
    cut_off = _recovered(layout, [entry for entry in folded(entries).values() if not entry.settled], prices, models, secrets)
    if cut_off:
        file.write(cut_off)
        entries = file.entries()
    if earlier:
        _remove_reports(layout, run)
    ledger = Ledger(run, settings.budget or UNLIMITED, dict(settings.phases), entries)
    return Book(ledger, file, prices, estimates(past_costs(entries)), SystemClock(), lasted(earlier), secrets)


def known_prices(settings: Settings) -> Prices:
    """The manifest's prices over the built-in ones."""
    return PRICES | {model: rates for model, *rates in settings.prices}  # type: ignore[return-value]


def _recovered(
    layout: Layout, entries: list[Entry], prices: Prices, models: Mapping[str, str], secrets: Secrets
) -> list[Entry]:  # fmt: skip
    """What attempts that a crash cut off had reported by then; one that had reported nothing stays as it was reserved.

    A report without number is that of the last attempt: those before it were put aside when they ended, before this one was reserved.
    """
    found = []
    for entry in entries:
        log = layout.log(entry.run, entry.node)
        for number in (entry.attempt, 0):
            try:
                uses = parse(reports.read(reports.path_of(log, number), secrets, layout.folder), prices, models.get(entry.node, ""))
            except ValueError:
                continue
            if uses:
                found.append(settled(entry, [use.with_(model=secrets.masked(use.model)) for use in uses], 0.0))
                break
    return found


def _remove_reports(layout: Layout, run: str) -> None:
    """What is counted must not be read again."""
    folder = os.path.dirname(layout.log(run, "x"))
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        if name.rpartition(".")[2].partition("-")[0] == "usage":
            os.unlink(f"{folder}/{name}")


def read_usd(text: str) -> str:
    """The amount of `--budget-usd`. Raises UetError."""
    whole, point, part = text.removeprefix("$").partition(".")
    for digits in (whole, part) if point else (whole,):
        if not (digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
            raise UetError(f"`--budget-usd` takes an amount in USD, not `{text}`", hint="as in `--budget-usd 2.50`")
    return f"{int(whole)}{point}{part}"


def doubt(layout: Layout, likely: float, usd: str, run: str) -> str:
    """Words about a budget of `usd` that half of such builds would not keep, "" where it will do; `likely`: what is still to be spent."""
    spent = sum([Decimal(entry.usd) for entry in folded(past_entries(layout)).values() if entry.run == run], Decimal(0))
    if float(Decimal(usd) - spent) >= likely:
        return ""
    text = f"a budget of {dollars(float(usd))} will probably not do: the forecast is {dollars(likely)}"
    return f"{text}, and {dollars(float(spent))} are spent" if spent else text


def check_forecast(layout: Layout, likely: float, usd: str, run: str) -> None:
    """Refuse a budget that is in `doubt`. Raises UetError."""
    text = doubt(layout, likely, usd, run)
    if text:
        raise UetError(text, hint="`--force-budget` starts all the same, `--dry-run` shows the forecast")


def forecast(layout: Layout, nodes: Iterable[Node]) -> dict[str, Past]:
    """What each node cost before."""
    return costs({node.id: node.budget for node in nodes}, past_costs(past_entries(layout)))


def past_entries(layout: Layout) -> list[Entry]:
    """All that the ledger holds, for who only looks; nothing where there is none."""
    file = LedgerFile(layout, writable=False)
    try:
        return file.entries()
    finally:
        file.close()
