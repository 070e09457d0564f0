"""`python -m tests.fuzz.guided TARGET [libFuzzer's options]`: cases that look for untaken branches."""

import sys

import atheris  # of the group `fuzz`, which `make fuzz` installs

with atheris.instrument_imports(include=["retoma_server.adapters", "retoma_server.http.answers"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz one target until libFuzzer's options say that it is enough; it ends this running instance."""
    name = sys.argv.pop(1)
    atheris.Setup(sys.argv, TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
