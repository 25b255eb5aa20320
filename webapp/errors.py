"""The root of Callme's own exceptions.

CallmeError
├── ConfigurationError          a setting, a site file or a port is wrong: the start stops
├── StoreUnavailable            the database cannot be used just now (store/engine.py)
├── Refusal                     a request is refused, for one of the reasons in domain/refusals.py
│   ├── Problem                 with what a visitor is told of it (web/problems.py)
│   ├── PhoneError              what was typed is no phone number that we call (domain/phone/number.py)
│   └── LimitReached            a limit or the suppression list forbids the call (domain/limits.py)
├── IllegalTransition           a call cannot change its state in this way (domain/calls.py)
├── CaptchaError                a visitor's answer was not good, or not checked (providers/captcha.py)
├── HookError                   an owner's system did not take a message (providers/hooks.py)
└── ProviderError               the vendor did not place a call (providers/base.py)
    ├── NotSent
    ├── Refused
    └── OutcomeUnknown
"""

from __future__ import annotations

from collections.abc import Sequence


class CallmeError(Exception):
    """The base class of all exceptions that Callme raises on purpose."""


class ConfigurationError(CallmeError):
    """What the operator wrote cannot be used.

    `faults` holds one line for each fault, all of them at once, ready to be printed.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = list(faults)
