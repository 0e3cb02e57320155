"""The part of YAML that programme files use (programme.md 'YAML'): every value is the text that stands there.

Block keys and lists, flow lists and maps, plain and quoted text, `|` blocks and comments; anything else is Unsupported.
"""
import re
from typing import Any


class Unsupported(ValueError):
    pass


class Parser:
    def __init__(self, text: str) -> None:
        if "\t" in text or text.startswith("---"):
            raise Unsupported("tabs or document marks")
        self.lines, self.at = text.lstrip("\ufeff").replace("\r\n", "\n").split("\n"), 0

    def peek(self) -> tuple[int, str]:
        """Indent and text of the next line that is neither empty nor a comment; -1 at the end."""
        while self.at < len(self.lines):
            line = strip_comment(self.lines[self.at])
            if line.strip():
                return len(line) - len(line.lstrip()), line.strip()
            self.at += 1
        return -1, ""

    def block(self, indent: int) -> Any:
        text = self.peek()[1]
        return self.sequence(indent) if text == "-" or text.startswith("- ") else self.mapping(indent)

    def sequence(self, indent: int) -> list:
        items = []
        while True:
            here, text = self.peek()
            if here != indent or not (text == "-" or text.startswith("- ")):
                return items
            rest = text[1:].lstrip()
            if split_key(rest):  # a map begins on the dash's own line
                inner = indent + len(text) - len(rest)
                self.lines[self.at] = " " * inner + rest
                items.append(self.mapping(inner))
            else:
                self.at += 1
                items.append(self.value(rest, indent))

    def mapping(self, indent: int) -> dict:
        found: dict[str, Any] = {}
        while True:
            here, text = self.peek()
            if here != indent or text.startswith("- "):
                if here > indent:
                    raise Unsupported(f"indent of {text!r}")
                return found
            pair = split_key(text)
            if not pair or pair[0] in found:
                raise Unsupported(f"{text!r} is not a key of its own and a value")
            self.at += 1
            found[pair[0]] = self.value(pair[1], indent)

    def value(self, text: str, indent: int) -> Any:
        if text == "|":
            return self.literal(indent)
        if text:
            result, rest = flow(text)
            if rest.strip():
                raise Unsupported(f"text after a value: {rest!r}")
            return result
        here, below = self.peek()
        if here > indent or (here == indent and below.startswith("- ")):
            return self.block(here)
        return ""

    def literal(self, indent: int) -> str:
        lines = []
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and len(line) - len(line.lstrip()) <= indent:
                break
            lines.append(line)
            self.at += 1
        depth = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
        return "\n".join(line[depth:] for line in lines).rstrip("\n") + "\n"


def strip_comment(line: str) -> str:
    if line.lstrip().startswith("#"):
        return ""
    quote = ""
    for i, char in enumerate(line):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'" and (i == 0 or line[i - 1] in " [{,:-"):
            quote = char
        elif char == "#" and line[i - 1] == " ":
            return line[:i].rstrip()
    return line.rstrip()


def split_key(text: str) -> tuple[str, str] | None:
    match = re.match(r"([A-Za-z0-9_.-]+|\"[^\"]*\"|'[^']*'):(?: +(.*))?$", text)
    return (match[1].strip("\"'"), (match[2] or "").strip()) if match else None


def flow(text: str, closing: str = "") -> tuple[Any, str]:
    """One value and the text after it; within brackets a plain value ends before a comma or bracket."""
    if text[0] in "\"'":
        match = re.match(r"\"([^\"\\]*)\"|'((?:[^']|'')*)'", text)
        if not match:
            raise Unsupported(f"quoted text {text!r}")
        return (match[1] if match[1] is not None else match[2].replace("''", "'")), text[match.end():]
    if text[0] in "[{":
        end, result, rest = ("]", [], text[1:].lstrip()) if text[0] == "[" else ("}", {}, text[1:].lstrip())
        while not rest.startswith(end):
            if end == "}":
                key = re.match(r"([A-Za-z0-9_.-]+): *", rest)
                if not key or key[1] in result:
                    raise Unsupported(f"a map such as {rest!r}")
                result[key[1]], rest = flow(rest[key.end():], end)
            else:
                one, rest = flow(rest, end)
                result.append(one)
            rest = rest.lstrip()
            if rest.startswith(","):
                rest = rest[1:].lstrip()
            elif not rest.startswith(end):
                raise Unsupported(f"{text!r} is not closed")
        return result, rest[1:]
    if text[0] in "&*!>|%@`?" or (not closing and ": " in text):
        raise Unsupported(f"{text!r}")
    plain = re.match(r"[^,\[\]{}]+" if closing else r".+", text)
    return plain[0].strip(), text[plain.end():]


def parse(text: str) -> dict:
    parser = Parser(text)
    indent, _ = parser.peek()
    result = parser.block(indent)
    if parser.peek()[0] != -1 or not isinstance(result, dict):
        raise Unsupported(f"line {parser.at + 1}: {parser.peek()[1]!r}")
    return result
