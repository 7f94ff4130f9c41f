"""The table of contents: TITLE FRAGMENT... Prints a page with the heading of every fragment."""

import html
import re
import sys

title, *fragments = sys.argv[1:]
print(f'<!doctype html>\n<meta charset="utf-8">\n<title>{html.escape(title)}</title>\n<h1>{html.escape(title)}</h1>\n<ol>')
for fragment in fragments:
    with open(fragment, encoding="utf-8") as file:
        heading = re.search(r"<h1>(.*?)</h1>", file.read())
    page = fragment.removeprefix("build/fragments/")
    print(f'<li><a href="{page}">{heading[1] if heading else page}</a></li>')
print("</ol>")
