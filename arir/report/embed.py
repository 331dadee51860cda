"""Put data and scripts into HTML so that nothing in them can act as markup.

A browser ends a ``<script>`` at the first ``</script`` whatever the type, and opens comments at
``<!--``; JSON may write any character as ``\\uXXXX``, so the data holds no ``<``, ``>`` or ``&``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

__all__ = ["json_for_script", "policy_hash"]

#: markup, the line separators that JavaScript once refused, and halves of surrogate pairs
UNSAFE = re.compile("[<>&\u2028\u2029\ud800-\udfff]")


def json_for_script(value: Any) -> str:
    """Write JSON for a ``<script type="application/json">``; ``JSON.parse`` gives it back exactly.

    Raises:
        ValueError: for NaN and infinities, which JSON does not have.

    >>> json_for_script({"text": "</script>"})
    '{"text":"\\\\u003c/script\\\\u003e"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def policy_hash(text: str) -> str:
    """The source expression by which a Content-Security-Policy allows one inline element.

    >>> policy_hash("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
