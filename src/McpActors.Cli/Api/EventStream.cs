using System.Buffers;
using System.Text;

namespace McpActors.Cli.Api;

/// <summary>One event of a <c>text/event-stream</c>.</summary>
/// <param name="Type">Its name; <c>message</c> where the stream gives none.</param>
/// <param name="Data">Its data lines, joined by line feeds.</param>
internal sealed record ServerSentEvent(string Type, string Data);

/// <summary>
/// Puts the lines of an event stream together, as the HTML standard describes ("Server-sent events", 9.2.6).
/// Identifiers and retry hints are not used here.
/// </summary>
internal sealed class EventParser
{
    private readonly StringBuilder _data = new();
    private string _type = "";
    private bool _hasData;

    /// <summary>Takes one line without its end; gives the event that an empty line completes.</summary>
    /// <exception cref="InvalidDataException">The data of one event exceeds <see cref="BoundedLineReader.MaxLineBytes"/>.</exception>
    public ServerSentEvent? Push(string line)
    {
        if (line.Length == 0)
        {
            var complete = _hasData ? new ServerSentEvent(_type.Length == 0 ? "message" : _type, _data.ToString()) : null;
            _data.Clear();
            _type = "";
            _hasData = false;
            return complete;
        }

        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var field = colon < 0 ? line : line[..colon];
        var value = colon < 0 ? "" : line[(colon + 1)..];
        if (value.StartsWith(' '))
        {
            value = value[1..];
        }

        switch (field)
        {
            case "event":
                _type = value;
                break;
            case "data":
                if (_data.Length + value.Length > BoundedLineReader.MaxLineBytes)
                {
                    throw new InvalidDataException("one of its events is without an end");
                }

                _data.Append(_hasData ? "\n" : "").Append(value);
                _hasData = true;
                break;
        }

        return null;
    }
}

/// <summary>Reads lines (ended by LF, CR or CRLF) of a stream that may never end one.</summary>
internal sealed class BoundedLineReader(Stream stream)
{
    /// <summary>The longest line: 256 KiB.</summary>
    public const int MaxLineBytes = 256 * 1024;

    private readonly byte[] _chunk = new byte[8 * 1024];
    private readonly ArrayBufferWriter<byte> _line = new();
    private int _position;
    private int _filled;
    private bool _afterReturn;

    /// <summary>The next line, or null at the end; an unfinished last line is dropped, as the standard says.</summary>
    /// <exception cref="InvalidDataException">A line is longer than <see cref="MaxLineBytes"/>.</exception>
    public async Task<string?> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            while (_position < _filled)
            {
                var next = _chunk[_position++];
                var skip = next == (byte)'\n' && _afterReturn;
                _afterReturn = next == (byte)'\r';
                if (skip)
                {
                    continue;
                }

                if (next is (byte)'\n' or (byte)'\r')
                {
                    var line = Encoding.UTF8.GetString(_line.WrittenSpan);
                    _line.ResetWrittenCount();
                    return line;
                }

                if (_line.WrittenCount == MaxLineBytes)
                {
                    throw new InvalidDataException("one of its lines is without an end");
                }

                _line.Write([next]);
            }

            _position = 0;
            _filled = await stream.ReadAsync(_chunk, cancellation);
            if (_filled == 0)
            {
                return null;
            }
        }
    }
}
