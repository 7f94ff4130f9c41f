"""What a build consists of, by the functions that do it; whatever is in none of them is the rest.

A function that is no more where this table says stops the profile: it is held to what there is by a test.
"""

from __future__ import annotations

PHASES: dict[str, tuple[str, ...]] = {
    "reading the code of modules": ("bytecode:use",),
    "fast door": ("front:look",),
    "reading the manifest": ("manifest.load:load",),
    "reading the compiled manifest": ("state.compiled:load", "state.compiled:load_some", "state.parts:read"),
    "keeping the compiled manifest": ("state.compiled:save",),
    "graph": ("core.graph:Graph.__init__", "core.excerpt:excerpt"),
    "reading the state": ("state.store:SqliteStore._load", "state.store:open_writer", "state.store:open_reader"),
    "judging": ("engine.survey:Survey.judge",),
    "order and room": ("cli.building:priorities", "core.ready:ReadyList.take", "engine.order:Order.ended"),
    "starting": ("engine.departures:Departures.start",),
    "handing over": ("executors.pool:SupervisorPool.submit",),
    "hearing": ("executors.pool:SupervisorPool.collect", "engine.wait:SignalWait.poll"),
    "ending": ("engine.arrivals:Arrivals.end",),
    "writing the state": ("state.store:SqliteStore.commit", "state.store:SqliteStore.close"),
    "telling": ("report.lines:Lines.on",),
    "history": ("state.history:close_run",),
    "remembering": ("cli.remember:judged_again", "cli.remember:save", "state.amended:amend"),
}
