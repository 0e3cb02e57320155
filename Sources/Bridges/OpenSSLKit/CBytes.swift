internal import COpenSSL
import Primitives

/// Copies what C functions give out into Swift values.
enum CBytes {
    /// Runs an `i2d_...` function twice, for the length and for the bytes. Empty where the function fails.
    static func encode(_ i2d: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> [UInt8] {
        let length = i2d(nil)
        guard length > 0 else { return [] }
        return unsafe [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, initialized in
            var cursor = buffer.baseAddress
            let written = unsafe i2d(&cursor)
            precondition(written == length, "an encoding has one length")
            initialized = Int(length)
        }
    }

    /// The content of an ASN.1 string.
    @unsafe static func string(_ value: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
        let length = unsafe Int(ASN1_STRING_length(value))
        guard length > 0 else { return [] }
        return unsafe [UInt8](UnsafeBufferPointer(start: ASN1_STRING_get0_data(value), count: length))
    }

    /// A time, or nil where it is not written as RFC 5280 says.
    @unsafe static func time(_ value: UnsafePointer<ASN1_TIME>?) -> Timestamp? {
        guard let value = unsafe value else { return nil }
        let type = unsafe ASN1_STRING_type(value)
        return unsafe ASN1Time.read(tag: UInt8(truncatingIfNeeded: type), content: string(value))
    }

    /// OpenSSL's short name of an object number.
    static func shortName(_ number: Int32) -> String {
        guard number != NID_undef, let name = unsafe OBJ_nid2sn(number) else { return "an unknown algorithm" }
        return unsafe String(cString: name)
    }
}

/// OpenSSL's stream over bytes in memory.
enum MemoryBIO {
    /// What a printing function writes, as text. The function answers whether it succeeded.
    static func text(_ body: (OpaquePointer) -> Bool) throws(CryptoError) -> String {
        guard let bio = unsafe BIO_new(BIO_s_mem()) else { throw CryptoError(.failed, "out of memory") }
        defer { unsafe BIO_free(bio) }
        guard unsafe body(bio) else { throw ErrorQueue.error(.failed, "writing text") }
        var out: [UInt8] = []
        while true {
            var count = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, initialized in
                count = unsafe Int(BIO_read(bio, buffer.baseAddress, Int32(buffer.count)))
                initialized = max(count, 0)
            }
            if count <= 0 { break }
            out += piece
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Runs a reading function on bytes.
    @unsafe static func reading<R>(_ bytes: [UInt8], _ body: (OpaquePointer) -> R?) -> R? {
        unsafe bytes.withUnsafeBufferPointer { buffer in
            guard let bio = unsafe BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return nil }
            defer { unsafe BIO_free(bio) }
            return unsafe body(bio)
        }
    }
}

/// A stack of borrowed OpenSSL objects, freed with its scope; the objects are not.
@safe
struct BorrowedStack: ~Copyable {
    let pointer: OpaquePointer

    init() {
        guard let made = unsafe OPENSSL_sk_new_null() else { preconditionFailure("out of memory for a list") }
        unsafe pointer = made
    }

    @unsafe func push(_ object: OpaquePointer) {
        let count = unsafe OPENSSL_sk_push(pointer, UnsafeRawPointer(object))
        precondition(count > 0, "out of memory for a list")
    }

    deinit { unsafe OPENSSL_sk_free(pointer) }
}
