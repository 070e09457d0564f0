"""The command line, as an operator uses it: real commands on real files."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from click import ClickException
from click.testing import CliRunner

from retoma_server.actions import records
from retoma_server.actions.identifiers import identified
from retoma_server.actions.rotations import SETTLED, rotate_index, rotate_tenant
from retoma_server.actions.tenants import all_tenants
from retoma_server.adapters.codec import read_json
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.settings import SETTINGS, Settings
from retoma_server.adapters.stores import SqliteStore
from retoma_server.app import milliseconds, wire
from retoma_server.cli import holds_streams
from retoma_server.commands import checked_origin, commands
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.starting import prepare
from tests.servers.identity_provider import IdentityProvider
from tests.servers.retoma_server import RetomaServer, word_after


@pytest.fixture
def stopped(tmp_path: Path) -> RetomaServer:
    """A server that was made ready once, so that it has a keyring and a tenant, and does not run."""
    server = RetomaServer(tmp_path)
    prepare(Settings.from_env(server.environment), print)
    return server


def refusal(server: RetomaServer, *arguments: str) -> str:
    """The one line that a command refuses with, run right here; it must have exit code 1."""
    done = CliRunner().invoke(commands, arguments, env=server.environment)
    assert done.exit_code == 1, done.output
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    "command",
    [
        "",
        "serve",
        "worker",
        "tenants add",
        "staff add",
        "staff password",
        "stores add",
        "keys rewrap",
        "keys rotate",
        "keys finish",
        "openapi",
        "audit key",
        "audit verify",
        "customers erase",
    ],
)
def test_every_command_says_in_a_sentence_what_it_does(command: str) -> None:
    """`--help` is there at every level, and answers without store or keyring."""
    shown = CliRunner().invoke(commands, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert "." in shown.output.split("\n\n")[1]


def test_settings_shows_the_whole_table(tmp_path: Path) -> None:
    """What can be set is told by the command itself."""
    shown = RetomaServer(tmp_path).cli("settings")
    assert [setting for setting in SETTINGS if f"{setting.variable}={setting.default}" not in shown] == []


def test_an_unusable_setting_is_named(tmp_path: Path) -> None:
    """A wrong value stops the start with the variable and what it must be."""
    assert "RETOMA_WORKERS must be auto or" in refusal(RetomaServer(tmp_path, RETOMA_WORKERS="many"), "serve")
    assert "RETOMA_STORE" in refusal(RetomaServer(tmp_path, RETOMA_STORE="sqlite://"), "serve")
    Keyring.create().save(tmp_path / "keyring.json")
    assert "A store is named by" in refusal(RetomaServer(tmp_path, "mysql://somewhere"), "serve")


@pytest.mark.parametrize(
    ("line", "patched"),
    [
        ("serve", True),
        ("serve --port 9000 --role events", True),
        ("serve --role all", True),
        ("serve --role api", False),
        ("serve --role=api --port 9000", False),
        ("worker", False),
        ("tenants add serve --origin https://shop.example", False),
        ("", False),
    ],
)
def test_gevent_comes_in_for_servers_with_streams_only(line: str, patched: bool) -> None:
    """It must be settled before anything is imported, so the arguments are looked at by hand."""
    assert holds_streams(line.split()) is patched


def test_a_worker_makes_no_tenant(tmp_path: Path) -> None:
    """Its secret key would be shown to nobody: only `serve` begins a business."""
    refused = refusal(RetomaServer(tmp_path), "worker")
    assert "keyring.json cannot be read" in refused
    assert "The first `retoma-server serve` makes it" in refused
    assert list(tmp_path.iterdir()) == []


def test_a_refusal_is_one_line_and_exit_code_1(stopped: RetomaServer) -> None:
    """The command as it is installed: no traceback where an operator made a mistake."""
    done = stopped.run("tenants", "allow", "nobody", "--origin", "https://shop.example")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: There is no tenant nobody.\n"


def test_a_wrong_option_is_a_usage_error(tmp_path: Path) -> None:
    """Options are checked before anything is touched: exit code 2, as commands do."""
    done = RetomaServer(tmp_path).run("serve", "--role", "everything")
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


def test_tenants_are_added_listed_and_allowed_origins(stopped: RetomaServer) -> None:
    """A tenant's keys are printed once; more origins can be allowed by its name or its id."""
    added = stopped.cli("tenants", "add", "Shop", "--origin", "https://Shop.example:443/")
    tenant = word_after("tenant", added)
    assert word_after("publishable key", added) == f"pk_{tenant.removeprefix('te_')}"
    assert word_after("secret key", added).startswith("sk_")
    stopped.cli("tenants", "allow", "Shop", "--origin", "https://www.shop.example")
    stopped.cli("tenants", "allow", tenant, "--origin", "http://localhost:3000")
    listed = stopped.cli("tenants", "list")
    assert f"{tenant}  Shop  http://localhost:3000 https://shop.example https://www.shop.example" in listed
    assert "secret" not in listed
    assert len(listed.splitlines()) == 2


def test_a_tenant_gets_a_look_of_its_own(stopped: RetomaServer) -> None:
    """Name and colour are given one by one; a colour on which nothing can be read is refused, and why."""
    said = stopped.cli("tenants", "look", "default", "--name", "Acme Bank", "--colour", "#7A1F3D")
    assert said == "Links of default show Acme Bank, #7a1f3d.\n"
    again = stopped.cli("tenants", "look", "default", "--name-es", "Banco Acme")
    assert again == "Links of default show Acme Bank, #7a1f3d.\n"
    pale = refusal(stopped, "tenants", "look", "default", "--colour", "#ffcc00")
    assert "contrast is 1.5, and 4.5 is needed. Take a darker one" in pale
    assert "A colour is # and six digits" in refusal(stopped, "tenants", "look", "default", "--colour", "red")


def test_tenants_are_told_apart(stopped: RetomaServer) -> None:
    """No two have one name, an unknown one is named, and an origin is not an address of a page."""
    assert "There is a tenant default already" in refusal(
        stopped, "tenants", "add", "default", "--origin", "https://shop.example"
    )
    assert "There is no tenant nobody" in refusal(
        stopped, "tenants", "allow", "nobody", "--origin", "https://shop.example"
    )


@pytest.mark.parametrize(
    "text", ["shop.example", "https://shop.example/page", "ftp://a.b", "https://a@b.c", ""]
)
def test_an_origin_is_no_address_of_a_page(text: str) -> None:
    """What browsers would never send as an origin is refused before it is stored."""
    with pytest.raises(ClickException, match="An origin is scheme, host and port only"):
        checked_origin(text)


def test_staff_get_a_token_once(stopped: RetomaServer) -> None:
    """With one tenant it need not be named; with two it must."""
    assert word_after("token", stopped.cli("staff", "add", "Marta")).startswith("sf_")
    stopped.cli("tenants", "add", "Shop", "--origin", "https://shop.example")
    assert "Say which tenant" in refusal(stopped, "staff", "add", "Marta")
    assert "token" in stopped.cli("staff", "add", "Marta", "--tenant", "Shop")


def on_record(server: RetomaServer) -> list[tuple[str, str, str]]:
    """What the audit log says of its tenant's own, oldest first: who did what, to whom."""
    deps = wire(Settings.from_env(server.environment))
    (tenant,) = all_tenants(deps.store, deps.vault)
    log = deps.store.read_log(tenant.partition, records.audit_log(tenant.id)).entries
    deps.store.close()
    entries = [read_json(each.body)["entry"] for each in log]
    return [(each["actor"], each["action"], each["about"]) for each in entries]


def test_what_the_operator_changes_about_staff_is_on_record(stopped: RetomaServer) -> None:
    """Each command is one entry, of the operator, in the commit that does it; a refused one is none."""
    store = word_after("store", stopped.cli("stores", "add", "Sol"))
    stopped.cli("stores", "registered-only", "Sol")
    stopped.cli("stores", "registered-only", "Sol", "--off")
    till = word_after("staff", stopped.cli("staff", "add", "Till"))
    marta = word_after(
        "staff", stopped.cli("staff", "add", "Marta", "--sign-in", "m", typed="correct horse battery\n")
    )
    stopped.cli("staff", "disable", marta)
    stopped.cli("staff", "enable", marta)
    stopped.cli("staff", "role", marta, "admin")
    refusal(stopped, "staff", "role", "st_0", "admin")
    stopped.cli("staff", "password", marta, typed="another horse battery\n")
    assert on_record(stopped) == [
        ("operator", "store-added", store),
        ("operator", "store-closed", store),
        ("operator", "store-opened", store),
        ("operator", "staff-added", till),
        ("operator", "staff-added", marta),
        ("operator", "staff-disabled", marta),
        ("operator", "staff-enabled", marta),
        ("operator", "staff-roles-changed", marta),
        ("operator", "staff-password-changed", marta),
    ]
    assert "hold" in stopped.cli("audit", "verify")


def test_staff_who_sign_in_are_added_changed_and_listed(stopped: RetomaServer) -> None:
    """With a store and roles; the password comes in, and is in no argument and in nothing that is printed."""
    store = word_after("store", stopped.cli("stores", "add", "Sol"))
    assert f"{store}  Sol" in stopped.cli("stores", "list")
    about = ("--sign-in", "marta", "--role", "assist", "--role", "auditor", "--store", "Sol")
    made = stopped.cli("staff", "add", "Marta", *about, typed="correct horse battery\n")
    staff = word_after("staff", made)
    assert f"{staff}  Marta  assist auditor  marta  in Sol\n" in stopped.cli("staff", "list")
    assert "disabled" in stopped.cli("staff", "disable", staff)
    assert "assist auditor" in stopped.cli("staff", "enable", staff)
    assert "  admin  " in stopped.cli("staff", "role", staff, "admin")
    assert staff in stopped.cli("staff", "password", staff, typed="another horse battery\n")


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        (["add", "Ana", "--sign-in", "ana"], "short", "at least 12 characters"),
        (["add", "Ana", "--sign-in", "anastasia"], "Anastasia123", "one's own name"),
        (["add", "Ana", "--sign-in", "ana"], "x" * 257, "at most 256"),
        (["add", "Ana", "--sign-in", "MARTA "], "correct horse battery", "by that name already"),
        (["add", "Ana", "--sign-in", " "], "correct horse battery", "A sign-in name is"),
        (["add", "Ana", "--store", "Luna"], "", "There is no store Luna"),
        (["disable", "st_0"], "", "has nobody like that"),
        (["password", "st_0"], "correct horse battery", "has nobody like that"),
    ],
)
def test_an_account_that_cannot_be_is_refused_in_a_sentence(
    stopped: RetomaServer, arguments: list[str], typed: str, told: str
) -> None:
    """And nothing is written."""
    stopped.cli("staff", "add", "Marta", "--sign-in", "marta", typed="correct horse battery\n")
    before = stopped.cli("staff", "list")
    done = CliRunner().invoke(commands, ["staff", *arguments], f"{typed}\n", env=stopped.environment)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert told in done.stderr
    assert stopped.cli("staff", "list") == before


def test_a_key_is_removed_only_when_nothing_hangs_on_it(stopped: RetomaServer) -> None:
    """`remove` refuses the primary key, one that tenants are wrapped by, and one that is not there."""
    old = word_after("root", stopped.cli("keys", "status"))
    assert "the primary one" in refusal(stopped, "keys", "remove", old)
    new = stopped.cli("keys", "add").split()[1].rstrip(".")
    stopped.cli("keys", "promote", new)
    assert "1 tenants are still wrapped by" in refusal(stopped, "keys", "remove", old)
    assert stopped.cli("keys", "rewrap").startswith("Rewrapped 1 ")
    assert stopped.cli("keys", "rewrap").startswith("Rewrapped 0 ")
    stopped.cli("keys", "remove", old)
    assert f"root      {new}     primary  wraps 1 tenants\nsigning" in stopped.cli("keys", "status")
    assert "There is no key" in refusal(stopped, "keys", "promote", old)


def test_keys_status_shows_every_key_and_what_to_type_next(stopped: RetomaServer) -> None:
    """Root, signing, tenant, customer and index keys; nothing to type where nothing is to be done."""
    told = stopped.cli("keys", "status")
    kinds = [line.split()[0] for line in told.splitlines() if line]
    assert kinds == ["root", "signing", "default", "tenant", "customer", "index"]
    assert "Next:" not in told
    new = stopped.cli("keys", "add").split()[1].rstrip(".")
    assert f"retoma-server keys promote {new}" in stopped.cli("keys", "status")
    stopped.cli("keys", "promote", new)
    assert "retoma-server keys rewrap" in stopped.cli("keys", "status")
    stopped.cli("keys", "rewrap")
    assert "retoma-server keys remove k" in stopped.cli("keys", "status")


def test_what_to_type_next_leads_through_a_rotation(stopped: RetomaServer) -> None:
    """Each command says what is left of it, and whom an old index key still finds."""
    with_customers(stopped, "u-17", "u-18")
    assert "newest   of 2 customers" in stopped.cli("keys", "rotate", "customers")
    told = stopped.cli("keys", "rotate", "tenant", "--tenant", "default")
    assert "tenant    1             older    wraps the keys of 0 customers" in told
    assert "tenant    2             newest   wraps the keys of 2 customers" in told
    assert "# in a minute: nothing needs the older tenant key" in told
    told = stopped.cli("keys", "rotate", "index")
    assert "index     1             older    finds 2 identifiers that no newer one finds" in told
    assert "# when your service has put 2 identifiers again: the oldest index key" in told
    with_customers(stopped, "u-17", "u-18")
    assert "# in a minute: the oldest index key" in stopped.cli("keys", "finish")
    assert "wait a minute" in refusal(stopped, "keys", "drop-index")


def test_what_to_type_next_is_said_of_every_tenant_as_it_is_by_now(stopped: RetomaServer) -> None:
    """Each tenant has its reasons, and what had to wait a minute is to be done now after it."""
    stopped.cli("tenants", "add", "Shop", "--origin", "https://shop.example")
    deps = wire(Settings.from_env(stopped.environment))
    aged = SqliteStore(stopped.folder / "retoma.db", clock=lambda: milliseconds() - SETTLED)
    for store in (deps.store, aged):
        for tenant in all_tenants(deps.store, deps.vault):
            rotate_tenant(replace(deps, store=store), tenant)
        steps = stopped.cli("keys", "status").partition("Next:\n")[2].splitlines()
        when = "in a minute" if store is deps.store else "now"
        assert [line.split()[-1].startswith("te_") for line in steps] == [True, False, True, False]
        assert steps[1] == steps[3] == f"    # {when}: nothing needs the older tenant key"
    aged.close()
    deps.store.close()


def test_an_index_key_is_dropped_only_by_who_was_told_what_it_costs(stopped: RetomaServer) -> None:
    """It says how many are lost and asks; without an old one there is nothing to drop."""
    assert "has one index key: rotate index first" in refusal(stopped, "keys", "drop-index")
    with_customers(stopped, "u-17", "u-18")
    deps = wire(Settings.from_env(stopped.environment))
    aged = SqliteStore(stopped.folder / "retoma.db", clock=lambda: milliseconds() - 2 * SETTLED)
    rotate_index(replace(deps, store=aged), all_tenants(deps.store, deps.vault)[0])
    aged.close()
    deps.store.close()
    asked = CliRunner().invoke(commands, ["keys", "drop-index"], env=stopped.environment, input="n\n")
    assert "2 identifiers of default are found by index key 1 alone" in asked.output
    assert asked.exit_code == 1
    assert "finds 2 identifiers that" in stopped.cli("keys", "status")
    assert "2 identifiers are lost" in stopped.cli("keys", "drop-index", "--yes")
    assert "index     2             newest   finds 0 identifiers" in stopped.cli("keys", "status")


def with_customers(server: RetomaServer, *external_ids: str) -> None:
    """Customers with these external ids, as a sign-in finds or makes them."""
    deps = wire(Settings.from_env(server.environment))
    for each in external_ids:
        identified(deps, all_tenants(deps.store, deps.vault)[0], IdentifierKind.EXTERNAL_ID, each)
    deps.store.close()


def test_a_kind_of_key_that_is_not_there_is_a_usage_error(stopped: RetomaServer) -> None:
    """The kinds are told, and nothing is touched."""
    done = CliRunner().invoke(commands, ["keys", "rotate", "everything"], env=stopped.environment)
    assert done.exit_code == 2
    assert "'tenant', 'customers', 'index'" in done.stderr


def test_the_keyring_stays_closed_to_others(stopped: RetomaServer) -> None:
    """Every change leaves its file readable by its owner alone."""
    stopped.cli("keys", "add")
    keyring = stopped.folder / "keyring.json"
    assert stat.S_IMODE(keyring.stat().st_mode) == 0o600
    keyring.chmod(0o644)
    assert "chmod 600" in refusal(stopped, "keys", "status")


def test_an_inline_keyring_is_not_changed(tmp_path: Path) -> None:
    """A keyring in the environment cannot be written back, and is never shown."""
    keyring = Keyring.create()
    refused = refusal(RetomaServer(tmp_path, RETOMA_KEYRING=keyring.dump()), "keys", "add")
    assert "RETOMA_KEYRING holds the keyring itself" in refused
    assert keyring.primary.kid not in refused


def test_a_missing_or_wrong_keyring_is_one_sentence(stopped: RetomaServer) -> None:
    """Commands never make a keyring of their own, and a foreign one opens nothing."""
    keyring = stopped.folder / "keyring.json"
    keyring.unlink()
    assert "keyring.json cannot be read" in refusal(stopped, "tenants", "list")
    Keyring.create().save(keyring)
    assert "does not open" in refusal(stopped, "tenants", "list")
    assert "does not open" in refusal(stopped, "serve")


def test_a_store_that_is_away_is_one_sentence(tmp_path: Path) -> None:
    """An operator reads what to check, not a traceback, and no password."""
    server = RetomaServer(tmp_path, "redis://:hunter2@127.0.0.1:1/0")
    Keyring.create().save(tmp_path / "keyring.json")
    for command in ("serve", "worker"):
        refused = refusal(server, command)
        assert "RETOMA_STORE" in refused
        assert "hunter2" not in refused


def test_a_customer_is_erased_by_their_id(stopped: RetomaServer) -> None:
    """It is said what went; a second time nothing is left; who is nobody's customer is named."""
    deps = wire(Settings.from_env(stopped.environment))
    (tenant,) = all_tenants(deps.store, deps.vault)
    customer = identified(deps, tenant, IdentifierKind.EXTERNAL_ID, "u-17")
    deps.store.close()
    said = stopped.cli("customers", "erase", customer)
    assert said.startswith(f"Erased {customer} and 0 drafts.")
    assert stopped.cli("customers", "erase", customer) == said
    for nobody in (f"cu_00{'a' * 20}", "somebody"):
        assert f"default has no customer {nobody}." in refusal(stopped, "customers", "erase", nobody)


def test_a_new_epoch_is_printed(stopped: RetomaServer) -> None:
    """After a restore the operator begins a new epoch; each is another."""
    first, second = stopped.cli("epoch", "new"), stopped.cli("epoch", "new")
    assert first != second
    store = SqliteStore(stopped.folder / "retoma.db")
    assert store.epoch == second.strip()
    store.close()


def test_staff_may_sign_in_at_a_provider_that_answers(tmp_path: Path) -> None:
    """It is asked first; what is to be allowed there is printed, and its secret is not."""
    stopped = RetomaServer(tmp_path, RETOMA_HOOKS_TO_LOOPBACK="on")
    prepare(Settings.from_env(stopped.environment), print)
    with IdentityProvider() as provider:
        about = ("staff", "provider", provider.issuer, "--client-id", "retoma")
        said = stopped.cli(*about, typed="the client's secret\n")
        assert said.rstrip().endswith("/staff/sign-in/back")
        assert "the client's secret" not in said
        provider.down = True
        assert "gave no usable answer: discovery" in refusal(stopped, *about, "--public-client")
    made = stopped.cli("staff", "add", "Marta", "--sign-in", "marta@shop.example", "--at-provider")
    listed = f"{word_after('staff', made)}  Marta  assist  marta@shop.example at the provider"
    assert listed in stopped.cli("staff", "list")
    assert stopped.cli("staff", "provider", "--remove") == ""
    actions = [action for _, action, _ in on_record(stopped)]
    assert actions == ["provider-registered", "staff-added", "provider-removed"]
    assert "Say ISSUER" in refusal(stopped, "staff", "provider")


def test_a_store_lets_its_assistants_in_on_its_devices_only(stopped: RetomaServer) -> None:
    """Until it no longer does; the list says so."""
    stopped.cli("stores", "add", "Sol")
    stopped.cli("stores", "registered-only", "Sol")
    assert "Sol  registered devices only" in stopped.cli("stores", "list")
    stopped.cli("stores", "registered-only", "Sol", "--off")
    assert "registered devices only" not in stopped.cli("stores", "list")
