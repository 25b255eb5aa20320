"""Converts calls to rows and back, agreements to rows of evidence, and rows of the outbox to
messages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from webapp.domain.calls import VISIT_TEXTS, Call, CallStatus, Plan, Visit
from webapp.domain.consent import Agreement
from webapp.domain.hooks import HookEvent, Message, MessageState
from webapp.domain.suppression import Fingerprint


def values_of(call: Call) -> dict[str, Any]:
    return {
        "id": call.id,
        "site": call.site,
        "receptionist": call.receptionist,
        "menu_id": call.menu_id,
        "phone": call.phone,
        "request_id": call.request_id,
        "web_request": call.web_request,
        "status": call.status,
        "created_at": call.created_at,
        "due_at": call.due_at,
        "expires_at": call.expires_at,
        "retry_of": call.retry_of,
        "timezone": call.timezone,
        **plan_values(call.plan),
        **call.visit.texts,
        "utm": dict(call.visit.utm),
    }


def plan_values(plan: Plan | None) -> dict[str, Any]:
    return {
        "planned_at": plan.at if plan else None,
        "wall_time": plan.wall_time if plan else "",
    }


def plan_of(row: Row[*tuple[Any, ...]]) -> Plan | None:
    return Plan(row.planned_at, row.wall_time) if row.planned_at else None


def call_of(row: Row[Any]) -> Call:
    return Call(
        id=row.id,
        site=row.site,
        receptionist=row.receptionist,
        menu_id=row.menu_id,
        phone=row.phone,
        request_id=row.request_id,
        status=CallStatus(row.status),
        created_at=row.created_at,
        due_at=row.due_at,
        expires_at=row.expires_at,
        visit=Visit(utm=row.utm, **{name: getattr(row, name) for name in VISIT_TEXTS}),
        reason=row.reason,
        attempt=row.attempt,
        lease_owner=row.lease_owner,
        web_request=row.web_request,
        timezone=row.timezone,
        plan=plan_of(row),
        retry_of=row.retry_of,
    )


def evidence_of(call: Call, agreement: Agreement, fingerprint: Fingerprint) -> dict[str, Any]:
    return {
        "call_id": call.id,
        "token_id": agreement.token_id,
        "site": call.site,
        "digest": fingerprint(call.phone),
        "last_two": call.phone[-2:],
        "version": agreement.version,
        "locale": agreement.locale,
        "page_url": call.visit.page_url,
        "at": call.created_at,
        "ticked": agreement.ticked,
        "night": agreement.night,
        "network": agreement.network,
    }


def message_of(row: Row[Any]) -> Message:
    return Message(
        id=row.id,
        call_id=row.call_id,
        site=row.site,
        event=HookEvent(row.event),
        at=row.at,
        status=CallStatus(row.status),
        reason=row.reason,
        talk_seconds=row.talk_seconds,
        state=MessageState(row.state),
        attempt=row.attempt,
        due_at=row.due_at,
        outcome=row.outcome,
    )
