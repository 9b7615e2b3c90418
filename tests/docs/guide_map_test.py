#!/usr/bin/python3
"""docs/guide-map.md says of everything the integration guide names where it is here.

guide_items.txt holds what the guide names, one `kind | where | what` a line; where the guide itself
is at hand, the list is held against it. Every item has a row in the map, and every row names what
exists: a route of the API, a command, a source file, a test. A row that says `later` names the
part that is still to come instead.
"""
import os
import re
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT.parent / "shared/spec/integration-guide.md"
LIST = Path(__file__).with_name("guide_items.txt")
MAP = ROOT / "docs/guide-map.md"
ROUTES = ROOT / "docs/reference/api.md"
ZARISH = os.environ.get("ZARISH", str(ROOT / "build/zarish"))

READ = (r"\b(?:integrationConfig|authConfig|endpointConfig|endpoint|config|authentication"
        r"|tokenResponse|timeRange|response)\??\.(\w+)")
NOT_MEMBERS = {"find", "push", "split", "includes", "length", "startsWith", "toUpperCase"}


def tree_items(lines):
    branch = "Integration Framework"
    for line in lines:
        found = re.match(r"^(│?\s*)[├└]── (.+)$", line)
        if found and not found.group(1):
            yield "tree", "Integration Framework", found.group(2)
            branch = found.group(2)
        elif found:
            yield "tree", branch, found.group(2)


def table_items(lines):
    head = None
    for line in lines:
        cells = [c.strip().strip("*") for c in line.strip("|").split("|")]
        if not line.startswith("|") or set("".join(cells)) <= set("- "):
            continue
        if head is None:
            head = cells
            continue
        for name, cell in zip(head[1:], cells[1:]):
            yield "table", cells[0], f"{name}: {cell}"


def line_items(method, line):
    for name in re.findall(r"new (\w+)\(\)", line):
        if name[0].isupper() and name != "Date":
            yield "class", "-", name
    for owner, name in re.findall(r"this\.(\w+)\.(\w+)\(", line):
        yield "call", method, f"{owner}.{name}"
    key = re.match(r"^\s+'?([<>\w-]+)'?: ", line)
    if key:
        yield "field", method, key.group(1)
    for name in re.findall(READ, line):
        if name not in NOT_MEMBERS:
            yield "input", method, name
    for owner, name in re.findall(r"\b(\w+)\.(\w+)(?: =[^=>]|\+\+)", line):
        if owner != "this":
            yield "field", method, name
    for text in re.findall(r"'([^']*)'", line):
        if text not in ("", ", "):
            yield "literal", method, text
    for text in re.findall(r"`([^`]*)`", line):
        yield "text", method, text
    for name, value in re.findall(r"(\w+) \|\| ('[^']*'|\d+|\{\}|\[\])", line):
        yield "default", method, f"{name} = {value}"


def code_items(lines):
    method = None
    for line in lines[lines.index("```javascript") + 1:]:
        if line.startswith("```"):
            return
        start = re.match(r"^  (?:async )?(\w+)\((.*)\) \{$", line)
        if re.match(r"^class \w+", line):
            yield "class", "-", line.split()[1]
        elif start:
            method = start.group(1)
            yield "method", "-", method
            for name in re.findall(r"\w+", start.group(2)):
                yield "parameter", method, name
        elif not re.match(r"^\s*//", line):
            yield from line_items(method, line)


def guide_items(text):
    """What the guide names, in its order, each once."""
    lines = text.splitlines()
    found = [*tree_items(lines), *table_items(lines), *code_items(lines)]
    return list(dict.fromkeys(found))


def listed():
    return [tuple(line.split(" | ", 2)) for line in LIST.read_text().splitlines()]


def rows():
    """(kind, where, what, {column: text}) of the map's tables; a heading names `where`."""
    where = head = None
    for line in MAP.read_text().splitlines():
        if line.startswith("## "):
            where, head = line[3:].strip("` "), None
        elif line.startswith("|"):
            cells = [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line)[1:-1]]
            if head is None:
                head = cells
            elif not set("".join(cells)) <= set("- "):
                yield cells[0], where, cells[1].strip("`"), dict(zip(head, cells))


def key(kind, where, what):
    return (kind, "-" if kind in ("class", "method") else where, what)


class GuideMap(unittest.TestCase):
    def test_the_list_is_the_guides(self):
        if not GUIDE.exists():
            self.skipTest("the guide is not at hand")
        self.assertEqual(guide_items(GUIDE.read_text()), listed())

    def test_every_item_has_a_row(self):
        have = {key(*row[:3]) for row in rows()}
        missing = [" | ".join(item) for item in listed() if key(*item) not in have]
        self.assertEqual(missing, [], "not in docs/guide-map.md")

    def test_every_row_is_an_item(self):
        known = {key(*item) for item in listed()}
        extra = [row[:3] for row in rows() if key(*row[:3]) not in known]
        self.assertEqual(extra, [], "the guide does not name these")

    def test_rows_name_what_exists(self):
        routes = set(re.findall(r"^### ([A-Z]+ /\S+)$", ROUTES.read_text(), re.M))
        shown = subprocess.run([ZARISH, "help"], capture_output=True, text=True, check=True).stdout
        commands = set(re.findall(r"^  (\w+) ", shown, re.M))
        wrong = []
        for kind, where, what, cell in rows():
            name = f"{where}: {what}"
            if cell["Here"].startswith("later"):
                continue
            for route in re.findall(r"`([^`]+)`", cell["Route"]):
                if route not in routes:
                    wrong.append(f"{name}: no route {route}")
            for command in re.findall(r"`zarish (\w+)", cell["Command"]):
                if command not in commands:
                    wrong.append(f"{name}: no command {command}")
            wrong += [f"{name}: no file {file}" for file in re.findall(r"`([^`]+)`", cell["Source"])
                      if not (ROOT / file).exists()]
            if not re.search(r"`[^`]+`", cell["Source"]):
                wrong.append(f"{name}: names no source")
            wrong += self.wrong_tests(name, cell["Test"])
        self.assertEqual(wrong, [], "docs/guide-map.md names what is not there")

    def wrong_tests(self, name, text):
        tests = re.findall(r"`([^`:]+)(?::([^`]+))?`", text)
        if not tests:
            return [f"{name}: names no test"]
        for file, case in tests:
            path = ROOT / file
            if not path.exists() or (case and case not in path.read_text()):
                return [f"{name}: no test {file}:{case}"]
        return []


if __name__ == "__main__":
    unittest.main()
