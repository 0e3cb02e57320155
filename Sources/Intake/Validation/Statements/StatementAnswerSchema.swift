/// The schema of answers to settlement statements: the same text as `Specs/xsd/statement-answer.xsd`.
public enum StatementAnswerSchema {
    /// The namespace of answers and replies of this version.
    public static let namespace = "urn:coalition:clearing:statement-answer:1"
    /// The namespace of any version, but for its number.
    static let namespaceStem = "urn:coalition:clearing:statement-answer:"
    /// The version that the root names.
    public static let version = "1.0"

    /// The schema.
    public static let text = #"""
        <?xml version="1.0" encoding="UTF-8"?>
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:coalition:clearing:statement-answer:1"
          targetNamespace="urn:coalition:clearing:statement-answer:1" elementFormDefault="qualified" version="1.0">
          <xs:annotation>
            <xs:documentation>What a partner says to a settlement statement, and the host's reply.</xs:documentation>
          </xs:annotation>
          <xs:element name="StatementAnswer">
            <xs:complexType>
              <xs:sequence>
                <xs:element name="PartnerId" type="PartnerId"/>
                <xs:element name="StatementId" type="StatementId"/>
                <xs:element name="StatementDigest" type="Digest"/>
                <xs:element name="CreationDateTime" type="xs:dateTime"/>
                <xs:element name="Verdict" type="Verdict"/>
                <xs:element name="Totals">
                  <xs:complexType>
                    <xs:attribute name="currency" type="Currency" use="required"/>
                    <xs:attribute name="lines" type="Count" use="required"/>
                    <xs:attribute name="credits" type="Amount" use="required"/>
                    <xs:attribute name="debits" type="Amount" use="required"/>
                    <xs:attribute name="net" type="Amount" use="required"/>
                    <xs:attribute name="closing" type="Amount" use="required"/>
                  </xs:complexType>
                </xs:element>
                <xs:element name="Difference" minOccurs="0" maxOccurs="unbounded">
                  <xs:annotation>
                    <xs:documentation>At least one when the verdict is DIFFERS, else none.</xs:documentation>
                  </xs:annotation>
                  <xs:complexType>
                    <xs:simpleContent>
                      <xs:extension base="Words">
                        <xs:attribute name="item" type="Item" use="required"/>
                        <xs:attribute name="own" type="Amount" use="required"/>
                        <xs:attribute name="reason" type="Reason" use="required"/>
                      </xs:extension>
                    </xs:simpleContent>
                  </xs:complexType>
                </xs:element>
              </xs:sequence>
              <xs:attribute name="version" type="Version" use="required"/>
            </xs:complexType>
          </xs:element>
          <xs:element name="StatementAnswerReply">
            <xs:complexType>
              <xs:sequence>
                <xs:element name="ReplyId">
                  <xs:simpleType>
                    <xs:restriction base="xs:string"><xs:pattern value="AGR-[0-9]{8,}"/></xs:restriction>
                  </xs:simpleType>
                </xs:element>
                <xs:element name="IssuedDateTime" type="xs:dateTime"/>
                <xs:element name="PartnerId" type="PartnerId"/>
                <xs:element name="StatementId" type="StatementId"/>
                <xs:element name="StatementDigest" type="Digest"/>
                <xs:element name="AnswerDigest" type="Digest"/>
                <xs:element name="Verdict" type="Verdict"/>
                <xs:element name="DifferenceCount" type="Count"/>
              </xs:sequence>
              <xs:attribute name="version" type="Version" use="required"/>
            </xs:complexType>
          </xs:element>
          <xs:simpleType name="Version">
            <xs:restriction base="xs:string"><xs:enumeration value="1.0"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="PartnerId">
            <xs:restriction base="xs:string"><xs:pattern value="[A-Z][A-Z0-9]{2,10}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="StatementId">
            <xs:restriction base="xs:string"><xs:pattern value="STL-[A-Z0-9\-_.]{1,60}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Digest">
            <xs:annotation>
              <xs:documentation>SHA-256; the statement's is that of its XML as issued.</xs:documentation>
            </xs:annotation>
            <xs:restriction base="xs:string"><xs:pattern value="[0-9a-f]{64}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Verdict">
            <xs:restriction base="xs:string">
              <xs:enumeration value="AGREED"/>
              <xs:enumeration value="DIFFERS"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Currency">
            <xs:restriction base="xs:string"><xs:pattern value="[A-Z]{3}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Count">
            <xs:restriction base="xs:string"><xs:pattern value="0|[1-9][0-9]{0,8}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Amount">
            <xs:annotation>
              <xs:documentation>In the statement's currency; of LINES a number.</xs:documentation>
            </xs:annotation>
            <xs:restriction base="xs:string"><xs:pattern value="-?[0-9]{1,14}(\.[0-9]{1,4})?"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Item">
            <xs:annotation>
              <xs:documentation>The number of a line, or a figure of the statement by its name.</xs:documentation>
            </xs:annotation>
            <xs:restriction base="xs:string">
              <xs:pattern value="[1-9][0-9]{0,8}"/>
              <xs:pattern value="LINES|OPENING|CREDITS|DEBITS|TAX|NET"/>
              <xs:pattern value="PAYMENTS|RETURNS|CLOSING|DUE|IN_SETTLEMENT"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Reason">
            <xs:restriction base="xs:string">
              <xs:enumeration value="AMOUNT"/>
              <xs:enumeration value="QUANTITY"/>
              <xs:enumeration value="PRICE"/>
              <xs:enumeration value="FIXING"/>
              <xs:enumeration value="TAX"/>
              <xs:enumeration value="PAYMENT"/>
              <xs:enumeration value="MISSING"/>
              <xs:enumeration value="UNEXPECTED"/>
              <xs:enumeration value="OTHER"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Words">
            <xs:restriction base="xs:string"><xs:maxLength value="140"/></xs:restriction>
          </xs:simpleType>
        </xs:schema>

        """#
}
