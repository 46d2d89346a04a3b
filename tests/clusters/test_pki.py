from __future__ import annotations

import ipaddress
import os
import stat
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from clusters.local import pki

if TYPE_CHECKING:
    from pathlib import Path


def _read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_server_certificate_verifies_by_name_and_address(tmp_path: Path) -> None:
    authority = pki.Authority(tmp_path, "ca")
    certificate, key = authority.issue("server", user="kube-apiserver", hosts=("127.0.0.1", "kubernetes.default.svc"))
    store = Store([x509.load_pem_x509_certificate(authority.pem)])
    policy = PolicyBuilder().store(store)
    for subject in (
        x509.DNSName("kubernetes.default.svc"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ):
        assert len(policy.build_server_verifier(subject).verify(_read(certificate), [])) == 2
    with pytest.raises(VerificationError):
        policy.build_server_verifier(x509.DNSName("elsewhere.example")).verify(_read(certificate), [])
    private = load_pem_private_key(key.read_bytes(), password=None)
    assert private.public_key() == _read(certificate).public_key()


def test_another_authority_is_not_trusted(tmp_path: Path) -> None:
    certificate, _ = pki.Authority(tmp_path, "ca").issue("admin", user="admin", hosts=("localhost",))
    other = pki.Authority(tmp_path, "front-proxy-ca")
    verifier = PolicyBuilder().store(Store([x509.load_pem_x509_certificate(other.pem)])).build_client_verifier()
    with pytest.raises(VerificationError):
        verifier.verify(_read(certificate), [])
    with pytest.raises((InvalidSignature, ValueError)):
        _read(certificate).verify_directly_issued_by(x509.load_pem_x509_certificate(other.pem))


def test_user_and_groups_are_where_kubernetes_reads_them(tmp_path: Path) -> None:
    certificate, _ = pki.Authority(tmp_path, "ca").issue("kubelet", user="system:node:n", groups=["system:nodes", "b"])
    subject = _read(certificate).subject
    assert [name.value for name in subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["system:node:n"]
    assert [name.value for name in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)] == ["system:nodes", "b"]


def test_only_certificates_with_hosts_serve(tmp_path: Path) -> None:
    authority = pki.Authority(tmp_path, "ca")
    client, _ = authority.issue("client", user="client")
    server, _ = authority.issue("server", user="server", hosts=("localhost",))

    def purposes(path: Path) -> list[x509.ObjectIdentifier]:
        return list(_read(path).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)

    assert purposes(client) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert ExtendedKeyUsageOID.SERVER_AUTH in purposes(server)
    constraints = _read(server).extensions.get_extension_for_class(x509.BasicConstraints).value
    assert constraints.ca is False


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        authority = pki.Authority(tmp_path, "ca")
        authority.issue("admin", user="admin")
        pki.service_account_keys(tmp_path)
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(
        ["ca.crt", "admin.crt", "admin.key", "service-account.pub", "service-account.key"], 0o600
    )


def test_service_account_keys_are_a_pair(tmp_path: Path) -> None:
    public, private = pki.service_account_keys(tmp_path)
    loaded = load_pem_private_key(private.read_bytes(), password=None)
    assert isinstance(loaded, ec.EllipticCurvePrivateKey)
    assert load_pem_public_key(public.read_bytes()) == loaded.public_key()


def test_certificates_hold_for_a_month_at_most(tmp_path: Path) -> None:
    certificate = _read(pki.Authority(tmp_path, "ca").issue("admin", user="admin")[0])
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= pki.VALIDITY
