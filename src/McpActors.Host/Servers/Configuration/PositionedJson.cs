using System.Text;
using System.Text.Json;

namespace McpActors.Host.Servers.Configuration;

/// <summary>The kinds of JSON values.</summary>
internal enum JsonKind
{
    /// <summary>An object.</summary>
    Object,

    /// <summary>An array.</summary>
    Array,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>true or false.</summary>
    Boolean,

    /// <summary>null.</summary>
    Null,
}

/// <summary>A JSON value and where it stands. Line and column count from 1, columns in characters.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Line">The line it starts on.</param>
/// <param name="Column">The column it starts at.</param>
/// <param name="Text">A string unescaped, a number as written, <c>true</c> or <c>false</c>; empty for the others.</param>
internal sealed record JsonValue(JsonKind Kind, int Line, int Column, string Text)
{
    /// <summary>Members of an object in the order of the file; duplicates are retained.</summary>
    public IReadOnlyList<JsonMember> Members { get; init; } = [];

    /// <summary>Items of an array.</summary>
    public IReadOnlyList<JsonValue> Items { get; init; } = [];

    /// <summary>The kind in words, for messages; never the value.</summary>
    public string KindInWords => Kind switch
    {
        JsonKind.Object => "an object",
        JsonKind.Array => "a list",
        JsonKind.Text => "a text",
        JsonKind.Number => "a number",
        JsonKind.Boolean => "true or false",
        _ => "null",
    };

    /// <summary>The last member of that name, which is the one that every reader of JSON objects keeps; or null.</summary>
    public JsonValue? Get(string name)
    {
        for (var i = Members.Count - 1; i >= 0; i--)
        {
            if (Members[i].Name == name)
            {
                return Members[i].Value;
            }
        }

        return null;
    }

    /// <summary>Shows kind and place, never the value: it may be a secret.</summary>
    public override string ToString() => $"{KindInWords} at {Line}:{Column}";
}

/// <summary>A member of an object; line and column are those of its name.</summary>
internal sealed record JsonMember(string Name, int Line, int Column, JsonValue Value)
{
    /// <summary>Shows the name and the place only.</summary>
    public override string ToString() => $"{Name} at {Line}:{Column}";
}

/// <summary>Why a text is not JSON, and where.</summary>
internal sealed record JsonFault(int Line, int Column, string Message, string Fix);

/// <summary>Reads JSON and keeps where everything stands and what stands twice, which the readers of the framework do not.</summary>
internal static class PositionedJson
{
    /// <summary>Deeper nesting is refused.</summary>
    public const int MaxDepth = 64;

    /// <summary>Reads UTF-8 without a byte-order mark. Exactly one of the two results is null; never throws on any bytes.</summary>
    /// <param name="utf8">The file's bytes.</param>
    /// <param name="comments">True to accept comments and trailing commas (JSONC).</param>
    public static (JsonValue? Root, JsonFault? Fault) Read(byte[] utf8, bool comments)
    {
        var places = new Places(utf8);
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions
        {
            CommentHandling = comments ? JsonCommentHandling.Skip : JsonCommentHandling.Disallow,
            AllowTrailingCommas = comments,
            MaxDepth = MaxDepth,
        });
        try
        {
            reader.Read();
            var root = Value(ref reader, places);
            while (reader.Read())
            {
                // Only white space and comments may follow; anything else throws.
            }

            return (root, null);
        }
        catch (JsonException e)
        {
            var offset = places.Offset(e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
            return (null, JsonFaults.Explain(utf8, offset, places, reader.CurrentDepth >= MaxDepth, comments));
        }
        catch (InvalidOperationException)
        {
            // A string that is no Unicode text: half of a surrogate pair written as \uD8xx.
            var (line, column) = places.At((int)reader.TokenStartIndex);
            return (null, new JsonFault(
                line, column, "The text that starts here has an escape that is no Unicode character.", "Write the character itself, or both halves of its \\u escape."));
        }
    }

    private static JsonValue Value(ref Utf8JsonReader reader, Places places)
    {
        var (line, column) = places.At((int)reader.TokenStartIndex);
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new List<JsonMember>();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var (nameLine, nameColumn) = places.At((int)reader.TokenStartIndex);
                    var name = reader.GetString() ?? "";
                    reader.Read();
                    members.Add(new JsonMember(name, nameLine, nameColumn, Value(ref reader, places)));
                }

                return new JsonValue(JsonKind.Object, line, column, "") { Members = members };
            case JsonTokenType.StartArray:
                var items = new List<JsonValue>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    items.Add(Value(ref reader, places));
                }

                return new JsonValue(JsonKind.Array, line, column, "") { Items = items };
            case JsonTokenType.String:
                return new JsonValue(JsonKind.Text, line, column, reader.GetString() ?? "");
            case JsonTokenType.Number:
                return new JsonValue(JsonKind.Number, line, column, Encoding.UTF8.GetString(reader.ValueSpan));
            case JsonTokenType.True or JsonTokenType.False:
                return new JsonValue(JsonKind.Boolean, line, column, reader.TokenType == JsonTokenType.True ? "true" : "false");
            default:
                return new JsonValue(JsonKind.Null, line, column, "");
        }
    }
}

/// <summary>Turns byte offsets of a UTF-8 text into lines and columns.</summary>
internal sealed class Places
{
    private readonly byte[] _utf8;
    private readonly List<int> _lineStarts = [0];

    public Places(byte[] utf8)
    {
        _utf8 = utf8;
        for (var i = 0; i < utf8.Length; i++)
        {
            if (utf8[i] == (byte)'\n')
            {
                _lineStarts.Add(i + 1);
            }
        }
    }

    /// <summary>Line and column from 1; the column counts UTF-16 characters, as editors do.</summary>
    public (int Line, int Column) At(int offset)
    {
        offset = Math.Clamp(offset, 0, _utf8.Length);
        var index = _lineStarts.BinarySearch(offset);
        var line = index >= 0 ? index : ~index - 1;
        return (line + 1, Encoding.UTF8.GetCharCount(_utf8, _lineStarts[line], offset - _lineStarts[line]) + 1);
    }

    /// <summary>The byte offset of a line and a byte position in it, both from 0.</summary>
    public int Offset(long line, long bytesInLine)
    {
        var start = _lineStarts[(int)Math.Clamp(line, 0, _lineStarts.Count - 1)];
        return (int)Math.Clamp(start + bytesInLine, 0, _utf8.Length);
    }
}
