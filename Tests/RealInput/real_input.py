#!/usr/bin/env python3
"""A year of real purchases through the real gateway, compared to the digit with an independent calculation.

    real_input.py BIN NEUTRAL_DIR [--format xml|csv|both] [--days N] [--outage] [--keep DIR]

BIN is the program `coalition`, NEUTRAL_DIR the neutral daily files (README.md says how to make them). Needs Python
3.11 and `openssl`. Exit status 0 when all held.
"""
import argparse
import collections
import concurrent.futures
import datetime
import pathlib
import resource
import shutil
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "Specs" / "client")]

import calculation
import coalition_client
import coalition_year as house
import comparison
import gateway
import neutral

# The formats of the partners' files; --format sends all in one.
FORMATS = {"MARCHE": "XML", "EPICES": "CSV", "HALLES": "CSV"}
# This instruction is not booked but returned, and joins the next settlement.
RETURNED = "STL-W-{year}-03A-MARCHE-"


class Play:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.input = neutral.Neutral(options.neutral, options.days)
        self.year = self.input.days[0].year
        self.books = calculation.Calculation(self.year, options.outage)
        self.gateway = gateway.Gateway(options.binary, folder, self.input.days[0])
        self.sequence, self.last_window = collections.Counter(), {}
        self.counts, self.waiting = collections.Counter(), []
        self.receipt_sums = collections.Counter()
        self.instructed = {}
        self.seconds = collections.Counter()

    def timed(self, what, work, *arguments):
        start = time.monotonic()
        try:
            return work(*arguments)
        finally:
            self.seconds[what] += time.monotonic() - start

    # --- the year, night by night

    def run(self):
        self.timed("set-up", self.gateway.found)
        self.gateway.start()
        files = collections.defaultdict(list)
        for day in self.input.days:
            for partner in house.PARTNERS:
                files[house.arrival(partner, day, self.options.outage)].append((partner, day))
        night, window = self.input.days[0], calculation.Window(self.input.days[0])
        # The window after the last file's is closed too, so that its statements show the payments.
        end = calculation.Window(calculation.Window(max(files)).cutoff).cutoff
        with concurrent.futures.ThreadPoolExecutor(len(house.PARTNERS)) as self.workers:
            while night <= end or self.waiting:
                is_early = window.first.day == 1
                # Every other window has its fixing before the cut-off and closes with it; the others wait for theirs.
                fixes = night == (window.cutoff - house.DAY if is_early else window.cutoff)
                closes = night == window.cutoff and night <= end
                if files[night] or closes or fixes and night <= end or self.is_due(night):
                    self.timed("clock", self.gateway.advance, house.instant(night))
                needs = self.books.needs_fixing(window)
                if fixes and night <= end and needs:
                    self.timed("acts", self.fix, window)
                if closes:
                    self.close(window, house.instant(night, 2 if needs and not is_early else 0))
                    window = calculation.Window(night)
                self.timed("acts", self.pay, night)
                self.send(night, files[night])
                night += house.DAY
        self.finish()

    def fix(self, window):
        self.gateway.act("fixing", "add", "--window", window.name, "--base", house.BASE, "--quote", "GBP",
                         "--rate", house.rate(window.name), "--source", f"Made up for {window.name}")

    def is_due(self, night):
        return any(due <= night for due, _ in self.waiting)

    def send(self, night, files):
        """The files of a night, each partner's in their order and the partners side by side."""
        queues = collections.defaultdict(list)
        for partner, day in files:
            records = self.input.records(partner, day)
            expected = self.timed("calculation", self.books.file, partner, records, night)
            self.sequence[partner] += 1
            self.last_window[partner] = expected["window"]
            queues[partner].append((self.sequence[partner], day, records, expected))
        start = time.monotonic()
        done = [self.workers.submit(self.send_all, partner, night, queue) for partner, queue in queues.items()]
        for future in done:
            for counts in future.result():
                self.counts += counts["counts"]
                self.receipt_sums += counts["sums"]
        self.seconds["files"] += time.monotonic() - start

    def send_all(self, partner, night, queue):
        told = []
        for sequence, day, records, expected in queue:
            form = {"xml": "XML", "csv": "CSV"}.get(self.options.format, FORMATS[partner])
            path = self.folder / "sent" / f"{partner}-{day}.{form.lower()}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(neutral.batch(partner, sequence, day, house.instant(night, 1), records, form))
            receipts = self.gateway.client(partner).submit(path, "LIVE", sequence)
            grades = {receipt.grade: receipt for receipt in receipts}
            if grades.keys() != {"RECEIVED", "VALIDATED"}:
                raise gateway.Failure(f"{path.name}: receipts {sorted(grades)}")
            root = ElementTree.parse(grades["VALIDATED"].path).getroot()
            unseen = comparison.receipt(f"{path.name}, {grades['VALIDATED'].id}", root, expected)
            comparison.same(f"{path.name}: judged at", comparison.text(root, "IssuedDateTime"),
                            comparison.instant(house.instant(night)))
            sums = collections.Counter()
            types = collections.Counter(record["type"] for record in records)
            for unit, (count, units, _) in expected["sums"].items():
                # One type has the partner's own unit and the other the shared one, so that units tell types.
                kind = "REDM" if unit == house.SHARED else "ACCR"
                comparison.same(f"{path.name}: {kind}", count, types[kind])
                sums[partner, kind, unit, "records"] += count
                sums[partner, kind, unit, "units"] += units
            counts = collections.Counter(files=1, records=len(records), signatures=2, bytes=path.stat().st_size)
            counts.update({f"findings {code}": count for code, count in expected["findings"].items()})
            counts["empty files"] += not records
            counts["twins unseen"] += unseen
            told.append({"counts": counts, "sums": sums})
            if not self.options.keep:
                path.unlink()
        return told

    # --- the close of a window, and its money

    def close(self, window, closed):
        """Compares every document of a closed window and instructs its payments."""
        statements, summary = self.timed("calculation", self.books.close, window)
        start = time.monotonic()
        done = [self.workers.submit(self.compare, window, partner, clearing, settlement, closed)
                for partner, (clearing, settlement) in statements.items()]
        done.append(self.workers.submit(self.compare_summary, window, summary))
        for future in done:
            self.counts += future.result()
        self.seconds["statements"] += time.monotonic() - start
        self.counts["windows"] += 1
        instructions = [settlement["account"]["instruction"] for _, settlement in statements.values()]
        instructions = [instruction for instruction in instructions if instruction]
        if instructions:
            for step in ("approve", "send"):
                self.timed("acts", self.gateway.act, "settlement", step, window.name)
        for instruction in instructions:
            due = datetime.date.fromisoformat(instruction["valueDate"]) + house.DAY
            self.waiting.append((due, instruction))

    def take(self, client, name):
        """Fetches a document; the client compares its digest and verifies its signature with openssl."""
        return client.fetch(name).read_bytes()

    def compare(self, window, partner, clearing, settlement, closed):
        client, counts = self.gateway.client(partner), collections.Counter()
        name = f"{window.name}-{partner}"
        number = settlement["account"]["number"]
        counts["clearing lines"] += comparison.clearing_xml(f"CLS-{name}.xml", self.take(client, f"CLS-{name}.xml"),
                                                            clearing, number)
        comparison.clearing_csv(f"CLS-{name}.csv", self.take(client, f"CLS-{name}.csv"), clearing)
        counts["settlement lines"] += comparison.settlement_xml(
            f"STL-{name}.xml", self.take(client, f"STL-{name}.xml"), settlement, window.name,
            closed.astimezone(house.ZONE))
        comparison.settlement_csv(f"STL-{name}.csv", self.take(client, f"STL-{name}.csv"), settlement)
        for kind in ("CLS", "STL"):
            self.take(client, f"{kind}-{name}.txt")
        # The receipt of a file's last grade names the lines in which it ended.
        if self.last_window.get(partner) == window.name:
            cleared = client.wait("LIVE", self.sequence[partner], "CLEARED", seconds=60)
            found = comparison.text(ElementTree.parse(cleared.path).getroot(), "WindowId")
            comparison.same(f"{cleared.id}: window", found, window.name)
            counts["cleared receipts"] += 1
            counts["signatures"] += 1
        return counts + collections.Counter(documents=6, signatures=6)

    def compare_summary(self, window, summary):
        client, name = self.gateway.client("maker"), f"HST-{window.name}"
        comparison.summary_xml(f"{name}.xml", self.take(client, f"{name}.xml"), summary)
        for form in ("csv", "txt"):
            self.take(client, f"{name}.{form}")
        return collections.Counter(documents=3, signatures=3)

    def pay(self, night):
        """Books, the night after its value date, what the bank carried out."""
        for due, instruction in [each for each in self.waiting if each[0] <= night]:
            self.waiting.remove((due, instruction))
            bank = ["--bank-reference", f"BANK-{instruction['id']}", "--date", instruction["valueDate"]]
            if instruction["id"].startswith(RETURNED.format(year=self.year)):
                self.gateway.act("settlement", "return", instruction["id"], "--reason", "AC04", *bank)
                self.books.returned(instruction)
                self.instructed[instruction["id"]] = (instruction["signed"], True)
                self.counts["instructions returned"] += 1
            else:
                self.gateway.act("settlement", "confirm", instruction["id"], "--amount", instruction["amount"], *bank)
                self.books.booked(instruction)
                self.instructed[instruction["id"]] = (instruction["signed"], instruction["signed"])
                self.counts["instructions confirmed"] += 1

    # --- the end

    def finish(self):
        self.cpu, self.peak = self.gateway.usage()
        self.ends()
        for name in house.PARTNERS:
            pending = [entry["id"] for entry in self.gateway.client(name).list("PENDING")]
            left = [each for each in pending if not each.startswith("RCP-")]
            comparison.same(f"{name}: statements not confirmed", left, [])
        self.gateway.stop()
        self.timed("check", self.gateway.run, "check", "--data", self.gateway.data)

    def ends(self):
        """Counts and sums against totals.json, and the accounts in the end."""
        if self.input.is_whole:
            expected = {}
            for key, (records, units) in self.input.totals.items():
                expected[(*key, "records")], expected[(*key, "units")] = records, units
            comparison.same("totals.json and receipts", dict(self.receipt_sums), expected)
            comparison.same("totals.json and the calculation", dict(self.books.totals), expected)
        windows = self.gateway.run("window", "list", "--data", self.gateway.data, parse=True)
        states = collections.Counter(row["status"] for row in windows)
        comparison.same("windows closed", states["CLOSED"], self.counts["windows"])
        comparison.same("windows waiting", states["CUTOFF"], 0)
        settlements = self.gateway.run("settlement", "show", "--data", self.gateway.data, parse=True)
        comparison.same("settlements not settled", [row["window"] for row in settlements if not row["settled"]], [])
        states = {each["endToEndId"]: (each["amount"],
                                       each["booked"] if each["status"] == "CONFIRMED" else each["takenOver"])
                  for row in settlements for each in row["instructions"]}
        comparison.same("instructions", states, self.instructed)
        positions = self.gateway.run("positions", "--data", self.gateway.data, parse=True)
        comparison.same("points of closed windows",
                        {row["partner"]: row["clearedPoints"] for row in positions["partners"]},
                        {partner: account.position for partner, account in self.books.accounts.items()})
        members = self.books.outstanding
        comparison.same("points ledger", positions["pointsLedger"],
                        {**dict.fromkeys(house.PARTNERS, 0), "MEMBERS": members, "HOST_CLEARED": -members})

    def report(self, seconds):
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = resource.getrusage(resource.RUSAGE_SELF)
        for (partner, kind, unit, what), value in sorted(self.receipt_sums.items()):
            print(f"  {partner}/{kind}/{unit} {what}: {value}")
        for name in sorted(self.counts):
            print(f"  {name}: {self.counts[name]}")
        print("  seconds: " + ", ".join(f"{name} {value:.1f}" for name, value in self.seconds.items()))
        print(f"  wall {seconds:.1f} s; gateway {self.cpu:.1f} s CPU, peak {self.peak:.0f} MiB; this script "
              f"{own.ru_utime:.1f} s, its commands and the gateway {children.ru_utime + children.ru_stime:.1f} s")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary", metavar="BIN")
    parser.add_argument("neutral", metavar="NEUTRAL_DIR")
    parser.add_argument("--format", choices=("xml", "csv", "both"), default="both")
    parser.add_argument("--days", type=int, help="only the first so many days")
    parser.add_argument("--outage", action="store_true", help="one partner's files of six days arrive late, together")
    parser.add_argument("--keep", metavar="DIR", help="do everything in this new folder, and leave it there")
    options = parser.parse_args()
    folder = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="coalition-real-"))
    folder.mkdir(parents=True, exist_ok=True)
    start, play = time.monotonic(), Play(options, folder)
    is_good = False
    try:
        play.run()
        is_good = True
    except (comparison.Difference, gateway.Failure, coalition_client.ClientError) as error:
        print(f"real_input: {error}", file=sys.stderr)
        print(f"real_input: all is left in {folder}", file=sys.stderr)
    finally:
        if play.gateway.process:
            play.gateway.process.kill()
            play.gateway.process.wait()
        if is_good and not options.keep:
            shutil.rmtree(folder)
    if is_good:
        print(f"real input: every figure agrees ({play.input.days[0]} to {play.input.days[-1]})")
        play.report(time.monotonic() - start)
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
