"""How the report looks: one style sheet, readable on paper and on a telephone."""

STYLE = """
:root { --ink: #1f2730; --soft: #5b6570; --line: #e3e6ea; --blue: #2563a8; --good: #2c8a57;
  --bad: #b03a48; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff; margin: 0 auto;
  max-width: 1120px; padding: 32px 24px 64px; }
h1 { font-size: 26px; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 12px; padding-bottom: 4px; border-bottom: 1px solid var(--line); }
h3 { font-size: 16px; margin: 20px 0 8px; }
.lead { margin: 4px 0 8px; } .note, small { color: var(--soft); font-size: 13px; }
code, pre { font: 13px/1.45 ui-monospace, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.stack { display: flex; flex-wrap: wrap; gap: 3px; margin: 10px 0 4px; }
.stack span { border: 1px solid var(--line); border-radius: 4px; padding: 2px 7px; font-size: 12px;
  color: var(--soft); min-width: 26px; text-align: center; }
.stack .end { border-style: dashed; }
.stack .on { background: var(--blue); border-color: var(--blue); color: #fff; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 14px; }
th { text-align: left; color: var(--soft); font-weight: 500; }
th, td { padding: 5px 18px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top;
  overflow-wrap: break-word; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(330px, 1fr)); gap: 20px; }
figure { margin: 0; } figure svg { width: 100%; height: auto; }
figcaption { font-weight: 600; font-size: 14px; min-height: 44px; }
figcaption small { display: block; font-weight: 400; font-size: 12px; line-height: 1.35; }
details { margin: 8px 0; } summary { cursor: pointer; }
.episode { border: 1px solid var(--line); border-radius: 6px; padding: 8px 14px; }
.won { color: var(--good); } .lost, .broke, .error { color: var(--bad); }
.episode ol { padding-left: 28px; color: var(--soft); } .episode li { margin: 10px 0; }
pre { white-space: pre-wrap; margin: 0; color: var(--ink); max-height: 260px; overflow-y: auto; }
.act { margin: 3px 0; } .action { font: 600 13px ui-monospace, Menlo, Consolas, monospace;
  color: var(--blue); } .action::before { content: "> "; }
.chip { font-size: 12px; border: 1px solid var(--line); border-radius: 9px; padding: 0 7px;
  margin-left: 8px; color: var(--soft); white-space: nowrap; }
.chip.good { color: var(--good); } .chip.bad { color: var(--bad); }
.reply summary { font-size: 12px; color: var(--soft); }
@media print { .charts { grid-template-columns: repeat(3, 1fr); } figure { break-inside: avoid; } }
"""
