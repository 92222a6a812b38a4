#!/usr/bin/env python3
"""Writes fuzz/seeds/TARGET/NAME: what real programs say, in the form in which each fuzz target takes its input.

The files are committed; this is run again when a target's form or the protocol changes. Findings that were mended lie
beside them under other names and are left alone.
"""
import hashlib
import hmac
import json
import pathlib
import struct
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
SEEDS = ROOT / "fuzz" / "seeds"
COOKIE = b"\x21\x12\xa4\x42"
USER, SOFTWARE, PRIORITY, CONTROLLING, USE_CANDIDATE = 0x0006, 0x8022, 0x0024, 0x802A, 0x0025


def attribute(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + bytes(-len(value) % 4)


def stun(kind, attributes=(), key=None):
    body = b"".join(attribute(*each) for each in attributes)
    head = lambda more: struct.pack(">HH", kind, len(body) + more) + COOKIE + bytes(range(12))
    if key is not None:
        body += attribute(0x0008, hmac.new(key, head(24) + body, hashlib.sha1).digest())
        body += attribute(0x8028, struct.pack(">I", zlib.crc32(head(8) + body) ^ 0x5354554E))
    return head(0) + body


def pieces(*all):
    return b"".join(struct.pack(">H", len(each)) + each for each in all)


def rtp(sequence, extensions=b"\xbe\xde\x00\x01\x10\x85\x00\x00", first=0x90):
    return struct.pack(">BBHII", first, 111, sequence, 960 * sequence, 0x01020304) + extensions + b"opus"


BLOCK = struct.pack(">IIIIII", 7, 0x19_000003, 70_000, 48, 0xABCD0123, 65_536)
SENDER = struct.pack(">BBHIQIII", 0x81, 200, 12, 9, 0xE0000000_80000000, 960, 10, 1000) + BLOCK
RECEIVER = struct.pack(">BBHI", 0x81, 201, 7, 9) + BLOCK
NACK = struct.pack(">BBHIIHH", 0x81, 205, 3, 9, 7, 65_535, 0b101)
BYE = struct.pack(">BBHI", 0x81, 203, 1, 9)
BINDING = stun(0x0001, [(USER, b"ours:theirs"), (CONTROLLING, bytes(8)), (USE_CANDIDATE, b""), (PRIORITY, b"\x6e\x7f\x1e\xff")], b"secret")
CLIENT_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(range(32)) + bytes(120)
DTLS_HELLO = bytes.fromhex("16feff00000000000000000064010000580000000000000058fefd") + bytes(range(32)) + bytes(40)
V2 = b"\r\n\r\n\0\r\nQUIT\n"

PEER = b"\0\x01" + struct.pack(">H", 8443 ^ 0x2112) + bytes(a ^ b for a, b in zip((192, 0, 2, 1), COOKIE))
UDP = b"\x19\x04\x11\0\0\0"
TURN_SEND = stun(0x0016, [(0x0012, PEER), (0x0013, b"up")])

ID = "0123456789abcdef01234567"
OFFER = (ROOT / "media/src/fixtures/chromium-offer.sdp").read_text()
PAYLOADS = [
    {"clientId": ID, "toUser": ID, "content": "hello", "replyTo": ID},
    {"conversation": ID, "seq": 7},
    {"conversation": ID, "seq": 7},
    {"conversation": ID, "typing": True},
    {"since": None},
    {"toUser": ID},
    {"call": ID},
    {"call": ID},
    {"call": ID},
    {"call": ID},
    {"call": ID, "sdp": OFFER},
    {"call": ID},
    {"call": ID, "muted": True},
    {"call": ID, "rttMs": 12.5, "jitterBufferMs": 40, "playoutDelayMs": 10, "concealedPct": 0.5, "playoutGapPct": 0, "audioLevel": 0.2, "microphoneLevel": 1, "availableKbps": 300, "candidate": "srflx", "protocol": "udp"},
    {"step": "offer", "test": ID, "way": "ice-tcp", "peer": "first", "sdp": "v=0\r\n"},
]

ALL = {
    "classify": {
        "tls": CLIENT_HELLO[:40],
        "ice-tcp": struct.pack(">H", len(BINDING)) + BINDING,
        "turn": stun(0x0003),
        "get": b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "http2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    },
    "proxy": {
        "v1-4": b"PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\nGET / HTTP/1.1\r\n",
        "v1-6": b"PROXY TCP6 2001:db8::7 2001:db8::1 4711 443\r\n",
        "v1-unknown": b"PROXY UNKNOWN\r\n",
        "v2-4": V2 + b"\x21\x11\0\x0c" + bytes([192, 0, 2, 7, 198, 51, 100, 1, 0x12, 0x67, 1, 0xBB]) + CLIENT_HELLO[:20],
        "v2-6": V2 + b"\x21\x21\0\x28" + bytes(range(40)),
        "v2-local": V2 + b"\x20\0\0\0",
    },
    "framing": {"two": b"\x03" + pieces(BINDING, rtp(1)), "empty": b"\x01" + pieces(b"", b"x")},
    "sdp": {name: (ROOT / f"media/src/fixtures/{name}-offer.sdp").read_bytes() for name in ("chromium", "firefox")},
    "relay": {"start": pieces(BINDING, DTLS_HELLO, rtp(1), SENDER), "dtls": pieces(DTLS_HELLO, DTLS_HELLO[:30])},
    "stun": {"binding": BINDING, "bare": stun(0x0001), "attributes": pieces(b"\0\x06ours:theirs", b"\0\x25", b"\x80\x22software")},
    "turn": {
        "stranger": b"\0" + pieces(stun(0x0003, [(0x0019, b"\x11\0\0\0")]), TURN_SEND),
        "guest": b"\x01"
        + pieces(b"\0" + UDP, b"\x02\x12\x08" + PEER, b"\xff" + TURN_SEND, b"\x03\x0c\x04\x40\0\0\0\x12\x08" + PEER),
        "channel": b"\x01"
        + pieces(b"\0" + UDP, b"\x03\x0c\x04\x40\0\0\0\x12\x08" + PEER, b"\xff\x40\0\0\x02up", b"\x01\x0d\x04\0\0\0\0", b"\0" + UDP),
    },
    "rtcp": {"sender": SENDER, "receiver": RECEIVER + BYE, "nack": RECEIVER + NACK},
    "rewrite": {"plain": rtp(7) + bytes(40), "bare": rtp(8, b"", 0x80) * 4, "padding": rtp(9, first=0xB0) * 2 + bytes(range(64))},
    "events": {str(i): bytes([i]) + json.dumps([f"event {i}", payload]).encode() for i, payload in enumerate(PAYLOADS)},
}

for target, seeds in ALL.items():
    (SEEDS / target).mkdir(parents=True, exist_ok=True)
    for name, seed in seeds.items():
        (SEEDS / target / name).write_bytes(seed)
