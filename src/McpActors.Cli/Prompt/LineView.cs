using System.Globalization;
using System.Text;

namespace McpActors.Cli.Prompt;

/// <summary>What of a line is visible.</summary>
/// <param name="Text">The part of the line that is drawn after the prompt.</param>
/// <param name="CursorColumn">The column of the cursor, from 0, the prompt included.</param>
internal sealed record LineView(string Text, int CursorColumn)
{
    /// <summary>
    /// Fits a line into one row of a terminal: a line that is too long scrolls so that the cursor is visible. One row only,
    /// because terminals differ in how they wrap, and a wrapped line is drawn wrong on some of them.
    /// </summary>
    public static LineView Of(string text, int cursor, int promptColumns, int width)
    {
        // The last column stays free: writing into it wraps on some terminals.
        var room = Math.Max(1, width - promptColumns - 1);
        var start = 0;
        while (Columns(text.AsSpan(start, cursor - start)) > room)
        {
            start += StringInfo.GetNextTextElementLength(text.AsSpan(start));
        }

        var end = start;
        var used = 0;
        while (end < text.Length)
        {
            var length = StringInfo.GetNextTextElementLength(text.AsSpan(end));
            var columns = Columns(text.AsSpan(end, length));
            if (used + columns > room)
            {
                break;
            }

            used += columns;
            end += length;
        }

        return new LineView(text[start..end], promptColumns + Columns(text.AsSpan(start, cursor - start)));
    }

    /// <summary>How many columns a text takes: two for East Asian wide characters and emoji, none for combining marks.</summary>
    public static int Columns(ReadOnlySpan<char> text)
    {
        var columns = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            columns += Rune.GetUnicodeCategory(rune) switch
            {
                UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format => 0,
                _ => IsWide(rune.Value) ? 2 : 1,
            };
        }

        return columns;
    }

    // The blocks that are Wide or Fullwidth as a whole in Unicode Standard Annex 11; single characters elsewhere are left out.
    private static bool IsWide(int value) => value is
        (>= 0x1100 and <= 0x115F) or
        (>= 0x2E80 and <= 0x303E) or
        (>= 0x3041 and <= 0xA4CF) or
        (>= 0xAC00 and <= 0xD7A3) or
        (>= 0xF900 and <= 0xFAFF) or
        (>= 0xFE30 and <= 0xFE6F) or
        (>= 0xFF00 and <= 0xFF60) or
        (>= 0xFFE0 and <= 0xFFE6) or
        (>= 0x1F300 and <= 0x1F64F) or
        (>= 0x1F680 and <= 0x1F6FF) or
        (>= 0x1F900 and <= 0x1F9FF) or
        (>= 0x20000 and <= 0x3FFFD);
}
