/// The part of the schemas that batch files and real-time messages share: a record and the types of its fields.
enum RecordSchemaText {
    /// RFC 3339: a day, a time with at most 9 fraction digits, Z or an offset of at most 14 hours.
    private static let instant =
        #"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"#
        + #"(Z|[+\-](0[0-9]|1[0-3]):[0-5][0-9]|[+\-]14:00)"#

    /// A character of text: no control character and none that changes the direction of text.
    private static let plain =
        "[^&#9;&#10;&#13;&#x7F;-&#x9F;&#x61C;&#x200E;&#x200F;&#x2028;-&#x202E;&#x2066;-&#x2069;]"

    /// Types of ids, codes, days, instants and texts, which headers use too.
    static let fieldTypes = #"""
          <xs:simpleType name="Version">
            <xs:restriction base="xs:string"><xs:enumeration value="1.0"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="IdCharacters">
            <xs:restriction base="xs:string"><xs:pattern value="[A-Za-z0-9/\-?:().,'+ ]{1,35}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="IdEnds">
            <xs:annotation><xs:documentation>No space or / at either end.</xs:documentation></xs:annotation>
            <xs:restriction base="IdCharacters"><xs:pattern value="[^ /]|[^ /].*[^ /]"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Id">
            <xs:annotation>
              <xs:documentation>A name of the partner's own, unique for ever; no // within.</xs:documentation>
            </xs:annotation>
            <xs:restriction base="IdEnds"><xs:pattern value="([^/]|/[^/])*"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="PartnerId">
            <xs:restriction base="xs:string"><xs:pattern value="[A-Z][A-Z0-9]{2,10}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Code">
            <xs:restriction base="xs:string"><xs:pattern value="[A-Z0-9\-_.]{1,35}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="CurrencyCode">
            <xs:restriction base="xs:string"><xs:pattern value="[A-Z]{3}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Instant">
            <xs:annotation><xs:documentation>RFC 3339 with Z or an offset.</xs:documentation></xs:annotation>
            <xs:restriction base="xs:dateTime">
              <xs:pattern value="\#(instant)"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Day">
            <xs:restriction base="xs:date"><xs:pattern value="[0-9]{4}-[0-9]{2}-[0-9]{2}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Text35">
            <xs:annotation>
              <xs:documentation>No control characters and none that change the direction of text.</xs:documentation>
            </xs:annotation>
            <xs:restriction base="xs:string">
              <xs:pattern value="\#(plain){1,35}"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Text140">
            <xs:restriction base="xs:string">
              <xs:pattern value="\#(plain){1,140}"/>
            </xs:restriction>
          </xs:simpleType>

        """#

    /// The record and what only it uses.
    static let record = #"""
          <xs:complexType name="Transaction">
            <xs:sequence>
              <xs:element name="TransactionId" type="Id"/>
              <xs:element name="LoyaltyTransactionType" type="LoyaltyTransactionType"/>
              <xs:element name="TransactionDateTime" type="Instant"/>
              <xs:element name="BusinessDate" type="Day"/>
              <xs:element name="LoyaltyAccount" type="LoyaltyAccount" minOccurs="0"/>
              <xs:element name="EntryMode" type="EntryMode" minOccurs="0"/>
              <xs:element name="LoyaltyAmount" type="LoyaltyAmount"/>
              <xs:element name="CreditDebit" type="CreditDebit" minOccurs="0"/>
              <xs:element name="SaleAmount" type="SaleAmount" minOccurs="0"/>
              <xs:element name="EarnBasis" type="EarnBasis" minOccurs="0"/>
              <xs:element name="OriginalTransaction" type="TransactionReference" minOccurs="0"/>
              <xs:element name="TriggeringTransaction" type="TransactionReference" minOccurs="0"/>
              <xs:element name="PromotionId" type="Code" minOccurs="0"/>
              <xs:element name="ReasonCode" type="Code" minOccurs="0"/>
              <xs:element name="Narrative" type="Text140" minOccurs="0"/>
              <xs:element name="ProductCode" type="Text35" minOccurs="0"/>
              <xs:element name="CounterAccountId" type="Text35" minOccurs="0"/>
              <xs:element name="ApprovalCode" type="ApprovalCode" minOccurs="0"/>
              <xs:element name="PointOfInteraction" type="PointOfInteraction" minOccurs="0"/>
              <xs:element name="SubSource" type="SubSource" minOccurs="0"/>
            </xs:sequence>
          </xs:complexType>
          <xs:simpleType name="LoyaltyTransactionType">
            <xs:restriction base="xs:string">
              <xs:enumeration value="ACCR"/>
              <xs:enumeration value="BONU"/>
              <xs:enumeration value="REDM"/>
              <xs:enumeration value="RVSL"/>
              <xs:enumeration value="ADJT"/>
              <xs:enumeration value="TRFI"/>
              <xs:enumeration value="TRFO"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:complexType name="LoyaltyAccount">
            <xs:sequence>
              <xs:element name="LoyaltyAccountId">
                <xs:complexType>
                  <xs:simpleContent>
                    <xs:extension base="AccountNumber">
                      <xs:attribute name="type" type="AccountIdType" use="required"/>
                    </xs:extension>
                  </xs:simpleContent>
                </xs:complexType>
              </xs:element>
            </xs:sequence>
          </xs:complexType>
          <xs:simpleType name="AccountNumber">
            <xs:annotation>
              <xs:documentation>The last digit is the Luhn check digit.</xs:documentation>
            </xs:annotation>
            <xs:restriction base="xs:string"><xs:pattern value="[0-9]{12,19}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="AccountIdType">
            <xs:restriction base="xs:string">
              <xs:enumeration value="CARD"/>
              <xs:enumeration value="ACCOUNT"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="EntryMode">
            <xs:restriction base="xs:string">
              <xs:enumeration value="CHIP"/>
              <xs:enumeration value="MAGSTRIPE"/>
              <xs:enumeration value="BARCODE"/>
              <xs:enumeration value="KEYED"/>
              <xs:enumeration value="ECOMMERCE"/>
              <xs:enumeration value="CONTACTLESS"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Amount">
            <xs:restriction base="xs:decimal"><xs:pattern value="[0-9]{1,12}(\.[0-9]{1,4})?"/></xs:restriction>
          </xs:simpleType>
          <xs:complexType name="LoyaltyAmount">
            <xs:simpleContent>
              <xs:extension base="Amount"><xs:attribute name="unit" type="CurrencyCode" use="required"/></xs:extension>
            </xs:simpleContent>
          </xs:complexType>
          <xs:simpleType name="CreditDebit">
            <xs:restriction base="xs:string">
              <xs:enumeration value="CRDT"/>
              <xs:enumeration value="DBIT"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:complexType name="SaleAmount">
            <xs:simpleContent>
              <xs:extension base="Amount">
                <xs:attribute name="currency" type="CurrencyCode" use="required"/>
              </xs:extension>
            </xs:simpleContent>
          </xs:complexType>
          <xs:simpleType name="EarnBasisKind">
            <xs:restriction base="xs:string">
              <xs:enumeration value="AMOUNT"/>
              <xs:enumeration value="STEP"/>
              <xs:enumeration value="EVENT"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:complexType name="EarnBasis">
            <xs:simpleContent>
              <xs:extension base="EarnBasisKind"><xs:attribute name="quantity" type="Quantity"/></xs:extension>
            </xs:simpleContent>
          </xs:complexType>
          <xs:simpleType name="Quantity">
            <xs:restriction base="xs:int"><xs:pattern value="[1-9][0-9]{0,8}"/></xs:restriction>
          </xs:simpleType>
          <xs:complexType name="TransactionReference">
            <xs:sequence><xs:element name="TransactionId" type="Id"/></xs:sequence>
          </xs:complexType>
          <xs:simpleType name="ApprovalCode">
            <xs:restriction base="xs:string"><xs:pattern value="[A-Z0-9]{1,12}"/></xs:restriction>
          </xs:simpleType>
          <xs:complexType name="PointOfInteraction">
            <xs:sequence>
              <xs:element name="StoreId" type="Text35"/>
              <xs:element name="TerminalId" type="Text35" minOccurs="0"/>
            </xs:sequence>
          </xs:complexType>
          <xs:complexType name="SubSource">
            <xs:sequence>
              <xs:element name="Brand" type="Text35" minOccurs="0"/>
              <xs:element name="Channel" type="Text35" minOccurs="0"/>
              <xs:element name="BusinessLine" type="Text35" minOccurs="0"/>
            </xs:sequence>
          </xs:complexType>

        """#
}
