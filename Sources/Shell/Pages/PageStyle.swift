/// How pages look: light and dark as the reader's system has it, for a phone and for a desk, and on paper.
enum PageStyle {
    static let css = """
        :root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --paper: #ffffff; --band: #f4f6f8;
          --line: #c9d1d9; --link: #0a4fa3; --bad: #a4161a; --warn: #7a4b00; --badband: #fdecec; --warnband: #fff4dc;
          --owes: #0a6b4d; --owed: #a4161a; }
        @media (prefers-color-scheme: dark) {
          :root { --ink: #e6edf3; --soft: #a9b4bf; --paper: #12161b; --band: #1c222a; --line: #3d4752; --link: #8cc2ff;
            --bad: #ff9a9a; --warn: #f3c76b; --badband: #3a1d20; --warnband: #362b12; --owes: #62d2a8; --owed: #ff9a9a; }
        }
        * { box-sizing: border-box; }
        body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
        a { color: var(--link); }
        a:focus-visible, summary:focus-visible, .wide:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
        .skip { position: absolute; left: -999px; }
        .skip:focus { left: 8px; top: 8px; background: var(--paper); padding: 8px; }
        header { background: var(--band); border-bottom: 1px solid var(--line); padding: 8px 16px; }
        header p { margin: 0; color: var(--soft); }
        nav ul { display: flex; flex-wrap: wrap; gap: 4px 16px; list-style: none; margin: 4px 0 0; padding: 0; }
        nav a { display: inline-block; padding: 4px 0; }
        nav a[aria-current] { font-weight: 700; color: var(--ink); text-decoration: none; border-bottom: 3px solid; }
        main { max-width: 76rem; margin: 0 auto; padding: 0 16px 48px; }
        h1 { font-size: 1.5rem; margin: 20px 0 8px; }
        h2 { font-size: 1.15rem; margin: 28px 0 8px; }
        .alert { border-left: 4px solid; padding: 8px 12px; margin: 8px 0; }
        .alert.bad { color: var(--bad); background: var(--badband); }
        .alert.warn { color: var(--warn); background: var(--warnband); }
        .alert a { color: inherit; }
        dl { display: grid; grid-template-columns: minmax(9rem, max-content) 1fr; gap: 2px 16px; margin: 0 0 12px; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; margin: 0 0 16px; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; padding: 4px 0; }
        th, td { text-align: left; vertical-align: top; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); }
        thead th { color: var(--soft); font-weight: 600; position: sticky; top: 0; background: var(--paper); }
        tbody th { font-weight: 400; }
        .n { text-align: right; white-space: nowrap; }
        .s { white-space: nowrap; font-weight: 600; font-size: .9rem; }
        tr.total th, tr.total td { font-weight: 700; border-top: 2px solid; }
        .note { color: var(--soft); }
        .tree { border-left: 3px solid var(--line); padding-left: 12px; margin: 4px 0 12px; }
        .tree h3, .tree h4 { font-size: 1rem; margin: 8px 0 4px; }
        .links { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; margin: 0 0 12px; padding: 0; }
        svg { max-width: 44rem; width: 100%; height: auto; }
        svg text { fill: var(--ink); font-size: 13px; }
        svg .owes { fill: var(--owes); } svg .owed { fill: var(--owed); } svg line { stroke: var(--line); }
        footer { color: var(--soft); border-top: 1px solid var(--line); padding: 12px 16px; }
        footer p { margin: 0 auto; max-width: 74rem; }
        @media (max-width: 40rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; } }
        @media print { nav, .skip, footer { display: none; } body { font-size: 11px; } a { color: inherit; } }
        """
}
