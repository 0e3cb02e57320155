import Foundation

/// What a command prints with `--json`, for looking into.
struct JSON {
    private let value: Any

    /// Reads one value, or the values of lines as a list.
    init(_ text: String) throws {
        if let value = try? JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed]) {
            self.value = value
        } else {
            value = try text.split(separator: "\n").map { line in
                try JSONSerialization.jsonObject(with: Data(line.utf8), options: [.fragmentsAllowed])
            }
        }
    }

    private init(_ value: Any) { self.value = value }

    var object: [String: Any]? { value as? [String: Any] }
    var items: [JSON] { (value as? [Any] ?? []).map { JSON($0) } }
    var isList: Bool { value is [Any] }
    var text: String? { value as? String }
    var number: Int? { (value as? NSNumber)?.intValue }
    var isTrue: Bool { (value as? NSNumber)?.boolValue ?? false }

    subscript(_ key: String) -> JSON { JSON(object?[key] ?? NSNull()) }
}
