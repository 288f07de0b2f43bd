"""A text in place of content that is none, such as an image: events do not hold it."""


def omitted_content(kind: str, *, media_type: object = None, encoded: object = None) -> str:
    """In brackets, with its size where its base64 is `encoded`: `[image/png, 12 kB, left out]`."""
    name = media_type if isinstance(media_type, str) and media_type else kind
    size = f", {_size(len(encoded) * 3 // 4)}" if isinstance(encoded, str) and encoded else ""
    return f"[{name}{size}, left out]"


def _size(size_bytes: int) -> str:
    return f"{size_bytes} bytes" if size_bytes < 1000 else f"{size_bytes / 1000:.0f} kB"
