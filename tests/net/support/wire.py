#!/usr/bin/env python3
"""A cable with weather: joins two TAP devices in two network namespaces, and loses, delays and limits frames.

    wire.py --a NAMESPACE:DEVICE --b NAMESPACE:DEVICE --shapefile FILE [--seed N]

FILE holds loss=10,delay=50,jitter=30,burst=3,rate=500 in any part; SIGHUP reads it again (other weather in mid-call).
A name may end in _ab or _ba for one direction alone.
    loss    percent of frames lost            burst   mean length of a loss, in frames (Gilbert model); 1: independent
    delay   milliseconds, one way             jitter  the delay varies by as much up and down; the order is kept
    rate    kbit/s, 0: no limit               queue   milliseconds of backlog before frames are dropped
Stands in for the kernel's netem, which is not built everywhere. A TAP without IFF_VNET_HDR makes the kernel finish
checksums and segmentation before a frame gets here."""
import argparse, ctypes, fcntl, heapq, os, random, select, signal, struct, sys, time

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
CLONE_NEWNET = 0x40000000
FRAMES_AT_ONCE = 64
KEYS = dict(loss=0.0, delay=0.0, jitter=0.0, rate=0.0, queue=200.0, burst=1.0)
libc = ctypes.CDLL(None, use_errno=True)


def enter(file):
    if libc.setns(file, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def tap(end):
    """Opens a TAP inside another namespace and comes back; the file keeps belonging there."""
    namespace, device = end.split(":")
    home, there = os.open("/proc/self/ns/net", os.O_RDONLY), os.open("/run/netns/" + namespace, os.O_RDONLY)
    enter(there)
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TAP | IFF_NO_PI))
    enter(home)
    os.close(home), os.close(there)
    return file


def shapes(text):
    """The weather of both directions."""
    both = dict(ab=dict(KEYS), ba=dict(KEYS))
    for part in filter(None, text.strip().split(",")):
        key, value = part.split("=")
        name, _, only = key.strip().partition("_")
        if name not in KEYS:
            sys.exit(f"unknown: {key}")
        for direction in [only] if only else both:
            both[direction][name] = float(value)
    return both


class Direction:
    def __init__(self):
        self.busy = self.last = 0.0
        self.bad = False

    def leaves(self, now, size, shape):
        """When a frame that comes now leaves; None if it is lost."""
        loss, burst = shape["loss"] / 100, max(1.0, shape["burst"])
        if loss:
            if burst == 1:
                self.bad = random.random() < loss
            elif self.bad:
                self.bad = random.random() >= 1 / burst
            else:
                self.bad = random.random() < loss / (burst * (1 - loss))
            if self.bad:
                return None
        at = now
        if shape["rate"]:
            start = max(now, self.busy)
            if (start - now) * 1000 > shape["queue"]:
                return None
            self.busy = at = start + size * 8 / (shape["rate"] * 1000)
        at += max(0.0, shape["delay"] + random.uniform(-shape["jitter"], shape["jitter"])) / 1000
        self.last = max(at, self.last)
        return self.last


def main():
    arguments = argparse.ArgumentParser()
    for name in ("--a", "--b", "--shapefile"):
        arguments.add_argument(name, required=True)
    arguments.add_argument("--seed", type=int)
    options = arguments.parse_args()
    random.seed(options.seed)
    read = lambda: shapes(open(options.shapefile).read())
    weather = read()
    a, b = tap(options.a), tap(options.b)
    ways = {a: ("ab", b, Direction()), b: ("ba", a, Direction())}
    waiting, count = [], 0
    signal.signal(signal.SIGHUP, lambda *_: weather.update(read()))
    poll = select.epoll()
    for file in ways:
        poll.register(file, select.EPOLLIN)
    while True:
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else -1
        for file, _ in poll.poll(timeout):
            name, other, direction = ways[file]
            for _ in range(FRAMES_AT_ONCE):
                try:
                    frame = os.read(file, 65535)
                except OSError:
                    break
                at = direction.leaves(time.monotonic(), len(frame), weather[name])
                if at is not None:
                    count += 1
                    heapq.heappush(waiting, (at, count, other, frame))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, other, frame = heapq.heappop(waiting)
            try:
                os.write(other, frame)
            except OSError:
                pass  # The other end's queue is full or it is down: as on a real cable, the frame is gone.


main()
