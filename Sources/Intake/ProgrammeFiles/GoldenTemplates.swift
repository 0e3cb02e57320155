// Written by Specs/scenarios/golden/embed.py from Specs/scenarios/golden/programme; a test compares the two.

/// The golden scenario's programme as text, by path.
enum GoldenTemplates {
    static let all: [(path: String, text: String)] = [
        ("agreements/BANQUE.yaml", file1),
        ("agreements/CARBU.yaml", file2),
        ("agreements/MARCHE.yaml", file3),
        ("agreements/RAILCO.yaml", file4),
        ("programme.yaml", file5),
        ("promotions/PRM-DUO.yaml", file6),
        ("promotions/PRM-SPRING.yaml", file7),
    ]

    private static let file1 = #"""
        # A bank: members earn shared points with its card; it has no points of its own.
        partner: BANQUE
        legalName: Banque du Midi SA
        country: FR
        registrations:
          - label: SIREN
            number: 903344554
          - label: VAT
            number: FR47903344554
        status: ACTIVE
        settlementCurrency: EUR
        zone: Europe/Paris
        bankAccount:
          account: FR7610278001000009876543221
          bic: CMCIFR2A
          mandate: COALITION-BANQUE-01
          mandateDate: 2025-12-15
        certificates: []

        terms:
          - id: T-BAN-1
            validFrom: 2025-01-01
            roles: [EARN]
            graceDays: 3
            lateLimitDays: 30
            disputeLimitDays: 60
            minimumSettlement: 5.00 EUR
            maxCarryWindows: 6
            rejection:
              policy: PER_RECORD
              thresholdPercent: 100
            rounding: HALF_UP
            tax:
              hostSupplies:
                category: S
                rate: 20

        prices:
          - id: P-BAN-ISS-1
            kind: ISSUANCE
            price: 0.00620 EUR
            validFrom: 2025-01-01

        fees:
          - id: F-BAN-REC-1
            kind: RECORD
            amount: 0.015 EUR
            validFrom: 2025-01-01
          - id: F-BAN-LATE-1
            kind: LATE
            amount: 0.50 EUR
            validFrom: 2025-01-01

        """#

    private static let file2 = #"""
        # A fuel company in Tunisia: it settles in dinars with three decimals, at the fixing of each window.
        partner: CARBU
        legalName: Carbu Carburants SA
        country: TN
        registrations:
          - label: Matricule fiscal
            number: 1234567/A/A/M/000
        status: ACTIVE
        ownCurrency: FUP
        settlementCurrency: TND
        zone: Africa/Tunis
        bankAccount:
          account: TN5910006035183598478831
          bic: STBKTNTT
        certificates: []

        terms:
          - id: T-CAR-1
            validFrom: 2025-01-01
            roles: [EARN, BURN]
            graceDays: 3
            lateLimitDays: 30
            disputeLimitDays: 60
            minimumSettlement: 15.000 TND
            maxCarryWindows: 6
            rejection:
              policy: PER_RECORD
              thresholdPercent: 100
            rounding: HALF_UP
            tax:
              hostSupplies:
                category: O

        ratios:
          - id: R-FUP-SML-1
            purpose: ACCRUAL
            ratio: 2 FUP = 1 SML
            validFrom: 2025-01-01
            validTo: 2026-03-15
          - id: R-FUP-SML-2
            purpose: ACCRUAL
            ratio: 7 FUP = 4 SML
            validFrom: 2026-03-16

        prices:
          - id: P-CAR-ISS-1
            kind: ISSUANCE
            price: 0.00590 EUR
            validFrom: 2025-01-01
            validTo: 2026-03-15
          - id: P-CAR-ISS-2
            kind: ISSUANCE
            price: 0.00600 EUR
            validFrom: 2026-03-16
          - id: P-CAR-RED-1
            kind: REIMBURSEMENT
            price: 0.00500 EUR
            validFrom: 2025-01-01

        fees:
          - id: F-CAR-REC-1
            kind: RECORD
            amount: 0.015 EUR
            validFrom: 2025-01-01
          - id: F-CAR-LATE-1
            kind: LATE
            amount: 0.50 EUR
            validFrom: 2025-01-01

        """#

    private static let file3 = #"""
        # A supermarket: members earn and spend there, and change shared points into its own.
        partner: MARCHE
        legalName: Marché Lumière SA
        country: FR
        registrations:
          - label: SIREN
            number: 901122333
          - label: VAT
            number: FR00901122333
        status: ACTIVE
        ownCurrency: MKP
        settlementCurrency: EUR
        zone: Europe/Paris
        fileExpectedBy: 03:00
        bankAccount:
          account: FR7630001007941234567890185
          bic: BDFEFRPPCCT
          mandate: COALITION-MARCHE-01
          mandateDate: 2025-12-15
        certificates: []

        terms:
          - id: T-MAR-1
            validFrom: 2025-01-01
            roles: [EARN, BURN, TRANSFER_OUT, CO_FUND]
            graceDays: 3
            lateLimitDays: 30
            disputeLimitDays: 60
            minimumSettlement: 5.00 EUR
            maxCarryWindows: 6
            rejection:
              policy: PER_RECORD
              thresholdPercent: 100
            rounding: HALF_UP
            tax:
              hostSupplies:
                category: S
                rate: 20

        ratios:
          - id: R-MKP-SML-1
            purpose: ACCRUAL
            ratio: 3 MKP = 2 SML
            validFrom: 2025-01-01
            validTo: 2026-03-24
          - id: R-MKP-SML-2
            purpose: ACCRUAL
            ratio: 8 MKP = 5 SML
            validFrom: 2026-03-25
          - id: X-SML-MKP-1
            purpose: TRANSFER
            ratio: 5 SML = 7 MKP
            minimum: 1000
            step: 500
            validFrom: 2025-01-01

        prices:
          - id: P-MAR-ISS-1
            kind: ISSUANCE
            price: 0.00550 EUR
            validFrom: 2025-01-01
            validTo: 2026-03-24
          - id: P-MAR-ISS-2
            kind: ISSUANCE
            price: 0.00575 EUR
            validFrom: 2026-03-25
          - id: P-MAR-RED-1
            kind: REIMBURSEMENT
            price: 0.00480 EUR
            validFrom: 2025-01-01
          - id: P-MAR-TRO-1
            kind: TRANSFER_OUT
            price: 0.00450 EUR
            validFrom: 2025-01-01

        fees:
          - id: F-MAR-REC-1
            kind: RECORD
            amount: 0.015 EUR
            validFrom: 2025-01-01
          - id: F-MAR-LATE-1
            kind: LATE
            amount: 0.50 EUR
            validFrom: 2025-01-01

        """#

    private static let file4 = #"""
        # A railway: members earn and spend there, and change its own points into shared ones. It reports joint bonuses.
        partner: RAILCO
        legalName: Railco SA
        country: FR
        registrations:
          - label: SIREN
            number: 902233444
          - label: VAT
            number: FR25902233444
        status: ACTIVE
        ownCurrency: RLM
        settlementCurrency: EUR
        zone: Europe/Paris
        fileExpectedBy: 02:00
        bankAccount:
          account: FR7630004008120001020304005
          bic: BNPAFRPPXXX
          mandate: COALITION-RAILCO-01
          mandateDate: 2025-12-15
        certificates: []

        terms:
          - id: T-RAI-1
            validFrom: 2025-01-01
            roles: [EARN, BURN, TRANSFER_IN, CO_FUND]
            graceDays: 3
            lateLimitDays: 30
            disputeLimitDays: 60
            minimumSettlement: 5.00 EUR
            maxCarryWindows: 6
            rejection:
              policy: PER_RECORD
              thresholdPercent: 100
            rounding: HALF_UP
            tax:
              hostSupplies:
                category: S
                rate: 20

        ratios:
          - id: R-RLM-SML-1
            purpose: ACCRUAL
            ratio: 2 RLM = 5 SML
            validFrom: 2025-01-01
          - id: X-RLM-SML-1
            purpose: TRANSFER
            ratio: 2 RLM = 5 SML
            minimum: 1000
            step: 500
            validFrom: 2025-01-01

        prices:
          - id: P-RAI-ISS-1
            kind: ISSUANCE
            price: 0.00580 EUR
            validFrom: 2025-01-01
          - id: P-RAI-RED-1
            kind: REIMBURSEMENT
            price: 0.00500 EUR
            validFrom: 2025-01-01
            validTo: 2026-03-15
          - id: P-RAI-RED-2
            kind: REIMBURSEMENT
            price: 0.00520 EUR
            validFrom: 2026-03-16
          - id: P-RAI-TRI-1
            kind: TRANSFER_IN
            price: 0.00560 EUR
            validFrom: 2025-01-01

        fees:
          - id: F-RAI-REC-1
            kind: RECORD
            amount: 0.015 EUR
            validFrom: 2025-01-01
          - id: F-RAI-LATE-1
            kind: LATE
            amount: 0.50 EUR
            validFrom: 2025-01-01

        """#

    private static let file5 = #"""
        # The programme of the golden scenario: one host, one shared currency, half-monthly windows.
        programme: SMILES
        host:
          id: HOST
          legalName: Coalition Host SA
          # The host pays from these accounts and collects into them, under this creditor id.
          creditorId: FR09ZZZ903112
          bankAccounts:
            - currency: EUR
              account: FR7630006000011234567890189
              bic: AGRIFRPP
            - currency: TND
              account: TN8508006035183598478832
              bic: BIATTNTT
        currency: SML
        priceCurrency: EUR
        zone: Europe/Paris

        # Windows end at midnight before the 1st and the 16th of each month.
        calendar:
          frequency: HALF_MONTHLY
          from: 2026-03-01
          to: 2026-12-31
          cutoff: 00:00
          settlement:
            # Money moves on the third business day, counted from the day of the cut-off.
            businessDay: 3
            settleEvery: 1
            bankCalendars:
              EUR: [TARGET]
              TND: [TARGET, TN]

        # Fixed public holidays of Tunisia; those that follow the moon are added as they are announced.
        bankCalendars:
          TN: [2026-03-20, 2026-04-09, 2026-05-01, 2026-07-25, 2026-08-13, 2026-10-15, 2026-12-17, 2027-01-01]

        # The officers of the host are named when the data directory is made; further ones would stand here.
        officers: []

        # Points that members held before the first window.
        openingPoints: 100000

        """#

    private static let file6 = #"""
        # A bonus in two equal parts; the odd point goes to the smaller id.
        promotion: PRM-DUO
        name: Rail and market duo
        validFrom: 2026-04-01
        validTo: 2026-04-30
        funders:
          RAILCO: 1
          MARCHE: 1

        """#

    private static let file7 = #"""
        # A spring bonus that the railway, the supermarket and the host pay for together.
        promotion: PRM-SPRING
        name: Spring bonus
        validFrom: 2026-03-01
        validTo: 2026-05-31
        funders:
          RAILCO: 50
          MARCHE: 30
          HOST: 20

        """#
}
