"""What the gates share about the source tree."""
import re
from pathlib import Path

root = Path(__file__).resolve().parent.parent


def product_sources():
    """Files under SOURCES in src/: "json/json.c"."""
    found = set()
    for path in (root / "src").glob("**/CMakeLists.txt"):
        folder = path.parent.relative_to(root / "src").as_posix()
        for block in re.findall(r"SOURCES\s+((?:[\w./]+\s*)+)", path.read_text()):
            found.update(f"{folder}/{word}" for word in block.split() if word.endswith(".c"))
    return found
