"""Reads or writes MCAP files with the reference package (pip: mcap) for MCAPTests.

usage: mcap_by_python.py read FILE | mcap_by_python.py write FILE none|zstd|lz4 chunked|flat
"""

import hashlib
import json
import sys

from mcap.reader import NonSeekingReader, SeekingReader
from mcap.records import ChunkIndex, MessageIndex
from mcap.stream_reader import StreamReader
from mcap.writer import CompressionType, IndexType, Writer


def digest(messages):
    """One line for each message, hashed: what the Swift side computes too."""
    text = hashlib.sha256()
    for channel, message in messages:
        text.update(f"{channel.topic} {message.sequence} {message.log_time} "
                    f"{message.publish_time} {message.data.hex()}\n".encode())
    return text.hexdigest()


def check_indexes(path):
    """Every message index entry points at a message of its channel and time."""
    entries = 0
    with open(path, "rb") as stream:
        summary = SeekingReader(stream, validate_crcs=True).get_summary()
        for index in summary.chunk_indexes:
            stream.seek(index.chunk_start_offset)
            reader = StreamReader(stream, skip_magic=True, emit_chunks=True, validate_crcs=True)
            records = reader.records
            chunk = next(records)
            from mcap.stream_reader import get_chunk_data_stream
            data, _ = get_chunk_data_stream(chunk, validate_crc=True)
            content = data.read(chunk.uncompressed_size)
            start = index.chunk_start_offset + index.chunk_length
            assert min(index.message_index_offsets.values()) == start
            for channel, offset in index.message_index_offsets.items():
                stream.seek(offset)
                found = next(StreamReader(stream, skip_magic=True).records)
                assert isinstance(found, MessageIndex) and found.channel_id == channel
                for time, place in found.records:
                    assert content[place] == 5, "not a Message"
                    assert int.from_bytes(content[place + 9:place + 11], "little") == channel
                    assert int.from_bytes(content[place + 15:place + 23], "little") == time
                    entries += 1
        assert isinstance(summary.chunk_indexes[0], ChunkIndex)
    return entries


def read(path):
    with open(path, "rb") as stream:
        reader = SeekingReader(stream, validate_crcs=True)
        header, summary = reader.get_header(), reader.get_summary()
        in_order = [(c, m) for _, c, m in reader.iter_messages(log_time_order=False)]
        attachments = {a.name: [a.media_type, hashlib.sha256(a.data).hexdigest()]
                       for a in reader.iter_attachments()}
        metadata = {m.name: m.metadata for m in reader.iter_metadata()}
    with open(path, "rb") as stream:
        streamed = [(c, m) for _, c, m in NonSeekingReader(
            stream, validate_crcs=True).iter_messages(log_time_order=False)]
    schemas = [[s.name, s.encoding, s.data.decode()] for s in summary.schemas.values()]
    for name, encoding, text in schemas:
        if encoding == "jsonschema":
            assert json.loads(text)["type"] == "object", name
    samples = {}
    for channel, message in in_order:
        if channel.message_encoding == "json":
            samples[channel.topic] = json.loads(message.data)
    json.dump({
        "profile": header.profile, "library": header.library,
        "messages": summary.statistics.message_count, "streamed": len(streamed),
        "chunks": len(summary.chunk_indexes), "indexed": check_indexes(path),
        "digest": digest(in_order), "streamedDigest": digest(streamed),
        "attachments": attachments, "metadata": metadata, "samples": samples,
        "schemas": sorted(s[0] for s in schemas),
        "topics": sorted(c.topic for c in summary.channels.values()),
    }, sys.stdout)


def write(path, compression, layout):
    kind = {"none": CompressionType.NONE, "zstd": CompressionType.ZSTD,
            "lz4": CompressionType.LZ4}[compression]
    written = []

    class Named:
        def __init__(self, **values):
            self.__dict__.update(values)

    with open(path, "wb") as stream:
        writer = Writer(stream, chunk_size=4096, compression=kind, index_types=IndexType.ALL,
                        use_chunking=layout == "chunked", enable_crcs=True,
                        enable_data_crcs=True)
        writer.start(profile="other", library="python")
        schema = writer.register_schema("thing", "jsonschema", b'{"type":"object"}')
        channels = [writer.register_channel("/a", "json", schema),
                    writer.register_channel("/b", "raw", 0, {"unit": "m/s"})]
        for i in range(500):
            data = json.dumps({"i": i, "text": "x" * (i % 50)}).encode()
            writer.add_message(channels[i % 2], 1000 * i, data, 1000 * i + 7, sequence=i)
            written.append((Named(topic="/ab"[0] + "ab"[i % 2]), Named(
                sequence=i, log_time=1000 * i, publish_time=1000 * i + 7, data=data)))
        writer.add_attachment(3, 4, "notes.txt", "text/plain", b"written by another")
        writer.add_metadata("facts", {"truck": "seven"})
        writer.finish()
    json.dump({"digest": digest(written), "messages": len(written)}, sys.stdout)


if sys.argv[1] == "read":
    read(sys.argv[2])
else:
    write(*sys.argv[2:])
