/** How the interface looks. It takes its colours and its type from the page, and its accent from `--retoma-accent`. */

const CSS = `
:host{--a:var(--retoma-accent,#0b6e6e);--on:var(--retoma-on-accent,#fff);--w:var(--retoma-warning,#8a4b00);
--line:var(--retoma-line,color-mix(in srgb,currentColor 18%,transparent));
--fill:var(--retoma-surface,color-mix(in srgb,currentColor 4.5%,transparent));--r:var(--retoma-radius,10px);
display:block;flex:1 0 100%;grid-column:1/-1;min-width:0;margin:var(--retoma-margin,0 0 1rem);
font:var(--retoma-font,inherit);font-weight:400;color:var(--retoma-ink,inherit);text-align:start;text-transform:none;letter-spacing:0}
:host([data-retoma=state]){margin:var(--retoma-state-margin,.9rem 0 0)}
:host([data-retoma=notice]){margin:var(--retoma-notice-margin,.4rem 0 .25rem)}
:host([hidden]){display:none}
@supports (color:light-dark(#000,#fff)){:host{--a:var(--retoma-accent,light-dark(#0b6e6e,#5cd0c2));
--on:var(--retoma-on-accent,light-dark(#fff,#06221e));--w:var(--retoma-warning,light-dark(#8a4b00,#f0c47c))}}
*{box-sizing:border-box;margin:0}
[hidden]{display:none!important}
b{font-weight:650;overflow-wrap:anywhere}
.bar{font-size:.875em;line-height:1.45;display:flex;flex-direction:column;gap:.5em}
.row{display:flex;flex-wrap:wrap;align-items:center;gap:.45em .7em}
.row>span{min-width:0}
.card{border:1px solid var(--line);border-radius:var(--r);background:var(--fill);padding:.55em .55em .55em .85em;font-size:.875em;line-height:1.45}
.bar .card{font-size:1em}
.card>span:not(.buttons){flex:1 1 14em}
.notice{border-color:color-mix(in srgb,var(--w) 45%,transparent);background:color-mix(in srgb,var(--w) 9%,transparent);animation:come .25s ease-out}
.asking :is(button,select){min-height:44px}
q{font-style:italic;overflow-wrap:anywhere}
select{font:inherit;color:inherit;background:none;border:1px solid var(--line);border-radius:calc(var(--r)*.75);padding:.3em .6em;max-width:100%}
option{color:CanvasText;background:Canvas}
select:focus-visible{outline:2px solid var(--a);outline-offset:2px}
.buttons{display:flex;flex-wrap:wrap;gap:.45em}
.asking .buttons{flex:1 1 100%;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,13em),1fr))}
button{font:inherit;font-weight:550;color:inherit;min-height:2.3em;padding:.3em .85em;border:1px solid var(--line);border-radius:calc(var(--r)*.75);
background:none;cursor:pointer;transition:background .15s,border-color .15s}
button:hover{border-color:currentColor}
button.main{background:var(--a);border-color:transparent;color:var(--on)}
button.main:hover{background:color-mix(in srgb,var(--a) 86%,currentColor)}
button:focus-visible{outline:2px solid var(--a);outline-offset:2px}
@media (pointer:coarse){button{min-height:44px}}
.state{font-size:.875em;line-height:1.45;gap:.5em;min-height:1.45em;flex-wrap:nowrap;align-items:flex-start;opacity:.9}
.state .mark{margin-top:.2em}
.mark{flex:none;width:1.05em;height:1.05em;border-radius:50%;border:.13em solid currentColor;position:relative;color:var(--a)}
[data-state=saved] .mark,[data-state=completed] .mark{background:var(--a);border-color:var(--a)}
[data-state=saved] .mark::after,[data-state=completed] .mark::after{content:"";position:absolute;left:.25em;top:.07em;width:.2em;height:.4em;
border:solid var(--on);border-width:0 .13em .13em 0;transform:rotate(43deg)}
[data-state=saving] .mark{border-right-color:transparent;animation:turn .8s linear infinite}
[data-state=kept] .mark::after{content:"";position:absolute;inset:.16em;border-radius:50%;background:var(--a)}
:is([data-state=offline],[data-state=needs-auth],[data-state=memory-only],[data-state=conflict]) :is(.mark,span){color:var(--w)}
:is([data-state=offline],[data-state=needs-auth],[data-state=memory-only],[data-state=conflict]) .mark::after{content:"";position:absolute;left:50%;top:.14em;
width:.13em;height:.32em;margin-left:-.065em;background:currentColor;box-shadow:0 .41em 0 0 currentColor;clip-path:polygon(0 0,100% 0,100% 170%,0 170%)}
[data-state=closed] .mark{color:currentColor}
.pulse{flex:none;width:.6em;height:.6em;border-radius:50%;background:var(--a);animation:pulse 2s ease-out infinite}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@keyframes turn{to{transform:rotate(1turn)}}
@keyframes come{from{opacity:0;transform:translateY(-3px)}}
@keyframes pulse{from{box-shadow:0 0 0 0 color-mix(in srgb,var(--a) 55%,transparent)}to{box-shadow:0 0 0 .6em transparent}}
@media (prefers-reduced-motion:reduce){*,*::after{animation:none!important;transition:none!important}}
@media (forced-colors:active){.mark{forced-color-adjust:none}}`;

/** The style sheet, constructed, so that no page's content policy needs to allow styles in its text. */
export function styleSheet(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  return sheet;
}
