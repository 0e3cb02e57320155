import CLibXML2

/// Finds the number of a name by its address: libxml2 keeps one copy of each name for a document.
@safe
struct InternedNames {
    private struct Slot {
        var address: UInt
        var number: Int16
    }

    private let namespace: UInt?
    private var slots: [Slot]
    private let mask: Int

    /// Lays the vocabulary's names into the parser's own dictionary.
    init(_ vocabulary: XMLVocabulary, dictionary: OpaquePointer?) {
        var size = 64
        while size < vocabulary.names.count * 4 { size *= 2 }
        slots = Array(repeating: Slot(address: 0, number: -1), count: size)
        mask = size - 1
        namespace = vocabulary.namespace.map { unsafe Self.address(of: $0, in: dictionary) }
        for (number, name) in vocabulary.names.enumerated() {
            let address = unsafe Self.address(of: name, in: dictionary)
            var index = Int(truncatingIfNeeded: address >> 3) & mask
            while slots[index].address != 0 { index = (index + 1) & mask }
            slots[index] = Slot(address: address, number: Int16(number))
        }
    }

    private static func address(of name: String, in dictionary: OpaquePointer?) -> UInt {
        let kept = unsafe name.withCString { text in
            unsafe text.withMemoryRebound(to: xmlChar.self, capacity: name.utf8.count) {
                unsafe xmlDictLookup(dictionary, $0, Int32(name.utf8.count))
            }
        }
        return UInt(bitPattern: kept)
    }

    /// The number of an element's name, or -1.
    func element(_ name: UnsafePointer<xmlChar>, _ elementNamespace: UnsafePointer<xmlChar>?) -> Int16 {
        guard let namespace, UInt(bitPattern: elementNamespace) == namespace else { return -1 }
        return number(UInt(bitPattern: name))
    }

    /// The number of the name of an attribute without a namespace, or -1.
    func attribute(_ name: UnsafePointer<xmlChar>) -> Int16 { number(UInt(bitPattern: name)) }

    private func number(_ address: UInt) -> Int16 {
        var index = Int(truncatingIfNeeded: address >> 3) & mask
        while slots[index].address != 0 {
            if slots[index].address == address { return slots[index].number }
            index = (index + 1) & mask
        }
        return -1
    }
}
