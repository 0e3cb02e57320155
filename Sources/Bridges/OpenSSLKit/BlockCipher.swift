internal import COpenSSL
public import Primitives

/// AES with a key of 256 bits (FIPS 197), block by block: a permutation that nobody without the key can tell from a
/// random one. It makes values that look random from numbers; it is no way to encrypt a text.
public enum AES256 {
    /// Encrypts blocks of 16 bytes in place, each by itself. A block is two words, the most significant byte first.
    public static func encrypt(_ words: inout [UInt64], key: Digest32) {
        precondition(words.count % 2 == 0, "a block is two words")
        for index in words.indices { words[index] = words[index].bigEndian }
        let size = Int32(words.count * 8)
        let keyBytes = key.bytes
        guard let context = unsafe EVP_CIPHER_CTX_new() else { preconditionFailure("no memory for a cipher") }
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        var written: Int32 = 0
        // SAFETY: the cipher reads and writes the array's own bytes, which are whole blocks, within the call; in and
        // out may be the same place. The key has the 32 bytes that the cipher takes.
        let done = unsafe words.withUnsafeMutableBytes { bytes in
            let place = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return unsafe keyBytes.withUnsafeBufferPointer { key in
                unsafe EVP_EncryptInit_ex2(context, EVP_aes_256_ecb(), key.baseAddress, nil, nil) == 1
                    && EVP_CIPHER_CTX_set_padding(context, 0) == 1
                    && EVP_EncryptUpdate(context, place, &written, place, size) == 1
            }
        }
        precondition(done && written == size, "AES of whole blocks cannot fail")
        for index in words.indices { words[index] = UInt64(bigEndian: words[index]) }
    }
}
