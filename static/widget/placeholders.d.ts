// What the server puts into the scripts before it sends them (webapp/assets.py).

declare const __CALLME_BOOT__: any;
/** The style sheet that belongs to the script. */
declare const __CALLME_CSS__: string;
