/**
 * How the page looks: system fonts, two themes by `prefers-color-scheme`, paper. Colours are chosen so that people who do not tell red from
 * green can read them, and none of them stands alone: a sign, a word or a shape says the same.
 */

const THEMES = `
:root{--bg:#f6f7f9;--card:#fff;--ink:#1a1f26;--muted:#59636f;--line:#d9dee5;--soft:#eef1f5;--link:#0a58b0;
--good:#0a6b52;--good-bg:#dff3ec;--bad:#a8260f;--bad-bg:#fde8e2;--warn:#7a5200;--warn-bg:#fdf0d0;--idle:#525b67;--idle-bg:#e9ecf0;
--own:#3f7fc4;--proof:#9db8d6;--crit:#d55e00;--mark:#59636f;--on-own:#fff;--on-proof:#10243a;--on-crit:#fff}
@media (prefers-color-scheme:dark){:root{--bg:#0f1318;--card:#171c23;--ink:#e7eaee;--muted:#9ba6b3;--line:#2d3640;--soft:#1f262f;--link:#85b9f5;
--good:#62d0a8;--good-bg:#12342a;--bad:#ff9c85;--bad-bg:#43190f;--warn:#f2bd5a;--warn-bg:#3a2a08;--idle:#aab4c0;--idle-bg:#272f39;
--own:#4f8fd6;--proof:#3d5877;--crit:#f08a3c;--mark:#9ba6b3;--on-own:#08131f;--on-proof:#e3edf8;--on-crit:#1d0d00}}
@media print{:root{--bg:#fff;--card:#fff;--ink:#000;--muted:#444;--line:#bbb;--soft:#f3f3f3;--link:#000;
--good:#0a6b52;--good-bg:#fff;--bad:#a8260f;--bad-bg:#fff;--warn:#7a5200;--warn-bg:#fff;--idle:#444;--idle-bg:#fff;
--own:#3f7fc4;--proof:#9db8d6;--crit:#d55e00;--mark:#444;--on-own:#fff;--on-proof:#000;--on-crit:#fff}}
`;

const TEXT = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
.page{max-width:1200px;margin:0 auto;padding:clamp(12px,3vw,32px)}
h1,h2,h3,h4,p,dl,ul,ol,figure{margin:0}
h1{font-size:clamp(1.6rem,4.4vw,2.35rem);line-height:1.15;letter-spacing:-.02em;text-wrap:balance}
h2{font-size:1.25rem;letter-spacing:-.01em;margin-bottom:12px}
h3{font-size:1.02rem}
h4{font-size:.92rem;margin:16px 0 6px}
code,pre{font-family:ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em}
pre{background:var(--soft);border:1px solid var(--line);border-radius:8px;padding:12px 14px;overflow:auto;max-height:32rem;white-space:pre-wrap;line-height:1.5;margin:8px 0}
a{color:var(--link)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
.muted,.note,.intro{color:var(--muted)}
.intro{margin-bottom:12px;max-width:76ch}
.why{color:var(--muted);font-size:.9em}
b{font-weight:600}
`;

const LAYOUT = `
.top{background:var(--card);border:1px solid var(--line);border-top:6px solid var(--idle);border-radius:12px;padding:clamp(16px,3vw,28px)}
.top.good{border-top-color:var(--good)}.top.bad{border-top-color:var(--bad)}.top.warn{border-top-color:var(--warn)}
.top.good .sign{color:var(--good)}.top.bad .sign{color:var(--bad)}.top.warn .sign{color:var(--warn)}
.eyebrow{color:var(--muted);font-size:.9rem;margin-bottom:6px}
.lead{font-size:1.05rem;margin-top:10px;max-width:80ch}
.facts{display:flex;flex-wrap:wrap;gap:12px 30px;margin-top:20px;padding-top:16px;border-top:1px solid var(--line)}
.facts dt{color:var(--muted);font-size:.78rem}
.facts dd{margin:0;font-size:.93rem}
nav ul{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:14px 4px 2px;font-size:.92rem}
nav a{text-decoration:none}nav a:hover{text-decoration:underline}
section{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:clamp(14px,2.4vw,24px);margin-top:16px}
footer{color:var(--muted);font-size:.85rem;padding:18px 4px}
.scroll{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:8px 14px 8px 0;border-bottom:1px solid var(--line)}
tbody tr:last-child>*{border-bottom:0}
thead th{color:var(--muted);font-weight:500;font-size:.82rem;white-space:nowrap}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.grid th[scope=row]{font-weight:400;min-width:9.5rem}
.grid td{min-width:11rem}
.grid .name{display:block;font-weight:600}
.grid th .muted{font-size:.82rem}
.cell{display:flex;flex-wrap:wrap;gap:4px 10px;align-items:baseline}
.cell .note{font-size:.87rem}.cell .why{flex-basis:100%}
.badge{display:inline-block;white-space:nowrap;border-radius:999px;padding:1px 10px;font-size:.84rem;font-weight:600;border:1px solid currentColor}
.badge.good{color:var(--good);background:var(--good-bg)}.badge.bad{color:var(--bad);background:var(--bad-bg)}
.badge.warn{color:var(--warn);background:var(--warn-bg)}.badge.idle{color:var(--idle);background:var(--idle-bg)}
a:has(>.badge){text-decoration:none}
.chips{display:flex;flex-wrap:wrap;gap:2px 14px;list-style:none;padding:0;flex-basis:100%;font-size:.84rem;color:var(--muted)}
.chips b{color:var(--ink);font-weight:500;font-variant-numeric:tabular-nums}
section ul:not([class]){padding-left:1.2em;margin:8px 0}
details{margin:8px 0}
summary{cursor:pointer;padding:3px 0}
.failure{border-left:4px solid var(--bad);padding:2px 0 2px 16px}
.failure+.failure{margin-top:28px}
.failure .reason{margin:6px 0 12px;font-size:1.02rem}
.findings td:first-child{min-width:15rem;width:24rem}.place{overflow-wrap:normal}.inner{padding-left:18px}.findings td:nth-child(2){white-space:nowrap}.findings td:last-child{min-width:14rem}
.remedy{background:var(--soft);border-radius:8px;padding:10px 14px 12px;margin-top:12px}
.remedy h4{margin-top:0}
td:first-child>code:not(.place){overflow-wrap:normal;white-space:nowrap}
.digest{color:var(--muted);white-space:nowrap}
`;

const CHARTS = `
.chart{display:block;width:100%;height:auto;font:11.5px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--ink)}
.chart.wide{min-width:760px}
.tick{stroke:var(--line)}.axis{fill:var(--muted)}
.band{fill:var(--soft);opacity:.6}
.lane{font-weight:600}
.bar rect{fill:var(--own)}.bar text{fill:var(--on-own)}
.bar.proof rect{fill:var(--proof)}.bar.proof text{fill:var(--on-proof)}
.bar.crit rect{fill:var(--crit);stroke:var(--ink);stroke-width:1.4}.bar.crit text{fill:var(--on-crit);font-weight:700}
.waiting{stroke:var(--mark);stroke-width:1.2;stroke-dasharray:2 3}
.replayed{fill:var(--card);stroke:var(--mark);stroke-width:1.3}
.joint{fill:none;stroke:var(--crit);stroke-width:1.3;stroke-dasharray:5 3;opacity:.75}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin-bottom:10px;font-size:.84rem;color:var(--muted)}
.key{display:inline-block;width:18px;height:11px;border-radius:3px;margin-right:6px;font-style:normal}
.key.own{background:var(--own)}.key.proof{background:var(--proof)}.key.crit{background:var(--crit);outline:1.5px solid var(--ink)}
.key.wait{height:0;border-top:2px dotted var(--mark);border-radius:0;vertical-align:middle}.key.replay{width:auto;height:auto}
.path{padding-left:1.6em;margin:6px 0 12px;columns:2 22rem}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));gap:28px}
figure{min-width:0}
figcaption{margin-bottom:8px}figcaption .muted{font-size:.86rem}
.group{font-weight:600}.value{fill:var(--muted)}.group,.value{paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.dot{fill:var(--own);opacity:.5}.single{fill:var(--own)}
.p50{fill:var(--card);stroke:var(--ink);stroke-width:1.5}.p95{fill:var(--ink);stroke:var(--card)}
.limit line{stroke:var(--crit);stroke-width:1.8;stroke-dasharray:6 3}.limit text{fill:var(--ink);font-weight:600}
`;

const SMALL_AND_PAPER = `
@media (max-width:640px){body{font-size:14.5px}.facts{gap:10px 22px}th,td{padding-right:10px}
.findings thead{position:absolute;left:-9999px}.findings tr{display:block;border-bottom:1px solid var(--line);padding:6px 0}.findings td{display:block;border:0;padding:1px 0;min-width:0;width:auto}}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{body{font-size:10.5pt}.page{max-width:none;padding:0}section,.top{border-radius:0;break-inside:auto}
nav{display:none}pre{max-height:none}.scroll{overflow:visible}.chart.wide{min-width:0}tr,figure,.failure h3{break-inside:avoid}
details::details-content{content-visibility:visible;block-size:auto}}
`;

export const STYLE = [THEMES, TEXT, LAYOUT, CHARTS, SMALL_AND_PAPER].join("");
