"""Every Nth row is for trying, the others are for learning."""


def run(source: str, train: str, test: str, every: int) -> None:
    with open(source, encoding="utf-8") as rows, open(train, "w", encoding="utf-8") as much, open(test, "w", encoding="utf-8") as little:
        head = next(rows)
        much.write(head)
        little.write(head)
        for number, row in enumerate(rows):
            (little if number % every == 0 else much).write(row)
