public import Primitives

/// Whether a partner takes part.
public enum PartnerStatus: String, Hashable, Sendable, Codable, CaseIterable {
    /// Takes part.
    case active = "ACTIVE"
    /// Excluded for now: nothing is accepted.
    case suspended = "SUSPENDED"
    /// Has left: nothing is accepted; settlements run out.
    case closed = "CLOSED"
}

/// What a partner's certificate is for.
public enum CertificateUsage: String, Hashable, Sendable, Codable, CaseIterable {
    /// Signing files, messages and approvals.
    case signing = "SIGN"
    /// The TLS connection.
    case tls = "TLS"
}

/// A certificate that an agreement registers.
public struct CertificateGrant: Hashable, Sendable, Codable {
    /// SHA-256 of the certificate's DER bytes.
    public let fingerprint: Digest32
    /// What it is for.
    public let usage: CertificateUsage
    /// The certificate, PEM.
    public let pem: String
    /// The instant from which it counts.
    public let activeFrom: Timestamp
    /// The instant from which it no longer counts; nil for none.
    public let activeTo: Timestamp?

    /// Makes a grant; the parameters are the properties of the same names.
    public init(
        fingerprint: Digest32, usage: CertificateUsage, pem: String, activeFrom: Timestamp, activeTo: Timestamp? = nil
    ) {
        self.fingerprint = fingerprint
        self.usage = usage
        self.pem = pem
        self.activeFrom = activeFrom
        self.activeTo = activeTo
    }

    /// Whether it counts at an instant.
    public func isActive(at instant: Timestamp) -> Bool {
        activeFrom <= instant && activeTo.map { instant < $0 } ?? true
    }
}

/// The bank account of a partner, for instructions.
public struct BankAccount: Hashable, Sendable, Codable {
    /// The IBAN, or another account number.
    public let account: String
    /// The bank's BIC.
    public let bic: String
    /// The direct debit mandate, where there is one.
    public let mandate: String?
    /// The day on which the mandate was signed.
    public let mandateDate: BusinessDate?

    /// Makes an account.
    public init(account: String, bic: String, mandate: String? = nil, mandateDate: BusinessDate? = nil) {
        self.account = account
        self.bic = bic
        self.mandate = mandate
        self.mandateDate = mandateDate
    }
}

/// The host's side at its banks, for the messages that carry instructions out.
public struct HostBanking: Hashable, Sendable, Codable {
    /// The creditor id under which the host collects; nil where it collects nothing.
    public let creditorID: String?
    /// An account for each settlement currency that the host pays or collects in, in order of currencies.
    public let accounts: [Account]

    /// An account of the host.
    public struct Account: Hashable, Sendable, Codable {
        /// The currency in which it is held.
        public let currency: CurrencyCode
        /// The IBAN, or another account number.
        public let account: String
        /// The bank's BIC.
        public let bic: String

        /// Makes an account.
        public init(currency: CurrencyCode, account: String, bic: String) {
            self.currency = currency
            self.account = account
            self.bic = bic
        }
    }

    /// Joins both; accounts are put in order.
    public init(creditorID: String?, accounts: [Account]) {
        self.creditorID = creditorID
        self.accounts = accounts.sorted { $0.currency < $1.currency }
    }

    /// The account in a currency, or nil.
    public func account(_ currency: CurrencyCode) -> Account? { accounts.first { $0.currency == currency } }
}

/// Everything agreed between the host and one partner.
public struct Agreement: Hashable, Sendable, Codable {
    /// The partner.
    public let partner: PartnerID
    /// The partner's legal name.
    public let legalName: String
    /// ISO 3166-1 alpha-2.
    public let country: String
    /// Registration numbers, such as SIREN and VAT numbers, as label and number.
    public let registrations: [Registration]
    /// Whether the partner takes part.
    public let status: PartnerStatus
    /// The partner's own points, if it has any.
    public let ownCurrency: CurrencyCode?
    /// The money in which the partner settles.
    public let settlementCurrency: CurrencyCode
    /// The zone of the partner's business dates, by name.
    public let zone: String
    /// The account for settlements.
    public let bankAccount: BankAccount?
    /// Registered certificates.
    public let certificates: [CertificateGrant]
    /// Versions of the terms, in order of validity.
    public let terms: [Terms]
    /// Versions of the ratios.
    public let ratios: [Ratio]
    /// Versions of the prices.
    public let prices: [Price]
    /// Versions of the fees.
    public let fees: [Fee]
    /// The hour of the partner's day by which a daily file is expected, `HH:MM`; nil when none is.
    public let fileExpectedBy: String?

    /// A registration number.
    public struct Registration: Hashable, Sendable, Codable {
        /// What number it is, such as `SIREN`.
        public let label: String
        /// The number.
        public let number: String

        /// Makes a registration number.
        public init(label: String, number: String) {
            self.label = label
            self.number = number
        }
    }

    /// Makes an agreement; the parameters are the properties of the same names.
    public init(
        partner: PartnerID, legalName: String, country: String, registrations: [Registration] = [],
        status: PartnerStatus = .active, ownCurrency: CurrencyCode?, settlementCurrency: CurrencyCode, zone: String,
        bankAccount: BankAccount? = nil, certificates: [CertificateGrant] = [], terms: [Terms], ratios: [Ratio],
        prices: [Price], fees: [Fee], fileExpectedBy: String? = nil
    ) {
        self.partner = partner
        self.legalName = legalName
        self.country = country
        self.registrations = registrations
        self.status = status
        self.ownCurrency = ownCurrency
        self.settlementCurrency = settlementCurrency
        self.zone = zone
        self.bankAccount = bankAccount
        self.certificates = certificates
        self.terms = terms
        self.ratios = ratios
        self.prices = prices
        self.fees = fees
        self.fileExpectedBy = fileExpectedBy
    }

    /// The terms in force on a day, or nil. Code AGR-001.
    public func terms(on day: BusinessDate) -> Terms? { terms.first { $0.validity.contains(day) } }

    /// The ratio in force on a business date, or nil. Code AGR-003.
    public func ratio(
        from: CurrencyCode, to: CurrencyCode, purpose: RatioPurpose, on day: BusinessDate
    ) -> Ratio? {
        ratios.first { $0.from == from && $0.to == to && $0.purpose == purpose && $0.validity.contains(day) }
    }

    /// The price in force on a business date, or nil. Code AGR-004.
    public func price(_ kind: PriceKind, on day: BusinessDate) -> Price? {
        prices.first { $0.kind == kind && $0.validity.contains(day) }
    }

    /// The fee in force on a day of acceptance, or nil for none.
    public func fee(_ kind: FeeKind, on day: BusinessDate) -> Fee? {
        fees.first { $0.kind == kind && $0.validity.contains(day) }
    }
}
