"""Puts a fragment into the frame: FRAME TITLE LANGUAGE FRAGMENT. Prints the page."""

import html
import sys

frame, title, language, fragment = sys.argv[1:]
with open(frame, encoding="utf-8") as file:
    page = file.read()
with open(fragment, encoding="utf-8") as file:
    content = file.read().strip()
for name, value in (("TITLE", html.escape(title)), ("LANGUAGE", html.escape(language)), ("CONTENT", content)):
    page = page.replace(name, value)
print(page, end="")
