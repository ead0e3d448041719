using System.Globalization;
using System.Text;

namespace McpActors.Actors.Servers.Processes;

/// <summary>Turns the bytes of a line that a server wrote into text that may be shown: scrubbed, escaped, cut.</summary>
internal static class LogText
{
    /// <summary>
    /// This much more than the cut is decoded and scrubbed, so that a secret that lies across the cut is seen whole.
    /// </summary>
    public const int ScrubMargin = 1024;

    private const string CutMark = "… (cut)";

    /// <summary>The text of a line.</summary>
    /// <param name="line">Its bytes, without the line's end; invalid UTF-8 becomes U+FFFD.</param>
    /// <param name="characters">The longest text that is wanted; a mark follows where more was cut.</param>
    /// <param name="scrub">Masks secrets; when it fails the line is withheld.</param>
    public static string From(ReadOnlySpan<byte> line, int characters, Func<string, string> scrub)
    {
        // Four bytes make at most one character, so this holds enough whatever the script.
        var bound = (characters * 4) + ScrubMargin;
        var head = line[..Math.Min(line.Length, bound)].TrimEnd((byte)'\r');
        string text;
        try
        {
            text = scrub(Encoding.UTF8.GetString(head));
        }
        catch (Exception)
        {
            return "(a line was withheld: it could not be scrubbed)";
        }

        text = Escape(text);
        return text.Length <= characters && line.Length <= bound
            ? text
            : string.Concat(text.AsSpan(0, Math.Min(text.Length, characters)), CutMark);
    }

    /// <summary>
    /// Control characters, and those that turn the writing direction, become visible escapes: a server must not drive
    /// the terminal of whoever reads its log. A tab stays.
    /// </summary>
    public static string Escape(string text)
    {
        var first = -1;
        for (var i = 0; i < text.Length && first < 0; i++)
        {
            first = MustEscape(text[i]) ? i : -1;
        }

        if (first < 0)
        {
            return text;
        }

        var result = new StringBuilder(text, 0, first, text.Length + 16);
        foreach (var c in text.AsSpan(first))
        {
            _ = !MustEscape(c) ? result.Append(c)
                : c <= 0xff ? result.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}")
                : result.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return result.ToString();
    }

    private static bool MustEscape(char c) =>
        (char.IsControl(c) && c != '\t') || c is '\u2028' or '\u2029' or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
