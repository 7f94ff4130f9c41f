"""Learns slope and offset by gradient descent; writes a checkpoint after each epoch, and goes on from the last one that fits."""

import csv
import hashlib
import json
import os

BATCH = 100


def run(source: str, folder: str, epochs: int, rate: float) -> None:
    with open(source, encoding="utf-8") as file:
        rows = [(float(x), float(y)) for x, y in list(csv.reader(file))[1:]]
    key = hashlib.sha256(f"{rate} {rows}".encode()).hexdigest()  # a checkpoint of other data is none
    checkpoint = os.path.join(folder, "checkpoint.json")
    state = {"key": key, "epoch": 0, "slope": 0.0, "offset": 0.0}
    if os.path.exists(checkpoint):
        with open(checkpoint, encoding="utf-8") as file:
            found = json.load(file)
        if found["key"] == key and found["epoch"] <= epochs:
            state = found
            print(f"goes on after epoch {state['epoch']}")
    while state["epoch"] < epochs:
        epoch(state, rows, rate)
        save(state, checkpoint)
        print(f"epoch {state['epoch']}: y = {state['slope']:.4f} x + {state['offset']:.4f}", flush=True)
        if os.environ.get("STOP_AFTER") == str(state["epoch"]):
            raise SystemExit("the machine was switched off")  # as good as, for who wants to see what happens then
    save({"slope": state["slope"], "offset": state["offset"]}, os.path.join(folder, "weights.json"))


def epoch(state: dict, rows: list[tuple[float, float]], rate: float) -> None:
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        errors = [(state["slope"] * x + state["offset"] - y, x) for x, y in batch]
        state["slope"] -= rate * sum(error * x for error, x in errors) / len(batch)
        state["offset"] -= rate * sum(error for error, _ in errors) / len(batch)
    state["epoch"] += 1


def save(what: dict, path: str) -> None:
    """Whole or not at all."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump(what, file)
    os.replace(path + ".new", path)
