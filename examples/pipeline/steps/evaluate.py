"""How far off the model is on rows that it has not seen."""

import csv
import json


def run(test: str, model: str, to: str) -> None:
    with open(model, encoding="utf-8") as file:
        weights = json.load(file)
    with open(test, encoding="utf-8") as file:
        rows = [(float(x), float(y)) for x, y in list(csv.reader(file))[1:]]
    errors = [abs(weights["slope"] * x + weights["offset"] - y) for x, y in rows]
    metrics = {"rows": len(rows), "mean_error": round(sum(errors) / len(errors), 4)}
    metrics |= {name: round(value, 2) for name, value in weights.items()}
    with open(to, "w", encoding="utf-8") as file:
        json.dump(metrics, file, indent=2)
        file.write("\n")
