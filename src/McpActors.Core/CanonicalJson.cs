using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpActors.Core;

/// <summary>Why a JSON value has no canonical form.</summary>
public enum CanonicalJsonFault
{
    /// <summary>An object names a member twice; which one a reader takes is not defined.</summary>
    DuplicateName,

    /// <summary>A string holds half of a UTF-16 surrogate pair, which UTF-8 cannot express.</summary>
    LoneSurrogate,

    /// <summary>A number is not finite, or rounds to infinity as an IEEE 754 double (<c>1e400</c>).</summary>
    NotFinite,

    /// <summary>Strict only: the number as written and its canonical form are different numbers.</summary>
    Inexact,

    /// <summary>Arrays and objects are nested deeper than <see cref="CanonicalJsonOptions.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>The canonical form is longer than <see cref="CanonicalJsonOptions.MaxBytes"/>.</summary>
    TooLarge,

    /// <summary>The value is not JSON: undefined, disposed, or an object that System.Text.Json would have to serialize first.</summary>
    NotJson,
}

/// <summary>Bounds and strictness of <see cref="CanonicalJson"/>.</summary>
public sealed record CanonicalJsonOptions
{
    /// <summary>Numbers round as RFC 8785 has it. For hashes of what others declare.</summary>
    public static CanonicalJsonOptions Default { get; } = new();

    /// <summary>A number that would change by rounding is refused. For what is signed.</summary>
    public static CanonicalJsonOptions ForSigning { get; } = new() { Strict = true };

    /// <summary>
    /// False (default): a number becomes the nearest IEEE double, so 9007199254740993 becomes 9007199254740992.
    /// True: such a number is refused as <see cref="CanonicalJsonFault.Inexact"/>, so that no two different
    /// numbers share a canonical form. 0.1 passes: its canonical form is the number that was written.
    /// </summary>
    public bool Strict { get; init; }

    /// <summary>Levels of arrays and objects, 0 to 256; 64 by default. A bare string has depth 0, <c>[]</c> has depth 1.</summary>
    public int MaxDepth { get; init; } = 64;

    /// <summary>Bytes of the canonical form, 1 to 1 GiB; 16 MiB by default.</summary>
    public int MaxBytes { get; init; } = 16 * 1024 * 1024;
}

/// <summary>A canonical form, or why there is none. Never an exception for what a stranger wrote.</summary>
/// <param name="Utf8">The canonical form in UTF-8; empty when there is a fault.</param>
/// <param name="Fault">Why there is no canonical form, or null.</param>
public sealed record CanonicalJsonResult(ReadOnlyMemory<byte> Utf8, CanonicalJsonFault? Fault)
{
    /// <summary>True when there is a canonical form.</summary>
    public bool Ok => Fault is null;

    /// <summary>The canonical form as text; empty when there is a fault.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Utf8.Span);
}

/// <summary>
/// The canonical form of a JSON value by RFC 8785 (JSON Canonicalization Scheme): members sorted by UTF-16 code
/// units, numbers as ECMAScript prints a double, the shortest string escapes, no white space, no Unicode
/// normalization. Own code because no maintained package for it is served here; the tests hold it against the
/// RFC's own vectors and against what a JavaScript engine prints.
/// </summary>
public static class CanonicalJson
{
    private const int DeepestDepth = 256;

    /// <summary>The canonical form of a node; null is the JSON literal <c>null</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static CanonicalJsonResult Of(JsonNode? node, CanonicalJsonOptions? options = null) =>
        Run(options, writer => writer.Write(node, 0));

    /// <summary>The canonical form of an element.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static CanonicalJsonResult Of(JsonElement element, CanonicalJsonOptions? options = null) =>
        Run(options, writer => writer.Write(element, 0));

    /// <summary>
    /// A double as ECMAScript prints it (ECMA-262, Number::toString, radix 10): the fewest digits that read back
    /// as the same double, plain from 1e-6 up to but not including 1e21, with an exponent otherwise.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is not finite.</exception>
    public static string Number(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), "JSON has no such number.");
        }

        if (value == 0)
        {
            return "0";
        }

        var (negative, digits, point) = Decimal(Shortest(value));
        var text = new StringBuilder(28);
        if (negative)
        {
            text.Append('-');
        }

        var count = digits.Length;
        if (point > 21 || point <= -6)
        {
            text.Append(digits[0]);
            if (count > 1)
            {
                text.Append('.').Append(digits, 1, count - 1);
            }

            text.Append('e').Append(point > 0 ? '+' : '-').Append(Math.Abs(point - 1));
        }
        else if (point >= count)
        {
            text.Append(digits).Append('0', point - count);
        }
        else if (point > 0)
        {
            text.Append(digits, 0, point).Append('.').Append(digits, point, count - point);
        }
        else
        {
            text.Append("0.").Append('0', -point).Append(digits);
        }

        return text.ToString();
    }

    /// <summary>
    /// The fewest digits that read back as the value, in .NET's own layout. "R" promises that and breaks the promise for
    /// two powers of two (2^-25 and 2^-958, in .NET 10): doubles lie twice as dense below a power of two, and the 16
    /// digits that it gives there belong to the neighbour. So the promise is checked; 17 digits always suffice.
    /// </summary>
    private static string Shortest(double value)
    {
        var text = value.ToString("R", CultureInfo.InvariantCulture);
        return double.Parse(text, CultureInfo.InvariantCulture) == value ? text : value.ToString("E16", CultureInfo.InvariantCulture);
    }

    private static CanonicalJsonResult Run(CanonicalJsonOptions? options, Action<Writer> write)
    {
        options ??= CanonicalJsonOptions.Default;
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxDepth, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxDepth, DeepestDepth, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxBytes, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaxBytes, 1 << 30, nameof(options));
        var writer = new Writer(options);
        try
        {
            write(writer);
            return new CanonicalJsonResult(writer.Output.WrittenMemory, null);
        }
        catch (Refusal refusal)
        {
            return new CanonicalJsonResult(default, refusal.Fault);
        }
    }

    /// <summary>
    /// Sign, significant digits without leading or trailing zeros, and the place of the decimal point relative to
    /// the first digit (0.d1d2… × 10^point) of a decimal number as JSON or .NET writes it. Zero has no digits.
    /// </summary>
    private static (bool Negative, string Digits, int Point) Decimal(string number)
    {
        var negative = number[0] == '-';
        var mark = number.IndexOfAny(['e', 'E']);
        var mantissa = mark < 0 ? number : number[..mark];
        // An exponent too long for an int belongs to a number that is zero or infinite; its exact value is idle.
        var exponent = mark < 0 ? 0
            : int.TryParse(number.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var e) && Math.Abs((long)e) < int.MaxValue / 2 ? e
            : number[mark + 1] == '-' ? int.MinValue / 2 : int.MaxValue / 2;
        var digits = new StringBuilder(mantissa.Length);
        var point = 0;
        var fraction = false;
        foreach (var c in mantissa)
        {
            if (c == '.')
            {
                fraction = true;
            }
            else if (char.IsAsciiDigit(c))
            {
                if (digits.Length == 0 && c == '0')
                {
                    point -= fraction ? 1 : 0;
                    continue;
                }

                digits.Append(c);
                point += fraction ? 0 : 1;
            }
        }

        var length = digits.Length;
        while (length > 0 && digits[length - 1] == '0')
        {
            length--;
        }

        return length == 0 ? (false, "", 0) : (negative, digits.ToString(0, length), point + exponent);
    }

    private sealed class Refusal(CanonicalJsonFault fault) : Exception
    {
        public CanonicalJsonFault Fault { get; } = fault;
    }

    private sealed class Writer(CanonicalJsonOptions options)
    {
        public ArrayBufferWriter<byte> Output { get; } = new();

        public void Write(JsonNode? node, int depth)
        {
            switch (node)
            {
                case null:
                    Raw("null"u8);
                    break;
                case JsonObject obj:
                    Object(Members(obj), depth, Write);
                    break;
                case JsonArray array:
                    Array(array, depth, Write);
                    break;
                case JsonValue value when value.TryGetValue<JsonElement>(out var element):
                    Write(element, depth);
                    break;
                case JsonValue value:
                    Scalar(value);
                    break;
                default:
                    throw new Refusal(CanonicalJsonFault.NotJson);
            }
        }

        public void Write(JsonElement element, int depth)
        {
            switch (element.ValueKind)
            {
                case JsonValueKind.Null:
                    Raw("null"u8);
                    break;
                case JsonValueKind.True:
                    Raw("true"u8);
                    break;
                case JsonValueKind.False:
                    Raw("false"u8);
                    break;
                case JsonValueKind.Number:
                    Number(element.GetRawText());
                    break;
                case JsonValueKind.String:
                    String(Text(() => element.GetString()!));
                    break;
                case JsonValueKind.Array:
                    Array(element.EnumerateArray(), depth, Write);
                    break;
                case JsonValueKind.Object:
                    Object([.. element.EnumerateObject().Select(m => KeyValuePair.Create(Text(() => m.Name), m.Value))], depth, Write);
                    break;
                default:
                    throw new Refusal(CanonicalJsonFault.NotJson);
            }
        }

        // A node that was parsed looks at its members only when asked, and throws then.
        private static List<KeyValuePair<string, JsonNode?>> Members(JsonObject obj)
        {
            try
            {
                return [.. obj];
            }
            catch (ArgumentException)
            {
                throw new Refusal(CanonicalJsonFault.DuplicateName);
            }
            catch (InvalidOperationException)
            {
                throw new Refusal(CanonicalJsonFault.LoneSurrogate);
            }
        }

        private static string Text(Func<string> read)
        {
            try
            {
                return read();
            }
            catch (InvalidOperationException)
            {
                throw new Refusal(CanonicalJsonFault.LoneSurrogate);
            }
        }

        private void Array<T>(IEnumerable<T> items, int depth, Action<T, int> write)
        {
            Deeper(depth);
            Raw("["u8);
            var first = true;
            foreach (var item in items)
            {
                if (!first)
                {
                    Raw(","u8);
                }

                first = false;
                write(item, depth + 1);
            }

            Raw("]"u8);
        }

        private void Object<T>(List<KeyValuePair<string, T>> members, int depth, Action<T, int> write)
        {
            Deeper(depth);
            // Ordinal is the order of UTF-16 code units, which RFC 8785 section 3.2.3 asks for (not that of code points).
            members.Sort((a, b) => string.CompareOrdinal(a.Key, b.Key));
            Raw("{"u8);
            for (var i = 0; i < members.Count; i++)
            {
                if (i > 0)
                {
                    if (members[i].Key == members[i - 1].Key)
                    {
                        throw new Refusal(CanonicalJsonFault.DuplicateName);
                    }

                    Raw(","u8);
                }

                String(members[i].Key);
                Raw(":"u8);
                write(members[i].Value, depth + 1);
            }

            Raw("}"u8);
        }

        // A value that code made (not a parser) has a .NET type behind it; those that JSON knows are few.
        private void Scalar(JsonValue value)
        {
            if (value.TryGetValue<string>(out var text))
            {
                String(text);
            }
            else if (value.TryGetValue<char>(out var c))
            {
                String(c.ToString());
            }
            else if (value.TryGetValue<bool>(out var truth))
            {
                Raw(truth ? "true"u8 : "false"u8);
            }
            else if (value.TryGetValue<double>(out var number))
            {
                Double(number);
            }
            else if (value.TryGetValue<float>(out var single))
            {
                // A float prints by its own shortest digits in JSON (0.1f is 0.1), not by those of its double.
                if (!float.IsFinite(single))
                {
                    throw new Refusal(CanonicalJsonFault.NotFinite);
                }

                Number(single.ToString("R", CultureInfo.InvariantCulture));
            }
            else
            {
                Other(value);
            }
        }

        private void Other(JsonValue value)
        {
            JsonElement element;
            try
            {
                // Integers, decimals, dates and the like: as System.Text.Json writes them.
                using var document = JsonDocument.Parse(value.ToJsonString());
                element = document.RootElement.Clone();
            }
            catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException or ArgumentException)
            {
                throw new Refusal(CanonicalJsonFault.NotJson);
            }

            Write(element, 0);
        }

        private void Deeper(int depth)
        {
            if (depth >= options.MaxDepth)
            {
                throw new Refusal(CanonicalJsonFault.TooDeep);
            }
        }

        private void Number(string written)
        {
            var value = double.Parse(written, NumberStyles.Float, CultureInfo.InvariantCulture);
            if (double.IsFinite(value) && options.Strict && Decimal(written) != Decimal(CanonicalJson.Number(value)))
            {
                throw new Refusal(CanonicalJsonFault.Inexact);
            }

            Double(value);
        }

        private void Double(double value)
        {
            if (!double.IsFinite(value))
            {
                throw new Refusal(CanonicalJsonFault.NotFinite);
            }

            Raw(Encoding.ASCII.GetBytes(CanonicalJson.Number(value)));
        }

        private void String(string text)
        {
            Raw("\""u8);
            var start = 0;
            for (var i = 0; i < text.Length; i++)
            {
                var c = text[i];
                if (char.IsSurrogate(c))
                {
                    if (!char.IsHighSurrogate(c) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                    {
                        throw new Refusal(CanonicalJsonFault.LoneSurrogate);
                    }

                    i++;
                }
                else if (c is < ' ' or '"' or '\\')
                {
                    Plain(text.AsSpan(start, i - start));
                    Raw(Encoding.ASCII.GetBytes(Escape(c)));
                    start = i + 1;
                }
            }

            Plain(text.AsSpan(start));
            Raw("\""u8);
        }

        private static string Escape(char c) => c switch
        {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\b' => "\\b",
            '\t' => "\\t",
            '\n' => "\\n",
            '\f' => "\\f",
            '\r' => "\\r",
            _ => "\\u" + ((int)c).ToString("x4", CultureInfo.InvariantCulture),
        };

        private void Plain(ReadOnlySpan<char> text)
        {
            // The bound comes first: a text of a gigabyte must not be copied to find that it is too long.
            Room(text.Length);
            var bytes = Encoding.UTF8.GetByteCount(text);
            Room(bytes);
            Output.Advance(Encoding.UTF8.GetBytes(text, Output.GetSpan(Math.Max(bytes, 1))));
        }

        private void Raw(ReadOnlySpan<byte> bytes)
        {
            Room(bytes.Length);
            Output.Write(bytes);
        }

        private void Room(int bytes)
        {
            if (bytes > options.MaxBytes - Output.WrittenCount)
            {
                throw new Refusal(CanonicalJsonFault.TooLarge);
            }
        }
    }
}
