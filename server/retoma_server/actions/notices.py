"""Telling a customer, where the shop knows them, that staff look without their consent.

The letter is owed from the commit that lets staff in. The sweeper sends it: no slow mail server keeps the
emergency waiting, and what a crash cut short is sent after it, at worst twice.
"""

from contextlib import suppress

import structlog

from retoma_server.adapters.letters import letter
from retoma_server.adapters.mailing import CannotSend
from retoma_server.adapters.notices import notice_bytes, read_notice
from retoma_server.adapters.stores import Commit, Record, Stale, Write
from retoma_server.domain.assists import Assist
from retoma_server.domain.errors import Gone, TooMany
from retoma_server.domain.notices import Notice

from . import records
from .deps import Deps
from .desk import Desk, customers_own
from .letters import LIMITS, SENT, mailer_of, worded
from .lookups import Wanted
from .tenants import Tenant


def owe(desk: Desk, assist: Assist, whose: Wanted) -> None:
    """Owe a customer the letter about an assist, from the commit of the desk on, where one can be sent."""
    if whose.kind in SENT.values():
        address = desk.sealed_text("address", assist.id, whose.value) or ""
        about = (assist.id, assist.draft, assist.customer, str(whose.kind), address, whose.language)
        place = assist.store_name or desk.tenant.name
        notice = Notice(*about, assist.name, place, assist.began_at)
        desk.write(notice_write(desk.tenant, notice, desk.now))


def notice_write(tenant: Tenant, notice: Notice, due: int) -> Write:
    """The record of a notice, to be sent when it is due; it goes with its draft."""
    terms = (records.passages_term(tenant.id, notice.draft),)
    key = records.notice(tenant.id, notice.id)
    return Write(key, notice_bytes(notice), terms, notice.began_at, due)


def send_notice(deps: Deps, tenant: Tenant, record: Record) -> None:
    """Send a letter that is owed; one that was not taken is owed until its time is over. Raises Stale."""
    notice = read_notice(record.body).tried()
    desk = customers_own(deps, tenant, notice.customer, record.key)
    if desk.revision(record.key) != record.revision:
        raise Stale(record.key)
    desk.write(notice_write(tenant, notice, notice.again_at(desk.now)))
    desk.commit()
    if is_settled(desk, notice):
        with suppress(Stale):
            settled = Commit({record.key: record.revision + 1}, deletes=[record.key])
            deps.store.commit(desk.partition, settled)


def is_settled(desk: Desk, notice: Notice) -> bool:
    """Whether a letter was taken, or never will be; a customer who was erased is told nothing."""
    try:
        address = desk.opened_text("address", notice.id, notice.address) or ""
    except Gone:
        return True
    words = letter(worded("override", notice.to), notice.language, staff=notice.staff, store=notice.store)
    try:
        desk.deps.limits.hit_sending(LIMITS[notice.to], desk.tenant.id)
        mailer_of(desk.deps, desk.tenant, notice.to).send(address, words)
    except (TooMany, CannotSend) as refusal:
        structlog.get_logger().warning("override-not-told", tenant=desk.tenant.id, code=refusal.code)
        return refusal.code == "sending-unavailable" or desk.now >= notice.expires_at
    return True
