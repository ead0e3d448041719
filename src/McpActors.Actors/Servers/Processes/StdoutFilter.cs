using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace McpActors.Actors.Servers.Processes;

/// <summary>What a <see cref="StdoutFilter"/> lets through and whom it tells.</summary>
public sealed record StdoutFilterOptions
{
    /// <summary>The longest line that is passed on, in bytes, its end not counted; 1 KiB to 256 MiB, 16 MiB by default.</summary>
    public int MaxLineBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>How many garbage lines are remembered; 0 to 100, 5 by default.</summary>
    public int GarbageKept { get; init; } = 5;

    /// <summary>Masks secrets in a garbage line before it is remembered.</summary>
    public Func<string, string> Scrub { get; init; } = static text => text;

    /// <summary>
    /// Called once for every over-long line, at the moment when it passes the bound (its end may never come), with the
    /// sentence that the waiting request should fail with. Must not block or throw.
    /// </summary>
    public Action<string>? OversizedLine { get; init; }

    /// <summary>Called for every remembered garbage line, scrubbed and cut. Must not block or throw.</summary>
    public Action<string>? Garbage { get; init; }
}

/// <summary>
/// Stands between a server's standard output and the MCP client, which reads lines without any bound: passes on only
/// lines that can be JSON-RPC messages, whole and within the bound; counts and remembers the rest.
/// </summary>
/// <remarks>
/// One reader at a time, as with any stream. It holds no buffer while there is no data, at most one line while there
/// is, and never more than the bound; a reader that is slow slows the server down, as a pipe does. Bytes are not
/// decoded, so that invalid UTF-8 is the JSON parser's affair.
/// </remarks>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "Named by what it does; it is a stream only for the client's sake.")]
public sealed class StdoutFilter : Stream
{
    /// <summary>Garbage lines are cut here, in characters.</summary>
    public const int GarbageCharacters = 200;

    private const int SmallBuffer = 4 * 1024;
    private const int SkipBuffer = 64 * 1024;

    private readonly Stream _inner;
    private readonly StdoutFilterOptions _options;
    private readonly Lock _gate = new();
    private readonly Queue<string> _recentGarbage = new();
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private int _scanned;
    private int _readyEnd;
    private bool _skipping;
    private bool _ended;
    private long _bytes;
    private long _lines;
    private long _garbageLines;
    private long _oversizedLines;

    /// <summary>A filter over <paramref name="inner"/>, which it owns.</summary>
    public StdoutFilter(Stream inner, StdoutFilterOptions? options = null)
    {
        _inner = inner;
        _options = options ?? new StdoutFilterOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.MaxLineBytes, 1024);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.MaxLineBytes, 256 * 1024 * 1024);
        ArgumentOutOfRangeException.ThrowIfNegative(_options.GarbageKept);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.GarbageKept, 100);
    }

    /// <summary>Bytes that the server wrote, whatever became of them.</summary>
    public long BytesSeen => Volatile.Read(ref _bytes);

    /// <summary>Lines that were passed on.</summary>
    public long LinesPassed => Volatile.Read(ref _lines);

    /// <summary>Lines that could be no message (banners, logs); lines of white space are not counted.</summary>
    public long GarbageLines => Volatile.Read(ref _garbageLines);

    /// <summary>Lines beyond the bound; each was dropped as a whole.</summary>
    public long OversizedLines => Volatile.Read(ref _oversizedLines);

    /// <summary>The last garbage lines, oldest first, scrubbed, escaped and cut.</summary>
    public IReadOnlyList<string> RecentGarbage
    {
        get
        {
            lock (_gate)
            {
                return [.. _recentGarbage];
            }
        }
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Bytes held right now; 0 while the server is quiet.</summary>
    internal int BytesHeld => _buffer?.Length ?? 0;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (TryTake(buffer.Span) is { } taken)
            {
                return taken;
            }

            if (_buffer is null)
            {
                // Wait without holding a buffer; a socket supports that.
                await _inner.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            }

            var room = MakeRoom();
            Received(await _inner.ReadAsync(room, cancellationToken).ConfigureAwait(false));
        }
    }

    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            if (TryTake(buffer) is { } taken)
            {
                return taken;
            }

            var room = MakeRoom();
            Received(_inner.Read(room.Span));
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        // The buffer is left to the collector: a read that is under way may still write into it.
        await _inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Bytes of a line that is ready; 0 at the end; null when more must be read first.</summary>
    private int? TryTake(Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            return 0;
        }

        while (true)
        {
            if (_start < _readyEnd)
            {
                var count = Math.Min(destination.Length, _readyEnd - _start);
                _buffer.AsSpan(_start, count).CopyTo(destination);
                _start += count;
                GiveBackIfEmpty();
                return count;
            }

            if (!FindLine())
            {
                return _ended && _start == _end ? 0 : null;
            }
        }
    }

    /// <summary>Judges the next whole line, or the beginning of one. True when something was decided.</summary>
    private bool FindLine()
    {
        if (_buffer is null)
        {
            return false;
        }

        var newline = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
        var whole = newline >= 0 || _ended;
        var end = newline >= 0 ? _scanned + newline + 1 : _end;
        _scanned = end;
        if (_start == _end)
        {
            return false;
        }

        if (_skipping)
        {
            _skipping = !whole;
            Drop(end);
            return whole;
        }

        ReadOnlySpan<byte> line = _buffer.AsSpan(_start, end - _start);
        if (newline >= 0)
        {
            line = line[..^1];
        }

        if (line.Length > _options.MaxLineBytes)
        {
            Interlocked.Increment(ref _oversizedLines);
            _options.OversizedLine?.Invoke(
                $"The server wrote a line of more than {Size(_options.MaxLineBytes)}; it was dropped. Ask for less at a time, or raise the bound.");
            _skipping = !whole;
            Drop(end);
            return whole;
        }

        if (whole)
        {
            if (IsMessage(line))
            {
                Interlocked.Increment(ref _lines);
                _readyEnd = end;
            }
            else
            {
                Remember(line);
                Drop(end);
            }

            return true;
        }

        if (line.Length >= SmallBuffer && !StartsLikeMessage(line))
        {
            // A banner without an end is judged early and not stored.
            Remember(line);
            _skipping = true;
            Drop(end);
        }

        return false;
    }

    private void Drop(int end)
    {
        _start = end;
        GiveBackIfEmpty();
    }

    private void GiveBackIfEmpty()
    {
        if (_start == _end && _buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
            _start = _end = _scanned = _readyEnd = 0;
        }
    }

    private Memory<byte> MakeRoom()
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(_skipping ? SkipBuffer : SmallBuffer);
        }
        else if (_end == _buffer.Length)
        {
            // Only an unfinished line is here; it doubles up to just beyond the bound, where it is dropped.
            var held = _end - _start;
            var target = _buffer;
            if (_start < _buffer.Length / 2)
            {
                target = ArrayPool<byte>.Shared.Rent((int)Math.Min(_buffer.Length * 2L, _options.MaxLineBytes + (long)SmallBuffer));
            }

            _buffer.AsSpan(_start, held).CopyTo(target);
            if (target != _buffer)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = target;
            }

            _scanned -= _start;
            _start = 0;
            _readyEnd = 0;
            _end = held;
        }

        return _buffer.AsMemory(_end);
    }

    private void Received(int count)
    {
        _ended = count == 0;
        _end += count;
        Interlocked.Add(ref _bytes, count);
        GiveBackIfEmpty();
    }

    private void Remember(ReadOnlySpan<byte> line)
    {
        if (Trim(line).IsEmpty)
        {
            return;
        }

        Interlocked.Increment(ref _garbageLines);
        if (_options.GarbageKept == 0)
        {
            return;
        }

        var text = LogText.From(line, GarbageCharacters, _options.Scrub);
        lock (_gate)
        {
            if (_recentGarbage.Count == _options.GarbageKept)
            {
                _recentGarbage.Dequeue();
            }

            _recentGarbage.Enqueue(text);
        }

        _options.Garbage?.Invoke(text);
    }

    /// <summary>An object, or an array of objects (a batch): <c>[INFO] ready</c> is none.</summary>
    private static bool IsMessage(ReadOnlySpan<byte> line)
    {
        var text = Trim(line);
        if (text.Length < 2 || text[0] is not ((byte)'{' or (byte)'['))
        {
            return false;
        }

        var second = Trim(text[1..]);
        return !second.IsEmpty && (text[0] == (byte)'{' ? second[0] is (byte)'"' or (byte)'}' : second[0] is (byte)'{');
    }

    private static bool StartsLikeMessage(ReadOnlySpan<byte> line)
    {
        var text = Trim(line);
        return text.IsEmpty || text[0] is (byte)'{' or (byte)'[';
    }

    private static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line)
    {
        var text = line.Trim(" \t\r\n\f\v"u8);
        return text.StartsWith("\uFEFF"u8) ? text[3..].TrimStart(" \t\r"u8) : text;
    }

    private static string Size(int bytes) => bytes >= 1024 * 1024 ? $"{bytes / (1024 * 1024)} MiB" : $"{bytes / 1024} KiB";
}
