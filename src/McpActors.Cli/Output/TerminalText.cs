using System.Globalization;
using System.Text;

namespace McpActors.Cli.Output;

/// <summary>
/// Makes foreign text harmless on a terminal. Names, causes and log lines come from servers nobody vouches for:
/// an escape sequence could rewrite what the operator sees, a direction override could turn a name round,
/// an invisible character could make two names look alike.
/// </summary>
internal static class TerminalText
{
    /// <summary>
    /// The text with every control character (C0, DEL, C1), every format character (direction marks, zero-width
    /// characters, tags), line and paragraph separators and lone surrogates written as an escape.
    /// Line feed, return and tab become <c>\n</c>, <c>\r</c>, <c>\t</c>; all others <c>\u001b</c> or <c>\u{e0041}</c>.
    /// </summary>
    public static string Escape(string text)
    {
        if (!NeedsEscape(text))
        {
            return text;
        }

        var escaped = new StringBuilder(text.Length + 16);
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var valid = Rune.DecodeFromUtf16(rest, out var rune, out var consumed) == System.Buffers.OperationStatus.Done;
            if (valid && !IsUnsafe(rune))
            {
                escaped.Append(rest[..consumed]);
            }
            else
            {
                escaped.Append(valid ? Name(rune) : Name(rest[0]));
            }

            rest = rest[consumed..];
        }

        return escaped.ToString();
    }

    /// <summary>Valid JSON with the same characters written as <c>\uXXXX</c>: the same value, harmless to print.</summary>
    /// <remarks>Outside of strings JSON knows only space, tab, line feed and return, which stay.</remarks>
    public static string EscapeJson(string json)
    {
        StringBuilder? escaped = null;
        var position = 0;
        Span<char> units = stackalloc char[2];
        foreach (var rune in json.EnumerateRunes())
        {
            if (IsUnsafe(rune) && rune.Value is not ('\n' or '\r' or '\t'))
            {
                escaped ??= new StringBuilder(json.Length + 16).Append(json, 0, position);
                foreach (var unit in units[..rune.EncodeToUtf16(units)])
                {
                    escaped.Append(Name(unit));
                }
            }
            else
            {
                escaped?.Append(json, position, rune.Utf16SequenceLength);
            }

            position += rune.Utf16SequenceLength;
        }

        return escaped?.ToString() ?? json;
    }

    /// <summary>Whether a character may not reach a terminal as it is.</summary>
    public static bool IsUnsafe(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.Control or
        UnicodeCategory.Format or
        UnicodeCategory.LineSeparator or
        UnicodeCategory.ParagraphSeparator;

    private static bool NeedsEscape(string text)
    {
        foreach (var unit in text)
        {
            if (unit is < ' ' or > '~')
            {
                return true;
            }
        }

        return false;
    }

    private static string Name(Rune rune) => rune.Value switch
    {
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        > 0xFFFF => string.Create(CultureInfo.InvariantCulture, $@"\u{{{rune.Value:x}}}"),
        _ => Name((char)rune.Value),
    };

    private static string Name(char unit) => string.Create(CultureInfo.InvariantCulture, $@"\u{(int)unit:x4}");
}
