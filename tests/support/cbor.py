"""As much CBOR (RFC 8949) as CloudWatch's requests and answers need."""
import struct


def head(kind, number):
    """The first bytes of an item of a size below 2^32."""
    if number < 24:
        return bytes([kind << 5 | number])
    for code, size in ((24, 1), (25, 2), (26, 4)):
        if number < 256 ** size:
            return bytes([kind << 5 | code]) + number.to_bytes(size, "big")
    raise ValueError(number)


def encode(value):
    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    return head(0, value) if isinstance(value, int) else head(3, len(value)) + value.encode()


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def items(self, number):
        """`number` items, or (None) all up to the break."""
        while number is None or number > 0:
            if number is None and self.data[self.at] == 0xFF:
                self.at += 1
                return
            yield self.read()
            number = None if number is None else number - 1

    def read(self):
        first = self.take(1)[0]
        kind, code = first >> 5, first & 31
        if kind == 7:
            return {20: False, 21: True, 22: None}[code] if code < 24 else struct.unpack(
                {25: ">e", 26: ">f", 27: ">d"}[code], self.take(2 ** (code - 24)))[0]
        number = code if code < 24 else None if code == 31 else int.from_bytes(
            self.take(2 ** (code - 24)), "big")
        if kind in (0, 1):
            return number if kind == 0 else -1 - number
        if kind in (2, 3):
            text = self.take(number)
            return text.decode() if kind == 3 else text
        if kind == 6:
            return self.read()
        if kind == 4:
            return list(self.items(number))
        parts = list(self.items(None if number is None else number * 2))
        return dict(zip(parts[::2], parts[1::2]))


def decode(data):
    return Reader(data).read()
