from __future__ import annotations

import pytest

from clusters.versions import KubeVersion


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.37", KubeVersion(1, 37)),
        ("1.37.0", KubeVersion(1, 37, 0)),
        ("v1.30.14", KubeVersion(1, 30, 14)),
        (" v1.33.1+k3s1 ", KubeVersion(1, 33, 1)),
        ("v1.36.0-rc.1", KubeVersion(1, 36, 0)),
    ],
)
def test_accepted_forms(text: str, expected: KubeVersion) -> None:
    assert KubeVersion.parse(text) == expected


@pytest.mark.parametrize("text", ["", "1", "1.x", "v1.37.", "latest", "1.37.0.1", "1.37 1.38"])
def test_refused_forms_are_quoted(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no Kubernetes version; write 1\.37") as caught:
        KubeVersion.parse(text)
    assert repr(text) in str(caught.value)


def test_order_is_by_number() -> None:
    versions = [KubeVersion.parse(text) for text in ("1.9.1", "1.30.2", "1.30.14", "1.100.0")]
    assert sorted(versions) == versions
    assert max(versions) == KubeVersion(1, 100, 0)


def test_texts() -> None:
    full, minor = KubeVersion.parse("v1.37.2"), KubeVersion.parse("1.37")
    assert (str(full), full.tag, full.minor_text) == ("1.37.2", "v1.37.2", "1.37")
    assert (str(minor), minor.minor_text) == ("1.37", "1.37")
    with pytest.raises(ValueError, match="names no patch release"):
        _ = minor.tag
