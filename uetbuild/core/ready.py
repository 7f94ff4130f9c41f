"""Which ready node starts next: the best by rank of those that may run beside the running ones.

The simulation of the plan and the real loop use the same list. Knows nothing of dependencies, time and workers: whoever uses it
pushes what is ready and says what has ended.
"""

from __future__ import annotations

from _heapq import heappop, heappush

from uetbuild.core.conflicts import may_conflict, shared_scopes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from uetbuild.core.nodes import Node

    Blocker = tuple[str, Any, int]  # what a node waits for: kind, name, and how much of it
    Needs = tuple[list[Blocker], list[Blocker], bool]  # locks, shares of pools, whether it may conflict with one that edits nothing

IDLE: Blocker = ("idle", "", 0)
NOTHING: Needs = ([], [], False)


class Admission:
    """Whether a node may run beside those that run: jobs, pools, mutexes, `exclusive`, scopes.

    An `interactive` node is alone as an exclusive one is. A node that wants more of a pool than there is gets all of it, and
    a pool that is not known has no bound. The places of a pool are numbered from 0; who gets in holds the lowest free ones. `more`: how
    many may be let in besides `jobs`, to wait with all that they need but a place.
    """

    __slots__ = (
        "more", "running", "_alone", "_conflict", "_free", "_held", "_jobs", "_needs", "_nodes", "_places", "_pools", "_risky", "_scopes",
    )  # fmt: skip

    def __init__(
        self,
        nodes: Sequence[Node],
        jobs: int,
        pools: Mapping[str, int] | Iterable[tuple[str, int]],
        conflict: Callable[[int, int], bool] | None = None,
    ) -> None:
        """`jobs` >= 1; `pools`: sizes by name; `conflict(i, j)`: whether the files of two exclude each other (symmetric; None: never)."""
        self._nodes = nodes
        self._jobs = jobs
        self._pools = dict(pools)
        self._conflict = conflict
        self._scopes: dict[int, tuple[int, ...]] | None = None if conflict else {}  # None: nobody has asked yet
        self._needs: dict[int, Needs] = {}  # of those that wait or run
        self.more = 0
        self.running: dict[int, None] = {}
        self._risky: dict[int, None] = {}  # those running that can conflict with a node that changes nothing in place
        self._held: set[object] = set()
        self._free = {pool: list(range(size)) for pool, size in self._pools.items()}
        self._places: dict[int, list[tuple[str, list[int]]]] = {}
        self._alone = False

    @property
    def closed(self) -> bool:
        """Whether nothing at all can start now."""
        return self._alone or len(self.running) >= self._jobs + self.more

    def blocker(self, number: int) -> Blocker | None:
        """One thing that keeps a node from starting now; None: it may start. To be asked only while not `closed`."""
        running = self.running
        if not running:
            return None
        node = self._nodes[number]
        if node.exclusive or node.interactive:
            return IDLE
        locks, shares, is_risky = self._needs_of(number)
        for key in (*locks, *shares):
            if not self.open(key):
                return key
        if self._conflict:
            for other in running if is_risky else self._risky:
                if self._conflict(number, other):
                    return ("node", other, 0)
        return None

    def open(self, key: Blocker) -> bool:
        """Whether `key` would no longer keep those that wait for it."""
        kind, name, amount = key
        if kind == "pool":
            return len(self._free[name]) >= amount
        if kind == "node":
            return name not in self.running
        if kind == "idle":
            return not self.running
        return (kind, name) not in self._held

    def start(self, number: int) -> None:
        """From now on it runs."""
        node = self._nodes[number]
        self.running[number] = None
        self._alone = node.exclusive or node.interactive
        locks, shares, is_risky = self._needs_of(number)
        if is_risky:
            self._risky[number] = None
        for kind, name, _ in locks:
            self._held.add((kind, name))
        if shares:
            self._places[number] = [(pool, [heappop(self._free[pool]) for _ in range(amount)]) for _, pool, amount in shares]

    def end(self, number: int) -> list[Blocker]:
        """It runs no more; answers what may have opened by that (pools with amount 0: any amount)."""
        del self.running[number]
        self._risky.pop(number, None)
        self._alone = False
        opened: list[Blocker] = [("node", number, 0), *self._needs.pop(number)[0]]
        for kind, name, _ in opened:
            self._held.discard((kind, name))
        for pool, places in self._places.pop(number, ()):
            opened.append(("pool", pool, 0))
            for place in places:
                heappush(self._free[pool], place)
        if not self.running:
            opened.append(IDLE)
        return opened

    def places(self, number: int) -> list[tuple[str, str]]:
        """(pool, its places that a running node holds, such as `0,2`), in the order of its `resources`."""
        return [(pool, ",".join(map(str, places))) for pool, places in self._places.get(number, ())]

    def _needs_of(self, number: int) -> Needs:
        found = self._needs.get(number)
        if found is None:
            found = self._needs[number] = self._find_needs(number)
        return found

    def _find_needs(self, number: int) -> Needs:
        node, pools = self._nodes[number], self._pools
        is_risky = may_conflict(node)
        if not (is_risky or node.mutex or node.resources):
            return NOTHING  # as most
        if self._scopes is None and is_risky:
            self._scopes = shared_scopes(self._nodes)
        scopes = self._scopes.get(number, ()) if self._scopes else ()
        locks: list[Blocker] = [*[("mutex", name, 0) for name in node.mutex], *[("scope", scope, 0) for scope in scopes]]
        return locks, [("pool", name, min(amount, pools[name])) for name, amount in node.resources if name in pools], is_risky


class ReadyList:
    """The nodes that wait for nothing but admission.

    One that is not admitted is parked with what keeps it. When that opens, only the best of those parked there comes back, and the
    next one when that one has been dealt with: so 20,000 nodes in a queue for one mutex cost 20,000 looks, not their square.
    """

    __slots__ = ("_admission", "_amounts", "_heap", "_parked", "_rank", "_woken", "_length")

    def __init__(self, rank: Sequence[Any], admission: Admission) -> None:
        """`rank[i]`: sort key of node `i` (core/schedule.py); lower starts first."""
        self._rank = rank
        self._admission = admission
        self._heap: list[tuple[Any, int]] = []
        self._parked: dict[Blocker, list[tuple[Any, int]]] = {}
        self._amounts: dict[object, set[Blocker]] = {}
        self._woken: dict[int, Blocker] = {}
        self._length = 0

    def __len__(self) -> int:
        """How many wait, parked ones included."""
        return self._length

    def push(self, number: int) -> None:
        """It is ready; it must not be in the list or running."""
        self._length += 1
        heappush(self._heap, (self._rank[number], number))

    def take(self) -> int | None:
        """The best that may start now, which from then on counts as running; None: nothing may start before something ends."""
        heap, admission = self._heap, self._admission
        while heap and not admission.closed:
            _, number = heappop(heap)
            key = admission.blocker(number)
            if key is None:
                admission.start(number)
                self._length -= 1
            else:
                self._park(number, key)
            origin = self._woken.pop(number, None)
            if origin is not None:
                self._wake(origin)
            if key is None:
                return number
        return None

    def release(self, number: int) -> None:
        """It has ended (or gave up its place before an attempt): those that waited for what it held come back."""
        for key in self._admission.end(number):
            if key[0] == "pool":
                for wanted in sorted(self._amounts.get(key[1], ()), key=lambda wanted: wanted[2]):
                    self._wake(wanted)
            else:
                self._wake(key)

    def _park(self, number: int, key: Blocker) -> None:
        if key[0] == "pool":  # each amount is a queue of its own: who wants little need not wait for who wants much
            self._amounts.setdefault(key[1], set()).add(key)
        heappush(self._parked.setdefault(key, []), (self._rank[number], number))

    def _wake(self, key: Blocker) -> None:
        parked = self._parked.get(key)
        if parked and self._admission.open(key):
            best = heappop(parked)
            self._woken[best[1]] = key
            heappush(self._heap, best)
            if not parked:
                del self._parked[key]
