#!/usr/bin/env python3
"""Writes the programme's files into the program: python3 Specs/scenarios/golden/embed.py

The gateway is one executable, so the templates are part of it as Swift text.  A test compares the two byte by byte.
"""
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
TARGET = HERE.parents[2] / "Sources/Intake/ProgrammeFiles/GoldenTemplates.swift"

out = ["// Written by Specs/scenarios/golden/embed.py from Specs/scenarios/golden/programme; a test compares the two.", "",
       "/// The golden scenario's programme as text, by path.", "enum GoldenTemplates {",
       "    static let all: [(path: String, text: String)] = ["]
files = sorted((HERE / "programme").rglob("*.yaml"), key=lambda f: f.relative_to(HERE / "programme").as_posix())
names = []
for file in files:
    names.append("file" + str(len(names) + 1))
    out.append(f'        ("{file.relative_to(HERE / "programme").as_posix()}", {names[-1]}),')
out.append("    ]")
for name, file in zip(names, files):
    text = file.read_text(encoding="utf-8")
    assert text.endswith("\n") and '"""' not in text
    out += ["", f'    private static let {name} = #"""']
    out += [("        " + line) if line else "" for line in text[:-1].split("\n")]
    out += ["", '        """#']
out.append("}")
TARGET.write_text("\n".join(out) + "\n", encoding="utf-8")
