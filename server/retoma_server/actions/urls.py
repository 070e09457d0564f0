"""Where a handoff may lead: only to pages of the tenant's own origins."""

from urllib.parse import urlsplit

from retoma_server.domain.errors import Invalid

from .deps import Deps
from .tenants import Tenant


def check_url(deps: Deps, tenant: Tenant, url: str | None) -> None:
    """Raise Invalid `url-not-allowed` unless the url is on one of the tenant's origins, or ours."""
    if url is not None and origin_of(url) not in tenant.origins | {origin_of(deps.public_url)}:
        raise Invalid("url-not-allowed")


def origin_of(url: str) -> str | None:
    """The origin of a web address (RFC 6454 §6.1), or None where it has none or hides something."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or "\\" in url:
        return None
    default = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, default) else "")
