"""Keys and certificates of one cluster, made for its life only and readable by nobody else."""

from __future__ import annotations

import datetime
import ipaddress
import os
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: A kept cluster may live for days; nothing of it is meant to live for a month.
VALIDITY = datetime.timedelta(days=30)


def write_private(path: Path, content: str | bytes) -> Path:
    """Write a file that only its owner can read, at no moment readable by others."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
    return path


class Authority:
    """A certificate authority in a folder of its own: ``NAME.crt`` and ``NAME.key`` for everything it signs."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"resize-conformance {name}")])
        certificate = (
            self._builder(self._subject, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        #: The authority's own certificate in PEM, for those that are to trust it.
        self.pem = certificate.public_bytes(serialization.Encoding.PEM)
        self.certificate_file = write_private(directory / f"{name}.crt", self.pem)

    def issue(
        self, name: str, *, user: str, groups: Iterable[str] = (), hosts: Iterable[str] = ()
    ) -> tuple[Path, Path]:
        """Issue a certificate, for a client or (with ``hosts``) for a server and client, and return its files.

        Args:
            name: The files' name, without a suffix.
            user: The subject's common name, which Kubernetes takes as the user's name.
            groups: The subject's organizations, which Kubernetes takes as the user's groups.
            hosts: DNS names and IP addresses that the server goes by.

        Returns:
            The certificate's and the key's path, both PEM, both mode 0600.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                *(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups),
                x509.NameAttribute(NameOID.COMMON_NAME, user),
            ]
        )
        purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = self._builder(subject, key.public_key()).add_extension(
            x509.BasicConstraints(ca=False, path_length=None), critical=True
        )
        builder = builder.add_extension(_key_usage(signs_certificates=False), critical=True)
        # RFC 5280, 4.2.1.1 wants it, and Python's TLS insists on it from 3.13 on.
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        names = [_general_name(host) for host in hosts]
        if names:
            purposes.append(ExtendedKeyUsageOID.SERVER_AUTH)
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False).sign(
            self._key, hashes.SHA256()
        )
        return (
            write_private(self._directory / f"{name}.crt", certificate.public_bytes(serialization.Encoding.PEM)),
            write_private(self._directory / f"{name}.key", _private_pem(key)),
        )

    def _builder(self, subject: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        # Five minutes back, since the clocks of containers and hosts may differ a little.
        begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=5)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + VALIDITY)
        )


def service_account_keys(directory: Path) -> tuple[Path, Path]:
    """Make the key pair that signs service account tokens; return the public and the private key's file."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return (
        write_private(directory / "service-account.pub", public),
        write_private(directory / "service-account.key", _private_pem(key)),
    )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
