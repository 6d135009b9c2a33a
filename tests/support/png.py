"""As much PNG as cairo writes: 8 bits per channel, not interlaced."""
import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {2: 3, 6: 4}


def paeth(left, up, corner):
    guess = left + up - corner
    return min((abs(guess - left), 0, left), (abs(guess - up), 1, up),
               (abs(guess - corner), 2, corner))[2]


def unfilter(kind, line, before, step):
    for i, byte in enumerate(line):
        left = line[i - step] if i >= step else 0
        corner = before[i - step] if i >= step else 0
        up = before[i]
        line[i] = (byte + (0, left, up, (left + up) // 2, paeth(left, up, corner))[kind]) & 255
    return line


class Picture:
    """`at(x, y)` is (red, green, blue)."""

    def __init__(self, data):
        assert data[:8] == SIGNATURE
        place, packed = 8, b""
        while place < len(data):
            size, name = struct.unpack(">I4s", data[place:place + 8])
            body = data[place + 8:place + 8 + size]
            assert zlib.crc32(name + body) == struct.unpack(
                ">I", data[place + 8 + size:place + 12 + size])[0]
            if name == b"IHDR":
                self.width, self.height, self.depth, kind = struct.unpack(">IIBB", body[:10])
                self.step = CHANNELS[kind]
            packed += body if name == b"IDAT" else b""
            place += 12 + size
        self.lines = self.read_lines(zlib.decompress(packed))

    def read_lines(self, raw):
        length = self.width * self.step
        lines, before = [], bytearray(length)
        for y in range(self.height):
            start = y * (length + 1)
            line = bytearray(raw[start + 1:start + 1 + length])
            before = unfilter(raw[start], line, before, self.step)
            lines.append(before)
        return lines

    def at(self, x, y):
        return tuple(self.lines[y][x * self.step:x * self.step + 3])

    def places(self, colour):
        """Every (x, y) that has exactly this colour, "#rrggbb"."""
        wanted = bytes.fromhex(colour[1:])
        return [(x, y) for y in range(self.height) for x in range(self.width)
                if self.lines[y][x * self.step:x * self.step + 3] == wanted]

    def rows(self, colour, least):
        """Rows in which at least so many pixels have this colour."""
        counts = {}
        for _, y in self.places(colour):
            counts[y] = counts.get(y, 0) + 1
        return sorted(y for y, count in counts.items() if count >= least)
