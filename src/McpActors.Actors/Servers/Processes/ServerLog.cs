using System.Buffers;
using System.Globalization;
using System.Text;

namespace McpActors.Actors.Servers.Processes;

/// <summary>A line of a server's log.</summary>
/// <param name="At">When its end arrived.</param>
/// <param name="Channel"><c>err</c>, <c>out</c> or <c>node</c> (what the node itself notes).</param>
/// <param name="Text">Scrubbed, escaped and cut.</param>
public sealed record LogLine(DateTimeOffset At, string Channel, string Text);

/// <summary>The bounds of a <see cref="ServerLog"/>.</summary>
public sealed record ServerLogOptions
{
    /// <summary>Lines kept in memory; 1 to 100,000, 500 by default.</summary>
    public int RingLines { get; init; } = 500;

    /// <summary>Memory of those lines in bytes (two for each character); 4 KiB to 64 MiB, 256 KiB by default.</summary>
    public int RingBytes { get; init; } = 256 * 1024;

    /// <summary>A line is cut at so many characters; 80 to 65,536, 4,096 by default.</summary>
    public int LineCharacters { get; init; } = 4096;

    /// <summary>The file is rotated before it grows beyond this; 512 KiB to 1 GiB, 2 MiB by default. One older generation is kept.</summary>
    public long FileBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>Masks secrets in every line before it is stored anywhere. It sees one line at a time.</summary>
    public Func<string, string> Scrub { get; init; } = static text => text;
}

/// <summary>
/// The bounded log of one server: a ring in memory, and a file that is rotated. Writers never wait for the disk:
/// lines for it are handed to the <see cref="LogFlusher"/> of the node, and lost (and counted) when it cannot follow.
/// </summary>
public sealed class ServerLog : IDisposable
{
    /// <summary>Lines waiting for the disk, in bytes; beyond this they are lost to the file.</summary>
    internal const int PendingBound = 256 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<LogLine> _ring = new();
    private readonly ServerLogOptions _options;
    private readonly TimeProvider _time;
    private readonly LogFlusher? _flusher;
    private ArrayBufferWriter<byte>? _pending;
    private int _ringBytes;
    private long _lines;
    private long _dropped;

    /// <summary>A log for one server.</summary>
    /// <param name="name">The server's name, any text.</param>
    /// <param name="time">Gives the lines their time.</param>
    /// <param name="flusher">Writes the file; null keeps the log in memory only.</param>
    /// <param name="options">The bounds.</param>
    public ServerLog(string name, TimeProvider time, LogFlusher? flusher = null, ServerLogOptions? options = null)
    {
        _options = options ?? new ServerLogOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.RingLines, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.RingLines, 100_000);
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.RingBytes, 4 * 1024);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.RingBytes, 64 * 1024 * 1024);
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.LineCharacters, 80);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.LineCharacters, 65_536);
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.FileBytes, 512 * 1024);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(_options.FileBytes, 1024L * 1024 * 1024);
        _time = time;
        _flusher = flusher;
        FileName = SafeName.For(name) + ".log";
        Stderr = new LineAssembler(this, "err", _options.LineCharacters, _options.Scrub);
        Stdout = new LineAssembler(this, "out", _options.LineCharacters, _options.Scrub);
    }

    /// <summary>Takes the bytes of standard error.</summary>
    public LineAssembler Stderr { get; }

    /// <summary>Takes the bytes of standard output, where it is no protocol.</summary>
    public LineAssembler Stdout { get; }

    /// <summary>The name of its file, without the folder.</summary>
    public string FileName { get; }

    /// <summary>Lines that were ever written.</summary>
    public long Lines => Volatile.Read(ref _lines);

    /// <summary>Lines that are missing in the file because the disk was full, slow or closed to us; the ring had them.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>The file's bound.</summary>
    internal long FileBytes => _options.FileBytes;

    /// <summary>Bytes that wait for the disk.</summary>
    internal int PendingBytes
    {
        get
        {
            lock (_gate)
            {
                return _pending?.WrittenCount ?? 0;
            }
        }
    }

    /// <summary>Notes a sentence of the node's own (a start, an exit) between the server's lines.</summary>
    public void Note(string text) =>
        Add("node", LogText.From(Encoding.UTF8.GetBytes(text), _options.LineCharacters, _options.Scrub));

    /// <summary>The last <paramref name="count"/> lines that are still in memory, oldest first.</summary>
    public IReadOnlyList<LogLine> Tail(int count)
    {
        lock (_gate)
        {
            return [.. _ring.Skip(Math.Max(0, _ring.Count - Math.Max(0, count)))];
        }
    }

    /// <summary>
    /// The server's last <paramref name="count"/> lines as one text for an error message, without times and without
    /// what the node noted; empty when it wrote nothing.
    /// </summary>
    /// <param name="count">At most so many.</param>
    /// <param name="since">Lines before it are another run's.</param>
    public string LastLines(int count, DateTimeOffset since = default)
    {
        lock (_gate)
        {
            return string.Join('\n', _ring.Where(line => line.Channel != "node" && line.At >= since).TakeLast(Math.Max(0, count)).Select(line => line.Text));
        }
    }

    /// <summary>Ends the unfinished lines; the flusher still writes what is waiting.</summary>
    public void Dispose()
    {
        Stderr.Complete();
        Stdout.Complete();
    }

    internal void Add(string channel, string text)
    {
        var line = new LogLine(_time.GetUtcNow(), channel, text);
        var wake = false;
        lock (_gate)
        {
            _lines++;
            _ring.Enqueue(line);
            _ringBytes += Cost(line);
            while (_ring.Count > _options.RingLines || (_ringBytes > _options.RingBytes && _ring.Count > 1))
            {
                _ringBytes -= Cost(_ring.Dequeue());
            }

            if (_flusher is not null)
            {
                wake = AddPending(line);
            }
        }

        if (wake)
        {
            _flusher!.MarkDirty(this);
        }
    }

    /// <summary>Hands over what waits for the disk, and how many lines it is.</summary>
    internal (ReadOnlyMemory<byte> Bytes, int Lines) TakePending()
    {
        lock (_gate)
        {
            var taken = _pending;
            _pending = null;
            return taken is null ? (default, 0) : (taken.WrittenMemory, taken.WrittenSpan.Count((byte)'\n'));
        }
    }

    internal void CountDropped(int lines) => Interlocked.Add(ref _dropped, lines);

    private bool AddPending(LogLine line)
    {
        var stamp = line.At.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        var size = Encoding.UTF8.GetMaxByteCount(stamp.Length + line.Channel.Length + line.Text.Length + 3);
        if ((_pending?.WrittenCount ?? 0) + size > PendingBound)
        {
            Interlocked.Increment(ref _dropped);
            return false;
        }

        var wasEmpty = _pending is null;
        _pending ??= new ArrayBufferWriter<byte>(1024);
        var written = Encoding.UTF8.GetBytes($"{stamp} {line.Channel} {line.Text}\n", _pending.GetSpan(size));
        _pending.Advance(written);
        return wasEmpty;
    }

    private static int Cost(LogLine line) => (line.Text.Length * 2) + 64;
}

/// <summary>Cuts a stream of bytes into lines for a <see cref="ServerLog"/>; holds at most one bounded line.</summary>
public sealed class LineAssembler
{
    private readonly ServerLog _log;
    private readonly string _channel;
    private readonly int _characters;
    private readonly int _bound;
    private readonly Func<string, string> _scrub;
    private readonly Lock _gate = new();
    private byte[]? _partial;
    private int _length;
    private bool _skipping;

    internal LineAssembler(ServerLog log, string channel, int characters, Func<string, string> scrub)
    {
        _log = log;
        _channel = channel;
        _characters = characters;
        _bound = characters + LogText.ScrubMargin;
        _scrub = scrub;
    }

    /// <summary>Takes bytes as they come. A line that passes the bound is stored at once, cut; its rest is skipped.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            while (!bytes.IsEmpty)
            {
                var newline = bytes.IndexOf((byte)'\n');
                var piece = newline < 0 ? bytes : bytes[..newline];
                bytes = newline < 0 ? [] : bytes[(newline + 1)..];
                if (!_skipping)
                {
                    Take(piece, ends: newline >= 0);
                }
                else if (newline >= 0)
                {
                    _skipping = false;
                }
            }
        }
    }

    /// <summary>The stream has ended: what is left is a line.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            if (_length > 0)
            {
                Emit(_partial.AsSpan(0, _length));
            }

            _skipping = false;
        }
    }

    private void Take(ReadOnlySpan<byte> piece, bool ends)
    {
        if (ends && _length == 0 && piece.Length <= _bound)
        {
            Emit(piece);
            return;
        }

        // One byte beyond the bound is kept, so that the text is seen to be cut.
        var room = _bound + 1 - _length;
        var kept = piece[..Math.Min(piece.Length, room)];
        Hold(kept);
        if (ends || _length > _bound)
        {
            _skipping = !ends;
            Emit(_partial.AsSpan(0, _length));
        }
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (_partial is null || _partial.Length < _length + bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(256, _length + bytes.Length));
            _partial.AsSpan(0, _length).CopyTo(larger);
            GiveBack();
            _partial = larger;
        }

        bytes.CopyTo(_partial.AsSpan(_length));
        _length += bytes.Length;
    }

    private void Emit(ReadOnlySpan<byte> line)
    {
        _log.Add(_channel, LogText.From(line, _characters, _scrub));
        GiveBack();
        _length = 0;
    }

    private void GiveBack()
    {
        if (_partial is not null)
        {
            ArrayPool<byte>.Shared.Return(_partial, clearArray: true);
            _partial = null;
        }
    }
}
