"""The style of the page, and the policy that lets it load nothing."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root { color-scheme: light dark; --ink: #1a1a1a; --quiet: #595959; --paper: #fff; --grid: #d5d5d5;
  --panel: #f4f5f7; --alarm: #a33c00; --link: #0060a0; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececec; --quiet: #b0b4ba; --paper: #16181b; --grid: #43474e; --panel: #22252a;
    --alarm: #ffab7a; --link: #7cc4f5; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .4rem; }
h2 { font-size: 1.3rem; margin: 2.6rem 0 .4rem; padding-top: .6rem;
  border-top: 1px solid var(--grid); }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
p { margin: .4rem 0; max-width: 46rem; }
a { color: var(--link); }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; list-style: none; padding: 0; }
code { font: .875em/1.45 ui-monospace, monospace; }
.source, .missing { font-size: .9rem; color: var(--quiet); max-width: none; }
.source code, .missing code { display: block; padding: .35rem .6rem; margin: .2rem 0;
  color: var(--ink); background: var(--panel); border-radius: .3rem; }
.missing { border-left: .25rem solid var(--grid); padding-left: .7rem; }
.alarm { color: var(--alarm); font-weight: 600; }
.wide { overflow-x: auto; max-width: 100%; margin: .8rem 0; }
.wide:focus-visible, a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
caption { text-align: left; font-weight: 600; padding: .2rem 0; }
th, td { padding: .28rem 1rem .28rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--grid); }
.figure { text-align: right; }
td.figure { white-space: nowrap; }
thead th { vertical-align: bottom; white-space: normal; border-bottom-color: var(--quiet); }
tbody th { font-weight: 400; }
.summary dl { display: grid; gap: .2rem 1.5rem;
  grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); }
dl { margin: .8rem 0; }
dl > div { display: grid; grid-template-columns: 13rem 1fr; }
.summary dl > div { display: block; }
dt { font-size: .9rem; color: var(--quiet); }
dd { margin: 0 0 .4rem; white-space: pre-wrap; }
.summary dd { font-size: 1.15rem; }
summary { cursor: pointer; color: var(--link); margin: .6rem 0; }
figure { margin: 1rem 0; }
figcaption { font-size: .9rem; color: var(--quiet); max-width: 46rem; }
svg { display: block; height: auto; max-width: 100%; }
.plot svg { width: 100%; min-width: 44rem; }
.plot svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.plot svg .grid { stroke: var(--grid); fill: none; }
.plot svg .spread { stroke: var(--ink); stroke-width: 1.5; fill: none; }
.confusion svg { min-width: 26rem; }
.confusion svg > rect[fill="white"] { fill: none; }
.confusion svg text:not([fill]) { fill: var(--ink); }
@media (max-width: 36rem) {
  dl > div { display: block; }
  tbody th { overflow-wrap: anywhere; min-width: 8.5rem; }
}
footer { font-size: .9rem; color: var(--quiet); }
@media print {
  :root { color-scheme: light; --ink: #000; --quiet: #444; --paper: #fff; --grid: #bbb;
    --panel: #fff; --alarm: #000; --link: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  .wide { overflow: visible; }
  .plot svg, .confusion svg { min-width: 0; }
  figure, tr, dl > div { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
"""


def policy() -> str:
    """A Content-Security-Policy: no scripts, nothing loaded, and this style alone."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
