/// The schema of real-time responses: the same text as `Specs/xsd/realtime-response.xsd`.
public enum RealtimeResponseSchema {
    /// The schema of responses; its namespace is `RealtimeSchema.namespace`.
    public static let text = head + RecordSchemaText.fieldTypes + types

    private static let head = #"""
        <?xml version="1.0" encoding="UTF-8"?>
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:coalition:clearing:realtime:1"
          targetNamespace="urn:coalition:clearing:realtime:1" elementFormDefault="qualified" version="1.0">
          <xs:annotation>
            <xs:documentation>The gateway's signed answers to real-time requests.</xs:documentation>
          </xs:annotation>
          <xs:element name="LoyaltyResponse">
            <xs:complexType>
              <xs:sequence>
                <xs:element name="MessageHeader" type="MessageHeader"/>
                <xs:choice>
                  <xs:element name="TransactionStatus" type="TransactionStatus"/>
                  <xs:element name="MessageStatus" type="MessageStatus"/>
                  <xs:element name="StatusReport" type="StatusReport"/>
                  <xs:element name="PositionReport" type="PositionReport"/>
                  <xs:element name="Echo" type="Echo"/>
                </xs:choice>
                <xs:element name="Evidence" type="Evidence" minOccurs="0"/>
              </xs:sequence>
              <xs:attribute name="version" type="Version" use="required"/>
            </xs:complexType>
          </xs:element>
          <xs:complexType name="MessageHeader">
            <xs:sequence>
              <xs:element name="MessageId" type="Id"/>
              <xs:element name="CreationDateTime" type="Instant"/>
              <xs:element name="OriginalMessageId" type="Id" minOccurs="0"/>
            </xs:sequence>
          </xs:complexType>

        """#

    private static let types = #"""
          <xs:simpleType name="Status">
            <xs:restriction base="xs:string">
              <xs:enumeration value="ACCP"/>
              <xs:enumeration value="RJCT"/>
              <xs:enumeration value="DUPL"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:complexType name="TransactionStatus">
            <xs:sequence>
              <xs:element name="TransactionId" type="Text35" minOccurs="0"/>
              <xs:element name="Status" type="Status"/>
              <xs:element name="ApprovalCode" type="Code" minOccurs="0"/>
              <xs:element name="ClearingReference" type="Code" minOccurs="0"/>
              <xs:element name="WindowId" type="Code" minOccurs="0"/>
              <xs:element name="Conversion" type="Conversion" minOccurs="0"/>
              <xs:element name="OwnUnitsCredited" type="UnitAmount" minOccurs="0"/>
              <xs:element name="StatusReason" type="StatusReason" minOccurs="0" maxOccurs="unbounded"/>
            </xs:sequence>
          </xs:complexType>
          <xs:complexType name="MessageStatus">
            <xs:annotation><xs:documentation>The message as a whole is refused.</xs:documentation></xs:annotation>
            <xs:sequence>
              <xs:element name="Status" type="Status"/>
              <xs:element name="StatusReason" type="StatusReason" maxOccurs="unbounded"/>
            </xs:sequence>
          </xs:complexType>
          <xs:complexType name="StatusReport">
            <xs:annotation>
              <xs:documentation>Known says whether the message or record named has been received.</xs:documentation>
            </xs:annotation>
            <xs:sequence>
              <xs:element name="Known" type="xs:boolean"/>
              <xs:element name="ReceivedDateTime" type="Instant" minOccurs="0"/>
              <xs:choice minOccurs="0">
                <xs:element name="TransactionStatus" type="TransactionStatus"/>
                <xs:element name="MessageStatus" type="MessageStatus"/>
              </xs:choice>
            </xs:sequence>
          </xs:complexType>
          <xs:complexType name="PositionReport">
            <xs:sequence>
              <xs:element name="WindowId" type="Code"/>
              <xs:element name="Position" type="Position" minOccurs="0" maxOccurs="unbounded"/>
            </xs:sequence>
          </xs:complexType>
          <xs:complexType name="Position">
            <xs:simpleContent>
              <xs:extension base="Sum">
                <xs:attribute name="unit" type="CurrencyCode" use="required"/>
                <xs:attribute name="creditDebit" type="CreditDebit" use="required"/>
              </xs:extension>
            </xs:simpleContent>
          </xs:complexType>
          <xs:simpleType name="Sum">
            <xs:restriction base="xs:decimal"><xs:pattern value="[0-9]{1,18}(\.[0-9]{1,4})?"/></xs:restriction>
          </xs:simpleType>
          <xs:simpleType name="CreditDebit">
            <xs:restriction base="xs:string">
              <xs:enumeration value="CRDT"/>
              <xs:enumeration value="DBIT"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:complexType name="UnitAmount">
            <xs:simpleContent>
              <xs:extension base="Sum"><xs:attribute name="unit" type="CurrencyCode" use="required"/></xs:extension>
            </xs:simpleContent>
          </xs:complexType>
          <xs:complexType name="Conversion">
            <xs:sequence>
              <xs:element name="From" type="UnitAmount"/>
              <xs:element name="To" type="UnitAmount"/>
            </xs:sequence>
            <xs:attribute name="rateVersion" type="Code"/>
            <xs:attribute name="fromUnits" type="xs:positiveInteger"/>
            <xs:attribute name="toUnits" type="xs:positiveInteger"/>
            <xs:attribute name="exact" type="xs:string"/>
            <xs:attribute name="rounding" type="Code"/>
          </xs:complexType>
          <xs:complexType name="StatusReason">
            <xs:annotation>
              <xs:documentation>The rule or what was found; attributes tell the place.</xs:documentation>
            </xs:annotation>
            <xs:simpleContent>
              <xs:extension base="xs:string">
                <xs:attribute name="code" type="Code" use="required"/>
                <xs:attribute name="severity" type="Code" use="required"/>
                <xs:attribute name="iso" type="Code"/>
                <xs:attribute name="response" type="Code"/>
                <xs:attribute name="line" type="xs:nonNegativeInteger"/>
                <xs:attribute name="offset" type="xs:nonNegativeInteger"/>
                <xs:attribute name="field" type="xs:string"/>
                <xs:attribute name="value" type="xs:string"/>
                <xs:attribute name="action" type="xs:string"/>
              </xs:extension>
            </xs:simpleContent>
          </xs:complexType>
          <xs:complexType name="Echo">
            <xs:sequence><xs:element name="Text" type="Text140" minOccurs="0"/></xs:sequence>
          </xs:complexType>
          <xs:complexType name="Evidence">
            <xs:annotation>
              <xs:documentation>Reserved for proofs; its content is not checked.</xs:documentation>
            </xs:annotation>
            <xs:sequence><xs:any processContents="skip" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
          </xs:complexType>
        </xs:schema>

        """#
}
