"""Small pictures in the formats and modes that people have, with the numbers that Pillow reads from them.

Run with Pillow 12.3 and NumPy: python scripts/golden-pictures.py

Writes test/golden/pictures.json.gz: for each picture its bytes (base64), height and width, the bytes of convert('RGB')
row by row, and those of convert('L'). Two differ from Pillow on purpose: EXIF orientation is applied (as by
ImageOps.exif_transpose), and 16-bit grey keeps the upper byte, where Pillow makes everything above 255 white.
"""

import base64
import gzip
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

random = np.random.default_rng(0)
colours = random.integers(0, 256, (4, 5, 3), dtype=np.uint8)
inks = np.concatenate([colours, random.integers(0, 256, (4, 5, 1), dtype=np.uint8)], axis=2)
wide = random.integers(0, 65536, (4, 5, 4))
rgb, rgba, grey = Image.fromarray(colours), Image.fromarray(inks), Image.fromarray(colours[..., 0])
palette = rgb.convert("P", palette=Image.ADAPTIVE, colors=8)
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
turned = Image.Exif()
turned[0x112] = 6
pictures = {}


def add(name, bytes, image=None):
    image = ImageOps.exif_transpose(image or Image.open(io.BytesIO(bytes))).convert("RGB")
    pictures[name] = {
        "bytes": base64.b64encode(bytes).decode(),
        "size": [image.height, image.width],
        "rgb": np.asarray(image).flatten().tolist(),
        "grey": np.asarray(image.convert("L")).flatten().tolist(),
    }


def save(name, image, **options):
    file = io.BytesIO()
    image.save(file, format={"jpg": "jpeg", "tif": "tiff"}.get(name[-3:], name.split(".")[1]), **options)
    add(name, file.getvalue())


def png16(name, values, colour_type):
    """Writes a PNG of 16 bits a channel, which Pillow cannot."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    head = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    upper = Image.fromarray((values >> 8).astype(np.uint8)) if colour_type == 0 else None
    add(name, b"\x89PNG\r\n\x1a\n" + data, upper)


save("rgb.png", rgb)
save("rgb.jpg", rgb, quality=90)
save("rgb.webp", rgb)
save("rgb.tif", rgb)
save("profile.png", rgb, icc_profile=profile)
save("turned.jpg", rgb, exif=turned)
save("grey.png", grey)
save("grey.jpg", grey)
save("bit.png", Image.fromarray(colours[..., 0] > 128))
save("palette.png", palette)
save("palette.gif", palette)
save("palette-transparent.png", palette, transparency=2)
save("rgb-transparent.png", rgb, transparency=tuple(int(value) for value in colours[0, 0]))
save("grey-transparent.png", grey, transparency=int(colours[0, 0, 0]))
save("grey-alpha.png", rgba.convert("LA"))
save("alpha.png", rgba)
save("alpha.webp", rgba, lossless=True, exact=True)
save("alpha.tif", rgba)
save("inks.jpg", Image.fromarray(inks, mode="CMYK"))
save("inks.tif", Image.fromarray(inks, mode="CMYK"))
png16("grey-16.png", wide[..., 0], 0)
png16("grey-alpha-16.png", wide[..., :2], 4)
png16("rgb-16.png", wide[..., :3], 2)
png16("alpha-16.png", wide, 6)

path = Path(__file__).parent.parent / "test/golden/pictures.json.gz"
path.write_bytes(gzip.compress(json.dumps(pictures).encode(), mtime=0))
