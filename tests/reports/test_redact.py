from __future__ import annotations

import base64

import pytest

from reports.redact import MASK, redact, redact_document

_PEM = "-----BEGIN RSA " + "PRIVATE KEY-----\nMIIEpAIBAAKC\nAQEA\n-----END RSA " + "PRIVATE KEY-----"
_JWT = "eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"before\n{_PEM}\nafter", f"before\n{MASK}\nafter"),
        (_PEM.replace("\n", "\\n"), MASK),
        (_PEM[:50], MASK),
        (f"key {base64.b64encode(_PEM.encode()).decode()} end", f"key {MASK} end"),
        (f"jwt {_JWT}, next", f"jwt {MASK}, next"),
        ("Authorization: Bearer abcdef0123456789", f"Authorization: Bearer {MASK}"),
        ("authorization=s3cret", f"authorization={MASK}"),
        ("    client-key-data: bm90IGEga2V5", f"    client-key-data: {MASK}"),
        ("    token: 0123456789abcdef", f"    token: {MASK}"),
        ('{"token": "abc.def-123", "name": "x"}', f'{{"token": "{MASK}", "name": "x"}}'),
        ("kubectl --token=abcdef.0123456789abcdef get pods", f"kubectl --token={MASK} get pods"),
        ("password: hunter2hunter2", f"password: {MASK}"),
    ],
)
def test_secrets_are_masked(text: str, shown: str) -> None:
    assert redact(text) == shown
    assert redact(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "automountServiceAccountToken: false",
        "serviceAccountToken:\n  expirationSeconds: 3607",
        "the bearer of the message",
        "cpu.max = 30000 100000",
        "tokenreviews.authentication.k8s.io",
        "basic understanding of resizing",
        "containerd://8d2e0c1f9a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a3b2c1d",
        "",
    ],
)
def test_other_text_stays(text: str) -> None:
    assert redact(text) == text


def test_documents_keep_their_shape() -> None:
    document = {"a": [f"x {_JWT}", 1, None, True, 2.5], "token": "short", "b": {"c": ("d",)}}
    assert redact_document(document) == {"a": [f"x {MASK}", 1, None, True, 2.5], "token": MASK, "b": {"c": ["d"]}}
