import FileStore
import OpenSSLKit
import Primitives

extension OriginalStore {
    /// Keeps revocation lists by which signatures are judged from now on, under their digests: facts name them.
    ///
    /// - Throws: `Fault` when one cannot be made durable.
    func keep(_ lists: [RevocationList]) throws(Fault) {
        for list in lists where try !contains(list.digest) {
            // Another task that is keeping the same list makes it durable before its own facts.
            guard let document = try beginDocument("revocation-\(list.digest)") else { continue }
            do throws(StorageFailure) {
                try document.append(list.der[...])
                _ = try document.complete()
            } catch {
                throw Fault("keeping the revocation list \(list.digest): \(error)")
            }
        }
    }
}
