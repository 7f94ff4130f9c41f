"""Whether every link of these pages leads to one of them."""

import os
import re
import sys

broken = []
for page in sys.argv[1:]:
    with open(page, encoding="utf-8") as file:
        for link in re.findall(r'href="([^":#]+)"', file.read()):
            if os.path.normpath(os.path.join(os.path.dirname(page), link)) not in sys.argv[1:]:
                broken.append(f"{page}: `{link}` leads nowhere")
print("\n".join(broken) or f"{len(sys.argv) - 1} pages, every link leads somewhere")
sys.exit(bool(broken))
