import FuzzEntries
import FuzzRunner

@main struct Program {
    static func main() { Fuzzing.run { Fuzzing.feed($0, $1, to: .wire) } }
}
