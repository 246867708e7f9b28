"""Cuts a stream of samples into utterances."""

import array

FRAME_BYTES = 640
LOUD = 1_000
END_FRAMES = 4


class Endpointer:
    """Takes samples as they come; gives the samples of an utterance once 80 ms of silence follow it."""

    def __init__(self):
        self.rest = b""
        self.speech = bytearray()
        self.silent = 0

    def push(self, chunk):
        """Return the utterances that ended in the chunk."""
        data = self.rest + chunk
        whole = len(data) - len(data) % FRAME_BYTES
        self.rest = data[whole:]
        frames = (data[at : at + FRAME_BYTES] for at in range(0, whole, FRAME_BYTES))
        return [done for frame in frames if (done := self.frame(frame))]

    def frame(self, frame):
        """Return the utterance that ends with this frame, if one does."""
        loud = max(map(abs, array.array("h", frame))) >= LOUD
        if loud:
            self.speech += frame
            self.silent = 0
        elif self.speech:
            self.silent += 1
        if self.silent < END_FRAMES:
            return b""
        return self.flush()

    def flush(self):
        """Return what was heard of an utterance that did not end yet."""
        done = bytes(self.speech)
        self.speech.clear()
        self.silent = 0
        return done
