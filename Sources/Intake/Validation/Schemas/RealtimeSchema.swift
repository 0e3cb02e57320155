/// The schema of real-time requests: the same text as `Specs/xsd/realtime.xsd`.
public enum RealtimeSchema {
    /// The namespace of requests and responses of this version.
    public static let namespace = "urn:coalition:clearing:realtime:1"
    /// The namespace of any version, but for its number.
    static let namespaceStem = "urn:coalition:clearing:realtime:"
    /// The version that the root names.
    public static let version = "1.0"

    /// The schema of requests.
    public static let text = head + RecordSchemaText.fieldTypes + RecordSchemaText.record + "</xs:schema>\n"

    private static let head = #"""
        <?xml version="1.0" encoding="UTF-8"?>
        <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:coalition:clearing:realtime:1"
          targetNamespace="urn:coalition:clearing:realtime:1" elementFormDefault="qualified" version="1.0">
          <xs:annotation>
            <xs:documentation>Real-time requests. Specs/formats.md has the rules beyond this schema.</xs:documentation>
          </xs:annotation>
          <xs:element name="LoyaltyRequest">
            <xs:complexType>
              <xs:sequence>
                <xs:element name="MessageHeader" type="MessageHeader"/>
                <xs:choice>
                  <xs:element name="Transaction" type="Transaction"/>
                  <xs:element name="StatusQuery" type="StatusQuery"/>
                  <xs:element name="PositionQuery" type="PositionQuery"/>
                  <xs:element name="Echo" type="Echo"/>
                </xs:choice>
              </xs:sequence>
              <xs:attribute name="version" type="Version" use="required"/>
            </xs:complexType>
          </xs:element>
          <xs:complexType name="MessageHeader">
            <xs:sequence>
              <xs:element name="MessageId" type="Id"/>
              <xs:element name="CreationDateTime" type="Instant"/>
              <xs:element name="PartnerId" type="PartnerId"/>
              <xs:element name="PossibleDuplicate" type="YesNo" minOccurs="0"/>
            </xs:sequence>
          </xs:complexType>
          <xs:simpleType name="YesNo">
            <xs:restriction base="xs:string">
              <xs:enumeration value="true"/>
              <xs:enumeration value="false"/>
            </xs:restriction>
          </xs:simpleType>
          <xs:complexType name="StatusQuery">
            <xs:annotation>
              <xs:documentation>What became of an earlier message or record.</xs:documentation>
            </xs:annotation>
            <xs:choice>
              <xs:element name="OriginalMessageId" type="Id"/>
              <xs:element name="TransactionId" type="Id"/>
            </xs:choice>
          </xs:complexType>
          <xs:complexType name="PositionQuery">
            <xs:annotation>
              <xs:documentation>The own position, of the open window or the one named.</xs:documentation>
            </xs:annotation>
            <xs:sequence><xs:element name="WindowId" type="WindowId" minOccurs="0"/></xs:sequence>
          </xs:complexType>
          <xs:simpleType name="WindowId">
            <xs:restriction base="xs:string"><xs:pattern value="W-[A-Z0-9\-_.]{1,18}"/></xs:restriction>
          </xs:simpleType>
          <xs:complexType name="Echo">
            <xs:sequence><xs:element name="Text" type="Text140" minOccurs="0"/></xs:sequence>
          </xs:complexType>

        """#
}
