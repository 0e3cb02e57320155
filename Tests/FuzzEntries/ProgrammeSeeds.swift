import ProgrammeFiles

/// The golden scenario's programme, whole and in parts.
enum ProgrammeSeeds {
    static func all() -> [Seed] {
        let files = ScenarioProgramme.golden.map { (path: $0.path, bytes: $0.bytes) }
        var out = [Seed(name: "whole", bytes: ProgrammeFuzz.join(files))]
        for file in files {
            let name = file.path.replacing("/", with: "-").replacing(".yaml", with: "")
            out.append(Seed(name: name, bytes: ProgrammeFuzz.join([file])))
            if file.path.hasPrefix("agreements/") {
                let few = files.filter { $0.path == "programme.yaml" || $0.path == file.path }
                out.append(Seed(name: "host-\(name)", bytes: ProgrammeFuzz.join(few)))
            }
        }
        let signature = (path: "programme.yaml.maker.p7s", bytes: [UInt8]([0x30, 0x80, 0x00, 0x00, 0x0A]))
        out.append(Seed(name: "signed", bytes: ProgrammeFuzz.join(files + [signature])))
        let strangers = ["agreements/b.txt", "a", "agreements/B.yaml.x.p7s", "programme.yaml.y.p7s"]
        let unknown = strangers.map { (path: $0, bytes: [UInt8]([0x0A])) }
        out.append(Seed(name: "strangers", bytes: ProgrammeFuzz.join(unknown + files)))
        let forms = """
            # every form of YAML that is refused or read with care
            a: &anchor {x: 1, "y": 'z'}
            b: *anchor
            c: !!int "3"
            d: |
              text
            e: >-
              folded
            <<: {f: 0x10}
            ? [complex]
            : - 1
              - ~
            a: twice
            """
        out.append(Seed(name: "forms", bytes: Array(forms.utf8)))
        return out
    }
}
