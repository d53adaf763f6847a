/** The style sheet, for light and dark, screens and paper. Text has a contrast of at least 4.5:1. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: #f4f3ef; --card: #fffefb; --ink: #1f2328; --soft: #5a626b; --line: #dedbd3;
  --pass: #1b6b45; --fail: #a92a21; --pass-ground: #d3ecdd; --fail-ground: #fbd9d4;
  --case: #2c3138; --ear: #6c757e; --glass: #e3e6ea; --sheet: #ffffff; --sheet-ink: #191c20; --key: #175a9e; --sheet-line: #c9ced4;
  --mono: ui-monospace, 'SF Mono', 'Cascadia Mono', 'JetBrains Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181b; --card: #1d2125; --ink: #e6e8ea; --soft: #a2abb4; --line: #32383e;
    --pass: #7bd3a6; --fail: #ff9f95; --pass-ground: #1d4a34; --fail-ground: #6a2620;
    --case: #454c54; --ear: #8b949c; --glass: #101316; --sheet: #262b30; --sheet-ink: #eef0f2; --key: #8ec1f5; --sheet-line: #4a525a;
  }
}
* { box-sizing: border-box; margin: 0; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
  padding: 0 clamp(0.75rem, 3vw, 2.5rem) 4rem; overflow-wrap: anywhere; }
header, main { max-width: 76rem; margin: 0 auto; }
h1 { font-size: 0.95rem; font-weight: 600; letter-spacing: 0.02em; color: var(--soft); padding-top: clamp(1.25rem, 4vw, 2.75rem); }
h2 { font-size: 1.05rem; font-weight: 650; margin: 2.25rem 0 0.75rem; }
h3 { font-size: 1.02rem; font-weight: 600; line-height: 1.35; }
h4 { font-size: 0.85rem; font-weight: 650; margin-bottom: 0.4rem; }
.tally { font-size: clamp(1.5rem, 5.5vw, 2.25rem); font-weight: 300; line-height: 1.2; letter-spacing: -0.015em; margin: 0.15rem 0 0.8rem; }
.tally b { font-weight: 700; font-variant-numeric: tabular-nums; }
.tally .passed b { color: var(--pass); } .tally .failed b { color: var(--fail); } .tally .none { color: var(--soft); }
.bar { display: flex; gap: 3px; height: 6px; border-radius: 3px; overflow: hidden; }
.bar i { flex-basis: 0; } .bar i[style='flex-grow:0'] { display: none; } .bar .passed { background: var(--pass); } .bar .failed { background: var(--fail); }
dl { display: flex; flex-wrap: wrap; gap: 0.35rem 2rem; margin-top: 1rem; font-size: 0.9rem; }
dl div { display: flex; gap: 0.5rem; } dt { color: var(--soft); } dd { font-weight: 500; }
details { background: var(--card); border: 1px solid var(--line); border-radius: 0.9rem; margin-bottom: 0.6rem; }
details.failed { border-color: var(--fail); }
summary { cursor: pointer; list-style: none; display: grid; grid-template-columns: auto 1fr auto; gap: 0 0.75rem; align-items: baseline;
  padding: 0.8rem 1rem; border-radius: 0.9rem; }
summary::-webkit-details-marker { display: none; }
summary:focus-visible { outline: 3px solid var(--key); outline-offset: 2px; }
summary::before { content: '✓'; font-weight: 700; color: var(--pass); }
.failed > summary::before { content: '✗'; color: var(--fail); }
.coverage > summary::before { content: '◇'; color: var(--soft); }
summary::after { content: '▾'; color: var(--soft); transition: rotate 0.15s; } details[open] > summary::after { rotate: 180deg; }
.facts { grid-column: 2; display: flex; flex-wrap: wrap; gap: 0 0.9rem; font-size: 0.85rem; color: var(--soft); }
.body { padding: 0.4rem 1rem 1.4rem; border-top: 1px solid var(--line); }
.steps { list-style: none; padding: 0; }
.flow { display: flex; flex-wrap: wrap; gap: 1.4rem 1.5rem; margin-top: 1rem; }
.flow .step { width: 15.5rem; max-width: 100%; }
.lanes { display: grid; grid-template-columns: repeat(var(--lanes), minmax(0, 15.5rem)); gap: 1.4rem 2rem; margin-top: 1rem; }
.step { display: flex; flex-direction: column; min-width: 0; }
.flow .failed { width: 100%; }
.flow .bare { width: auto; align-self: center; padding: 0.5rem 0; }
.lanes .bare { align-self: start; }
.done { font-size: 0.95rem; margin-bottom: 0.5rem; min-height: 1.8rem; line-height: 1.8rem; }
.bare .done { color: var(--soft); line-height: 1.45; }
.done code { font: 0.88rem var(--mono); }
kbd { font: 600 0.95rem/1 var(--mono); background: var(--ground); border: 1px solid var(--line); border-bottom-width: 2px;
  border-radius: 0.4rem; padding: 0.12rem 0.45rem; }
.note { font-size: 0.85rem; color: var(--soft); margin: 0.4rem 0.3rem 0; } .note::before { content: '~ '; }
.phone { display: flex; flex-direction: column; flex: 1; width: 15.5rem; max-width: 100%; }
.case { flex: 1; display: flex; background: var(--case); border-radius: 1.5rem; padding: 1.1rem 0.5rem 0.5rem; min-height: 12rem; position: relative; }
.case::before { content: ''; position: absolute; top: 0.45rem; left: 50%; translate: -50% 0; width: 2.6rem; height: 0.25rem;
  border-radius: 1rem; background: var(--ear); }
.glass { flex: 1; min-width: 0; display: flex; flex-direction: column; justify-content: center; background: var(--glass); border-radius: 1.05rem;
  padding: 0.7rem 0.6rem; }
.dialogue { background: var(--sheet); color: var(--sheet-ink); border-radius: 0.7rem; padding: 0.75rem 0.8rem 0.6rem;
  box-shadow: 0 1px 4px rgb(0 0 0 / 0.18); }
.text { white-space: pre-wrap; font-size: 0.95rem; line-height: 1.4; unicode-bidi: plaintext; } .text.none { color: var(--soft); font-style: italic; }
.keys { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: 0.2rem 1.2rem; font-size: 0.85rem; font-weight: 600;
  color: var(--key); margin-top: 0.6rem; }
.keys i { flex-basis: 100%; height: 0.5rem; border-bottom: 2px solid var(--sheet-line); margin-bottom: 0.35rem; }
.caption { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 0.6rem; font-size: 0.78rem; color: var(--soft);
  font-variant-numeric: tabular-nums; padding: 0.4rem 0.3rem 0; }
.meter { flex-basis: 100%; height: 3px; border-radius: 2px; background: var(--line); margin-top: 0.25rem; overflow: hidden; }
.meter b { display: block; height: 100%; background: var(--soft); } .meter.over b { background: var(--fail); }
.problem { font-size: 0.85rem; margin: 0.5rem 0.3rem 0; } .problem::before { content: '! '; font-weight: 700; color: var(--fail); }
.why { display: flex; flex-wrap: wrap; gap: 0.15rem 1rem; align-items: baseline; margin: 0.4rem 0 0.9rem; padding: 0.55rem 0.8rem;
  border-left: 4px solid var(--fail); border-radius: 0.3rem; background: var(--ground); }
.why b::before { content: '✗ '; color: var(--fail); } .why code { font: 0.85rem var(--mono); color: var(--soft); }
.pair { display: flex; flex-wrap: wrap; gap: 1.2rem 2rem; }
.pair section { display: flex; flex-direction: column; width: 15.5rem; max-width: 100%; }
.expected h4 { color: var(--pass); } .actual h4 { color: var(--fail); }
.expected .case { outline: 3px solid var(--pass); outline-offset: 3px; } .actual .case { outline: 3px solid var(--fail); outline-offset: 3px; }
.pair h4 { margin-bottom: 0.7rem; } .pair .caption { padding-top: 0.7rem; }
mark { color: inherit; border-radius: 0.2rem; padding: 0 0.1em; font-weight: 700; text-decoration: underline 2px; text-underline-offset: 0.2em; }
mark.expected { background: var(--pass-ground); text-decoration-color: var(--pass); }
mark.actual { background: var(--fail-ground); text-decoration-color: var(--fail); }
mark.sign { text-decoration: none; }
mark.end { display: inline-block; width: 0.5em; height: 1.1em; vertical-align: text-bottom; border: 1px dashed currentcolor; }
.status { font: 600 1.6rem var(--mono); border: 1px solid var(--line); border-radius: 0.7rem; padding: 0.8rem 1.2rem; }
.picture { background: #ffffff; border-radius: 0 0 0.9rem 0.9rem; padding: 1rem; } .picture svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 46rem) {
  .lanes { display: flex; flex-direction: column; }
  .flow .step, .phone, .pair section { width: 100%; }
  .flow .bare { align-self: start; padding: 0; }
  .case { min-height: 0; }
}
@media print {
  :root { --ground: #ffffff; --card: #ffffff; }
  body { padding: 0; font-size: 10pt; }
  details::details-content { content-visibility: visible; height: auto; }
  summary::after { content: none; }
  .step, .pair, summary { break-inside: avoid; } .body { border-top: 0; }
  .case, mark, .bar i, .meter b { print-color-adjust: exact; }
}
`
