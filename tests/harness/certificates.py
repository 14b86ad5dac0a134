"""A certificate authority for one test run. What it makes lasts a day, and is in a temporary folder."""

import ipaddress
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

__all__ = ["Authority"]

_DAY: Final = timedelta(days=1)
_PEM: Final = serialization.Encoding.PEM


class Authority:
    """Signs certificates of servers; clients trust `ca_file` (PEM), Java's also `truststore` (PKCS12, `password`)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("a test's own authority")
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
            data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        self._certificate = (
            _builder(self._name, self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.password: Final = secrets.token_hex(16)
        self.ca_file: Final = folder / "ca.crt"
        self.ca_file.write_bytes(self._certificate.public_bytes(_PEM))
        self.truststore: Final = folder / "truststore.p12"
        trusted = pkcs12.PKCS12Certificate(self._certificate, b"ca")
        self.truststore.write_bytes(pkcs12.serialize_java_truststore([trusted], self._encryption()))

    def pem(self, name: str) -> Path:
        """Key and certificate of a server on loopback (and called `name`), in one PEM file."""
        key, certificate = self._certify(name)
        path = self._folder / f"{name}.pem"
        private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        path.write_bytes(private + certificate.public_bytes(_PEM))
        return path

    def keystore(self, name: str) -> Path:
        """The same as a PKCS12 keystore with `password`."""
        key, certificate = self._certify(name)
        path = self._folder / f"{name}.p12"
        path.write_bytes(
            pkcs12.serialize_key_and_certificates(
                name.encode(), key, certificate, [self._certificate], self._encryption()
            )
        )
        return path

    def _certify(self, name: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        certificate = (
            _builder(_named(name), self._name, key)
            .add_extension(names, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return key, certificate

    def _encryption(self) -> serialization.KeySerializationEncryption:
        return serialization.BestAvailableEncryption(self.password.encode())


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)
        .not_valid_after(now + _DAY)
    )
