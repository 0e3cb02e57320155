/// The schema of batch files: the same text as `Specs/xsd/batch.xsd`.
public enum BatchSchema {
    /// The namespace of this version.
    public static let namespace = "urn:coalition:clearing:batch:1"
    /// The namespace of any version, but for its number.
    static let namespaceStem = "urn:coalition:clearing:batch:"
    /// The version that the root names.
    public static let version = "1.0"

    /// The schema.
    public static let text = head + RecordSchemaText.fieldTypes + RecordSchemaText.record + "</xs:schema>\n"

    private static let head = #"""
        <?xml version="1.0" encoding="UTF-8"?>
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:coalition:clearing:batch:1"
          xmlns:b="urn:coalition:clearing:batch:1" targetNamespace="urn:coalition:clearing:batch:1"
          elementFormDefault="qualified" version="1.0">
          <xs:annotation>
            <xs:documentation>Batch files. Specs/formats.md has the rules beyond this schema.</xs:documentation>
          </xs:annotation>
          <xs:element name="LoyaltyTransactionBatch">
            <xs:complexType>
              <xs:sequence>
                <xs:element name="GroupHeader" type="GroupHeader">
                  <xs:unique name="OneControlSumForEachUnit">
                    <xs:selector xpath="b:ControlSum"/>
                    <xs:field xpath="@unit"/>
                  </xs:unique>
                </xs:element>
                <xs:element name="Transaction" type="Transaction" minOccurs="0" maxOccurs="unbounded"/>
              </xs:sequence>
              <xs:attribute name="version" type="Version" use="required"/>
            </xs:complexType>
          </xs:element>
          <xs:complexType name="GroupHeader">
            <xs:sequence>
              <xs:element name="MessageId" type="Id"/>
              <xs:element name="CreationDateTime" type="Instant"/>
              <xs:element name="InitiatingParty" type="PartnerId"/>
              <xs:element name="Recipient" type="PartnerId"/>
              <xs:element name="ProgrammeId" type="Code"/>
              <xs:element name="Series" type="Series"/>
              <xs:element name="SequenceNumber" type="SequenceNumber"/>
              <xs:element name="NumberOfTransactions" type="Count"/>
              <xs:element name="ControlSum" type="ControlSum" minOccurs="0" maxOccurs="unbounded"/>
              <xs:element name="ReplacesReceiptId" type="Id" minOccurs="0"/>
              <xs:element name="CorrectsReceiptId" type="Id" minOccurs="0"/>
            </xs:sequence>
          </xs:complexType>
          <xs:simpleType name="Series">
            <xs:restriction base="xs:string">
              <xs:enumeration value="LIVE"/>
              <xs:enumeration value="TEST"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="SequenceNumber">
            <xs:restriction base="xs:long"><xs:pattern value="[1-9][0-9]{0,11}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Count">
            <xs:restriction base="xs:long"><xs:pattern value="[0-9]{1,9}"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="Sum">
            <xs:restriction base="xs:decimal"><xs:pattern value="[0-9]{1,18}(\.[0-9]{1,4})?"/></xs:restriction>
          </xs:simpleType>
          <xs:complexType name="ControlSum">
            <xs:simpleContent>
              <xs:extension base="Sum"><xs:attribute name="unit" type="CurrencyCode" use="required"/></xs:extension>
            </xs:simpleContent>
          </xs:complexType>

        """#
}
