"""The page that shows a call's progress, and changes a planned one; it works without JavaScript."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from webapp.context import services
from webapp.domain.calls import CallStatus, Progress
from webapp.domain.problem_kinds import Kind
from webapp.domain.refusals import Reason, Refusal
from webapp.domain.site.model import Site
from webapp.services.planning import Who
from webapp.web.call.calendar import calendar_entry
from webapp.web.call.changes import call_to_change, moved_call
from webapp.web.call.progress import poll_after_ms, sentence, shown, title
from webapp.web.call.slots import days_of_times, instant
from webapp.web.guards.limits import limit_visitor
from webapp.web.guards.security import allow_sources, refuse_foreign_origin
from webapp.web.problems import Problem
from webapp.web.recording import record_refused
from webapp.web.site.public import public_site

REFRESH_SECONDS = 2

status = Blueprint("status", __name__, url_prefix="/call")


@status.get("/<site_key>/<call_id>")
@limit_visitor("600/minute")
def show(site_key: str, call_id: str) -> ResponseReturnValue:
    return _page(_call_of(site_key, call_id), request.args.get("key", ""))


@status.post("/<site_key>/<call_id>")
@limit_visitor("10/minute; 60/hour")
def change(site_key: str, call_id: str) -> ResponseReturnValue:
    """Move the call to the form's `when`, or give it up."""
    refuse_foreign_origin()
    call, wanted = _call_of(site_key, call_id), call_to_change(call_id)
    key = request.form["key"]
    try:
        if "cancel" in request.form:
            services().planning.cancel(call_id)
        else:
            moved_call(wanted)
    except Refusal as refusal:
        if refusal.reason.kind is not Kind.VALIDATION:
            raise
        return _page(call, key, record_refused(refusal))
    here = url_for("status.show", site_key=site_key, call_id=call_id, key=key)
    return redirect(here, code=303)


@status.get("/<site_key>/<call_id>.ics")
@limit_visitor("60/minute")
def calendar(site_key: str, call_id: str) -> ResponseReturnValue:
    """A planned call as an entry for the visitor's calendar."""
    call = _call_of(site_key, call_id)
    if call.plan is None:
        raise Refusal(Reason.CALL_UNKNOWN)
    key = request.args.get("key", "")
    where = url_for("status.show", site_key=site_key, call_id=call_id, key=key or None)
    entry = calendar_entry(call, g.site, services().public_url + where, services().clock())
    name = {"Content-Disposition": "attachment; filename=call.ics"}
    return Response(entry, content_type="text/calendar; charset=utf-8", headers=name)


def _call_of(site_key: str, call_id: str) -> Progress:
    call = services().follow_call(call_id)
    if call is None or call.site != site_key:
        raise Refusal(Reason.CALL_UNKNOWN)
    return call


def _page(call: Progress, key: str, problem: Problem | None = None) -> ResponseReturnValue:
    site: Site | None = g.get("site")  # may be removed
    goes_on = not call.status.final
    is_planned = call.status is CallStatus.SCHEDULED
    receptionist = site.receptionist(call.receptionist) if site else None
    may_change = bool(is_planned and key and receptionist)
    times = []
    if site and receptionist and may_change:
        who = Who(call.site, site, receptionist, call.phone, call.timezone)
        times = days_of_times(who, call.plan.at if call.plan else None)
    if goes_on:
        allow_sources({"script-src": ["'self'"], "connect-src": ["'self'"]})
    refresh = max(REFRESH_SECONDS, poll_after_ms(call, services().clock()) // 1000)
    page = render_template(
        "views/status.html",
        site=public_site(call.site, site) if site else None,
        call=call,
        state=shown(call).words,
        reached=shown(call).reached,
        title=title(call, site),
        sentence=sentence(call, site),
        refresh_seconds=refresh if goes_on else None,
        key=key or None,
        may_change=may_change,
        planned_at=instant(call.plan.at) if call.plan else "",
        times=times,
        problem=problem,
        errors=problem.errors if problem else {},
    )
    return page, problem.status if problem else 200
