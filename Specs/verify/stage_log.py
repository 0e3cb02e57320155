"""Stages 'trust' and 'log' (evidence.md 'Checks and verdicts'): whose bundle it is; the log holds what it shows."""
import hashlib
import re

import cms
import records
from archive import Problem
from bundle import ISSUED, Batch, Bundle, Fact
from proofs import Checkpoint, Note, Range, leaf, root_by_path, root_of, signature_line, tlog_proof


def trust(b: Bundle) -> None:
    """Manifest and checkpoint by the pinned key; every signer of a pinned authority; the host's documents by a host."""
    archive, key, manifest = b.archive, b.pins.key, b.manifest
    name, keyid, _ = signature_line(archive.read("MANIFEST.sig").decode().removesuffix("\n"))
    b.same("MANIFEST.sig", f"key {name} {keyid.hex()}", f"key {key.name} {key.id.hex()}")
    b.same("MANIFEST: origin", manifest.origin, key.name)
    b.same("pinned logkey", key.name, "coalition.log/" + hashlib.sha256(key.public).hexdigest()[:16])
    b.reading = "checkpoint.note"
    note = Note(archive.read("checkpoint.note"))
    if not note.signed_by(key):
        b.fail("checkpoint.note", "not signed by the pinned key", f"a signature of {key.name}")
    b.checkpoint = Checkpoint.read(note.text)
    b.same("checkpoint.note: origin, size", b.checkpoint[:2], (manifest.origin, manifest.size))
    for one in cms.from_pem(archive.read("trust/authorities.pem").decode()):
        if one.der not in b.pins.anchors:
            b.fail("trust/authorities.pem", f"authority {one.fingerprint}", "a pinned one")
    known = []
    for entry in archive.names("trust/certificates/"):
        b.reading, found = entry, cms.from_pem(archive.read(entry).decode())
        b.same(entry, [one.fingerprint + ".pem" for one in found], [entry.rpartition("/")[2]])
        known += found
    b.others = tuple(sorted(c.der for c in known))
    for entry in archive.places:
        door = entry.endswith("/signature.p7s") and entry.replace("signature.p7s", "received.xml") not in archive
        if entry.endswith((".p7s", ".cms")) and not door:  # what was refused at the door may be signed by anybody
            try:
                b.signers[entry] = cms.signer_of(archive.read(entry), known)
            except (ValueError, IndexError) as problem:
                b.unsigned[entry] = str(problem)
    first = {signer: entry for entry, signer in reversed(b.signers.items())}
    signers = sorted(first)
    for one, errors in zip(signers, cms.POOL.map(lambda c: cms.chain_errors(c, b.pins.anchors, b.others), signers)):
        if errors:
            b.fail(f"certificate {one.fingerprint}, signer of {first[one]}", cms.explain(errors),
                   "a chain to a pinned authority")
    for entry, one in b.signers.items():
        if ISSUED.fullmatch(entry) and cms.HOST not in one.usages:
            b.fail(f"{entry}, certificate {one.fingerprint}", f"issued for {', '.join(sorted(one.usages)) or 'no use'}",
                   "a certificate for hostSigning")
    b.count("signers", len(signers))


def log(b: Bundle) -> None:
    """Range, facts, records' trees, paths, and the roots that receipts and statements state."""
    archive = b.archive
    b.range = Range(b.json("log/range.json"), archive.read("log/leaves.bin"))
    b.same("log/range.json: size", b.range.size, b.checkpoint.size)
    root = b.range.root(b.range.size)
    b.same("log/range.json: root", root and root.hex(), b.checkpoint.root.hex())
    b.load_facts()
    for number in b.facts:
        fact_in_log(b, number)
    b.count("facts", len(b.facts))
    for batch in b.batches():
        batch_tree(b, batch)
    for number in b.shared():
        masked_paths(b, f"shared/{number:010}")
    for name in archive.names("priors/", ".json") + archive.names("records/", ".json"):
        record_path(b, name)
    for name in archive.names(suffix=".xml"):
        if re.search(r"^statements/|/(received|cleared)\.xml$", name):
            stated_root(b, name)
        if name.endswith("/cleared.xml"):
            cleared(b, name)
    journal_heads(b)


def leads(b: Bundle, where: str, start: bytes, index: int, count: int, path: list[bytes], root: str) -> None:
    """An inclusion path leads from a leaf's hash to the root."""
    found = root_by_path(start, index, count, path)
    b.same(f"{where}: path", found and found.hex(), root)


def fact_in_log(b: Bundle, number: int) -> None:
    """A shown fact has its leaf in the range, or a path to the bundle's checkpoint."""
    name, proof = f"log/facts/{number:010}.json", f"log/proofs/{number:010}.tlog-proof"
    own, inside = leaf(b.archive.read(name)), b.range.leaf(number - 1)
    if inside is not None:
        b.same(f"{name}: leaf", own.hex(), inside.hex())
    elif proof not in b.archive:
        b.fail(name, "outside of the range and without a proof", proof)
    else:
        b.reading = proof
        index, path, note = tlog_proof(b.archive.read(proof))
        if note == b.archive.read("checkpoint.note") and index == number - 1:
            leads(b, proof, own, index, b.checkpoint.size, path, b.checkpoint.root.hex())
        else:
            b.fail(proof, f"index {index}, or another checkpoint", f"index {number - 1}, the bundle's checkpoint")


def kept_leaves(b: Bundle, folder: str) -> bytes:
    """What is kept of an erased file ('After erasure'): the hashes of its leaves."""
    leaves = b.archive.read(f"{folder}/leaves.bin")
    if len(leaves) % 32:
        raise Problem(f"{folder}/leaves.bin", f"{len(leaves)} bytes", "32 bytes for each record")
    b.count("leaves of erased records", len(leaves) // 32)
    return leaves


def batch_tree(b: Bundle, batch: Batch) -> None:
    """Every leaf is made anew from records.bin and lines.json; the tree gives the root of seal and VALIDATED."""
    b.reading, validated = batch.folder, f"{batch.folder}/validated.xml"
    leaves = bytearray() if batch.lines else kept_leaves(b, batch.folder)
    for number, (one, _, _) in enumerate(b.rows(batch), 1):
        if one.number != number:
            b.fail(f"{batch.folder}/records.bin: number", one.number, number)
        leaves += leaf(one.data())
    if batch.lines:
        line_digests(b, f"{batch.folder}/lines.json", batch.lines)
        b.count("records", len(leaves) // 32)
    b.same(f"{batch.folder}: records", len(leaves) // 32, batch.seal["count"])
    b.same(f"{batch.folder}: root of the records", root_of(leaves).hex(), batch.seal["root"])
    if validated in b.archive:
        root = b.evidence(validated).findtext("RecordsTree", "").strip()
        b.same(f"{validated}: root of the records", root, batch.seal["root"])


def line_digests(b: Bundle, name: str, lines: records.Lines) -> None:
    for index in lines.wrong:
        b.fail(f"{name}: line {index}", "its digest is not that of its key", "H(CLN1, salt, key)")


def masked_paths(b: Bundle, folder: str) -> None:
    """Masked leaves lead to their seal's root; their lines are those that the reader may see."""
    seal, number = b.sealed(folder)[1], int(folder[-10:])
    if f"{folder}/leaves.bin" in b.archive:
        leaves = kept_leaves(b, folder)
        if number in b.erased:  # else 'completeness' refuses it
            b.same(f"{folder}: root of the records", (len(leaves) // 32, root_of(leaves).hex()),
                   (seal["count"], seal["root"]))
        return
    lines, items = b.masked(number)
    line_digests(b, f"{folder}/lines.json", lines)
    for item, one in items:
        where = f"{folder}: record {one.number}"
        path_to_seal(b, where, leaf(one.data()), item, seal)
        b.same(f"{where}: place", item["index"] + 1, one.number)
        b.same(f"{where}: lines", lines.set_digest(item["set"]).hex(), one.lines.hex())
    b.count("masked records", len(items))


def path_to_seal(b: Bundle, where: str, start: bytes, item: dict, seal: dict) -> None:
    leads(b, where, start, item["index"], seal["count"], [bytes.fromhex(h) for h in item["path"]], seal["root"])


def record_path(b: Bundle, name: str) -> None:
    """A record outside of its file, whole or (erased) as the hash of its leaf, leads to its seal's root."""
    item, seal = b.json(name), b.sealed(name)[1]
    stem, place = name.rpartition("/")[2].lstrip("0").split(".")[0], f"{item['batch']}-{item['index'] + 1}"
    b.same(f"{name}: place", stem, place)
    b.count("single records")
    if name.endswith(".leaf.json"):
        path_to_seal(b, name, bytes.fromhex(item["leaf"]), item, seal)
        return
    one, lines, private = records.read_single(item)
    path_to_seal(b, name, leaf(one.data()), item, seal)
    line_digests(b, name, lines)
    b.same(f"{name}: number", one.number, item["index"] + 1)
    b.same(f"{name}: private", private.digest().hex(), one.private.hex())
    b.same(f"{name}: lines", lines.set_digest(0 if any(one.lines) else -1).hex(), one.lines.hex())


def stated_root(b: Bundle, name: str) -> None:
    """The root in the evidence of a receipt or statement is that of the log at its size ('Promise, then proof')."""
    b.reading, point = name, b.log_point(name)
    text, size = (point.text or "").strip(" ").lstrip("\n"), int(point.get("size"))
    stated = point.get("root") if point.tag == "Checkpoint" else text.strip()
    if point.tag == "Checkpoint" and text:
        note = Note(text.encode())
        b.same(f"{name}: the checkpoint's text", Checkpoint.read(note.text),
               (b.pins.key.name, size, bytes.fromhex(stated)))
        if not note.signed_by(b.pins.key):
            b.fail(f"{name}: checkpoint", "not signed by the pinned key", "a checkpoint of the log")
    root = b.range.root(size)
    if root is None:
        b.remark(f"{name}: the log's root at {size} facts cannot be told from this bundle")
    else:
        b.same(f"{name}: root of {size} facts", stated, root.hex())
    b.count("roots")


def cleared(b: Bundle, name: str) -> None:
    """CLEARED proves, by paths to its checkpoint, the file's arrival and the seals of its records and window."""
    evidence = b.evidence(name)
    point, about, number = evidence.find("Checkpoint"), [], int(name.split("/")[1])
    for proof in evidence.findall("Inclusion"):
        sequence, data = int(proof.get("sequence")), proof.findtext("Fact").encode()
        where, path = f"{name}: Inclusion of fact {sequence}", [bytes.fromhex(h.text) for h in proof.findall("Hash")]
        leads(b, where, leaf(data), sequence - 1, int(point.get("size")), path, point.get("root"))
        fact = Fact.read(data)
        b.same(f"{where}: number", fact.number, sequence)
        if sequence in b.facts:
            b.same(f"{where}: bytes", data, b.archive.read(f"log/facts/{sequence:010}.json"))
        (part, seal), = fact.body.items() if fact.kind == "sealed" else [("", {})]
        about.append((fact.kind, part, seal.get("received") or seal.get("window") or sequence))
    window = b.document(name).findtext("WindowId")
    b.same(f"{name}: proved facts", about, [("fileReceived", "", number), ("sealed", "records", number),
                                            ("sealed", "window", window)])
    b.count("receipts CLEARED")


def journal_heads(b: Bundle) -> None:
    """The chain hash on statements, where it can be followed from the first fact or from an earlier statement."""
    heads, known = {}, {0: bytes(32)} if b.range.start == 0 else {}
    for name in b.archive.names("statements/", ".xml") + b.archive.names("history/", ".xml"):
        head = b.document(name).find("JournalHead")
        number, text = int(head.get("sequence")), head.text.strip()
        heads.setdefault(number, {}).setdefault(text, name)
        if name.startswith("history/"):
            known[number] = bytes.fromhex(text)
    start = min((number for number in known if b.range.start <= number), default=b.range.end)
    chain = known.get(start, b"")
    for number in range(start, min(max(heads, default=0), b.range.end)):
        chain = hashlib.sha256(b"coalition-log-1" + chain + b.range.leaf(number)).digest()
        for text, name in heads.get(number + 1, {}).items():
            b.same(f"{name}: JournalHead of fact {number + 1}", text, chain.hex())
