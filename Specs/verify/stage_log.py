"""Stages 'trust' and 'log' (evidence.md 'Checks and verdicts'): each a generator of what does not hold."""
import hashlib
import re
from typing import Iterator

import cms
import records
from archive import Problem, differ
from bundle import Batch, Bundle, Fact
from proofs import Builder, Checkpoint, Note, Range, leaf, root_by_path, signature_line, tlog_proof


def trust(b: Bundle) -> Iterator[Problem]:
    """The keys of manifest and checkpoint are the pinned one; every signer's chain leads to a pinned authority."""
    archive, key, manifest = b.archive, b.pins.key, b.manifest
    name, keyid, _ = signature_line(archive.read("MANIFEST.sig").decode().removesuffix("\n"))
    yield from differ("MANIFEST.sig", f"key {name} {keyid.hex()}", f"key {key.name} {key.id.hex()}")
    yield from differ("MANIFEST: origin", manifest.origin, key.name)
    yield from differ("pinned logkey", key.name, "coalition.log/" + hashlib.sha256(key.public).hexdigest()[:16])
    b.reading = "checkpoint.note"
    note = Note(archive.read("checkpoint.note"))
    if not note.signed_by(key):
        yield Problem("checkpoint.note", "not signed by the pinned key", f"a signature of {key.name}")
    b.checkpoint = Checkpoint.read(note.text)
    yield from differ("checkpoint.note: origin, size", b.checkpoint[:2], (manifest.origin, manifest.size))
    for one in cms.from_pem(archive.read("trust/authorities.pem").decode()):
        if one.der not in b.pins.anchors:
            yield Problem("trust/authorities.pem", f"authority {one.fingerprint}", "a pinned one")
    b.known = []
    for entry in archive.names("trust/certificates/"):
        b.reading, found = entry, cms.from_pem(archive.read(entry).decode())
        yield from differ(entry, [one.fingerprint + ".pem" for one in found], [entry.rpartition("/")[2]])
        b.known += found
    b.others = tuple(sorted(c.der for c in b.known))
    for entry in archive.places:
        door = entry.endswith("/signature.p7s") and entry.replace("signature.p7s", "received.xml") not in archive
        if entry.endswith((".p7s", ".cms")) and not door:  # what was refused at the door may be signed by anybody
            try:
                b.signers[entry] = cms.signer_of(archive.read(entry), b.known)
            except (ValueError, IndexError) as problem:
                b.unsigned[entry] = str(problem)
    signers = sorted(set(b.signers.values()))
    results = cms.POOL.map(lambda c: cms.chain_errors(c, b.pins.anchors, b.others), signers)
    for one, errors in zip(signers, results):
        if errors:
            first = next(entry for entry, signer in b.signers.items() if signer == one)
            yield Problem(f"certificate {one.fingerprint}, signer of {first}", cms.explain(errors),
                          "a chain to a pinned authority")
    b.count("signers", len(signers))


def log(b: Bundle) -> Iterator[Problem]:
    """Range, facts, records' trees, paths, and the roots that receipts and statements state."""
    archive = b.archive
    b.range = Range(b.json("log/range.json"), archive.read("log/leaves.bin"))
    yield from differ("log/range.json: size", b.range.size, b.checkpoint.size)
    root = b.range.root(b.range.size)
    yield from differ("log/range.json: root", root and root.hex(), b.checkpoint.root.hex())
    b.load_facts()
    for number in b.facts:
        yield from fact_in_log(b, number)
    b.count("facts", len(b.facts))
    for batch in b.batches():
        yield from batch_tree(b, batch)
    for number in b.shared():
        yield from masked_paths(b, f"shared/{number:010}")
    for name in archive.names("priors/", ".json") + archive.names("records/", ".json"):
        yield from record_path(b, name)
    for name in archive.names(suffix=".xml"):
        if re.search(r"^statements/|/(received|cleared)\.xml$", name):
            yield from stated_root(b, name)
        if name.endswith("/cleared.xml"):
            yield from cleared(b, name)
    yield from journal_heads(b)


def fact_in_log(b: Bundle, number: int) -> list[Problem]:
    name, proof = f"log/facts/{number:010}.json", f"log/proofs/{number:010}.tlog-proof"
    own, inside = leaf(b.archive.read(name)), b.range.leaf(number - 1)
    if inside is not None:
        return differ(f"{name}: leaf", own.hex(), inside.hex())
    if proof not in b.archive:
        return [Problem(name, "outside of the range and without a proof", proof)]
    b.reading = proof
    index, path, note = tlog_proof(b.archive.read(proof))
    if note != b.archive.read("checkpoint.note") or index != number - 1:
        return [Problem(proof, f"index {index}, or another checkpoint", f"index {number - 1}, the bundle's checkpoint")]
    root = root_by_path(own, index, b.checkpoint.size, path)
    return differ(f"{proof}: path", root and root.hex(), b.checkpoint.root.hex())


def tree_of_leaves(b: Bundle, folder: str) -> Builder:
    """What is kept of an erased file ('After erasure'): the hashes of its leaves."""
    tree, hashes = Builder(), b.archive.read(f"{folder}/leaves.bin")
    if len(hashes) % 32:
        raise Problem(f"{folder}/leaves.bin", f"{len(hashes)} bytes", "32 bytes for each record")
    for at in range(0, len(hashes), 32):
        tree.add(hashes[at:at + 32])
    b.count("leaves of erased records", tree.count)
    return tree


def batch_tree(b: Bundle, batch: Batch) -> Iterator[Problem]:
    """Every leaf is made anew from records.bin and lines.json; the tree gives the seal's root."""
    b.reading = batch.folder
    if batch.lines:
        tree = Builder()
        for one, _, _ in b.rows(batch):
            yield from differ(f"{batch.folder}/records.bin: number", one.number, tree.count + 1)
            tree.add(leaf(one.data()))
        yield from line_digests(f"{batch.folder}/lines.json", batch.lines)
        b.count("records", tree.count)
    else:
        tree = tree_of_leaves(b, batch.folder)
    yield from differ(f"{batch.folder}: records", tree.count, batch.seal["count"])
    yield from differ(f"{batch.folder}: root of the records", tree.root().hex(), batch.seal["root"])
    validated = f"{batch.folder}/validated.xml"
    if validated in b.archive:
        root = b.evidence(validated).findtext("RecordsTree", "").strip()
        yield from differ(f"{validated}: root of the records", root, batch.seal["root"])


def line_digests(name: str, lines: records.Lines) -> list[Problem]:
    return [Problem(f"{name}: line {i}", "its digest is not that of its key", "H(CLN1, salt, key)")
            for i in lines.wrong]


def masked_paths(b: Bundle, folder: str) -> Iterator[Problem]:
    """Masked leaves lead to their seal's root; their lines are those that the reader may see."""
    seal = b.sealed(folder)[1]
    if f"{folder}/leaves.bin" in b.archive:
        tree = tree_of_leaves(b, folder)
        if int(folder[-10:]) in b.erased:  # else 'completeness' refuses it
            yield from differ(f"{folder}: root of the records", (tree.count, tree.root().hex()),
                              (seal["count"], seal["root"]))
        return
    lines, items = b.masked(int(folder[-10:]))
    yield from line_digests(f"{folder}/lines.json", lines)
    for item, one in items:
        where = f"{folder}: record {one.number}"
        yield from path_to_seal(where, leaf(one.data()), item, seal)
        yield from differ(f"{where}: place", item["index"] + 1, one.number)
        yield from differ(f"{where}: lines", lines.set_digest(item["set"]).hex(), one.lines.hex())
    b.count("masked records", len(items))


def path_to_seal(where: str, hash: bytes, item: dict, seal: dict) -> list[Problem]:
    root = root_by_path(hash, item["index"], seal["count"], [bytes.fromhex(h) for h in item["path"]])
    return differ(f"{where}: path", root and root.hex(), seal["root"])


def record_path(b: Bundle, name: str) -> Iterator[Problem]:
    """A record outside of its file, whole or (erased) as the hash of its leaf, leads to its seal's root."""
    item, seal = b.json(name), b.sealed(name)[1]
    stem, place = name.rpartition("/")[2].lstrip("0").split(".")[0], f"{item['batch']}-{item['index'] + 1}"
    yield from differ(f"{name}: place", stem, place)
    b.count("single records")
    if name.endswith(".leaf.json"):
        yield from path_to_seal(name, bytes.fromhex(item["leaf"]), item, seal)
        return
    one, lines, private = records.read_single(item)
    yield from path_to_seal(name, leaf(one.data()), item, seal)
    yield from line_digests(name, lines)
    yield from differ(f"{name}: number", one.number, item["index"] + 1)
    yield from differ(f"{name}: private", private.digest().hex(), one.private.hex())
    yield from differ(f"{name}: lines", lines.set_digest(0 if any(one.lines) else -1).hex(), one.lines.hex())


def stated_root(b: Bundle, name: str) -> Iterator[Problem]:
    """The root in the evidence of a receipt or statement is that of the log at its size ('Promise, then proof')."""
    evidence, b.reading = b.evidence(name), name
    point = evidence.find("Checkpoint")
    if point is not None:
        size, stated, text = int(point.get("size")), point.get("root"), (point.text or "").strip(" ").lstrip("\n")
        if text:
            note = Note(text.encode())
            yield from differ(f"{name}: the checkpoint's text", Checkpoint.read(note.text),
                              (b.pins.key.name, size, bytes.fromhex(stated)))
            if not note.signed_by(b.pins.key):
                yield Problem(f"{name}: checkpoint", "not signed by the pinned key", "a checkpoint of the log")
    else:
        point = evidence.find("Log")
        size, stated = int(point.get("size")), point.text.strip()
    root = b.range.root(size)
    if root is None:
        b.remark(f"{name}: the log's root at {size} facts cannot be told from this bundle")
    else:
        yield from differ(f"{name}: root of {size} facts", stated, root.hex())
    b.count("roots")


def cleared(b: Bundle, name: str) -> Iterator[Problem]:
    """CLEARED proves, by paths to its checkpoint, the file's arrival and the seals of its records and window."""
    evidence = b.evidence(name)
    point, about, number = evidence.find("Checkpoint"), [], int(name.split("/")[1])
    for proof in evidence.findall("Inclusion"):
        sequence, data = int(proof.get("sequence")), proof.findtext("Fact").encode()
        where = f"{name}: Inclusion of fact {sequence}"
        root = root_by_path(leaf(data), sequence - 1, int(point.get("size")),
                            [bytes.fromhex(h.text) for h in proof.findall("Hash")])
        yield from differ(f"{where}: path", root and root.hex(), point.get("root"))
        fact = Fact.read(data)
        yield from differ(f"{where}: number", fact.number, sequence)
        if sequence in b.facts:
            yield from differ(f"{where}: bytes", data, b.archive.read(f"log/facts/{sequence:010}.json"))
        (part, seal), = fact.body.items() if fact.kind == "sealed" else [("", {})]
        about.append((fact.kind, part, seal.get("received") or seal.get("window") or sequence))
    window = b.document(name).findtext("WindowId")
    yield from differ(f"{name}: proved facts", about, [("fileReceived", "", number), ("sealed", "records", number),
                                                       ("sealed", "window", window)])
    b.count("receipts CLEARED")


def journal_heads(b: Bundle) -> Iterator[Problem]:
    """The chain hash on statements, where it can be followed from the first fact or from an earlier statement."""
    heads, known = {}, {0: bytes(32)} if b.range.start == 0 else {}
    for name in b.archive.names("statements/", ".xml") + b.archive.names("history/", ".xml"):
        head = b.document(name).find("JournalHead")
        number, text = int(head.get("sequence")), head.text.strip()
        heads.setdefault(number, {}).setdefault(text, name)
        if name.startswith("history/"):
            known[number] = bytes.fromhex(text)
    starts = [number for number in known if b.range.start <= number]
    if not starts:
        return
    number, chain = min(starts), known[min(starts)]
    while number < max(heads, default=0) and number < b.range.end:
        chain = hashlib.sha256(b"coalition-log-1" + chain + b.range.leaf(number)).digest()
        number += 1
        for text, name in heads.get(number, {}).items():
            yield from differ(f"{name}: JournalHead of fact {number}", text, chain.hex())
