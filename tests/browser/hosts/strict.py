"""Pages with policies, and the ways in which the script gets into a page."""

from __future__ import annotations

from tests.browser.hosts import stories
from tests.browser.hosts.rows import (
    BETA_INLINE,
    BETA_TAG,
    CONTENT,
    INLINE,
    SYNC_TAG,
    TAG,
    page,
    row,
    scripted,
)

ONLY_CALLME = "default-src 'none'; script-src $callme; connect-src $callme"
STRICT_DYNAMIC = (
    "default-src 'none'; script-src 'nonce-$nonce' 'strict-dynamic'; connect-src $callme; "
    "base-uri 'none'; object-src 'none'"
)
LOADER = """
<script nonce="$nonce">
  const tag = document.createElement('script');
  tag.src = '$callme/w/acme.js';
  document.head.append(tag);
</script>
"""
ISOLATING = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
}
FEW_PERMISSIONS = {"Permissions-Policy": "clipboard-read=(), fullscreen=(), storage-access=()"}
COPY = '<script src="${base}launcher.js"></script>'
COPY_WITH_INTEGRITY = (
    '<script async="" src="${base}launcher.js" integrity="$integrity" crossorigin="anonymous">'
    "</script>"
)

POLICIES = [
    row("policy-of-two-directives", page(), policy=ONLY_CALLME),
    row(
        "nonce-and-strict-dynamic",
        page(CONTENT + TAG.replace("async", 'nonce="$nonce" async')),
        policy=STRICT_DYNAMIC,
    ),
    row("strict-dynamic-by-a-loader", page(CONTENT + LOADER), policy=STRICT_DYNAMIC),
    row(
        "trusted-types",
        page(),
        policy=f"{ONLY_CALLME}; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    row("cross-origin-isolated", page(), stories.isolated, headers=ISOLATING),
    row("integrity", page(CONTENT + INLINE + COPY_WITH_INTEGRITY), policy=ONLY_CALLME),
    row("no-referrer", page(), headers={"Referrer-Policy": "no-referrer"}),
    row("few-permissions", page(), headers=FEW_PERMISSIONS),
]

TAG_MANAGER = """
Object.defineProperty(document, 'currentScript', {get: () => null});
function inject() {
  const given = {src: '$callme/w/acme.js', async: '', 'data-site': 'acme', id: 'tag-7'};
  const script = document.createElement('script');
  for (const name in given) if (!name.startsWith('data-')) script.setAttribute(name, given[name]);
  document.body.append(script);
  script.remove();
}
"""
AT_ONCE = "addEventListener('DOMContentLoaded', inject);"
LATE = "addEventListener('load', () => setTimeout(inject, 50));"

TAGS = [
    row("tag-manager", page(CONTENT, head=scripted(TAG_MANAGER + AT_ONCE))),
    row("tag-manager-after-load", page(CONTENT, head=scripted(TAG_MANAGER + LATE))),
    row("in-the-head", page(CONTENT, head=SYNC_TAG)),
    row("in-the-head-of-an-inline-one", page(CONTENT + INLINE, head=SYNC_TAG)),
    row("deferred", page(CONTENT, head=SYNC_TAG.replace("src", 'defer="" src'))),
    row("twice", page(CONTENT + TAG, head=SYNC_TAG), stories.one_button),
    row("beside-the-copy", page(CONTENT + INLINE + TAG, head=COPY), stories.one_button),
    row("two-sites-one-inline", page(CONTENT + BETA_INLINE + TAG + BETA_TAG), stories.two_sites),
    row(
        "two-sites-both-inline",
        page(CONTENT + INLINE + BETA_INLINE + TAG + BETA_TAG),
        stories.two_sites,
    ),
    row("two-sites-both-floating", page(CONTENT + SYNC_TAG + BETA_TAG), stories.two_sites),
]
