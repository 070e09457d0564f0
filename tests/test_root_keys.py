"""Root keys that are held elsewhere: the page's own example, by a key service that gives no key out."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from retoma_server.actions.identifiers import identified
from retoma_server.actions.tenants import all_tenants
from retoma_server.adapters.envelopes import IntegrityFailure
from retoma_server.adapters.keyring import Keyring
from retoma_server.adapters.root_keys import MakeRootKeys, RootKeys
from retoma_server.adapters.settings import Settings
from retoma_server.adapters.vault import Vault
from retoma_server.app import create_app, wire
from retoma_server.commands import commands
from retoma_server.domain.identifiers import IdentifierKind
from retoma_server.starting import prepare
from tests.servers.retoma_server import RetomaServer
from tests.snippets import KEYS, snippet

KEY_ID = "alias/retoma"


class KeyService:
    """A key service that speaks as AWS KMS does: what it encrypts it alone decrypts, in the same context."""

    class Invalid(Exception):
        """What it raises for bytes that are none of its."""

    exceptions = SimpleNamespace(InvalidCiphertextException=Invalid)

    def __init__(self) -> None:
        self._key = AESGCM(AESGCM.generate_key(256))
        self.decrypted = 0

    def encrypt(self, **asked: Any) -> dict[str, bytes]:
        """What nobody else can open."""
        assert asked["KeyId"] == KEY_ID
        assert len(asked["Plaintext"]) <= 4096
        return {"CiphertextBlob": self._key.encrypt(bytes(12), asked["Plaintext"], context_of(asked))}

    def decrypt(self, **asked: Any) -> dict[str, bytes]:
        """What it has encrypted."""
        self.decrypted += 1
        try:
            return {"Plaintext": self._key.decrypt(bytes(12), asked["CiphertextBlob"], context_of(asked))}
        except InvalidTag:
            raise self.Invalid from None


def context_of(asked: dict[str, Any]) -> bytes:
    """What a ciphertext is bound to."""
    return repr(sorted(asked["EncryptionContext"].items())).encode()


@pytest.fixture
def service() -> KeyService:
    """A key service."""
    return KeyService()


@pytest.fixture
def stopped(tmp_path: Path) -> RetomaServer:
    """A server that was made ready by a keyring, and does not run."""
    server = RetomaServer(tmp_path)
    prepare(Settings.from_env(server.environment), print)
    return server


@pytest.fixture
def elsewhere(service: KeyService, stopped: RetomaServer) -> MakeRootKeys:
    """Makes root keys as the page does, of this service, with the server's keyring for what was before."""
    names: dict[str, Any] = {"__name__": "our_retoma"}
    exec(snippet("key service", KEYS), names)
    made: Callable[..., RootKeys] = names["KmsRootKeys"]
    return lambda: made(service, KEY_ID, Keyring.load(stopped.folder / "keyring.json"))


def typed(server: RetomaServer, root_keys: MakeRootKeys, *arguments: str) -> str:
    """What a command says when it is run by a file of one's own."""
    done = CliRunner().invoke(commands, arguments, env=server.environment, obj=root_keys)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_server_moves_to_a_key_service(
    stopped: RetomaServer, service: KeyService, elsewhere: MakeRootKeys
) -> None:
    """What the keyring wrapped is opened, wrapped by the service, and then by nothing else."""
    assert "retoma-server keys rewrap" in typed(stopped, elsewhere, "keys", "status")
    assert "Rewrapped 1 " in typed(stopped, elsewhere, "keys", "rewrap")
    told = typed(stopped, elsewhere, "keys", "rotate", "tenant")
    told += typed(stopped, elsewhere, "keys", "status")
    assert f"root      {KEY_ID}  primary  wraps 1 tenants" in told
    assert "tenant    2             newest" in told
    refused = CliRunner().invoke(commands, ["tenants", "list"], env=stopped.environment)
    assert "This keyring does not open this store" in refused.stderr


def test_a_running_server_asks_the_service_once_for_a_tenant(
    stopped: RetomaServer, service: KeyService, elsewhere: MakeRootKeys
) -> None:
    """However often it is asked itself, and although a tenant's record is read every second."""
    typed(stopped, elsewhere, "keys", "rewrap")
    app = create_app(Settings.from_env(stopped.environment), elsewhere)
    deps = app.extensions["retoma"]
    tenant = all_tenants(deps.store, deps.vault)[0]
    before = service.decrypted
    for number in range(5):
        identified(deps, deps.tenants.renewed(tenant.id), IdentifierKind.EXTERNAL_ID, f"u-{number}")
    assert service.decrypted == before
    deps.store.close()


def test_what_the_service_wrapped_is_bound_to_its_tenant(elsewhere: MakeRootKeys) -> None:
    """For another tenant, or altered, it does not open."""
    vault = Vault(elsewhere())
    wrapped = vault.new_tenant_key("te_3f0123456789")
    with pytest.raises(IntegrityFailure):
        vault.open_tenant("te_3f9999999999", wrapped)
    with pytest.raises(IntegrityFailure):
        vault.open_tenant("te_3f0123456789", wrapped[:-1] + bytes([wrapped[-1] ^ 1]))


def test_a_server_without_streams_cannot_have_them(stopped: RetomaServer, elsewhere: MakeRootKeys) -> None:
    """Its workers are made anew and know no file of one's own: it says so before it begins."""
    done = CliRunner().invoke(commands, ["serve", "--role", "api"], env=stopped.environment, obj=elsewhere)
    assert (done.exit_code, "need a server with streams" in done.stderr) == (1, True)


def test_root_keys_of_a_keyring_are_root_keys_too(stopped: RetomaServer) -> None:
    """Handed over like any other, they open what the server wrapped by itself."""
    ring: RootKeys = Keyring.load(stopped.folder / "keyring.json")
    deps = wire(Settings.from_env(stopped.environment), lambda: ring)
    assert len(all_tenants(deps.store, deps.vault)) == 1
    deps.store.close()
