"""Leaves out the rows in which the instrument failed. Line by line: the file may be larger than the memory."""


def run(source: str, to: str, limit: float) -> None:
    left_out = 0
    with open(source, encoding="utf-8") as rows, open(to, "w", encoding="utf-8") as file:
        file.write(next(rows))
        for row in rows:
            if abs(float(row.split(",")[1])) <= limit:
                file.write(row)
            else:
                left_out += 1
    print(f"{left_out} rows left out")
