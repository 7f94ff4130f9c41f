"""A bench for workers: makes jobs, drives `Workers` as the loop does, and finds processes by a mark in their environment."""

from __future__ import annotations

import itertools
import os
import select
import time
import uuid

from uetbuild.core.jobs import Command, Job, Outcome, Progress
from uetbuild.executors import tree

PATIENCE = 20.0


def wait_until(condition, seconds=PATIENCE):
    """Wait for what must come true; fails loudly instead of hanging."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)


class Bench:
    def __init__(self, folder, make):
        self.folder = folder
        self.mark = f"UET_TEST_MARK={uuid.uuid4().hex}"
        name, _, value = self.mark.partition("=")
        self.environ = dict(os.environ) | {name: value}
        self.workers = make(self.environ)
        self.keys = itertools.count(1)
        self.news: list[Outcome | Progress] = []

    def command(self, text, **fields):
        argv = ("bash", "-c", text) if isinstance(text, str) else tuple(text)
        return Command(**({"argv": argv, "cwd": str(self.folder)} | fields))

    def job(self, *commands, **fields):
        key = next(self.keys)
        made = tuple(one if isinstance(one, Command) else self.command(one) for one in commands)
        return Job(**({"key": key, "node": f"n{key}", "commands": made, "log": f"{self.folder}/log{key}"} | fields))

    def turn(self, seconds=PATIENCE):
        """One turn of the loop: wait for descriptors, collect."""
        poller = select.poll()
        for fd in self.workers.filenos():
            poller.register(fd, select.POLLIN)
        poller.poll(int(seconds * 1000))
        news = self.workers.collect()
        self.news += news
        return news

    def until(self, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            left = end - time.monotonic()
            assert left > 0, f"waited in vain; heard {self.news}"
            self.turn(left)

    def outcome(self, job):
        self.until(lambda: self.ended(job))
        return self.ended(job)

    def ended(self, job):
        return next((news for news in self.news if isinstance(news, Outcome) and news.key == job.key), None)

    def progress(self, job, what):
        return [news for news in self.news if isinstance(news, Progress) and news.key == job.key and news.what == what]

    def start(self, job, file=None):
        """Submit, and wait until the job has made `file`."""
        self.workers.submit(job)
        self.until(lambda: self.progress(job, "spawned") or self.ended(job))
        if file:
            wait_until((self.folder / file).exists)
        return self.progress(job, "spawned")[0].pid if self.progress(job, "spawned") else 0

    def run(self, *commands, **fields):
        job = self.job(*commands, **fields)
        self.workers.submit(job)
        return self.outcome(job)

    def log(self, key):
        path = self.folder / f"log{key}"
        return path.read_text() if path.exists() else ""

    def alive(self):
        """Processes with our mark that live; the bench itself has it not in its own environment."""
        return marked(self.mark)


def marked(mark):
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark.encode() in file.read().split(b"\0") and not tree.is_dead(int(name)):
                        found.append(int(name))
            except OSError:
                continue
    return found
