"""Without a TLS connection that is vouched for, nothing is sent."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tracker2invoice.errors import Unreachable
from tracker2invoice.rest import FixedHeaders, Session

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
SECRET = "tok-7f3kq2"


def put(url: str) -> None:
    credentials = FixedHeaders({"Authorization": f"Bearer {SECRET}"})
    with closing(Session("books", url, lambda: NOW, authorisation=credentials, timeout=1)) as session:
        session.write("PUT", "/things", b"{}")


def test_a_server_that_does_not_speak_tls_gets_nothing() -> None:
    received = list[bytes]()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            received.append(connection.recv(65536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(Unreachable):
            put(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(10)
    assert SECRET.encode() not in b"".join(received)


@pytest.fixture
def self_signed(tmp_path: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    certificate = (
        builder.not_valid_before(NOW - timedelta(days=365))
        .not_valid_after(NOW + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = tmp_path / "self-signed.pem"
    path.write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_certificate_that_nobody_vouches_for_gets_nothing(self_signed: Path) -> None:
    received = list[bytes]()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed)

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
            received.append(secure.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(Unreachable):
            put(f"https://127.0.0.1:{listener.getsockname()[1]}")
        thread.join(10)
    assert b"".join(received) == b""
