import ArgumentParser

/// The root of the command line: one program for partners, officers, auditors and the host's machine.
struct Coalition: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coalition",
        abstract: "The clearing house of a loyalty coalition: signed files in, signed statements out.",
        discussion: """
            Exit status: 0 done, 1 refused, 2 wrong usage, 3 verification failed, 4 unavailable (no connection, or the \
            data directory is in use), 70 fault of the machine or of stored data.

            Errors go to standard error as 'coalition: CODE: what was found (value) — what to do'. With --json, \
            results on standard output are JSON with sorted keys.

            EXAMPLES
              coalition pki ca --dir pki --name "Coalition root"
              coalition sign batch.xml --cert MARCHE-signing.pem --key MARCHE-signing.key
              coalition verify receipt.xml --trust ca.pem
            """,
        version: "coalition 1.0",
        groupedSubcommands: [
            CommandGroup(name: "The whole story", subcommands: [DemoCommand.self, ServeCommand.self]),
            CommandGroup(
                name: "Keys and signatures",
                subcommands: [PKICommand.self, KeysCommand.self, SignCommand.self, VerifyCommand.self]),
            CommandGroup(name: "The house", subcommands: [InitCommand.self, ProgrammeCommand.self, ClockCommand.self]),
            CommandGroup(
                name: "Officers of the host",
                subcommands: [
                    FixingCommand.self, AdjustCommand.self, SettlementCommand.self, BankCommand.self, EraseCommand.self,
                    ForgetCommand.self, ActCommand.self,
                ]),
            CommandGroup(name: "Partners", subcommands: [SubmitCommand.self, SendCommand.self, CancelCommand.self]),
            CommandGroup(
                name: "Looking",
                subcommands: [
                    WindowCommand.self, StatementCommand.self, ReceiptCommand.self, StatusCommand.self,
                    PositionsCommand.self, RecordsCommand.self, ExplainCommand.self, MemberCommand.self,
                ]),
            CommandGroup(name: "Checking", subcommands: [ValidateCommand.self, CheckCommand.self, BenchCommand.self]),
            CommandGroup(name: "Evidence", subcommands: [EvidenceCommand.self, AuditCommand.self]),
            CommandGroup(name: "Keeping it safe", subcommands: [BackupCommand.self, RestoreCommand.self]),
        ])
}
