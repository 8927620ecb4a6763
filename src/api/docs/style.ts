/** The style of the pages: light and dark, from a phone to paper, without a script. */
export const style = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1c2127, #e6e9ec);
  --quiet: light-dark(#56606b, #a4aeb9);
  --line: light-dark(#d9dee3, #363d45);
  --shade: light-dark(#f4f6f8, #20252b);
  --page: light-dark(#ffffff, #15181c);
  --link: light-dark(#0b57b0, #7db8ff);
  --need: light-dark(#a3260f, #ff9d85);
  font: 16px/1.5 system-ui, sans-serif;
  scroll-padding-top: 1rem;
}
* { box-sizing: border-box; }
body { margin: 0; color: var(--text); background: var(--page); overflow-wrap: anywhere; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code, pre { font: 0.875em/1.45 ui-monospace, monospace; }
pre { margin: 0; padding: 0.75rem; white-space: pre-wrap; background: var(--shade); border-radius: 6px; }
pre code { font-size: inherit; }
main { max-width: 50rem; padding: 1rem; }
main.alone { margin: 0 auto; }
h1 { margin: 0.5rem 0 1rem; font-size: 2rem; line-height: 1.2; }
h2 { margin: 2.5rem 0 0.5rem; padding-top: 0.75rem; border-top: 2px solid var(--line); font-size: 1.5rem; }
h3 { margin: 2rem 0 0.5rem; font-size: 1.15rem; }
h4 { margin: 1.25rem 0 0.25rem; font-size: 0.9rem; color: var(--quiet); }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover, h3 a:focus { text-decoration: underline; }
p { margin: 0.5rem 0; }
section section:target { outline: 2px solid var(--line); outline-offset: 0.75rem; border-radius: 2px; }
.route { padding: 0.4rem 0.75rem; background: var(--shade); border-radius: 6px; }
.method { font-size: 0.85rem; }
.fields { margin: 0.25rem 0; padding: 0; list-style: none; }
.fields li { padding: 0.4rem 0; border-top: 1px solid var(--line); }
.fields .fields { margin-left: 0.35rem; padding-left: 0.75rem; border-left: 2px solid var(--line); }
.name { font-weight: 600; }
.type, .limits { color: var(--quiet); font-size: 0.9rem; }
.required { color: var(--need); font-size: 0.85rem; font-weight: 600; }
.text { display: block; font-size: 0.95rem; }
summary { cursor: pointer; }
.example { margin: 0.5rem 0; }
.example > summary { margin-bottom: 0.25rem; color: var(--quiet); font-size: 0.9rem; }
table { margin: 0.75rem 0; border-collapse: collapse; }
th, td { padding: 0.4rem 0.75rem 0.4rem 0; border-top: 1px solid var(--line); text-align: left; vertical-align: top; }
th, td:first-child { white-space: nowrap; }
dl { margin: 0.5rem 0; }
dt { margin-top: 0.5rem; font-weight: 600; }
dd { margin: 0 0 0 1rem; }
.responses { display: grid; grid-template-columns: 3rem 1fr; gap: 0.35rem; }
.responses dt, .responses dd { margin: 0; min-width: 0; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: 0.5rem 1rem; background: var(--page); z-index: 1; }
.skip:focus { top: 0.5rem; }
nav { padding: 1rem; border-bottom: 1px solid var(--line); font-size: 0.9rem; }
nav summary { font-weight: 600; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li { padding: 0.2rem 0; }
nav ul ul { padding-left: 0.9rem; }
nav a { display: inline-block; padding: 0.1rem 0; text-decoration: none; }
nav a:hover, nav a:focus { text-decoration: underline; }
@media screen and (min-width: 64rem) {
  body:has(nav) { display: grid; grid-template-columns: 19rem minmax(0, 1fr); }
  nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; border-bottom: 0; border-right: 1px solid var(--line); }
  main { padding: 1rem 2.5rem 4rem; }
  @supports selector(::details-content) {
    nav details::details-content { content-visibility: visible; }
    nav summary { display: none; }
  }
}
@media print {
  :root { color-scheme: light; font-size: 10pt; }
  nav, .skip { display: none; }
  main { max-width: none; padding: 0; }
  h2, h3, h4 { break-after: avoid; }
  pre, li { break-inside: avoid-page; }
  details::details-content { content-visibility: visible; }
}
`
