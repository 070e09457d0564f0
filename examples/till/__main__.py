"""A till in a terminal: a clerk finishes, together with a customer, what they began elsewhere."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import retoma


def main() -> int:
    """Serve one customer after the other, until there is no more input; returns the exit code."""
    token = os.environ.get("RETOMA_STAFF_TOKEN")
    if token is None:
        print(
            'RETOMA_STAFF_TOKEN is not set: `retoma-server staff add "Till 3"` prints one.', file=sys.stderr
        )
        return 2
    url = os.environ.get("RETOMA_URL", "http://localhost:8080")
    with retoma.Client(url, token, channel="store") as clerk, suppress(EOFError, KeyboardInterrupt):
        while True:
            try:
                serve(clerk, input("\nCode, or something new: ").strip())
            except retoma.RetomaError as error:
                print(f"That did not work: {error.detail or error.code}")


def serve(clerk: retoma.Client, typed: str) -> None:
    """Help the customer whose code this is, or begin the process of that name for somebody without one."""
    is_new = any(each.name == typed for each in clerk.processes.list())
    draft = clerk.assist.start(typed) if is_new else clerk.assist.redeem(typed)
    if not isinstance(draft, retoma.Draft) or draft.assist is None:
        print("That is not for this till.")
        return
    process = clerk.processes.get(draft.process)
    print(f"{process.titles['en']}: you may {draft.assist.scope}.")
    for point in reversed(clerk.assist.journey(draft)):
        print(f"  {point.at:%d %b %H:%M} {point.type} ({point.channel}) {point.note or ''}".rstrip())
    for path, title, kind in fields(process.schema or {}):
        if draft.assist.scope == "view" or is_customers(process, path):
            print(f"  {title}: {shown(draft.get(path))}")
        else:
            fill_in(draft, path, f"  {title} [{shown(draft.get(path))}]: ", kind)
    finish(clerk, draft)


def fields(schema: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str, str]]:
    """The answers that a schema asks for: where each is, its title and its type."""
    for name, member in schema.get("properties", {}).items():
        path = f"{above}/{name.replace('~', '~0').replace('/', '~1')}"
        if "properties" in member:
            yield from fields(member, path)
        else:
            yield path, member.get("title", name), member.get("type", "string")


def is_customers(process: retoma.Process, path: str) -> bool:
    """Whether only the customer enters something there, such as a signature."""
    return any(f"{path}/".startswith(f"{at}/") for at in process.customer_only)


def shown(value: Any) -> str:
    """An answer as the clerk may see it."""
    if isinstance(value, dict) and "$masked" in value:
        return str(value.get("hint") or "answered")
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def fill_in(draft: retoma.Draft, path: str, label: str, kind: str) -> None:
    """Save what is typed, and ask again for what cannot be; Return alone keeps the answer."""
    while typed := input(label).strip():
        try:
            draft.set(path, typed if kind == "string" else json.loads(typed))
            refused = draft.save().rejected
        except json.JSONDecodeError:
            print(f"    That is no {kind}.")
        except retoma.LeaseLostError as busy:
            print(f"    {busy.name or 'A colleague'} is at work in it; this waits for the next save.")
            return
        else:
            if not refused:
                return
            print(f"    Not accepted: {refused[0].code}")


def finish(clerk: retoma.Client, draft: retoma.Draft) -> None:
    """Complete it, hand it back by a link for the customer's own phone, or leave."""
    ways = {"h": "(h)and back", "l": "(l)eave"}
    if draft.assist is not None and draft.assist.scope == "complete":
        ways = {"c": "(c)omplete", **ways}
    while (chosen := input(f"{', '.join(ways.values())}: ").strip().lower()[:1]) not in ways:
        pass
    if chosen == "c":
        draft.complete()
        print("Completed.")
    elif chosen == "h":
        handoff = clerk.assist.hand_back(draft, "device")
        show_link(handoff.url if handoff and handoff.url else "")
    else:
        clerk.assist.leave(draft)
        print("Not saved: what you typed last." if draft.unsaved else "You have left.")


def show_link(url: str) -> None:
    """Show a link, and its QR code where the package `segno` is installed."""
    print(f"It goes on at\n{url}")
    with suppress(ImportError):
        import segno  # not needed to print the link

        segno.make(url).terminal(compact=True)


if __name__ == "__main__":
    sys.exit(main())
