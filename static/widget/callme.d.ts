// The types of Callme's widget, for pages that are written in TypeScript and for our own scripts.
// Copy this file into your project; `/// <reference path="callme.d.ts" />` or `include` does the rest.
//
// JSX knows only the elements that it is told of. For React put this into a file of your own:
//
//   import type { CallMeAttributes } from "./callme";
//   declare module "react" {
//     namespace JSX {
//       interface IntrinsicElements {
//         "call-me": React.DetailedHTMLProps<React.HTMLAttributes<HTMLElement>, HTMLElement> & CallMeAttributes;
//       }
//     }
//   }
//
// and for Vue's templates this:
//
//   import type { CallMeAttributes } from "./callme";
//   declare module "vue" {
//     interface GlobalComponents {
//       "call-me": new () => { $props: CallMeAttributes };
//     }
//   }

/** A Virtual Receptionist that the visitor may choose. */
export interface Receptionist {
  key: string;
  label: string;
}

/** Regions that share a calling code. */
export interface Country {
  /** As ISO 3166-1 names them: "US". */
  regions: string[];
  /** Without the +. */
  code: string;
  example: string;
  /** What numbers begin with at home: "0" in most of Europe. */
  prefix: string;
  /** How numbers are grouped: rules that the server makes and the phone field reads. */
  formats: string[][];
}

/** A captcha service, for sites that ask for one. */
export interface Captcha {
  service: string;
  site_key: string;
  script: string;
  /** The name of the service in `window`. */
  object: string;
}

/** When the floating button shows; what is missing is no condition. */
export interface Show {
  paths?: string[];
  device?: "touch" | "mouse";
  delay_seconds?: number;
  scroll_percent?: number;
  /** When the site opens, closes, opens …: milliseconds, only where the button hides while closed. */
  open_ms?: number[];
}

/** What the button of a site is made of. */
export interface SiteButton {
  key: string;
  /** Of the owner's own texts, a BCP 47 tag. */
  language: string;
  label?: string | null;
  /** In E.164. */
  fallback_phone: string;
  /** The same for people. */
  fallback_text: string;
  /** #rrggbb */
  color: string;
  /** Black or white, whichever can be read on `color`. */
  text_color: string;
  /** Black or white: what is mixed into `color` under the pointer. */
  shade: string;
  /** A value of CSS's color-scheme. */
  color_scheme: "light dark" | "light" | "dark" | "inherit";
  launcher: "pill" | "bubble" | "tab" | "inline";
  /** A property of CSS. */
  side: "inset-inline-start" | "inset-inline-end" | "left" | "right";
  /** Pixels from the side and from the bottom. */
  offset: [number, number];
  /** Pixels. */
  radius: number;
  show?: Show;
  paused?: boolean;
}

/** What its form needs besides. */
export interface SiteForm {
  name: string;
  title?: string | null;
  sentence?: string | null;
  countries: Country[];
  consent: string;
  consent_checkbox?: boolean;
  privacy_url?: string | null;
  captcha?: Captcha | null;
  receptionists: Receptionist[];
}

/** The public configuration of a site, as GET /api/sites/SITE answers it. */
export interface Site extends SiteButton, SiteForm {}

/** What the element's `data-state` says. It is `closed` whenever the panel is, also while a call goes on. */
export type State =
  | "closed"
  | "open"
  | "sending"
  | "queued"
  | "dialing"
  | "connected"
  | "busy"
  | "failed"
  | "unknown"
  | "expired"
  | "scheduled"
  | "retrying"
  | "cancelled"
  | "unavailable";

/** How far a call is. */
export type Status =
  | "scheduled"
  | "queued"
  | "dialing"
  | "connected"
  | "busy"
  | "failed"
  | "unknown"
  | "expired"
  | "cancelled";

export interface EventDetail {
  /** The site's key. */
  site: string;
}

export interface StatusDetail extends EventDetail {
  status: Status;
}

/** What each event tells in its `detail`. */
export interface Details {
  /** The panel was opened. */
  open: EventDetail;
  /** The form was sent; the server may still refuse it. */
  submit: EventDetail;
  /** The call came a step further; the first is `queued`: it was accepted. */
  status: StatusDetail;
  /** The panel was closed, by whomever. */
  close: EventDetail;
}

/** The same under the names that the DOM knows them by. They bubble, and leave shadow trees. */
export interface CallMeEvents {
  "callme:open": CustomEvent<Details["open"]>;
  "callme:submit": CustomEvent<Details["submit"]>;
  "callme:status": CustomEvent<Details["status"]>;
  "callme:close": CustomEvent<Details["close"]>;
}

/** What is pushed to `dataLayer`, where the page has one. */
export interface DataLayerEntry {
  event: "callme_open" | "callme_submit" | "callme_status" | "callme_close";
  callme_site: string;
  callme_status: Status | undefined;
}

/** The attributes of `<call-me>`. They are read when the element comes into the page. */
export interface CallMeAttributes {
  /** The site's key. */
  site: string;
  /** The language to speak, before all others. */
  locale?: string;
  /** In the corner instead of where the tag is. Buttons that float by themselves carry it too. */
  floating?: true | "";
}

/**
 * `<call-me site="acme">`: a button, and the panel that it opens, in an open shadow tree.
 *
 * Custom properties that it takes from the page:
 *   --callme-color       the brand's colour
 *   --callme-text-color  the text on it
 *   --callme-radius      corners of the panel; buttons and fields follow up to 12 px
 *   --callme-font        a font family
 *
 * Parts, for `call-me::part(…)`: launcher, panel, close, country, phone, submit, call
 */
export interface CallMeElement extends HTMLElement {
  readonly dataset: DOMStringMap & { state?: State };
  addEventListener<K extends keyof CallMeEvents>(
    type: K,
    listener: (this: CallMeElement, event: CallMeEvents[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener<K extends keyof HTMLElementEventMap>(
    type: K,
    listener: (this: HTMLElement, event: HTMLElementEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** `window.Callme`, once the script has run. */
export interface CallmeApi {
  /** Open the panel of a site, or of the first button that is to be seen. Does nothing where there is none. */
  open(site?: string): Promise<void> | undefined;
  /** Close the panel, whichever is open. A call that was asked for goes on. */
  close(): void;
  /** Change the configuration of one site, or of all buttons on the page, until the page is left. */
  update(config: Partial<Site> & { site?: string }): void;
  /** Take everything away: buttons, panels, listeners, timers. Running the script again brings it back. */
  destroy(): void;
  /** Listen to an event of any button. Returns what stops it; `destroy()` does too. */
  on<K extends keyof Details>(event: K, listener: (event: CustomEvent<Details[K]>) => void): () => void;
}

declare global {
  var Callme: CallmeApi | undefined;

  interface Window {
    Callme?: CallmeApi;
  }
  interface HTMLElementTagNameMap {
    "call-me": CallMeElement;
  }
  interface HTMLElementEventMap extends CallMeEvents {}
  interface DocumentEventMap extends CallMeEvents {}
  interface WindowEventMap extends CallMeEvents {}
}
