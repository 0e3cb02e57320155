import ArgumentParser
import FileStore
import Foundation
import Inquiry
import OpenSSLKit
import Primitives
import Transport
import Wire

/// How the program ends. Specs/architecture.md, commands.
enum ExitStatus: Int32 {
    case done = 0
    case refused = 1
    case usage = 2
    case verificationFailed = 3
    case unavailable = 4
    case fault = 70
}

/// The command was given something that cannot be used: a file that is not there, options that contradict each other.
struct UsageError: Error, CustomStringConvertible {
    let sentence: String
    let action: String
    var description: String { "\(sentence) — \(action)" }

    init(_ sentence: String, action: String = "see --help") {
        self.sentence = sentence
        self.action = action
    }
}

/// The command said everything itself; only the exit status is left.
struct QuietExit: Error {
    let status: ExitStatus
}

/// An error as lines for people and an exit status.
struct ErrorReport {
    let lines: [String]
    let status: Int32

    init(_ error: any Error) {
        switch error {
        case let error as QuietExit: self.init([], error.status)
        case let error as Refusal: self.init(error.findings.map(Self.line), .refused)
        case let error as StorageFailure: self.init(error)
        case let error as Fault: self.init(fault: error.description)
        case let error as VerificationFailure: self.init(error)
        case let error as UsageError: self.init([Self.line("usage", error.sentence, "", error.action)], .usage)
        case let error as InvalidText: self.init([Self.line("usage", error.description, "", "see --help")], .usage)
        case let error as DataDirectoryError: self.init(error)
        case let error as ClientFailure: self.init(error)
        case let error as ListeningFailure:
            let action = "stop what listens there, or name another --bind and --port"
            self.init([Self.line("unavailable", error.description, "", action)], .unavailable)
        case let error as CryptoError:
            self.init([Self.line("usage", error.detail, "", "check the key and certificate files")], .usage)
        case let error as ExitCode: self.init(code: error.rawValue)
        case is CancellationError: self.init([], .unavailable)
        default: self.init(other: error)
        }
    }

    private init(_ lines: [String], _ status: ExitStatus) {
        self.lines = lines.map { "coalition: \($0)" }
        self.status = status.rawValue
    }

    private init(code: Int32) {
        lines = []
        status = code
    }

    private init(message: String, _ status: ExitStatus) {
        lines = [message]
        self.status = status.rawValue
    }

    private init(fault: String) {
        let action = "look at the machine and the directory named; 'coalition check' names damage"
        self.init([Self.line("fault", fault, "", action)], .fault)
    }

    private init(_ error: StorageFailure) {
        switch error {
        case .refused(let refusal): self.init(refusal.findings.map(Self.line), .refused)
        case .fault(let fault): self.init(fault: fault.description)
        }
    }

    private init(_ error: VerificationFailure) {
        if let damage = error.damage {
            self.init([Self.line("damage", damage, "", error.action)], .verificationFailed)
        } else {
            self.init(error.findings.map(Self.line), .verificationFailed)
        }
    }

    private init(_ error: DataDirectoryError) {
        switch error {
        case .taken:
            let action = "stop that process, or use --gateway where the command offers it"
            self.init([Self.line("in use", error.description, "", action)], .unavailable)
        case .exists: self.init([Self.line("usage", error.description, "", "name a new directory")], .usage)
        case .missing:
            self.init([Self.line("usage", error.description, "", "make one with 'coalition init'")], .usage)
        case .otherFormat:
            let action = "use the version of this program that made it; if this one did, restore the file 'format'"
            self.init([Self.line("damage", error.description, "", action)], .verificationFailed)
        case .fault: self.init(fault: error.description)
        }
    }

    private init(_ error: ClientFailure) {
        switch error {
        case .refused(let notice):
            self.init([Self.line(notice.code, notice.detail, "", notice.action)], .refused)
        case .connectionRefused(let notice):
            let status: ExitStatus = notice.mayRetry ? .unavailable : .refused
            self.init([Self.line(notice.code, notice.detail, "", notice.action)], status)
        case .goodbye(let code, let detail):
            self.init([Self.line(code, detail, "", "connect again later")], .unavailable)
        case .unavailable(let detail):
            self.init(
                [Self.line("unavailable", detail, "", "check address, certificates and the gateway")], .unavailable)
        case .protocolBroken(let error):
            self.init([Self.line(error.code.code, error.detail, "", "check that the other end is a gateway")], .fault)
        }
    }

    /// Help and version are no errors; whatever else the parser says is about usage.
    private init(other error: any Error) {
        let code = Coalition.exitCode(for: error)
        if code == .success {
            self.init(message: Coalition.fullMessage(for: error), .done)
        } else if code == .validationFailure {
            // The parser's own word for its errors gives way to ours, so that scripts find one form only.
            let message = Coalition.fullMessage(for: error)
            let sentence = message.hasPrefix("Error: ") ? String(message.dropFirst("Error: ".count)) : message
            self.init(message: "coalition: usage: " + sentence, .usage)
        } else {
            self.init(fault: "\(error)")
        }
    }

    /// Prints and ends the program.
    func leave() -> Never {
        for line in lines {
            if status == 0 { Console.write(line) } else { Console.note(line) }
        }
        exit(status)
    }

    /// One finding as one line.
    static func line(_ finding: Finding) -> String {
        let entry = finding.code.entry
        var sentence = finding.detail.isEmpty ? entry.rule : finding.detail
        if finding.place.record > 0 { sentence += ", record \(finding.place.record)" }
        if finding.place.line > 0 { sentence += ", line \(finding.place.line)" }
        if finding.place.offset >= 0 { sentence += ", byte \(finding.place.offset)" }
        if !finding.place.field.isEmpty { sentence += ", \(finding.place.field)" }
        return line(finding.code.code, sentence, finding.value, entry.action)
    }

    private static func line(_ code: String, _ sentence: String, _ value: String, _ action: String) -> String {
        "\(code): \(sentence)" + (value.isEmpty ? "" : " (\(value))") + (action.isEmpty ? "" : " — \(action)")
    }
}
