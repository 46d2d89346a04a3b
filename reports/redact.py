"""Masks secrets in text that a report shows or keeps: a report is meant to be passed on."""

from __future__ import annotations

import re
from typing import Any

#: What stands in a secret's place.
MASK = "[redacted]"

#: Names of fields that hold a secret in kubeconfig files, Secrets, container runtimes and HTTP headers.
_MASKED_FIELDS = (
    r"client-key-data|id-token|refresh-token|access[-_]token|auth[-_]token|bearer[-_]?token|token|password|passwd|"
    r"secret[-_]?key|private[-_]?key|api[-_]?key|\.dockerconfigjson|tls\.key"
)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # A PEM block, whole or cut off (a log's last lines), also with its line ends escaped as in JSON.
    (re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL), MASK),
    # "-----BEGIN" in base64 is how kubeconfig files and Secrets carry the same blocks.
    (re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]{8,}"), MASK),
    # JSON Web Tokens, RFC 7519: the header and the payload are base64url of '{"...'.
    (re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*)?"), MASK),
    # A word after "basic" or "bearer" in a sentence is lower case and short; a credential isn't both.
    (
        re.compile(r"(?i:\b(bearer|basic))(\s+)(?=[^\s\"',;]*[0-9A-Z+/=_]|\S{24})[A-Za-z0-9+/=_.~-]{12,}"),
        rf"\1\2{MASK}",
    ),
    (
        re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic)\s+)(?!\[redacted\])[^\s\"',]+"),
        rf"\1{MASK}",
    ),
    (re.compile(r"(?i)(authorization[\"']?\s*[:=]\s*[\"']?)(?!(?:bearer|basic)\b)[^\s\"',]+"), rf"\1{MASK}"),
    # A field in YAML, JSON or a command line: the value ends at white space, a quote or a comma.
    (
        re.compile(
            rf"(?i)(?<![\w.-])(--)?((?:{_MASKED_FIELDS})[\"']?(?:\s*[:=]\s*|(?<=n)\s+(?=--))[\"']?)"
            r"(?!\[redacted\])(?=[^\s\"',}]{6,})[^\s\"',}]+"
        ),
        rf"\1\2{MASK}",
    ),
)


def redact(text: str) -> str:
    """Returns the text with bearer tokens, JWTs, PEM blocks and the values of secret fields masked.

    The names of fields stay, so that a reader sees that something stood there. Masking twice changes nothing more.
    """
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def redact_document(value: Any) -> Any:
    """Returns a JSON document of the same shape, every string in it redacted.

    A string under a secret field's name is masked whole, whatever it looks like.
    """
    if isinstance(value, str):
        return redact(str(value))
    if isinstance(value, dict):
        return {
            key: MASK if isinstance(item, str) and item and _NAMES_SECRET.fullmatch(str(key)) else redact_document(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact_document(item) for item in value]
    return value


_NAMES_SECRET = re.compile(_MASKED_FIELDS, re.IGNORECASE)
