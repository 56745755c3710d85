"""The text that this program put into a PNG, GIF, WebP or MP4, found without trust and without reading the pictures.

Every walk over a file skips what it does not want, believes no length beyond the file's end, and keeps no more than
``TEXT_BYTES`` in memory, whatever the file says of itself.
"""

import html
import os
import struct
import zlib
from collections.abc import Iterator
from typing import IO

KEY = "latent-explorer"
TEXT_BYTES = 4 << 20  # 200 keyframes of 512 numbers take 2 MB
STEPS = 1 << 20  # blocks of one file that are looked at before it counts as hostile

PNG = b"\x89PNG\r\n\x1a\n"
XMP_START, XMP_END = "<latent:recipe>", "</latent:recipe>"
_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    f'<rdf:Description rdf:about="" xmlns:latent="{KEY}">{XMP_START}%s{XMP_END}'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


class Torn(ValueError):
    """The file is of no kind that is known, or ends in the middle."""


def as_xmp(text: str) -> bytes:
    """The text as an XMP packet, which is XML."""
    return (_XMP % html.escape(text, quote=False)).encode()


def text_of(file: IO[bytes]) -> str:
    """This program's text; empty when the file holds none or one that is too long.

    Raises:
        Torn: as its name says.
    """
    start = file.read(16)
    if start.startswith(PNG):
        return _of_png(file)
    if start[:6] in (b"GIF87a", b"GIF89a"):
        return _of_gif(file)
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return _of_webp(file)
    if start[4:8] == b"ftyp":
        return _of_mp4(file)
    raise Torn("no known kind of file")


def _of_png(file: IO[bytes]) -> str:
    """PNG (ISO/IEC 15948) 11.3.4.5: an iTXt chunk, not compressed, before the pixels."""
    file.seek(len(PNG))
    for step in range(STEPS):
        length, kind = struct.unpack(">I4s", _exactly(file, 8))
        if step == 0 and kind != b"IHDR":
            raise Torn("no header")
        if kind in (b"IDAT", b"IEND"):
            return ""
        start = KEY.encode() + bytes(5)  # ends the keyword; not compressed; no language, no translated keyword
        if kind == b"iTXt" and len(start) <= length <= TEXT_BYTES:
            content = _exactly(file, length)
            if content.startswith(start):
                if zlib.crc32(kind + content) != struct.unpack(">I", _exactly(file, 4))[0]:
                    raise Torn("checksum")
                return _decoded(content[len(start) :])
            file.seek(4, os.SEEK_CUR)
        else:
            file.seek(length + 4, os.SEEK_CUR)
    return ""


def _of_gif(file: IO[bytes]) -> str:
    """GIF89a section 24: a comment extension before the first frame."""
    file.seek(10)
    (packed,) = _exactly(file, 1)
    file.seek(13 + (3 << (packed & 7) + 1 if packed & 0x80 else 0))
    read = 0
    while read < TEXT_BYTES and _exactly(file, 1) == b"!":
        (label,) = _exactly(file, 1)
        parts: list[bytes] = []
        while (size := _exactly(file, 1)[0]) and read < TEXT_BYTES:
            parts.append(_exactly(file, size))
            read += size
        text = _decoded(b"".join(parts))
        if label == 0xFE and text.startswith(f"{KEY} "):
            return text[len(KEY) + 1 :]
    return ""


def _of_webp(file: IO[bytes]) -> str:
    """The XMP chunk of the RIFF container (RFC 9649, section 2.7)."""
    end = file.seek(0, os.SEEK_END)
    at = 12
    for _ in range(STEPS):
        if at + 8 > end:
            return ""
        file.seek(at)
        kind, length = struct.unpack("<4sI", _exactly(file, 8))
        if kind == b"XMP " and length <= TEXT_BYTES:
            text = _decoded(_exactly(file, length))
            start, stop = text.find(XMP_START), text.rfind(XMP_END)
            return html.unescape(text[start + len(XMP_START) : stop]) if 0 <= start < stop else ""
        at += 8 + length + length % 2
    return ""


def _of_mp4(file: IO[bytes]) -> str:
    """The comment of the film, where iTunes and ffmpeg keep it: moov / udta / meta / ilst / (c)cmt / data."""
    start, end = 0, file.seek(0, os.SEEK_END)
    for kind, skipped in ((b"moov", 0), (b"udta", 0), (b"meta", 4), (b"ilst", 0), (b"\xa9cmt", 0), (b"data", 8)):
        found = next((box for box in _boxes(file, start, end) if box[0] == kind), None)
        if found is None:
            return ""
        start, end = found[1] + skipped, found[2]
    if not 0 <= end - start <= TEXT_BYTES:
        return ""
    file.seek(start)
    text = _decoded(_exactly(file, end - start))
    return text[len(KEY) + 1 :] if text.startswith(f"{KEY} ") else ""


def _boxes(file: IO[bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, and start and end of the content, of the boxes that follow each other in a box (ISO/IEC 14496-12, 4.2)."""
    for _ in range(STEPS):
        if start + 8 > end:
            return
        file.seek(start)
        length, kind = struct.unpack(">I4s", _exactly(file, 8))
        header = 8
        if length == 1:
            length, header = struct.unpack(">Q", _exactly(file, 8))[0], 16
        elif length == 0:
            length = end - start
        if length < header or start + length > end:
            return
        yield kind, start + header, start + length
        start += length


def _exactly(file: IO[bytes], size: int) -> bytes:
    content = file.read(size)
    if len(content) != size:
        raise Torn("it ends in the middle")
    return content


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", errors="replace")
