"""Letters: delivered as they were written, or refused; a password never travels in clear."""

import socket
import threading

import pytest
from tests.servers.mail_server import MailServer
from tests.servers.retoma_server import free_port

from retoma_server.adapters.letters import LANGUAGES, Letter, letter
from retoma_server.adapters.mailing import CannotSend, NoMailer, SmtpMailer, message_of

VALUES = {"title": "Hipoteca", "link": "https://retoma.test/r#ho_1", "until": "2026-11-29", "code": "123456"}


@pytest.mark.parametrize("name", ["link", "code"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_says_all_that_it_must(name: str, language: str) -> None:
    """In every language; nothing is left to be filled in."""
    made = letter(name, language, **VALUES)
    assert "{" not in made.subject + made.text
    assert "Hipoteca" in made.text
    assert (VALUES["link"] if name == "link" else VALUES["code"]) in made.text
    assert letter(name, "fr", **VALUES) == letter(name, "en", **VALUES)


def test_a_title_cannot_write_a_header_or_a_line() -> None:
    """What a tenant called its process stays on its line."""
    made = letter("link", "en", **{**VALUES, "title": "Loan\r\nBcc: eva@example.com\n\nBuy now"})
    assert "\n" not in made.subject
    assert "\nBcc" not in made.text
    message = message_of("a@shop.example", "ana@example.com", made)
    assert message["Bcc"] is None


def test_a_letter_is_delivered_as_it_was_written() -> None:
    """With letters of every script, to the one address."""
    with MailServer() as mail:
        SmtpMailer.parse(mail.url, "Shop <no-reply@shop.example>").send(
            "ana@example.com", Letter("Sí", "Año\n", "en")
        )
        assert (mail.letters[0][0], mail.newest["Subject"], mail.text.strip()) == (
            ["ana@example.com"],
            "Sí",
            "Año",
        )


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("smtp://mail.example", ("mail.example", 587, False, None, None)),
        ("smtps://mail.example", ("mail.example", 465, True, None, None)),
        ("smtp://us%40er:p%3Ass@mail.example:2525", ("mail.example", 2525, False, "us@er", "p:ss")),
    ],
)
def test_an_address_of_a_mail_server_is_read(url: str, place: tuple[object, ...]) -> None:
    """With the usual ports, and what is escaped in it; the password shows nowhere."""
    made = SmtpMailer.parse(url, "a@shop.example")
    assert (made.host, made.port, made.secure, made.user, made.password) == place
    assert "p:ss" not in repr(made)


def test_what_cannot_be_sent_says_so() -> None:
    """Where nobody listens, where there is no mail server, and where an address would be two."""
    nowhere = SmtpMailer("127.0.0.1", free_port(), False, "a@shop.example")
    with pytest.raises(CannotSend) as refusal:
        nowhere.send("ana@example.com", Letter("Hi", "Hi", "en"))
    assert refusal.value.code == "sending-failed"
    with pytest.raises(CannotSend) as refusal:
        NoMailer().send("ana@example.com", Letter("Hi", "Hi", "en"))
    assert refusal.value.code == "sending-unavailable"
    with MailServer() as mail:
        mailer = SmtpMailer.parse(mail.url, "a@shop.example")
        with pytest.raises(CannotSend):
            mailer.send("ana@example.com\nBcc: eva@example.com", Letter("Hi", "Hi", "en"))
        assert mail.letters == []


def test_a_password_is_never_sent_in_clear() -> None:
    """A server that offers no TLS gets no login, whatever it says."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"220 hello\r\n")
            while line := connection.recv(4096):
                heard.append(line)
                connection.sendall(
                    b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n" if b"ehlo" in line.lower() else b"250 OK\r\n"
                )

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    mailer = SmtpMailer.parse(f"smtp://shop:hunter2@127.0.0.1:{listener.getsockname()[1]}", "a@shop.example")
    with pytest.raises(CannotSend):
        mailer.send("ana@example.com", Letter("Hi", "Hi", "en"))
    thread.join(5)
    listener.close()
    assert not any(b"AUTH" in line.upper() for line in heard)
