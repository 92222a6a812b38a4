#!/usr/bin/env python3
"""score.py REFERENCE.wav RECORDING.wav: how well the recording carries the (looping) reference speech, as JSON.

    pesq      ITU-T P.862.2 wideband MOS-LQO (1 to 4.64), the mean over pieces of eight seconds
    pieces    of each piece
    likeness  correlation of the 50 Hz envelopes (0 to 1): above 0.8 it is the same utterance on a clean link
Every piece is aligned on its own: a jitter buffer stretches and cuts time."""
import json, sys
import numpy as np
from pesq import pesq
from scipy.io import wavfile
from scipy.signal import fftconvolve, resample_poly

RATE, FRAME, PIECE = 16000, 320, 8 * 16000


def load(path):
    rate, samples = wavfile.read(path)
    return resample_poly(samples.astype(np.float64), RATE, rate) / 32768


def envelope(samples):
    count = len(samples) // FRAME
    return np.sqrt((samples[: count * FRAME].reshape(count, FRAME) ** 2).mean(1))


def align(loop, around, piece):
    """Where the piece lies in the loop: (correlation of the envelopes, offset in samples)."""
    shape = envelope(piece)
    shape, length = shape - shape.mean(), len(shape)
    sums, squares = np.cumsum(np.r_[0, around]), np.cumsum(np.r_[0, around**2])
    spread = squares[length:] - squares[:-length] - (sums[length:] - sums[:-length]) ** 2 / length
    likeness = fftconvolve(around, shape[::-1], "valid") / np.sqrt(np.maximum(spread, 1e-12) * max((shape**2).sum(), 1e-12))
    best = int(likeness.argmax())
    begin = max(0, best * FRAME - 800)
    fine = fftconvolve(loop[begin : begin + len(piece) + 1600], piece[::-1], "valid")
    return float(likeness[best]), begin + int(np.abs(fine).argmax())


reference, recording = load(sys.argv[1]), load(sys.argv[2])
loop = np.tile(reference, 2 + PIECE // len(reference))
around = envelope(loop)
scores, likenesses = [], []
for begin in range(0, len(recording) - PIECE + 1, PIECE):
    piece = recording[begin : begin + PIECE]
    likeness, offset = align(loop, around, piece)
    likenesses.append(likeness)
    scores.append(pesq(RATE, loop[offset : offset + PIECE], piece, "wb"))
print(json.dumps(dict(pesq=round(float(np.mean(scores)), 2), pieces=[round(s, 2) for s in scores], likeness=round(float(np.median(likenesses)), 3))))
