"""The command line: `transcribe FILE` and `listen`."""

import argparse
import json
import sys
import wave

from tinyvoice import settings as settings_module
from tinyvoice.endpoint import Endpointer
from tinyvoice.speech import understand


def main():
    """Run the command line and return its exit status."""
    options = argparse.ArgumentParser(prog="tinyvoice")
    commands = options.add_subparsers(dest="command", required=True)
    transcribe = commands.add_parser("transcribe")
    transcribe.add_argument("file")
    transcribe.add_argument("--json", action="store_true")
    for command in (transcribe, commands.add_parser("listen")):
        command.add_argument("--mode", choices=["local", "hybrid"])
    given = options.parse_args()
    settings = settings_module.read(given.mode)
    try:
        return listen(settings) if given.command == "listen" else one_file(given, settings)
    except Exception as error:
        if type(error).__name__ != "TransportError":
            raise
        sys.stderr.write(f"tinyvoice: not understood, and the network recogniser failed: {error}\n")
        return 6


def one_file(given, settings):
    """Recognise a recording."""
    with wave.open(given.file) as recording:
        pcm = recording.readframes(recording.getnframes())
    ends = Endpointer()
    utterances = [*ends.push(pcm), ends.flush()]
    heard = [understand(one, settings) for one in utterances if one]
    text = " ".join(one["text"] for one in heard if one["text"])
    source = heard[-1]["source"] if heard else "local"
    actions = [one["action"] for one in heard]
    print(json.dumps({"text": text, "source": source, "actions": actions}) if given.json else text)
    return 0 if text else 4


def listen(settings):
    """Recognise samples on standard input while they are spoken."""
    ends = Endpointer()
    print(json.dumps({"ready": True}), flush=True)
    while chunk := sys.stdin.buffer.read1(65_536):
        for utterance in ends.push(chunk):
            print(json.dumps(understand(utterance, settings)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
