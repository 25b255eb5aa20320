"""What happens on a host page. Each story ends with a call that is connected."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.hosts.visits import Visit

RTL_LETTER = r"/[\u0590-\u08ff]/"


def whole_path(visit: Visit) -> None:
    visit.connect()


def isolated(visit: Visit) -> None:
    assert visit.root.evaluate("crossOriginIsolated"), "the page is not what this row is about"
    visit.connect()


def twice_in_a_visit(visit: Visit) -> None:
    """What the first page kept of the visit serves the second one."""
    visit.connect()
    visit.page.reload()
    visit.connect()


def one_button(visit: Visit) -> None:
    visit.connect()
    visit.page.wait_for_load_state("networkidle")
    expect(visit.root.locator("call-me")).to_have_count(1)
    expect(visit.launcher).to_have_count(1)


def two_sites(visit: Visit) -> None:
    """Each button calls for its own site, also in turns."""
    visit.of("beta").connect()
    visit.of("acme").connect()
    expect(visit.root.locator("call-me")).to_have_count(2)


def covered(visit: Visit) -> None:
    """What lies above everything, as a question about cookies does, lies above the button as well; by
    keyboard and from script it opens, and the panel lies above all that."""
    visit.launcher.wait_for()
    visit.launcher.focus()
    visit.page.keyboard.press("Enter")
    visit.is_open()
    visit.page.keyboard.press("Escape")
    visit.has_state("closed")
    visit.run("Callme.open('acme')")
    visit.is_open()
    visit.is_connected(visit.send())
    visit.shut()


def typed_key_by_key(visit: Visit) -> None:
    """What is typed into the panel is none of the page's business."""
    visit.open()
    phone = visit.grounds.new_phone()
    visit.page.keyboard.type(phone)
    visit.page.keyboard.press("Enter")
    visit.is_connected(phone)
    visit.shut()


DARK_CARD = "rgb(21, 23, 28)"


def own_direction(visit: Visit) -> None:
    """Words run the way that their language does, whichever way the page's run."""
    visit.open()
    for part in (visit.panel, visit.launcher):
        way = part.evaluate(
            f"e => [getComputedStyle(e).direction, {RTL_LETTER}.test(e.textContent) ? 'rtl' : 'ltr']"
        )
        assert way[0] == way[1]
    dark = visit.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    expect(visit.panel).to_have_css("background-color", DARK_CARD if dark else "rgb(255, 255, 255)")
    visit.is_connected(visit.send())
    visit.shut()


def in_quirks_mode(visit: Visit) -> None:
    assert visit.root.evaluate("document.compatMode") == "BackCompat"
    visit.connect()


def not_on_paper(visit: Visit) -> None:
    """Neither the button nor the open panel is printed; on the screen nothing has happened."""
    visit.open()
    visit.page.emulate_media(media="print")
    expect(visit.launcher).to_be_hidden()
    expect(visit.panel).to_be_hidden()
    visit.page.emulate_media(media="screen")
    visit.is_open()
    visit.is_connected(visit.send())
    visit.shut()


_ANEW = "<h1>Another page</h1><p>Of the same site.</p>"
_REPLACE = f"""() => {{
  const body = document.createElement('body');
  body.innerHTML = '{_ANEW}';
  document.body.replaceWith(body);
}}"""


def body_replaced(visit: Visit) -> None:
    """What happens in the body does not touch a panel beside it."""
    visit.connect()
    visit.run(_REPLACE)
    visit.open()
    visit.run(_REPLACE)
    visit.is_open()
    phone, answered = visit.send_and_let_ring()
    visit.run(_REPLACE)
    answered.set()
    visit.is_connected(phone)
    visit.shut()


def body_filled_anew(visit: Visit) -> None:
    visit.connect()
    visit.run(f"document.body.innerHTML = '{_ANEW}'")
    visit.connect()


def placed_on_some_pages(visit: Visit) -> None:
    """A router's pages with a place for the button and without: there is always just one."""
    there = '<p><call-me site="acme"></call-me></p>'
    visit.connect()
    for inside in (_ANEW, there, _ANEW, there):
        visit.run(f"document.body.innerHTML = '{inside}'")
        expect(visit.root.locator("call-me")).to_have_count(1)
        floats = visit.root.locator("call-me[floating]")
        expect(floats).to_have_count(0 if inside is there else 1)
        visit.open()
        visit.shut()


def address_changed(visit: Visit) -> None:
    visit.open()
    visit.run("history.pushState({}, '', '/elsewhere')")
    visit.is_open()
    visit.is_connected(visit.send())
    visit.run("history.back()")
    visit.shut()
    visit.connect()


def document_element_replaced(visit: Visit) -> None:
    visit.connect()
    visit.run(
        "() => { const html = document.createElement('html');"
        f" html.innerHTML = '<head></head><body>{_ANEW}</body>';"
        " document.documentElement.replaceWith(html); }"
    )
    visit.connect()


def document_written_anew(visit: Visit) -> None:
    visit.connect()
    visit.run(f"() => {{ document.open(); document.write('{_ANEW}'); document.close(); }}")
    visit.connect()


_MOVE = "document.querySelector('main').prepend(document.querySelector('call-me'))"
_MOVE_AGAIN = (
    "() => { const it = document.querySelector('call-me'); it.remove();"
    " document.querySelector('header').append(it); }"
)
_TAKE_AWAY = "() => { window.taken = document.querySelector('call-me'); taken.remove(); }"
_PUT_BACK = "document.querySelector('main').append(taken)"


def moved_while_open(visit: Visit) -> None:
    """Still modal, with what was typed, and with the focus inside."""
    visit.open()
    visit.phone.fill("12")
    typed = visit.phone.input_value()
    for move in (_MOVE, _MOVE_AGAIN):
        visit.run(move)
        visit.is_open()
        expect(visit.phone).to_have_value(typed)
        assert visit.panel.evaluate("dialog => dialog.matches(':focus-within')")
    visit.page.keyboard.press("Escape")
    visit.has_state("closed")
    visit.connect()


def moved_while_ringing(visit: Visit) -> None:
    visit.open()
    phone, answered = visit.send_and_let_ring()
    for move in (_MOVE, _MOVE_AGAIN):
        visit.run(move)
        visit.has_state("dialing")
        assert visit.panel.evaluate("dialog => dialog.matches(':modal')")
    answered.set()
    visit.is_connected(phone)
    visit.shut()


def put_back(visit: Visit) -> None:
    """An element that the page takes away is as new when it comes back."""
    visit.open()
    visit.run(_TAKE_AWAY)
    expect(visit.root.locator("call-me:not([floating])")).to_have_count(0)
    expect(visit.root.locator("call-me[floating] [part~=launcher]")).to_be_visible()
    visit.run(_PUT_BACK)
    expect(visit.root.locator("call-me")).to_have_count(1)
    visit.connect()


def put_back_while_ringing(visit: Visit) -> None:
    """The call goes on, once, and is there again when the element is."""
    visit.open()
    phone, answered = visit.send_and_let_ring()
    visit.run(_TAKE_AWAY)
    expect(visit.root.locator("call-me[floating] [part~=launcher]")).to_be_visible()
    visit.run(_PUT_BACK)
    expect(visit.root.locator("call-me")).to_have_count(1)
    visit.launcher.click()
    visit.has_state("dialing")
    answered.set()
    visit.is_connected(phone)
    visit.shut()
    visit.connect()
