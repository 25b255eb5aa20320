"""Services that Callme calls over HTTP: the vendor that rings phones, captchas, the owners' webhooks."""
