"""Makes up measurements: x, and y = 3x + 2 with some noise; now and then the instrument fails."""

import random


def run(to: str, rows: int, seed: int) -> None:
    dice = random.Random(seed)
    with open(to, "w", encoding="utf-8") as file:
        file.write("x,y\n")
        for _ in range(rows):
            x = dice.uniform(-1, 1)
            y = 1e9 if dice.random() < 0.01 else 3 * x + 2 + dice.gauss(0, 0.1)
            file.write(f"{x:.6f},{y:.6f}\n")
