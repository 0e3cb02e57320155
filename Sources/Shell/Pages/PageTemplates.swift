import Mustache

/// The templates that write a page as HTML. Every text is escaped by them; no page holds a script or a style.
enum PageTemplates {
    static func library() throws -> MustacheLibrary {
        var library = MustacheLibrary()
        for (name, template) in [
            ("page", page), ("section", section), ("table", table), ("chart", chart), ("tree", tree), ("cell", cell),
        ] {
            try library.register(template, named: name)
        }
        return library
    }

    private static let page = """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <title>{{title}} — {{programme}}</title>
        <link rel="stylesheet" href="{{base}}/style.css"/>
        </head>
        <body>
        <a class="skip" href="#content">To the content</a>
        <header>
        <p>{{programme}} · {{who}} · {{now}}</p>
        <nav aria-label="Pages"><ul>
        {{#nav}}<li><a href="{{href}}"{{#isCurrent}} aria-current="page"{{/isCurrent}}>{{text}}</a></li>
        {{/nav}}</ul></nav>
        </header>
        <main id="content">
        <h1>{{title}}</h1>
        {{#alerts}}<p class="alert {{kind}}">{{#href}}<a href="{{href}}">{{text}}</a>{{/href}}{{^href}}{{text}}{{/href}}</p>
        {{/alerts}}{{#sections}}{{> section}}
        {{/sections}}</main>
        <footer><p>Times are those of {{zone}}. Plus: the host owes. Numbers:
        {{#formats}}{{> cell}} {{/formats}}· log at fact {{facts}}</p></footer>
        </body>
        </html>

        """

    private static let section = """
        <section>
        <h2>{{heading}}</h2>
        {{#note}}<p class="note">{{note}}</p>
        {{/note}}{{^empty(facts)}}<dl>
        {{#facts}}<dt>{{label}}</dt><dd>{{#cell}}{{> cell}}{{/cell}}</dd>
        {{/facts}}</dl>
        {{/empty(facts)}}{{#chart}}{{> chart}}
        {{/chart}}{{#tables}}{{> table}}
        {{/tables}}{{^empty(links)}}<ul class="links">
        {{#links}}<li>{{> cell}}</li>
        {{/links}}</ul>
        {{/empty(links)}}{{#trees}}{{> tree}}
        {{/trees}}</section>
        """

    private static let table = """
        {{^empty(rows)}}<div class="wide" tabindex="0" role="region" aria-label="{{caption}}"><table>
        <caption>{{caption}}</caption>
        <thead><tr>{{#columns}}<th scope="col"{{#style}} class="{{style}}"{{/style}}>{{text}}</th>{{/columns}}</tr></thead>
        <tbody>
        {{#rows}}<tr{{#rowStyle}} class="{{rowStyle}}"{{/rowStyle}}>{{#head}}<th scope="row">{{> cell}}</th>{{/head}}\
        {{#cells}}<td{{#style}} class="{{style}}"{{/style}}>{{> cell}}</td>{{/cells}}</tr>
        {{/rows}}</tbody>
        </table></div>
        {{/empty(rows)}}{{#empty(rows)}}<p class="note">{{caption}}: {{ifEmpty}}</p>
        {{/empty(rows)}}
        """

    private static let chart = """
        <svg viewBox="0 0 640 {{height}}" role="img" aria-label="{{title}}">
        <line x1="320" y1="0" x2="320" y2="{{height}}"/>
        {{#bars}}<text x="0" y="{{labelY}}">{{label}}</text>\
        <rect class="{{style}}" x="{{x}}" y="{{y}}" width="{{width}}" height="18"/>\
        <text x="640" y="{{labelY}}" text-anchor="end">{{text}}</text>
        {{/bars}}</svg>
        """

    private static let tree = """
        <div class="tree">
        <dl>
        {{#facts}}<dt>{{label}}</dt><dd>{{#cell}}{{> cell}}{{/cell}}</dd>
        {{/facts}}</dl>
        {{#lists}}<h3>{{label}}</h3>
        {{#empty(items)}}<p class="note">none</p>
        {{/empty(items)}}{{#items}}{{> tree}}
        {{/items}}{{/lists}}</div>
        """

    private static let cell = "{{#href}}<a href=\"{{href}}\">{{text}}</a>{{/href}}{{^href}}{{text}}{{/href}}"
}
