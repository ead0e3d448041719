using System.Buffers;
using System.Globalization;
using System.Text;

namespace McpActors.Core.Audit;

/// <summary>
/// Makes text that strangers wrote (a reason, a target's name) fit for a log line, a table cell or a terminal: one
/// line, nothing that moves a cursor, turns the writing direction, hides or opens a tag, and of bounded length.
/// The raw text stays in the canonical JSON of its record and nowhere else.
/// </summary>
public static class AuditText
{
    /// <summary>Characters of a shown text, its mark of truncation included, where nobody says otherwise.</summary>
    public const int DefaultLength = 200;

    private const int ShortestLength = 32;

    private static readonly SearchValues<char> Plain = SearchValues.Create(
        " !\"#$%&'()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~");

    // Categories So, Lo and Mn hold a few characters that show as nothing at all.
    private static readonly SearchValues<char> Blank = SearchValues.Create("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0");

    /// <summary>
    /// The text on one line: controls, format characters (direction marks, zero-width characters, tags), separators
    /// other than the plain space, private and unassigned characters, variation selectors and lone surrogates as
    /// <c>\u{hex}</c>, line feed, return and tab as <c>\n</c>, <c>\r</c>, <c>\t</c>, the backslash doubled so that an
    /// escape cannot be forged, and a &lt; that could open a tag as <c>\u{3c}</c>. A longer text ends in
    /// <c>…[N characters]</c>, N being those of the raw text. Costs no more than the shown length, however long the text.
    /// </summary>
    /// <param name="text">Any text; null is shown as the empty one.</param>
    /// <param name="maxLength">Characters (UTF-16 units) of the result at most; 32 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is below 32.</exception>
    public static string OneLine(string? text, int maxLength = DefaultLength)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, ShortestLength);
        if (string.IsNullOrEmpty(text) || (text.Length <= maxLength && !text.AsSpan().ContainsAnyExcept(Plain)))
        {
            return text ?? "";
        }

        var mark = string.Create(CultureInfo.InvariantCulture, $"…[{text.Length} characters]");
        var line = new StringBuilder(Math.Min(maxLength, text.Length + 16));
        var cut = 0;
        for (var at = 0; at < text.Length;)
        {
            var valid = Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var units) == OperationStatus.Done;
            var shown = !valid ? Escape(text[at])
                : IsShown(rune, text, at) ? text.AsSpan(at, units).ToString()
                : Escape(rune.Value);
            if (line.Length + shown.Length > maxLength)
            {
                line.Length = cut;
                return line.Append(mark).ToString();
            }

            line.Append(shown);
            at += units;
            if (line.Length <= maxLength - mark.Length)
            {
                cut = line.Length;
            }
        }

        return line.ToString();
    }

    /// <summary>
    /// The text with every lone surrogate replaced by U+FFFD, as decoders do: only such text has a canonical form.
    /// The same string when there is none.
    /// </summary>
    public static string WellFormed(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                {
                    // EnumerateRunes gives U+FFFD for what is no character.
                    return string.Concat(text.EnumerateRunes().Select(rune => rune.ToString()));
                }

                i++;
            }
        }

        return text;
    }

    private static bool IsShown(Rune rune, string text, int at)
    {
        if (rune.Value is >= ' ' and <= '~')
        {
            return rune.Value switch
            {
                '\\' => false,
                '<' => !OpensTag(text, at + 1),
                _ => true,
            };
        }

        if (rune.Value is (>= 0xfe00 and <= 0xfe0f) or (>= 0xe0100 and <= 0xe01ef) or (>= 0x180b and <= 0x180f)
            || (rune.IsBmp && Blank.Contains((char)rune.Value)))
        {
            return false;
        }

        return Rune.GetUnicodeCategory(rune) is not (
            UnicodeCategory.Control or
            UnicodeCategory.Format or
            UnicodeCategory.Surrogate or
            UnicodeCategory.PrivateUse or
            UnicodeCategory.OtherNotAssigned or
            UnicodeCategory.SpaceSeparator or
            UnicodeCategory.LineSeparator or
            UnicodeCategory.ParagraphSeparator);
    }

    // What the HTML tokenizer takes for the begin of a tag; "latency < 5 ms" stays readable.
    private static bool OpensTag(string text, int next) =>
        next < text.Length && (char.IsAsciiLetter(text[next]) || text[next] is '/' or '!' or '?');

    private static string Escape(int value) => value switch
    {
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        '\\' => @"\\",
        _ => string.Create(CultureInfo.InvariantCulture, $@"\u{{{value:x}}}"),
    };
}
