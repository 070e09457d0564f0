"""The application as the business registers it: what is asked, in which steps, and who may read it."""

from typing import Any

PROCESS = "mortgage-application"


def titled(en: str, es: str, **about: Any) -> dict[str, Any]:
    """What is asked, in both languages; the console draws its form of it."""
    return {"title": en, "titles": {"es": es}, **about}


def text(en: str, es: str, **about: Any) -> dict[str, Any]:
    """A question whose answer is written."""
    return titled(en, es, type="string", minLength=1, **about)


def one_of(en: str, es: str, *choices: tuple[str, str, str]) -> dict[str, Any]:
    """A question whose answer is chosen: each choice's value, and its name in both languages."""
    return titled(en, es, oneOf=[titled(*names, const=value) for value, *names in choices])


def answers(*needed: str, **fields: Any) -> dict[str, Any]:
    """An object with these fields, some of which must be there when it is completed."""
    return {"type": "object", "properties": fields, "required": list(needed)}


YOU = {
    "name": text("Full name", "Nombre y apellidos"),
    "email": text("E-mail", "Correo electrónico", format="email"),
    "birthday": text("Date of birth", "Fecha de nacimiento", format="date"),
    "contact": one_of(
        "How to reach them",
        "Cómo contactar",
        ("email", "By e-mail", "Por correo"),
        ("call", "By phone", "Por teléfono"),
    ),
}
INCOME = answers(
    "kind",
    "net",
    kind=one_of(
        "Work",
        "Trabajo",
        ("employed", "Employed", "Por cuenta ajena"),
        ("self-employed", "Self-employed", "Por cuenta propia"),
        ("retired", "Retired", "Jubilación"),
    ),
    net=titled("Net income a month, €", "Ingresos netos al mes, €", type="number"),
) | titled("Work and income", "Trabajo e ingresos")
ADDRESS = answers(
    "street",
    "city",
    street=text("Street and number", "Calle y número"),
    city=text("City", "Ciudad"),
) | titled("Address of the home", "Dirección de la vivienda")
HOME = answers(
    "kind",
    "price",
    kind=one_of("Kind of home", "Tipo de vivienda", ("flat", "Flat", "Piso"), ("house", "House", "Casa")),
    price=titled("Price, €", "Precio, €", type="number"),
    first=titled("Their first home?", "¿Su primera vivienda?", type="boolean"),
) | titled("The home they want", "La vivienda que quieren")
DESCRIPTION: dict[str, Any] = {
    "titles": {"en": "Mortgage application", "es": "Solicitud de hipoteca"},
    "steps": [
        {"id": "you", "titles": {"en": "You", "es": "Tú"}},
        {"id": "income", "titles": {"en": "Income", "es": "Ingresos"}},
        {"id": "home", "titles": {"en": "Home", "es": "Vivienda"}},
    ],
    "fields": {
        "/contact": "public",
        "/income": "public",
        "/home": "public",
        "/iban": "restricted",
    },
    "groups": ["/address"],
    "schema": answers(
        *YOU,
        "income",
        "address",
        "home",
        **{name: field | {"x-step": "you"} for name, field in YOU.items()},
        income=INCOME,
        iban=titled("IBAN", "IBAN", type="string") | {"x-step": "income"},
        address=ADDRESS | {"x-step": "home"},
        home=HOME,
        notes=titled("Anything else?", "¿Algo más?", type="string", maxLength=2000) | {"x-step": "home"},
    ),
}
"""What has no class here is personal."""
