#!/usr/bin/env python3
"""Makes the small pictures of this folder and pictures.json, which says what is in them.

Lossy files are judged by Pillow's decoder (libjpeg-turbo, libwebp, libtiff); of lossless ones the samples that were written are known.
Run in this folder with Debian's python3-pil; written with Pillow 9.4.0.
"""
import base64, io, json, struct, zlib
from PIL import Image, ImageOps

W, H = 45, 31
rows = []
pixels = {}


def pattern(width=W, height=H, channels=3, most=255):
    """Smooth colours with a bright square and a dark line: edges in luma and in chroma."""
    def sample(x, y, c):
        if 8 <= x < 20 and 6 <= y < 17:
            return (most, most // 5, most // 2, most // 3)[c]
        if x == y:
            return (0, most // 8, most // 3, most)[c]
        return ((x * most // width), (y * most // height), ((x * 3 + y * 5) * most // 400) % (most + 1), most - x * most // width)[c]
    return [[[sample(x, y, c) for c in range(channels)] for x in range(width)] for y in range(height)]


def picture(mode="RGB", width=W, height=H):
    image = Image.new("RGB", (width, height))
    image.putdata([tuple(p) for row in pattern(width, height) for p in row])
    return image.convert(mode)


def add(name, content, truth=None, most=0, mean=0.0, refused=None):
    """Writes a file. truth: an upright RGB image or rows of RGB; None: what Pillow makes of the file."""
    with open(name, "wb") as f:
        f.write(content)
    if refused:
        rows.append({"file": name, "refused": refused})
        return
    if truth is None:
        truth = Image.open(io.BytesIO(content))
        truth.load()
        truth = truth.convert("RGB")
    if not isinstance(truth, Image.Image):
        image = Image.new("RGB", (len(truth[0]), len(truth)))
        image.putdata([tuple(p) for row in truth for p in row])
        truth = image
    same = pixels.setdefault(truth.tobytes(), name)
    row = {"file": name, "width": truth.width, "height": truth.height, "most": most, "mean": mean}
    rows.append(row | ({"as": same} if same != name else {"rgb": base64.b64encode(zlib.compress(truth.tobytes(), 9)).decode()}))


def saved(image, **how):
    out = io.BytesIO()
    image.save(out, **how)
    return out.getvalue()




def segments(content):
    at, out = 2, []
    while content[at + 1] != 0xDA:
        length = struct.unpack(">H", content[at + 2:at + 4])[0]
        out.append((content[at + 1], content[at:at + 2 + length]))
        at += 2 + length
    return out, content[at:]


def with_adobe(content, transform):
    """The same components, called something else: JFIF's marker replaced by Adobe's."""
    found, scan = segments(content)
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])
    return b"\xff\xd8" + adobe + b"".join(s for m, s in found if m not in (0xE0, 0xEE)) + scan


def with_segments(content, *extra):
    return content[:2] + b"".join(extra) + content[2:]


add("gray.jpg", saved(picture("L"), format="JPEG", quality=92))
for name, sampling in (("444", 0), ("422", 1), ("420", 2), ("411", "4:1:1")):
    add(f"{name}.jpg", saved(picture(), format="JPEG", quality=92, subsampling=sampling))
# Chroma of half the rows alone, which Pillow does not write: 16 × 24 pixels of 4:2:2 read as 8 × 48 of 4:4:0, whose blocks come in the same order.
found, scan = segments(saved(picture(width=16, height=24), format="JPEG", quality=92, subsampling=1))
tall = b"".join(
    s[:5] + struct.pack(">HH", 48, 8) + s[9:].replace(b"\x01\x21\x00", b"\x01\x12\x00") if m == 0xC0 else s for m, s in found)
add("440.jpg", b"\xff\xd8" + tall + scan)
add("progressive.jpg", saved(picture(), format="JPEG", quality=92, progressive=True))
add("cmyk.jpg", saved(picture("CMYK"), format="JPEG", quality=92, subsampling=0))
add("ycck.jpg", with_adobe(saved(picture("CMYK"), format="JPEG", quality=92, subsampling=0), 2))
add("adobe-rgb.jpg", with_adobe(saved(picture(), format="JPEG", quality=92, subsampling=0), 0))
add("adobe-ycc.jpg", with_adobe(saved(picture(), format="JPEG", quality=92, subsampling=2), 1))
for width, height in ((1, 1), (3, 3), (4, 7), (5, 9), (6, 2), (16, 16), (17, 33)):
    add(f"420-{width}x{height}.jpg", saved(picture(width=width, height=height), format="JPEG", quality=92, subsampling=2))
exif = Image.Exif()
for orientation in range(2, 9):
    exif[0x0112] = orientation
    content = saved(picture(), format="JPEG", quality=92, exif=exif)
    truth = ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB")
    add(f"exif-{orientation}.jpg", content, truth)
extra = with_segments(
    saved(picture(), format="JPEG", quality=92, subsampling=2),
    b"\xff\xe2\x10\x00ICC_PROFILE\x00\x01\x01" + bytes(4096 - 16),
    b"\xff\xfe\x00\x0bno matter", b"\xff\xe1\x00\x08XMP\x00\x00\x00", b"\xff\xff\xff\xe5\x00\x02") + b"what comes behind"
add("segments.jpg", extra)
whole = saved(picture(), format="JPEG", quality=92)
add("cut.jpg", whole[:-200], refused="cut off")
add("without-end.jpg", whole[:-2], refused="cut off")
lossless = whole.replace(b"\xff\xc0", b"\xff\xc3")
add("lossless.jpg", lossless, refused="lossless")
add("arithmetic.jpg", whole.replace(b"\xff\xc0", b"\xff\xc9"), refused="arithmetic")


# PNG, all of our own making: each kind and depth, each filter in turn, interlaced or not.
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def packed(row, bits):
    if bits == 16:
        return b"".join(struct.pack(">H", s) for p in row for s in p)
    if bits == 8:
        return bytes(s for p in row for s in p)
    number, count, out = 0, 0, bytearray()
    for p in row:
        number, count = (number << bits) | p[0], count + bits
        if count == 8:
            out.append(number)
            number, count = 0, 0
    if count:
        out.append(number << (8 - count))
    return bytes(out)


def filtered(lines, step):
    out, above = bytearray(), bytes(len(lines[0]))
    for y, line in enumerate(lines):
        kind = (y + 4) % 5
        out.append(kind)
        for i, value in enumerate(line):
            left = line[i - step] if i >= step else 0
            up, corner = above[i], above[i - step] if i >= step else 0
            p = left + up - corner
            pa, pb, pc = abs(p - left), abs(p - up), abs(p - corner)
            paeth = left if pa <= pb and pa <= pc else up if pb <= pc else corner
            out.append((value - (0, left, up, (left + up) // 2, paeth)[kind]) & 255)
        above = line
    return bytes(out)


PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png(pixels, kind, bits, interlaced=False, before=b"", parts=1, rows=1.0):
    step = max(1, len(pixels[0][0]) * bits // 8)
    data = b""
    for x, y, across, down in PASSES if interlaced else ((0, 0, 1, 1),):
        lines = [packed(row[x::across], bits) for row in pixels[y::down] if row[x::across]]
        data += filtered(lines, step) if lines else b""
    data = zlib.compress(data[:int(rows * len(data))])
    size = (len(data) + parts - 1) // parts
    header = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), bits, kind, 0, 0, int(interlaced))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + b"".join(
        chunk(b"IDAT", data[i:i + size]) for i in range(0, len(data), size)) + chunk(b"IEND", b"")


COLORS = [((i * 37) % 256, (i * 91) % 256, (255 - i * 5) % 256) for i in range(256)]
for interlaced in (False, True):
    tail = "-interlaced.png" if interlaced else ".png"
    for bits in (1, 2, 4, 8, 16):
        gray = pattern(channels=1, most=(1 << bits) - 1)
        seen = [[[p[0] >> 8 if bits == 16 else p[0] * 255 // ((1 << bits) - 1)] * 3 for p in row] for row in gray]
        add(f"gray-{bits}{tail}", png(gray, 0, bits, interlaced), seen)
        if bits < 16:
            table = chunk(b"PLTE", bytes(c for color in COLORS[:1 << bits] for c in color)) + chunk(b"tRNS", bytes(range(1 << bits)))
            add(f"palette-{bits}{tail}", png(gray, 3, bits, interlaced, table), [[COLORS[p[0]] for p in row] for row in gray])
        if bits >= 8:
            for kind, name, channels in ((2, "rgb", 3), (4, "gray-alpha", 2), (6, "rgb-alpha", 4)):
                samples = pattern(channels=channels, most=(1 << bits) - 1)
                high = [[[s >> (bits - 8) for s in p] for p in row] for row in samples]
                seen = [[p[:3] if channels > 2 else p[:1] * 3 for p in row] for row in high]
                add(f"{name}-{bits}{tail}", png(samples, kind, bits, interlaced, parts=1 + (kind % 4)), seen)
for width, height in ((1, 1), (2, 3), (5, 1)):
    add(f"interlaced-{width}x{height}.png", png(pattern(width, height), 2, 8, True), pattern(width, height))
text = chunk(b"zTXt", b"bomb\0\0" + zlib.compress(bytes(8_000_000), 9)) + chunk(b"iCCP", b"p\0\0" + zlib.compress(bytes(8_000_000), 9))
add("text-bomb.png", png(pattern(), 2, 8, False, text), pattern())
whole = png(pattern(), 2, 8)
add("cut.png", whole[:-60], refused="cut off")
add("cut-interlaced.png", png(pattern(), 2, 8, True)[:-60], refused="cut off")
add("rows-missing.png", png(pattern(), 2, 8, rows=0.7), refused="cut off")
add("rows-missing-interlaced.png", png(pattern(), 2, 8, True, rows=0.7), refused="cut off")
flipped = bytearray(whole)
flipped[len(whole) // 2] ^= 64
add("damaged.png", bytes(flipped), refused="damaged")
add("without-palette.png", png(pattern(channels=1), 3, 8), refused="no palette")

# BMP
for mode in ("1", "L", "P", "RGB", "RGBA"):
    add(f"{mode.lower()}.bmp", saved(picture(mode), format="BMP"))


def bmp(bits, compression, data, masks=b"", height=H, colors=b""):
    offset = 54 + len(masks) + len(colors)
    return b"BM" + struct.pack("<IHHI", offset + len(data), 0, 0, offset) + struct.pack(
        "<IiiHHIIiiII", 40, W, height, 1, bits, compression, len(data), 2835, 2835, len(colors) // 4, 0) + masks + colors + data


def line(data):
    return data + bytes(-len(data) % 4)


down = b"".join(line(bytes(c for p in row for c in p[::-1])) for row in pattern())
add("top-down.bmp", bmp(24, 0, down, height=-H), pattern())
add("cut.bmp", bmp(24, 0, down)[:-100], refused="cut off")
five = b"".join(line(b"".join(struct.pack("<H", (p[0] >> 3) << 11 | (p[1] >> 2) << 5 | p[2] >> 3) for p in row)) for row in reversed(pattern()))
add("565.bmp", bmp(16, 3, five, struct.pack("<III", 0xF800, 0x7E0, 0x1F)), most=4, mean=1.5)
runs = bytearray()
for row in reversed(pattern(channels=1)):
    at = 0
    while at < W:
        n = 1
        while at + n < W and n < 255 and row[at + n] == row[at]:
            n += 1
        runs += bytes((n, row[at][0]))
        at += n
    runs += b"\0\0"
table = b"".join(bytes((c[2], c[1], c[0], 0)) for c in COLORS)
add("rle8.bmp", bmp(8, 1, bytes(runs) + b"\0\1", colors=table), [[COLORS[p[0]] for p in row] for row in pattern(channels=1)])

# GIF
colors = picture("P", 40, 24)
add("first.gif", saved(picture("P"), format="GIF"))
add("animated.gif", saved(picture("P"), format="GIF", save_all=True, append_images=[picture("L").convert("P").rotate(90), picture("P")]))
small = saved(colors, format="GIF")
table_end = 13 + (3 << ((small[10] & 7) + 1))
frame = small.index(b"\x2c\0\0\0\0", table_end)
placed = small[:6] + struct.pack("<HH", W, H) + small[10:table_end] + b"\x21\xfe\x03abc\0" + b"\x21\xf9\x04\x01\0\0\x03\0" + b"\x2c" + struct.pack(
    "<HH", 4, 5) + small[frame + 5:]
colors = Image.open(io.BytesIO(small))
index, flat = list(colors.getdata()), colors.convert("RGB")
truth = Image.new("RGB", (W, H))
for i, number in enumerate(index):
    if number != 3:
        truth.putpixel((4 + i % 40, 5 + i // 40), flat.getpixel((i % 40, i // 40)))
add("placed.gif", placed, truth)
add("cut.gif", saved(picture("P"), format="GIF")[:-100], refused="cut off")

# WebP
add("lossy.webp", saved(picture(), format="WEBP", quality=85))
add("lossless.webp", saved(picture(), format="WEBP", lossless=True), picture())
clear = picture()
clear.putalpha(picture("L"))
# Pillow would blend away what is wholly transparent; the lossy colours below the alpha are judged by libwebp without it.
add("alpha.webp", saved(clear, format="WEBP", quality=85))
frames = [picture(), picture().rotate(180), picture("L").convert("RGB")]
add("animated.webp", saved(frames[0], format="WEBP", save_all=True, append_images=frames[1:], lossless=True), picture())
exif[0x0112] = 6
content = saved(picture(), format="WEBP", quality=85, exif=exif)
add("exif-6.webp", content, ImageOps.exif_transpose(Image.open(io.BytesIO(content))).convert("RGB"))
add("cut.webp", saved(picture(), format="WEBP", quality=85)[:-60], refused="cut off")

# TIFF
for name, how in (("raw", None), ("lzw", "tiff_lzw"), ("packbits", "packbits"), ("deflate", "tiff_adobe_deflate")):
    for mode in ("L", "RGB"):
        add(f"{name}-{mode.lower()}.tif", saved(picture(mode), format="TIFF", compression=how), picture(mode).convert("RGB"))
add("palette.tif", saved(picture("P"), format="TIFF"))
add("alpha.tif", saved(clear, format="TIFF"), picture())
for name, how in (("g3", "group3"), ("g4", "group4")):
    add(f"{name}.tif", saved(picture("1"), format="TIFF", compression=how), picture("1").convert("RGB"))
add("bits.tif", saved(picture("1"), format="TIFF"), picture("1").convert("RGB"))
add("jpeg.tif", saved(picture("L"), format="TIFF", compression="jpeg", quality=92), most=2, mean=0.2)
add("pages.tif", saved(picture(), format="TIFF", save_all=True, append_images=[picture().rotate(180)]), picture())
add("turned.tif", saved(picture(), format="TIFF", tiffinfo={274: 6}), picture().transpose(Image.ROTATE_270))


def tiff(order, entries, data):
    """A directory before its data; a value of None is where the data begins."""
    pack = lambda f, *v: struct.pack(order + f, *v)
    count = len(entries)
    extra, out = b"", pack("H", count)
    start = 8 + 2 + count * 12 + 4
    body = b""
    for tag, kind, values in entries:
        if len(values) * (2 if kind == 3 else 4) <= 4:
            values = [None if v is None else v for v in values]
            body += pack("HHI", tag, kind, len(values)) + (b"DATA" if values[0] is None else b"".join(
                pack("H" if kind == 3 else "I", v) for v in values).ljust(4, b"\0"))
        else:
            body += pack("HHII", tag, kind, len(values), start + len(extra))
            extra += b"".join(pack("H" if kind == 3 else "I", v) for v in values)
    body = body.replace(b"DATA", pack("I", start + len(extra)))
    return (b"II" if order == "<" else b"MM") + pack("HI", 42, 8) + out + body + pack("I", 0) + extra + data


for order, name in (("<", "little"), (">", "big")):
    deep = pattern(most=65535)
    data = b"".join(struct.pack(order + "H", s) for row in deep for p in row for s in p)
    entries = [(256, 4, [W]), (257, 4, [H]), (258, 3, [16, 16, 16]), (259, 3, [1]), (262, 3, [2]), (273, 4, [None]), (277, 3, [3]),
               (278, 4, [0xFFFFFFFF]), (279, 4, [len(data)]), (284, 3, [1])]
    add(f"16-{name}.tif", tiff(order, entries, data), [[[s >> 8 for s in p] for p in row] for row in deep])
data = bytes(c for row in pattern() for p in row for c in p)
entries = [(256, 4, [W]), (257, 4, [H]), (258, 3, [8, 8, 8]), (259, 3, [1]), (262, 3, [2]), (273, 4, [None]), (277, 3, [3]),
           (278, 4, [H]), (279, 4, [len(data)])]
add("cut.tif", tiff("<", entries, data)[:-100], refused="cut off")
add("tiles.tif", tiff("<", entries[:5] + [(277, 3, [3]), (322, 3, [16]), (323, 3, [16]), (324, 4, [None]), (325, 4, [len(data)])], data), refused="tiles")

with open("pictures.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
print(len(rows), "files")
