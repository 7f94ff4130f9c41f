"""A very small markup: `# heading`, paragraphs, `*emphasis*` and `[text](link)`. Prints HTML."""

import html
import re
import sys


def inline(text: str) -> str:
    text = html.escape(text, quote=False)
    text = re.sub(r"\*(.+?)\*", r"<em>\1</em>", text)
    return re.sub(r"\[(.+?)\]\((.+?)\)", r'<a href="\2">\1</a>', text)


with open(sys.argv[1], encoding="utf-8") as file:
    for block in re.split(r"\n{2,}", file.read().strip()):
        if block.startswith("# "):
            print(f"<h1>{inline(block[2:])}</h1>")
        else:
            print(f"<p>{inline(' '.join(block.split()))}</p>")
