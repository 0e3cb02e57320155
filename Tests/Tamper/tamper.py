#!/usr/bin/env python3
"""Changes what a house keeps, byte by byte and as a forger would, and looks whether `check` finds it and names it.

    tamper.py BIN ROUNDS [SEED] [--parallel N]

BIN is the program `coalition`. It needs Python 3.11 and `openssl`. A house is made by `BIN demo` and its log written
anew in three segments. Every attempt is made on a copy (hard links, and one real copy of what changes); then
`BIN check --data COPY` must end with status 3 and one line that names what was changed.

**Bytes**, ROUNDS times: one byte of a file that Specs/data-directory.md says may not be lost: `format`,
segments of the log (segment and fact must be named), originals, revocation lists among them, entries of batches,
secrets, the key of checkpoints; and of the log's tree, `derived/tree/`, which is derived, but which `check` compares.
Each kind in turn at first, then drawn by size, by file and by kind.

**Harmless by the pages**, once each: a byte of `log/HEAD` (it then says nothing), of a segment's `.idx` (it is made
again), of `lock`, and of `gateway.yaml`, which is no part of what is kept; a damaged snapshot. `check` must pass.

**A forger without keys** deletes, reorders, back-dates and changes facts, swaps and replaces originals with and without
their signatures, removes and replaces whole files, and cuts the log's end off: naively, and *relinked*: sequence
numbers, digests of attachments, hash chain, commit records and HEAD made anew, the derived files removed. The fact
that is named must lie between the changed one and the next checkpoint, which is the first fact whose signature the
forger cannot make; behind the last checkpoint the papers of officers, partners and host must give the forgery away.
Two things `check` cannot see by nature, and must pass: the log cut off where it once ended, HEAD removed, which
`BIN audit diff` must find by a kept checkpoint; and facts behind the last checkpoint that nobody signed, such as a
reader's confirmation.

**A host with all its keys** leaves the old checkpoints (found), changes an act of its officers, whose keys it has not
(found), or back-dates a fact and signs all checkpoints, receipts and statements anew. This passes `check`; `audit
diff` must find it by a kept checkpoint, and `verify --compare` by two notes of one size.

Exit status 0 when all of this held; else 1, and the folder with the copies that were not found is kept.
"""
import argparse
import base64
import calendar
import collections
import concurrent.futures
import copy
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

GROUP, ENTRY = struct.Struct("<8sIIqQI"), struct.Struct("<4sIQqq32s")


class Violation(Exception):
    """Something does not hold without which nothing can be tested."""


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def checked(content):
    return content + struct.pack("<I", zlib.crc32(content))


# --- the log ------------------------------------------------------------------------------------

class Fact:
    def __init__(self, raw, attachments):
        self.raw, self.attachments = raw, attachments
        self.stated = [sha(content).hex() for content in attachments]  # The digests that the form has for them.

    @property
    def form(self):
        return json.loads(self.raw)

    @form.setter
    def form(self, form):
        self.raw = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def kind(self):
        return next(iter(self.form["fact"]))

    @property
    def body(self):
        return self.form["fact"][self.kind]

    @property
    def at(self):
        return self.form["at"]

    def edit(self, change):
        """Changes the form by a function of its body and itself."""
        form = self.form
        change(form["fact"][self.kind], form)
        self.form = form

    def state_attachments(self):
        """Takes the digests and lengths of the attachments into the form."""
        form, stated = self.form, [sha(content).hex() for content in self.attachments]
        found = [objects(form, lambda one: one.get("digest") == old and "name" in one) for old in self.stated]
        for references, content, new in zip(found, self.attachments, stated):
            for reference in references:
                reference["digest"], reference["length"] = new, len(content)
        self.form, self.stated = form, stated

    def name_of(self, index):
        """The name of an attachment."""
        return objects(self.form, lambda one: one.get("digest") == self.stated[index] and "name" in one)[0]["name"]

    @property
    def milliseconds(self):
        at = self.at
        seconds = time.strptime(at[:19], "%Y-%m-%dT%H:%M:%S")
        fraction = re.fullmatch(r"\.(\d+)Z", at[19:])
        thousandths = int(fraction[1].ljust(3, "0")[:3]) if fraction else 0
        return calendar.timegm(seconds) * 1000 + thousandths


def objects(form, condition):
    """The objects in a form for which a condition holds."""
    found, left = [], [form]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            if condition(value):
                found.append(value)
            left += [value[name] for name in sorted(value)]
        elif isinstance(value, list):
            left += value
    return found


def read_log(folder):
    """Facts with the group that each stands in, and where each stands: (file, from, to, first fact, last fact)."""
    groups, places = [], []
    for path in sorted((folder / "log").glob("*.seg")):
        content, offset = path.read_bytes(), 64
        first = struct.unpack_from("<Q", content, 16)[0]
        places.append((path.name, 0, 64, first, first))
        while offset < len(content):
            _, _, entries, length, first, zero_units = GROUP.unpack_from(content, offset)
            if zero_units:
                raise Violation(f"{path}: the demonstration has zero units, which this script does not write")
            places.append((path.name, offset, offset + 40, first, first + entries - 1))
            group, place = [], offset + 40
            for index in range(entries):
                start = place
                _, count, _, _, size, _ = ENTRY.unpack_from(content, place)
                place += 64
                raw, attachments = content[place:place + size], []
                place += size
                for _ in range(count):
                    length_of = struct.unpack_from("<q", content, place)[0]
                    attachments.append(content[place + 8:place + 8 + length_of])
                    place += 8 + length_of
                place += 32
                group.append(Fact(raw, attachments))
                places.append((path.name, start, place, first + index, first + index))
            places.append((path.name, place, offset + length, first, first + entries - 1))
            groups.append(group)
            offset += length
    return groups, places


def write_log(folder, groups, segments=1, head=True):
    """Writes a log as the program would, and takes away what derives from it."""
    log = folder / "log"
    for path in list(log.iterdir()):
        path.unlink()
    shutil.rmtree(folder / "derived")
    (folder / "derived").mkdir(mode=0o700)
    chain, sequence, out, number = bytes(32), 0, b"", 0
    bounds = {len(groups) * part // segments for part in range(segments)}
    for index, group in enumerate(groups):
        if index in bounds:
            if number:
                (log / f"{number:08}.seg").write_bytes(out)
            number += 1
            out = checked(b"COALSEG1" + struct.pack("<IIQ", 1, number, sequence + 1) + chain + bytes(4))
        first, body = sequence + 1, b""
        for fact in group:
            sequence += 1
            body += ENTRY.pack(b"ENTR", len(fact.attachments), sequence, fact.milliseconds, len(fact.raw), chain)
            body += fact.raw + b"".join(struct.pack("<q", len(one)) + one for one in fact.attachments)
            chain = sha(b"coalition-log-1", chain, sha(b"\0", fact.raw))
            body += chain
        whole = checked(GROUP.pack(b"COALGRP1", 1, len(group), 40 + len(body) + 44, first, 0)) + body
        out += whole + b"COMMIT!\n" + sha(whole) + b"END\n"
    (log / f"{number:08}.seg").write_bytes(out)
    if head:
        (log / "HEAD").write_bytes(checked(b"COALHEAD" + struct.pack("<Q", sequence) + chain))


def renumber(groups):
    """Gives facts their numbers, and the references to attachments their digests and lengths."""
    for number, fact in enumerate((fact for group in groups for fact in group), 1):
        fact.edit(lambda body, form: form.update(seq=number))
        fact.state_attachments()


def flat(groups):
    return [fact for group in groups for fact in group]


def root(leaves):
    """The root of RFC 6962 over leaves, kept as perfect subtrees."""
    stack = []
    for leaf in leaves:
        size, node = 1, leaf
        while stack and stack[-1][0] == size:
            size, node = 2 * size, sha(b"\1", stack.pop()[1], node)
        stack.append((size, node))
    if not stack:
        return sha()
    node = stack.pop()[1]
    while stack:
        node = sha(b"\1", stack.pop()[1], node)
    return node


# --- the run ------------------------------------------------------------------------------------

class Run:
    def __init__(self, options, folder):
        self.binary, self.folder = pathlib.Path(options.binary).resolve(), folder
        # One source for each task, so that a seed gives the same draws whatever runs at once.
        self.rng, self.harmless_rng, self.bytes_rng = (random.Random(f"{options.seed} {n}") for n in range(3))
        self.rounds, self.parallel = options.rounds, options.parallel
        self.counts, self.failures, self.lock = collections.Counter(), [], threading.Lock()
        self.slots, self.copies = threading.local(), 0
        self.pki = folder / "house" / "pki"

    def call(self, *arguments):
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, errors="replace", timeout=300)
        return done.returncode, done.stdout, done.stderr

    def prepare(self):
        status, out, err = self.call("demo", self.folder / "house")
        if "add up to 0" not in out:
            raise Violation(f"demo: status {status}: {err}")
        self.base = self.folder / "house" / "data"
        one = (self.base / "log" / "00000001.seg").read_bytes()
        groups, _ = read_log(self.base)
        for fact in flat(groups):
            before, fact.form = fact.raw, fact.form
            if fact.raw != before:
                raise Violation(f"this script does not write facts as the program does: {before[:200]}")
        write_log(self.base, groups)
        if (self.base / "log" / "00000001.seg").read_bytes() != one:
            raise Violation("this script does not write the log as the program does")
        write_log(self.base, groups, 3)
        self.serve(self.base)  # Makes what is derived.
        self.groups, self.places = read_log(self.base)
        self.facts = flat(self.groups)
        self.checkpoints = [n for n, fact in enumerate(self.facts, 1) if fact.kind == "checkpointSigned"]
        self.expect_good(self.base, "the house itself")
        self.keep_checkpoint()

    def serve(self, data):
        port = self.folder / "port"
        process = subprocess.Popen(
            [self.binary, "serve", "--data", data, "--port", "0", "--port-file", port],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        limit = time.monotonic() + 60
        while not port.exists() and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.02)
        process.terminate()
        if process.wait(60) != 0:
            raise Violation(f"serve on the log in three segments: status {process.returncode}")

    def keep_checkpoint(self):
        """What an auditor keeps: the pins, and the checkpoint of a bundle."""
        self.pins, bundle = self.folder / "pins.pem", self.folder / "bundle.tar"
        window = [fact.body["window"] for fact in self.facts if fact.kind == "windowClosed"][-1]
        for arguments in (("audit", "pins", "--out", self.pins, "--data", self.base),
                          ("evidence", "--window", window, "--out", bundle, "--data", self.base)):
            status, _, err = self.call(*arguments)
            if status != 0:
                raise Violation(f"{arguments[0]}: status {status}: {err}")
        self.note = self.folder / "kept.note"
        self.note.write_bytes(subprocess.run(
            ["tar", "-xOf", bundle, "checkpoint.note"], capture_output=True, check=True).stdout)
        self.has_diff = "audit diff" in self.call("audit", "diff", "--help")[1]
        if not self.has_diff:
            print("note: this program has no `audit diff`; what only a kept checkpoint finds is left out", flush=True)

    # -- copies

    def copy(self, changed=()):
        """A copy by hard links; the paths that will be written to are real copies."""
        with self.lock:
            self.copies += 1
            place = self.folder / f"copy{self.copies}"
        for source in sorted(self.base.rglob("*")):
            target = place / source.relative_to(self.base)
            if source.is_dir():
                target.mkdir(mode=0o700, parents=True)
            else:
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                os.link(source, target)
        for name in changed:
            self.own(place / name)
        return place

    @staticmethod
    def own(path):
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)

    def fail(self, name, what, place=None):
        with self.lock:
            self.failures.append(name)
            self.counts["NOT AS IT SHOULD BE"] += 1
            print(f"FAILED {name}: {what}" + (f"; kept in {place}" if place else ""), flush=True)

    def done(self, name):
        with self.lock:
            self.counts[name] += 1

    # -- what check must say

    def expect_good(self, place, name):
        status, out, err = self.call("check", "--data", place)
        if status != 0:
            raise Violation(f"{name}: check says {status}: {out} {err}")

    def expect_found(self, place, name, *expected):
        """Check must fail with one line in which one of the expected items stands; an item is a text or facts."""
        status, out, err = self.call("check", "--data", place)
        line = err.strip().removeprefix("coalition: damage: ").replace(str(place), "COPY")
        if status == 0:
            return self.missed(name, "check passes", place)
        if status != 3 or not err.startswith("coalition: damage: ") or out:
            return self.missed(name, f"status {status}, not 3 with one line: {err[-600:]} {out[-200:]}", place)
        if not any(self.names(line, item) for item in expected):
            shown = " or ".join(str(item) for item in expected)
            return self.missed(name, f"it should name {shown}, and says: {line[:600]}", place)
        shutil.rmtree(place)
        self.done(name)
        return line

    def missed(self, name, what, place):
        self.fail(name, what, place)

    @staticmethod
    def names(line, item):
        if isinstance(item, str):
            return item in line
        found = re.search(r"\bfacts? (\d+)|\brecord (?:CLR-0*)?(\d+)-\d+|\b(?:records|keys)/0*(\d+)\.", line)
        return found is not None and int(next(filter(None, found.groups()))) in item

    def expect_passes(self, place, name):
        status, _, err = self.call("check", "--data", place)
        if status != 0:
            return self.missed(name, f"by the pages this passes, and check says {status}: {err[:600]}", place)
        self.done(name)
        return place

    # -- bytes

    def kinds(self):
        """The files of each kind with what must be named; entries of the log by the places in them."""
        base, kinds = self.base, collections.defaultdict(list)
        received = {fact.body["digest"] for fact in self.facts if fact.kind == "fileReceived"}
        for path in sorted(base.rglob("*")):
            name = str(path.relative_to(base))
            if path.is_dir() or path.stat().st_size == 0:
                continue
            kind = ("format" if name == "format" else
                    "log" if name.endswith(".seg") else
                    "revocation lists" if name.startswith("originals/") and path.name not in received else
                    "originals" if name.startswith("originals/") else
                    "entries" if name.startswith("records/") else
                    "key of checkpoints" if name == "keys/checkpoint.key" else
                    "secrets" if name.startswith("keys/") else
                    "tree" if name.startswith("derived/tree/") else None)
            if kind:
                kinds[kind].append(name)
        return kinds

    def bytes_to_change(self):
        """Draws ROUNDS places: kind, file, offset, value."""
        kinds = self.kinds()
        names = sorted(kinds)
        sizes = {name: (self.base / name).stat().st_size for files in kinds.values() for name in files}
        kind_of = {name: kind for kind, files in kinds.items() for name in files}
        everything = sorted(sizes)
        for number in range(self.rounds):
            if number < 2 * len(names) or self.bytes_rng.random() < 0.3:
                kind = names[number % len(names)]
                name = self.bytes_rng.choice(kinds[kind])
            elif self.bytes_rng.random() < 0.5:
                name = self.bytes_rng.choice(everything)
            else:
                name = self.bytes_rng.choices(everything, [sizes[one] for one in everything])[0]
            if kind_of[name] == "log" and self.bytes_rng.random() < 0.4:  # The small parts between the big ones, too.
                part = self.bytes_rng.choice([place for place in self.places if "log/" + place[0] == name])
                offset = self.bytes_rng.randrange(part[1], part[2])
            else:
                offset = self.bytes_rng.randrange(sizes[name])
            masks = 1 << self.bytes_rng.randrange(8), self.bytes_rng.randrange(1, 256)
            yield kind_of[name], name, offset, self.bytes_rng.choice(masks)

    def change_byte(self, kind, name, offset, mask):
        with_copy = getattr(self.slots, "place", None)
        if with_copy is None or not with_copy.exists():
            with_copy = self.slots.place = self.copy()
        path, source = with_copy / name, self.base / name
        content = bytearray(source.read_bytes())
        content[offset] ^= mask
        path.unlink()
        path.write_bytes(content)
        status, out, err = self.call("check", "--data", with_copy)
        line = err.strip().replace(str(with_copy), "COPY")
        what = f"{name} byte {offset}: {content[offset] ^ mask:#04x} became {content[offset]:#04x}"
        problem = None
        if kind == "format":
            # The directory is named, and the format that it has.
            if status != 3 or not err.startswith(f"coalition: damage: {with_copy} has the format"):
                problem = f"status {status}: {line[:400]}"
        elif status != 3 or not err.startswith("coalition: damage: ") or out:
            problem = f"status {status}: {line[:400]}"
        elif f"COPY/{name}" not in line and kind != "log":
            problem = f"the file is not named: {line[:400]}"
        elif kind == "log" and not self.names_place(line, name, offset):
            problem = f"segment and fact are not named: {line[:400]}"
        path.unlink()
        if problem:
            kept = self.folder / f"byte-{len(self.failures) + 1}-{pathlib.Path(name).name}"
            kept.write_bytes(content)
            self.fail("bytes of " + kind, f"{what}: {problem}", kept)
        else:
            self.done("bytes of " + kind)
        os.link(source, path)

    def names_place(self, line, name, offset):
        """Whether a line names the segment and the fact that a byte belongs to."""
        file = name.removeprefix("log/")
        _, _, _, first, last = next(p for p in self.places if p[0] == file and p[1] <= offset < p[2])
        found = re.search(r"fact (\d+)", line)
        if found and name in line:
            return first <= int(found[1]) <= last
        lost = re.search(r"facts (\d+) to (\d+) were acknowledged", line)
        return lost is not None and int(lost[1]) <= first and name in line

    # -- bytes that the pages say are harmless

    def harmless(self):
        for name in ("log/HEAD", "lock", "gateway.yaml", "log/00000001.idx"):
            if (self.base / name).exists():
                place = self.copy([name])
                content = bytearray((place / name).read_bytes())
                content[self.harmless_rng.randrange(len(content))] ^= 1 << self.harmless_rng.randrange(8)
                (place / name).write_bytes(content)
                if self.expect_passes(place, f"harmless: a byte of {name}"):
                    shutil.rmtree(place)
        place = self.copy()
        (place / "derived" / "snapshot").write_bytes(b"COALSNP1" + self.harmless_rng.randbytes(500))
        if self.expect_passes(place, "harmless: a damaged snapshot"):
            shutil.rmtree(place)

    # -- a forger without keys

    def relinked(self, groups, name, first, *expected, segments=3):
        """Writes a forged log with everything that needs no key made anew; who must be named follows from `first`."""
        place = self.copy()
        renumber(groups)
        write_log(place, groups, segments)
        kinds = [fact.kind for fact in flat(groups)]
        later = [n for n, kind in enumerate(kinds, 1) if kind == "checkpointSigned" and n > first]
        items = [range(first, (later[0] if later else len(kinds)) + 1), *expected]
        return self.expect_found(place, name + ", relinked", *items)

    def draw(self, condition):
        """A fact before the last checkpoint, but for the first, for which a condition of number and fact holds."""
        return self.rng.choice([n for n in range(2, self.checkpoints[-1]) if condition(n, self.facts[n - 1])])

    def group_of(self, number, groups=None):
        """Index of the group and of the fact in it."""
        for index, group in enumerate(groups or self.groups):
            if number <= len(group):
                return index, number - 1
            number -= len(group)
        raise IndexError(number)

    def cut_bytes(self, place, number):
        """The segment and the range of the group that a fact stands in."""
        name = next(p[0] for p in self.places if p[3] <= number <= p[4] and p[2] - p[1] == 40)
        header = [p for p in self.places if p[0] == name and p[2] - p[1] == 40 and p[3] <= number <= p[4]][0]
        commit = [p for p in self.places if p[0] == name and p[2] - p[1] == 44 and p[3] == header[3]][0]
        return place / "log" / name, header[1], commit[2]

    def forged(self):
        groups = lambda: copy.deepcopy(self.groups)  # noqa: E731
        alone = lambda n, fact: len(self.groups[self.group_of(n)[0]]) == 1  # noqa: E731

        # Deleted.
        number = self.draw(alone)
        place = self.copy([p.relative_to(self.base) for p in sorted((self.base / "log").glob("*.seg"))])
        path, start, end = self.cut_bytes(place, number)
        content = path.read_bytes()
        path.write_bytes(content[:start] + content[end:])
        self.expect_found(place, "a fact deleted", range(number, number + 1))
        forged, number = groups(), self.draw(lambda n, fact: True)
        group, index = self.group_of(number)
        del forged[group][index]
        self.relinked([g for g in forged if g], "a fact deleted", number)

        # Two facts in the other order.
        first_of_pair = lambda n, fact: (  # noqa: E731
            alone(n, fact) and alone(n + 1, fact) and n + 1 < self.checkpoints[-1]
            and self.cut_bytes(self.base, n)[0] == self.cut_bytes(self.base, n + 1)[0])
        number = self.draw(first_of_pair)
        place = self.copy([p.relative_to(self.base) for p in sorted((self.base / "log").glob("*.seg"))])
        path, start, middle = self.cut_bytes(place, number)
        end, content = self.cut_bytes(place, number + 1)[2], path.read_bytes()
        path.write_bytes(content[:start] + content[middle:end] + content[start:middle] + content[end:])
        self.expect_found(place, "two facts swapped", range(number, number + 2))
        forged, number = groups(), self.draw(first_of_pair)
        (a, _), (b, _) = self.group_of(number), self.group_of(number + 1)
        times = forged[a][0].at, forged[b][0].at
        forged[a], forged[b] = forged[b], forged[a]
        for group, at in zip((a, b), times):
            forged[group][0].edit(lambda body, form, at=at: form.update(at=at))
        self.relinked(forged, "two facts swapped", number)

        # Back-dated, within the order of times and against it.
        number = self.draw(lambda n, fact: fact.at > self.facts[n - 2].at)
        forged = groups()
        facts, at = flat(forged), self.facts[number - 2].at
        place_in = number
        while facts[place_in - 1].at == self.facts[number - 1].at:
            facts[place_in - 1].edit(lambda body, form: form.update(at=at))
            place_in += 1
        self.relinked(forged, "facts back-dated", number)
        forged, number = groups(), self.draw(lambda n, fact: n > 10)
        flat(forged)[number - 1].edit(lambda body, form: form.update(at=self.facts[0].at))
        self.relinked(forged, "a fact back-dated before the one before it", number)
        place = self.copy([p.relative_to(self.base) for p in sorted((self.base / "log").glob("*.seg"))])
        path, start, end = self.cut_bytes(place, number)
        content, old = path.read_bytes(), self.facts[number - 1].at.encode()
        new = old.replace(b"2026-0", b"2026-1", 1) if b"2026-0" in old else old.replace(b"2026-1", b"2026-0", 1)
        path.write_bytes(content[:start] + content[start:end].replace(old, new) + content[end:])
        first = self.places_first(number)
        self.expect_found(place, "a fact's time changed", range(first, number + 1))

        # Amounts.
        for kind, key in (("fileDecided", "points"), ("messageAnswered", "points"), ("windowClosed", "minorUnits"),
                          ("actCarriedOut", "minorUnits")):
            number = self.draw(lambda n, fact: fact.kind == kind and self.amounts(fact.form, key))
            forged = groups()
            fact = flat(forged)[number - 1]
            form = fact.form
            holder = self.rng.choice(self.amounts(form, key))
            holder[key] += self.rng.randint(1, 9)
            fact.form = form
            self.relinked(forged, f"an amount in {kind} changed", number)
            place = self.copy([p.relative_to(self.base) for p in sorted((self.base / "log").glob("*.seg"))])
            path, start, end = self.cut_bytes(place, number)
            content, pattern = path.read_bytes(), re.compile(rb'"%s":(\d)' % key.encode())
            at = start + pattern.search(content[start:end]).start(1)
            path.write_bytes(content[:at] + str((int(content[at:at + 1]) + 1) % 9 + 1).encode() + content[at + 1:])
            self.expect_found(place, f"an amount in {kind} changed", range(number, number + 1))

        self.forge_originals(groups)
        self.forge_files()
        self.forge_tail(groups)

    @staticmethod
    def amounts(form, key):
        """The objects in a form that hold an amount under a key."""
        return objects(form, lambda one: isinstance(one.get(key), int) and one[key] > 0)

    def places_first(self, number):
        return next(p[3] for p in self.places if p[2] - p[1] == 40 and p[3] <= number <= p[4])

    def original(self, fact):
        digest = fact.body["digest"]
        return f"originals/{digest[:2]}/{digest}"

    def pair(self, same_partner):
        """Two facts fileReceived, of one partner or of two."""
        received = [(n, fact) for n, fact in enumerate(self.facts, 1) if fact.kind == "fileReceived"]
        while True:
            (a, first), (b, second) = sorted(self.rng.sample(received, 2), key=lambda one: one[0])
            if (first.body["batch"]["partner"] == second.body["batch"]["partner"]) == same_partner:
                return a, b

    def forge_originals(self, groups):
        for same in (True, False):
            of = "of the same partner" if same else "of another partner"
            a, b = self.pair(same)
            first, second = self.original(self.facts[a - 1]), self.original(self.facts[b - 1])
            place = self.copy([first])
            (place / first).write_bytes((self.base / second).read_bytes())
            self.expect_found(place, f"an original replaced by one {of}", first)
            place = self.copy([first, second])
            (place / first).write_bytes((self.base / second).read_bytes())
            (place / second).write_bytes((self.base / first).read_bytes())
            self.expect_found(place, f"two originals swapped, the other {of}", first)

            # With the signature's bytes in the log, where lengths allow it by chance only: cut in as they are.
            place = self.copy([first] + [p.relative_to(self.base) for p in sorted((self.base / "log").glob("*.seg"))])
            (place / first).write_bytes((self.base / second).read_bytes())
            path, start, end = self.cut_bytes(place, a)
            content = path.read_bytes()
            signatures = [self.facts[n - 1].attachments[0] for n in (a, b)]
            path.write_bytes(content[:start] + content[start:end].replace(*signatures) + content[end:])
            self.expect_found(place, f"an original and its signature replaced by those {of}", range(a, a + 1))

            def swap(facts, one, other, signed, also=True):
                source, target = self.facts[other - 1], facts[one - 1]
                target.edit(lambda body, form: body.update(digest=source.body["digest"]))
                if signed:
                    target.attachments[0] = source.attachments[0]
                    target.edit(lambda body, form: body.update(signer=source.body["signer"]))
                if also:
                    swap(facts, other, one, signed, False)

            for signed in (False, True):
                what = " and its signature" if signed else ""
                forged = groups()
                swap(flat(forged), a, b, signed, False)
                self.relinked(forged, f"an original{what} replaced by one {of}", a)
                forged = groups()
                swap(flat(forged), a, b, signed)
                self.relinked(forged, f"two originals swapped{what}, the other {of}", a)

    def forge_files(self):
        """Whole files taken away or put in the place of others."""
        kinds = self.kinds()
        for kind in ("originals", "entries", "revocation lists"):
            name = self.rng.choice(kinds[kind])
            place = self.copy()
            (place / name).unlink()
            self.expect_found(place, f"a file of {kind} removed", pathlib.Path(name).name)
        for kind in ("entries", "secrets"):
            names = kinds[kind] if kind == "entries" else [
                f"keys/{n:010}.key" for n, fact in enumerate(self.facts, 1) if fact.kind == "fileReceived"]
            names = [name for name in names if (self.base / name).exists()]
            first, second = self.rng.sample(names, 2)
            place = self.copy([first])
            (place / first).write_bytes((self.base / second).read_bytes())
            number = int(pathlib.Path(first).stem)
            self.expect_found(place, f"a file of {kind} replaced by another", first, range(number, number + 3))
        place = self.copy(["keys/checkpoint.key"])
        (place / "keys/checkpoint.key").write_bytes(checked(self.rng.randbytes(32)))
        self.expect_found(place, "the key of checkpoints replaced", "keys/checkpoint.key")
        place = self.copy()
        (place / "keys/checkpoint.key").unlink()
        self.expect_found(place, "the key of checkpoints removed", "keys/checkpoint.key")
        place = self.copy(["log/HEAD"])
        (place / "log/HEAD").write_bytes(checked(b"COALHEAD" + struct.pack("<Q", 9) + self.rng.randbytes(32)))
        self.expect_found(place, "HEAD names another fact", range(9, 10))
        # An index that is whole and lies about a place.
        place = self.copy(["log/00000001.idx"])
        content = bytearray((place / "log/00000001.idx").read_bytes()[:-32])
        at = len(content) - 8 * self.rng.randint(2, 50)
        content[at:at + 8] = content[at - 8:at]
        (place / "log/00000001.idx").write_bytes(bytes(content) + sha(content))
        self.expect_found(place, "a segment's index forged", "log/00000001.idx")
        segments = sorted(path.name for path in (self.base / "log").glob("*.seg"))
        for name in segments[:-1]:
            place = self.copy()
            (place / "log" / name).unlink()
            self.expect_found(place, "a segment removed", f"log/{name}")
        place = self.copy()
        (place / "log" / segments[-1]).unlink()
        last = next(p[3] for p in self.places if p[0] == segments[-1])
        self.expect_found(place, "the last segment removed", range(last, last + 1))

    def forge_tail(self, groups):
        """Cuts off the log's end, and changes what no checkpoint covers yet."""
        number = self.draw(lambda n, fact: self.group_of(n)[1] == 0 and self.places_first(n) == n)
        place = self.copy([p.relative_to(self.base) for p in sorted((self.base / "log").glob("*.seg"))])
        path, start, _ = self.cut_bytes(place, number)
        os.truncate(path, start)
        for later in sorted((place / "log").glob("*.seg")):
            if later.name > path.name:
                later.unlink()
        for index in (place / "log").glob("*.idx"):
            index.unlink()
        copied = self.folder / "cut"
        shutil.copytree(place, copied)
        self.expect_found(place, "the log cut off", range(number, number + 1))
        (copied / "log" / "HEAD").unlink()
        if self.expect_passes(copied, "passes check: an old state, the log cut off and HEAD removed"):
            self.diff(copied, "found by a kept checkpoint: the log cut off")
            shutil.rmtree(copied)

        # Cut off inside of a group: the seal of what was decided is missing.
        number = self.draw(lambda n, fact: fact.kind == "sealed")
        forged, (group, _) = groups(), self.group_of(number)
        del forged[group][1:], forged[group + 1:]
        self.relinked(forged, "the log cut off before a seal", number - 1, segments=1)

        # An act that no checkpoint covers: the officers' signatures still do.
        number = [n for n, fact in enumerate(self.facts, 1)
                  if fact.kind == "actCarriedOut" and "adjustment" in fact.body["act"]][-1]
        forged, (group, _) = groups(), self.group_of(number)
        del forged[group + 1:]
        form = flat(forged)[number - 1].form
        self.amounts(form, "minorUnits")[0]["minorUnits"] += 1000
        flat(forged)[number - 1].form = form
        self.relinked(forged, "an act changed behind the last checkpoint", number, segments=1)

        # A time before a receipt that states the root: no checkpoint covers it, the receipt does.
        received = [n for n, fact in enumerate(self.facts, 1) if fact.kind == "fileReceived"
                    and self.facts[n - 2].kind == "clockAdvanced" and n - 1 not in self.checkpoints][-1]
        forged, (group, _) = groups(), self.group_of(received + 1)
        del forged[group + 1:]
        facts = flat(forged)
        facts[received - 2].edit(lambda body, form: form.update(at=facts[received - 3].at))
        self.relinked(forged, "a time changed before a receipt that states the root", received - 1, segments=1)

        # What was decided on a file, without a checkpoint behind it.
        forged = groups()
        del forged[group + 1:]
        facts = flat(forged)
        facts[received - 1].edit(lambda body, form: body["batch"].update(series="TEST"))
        self.relinked(forged, "a file's series changed behind the last checkpoint", received, segments=1)

        # The programme, before the first checkpoint.
        forged = groups()
        del forged[2:]
        form = flat(forged)[1].form
        self.amounts(form, "openingPoints")[0]["openingPoints"] += 1
        flat(forged)[1].form = form
        calendar = flat(forged)[2]
        calendar.edit(lambda body, form: body["programme"]["calendar"].update(
            openingPoints=body["programme"]["calendar"]["openingPoints"] + 1))
        self.relinked(forged, "the programme changed behind the last checkpoint", 2, segments=1)

        # A file of the programme with the signature under another.
        forged = groups()
        del forged[2:]
        loaded = flat(forged)[1]
        signatures = [index for index in range(len(loaded.attachments)) if loaded.name_of(index).endswith(".p7s")]
        index = self.rng.choice(signatures[1:])
        loaded.attachments[index] = loaded.attachments[signatures[0]]
        self.relinked(forged, "a programme file's signature replaced", 2, segments=1)

        # Nobody signed a confirmation; it passes, as the docstring says.
        forged = groups()
        last = flat(forged)[-1]
        if last.kind == "documentConfirmed":
            last.edit(lambda body, form: body.update(reader="HOST"))
            place = self.copy()
            renumber(forged)
            write_log(place, forged, 3)
            if self.expect_passes(place, "passes check: what nobody signed, behind the last checkpoint"):
                shutil.rmtree(place)

    # -- comparison with what was kept

    def diff(self, place, name):
        if not self.has_diff:
            return self.done("left out, no audit diff")
        status, out, err = self.call("audit", "diff", self.note, "--trust", self.pins, "--data", place)
        if status != 3 or not err.startswith("coalition: damage: ") or out:
            return self.missed(name, f"audit diff: status {status}: {out[-300:]} {err[-600:]}", place)
        self.done(name)

    # -- a host with all its keys

    def sign(self, content, attached=False):
        return subprocess.run(
            ["openssl", "cms", "-sign", "-binary", "-nosmimecap", "-md", "sha256", "-outform", "DER",
             *(["-nodetach"] if attached else []),
             "-signer", self.pki / "host-signing.pem", "-inkey", self.pki / "host-signing.key"],
            input=content, capture_output=True, check=True).stdout

    def sign_note(self, text):
        """A signed note by the key of checkpoints."""
        seed = (self.base / "keys" / "checkpoint.key").read_bytes()[:32]
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            key, message = pathlib.Path(folder, "key"), pathlib.Path(folder, "text")
            key.write_bytes(bytes.fromhex("302e020100300506032b657004220420") + seed)
            message.write_bytes(text.encode())
            openssl = lambda *arguments: subprocess.run(  # noqa: E731
                ["openssl", *arguments], capture_output=True, check=True).stdout
            signature = openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-keyform", "DER", "-in", message)
            public = openssl("pkey", "-in", key, "-inform", "DER", "-pubout", "-outform", "DER")[-32:]
        name = text.split("\n")[0]
        line = base64.b64encode(sha(f"{name}\n".encode(), b"\1", public)[:4] + signature).decode()
        return f"{text}\n— {name} {line}\n"

    def sign_anew(self, groups):
        """Makes every checkpoint, receipt and statement anew, so that a changed log agrees with itself again.

        What changes goes from fact to fact as replaced texts: roots, heads, digests and notes, old by new.
        """
        texts, leaves, chain = {}, [], bytes(32)
        old_leaves, old_chain = [], bytes(32)
        key = re.search(r'"key":"([^"]+)"', self.facts[self.checkpoints[0] - 1].raw.decode())[1]
        origin = key.split("+")[0]
        old_notes = {}
        for fact in self.facts:
            if fact.kind == "windowClosed" and "checkpoint" in fact.body:
                old_notes[int(fact.body["checkpoint"].split("\n")[1])] = fact.body["checkpoint"]
        pattern = None

        def replaced(content):
            return content if pattern is None else pattern.sub(lambda match: texts[match[0]], content)

        for number, (old, fact) in enumerate(zip(self.facts, flat(groups)), 1):
            before = len(texts)
            if old_leaves != leaves:
                size, old_root, new_root = number - 1, root(old_leaves), root(leaves)
                texts[old_root.hex().encode()] = new_root.hex().encode()
                texts[base64.b64encode(old_root)] = base64.b64encode(new_root)
                texts[old_chain.hex().encode()] = chain.hex().encode()
                note = self.sign_note(f"{origin}\n{size}\n{base64.b64encode(new_root).decode()}\n")
                olds = [old.attachments[0].decode()] if old.kind == "checkpointSigned" else []
                for one in olds + ([old_notes[size]] if size in old_notes else []):
                    texts[one.rstrip("\n").split(" ")[-1].encode()] = note.rstrip("\n").split(" ")[-1].encode()
            if len(texts) != before:
                pattern = re.compile(b"|".join(map(re.escape, sorted(texts))))
            for index, content in enumerate(fact.attachments):
                name, new = fact.name_of(index), content
                if name.endswith(".p7s"):
                    if index and fact.attachments[index - 1] != old.attachments[index - 1]:
                        new = self.sign(fact.attachments[index - 1])
                elif not name.endswith(".cms"):
                    new = replaced(content)
                if new != content:
                    fact.attachments[index] = new
                    texts[sha(content).hex().encode()] = sha(new).hex().encode()
                    pattern = re.compile(b"|".join(map(re.escape, sorted(texts))))
            fact.state_attachments()
            fact.raw = replaced(fact.raw)
            old_leaves.append(sha(b"\0", old.raw))
            leaves.append(sha(b"\0", fact.raw))
            old_chain = sha(b"coalition-log-1", old_chain, old_leaves[-1])
            chain = sha(b"coalition-log-1", chain, leaves[-1])

    def host(self):
        groups = copy.deepcopy(self.groups)
        number = next(n for n, fact in enumerate(self.facts, 1) if fact.kind == "clockAdvanced")
        at = self.facts[number - 2].at
        flat(groups)[number - 1].edit(lambda body, form: form.update(at=at))
        self.relinked(copy.deepcopy(groups), "the host: old checkpoints kept", number)
        self.sign_anew(groups)
        place = self.copy()
        write_log(place, groups, 3)
        if self.expect_passes(place, "passes check: the host signed everything anew"):
            self.diff(place, "found by a kept checkpoint: the host signed everything anew")
            self.compare(groups, place)
            shutil.rmtree(place)

        # An act that the officers did not sign, in a log that ends before the act's window is closed.
        groups = copy.deepcopy(self.groups)
        number = [n for n, fact in enumerate(self.facts, 1)
                  if fact.kind == "actCarriedOut" and "adjustment" in fact.body["act"]][-1]
        form = flat(groups)[number - 1].form
        self.amounts(form, "minorUnits")[0]["minorUnits"] += 1000
        flat(groups)[number - 1].form = form
        cut = next(n for n in range(number, len(self.facts)) if self.facts[n - 1].kind == "windowCutOff")
        del groups[self.group_of(cut)[0]:]
        self.sign_anew(groups)
        place = self.copy()
        write_log(place, groups, 3)
        self.expect_found(place, "the host: an act changed, everything else signed anew", range(number, number + 1))

    def compare(self, groups, place):
        """Two notes of one size with two roots."""
        if "--compare" not in self.call("verify", "--help")[1]:
            return self.done("left out, no verify --compare")
        size = self.note.read_text().split("\n")[1]
        notes = [fact.attachments[0] for fact in flat(groups) if fact.kind == "checkpointSigned"]
        theirs = next((note for note in notes if note.decode().split("\n")[1] == size), None)
        mine = self.note
        if theirs is None:
            theirs, own = notes[-1], flat(self.groups)[self.checkpoints[-1] - 1].attachments[0]
            mine = self.folder / "mine.note"
            mine.write_bytes(own)
        other = self.folder / "theirs.note"
        other.write_bytes(theirs)
        status, out, err = self.call("verify", "--compare", mine, "--compare", other, "--trust", self.pins)
        if status != 18:
            return self.missed("verify --compare", f"status {status}: {out} {err}", place)
        self.done("found by verify --compare: two roots at one size")

    # -- all of it

    def go(self):
        self.prepare()
        files = sum(len(names) for names in self.kinds().values())
        print(f"{len(self.facts)} facts, {files} files", flush=True)
        with concurrent.futures.ThreadPoolExecutor(self.parallel) as pool:
            work = [pool.submit(self.harmless), pool.submit(self.forged), pool.submit(self.host)]
            for task in work:
                task.result()
            list(pool.map(lambda place: self.change_byte(*place), list(self.bytes_to_change())))
        self.expect_good(self.base, "the house, which nobody changed")


def main():
    parser = argparse.ArgumentParser(description="Changes what a house keeps and looks whether check finds it.")
    parser.add_argument("binary")
    parser.add_argument("rounds", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=random.SystemRandom().randrange(10 ** 9))
    parser.add_argument("--parallel", type=int, default=2, help="processes at once, 2 by default")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="coalition-tamper-"))
    print(f"seed {options.seed}, {options.rounds} rounds in {folder}", flush=True)
    run, started = Run(options, folder), time.monotonic()
    try:
        run.go()
    except (Violation, subprocess.SubprocessError) as error:
        print(f"VIOLATION: {error}\nseed {options.seed}; everything is kept in {folder}", flush=True)
        return 1
    for name in sorted(run.counts):
        print(f"{run.counts[name]:6} {name}")
    if run.failures:
        print(f"{len(run.failures)} not as they should be, {time.monotonic() - started:.0f} s; seed {options.seed}; "
              f"everything is kept in {folder}")
        return 1
    print(f"all found and named, {time.monotonic() - started:.0f} s; seed {options.seed}")
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
