"""Stages 'trust' and 'log' of evidence.md 'Checks and verdicts': each a generator of what does not hold."""
import hashlib
import json
import re
from typing import Iterator

import cms
import merkle
import records
from archive import Problem
from bundle import NAMES, Batch, hash_of, log_point
from notes import Checkpoint, Note, signature_line, tlog_proof
from state import State, differ


def trust(state: State) -> Iterator[Problem]:
    """The keys of manifest and checkpoint are the pinned one; every signer's chain leads to a pinned authority."""
    archive, key, manifest = state.archive, state.pins.key, state.bundle.manifest
    name, keyid, _ = signature_line(archive.read("MANIFEST.sig").decode().removesuffix("\n"))
    yield from differ("MANIFEST.sig", f"key {name} {keyid.hex()}", f"key {key.name} {key.id.hex()}")
    yield from differ("MANIFEST: origin", manifest.origin, key.name)
    if not key.is_log():
        yield Problem("pinned logkey", key.name, "coalition.log/ and the first half of the key's digest in 16 digits")
    state.reading = "checkpoint.note"
    note = Note(archive.read("checkpoint.note"))
    if not note.signed_by(key):
        yield Problem("checkpoint.note", "not signed by the pinned key", f"a signature of {key.name}")
    state.checkpoint = Checkpoint.read(note.text)
    yield from differ("checkpoint.note: origin, size", note.text.split("\n")[:2], [manifest.origin, str(manifest.size)])
    for one in cms.from_pem(archive.read("trust/authorities.pem").decode()):
        if one.der not in state.pins.anchors:
            yield Problem("trust/authorities.pem", f"authority {one.fingerprint}", "a pinned one")
    known = []
    for entry in archive.names("trust/certificates/"):
        found = cms.from_pem(archive.read(entry).decode())
        yield from differ(entry, [one.fingerprint + ".pem" for one in found], [entry.rpartition("/")[2]])
        known += found
    state.others = tuple(sorted(c.der for c in known))
    for entry in archive.places:
        if entry.endswith((".p7s", ".cms")):
            try:
                state.signers[entry] = cms.signer_of(archive.read(entry), known)
            except (ValueError, IndexError) as problem:
                state.unsigned[entry] = str(problem)
    signers = sorted(set(state.signers.values()))
    for one, errors in zip(signers,
                           cms.POOL.map(lambda c: cms.chain_errors(c, state.pins.anchors, state.others), signers)):
        if errors:
            uses = [entry for entry, signer in state.signers.items() if signer == one]
            yield Problem(f"certificate {one.fingerprint}, signer of {uses[0]}", cms.explain(errors),
                          "a chain to a pinned authority")
    state.count("signers", len(signers))


def log(state: State) -> Iterator[Problem]:
    """Range, facts, records' trees, paths, and the roots that receipts and statements state."""
    bundle, archive = state.bundle, state.archive
    state.reading = "log/range.json"
    state.range = merkle.Range(bundle.json("log/range.json"), archive.read("log/leaves.bin"))
    yield from differ("log/range.json: size", state.range.size, state.checkpoint.size)
    root = state.range.root(state.range.size)
    yield from differ("log/range.json: root", root and root.hex(), state.checkpoint.root.hex())
    bundle.load_facts()
    for number in bundle.facts:
        yield from fact_in_log(state, number)
    state.count("facts", len(bundle.facts))
    for batch in bundle.batches():
        state.reading = batch.folder
        yield from batch_tree(state, batch)
    for number in archive.numbers("shared"):
        yield from masked_paths(state, number)
    for name in archive.names("priors/") + [n for n in archive.names("records/") if n.endswith(".json")]:
        yield from prior_path(state, name)
    for name in archive.names():
        if re.search(r"(^statements/.*|/(received|validated|cleared))\.xml$", name):
            yield from stated_roots(state, name)
    yield from journal_heads(state)


def fact_in_log(state: State, number: int) -> list[Problem]:
    name, proof = f"log/facts/{number:010}.json", f"log/proofs/{number:010}.tlog-proof"
    leaf, inside = merkle.leaf(state.archive.read(name)), state.range.leaf(number - 1)
    if inside is not None:
        return differ(f"{name}: leaf", leaf.hex(), inside.hex())
    if proof not in state.archive:
        return [Problem(name, "outside of the range and without a proof", f"{proof}")]
    state.reading = proof
    index, path, note = tlog_proof(state.archive.read(proof))
    if note != state.archive.read("checkpoint.note") or index != number - 1:
        return [
            Problem(proof, f"index {index}, or another checkpoint", f"index {number - 1} and the bundle's checkpoint")
        ]
    root = merkle.root_by_path(leaf, index, state.checkpoint.size, path)
    return differ(f"{proof}: path", root and root.hex(), state.checkpoint.root.hex())


def batch_tree(state: State, batch: Batch) -> Iterator[Problem]:
    """Every leaf is made anew from records.bin and lines.json; the tree gives the seal's root."""
    tree = merkle.Builder()
    for leaf, _, _ in state.bundle.rows(batch):
        yield from differ(f"{batch.folder}/records.bin: number", leaf.number, tree.count + 1)
        tree.add(merkle.leaf(leaf.data()))
    yield from line_digests(f"{batch.folder}/lines.json", batch.lines)
    yield from differ(f"{batch.folder}: records", tree.count, batch.seal["count"])
    yield from differ(f"{batch.folder}: root of the records", tree.root().hex(), batch.seal["root"])
    state.count("records", tree.count)
    validated = f"{batch.folder}/validated.xml"
    if validated in state.archive:
        stated = state.evidence(validated).findtext(NAMES["records"], "").strip()
        yield from differ(f"{validated}: root of the records", stated and hash_of(stated).hex(), batch.seal["root"])


def line_digests(name: str, lines: records.Lines) -> list[Problem]:
    return [
        Problem(f"{name}: line {i}", "its digest is not that of its key", "H(CLN1, salt, key)") for i in lines.wrong
    ]


def shared_items(state: State, number: int) -> tuple[records.Lines, list[tuple[dict, records.Leaf]]]:
    folder = f"shared/{number:010}"
    state.reading = folder
    items = [json.loads(line) for line in state.archive.read(f"{folder}/masked.jsonl").decode().splitlines()]
    return records.Lines(state.bundle.json(f"{folder}/lines.json")), [(i, records.Leaf.read(bytes.fromhex(i["data"])))
                                                                      for i in items]


def masked_paths(state: State, number: int) -> Iterator[Problem]:
    """Masked leaves lead to their seal's root; their lines are those that the reader may see."""
    folder = f"shared/{number:010}"
    if number not in state.bundle.seals:
        raise Problem(folder, "no seal of its records is shown", "a fact 'sealed' for it")
    seal = state.bundle.seals[number][1]
    lines, items = shared_items(state, number)
    yield from line_digests(f"{folder}/lines.json", lines)
    for item, leaf in items:
        where = f"{folder}: record {leaf.number}"
        root = merkle.root_by_path(merkle.leaf(leaf.data()), item["index"], seal["count"],
                                   [bytes.fromhex(h) for h in item["path"]])
        yield from differ(f"{where}: path", root and root.hex(), seal["root"])
        yield from differ(f"{where}: place", item["index"] + 1, leaf.number)
        yield from differ(f"{where}: lines", lines.set_digest(item["set"]).hex(), leaf.lines.hex())
    state.count("masked records", len(items))


def prior_path(state: State, name: str) -> Iterator[Problem]:
    """A record of an earlier window, whole, leads to its seal's root."""
    state.reading = name
    prior = state.bundle.json(name)
    if prior["batch"] not in state.bundle.seals:
        raise Problem(name, "no seal of its records is shown", f"the seal of fact {prior['batch']}")
    seal, leaf, lines, private = state.bundle.seals[prior["batch"]][1], *read_prior(prior)
    root = merkle.root_by_path(merkle.leaf(leaf.data()), prior["index"], seal["count"],
                               [bytes.fromhex(h) for h in prior["path"]])
    yield from line_digests(name, lines)
    yield from differ(f"{name}: path", root and root.hex(), seal["root"])
    yield from differ(f"{name}: place", (prior["index"] + 1, f"{prior['batch']}-{leaf.number}.json"),
                      (leaf.number, name.rpartition("/")[2].lstrip("0")))
    yield from differ(f"{name}: private", private.digest().hex(), leaf.private.hex())
    yield from differ(f"{name}: lines", lines.set_digest(0 if any(leaf.lines) else -1).hex(), leaf.lines.hex())
    state.count("priors")


def read_prior(prior: dict) -> tuple[records.Leaf, records.Lines, records.Private]:
    leaf, text = records.Leaf.read(bytes.fromhex(prior["data"])), prior["private"]
    one_set = {"lines": list(range(len(prior["lines"]))), "promotion": prior["promotion"]}
    lines = records.Lines({"lines": prior["lines"], "sets": [one_set], "window": prior["window"]})
    original = tuple(int(n) for n in text["original"].split("-")) if text.get("original") else (0, 0)
    parts = [bytes.fromhex(text[k]) for k in ("salt", "identity", "content", "member")]
    return leaf, lines, records.Private(*parts, text["offset"], text["length"], original)


def stated_roots(state: State, name: str) -> Iterator[Problem]:
    """Roots in the evidence of receipts and statements are those of the log at their size; CLEARED proves its facts."""
    if name.endswith("validated.xml"):
        return
    evidence = state.evidence(name)
    state.reading = name
    size, stated, note = log_point(evidence)
    if note:
        signed = Note(note.encode())
        yield from differ(f"{name}: the checkpoint's text", Checkpoint.read(signed.text),
                          (state.pins.key.name, size, stated))
        if not signed.signed_by(state.pins.key):
            yield Problem(f"{name}: checkpoint", "not signed by the pinned key",
                          f"a signature of {state.pins.key.name}")
    root = state.range.root(size)
    if root is None or size > state.range.size:
        state.bundle.remarks.append(f"{name}: the log's root at {size} facts cannot be told from this bundle")
    else:
        yield from differ(f"{name}: root of {size} facts", stated.hex(), root.hex())
    state.count("roots")
    for proof in evidence.findall(NAMES["proof"]):
        number = int(proof.get(NAMES["proof fact"]))
        path = [hash_of(p.text.strip()) for p in proof.findall(NAMES["path"])]
        fact = f"log/facts/{number:010}.json"
        found = merkle.root_by_path(merkle.leaf(state.archive.read(fact)), number - 1, size, path)
        yield from differ(f"{name}: path of fact {number}", found and found.hex(), stated.hex())


def journal_heads(state: State) -> Iterator[Problem]:
    """The chain hash on statements, where it can be followed from the first fact or from an earlier statement."""
    heads, known = {}, {0: bytes(32)} if state.range.start == 0 else {}
    for name in state.archive.names("statements/") + state.archive.names("history/"):
        if name.endswith(".xml"):
            head = state.document(name).find("JournalHead")
            heads.setdefault(int(head.get("sequence")), {}).setdefault(head.text.strip(), name)
            if name.startswith("history/"):
                known[int(head.get("sequence"))] = bytes.fromhex(head.text.strip())
    starts = [number for number in known if state.range.start <= number]
    if not starts:
        return
    number, chain = min(starts), known[min(starts)]
    while number < max(heads, default=0) and number < state.range.end:
        chain = hashlib.sha256(b"coalition-log-1" + chain + state.range.leaf(number)).digest()
        number += 1
        for text, name in heads.get(number, {}).items():
            yield from differ(f"{name}: JournalHead of fact {number}", text, chain.hex())
