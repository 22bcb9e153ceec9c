"""A camera for QR codes: PNG → dots → text. The reading is ZXing's, not that of the library that drew them."""

import base64
import struct
import zlib

import zxingcpp


def read_qr(data_uri: str) -> str:
    """The text of the one QR code of this picture."""
    head, _, body = data_uri.partition(",")
    assert head == "data:image/png;base64"
    width, height, dots = _dots(base64.b64decode(body))
    (code,) = zxingcpp.read_barcodes(memoryview(dots).cast("B", (height, width)))
    assert code.format == zxingcpp.BarcodeFormat.QRCode
    return str(code.text)


def _dots(png: bytes) -> tuple[int, int, bytes]:
    """Grey values of a PNG of one bit for each dot (ISO/IEC 15948)."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data, width, height = 8, b"", 0, 0
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert (depth, colour, interlaced) == (1, 0, 0)
        elif kind == b"IDAT":
            data += body
        at += 12 + length
    raw, step = zlib.decompress(data), 1 + (width + 7) // 8
    rows = _unfiltered([raw[row * step : (row + 1) * step] for row in range(height)])
    bits = ("".join(f"{byte:08b}" for byte in row)[:width] for row in rows)
    return width, height, bytes(255 if bit == "1" else 0 for row in bits for bit in row)


def _unfiltered(rows: list[bytes]) -> list[bytes]:
    """Filters 0 (none) and 2 (each byte less the one above)."""
    found = [bytes(len(rows[0]) - 1)]
    for kind, *row in rows:
        assert kind in {0, 2}
        found.append(bytes((each + above * (kind == 2)) % 256 for each, above in zip(row, found[-1], strict=True)))
    return found[1:]
