--- The style sheet of a report: light and dark, on a screen, on a phone and on paper. Colours of the timeline are those of
--- Okabe and Ito, which people who see colours otherwise can tell apart; each kind has a texture or a shape besides.
--- https://jfly.uni-koeln.de/color/
local M = {}

M.CSS = [[
:root{color-scheme:light dark;
--bg:#fff;--fg:#1c2128;--dim:#59636e;--line:#d1d9e0;--soft:#f6f8fa;--link:#0a58b0;
--good:#0b6b4f;--bad:#b3370b;--open:#6b4f00;--goodbg:#e3f5ee;--badbg:#fdece4;--openbg:#fdf4d8;
--work:#0072b2;--watch:#56b4e9;--wait:#999;--approval:#cc79a7;--retry:#e69f00;--failed:#d55e00;--held:#009e73;--ink:#000}
@media screen and (prefers-color-scheme:dark){:root{
--bg:#0f1419;--fg:#dce3ea;--dim:#9aa7b4;--line:#313a44;--soft:#182028;--link:#79b8ff;
--good:#4cc9a0;--bad:#ff9a6b;--open:#e8c24a;--goodbg:#0f2a22;--badbg:#33190d;--openbg:#2e260c;
--work:#3d9bd6;--watch:#7cc7f0;--wait:#7d8791;--approval:#d992b8;--retry:#e8ac26;--failed:#f0722a;--held:#1fb489;--ink:#fff}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1120px;margin:0 auto;padding:0 20px 60px}
a{color:var(--link)}h1,h2,h3{line-height:1.25;margin:0}
h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin:2.2rem 0 .7rem;
padding-bottom:.3rem;border-bottom:1px solid var(--line)}
h3{font-size:1rem;margin:1.2rem 0 .3rem;overflow-wrap:anywhere}
code,pre,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em}
code,.name,td,summary{unicode-bidi:isolate}
pre{margin:.4rem 0;padding:.6rem .8rem;background:var(--soft);border:1px solid var(--line);border-radius:6px;
overflow:auto;max-height:26rem;white-space:pre-wrap;overflow-wrap:anywhere}
pre.copy{user-select:all;cursor:copy;max-height:none}
p{margin:.4rem 0}.dim{color:var(--dim)}.name{overflow-wrap:anywhere}
.verdict{margin:24px 0 0;padding:18px 20px;border-radius:8px;
border:1px solid var(--line);border-left:8px solid var(--dim);background:var(--soft)}
.verdict p{overflow-wrap:anywhere}
.verdict.good{border-left-color:var(--good);background:var(--goodbg)}.verdict.bad{border-left-color:var(--bad);background:var(--badbg)}
.verdict.open,.verdict.taken{border-left-color:var(--open);background:var(--openbg)}
.good .word{color:var(--good)}.bad .word{color:var(--bad)}.open .word,.taken .word{color:var(--open)}
.verdict .what{font-size:1.05rem;margin:.3rem 0 .6rem}
.next{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;align-items:baseline;margin:.7rem 0 0}
.next code{user-select:all;cursor:copy;background:var(--bg);border:1px solid var(--line);border-radius:4px;padding:.1rem .45rem;
justify-self:start;overflow-wrap:anywhere}
.next dt,.next dd{margin:0}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;margin:14px 0 0;font-size:.92rem}
table{border-collapse:collapse;width:100%;font-size:.93em}
th{text-align:left;font-weight:600;color:var(--dim);white-space:nowrap}
th,td{padding:.35rem .7rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td{overflow-wrap:anywhere}td.n,th.n{text-align:right;white-space:nowrap}td.key{width:11rem;color:var(--dim)}
.scroll{overflow-x:auto}.scroll>svg{min-width:720px}.time,td.short{white-space:nowrap}td.long{min-width:11rem}
.tag{display:inline-block;padding:0 .5em;border-radius:1em;border:1px solid currentColor;font-size:.85em;white-space:nowrap}
.s-done{color:var(--good)}.s-failed,.s-cut{color:var(--bad)}
.s-undone,.s-paused,.s-asking,.s-cancelled,.s-retrying,.s-running{color:var(--open)}.s-waiting,.s-skipped{color:var(--dim)}
.chips{display:flex;flex-wrap:wrap;gap:.4rem;margin:.2rem 0 .8rem}
.filter{position:absolute;opacity:0;pointer-events:none}
.chips label{cursor:pointer;padding:.15rem .75rem;border:1px solid var(--line);border-radius:1em;background:var(--soft)}
.chips label:hover{border-color:var(--link)}
.step{border-bottom:1px solid var(--line);content-visibility:auto;contain-intrinsic-size:auto 34px}
.step:target{outline:2px solid var(--link);outline-offset:-1px;border-radius:4px}
.head{display:flex;gap:.6rem;align-items:baseline;padding:.3rem 0}summary.head{cursor:pointer;list-style:none}
summary.head::-webkit-details-marker{display:none}
.head::before{content:"";flex:none;width:.8em;color:var(--dim)}summary.head::before{content:"▸"}
details[open]>summary.head::before{content:"▾"}
.head .mark{flex:none;width:1.1em;text-align:center}.head .name{flex:1}.head .aside{color:var(--dim);font-size:.9em;white-space:nowrap}
.d1 .name{padding-left:1.4rem}.d2 .name{padding-left:2.8rem}.d3 .name{padding-left:4.2rem}.d4 .name{padding-left:5.6rem}
.body{padding:0 0 .8rem 2.9rem}
.hint{white-space:pre-wrap;overflow-wrap:anywhere}
.message{color:var(--bad);white-space:pre-wrap;overflow-wrap:anywhere}
.first{border:1px solid var(--bad);border-radius:8px;padding:.4rem 1rem .8rem}
.first.open{border-color:var(--open)}.first.open .message{color:var(--open)}
.src{display:block}.src .no{display:inline-block;width:3.5em;padding-right:1em;text-align:right;color:var(--dim);user-select:none}
.src.here{background:var(--badbg);font-weight:600}
.gate{padding:.3rem 0;border-bottom:1px solid var(--line)}.gate>summary{cursor:pointer}
ul.plain{margin:.3rem 0;padding-left:1.2rem}li{overflow-wrap:anywhere}
.d-add{color:var(--good)}.d-del{color:var(--bad)}.d-change{color:var(--open)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;margin:.3rem 0;font-size:.88rem;color:var(--dim)}
.legend span{display:inline-flex;align-items:center;gap:.4rem}
svg{display:block;max-width:100%;height:auto}svg text{fill:var(--fg);font:12px system-ui,"DejaVu Sans",sans-serif}
svg .dim{fill:var(--dim)}svg .right{text-anchor:end}svg .label{paint-order:stroke;stroke:var(--bg);stroke-width:4px}
svg .mid{text-anchor:middle}svg a:hover text{text-decoration:underline}
.grid{stroke:var(--line);stroke-width:1}.gap{fill:url(#stripes)}.row{fill:var(--soft);opacity:.6}
.work{fill:var(--work)}.watch{fill:var(--watch)}.wait{fill:url(#dots)}.approval{fill:var(--approval)}.retry{fill:url(#slant)}
.failed{fill:var(--failed)}.stopped{fill:var(--wait)}.cut{fill:var(--bg);stroke:var(--dim);stroke-width:1.4;stroke-dasharray:3 2}
.killed{stroke:var(--failed);stroke-width:2;stroke-dasharray:5 3}.resumed{stroke:var(--held);stroke-width:2}
.breach{stroke:var(--failed);stroke-width:1.2;stroke-dasharray:2 3}.breach-mark{fill:var(--failed);stroke:var(--bg);stroke-width:1}
.answer-mark{fill:var(--approval);stroke:var(--fg);stroke-width:1}
.kill-mark{fill:var(--failed)}.resume-mark{fill:var(--held)}
.value,.arm-canary,.arm-baseline,.bad-line,.good-line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.value{stroke:var(--work)}.arm-canary{stroke:var(--failed)}.arm-baseline{stroke:var(--work);stroke-dasharray:6 3}
.bad-line{stroke:var(--failed)}.good-line{stroke:var(--held);stroke-dasharray:6 3}
.dot{fill:var(--work)}.cross{stroke:var(--failed);stroke-width:2}.none{fill:var(--bg);stroke:var(--dim);stroke-width:1.4}
.limit{stroke:var(--ink);stroke-width:1.4;stroke-dasharray:7 4}.critical{fill:url(#danger)}.held{fill:var(--held);opacity:.28}
.decided{stroke:var(--ink);stroke-width:1.4}.s-work{fill:var(--work)}.p-line{stroke:var(--failed);stroke-width:1.5;opacity:.5}
.p-slant{stroke:var(--retry);stroke-width:4}.p-dot{fill:var(--wait)}.p-stripe{stroke:var(--line);stroke-width:2}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:.4rem 1.4rem}
main>h1:first-child{margin:24px 0 12px}.back{margin:14px 0 0}
.ask{margin:12px 0 0;padding:.5rem 1rem;border:1px solid var(--open);border-radius:8px;background:var(--openbg)}
.act{display:flex;flex-wrap:wrap;gap:.4rem .8rem;align-items:center;margin:.4rem 0}
button,input[type=text]{font:inherit;color:inherit;background:var(--bg);border:1px solid var(--dim);border-radius:6px;padding:.2rem .7rem}
button{cursor:pointer}button:hover{border-color:var(--link)}
footer{margin-top:3rem;color:var(--dim);font-size:.88rem;border-top:1px solid var(--line);padding-top:.8rem}
@media (max-width:640px){.next{grid-template-columns:1fr}.body{padding-left:.6rem}td.key{width:auto}
.stacks thead{display:none}.stacks tr{display:block;padding:.4rem 0;border-bottom:1px solid var(--line)}
.stacks td{display:block;position:relative;padding:.1rem 0 .1rem 6rem;border:0;min-width:0;white-space:normal}
.stacks td:empty{display:none}.stacks td::before{content:attr(data-head);position:absolute;left:0;color:var(--dim)}}
.rehearsal{position:sticky;top:0;z-index:2;margin:0 0 1rem;padding:.4rem .8rem;font-weight:600;color:#1a1300;background:#ffd75e}
@media print{.rehearsal{position:fixed;top:0;left:0;right:0;margin:0}main{padding-top:2.5rem!important}
body{font-size:11px}main{max-width:none;padding:0}nav,.chips{display:none}pre{max-height:none}
.step{content-visibility:visible;break-inside:avoid}details::details-content{content-visibility:visible;display:block}
h2,h3{break-after:avoid}svg,.first{break-inside:avoid}*{print-color-adjust:exact}}
]]

return M
