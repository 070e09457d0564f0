"""The public surface is a short, sorted list."""

import inspect

import retoma


def test_everything_public_is_exported_and_nothing_else() -> None:
    """What can be reached as `retoma.X` is in `__all__`, and the other way round."""
    public = {
        name
        for name, value in vars(retoma).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }

    assert public == set(retoma.__all__)


def test_exports_are_sorted() -> None:
    """A reader finds a name where the alphabet puts it; constants come first, as linters sort."""
    constants = [name for name in retoma.__all__ if name.isupper()]
    classes = [name for name in retoma.__all__ if not name.isupper()]

    assert retoma.__all__ == sorted(constants) + sorted(classes)


def test_names_are_shown_where_they_are_imported_from() -> None:
    """A traceback says `retoma.ConflictError`, not the module that happens to hold it."""
    assert {getattr(retoma, name).__module__ for name in retoma.__all__ if name != "JSON"} == {"retoma"}


def test_everything_public_is_explained() -> None:
    """Every exported class, and every public method of it, has a docstring."""
    classes = [getattr(retoma, name) for name in retoma.__all__ if name != "JSON"]
    members = [
        member
        for each in classes
        for name, member in vars(each).items()
        if not name.startswith("_")
        and (inspect.isfunction(member) or isinstance(member, property | classmethod))
    ]

    assert [each for each in [*classes, *members] if not each.__doc__] == []
