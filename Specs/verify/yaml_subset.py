"""The part of YAML that programme files use (programme.md 'YAML'): every value is the text that stands there.

Block keys and lists, flow lists and maps, plain and quoted text, `|` blocks and comments; anything else is Unsupported.
"""
import re
from typing import Any


class Unsupported(ValueError):
    pass


def indent_of(line: str) -> int:
    return len(line) - len(line.lstrip())


class Parser:
    def __init__(self, text: str) -> None:
        if "\t" in text or text.startswith("---"):
            raise Unsupported("tabs or document marks")
        self.lines = text.lstrip("\ufeff").replace("\r\n", "\n").split("\n")[::-1]  # the next one is the last

    def peek(self) -> tuple[int, str]:
        """Indent and text of the next line that is neither empty nor a comment; -1 at the end."""
        while self.lines and not strip_comment(self.lines[-1]):
            self.lines.pop()
        line = strip_comment(self.lines[-1]) if self.lines else ""
        return (indent_of(line), line.strip()) if line else (-1, "")

    def block(self, indent: int) -> Any:
        """The list or map whose lines begin at this indent."""
        found: Any = [] if self.peek()[1].startswith("-") else {}
        while True:
            here, text = self.peek()
            if here > indent:
                raise Unsupported(f"indent of {text!r}")
            if here != indent or (text == "-" or text.startswith("- ")) != isinstance(found, list):
                return found
            self.lines.pop()
            rest, pair = text[1:].lstrip(), split_key(text)
            if isinstance(found, list) and split_key(rest):  # a map begins on the dash's own line
                self.lines.append(" " * (indent + len(text) - len(rest)) + rest)
                found.append(self.block(indent_of(self.lines[-1])))
            elif isinstance(found, list):
                found.append(self.value(rest, indent))
            elif pair and pair[0] not in found:
                found[pair[0]] = self.value(pair[1], indent)
            else:
                raise Unsupported(f"{text!r} is not a key of its own and a value")

    def value(self, text: str, indent: int) -> Any:
        """What stands behind a key or dash, or below it."""
        if text and text != "|":
            result, rest = flow(text)
            if rest.strip():
                raise Unsupported(f"text after a value: {rest!r}")
            return result
        here, below = (-1, "") if text else self.peek()
        if here > indent or (here == indent and below.startswith("- ")):
            return self.block(here)
        lines = []
        while text and self.lines and (not self.lines[-1].strip() or indent_of(self.lines[-1]) > indent):
            lines.append(self.lines.pop())
        depth = min((indent_of(line) for line in lines if line.strip()), default=0)
        return "\n".join(line[depth:] for line in lines).rstrip("\n") + "\n" * bool(text)


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
    result = parser.block(parser.peek()[0])
    if parser.peek()[0] != -1 or not isinstance(result, dict):
        raise Unsupported(f"{parser.peek()[1]!r}")
    return result
