"""The names of everything stored: keys, index terms and logs, each beginning with its tenant."""


def tenant(tenant: str) -> str:
    """The tenant itself: its keys, origins and secret-key hashes."""
    return f"{tenant}/tenant"


def process(tenant: str, name: str) -> str:
    """A registered process, in the tenant's partition."""
    return f"{tenant}/process/{name}"


def hook(tenant: str, name: str) -> str:
    """Where the tenant is asked, in the tenant's partition."""
    return f"{tenant}/hook/{name}"


def provider(tenant: str) -> str:
    """The tenant's identity provider, in the tenant's partition."""
    return f"{tenant}/provider"


def staff_provider(tenant: str) -> str:
    """Where the tenant's staff sign in, in the tenant's partition."""
    return f"{tenant}/staff-provider"


def staff(tenant: str, staff: str) -> str:
    """A member of staff."""
    return f"{tenant}/staff/{staff}"


def staff_name(tenant: str, hashed: str) -> str:
    """The pointer from a keyed hash of a sign-in name to a member of staff."""
    return f"{tenant}/staff-name/{hashed}"


def session(tenant: str, staff: str, hashed: str) -> str:
    """A member of staff signed in on one browser, by the hash of its secret."""
    return f"{tenant}/session/{staff}/{hashed}"


def store_device(tenant: str, device: str) -> str:
    """A tablet or till that was registered for a store."""
    return f"{tenant}/store-device/{device}"


def retail_store(tenant: str, store: str) -> str:
    """A place where staff meet customers."""
    return f"{tenant}/retail-store/{store}"


def identifier(tenant: str, hashed: str) -> str:
    """The pointer from a keyed hash of an identifier to a customer."""
    return f"{tenant}/identifier/{hashed}"


def customer(tenant: str, customer: str) -> str:
    """A customer: the wrapped key and the hash of the visitor token. Every commit expects it."""
    return f"{tenant}/customer/{customer}"


def draft(tenant: str, draft: str) -> str:
    """A draft."""
    return f"{tenant}/draft/{draft}"


def current(tenant: str, customer: str, hashed: str) -> str:
    """The pointer from (customer, process, key) to the one draft of these that may be open."""
    return f"{tenant}/current/{customer}/{hashed}"


def writer(tenant: str, draft: str, writer: str) -> str:
    """What one writer has sent to a draft."""
    return f"{tenant}/writer/{draft}/{writer}"


def once(tenant: str, draft: str, hashed: str) -> str:
    """The stored answer to a request with an Idempotency-Key."""
    return f"{tenant}/once/{draft}/{hashed}"


def imported(tenant: str, customer: str, hashed: str) -> str:
    """The cart that one of another system became, by the keyed hash of its name there."""
    return f"{tenant}/import/{customer}/{hashed}"


def handoff(tenant: str, handoff: str) -> str:
    """A handoff, in its draft's partition."""
    return f"{tenant}/handoff/{handoff}"


def offer(tenant: str, draft: str, to: str) -> str:
    """The pointer to the newest handoff of a draft to one side."""
    return f"{tenant}/offer/{draft}/{to}"


def code(tenant: str, hashed: str) -> str:
    """The pointer from a keyed hash of a short code to its handoff."""
    return f"{tenant}/code/{hashed}"


def grant(tenant: str, grant: str) -> str:
    """The passage of a device, in its draft's partition."""
    return f"{tenant}/grant/{grant}"


def assist(tenant: str, draft: str, staff: str) -> str:
    """The passage of a member of staff into a draft."""
    return f"{tenant}/assist/{draft}/{staff}"


def notice(tenant: str, assist: str) -> str:
    """The letter about an assist that is owed to its customer, in the draft's partition."""
    return f"{tenant}/notice/{assist}"


def lookup(tenant: str, lookup: str) -> str:
    """A lookup by a member of staff, in a partition that says nothing of whom it leads to."""
    return f"{tenant}/lookup/{lookup}"


def assist_request(tenant: str, customer: str, lookup: str) -> str:
    """What a customer is asked by a lookup, in the customer's partition."""
    return f"{tenant}/assist-request/{customer}/{lookup}"


def lease(tenant: str, draft: str) -> str:
    """Which member of staff may write in a draft just now."""
    return f"{tenant}/lease/{draft}"


def claim(tenant: str, claim: str) -> str:
    """The receipt of a claim, in the customer's partition."""
    return f"{tenant}/claim/{claim}"


def merge(tenant: str, merge: str) -> str:
    """A merge of two customers, in the partition of the one who goes on."""
    return f"{tenant}/merge/{merge}"


def snapshot(tenant: str, claim: str, draft: str) -> str:
    """A guest's cart as it was before it was merged, as long as that can be undone."""
    return f"{tenant}/snapshot/{claim}/{draft}"


def export(tenant: str, export: str) -> str:
    """A customer's data that may be fetched once, in the customer's partition."""
    return f"{tenant}/export/{export}"


def consents(tenant: str, customer: str) -> str:
    """What a customer has agreed to."""
    return f"{tenant}/consents/{customer}"


def devices(tenant: str, customer: str) -> str:
    """A customer's devices, sealed."""
    return f"{tenant}/devices/{customer}"


def audit_head(tenant: str) -> str:
    """The newest link of the tenant's audit chain in a partition."""
    return f"{tenant}/audit-head"


def kind_of(key: str) -> str:
    """What kind of record a key names: `draft`, `writer` …"""
    return key.split("/", 2)[1]


def tenants_term() -> str:
    """Finds every tenant."""
    return "tenants"


def processes_term(tenant: str) -> str:
    """Finds a tenant's processes."""
    return f"{tenant}/processes"


def staff_term(tenant: str) -> str:
    """Finds a tenant's staff."""
    return f"{tenant}/all-staff"


def retail_stores_term(tenant: str) -> str:
    """Finds a tenant's stores."""
    return f"{tenant}/retail-stores"


def store_devices_term(tenant: str) -> str:
    """Finds a tenant's registered tablets and tills."""
    return f"{tenant}/store-devices"


def staff_sessions_term(tenant: str, staff: str) -> str:
    """Finds the sessions of a member of staff."""
    return f"{tenant}/sessions-of/{staff}"


def device_sessions_term(tenant: str, device: str) -> str:
    """Finds the staff sessions on a registered device."""
    return f"{tenant}/sessions-on/{device}"


def customers_drafts_term(tenant: str, customer: str) -> str:
    """Finds a customer's drafts."""
    return f"{tenant}/of/{customer}"


def pointers_term(tenant: str, customer: str) -> str:
    """Finds a customer's pointers to drafts."""
    return f"{tenant}/pointers/{customer}"


def claims_term(tenant: str, customer: str) -> str:
    """Finds a customer's receipts and merges, and what they need to be undone."""
    return f"{tenant}/claims/{customer}"


def status_term(tenant: str, status: str) -> str:
    """Finds a tenant's drafts of a status, in all partitions."""
    return f"{tenant}/status/{status}"


def process_term(tenant: str, hashed: str, status: str) -> str:
    """Finds a tenant's drafts of a process and status, in all partitions."""
    return f"{tenant}/process/{hashed}/{status}"


def draft_terms(tenant: str, customer: str, status: str, process: str) -> tuple[str, ...]:
    """Under what a draft is found: its customer, its status, its process (hashed) and status."""
    return (
        customers_drafts_term(tenant, customer),
        status_term(tenant, status),
        process_term(tenant, process, status),
    )


def assist_requests_term(tenant: str, customer: str) -> str:
    """Finds what a customer is asked by lookups."""
    return f"{tenant}/assist-requests/{customer}"


def passages_term(tenant: str, draft: str) -> str:
    """Finds the handoffs and passages of a draft."""
    return f"{tenant}/passages/{draft}"


def assists_term(tenant: str, draft: str) -> str:
    """Finds the assists of a draft."""
    return f"{tenant}/assists/{draft}"


def assist_term(tenant: str, assist: str) -> str:
    """Finds an assist by its id: it is kept by its draft."""
    return f"{tenant}/assist-id/{assist}"


def staff_assists_term(tenant: str, staff: str) -> str:
    """Finds the assists of a member of staff."""
    return f"{tenant}/staff-assists/{staff}"


def events_log(tenant: str, customer: str) -> str:
    """What happened to a customer's drafts."""
    return f"{tenant}/events/{customer}"


def history_log(tenant: str, draft: str) -> str:
    """What was changed in a draft, sealed."""
    return f"{tenant}/history/{draft}"


def outbox_log(tenant: str) -> str:
    """Events of a partition that webhooks will carry."""
    return f"{tenant}/outbox"


def access_log(tenant: str, customer: str) -> str:
    """What staff looked at and changed of one customer, as the customer may read it."""
    return f"{tenant}/access/{customer}"


def touchpoints_log(tenant: str, customer: str) -> str:
    """What the tenant told of a customer's journey, sealed."""
    return f"{tenant}/touchpoints/{customer}"


def sign_outs_log(tenant: str, customer: str) -> str:
    """Wakes whoever follows a customer, when something was signed out; it holds nothing."""
    return f"{tenant}/sign-outs/{customer}"


def dismissals_log(tenant: str, staff: str) -> str:
    """Wakes whatever a member of staff follows, when all their sessions ended; it holds nothing."""
    return f"{tenant}/dismissals/{staff}"


def audit_log(tenant: str) -> str:
    """Looks and changes by staff in a partition, chained."""
    return f"{tenant}/audit"
