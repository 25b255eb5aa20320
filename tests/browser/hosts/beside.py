"""Pages with scripts of others that act on whatever happens anywhere in the page."""

from __future__ import annotations

from tests.browser.hosts.grounds import HostPage
from tests.browser.hosts.rows import CONTENT, TAG, page, scripted

BUTTON = '<call-me site="acme"></call-me>'
LONG = '<div style="height: 4000px">A long page.</div>'


def script(path: str) -> str:
    return f'<script src="/npm/{path}"></script>'


JQUERY_UI = script("jquery/dist/jquery.min.js") + script("jquery-ui/dist/jquery-ui.min.js")

LENIS = page(
    CONTENT + LONG + TAG,
    head=script("lenis/dist/lenis.min.js"),
).replace("</body>", "<script>window.lenis = new Lenis({autoRaf: true})</script></body>")

DRAGGABLE = page(
    f'<div id="moved" style="width: 300px; padding: 20px; background: #eee">Acme {BUTTON}</div>'
    + "<script>$('#moved').draggable()</script>"
    + TAG,
    head=JQUERY_UI,
)

SORTABLE = page(
    f'<ul id="sorted"><li id="moved" style="padding: 20px">Acme {BUTTON}</li><li>Anvils</li></ul>'
    + "<script>$('#sorted').sortable()</script>"
    + TAG,
    head=JQUERY_UI,
)

SWIPER = page(
    '<div class="swiper"><div class="swiper-wrapper">'
    f'<div class="swiper-slide" style="height: 300px">Acme {BUTTON}</div>'
    '<div class="swiper-slide">Anvils</div></div></div>'
    "<script>window.swiper = new Swiper('.swiper', {simulateTouch: true, mousewheel: true,"
    " keyboard: {enabled: true}})</script>" + TAG,
    head=script("swiper/swiper-bundle.min.js")
    + '<link rel="stylesheet" href="/npm/swiper/swiper-bundle.min.css" />',
)

# The button stands beside the page's own dialog, which takes back the focus of all that is outside.
FOCUS_TRAP = page(
    '<div class="modal" id="trap" tabindex="-1">'
    '<div class="modal-dialog modal-sm"><div class="modal-content">'
    '<label>Newsletter <input id="letter" /></label></div></div></div>'
    "<script>new bootstrap.Modal('#trap', {backdrop: false}).show()</script>" + TAG,
    head=script("bootstrap/dist/js/bootstrap.bundle.min.js")
    + '<link rel="stylesheet" href="/npm/bootstrap/dist/css/bootstrap.min.css" />'
    + "<style>.modal { pointer-events: none }</style>",
)

# An imitation: such scripts are pasted from forums, and are no package.
COPY_PROTECTION = page(
    CONTENT + TAG,
    head=scripted("""
      for (const kind of ['mousedown', 'pointerdown', 'touchstart', 'selectstart', 'contextmenu',
          'copy', 'cut', 'paste', 'dragstart', 'beforeinput', 'keydown', 'keypress', 'click'])
        document.addEventListener(kind, event => {
          if (!/^(INPUT|TEXTAREA)$$/.test(event.target.tagName)) event.preventDefault();
        }, {passive: false});
    """),
)

ROWS_OF_REACT = 3000
"""So many that React takes the page over in several steps, between which other tasks run."""

_REACT = """
const {createElement: h} = React;
const names = [...Array(%d).keys()].map(n => h('li', {key: n}, 'Anvil ' + n));
const scripts = ['react/umd/react.production.min.js', 'react-dom/umd/react-dom.production.min.js'];
const Page = () => {
  React.useEffect(() => { window.tookOver = true; }, []);
  return h('html', {lang: 'en'},
    h('head', null,
      h('title', null, 'Acme'),
      h('script', {async: true, src: '$callme/w/acme.js'}),
      ...scripts.map(src => h('script', {key: src, src: '/npm/' + src})),
      h('script', {async: true, type: 'module', src: '/hydrate.js'})),
    h('body', null, h('h1', null, 'Acme Corp'), h('ul', null, names)));
};
window.bodyAsItCame = document.body;
window.recovered = [];
ReactDOM.hydrateRoot(document, h(Page), {onRecoverableError: fault => recovered.push(fault.message)});
"""
_ITEMS = "".join(f"<li>Anvil {n}</li>" for n in range(ROWS_OF_REACT))

REACT = (
    '<!DOCTYPE html><html lang="en"><head><title>Acme</title>'
    '<script async="" src="$callme/w/acme.js"></script>'
    + script("react/umd/react.production.min.js")
    + script("react-dom/umd/react-dom.production.min.js")
    + '<script async="" type="module" src="/hydrate.js"></script></head>'
    f"<body><h1>Acme Corp</h1><ul>{_ITEMS}</ul></body></html>"
)

BESIDE = {
    "lenis": HostPage(LENIS),
    "draggable": HostPage(DRAGGABLE),
    "sortable": HostPage(SORTABLE),
    "swiper": HostPage(SWIPER),
    "focus-trap": HostPage(FOCUS_TRAP),
    "copy-protection": HostPage(COPY_PROTECTION),
    "react": HostPage(REACT),
    "hydrate.js": HostPage(_REACT % ROWS_OF_REACT, content_type="text/javascript"),
}
